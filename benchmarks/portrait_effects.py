"""Beautify, whiten and portrait light: time, skin tones, texture and noise, beside what people use today.

    python benchmarks/portrait_effects.py [--photos ../shared/data/photos]

Times are of the bundled samples enlarged to 1280×720, and of 12 megapixels. Skin tones are the ten of the Monk scale
(skintone.google), on which blotches and pores of known size are drawn as factors of light. Texture is also measured on
real portraits, if there are any. Shading is measured with two noises of the same sensor on the same scene: what
differs is noise.
"""

import argparse
import dataclasses
import resource
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from report import median_milliseconds, print_environment, print_table

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.effects import BeautifyOptions, LightOptions, WhitenOptions, beautify, portrait_light, whiten
from rgbd_seg.effects.skin import find_skin
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode, encode
from rgbd_seg.registration import register
from rgbd_seg.samples import Sample, load_sample, sample_names

Smoother = Callable[[RgbdFrame, AlphaMatte], UInt8]
MONK = ["f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420"]


def over_skin_box(frame: RgbdFrame, matte: AlphaMatte, smooth: Callable[[UInt8], UInt8]) -> UInt8:
    """``smooth`` blended in by the usual box of YCrCb for skin (Chai and Ngan 1999), inside the matte."""
    converted = cv2.cvtColor(frame.color, cv2.COLOR_RGB2YCrCb)
    box = cv2.inRange(converted, (0, 133, 77), (255, 173, 127)).astype(np.float32) / 255
    share = (cv2.GaussianBlur(box, (0, 0), 2) * matte.alpha)[..., None]
    return np.rint(frame.color + share * (smooth(frame.color).astype(np.float32) - frame.color)).astype(np.uint8)


def guided(color: UInt8) -> UInt8:
    """The guided filter as face filters use it: guide and input the same, in encoded values."""
    light = color.astype(np.float32) / 255
    return np.rint(255 * np.clip(cv2.ximgproc.guidedFilter(light, light, 8, 0.01), 0, 1)).astype(np.uint8)


SMOOTHERS: dict[str, Smoother] = {
    "rgbd-seg, strength 0.5": lambda f, m: beautify(f, m, BeautifyOptions(tone=0)),
    "rgbd-seg, strength 1": lambda f, m: beautify(f, m, BeautifyOptions(strength=1, tone=0)),
    "cv2.bilateralFilter 9, 75, 75": lambda f, m: over_skin_box(f, m, lambda c: cv2.bilateralFilter(c, 9, 75, 75)),
    "cv2.edgePreservingFilter 30, 0.3": lambda f, m: over_skin_box(
        f, m, lambda c: cv2.edgePreservingFilter(c, flags=1, sigma_s=30, sigma_r=0.3)
    ),
    "cv2.ximgproc.guidedFilter 8, 0.01": lambda f, m: over_skin_box(f, m, guided),
    "cv2.GaussianBlur 3": lambda f, m: over_skin_box(f, m, lambda c: cv2.GaussianBlur(c, (0, 0), 3)),
}


def log_green(picture: UInt8) -> Float32:
    """log2 of green light: where blood and pigment show most."""
    return np.asarray(np.log2(decode(picture)[..., 1] + 20), np.float32)


def over(values: Float32, where: Bool, sigma: float) -> Float32:
    """Gaussian mean over ``where`` alone."""
    weight = where.astype(np.float32)
    mean = cv2.GaussianBlur(values * weight, (0, 0), sigma) / (cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-6)
    return np.asarray(mean, np.float32)


def bands(picture: UInt8, where: Bool, face: float) -> tuple[float, float]:
    """Contrast finer than 0.004 of the face's width, and between 0.008 and 0.03, stops; medians, so that skin counts.

    A mean would be that of the few strong edges in it: nostrils, folds, the face's outline.
    """
    light = log_green(picture)
    fine = light - over(light, where, max(0.004 * face, 0.7))
    middle = over(light, where, max(0.008 * face, 1.0)) - over(light, where, 0.03 * face)
    return float(np.median(np.abs(fine[where]))), float(np.median(np.abs(middle[where])))


def enlarged(sample: Sample, height: int, width: int) -> tuple[RgbdFrame, AlphaMatte]:
    """A sample with its sensor's depth, enlarged and cropped to ``width`` × ``height``."""
    frame = register(sample.frame)
    assert frame.depth is not None
    scale = width / frame.size[1]
    full = (width, round(frame.size[0] * scale))
    rows = slice(0, height)
    color = np.ascontiguousarray(cv2.resize(frame.color, full, interpolation=cv2.INTER_CUBIC)[rows], np.uint8)
    alpha = np.clip(cv2.resize(sample.alpha, full)[rows], 0, 1).astype(np.float32)
    depth = frame.depth[: round(height / full[1] * frame.depth.shape[0])].copy()
    matte = AlphaMatte(alpha=alpha, foreground=estimate_foreground(color, alpha))
    return RgbdFrame(color=color, depth=depth), matte


def processor_milliseconds(run: Callable[[], object], rounds: int) -> float:
    """Least processor time of all threads together: what the work is on a machine that others use too."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(1e3 * (time.process_time() - start))
    return min(times)


def speed(rounds: int) -> None:
    """Times at 1280×720: median wall time, and least processor time of both cores."""
    rows = []
    for name in sample_names():
        frame, matte = enlarged(load_sample(name), 720, 1280)

        def both(frame: RgbdFrame = frame, matte: AlphaMatte = matte) -> UInt8:
            return portrait_light(dataclasses.replace(frame, color=beautify(frame, matte)), matte)

        contenders: dict[str, Callable[[], object]] = {
            "beautify": lambda f=frame, m=matte: beautify(f, m),
            "whiten": lambda f=frame, m=matte: whiten(f, m),
            "light, studio": lambda f=frame, m=matte: portrait_light(f, m),
            "light, stage": lambda f=frame, m=matte: portrait_light(f, m, LightOptions(preset="stage")),
            "light, no depth": lambda f=frame, m=matte: portrait_light(RgbdFrame(color=f.color), m),
            "beautify + light": both,
        }
        peers = {f"  {k}": lambda f=frame, m=matte, s=s: s(f, m) for k, s in SMOOTHERS.items() if "cv2" in k}
        wall = median_milliseconds(contenders | peers, rounds=rounds, warm_up=2)
        used = {name: processor_milliseconds(run, rounds) for name, run in (contenders | peers).items()}
        times = {name: f"{wall[name]:.1f} / {used[name]:.1f}" for name in wall}
        share = float((find_skin(frame.color, matte.alpha).skin > 0.5).mean())
        rows.append([f"{name} ({100 * share:.0f} % skin, {100 * float(matte.alpha.mean()):.0f} % subject)", times])
    names = list(rows[0][1])
    print(f"1280×720, milliseconds: median wall / least processor time, {cv2.getNumThreads()} threads")
    print_table(["", *[row[0] for row in rows]], [[n, *[row[1][n] for row in rows]] for n in names])


def large(rounds: int) -> None:
    """Times and memory at 12 megapixels."""
    frame, matte = enlarged(load_sample("bob"), 3024, 4032)
    effects: dict[str, Callable[[], object]] = {
        "beautify": lambda: beautify(frame, matte),
        "whiten": lambda: whiten(frame, matte),
        "light, studio": lambda: portrait_light(frame, matte),
    }
    rows = []
    for name, effect in effects.items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wall = median_milliseconds({name: effect}, rounds=rounds, warm_up=1)[name]
        rows.append(
            [name, f"{wall:.0f}", f"{(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f}"]
        )
    print("4032×3024, effect alone; memory is how much the process's peak grew")
    print_table(["", "ms", "MB more"], rows)


def toned(tone: str, seed: int = 0) -> tuple[RgbdFrame, AlphaMatte, Bool]:
    """An oval of one skin tone with blotches (0.08 stops) and pores (0.06 stops) before a grey wall."""
    rng = np.random.default_rng(seed)
    size = 480
    y, x = np.mgrid[:size, :size].astype(np.float32)
    head = np.hypot((y - 240) / 190, (x - 240) / 145) < 1
    blotches = cv2.GaussianBlur(rng.normal(size=(size, size)).astype(np.float32), (0, 0), 4)
    stops = 0.08 * blotches / blotches.std() + rng.normal(0, 0.06, (size, size))
    skin = decode(np.array([int(tone[k : k + 2], 16) for k in (0, 2, 4)], np.uint8))
    light = np.where(head[..., None], skin * np.exp2(stops - 0.25)[..., None], decode(np.array([120] * 3, np.uint8)))
    inner = np.hypot((y - 240) / 150, (x - 240) / 110) < 1
    return RgbdFrame(color=encode(light.astype(np.float32))), AlphaMatte(alpha=head.astype(np.float32)), inner


def tones() -> None:
    """What each way does to every skin tone."""
    table: dict[str, list[str]] = {}
    spreads: dict[str, list[float]] = {}
    for tone in MONK:
        frame, matte, inner = toned(tone)
        before = bands(frame.color, inner, 290)
        found = cv2.resize(find_skin(frame.color, matte.alpha).skin, inner.shape[::-1])
        ways = SMOOTHERS | {"rgbd-seg, whiten 0.5": lambda f, m: whiten(f, m, WhitenOptions(strength=0.5))}
        cells = [("skin found, %", 100 * float(found[inner].mean()))]
        for name, way in ways.items():
            out = way(frame, matte)
            if "whiten" in name:
                value = float((log_green(out) - log_green(frame.color))[inner].mean())
                cells.append((f"{name}: stops brighter", value))
            else:
                value = 100 * bands(out, inner, 290)[1] / before[1]
                cells.append((f"{name}: blotches left, %", value))
        for name, value in cells:
            table.setdefault(name, []).append(f"{value:.2f}" if "stops" in name else f"{value:.0f}")
            spreads.setdefault(name, []).append(value)
    print("Skin tones of the Monk scale, 1 (palest) to 10 (deepest); symmetric = the same in every column")
    print_table(
        ["", *map(str, range(1, 11)), "spread"],
        [[name, *cells, f"{np.ptp(spreads[name]):.2f}"] for name, cells in table.items()],
    )


def texture(photos: Path) -> None:
    """Pores kept and blotches left, on real portraits, median; and how much brows, eyes and lips changed."""
    files = sorted((photos / "portraits_interfaces").rglob("*.jpg"))[::3][:24]
    if not files:
        print(f"no portraits in {photos}: texture not measured on real skin\n")
        return
    results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in SMOOTHERS}
    for file in files:
        color = cv2.imread(str(file))[..., ::-1].copy()
        frame, matte = RgbdFrame(color=color), AlphaMatte(alpha=np.ones(color.shape[:2], np.float32))
        found = find_skin(color, matte.alpha)
        skin = cv2.resize(found.skin, color.shape[1::-1]) > 0.9
        face = found.face_px * color.shape[0] / found.skin.shape[0]
        if skin.mean() < 0.03:
            continue
        light = log_green(color)
        features = (np.abs(light - cv2.GaussianBlur(light, (0, 0), 0.03 * face)) > 0.5) & (
            cv2.dilate(skin.astype(np.uint8), np.ones((9, 9))) > 0
        )
        before = bands(color, skin, face)
        for name, way in SMOOTHERS.items():
            out = way(frame, matte)
            fine, middle = bands(out, skin, face)
            change = float(np.abs(log_green(out) - light)[features].mean()) if features.any() else 0.0
            results[name].append((100 * fine / before[0], 100 * middle / before[1], change))
    print(f"{len(files)} real portraits of 512 px, medians")
    rows = [
        [name, *[f"{v:.0f}" for v in np.median(r, axis=0)[:2]], f"{np.median(r, axis=0)[2]:.3f}"]
        for name, r in results.items()
    ]
    print_table(["", "pores kept, %", "blotches left, %", "change of brows, eyes, lips (stops)"], rows)


def noisy(sample: Sample, seed: int) -> RgbdFrame:
    """The sample's sensor once more: 0.5 % more noise of the distance, and 2 % more holes."""
    rng = np.random.default_rng(seed)
    raw = sample.frame.raw_depth.astype(np.float32)
    kept = (raw > 0) & (rng.random(raw.shape) > 0.02)
    again = np.where(kept, np.maximum(raw * (1 + 0.005 * rng.normal(size=raw.shape)), 1), 0)
    return register(dataclasses.replace(sample.frame, raw_depth=again.astype(np.uint16)))


def lambert(depth: Float32, focal: float) -> Float32:
    """Shading by the contour lamp, from plain differences of depth."""
    across = cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=1 / 8) * focal / depth
    down = cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=1 / 8) * focal / depth
    cosine = (0.785 * across - 0.423 * down + 0.453) / np.sqrt(1 + across**2 + down**2)
    return np.asarray(0.34 + 1.5 * np.maximum(cosine, 0), np.float32)


def plain(frame: RgbdFrame, smooth: Callable[[Float32], Float32]) -> Float32:
    """Relighting as a first try does it: holes filled with the median, depth smoothed, normals, Lambert."""
    assert frame.depth is not None
    assert frame.intrinsics is not None
    filled = np.where(np.isfinite(frame.depth), frame.depth, np.nanmedian(frame.depth)).astype(np.float32)
    return lambert(smooth(filled), frame.intrinsics.fx)


def shading() -> None:
    """How much of the light on the subject is the sensor's noise."""
    options = LightOptions(preset="contour")

    def ours(frame: RgbdFrame, matte: AlphaMatte) -> Float32:
        grey = dataclasses.replace(frame, color=np.full_like(frame.color, 90))
        return np.asarray(decode(portrait_light(grey, matte, options))[..., 1] / decode(grey.color)[..., 1], np.float32)

    ways: dict[str, Callable[[RgbdFrame, AlphaMatte], Float32]] = {
        "rgbd-seg": ours,
        "normals of raw depth": lambda f, m: plain(f, lambda d: d),
        "depth through GaussianBlur 3": lambda f, m: plain(f, lambda d: cv2.GaussianBlur(d, (0, 0), 3)),
        "depth through bilateralFilter 9, 0.05, 5": lambda f, m: plain(f, lambda d: cv2.bilateralFilter(d, 9, 0.05, 5)),
        "depth through GaussianBlur 10": lambda f, m: plain(f, lambda d: cv2.GaussianBlur(d, (0, 0), 10)),
    }
    rows = []
    for name, way in ways.items():
        noise, edges = [], []
        for sample in map(load_sample, sample_names()):
            matte = AlphaMatte(alpha=sample.alpha)
            first, second = (way(noisy(sample, seed), matte) for seed in (1, 2))
            inside = cv2.erode((sample.alpha > 0.99).astype(np.uint8), np.ones((9, 9))) > 0
            rim = (sample.alpha > 0.99) & ~inside
            noise.append(float(np.std((first - second)[inside]) / np.sqrt(2) / first[inside].mean()))
            edges.append(float(first[rim].mean() / first[inside].mean()))
        rows.append([name, f"{100 * np.mean(noise):.1f}", f"{np.mean(edges):.2f}"])
    print(f"Light of the contour lamp on {len(sample_names())} samples")
    print_table(["", "noise, % of the light", "light at the rim, of that inside"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "photos")
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    print_environment("numba", "opencv-contrib-python")
    speed(arguments.rounds)
    large(max(3, arguments.rounds // 5))
    tones()
    texture(arguments.photos)
    shading()


if __name__ == "__main__":
    main()
