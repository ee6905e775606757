"""Colour-guided upsampling: rendered depth made coarse and noisy, brought back, against its truth; and 12 MP time.

Run: python benchmarks/upsampling.py [--pictures FOLDER]
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from relief import RENDERED, picture_of
from report import median_milliseconds, print_environment, print_table

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.resampling import resize_depth
from rgbd_seg.upsampling import upsample_depth

FACTOR = 4
WRONG = 0.10  # metres


def loaded(folder: Path) -> tuple[UInt8, Float32]:
    color = cv2.cvtColor(cv2.imread(str(folder / "color.png")), cv2.COLOR_BGR2RGB)
    depth = cv2.imread(str(folder / "depth.png"), cv2.IMREAD_UNCHANGED).astype(np.float32) / 1000
    return color, np.where(depth > 0, depth, np.nan).astype(np.float32)


def coarse_sensor(truth: Float32, seed: int = 0) -> Float32:
    """A small sensor: one sample per FACTOR × FACTOR pixels, 0.5 % noise, 3 % holes."""
    rng = np.random.default_rng(seed)
    size = (truth.shape[0] // FACTOR, truth.shape[1] // FACTOR)
    depth = resize_depth(truth, size, "nearest")
    depth = depth * (1 + 0.005 * rng.standard_normal(size).astype(np.float32))
    depth[rng.random(size) < 0.03] = np.nan
    return depth


def plain_bilinear(depth: Float32, color: UInt8) -> Float32:
    """What a naive resize does, holes filled with the picture's median so that it has a chance."""
    filled = np.where(np.isnan(depth), np.nanmedian(depth), depth)
    return cv2.resize(filled, (color.shape[1], color.shape[0]), interpolation=cv2.INTER_LINEAR)


def figures(depth: Float32, truth: Float32) -> list[float]:
    near, far = cv2.erode(truth, np.ones((9, 9))), cv2.dilate(truth, np.ones((9, 9)))
    edge = (far - near > 0.2) & np.isfinite(truth)
    error = np.abs(np.where(np.isnan(depth), np.nanmedian(truth), depth) - truth)
    between = (depth > near + 0.1) & (depth < far - 0.1)
    return [
        1e3 * float(np.sqrt(np.nanmean(error[~edge] ** 2))),
        1e3 * float(np.sqrt(np.nanmean(error[edge] ** 2))),
        100 * float(np.mean(error[edge] > WRONG)),
        100 * float(np.mean(between[edge])),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    print_environment("numba", "opencv-contrib-python")
    rows = []
    for folder in sorted(RENDERED.iterdir()) if RENDERED.is_dir() else []:
        color, truth = loaded(folder)
        coarse = coarse_sensor(truth)
        results = {
            "guided": upsample_depth(coarse, color),
            "resize_depth": resize_depth(coarse, truth.shape),
            "plain bilinear": plain_bilinear(coarse, color),
        }
        rows += [[folder.name, name, *figures(depth, truth)] for name, depth in results.items()]
        if options.pictures:
            options.pictures.mkdir(parents=True, exist_ok=True)
            sheet = np.hstack([color, *[picture_of(depth) for depth in (truth, *results.values())]])
            cv2.imwrite(str(options.pictures / f"upsampling-{folder.name}.png"), sheet[..., ::-1])
    header = ("scene", "how", "RMSE mm, surfaces", "RMSE mm, edges", "wrong side %, edges", "in the air %, edges")
    print_table(header, rows)
    rng = np.random.default_rng(0)
    small = cv2.GaussianBlur(rng.integers(0, 255, (756, 1008, 3)).astype(np.uint8), (0, 0), 9)
    color = cv2.resize(small, (4032, 3024), interpolation=cv2.INTER_CUBIC)
    depth = np.where(np.arange(240) < 120, 1.0, 3.0)[None, :].repeat(180, 0).astype(np.float32)
    depth[rng.random(depth.shape) < 0.05] = np.nan
    times = median_milliseconds({"240×180 → 4032×3024": lambda: upsample_depth(depth, color)}, rounds=7, warm_up=1)
    print_table(("upsample_depth", "median ms"), list(times.items()))


if __name__ == "__main__":
    main()
