"""Replacement against truth, beside what else is in use; and its time.

    python benchmarks/replacement.py [--quick] [--photos FOLDER]

1. Colour of mixed pixels. Rendered people with hair, strand by strand, whose foreground and alpha are known exactly
   (``benchmarks/hair``), stand before four known rooms; each is then put before white, black and saturated colours.
   Error: mean absolute difference from the true composite where 0.05 < alpha < 0.95, in sRGB steps.
2. Light. One half of a picture, under a light changed by known gains, is to be matched to the other half.
3. Order. A card is placed in the samples' rooms between the things there; depth is a simulated ToF sensor's, truth is
   rendered.
4. Time at 1280×720 and 12 MP.
"""

import argparse
import itertools
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pymatting
from matting import filled, mixed, simulated_network
from report import median_milliseconds, print_environment, print_table

from rgbd_seg import effects
from rgbd_seg.arrays import Float32, Float64, UInt8
from rgbd_seg.effects.light_match import Light
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.frames import AlphaMatte, RgbdFrame, Timestamp
from rgbd_seg.io.pictures import read_cutout, read_picture
from rgbd_seg.io.video import VideoFile
from rgbd_seg.linear_light import WHITE, decode, encode, to_linear
from rgbd_seg.matting import refine_alpha
from rgbd_seg.registration import register
from rgbd_seg.samples import load_sample, sample_names

HAIR = Path(__file__).parent / "hair"
PEOPLE = ("bob", "curls", "wave", "windblown")
NEW = {"white": (255, 255, 255), "black": (0, 0, 0), "red": (230, 0, 20), "green": (0, 200, 0), "blue": (0, 40, 230)}
Way = Callable[[UInt8, Float32, UInt8], UInt8]  # picture, alpha, new background → result


def over(foreground: UInt8, alpha: Float32, background: UInt8) -> UInt8:
    """What every way ends with: the product's own composite."""
    matte = AlphaMatte(alpha=alpha, foreground=foreground)
    return effects.composite(RgbdFrame(color=foreground), matte, background)


def encoded_blend(picture: UInt8, alpha: Float32, background: UInt8) -> UInt8:
    """Alpha blending of sRGB values, as most code does it."""
    part = alpha[..., None]
    return np.rint(picture * part + background * (1 - part)).astype(np.uint8)


def multilevel(picture: UInt8, alpha: Float32, background: UInt8) -> UInt8:
    """PyMatting's multi-level estimate, in linear light."""
    light = pymatting.estimate_foreground_ml(decode(picture) / WHITE, alpha.astype(np.float64))
    return over(encode((np.clip(light, 0, 1) * WHITE).astype(np.float32)), alpha, background)


def seamless(picture: UInt8, alpha: Float32, background: UInt8) -> UInt8:
    """OpenCV's Poisson blending of everything that alpha touches."""
    mask = np.where(alpha > 0.02, np.uint8(255), np.uint8(0))
    mask[[0, -1]] = mask[:, [0, -1]] = 0
    x, y, width, height = cv2.boundingRect(mask)
    return np.asarray(cv2.seamlessClone(picture, background, mask, (x + width // 2, y + height // 2), cv2.NORMAL_CLONE))


WAYS: dict[str, Way] = {
    "alpha blending": over,
    "alpha blending of sRGB values": encoded_blend,
    "cv2.seamlessClone": seamless,
    "PyMatting multi-level": multilevel,
    "rgbd-seg": lambda picture, alpha, new: over(estimate_foreground(picture, alpha), alpha, new),
    "rgbd-seg video": lambda picture, alpha, new: over(
        estimate_foreground(picture, alpha, working_side=320), alpha, new
    ),
}


def room(name: str, size: tuple[int, int]) -> UInt8:
    """The background of a sample, the people in it painted over, cut to ``size``."""
    sample = load_sample(name)
    empty = filled(sample.frame.color, cv2.dilate(sample.alpha, np.ones((9, 9), np.uint8)) < 0.01)
    return effects.Background.prepare(empty, size, framing=effects.Framing(mode="crop", anchor=(0.8, 0.3))).picture


def colour_of_hair(own_alpha: bool) -> None:
    """One row per way: the error over every new background, and as a share of plain alpha blending's."""
    found = {way: {new: [] for new in NEW} for way in WAYS}
    for seed, (person, place) in enumerate(itertools.product(PEOPLE, PEOPLE)):
        front, alpha = read_cutout(HAIR / f"{person}.png")
        picture = mixed(front, room(place, alpha.shape), alpha)
        used = refine_alpha(picture, simulated_network(alpha, seed)) if own_alpha else alpha
        band = (alpha > 0.05) & (alpha < 0.95)
        for new, color in NEW.items():
            background = np.full_like(picture, color)
            truth = mixed(front, background, alpha).astype(int)
            for name, way in WAYS.items():
                found[name][new].append(float(np.abs(way(picture, used, background) - truth)[band].mean()))
    means = {name: [float(np.mean(values)) for values in found[name].values()] for name in WAYS}
    plain = means["alpha blending"]
    worst = {name: max(max(np.divide(found[name][new], found["alpha blending"][new])) for new in NEW) for name in WAYS}
    rows = [[name, *means[name], float(np.mean(means[name]) / np.mean(plain)), float(worst[name])] for name in WAYS]
    whose = "rgbd-seg's alpha, from a simulated network" if own_alpha else "true alpha"
    print(f"Colour error in the uncertain band, {whose}; 4 people × 4 rooms\n")
    print_table(["way", *NEW, "share of alpha blending", "worst of 80"], rows)


def stops(picture: UInt8) -> Float64:
    """(n, 3) logarithm of linear light."""
    return np.log2(np.maximum(to_linear(picture.reshape(-1, 3) / 255), 1 / 4096))


def grey_world(here: UInt8, there: UInt8) -> Float64:
    """Stops between the mean light of each channel."""
    return np.asarray(np.log2(decode(there).mean(axis=(0, 1)) / decode(here).mean(axis=(0, 1))), np.float64)


def brightest(here: UInt8, there: UInt8) -> Float64:
    """Stops between the brightest percentile of each channel (white patch)."""
    top = [np.percentile(decode(picture).reshape(-1, 3), 99, axis=0) for picture in (here, there)]
    return np.asarray(np.log2(top[1] / top[0]), np.float64)


def reinhard(here: UInt8, there: UInt8) -> Float64:
    """Stops by which Reinhard's transfer of mean and deviation in Lab changes the picture, its middle pixel."""
    lab = [cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32) for picture in (here, there)]
    mean, spread = ([values.mean(axis=(0, 1)) for values in lab], [values.std(axis=(0, 1)) for values in lab])
    moved = (lab[0] - mean[0]) * spread[1] / spread[0] + mean[1]
    changed = cv2.cvtColor(np.clip(np.rint(moved), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    return np.median(stops(changed) - stops(here), axis=0)


def ours(here: UInt8, there: UInt8) -> Float64:
    """The product's gains."""
    gains = Light.of(here).towards(Light.of(there))
    return np.log2([gains.red, gains.green, gains.blue])


def light(pictures: list[UInt8], what: str) -> None:
    """Mean absolute error of exposure and of white balance, in stops, of every way to match."""
    rng = np.random.default_rng(0)
    ways = {
        "left as it is": lambda here, there: np.zeros(3),
        "grey world": grey_world,
        "brightest percentile": brightest,
        "Reinhard, Lab": reinhard,
        "rgbd-seg": ours,
    }
    found: dict[str, list[Float64]] = {name: [] for name in ways}
    for color in pictures:
        half = color.shape[1] // 2
        for left, _ in itertools.product((True, False), range(4)):
            there, here = (color[:, :half], color[:, half:]) if left else (color[:, half:], color[:, :half])
            gains = rng.uniform(-1, 0.4) + rng.normal(0, 0.15, 3)
            lit = encode(np.minimum(decode(here) * np.exp2(gains).astype(np.float32), np.float32(WHITE)))
            for way, match in ways.items():
                found[way].append(match(lit, there) + gains)
    rows = []
    for way, errors in found.items():
        values = np.array(errors)
        exposure = values @ [0.2126, 0.7152, 0.0722]
        balance = values - values.mean(axis=1, keepdims=True)
        rows.append([way, float(np.abs(exposure).mean()), float(np.abs(balance).mean())])
    print(f"Light matched between two halves of a picture, one under another light; {what}; error in stops\n")
    print_table(["way", "exposure", "white balance"], rows)


def order() -> None:
    """Error of a card placed in the samples' own rooms, against true depth."""
    card = np.full((10, 10, 3), (255, 0, 255), np.uint8)
    rows: dict[str, list[list[float]]] = {
        "z-buffer of sensor depth, alpha ignored": [],
        "matte alone": [],
        "rgbd-seg": [],
    }
    for name in sample_names():
        sample = load_sample(name)
        frame, alpha = register(sample.frame), sample.alpha
        matte = AlphaMatte(alpha=alpha, foreground=estimate_foreground(frame.color, alpha))
        behind = estimate_foreground(frame.color, 1 - alpha)
        body = float(np.median(sample.true_depth[alpha > 0.95]))
        far = float(np.percentile(sample.true_depth[alpha < 0.05], 80))
        for distance in (0.7 * body, 0.5 * (body + far)):
            whole = effects.PlacedPicture(picture=card, distance=distance, height_px=4.0 * max(frame.size))
            shown = card[0, 0][None, None]
            wall = np.where((sample.true_depth < distance)[..., None] & (alpha < 0.5)[..., None], behind, shown)
            truth = mixed(matte.foreground, wall, alpha) if distance > body else wall
            assert frame.depth is not None
            depth = frame.depth if frame.depth.shape == frame.size else cv2.resize(frame.depth, frame.size[::-1])
            hard = np.where((depth < distance)[..., None], frame.color, shown)
            alone = mixed(matte.foreground, np.broadcast_to(shown, frame.color.shape), alpha)
            own = effects.ReplaceOptions(background="own", pictures=(whole,))
            band = cv2.dilate(((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8), np.ones((9, 9))) > 0
            for way, out in zip(rows, (hard, alone, effects.replace_background(frame, matte, own)), strict=True):
                error = np.abs(out.astype(int) - truth)
                rows[way].append([float(error.mean()), float(error[band].mean())])
    print(f"A card in the room, sensor depth: mean error in sRGB steps; {len(sample_names())} rooms × 2 distances\n")
    print_table(
        ["way", "everywhere", "around the subject's edge"],
        [[way, *np.mean(values, axis=0).tolist()] for way, values in rows.items()],
    )


def times(rounds: int) -> None:
    """Medians of one call, taken in turns."""
    rows = []
    for height, width, share in ((720, 1280, 1), (3024, 4032, 5)):
        sample = load_sample("wave")
        color, alpha = (
            cv2.resize(values, (width, width * 3 // 4))[:height] for values in (sample.frame.color, sample.alpha)
        )
        color, alpha = np.ascontiguousarray(color), np.clip(alpha, 0, 1)
        frame = RgbdFrame(color=color, depth=sample.true_depth[:360] if height == 720 else sample.true_depth)
        matte = AlphaMatte(alpha=alpha, foreground=estimate_foreground(color, alpha))
        picture = np.ascontiguousarray(color[::-1])
        prepared = effects.Background.prepare(picture, frame.size)
        cutout, coverage = read_cutout(HAIR / "bob.png")
        placed = effects.PlacedPicture(picture=cutout, alpha=coverage, distance=2.0, height=0.5)
        deep = RgbdFrame(color=picture, depth=load_sample("bob").true_depth)
        every = {
            "replace": {"background": prepared},
            "+ match": {"background": prepared, "match": 0.7},
            "+ light wrap": {"background": prepared, "light_wrap": 0.3},
            "+ both": {"background": prepared, "match": 0.7, "light_wrap": 0.3},
            "a picture placed in the own room": {"background": "own", "pictures": (placed,)},
            "background with depth": {"background": deep},
        }
        contenders: dict[str, Callable[[], object]] = {}
        for name, settings in every.items():
            options = effects.ReplaceOptions(**settings)
            contenders[name] = lambda o=options, f=frame, m=matte: effects.replace_background(f, m, o)
        contenders["numpy blend of sRGB values"] = lambda c=color, a=alpha, b=picture: encoded_blend(c, a, b)
        contenders["foreground colour, rgbd-seg video"] = lambda c=color, a=alpha: estimate_foreground(
            c, a, working_side=320
        )
        if height == 720:
            contenders["video background, decoded"] = _before_video(frame, matte, picture)
            contenders["foreground colour, PyMatting"] = lambda c=color, a=alpha, b=picture: multilevel(c, a, b)
        found = median_milliseconds(contenders, rounds=max(3, rounds // share), warm_up=1)
        rows.append(found)
    print("Time, ms, medians\n")
    print_table(["", "1280×720", "12 MP"], [[name, value, rows[1].get(name, "–")] for name, value in rows[0].items()])


def _before_video(frame: RgbdFrame, matte: AlphaMatte, picture: UInt8) -> Callable[[], object]:
    """One frame after the other, each before the next picture of a video."""
    with tempfile.TemporaryDirectory() as folder:
        video = _video(Path(folder), picture)
    options = effects.ReplaceOptions(background=effects.VideoBackground(video))
    moments = (Timestamp(k * 33_333_334) for k in itertools.count())

    def following() -> UInt8:
        moment = next(moments)
        pair = replace(frame, timestamp=moment), replace(matte, timestamp=moment)
        return effects.replace_background(*pair, options)

    return following


def _video(folder: Path, picture: UInt8) -> VideoFile:
    """Two seconds of 1280×720, over and over; the open file outlives its name."""
    path = folder / "clip.mp4"
    size = picture.shape[1], picture.shape[0]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"mp4v"), 30, size)
    for k in range(60):
        writer.write(np.roll(picture, 4 * k, axis=1)[..., ::-1])
    writer.release()
    return VideoFile(path)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="colours and times alone, few rounds")
    parser.add_argument("--photos", type=Path, help="folder of JPEG photos to measure the matching of light on, too")
    arguments = parser.parse_args()
    print_environment("opencv-contrib-python", "numba", "pymatting")
    colour_of_hair(own_alpha=False)
    if not arguments.quick:
        colour_of_hair(own_alpha=True)
        light([load_sample(name).frame.color for name in sample_names()], f"{len(sample_names())} rendered rooms")
        if arguments.photos is not None:
            found = sorted(arguments.photos.rglob("*.jpg"))
            light([read_picture(path) for path in found], f"{len(found)} photos of {arguments.photos.name}")
        order()
    times(rounds=5 if arguments.quick else 30)


if __name__ == "__main__":
    main()
