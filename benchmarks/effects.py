"""Effects: how near bokeh comes to a real lens, and how long every effect takes, beside what people use today.

    python benchmarks/effects.py [--data ../shared/data] [--truth DIR] [--only quality|flicker|speed]

Quality needs path-traced scenes, see ``bokeh_truth``: those of the data folder's ``bokeh_truth``, and more in DIR.
Light is compared at gamma 2.2 with white at the 99th percentile of the truth. "Own alpha" is what the pipeline finds
in the 8-bit picture and a simulated time-of-flight camera of 320×240 pixels beside it, holes included.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from bokeh_truth import load_scenes, print_flicker, print_highlights, print_quality
from report import median_milliseconds, print_environment, print_table

from rgbd_seg import create_segmenter, effects
from rgbd_seg.arrays import UInt8
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.pipeline import Pipeline


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
    parser.add_argument("--truth", type=Path, help="folder of more path-traced scenes")
    parser.add_argument("--only", choices=("quality", "flicker", "speed"))
    arguments = parser.parse_args()
    print_environment("numba", "opencv-contrib-python")
    start = time.perf_counter()
    effects.bokeh(*scene(96, 128))
    print(f"first call, kernels loaded or compiled: {time.perf_counter() - start:.2f} s\n")
    scenes = load_scenes(arguments.data / "bokeh_truth")
    if arguments.truth is not None:
        scenes += load_scenes(arguments.truth)
    if not scenes:
        print(f"no path-traced scenes in {arguments.data / 'bokeh_truth'}: quality not measured\n")
    if arguments.only in (None, "quality"):
        pipeline = Pipeline(create_segmenter("auto"))
        for one in scenes:
            (print_highlights if one.name.startswith("lamps") else lambda s: print_quality(s, pipeline))(one)
    if arguments.only in (None, "flicker") and scenes:
        print_flicker(scenes[0])
    if arguments.only in (None, "speed"):
        speed(720, 1280, rounds=15)
        speed(4032, 3024, rounds=5)
        cost_by_width()


if __name__ == "__main__":
    main()
