"""Effects: how near bokeh comes to a real lens, and how long every effect takes, beside what people use today.

    python benchmarks/effects.py [--data ../shared/data]

Quality needs the path-traced scenes in ``bokeh_truth`` (all-sharp picture, the same through a real thin lens, depth,
alpha). Light is compared at gamma 2.2 with white at the 99th percentile of the truth.
"""

import argparse
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from report import median_milliseconds, print_environment, print_table

from rgbd_seg import effects
from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.aperture import disc
from rgbd_seg.effects.depth_completion import complete
from rgbd_seg.effects.lens import Lens
from rgbd_seg.effects.lens_plan import Sheets
from rgbd_seg.effects.thin_lens import render_linear
from rgbd_seg.frames import AlphaMatte, RgbdFrame


def gaussian_blend(light: Float32, alpha: Float32, coc: Float32) -> Float32:
    """One Gaussian for the whole picture, blended by alpha: halo included. What most demos do."""
    blurred = cv2.GaussianBlur(light, (0, 0), max(float(np.percentile(np.abs(coc), 75)) / 4, 0.5))
    return alpha[..., None] * light + (1 - alpha[..., None]) * blurred


def opencv_layers(light: Float32, _alpha: Float32, coc: Float32) -> Float32:
    """24 hard slices of depth, each through cv2.filter2D, far to near, renormalised at the end."""
    edges = np.linspace(coc.min() - 0.01, coc.max() + 0.01, 25)
    out, total = np.zeros_like(light), np.zeros(coc.shape, np.float32)
    for low, high in reversed(list(itertools.pairwise(edges))):
        inside = ((coc >= low) & (coc < high)).astype(np.float32)
        if not inside.any():
            continue
        kernel = disc(abs(low + high) / 2)
        cover = cv2.filter2D(inside, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        drawn = cv2.filter2D(light * inside[..., None], -1, kernel, borderType=cv2.BORDER_REPLICATE)
        out = out * (1 - cover[..., None]) + drawn
        total = total * (1 - cover) + cover
    return out / np.maximum(total, 1e-3)[..., None]


def gather(light: Float32, _alpha: Float32, coc: Float32) -> Float32:
    """Every pixel takes 64 samples of a disc as wide as its own circle of confusion; depth order is ignored."""
    height, width = coc.shape
    v, u = np.mgrid[:height, :width].astype(np.float32)
    out = np.zeros_like(light)
    for k in range(64):
        radius, angle = np.sqrt((k + 0.5) / 64) / 2, k * np.pi * (3 - np.sqrt(5))
        x, y = u + coc * np.float32(radius * np.cos(angle)), v + coc * np.float32(radius * np.sin(angle))
        out += cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) / 64
    return out


def psnr(light: Float32, truth: Float32, where: np.ndarray | None = None) -> float:
    """Decibels at gamma 2.2, white at the truth's 99th percentile."""
    white = np.percentile(truth, 99)
    shown, wanted = (np.clip(x / white, 0, 1) ** (1 / 2.2) for x in (light, truth))
    error = (shown - wanted) ** 2
    return float(-10 * np.log10(error.mean() if where is None else error[where].mean()))


def ssim(light: Float32, truth: Float32) -> float:
    """Mean structural similarity of luminance (Wang 2004; Gaussian window of 1.5 pixels)."""
    white = np.percentile(truth, 99)
    a, b = (np.clip(x / white, 0, 1).mean(axis=2) ** (1 / 2.2) for x in (light, truth))

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (0, 0), 1.5)

    ma, mb = mean(a), mean(b)
    va, vb, both = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    score = (2 * ma * mb + 1e-4) * (2 * both + 9e-4) / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))
    return float(score.mean())


def sensor_depth(depth: Float32, seed: int = 0) -> Float32:
    """320×240 with noise of 0.5 % of the distance, flying pixels at steps, and a tenth of holes."""
    rng = np.random.default_rng(seed)
    small = cv2.resize(depth, (depth.shape[1] // 2, depth.shape[0] // 2), interpolation=cv2.INTER_AREA)
    small = small * (1 + 0.005 * rng.normal(size=small.shape))
    return np.where(rng.random(small.shape) < 0.1, np.nan, small).astype(np.float32)


def quality(folder: Path) -> None:
    """The table of one path-traced scene."""
    sharp, truth = (np.load(folder / f"{name}_lin.npy").astype(np.float32) for name in ("color", "dof"))
    depth, alpha = (np.load(folder / f"{name}.npy").astype(np.float32) for name in ("color_z", "alpha"))
    camera = json.loads((folder / "timing.json").read_text())["dof_params"]
    lens = Lens(focus_disparity=1 / camera["zf"], pixels_per_disparity=camera["D"] * camera["fx"])
    coc = lens.coc_px(1 / depth)

    def ours(measured: Float32, matte: Float32) -> Float32:
        sheets = complete(measured, matte)
        return render_linear(
            sharp,
            matte,
            Sheets(background=lens.coc_px(sheets.background), subject=lens.coc_px(sheets.subject)),
            keep_subject_sharp=False,
        )

    methods: dict[str, Callable[[], Float32]] = {
        "no blur": lambda: sharp,
        "one Gaussian for all": lambda: cv2.GaussianBlur(sharp, (0, 0), float(coc.max()) / 4),
        "Gaussian blended by alpha": lambda: gaussian_blend(sharp, alpha, coc),
        "per-pixel gather, 64 samples": lambda: gather(sharp, alpha, coc),
        "24 cv2 layers": lambda: opencv_layers(sharp, alpha, coc),
        "rgbd-seg, depth alone": lambda: ours(depth, np.zeros_like(alpha)),
        "rgbd-seg, depth and alpha": lambda: ours(depth, alpha),
        "rgbd-seg, simulated ToF 320×240": lambda: ours(sensor_depth(depth), alpha),
    }
    times = median_milliseconds(methods, rounds=7, warm_up=1)
    rows = []
    for name, method in methods.items():
        out = method()
        behind, edge = alpha < 0.01, (alpha > 0.01) & (alpha < 0.99)
        rows.append(
            [name, psnr(out, truth), psnr(out, truth, behind), psnr(out, truth, edge), ssim(out, truth), times[name]]
        )
    print(
        f"Scene {folder.name}: circle of confusion {coc.min():.1f} to {coc.max():.1f} px, {coc.shape[1]}×{coc.shape[0]}"
    )
    print_table(["method", "PSNR dB", "background", "mixed pixels", "SSIM", "ms"], rows)


def scene(height: int, width: int) -> tuple[RgbdFrame, AlphaMatte]:
    """A noisy wall and floor from 1.5 to 4 m, and a subject of a fifth of the picture at 1.2 m."""
    rng = np.random.default_rng(0)
    color = cv2.resize(rng.integers(0, 256, (height // 8, width // 8, 3), np.uint8), (width, height))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot((y - 0.65 * height) / 1.6, x - width / 2) - 0.2 * min(height, width)
    alpha = np.clip(0.5 - away / (0.01 * height), 0, 1).astype(np.float32)
    color[alpha > 0.5] = (205, 150, 120)
    depth = np.where(alpha > 0.5, 1.2, 4 - 2.5 * y / height).astype(np.float32)
    small = cv2.resize(depth, (640, 640 * height // width), interpolation=cv2.INTER_NEAREST)
    return RgbdFrame(color=np.asarray(color, np.uint8), depth=small), AlphaMatte(alpha=alpha)


def plain_replace(frame: RgbdFrame, matte: AlphaMatte, background: UInt8) -> UInt8:
    """The usual numpy blend of encoded values (dark rims; not linear light)."""
    a = matte.alpha[..., None]
    return (frame.color * a + background * (1 - a)).astype(np.uint8)


def speed(height: int, width: int, rounds: int) -> None:
    """The table of times at one size."""
    frame, matte = scene(height, width)
    prepared = effects.Background.prepare(frame.color[::2, ::2], frame.size)
    replace = effects.ReplaceOptions(background=prepared)
    contenders: dict[str, Callable[[], object]] = {
        "replace": lambda: effects.replace_background(frame, matte, replace),
        "  numpy blend, not linear": lambda: plain_replace(frame, matte, prepared.picture),
        "grayscale": lambda: effects.grayscale(frame, matte),
        "whiten": lambda: effects.whiten(frame, matte),
        "beautify": lambda: effects.beautify(frame, matte),
        "blur": lambda: effects.blur(frame, matte),
        "  cv2 Gaussian and numpy blend, not linear": lambda: plain_replace(
            frame, matte, cv2.GaussianBlur(frame.color, (0, 0), 0.5 * 0.07 * min(frame.size) / 4)
        ),
        **{
            f"bokeh, strength {s:g}": lambda s=s: effects.bokeh(frame, matte, effects.BokehOptions(strength=s))
            for s in (0.2, 0.5, 1.0)
        },
    }
    times = median_milliseconds(contenders, rounds=rounds, warm_up=1)
    print(f"{width}×{height}, {cv2.getNumThreads()} threads")
    print_table(["effect", "ms"], [[name, value] for name, value in times.items()])


def cost_by_width(height: int = 720, width: int = 1280) -> None:
    """How time grows with the disc."""
    frame, matte = scene(height, width)
    rows = []
    for diameter in (5, 10, 15, 25, 40, 60):
        options = effects.BlurOptions(strength=diameter / (0.07 * height) if diameter <= 0.07 * height else 1)
        name = f"{options.strength * 0.07 * height:.0f} px"
        rows.append(
            [name, median_milliseconds({"blur": lambda o=options: effects.blur(frame, matte, o)}, rounds=9)["blur"]]
        )
    print(f"blur at {width}×{height} by diameter")
    print_table(["disc", "ms"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    arguments = parser.parse_args()
    print_environment("numba", "opencv-contrib-python")
    start = time.perf_counter()
    effects.bokeh(*scene(96, 128))
    print(f"first call, kernels loaded or compiled: {time.perf_counter() - start:.2f} s\n")
    scenes = sorted((arguments.data / "bokeh_truth").glob("*/timing.json"))
    if not scenes:
        print(f"no path-traced scenes in {arguments.data / 'bokeh_truth'}: quality not measured\n")
    for found in scenes:
        quality(found.parent)
    speed(720, 1280, rounds=15)
    speed(4032, 3024, rounds=5)
    cost_by_width()


if __name__ == "__main__":
    main()
