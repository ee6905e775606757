"""Whether video gains when the network is shown what it found in the frame before.

python benchmarks/previous_alpha.py NETWORK.onnx [--frames 30]

Clips are made of the bundled samples: a hand-held camera pans and nears slowly, colour has a sensor's noise, depth a
depth camera's, both new in each frame. Truth moves along. The same clips with depth and without.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from report import print_environment, print_table

from rgbd_seg import load_sample, register
from rgbd_seg.arrays import Float32
from rgbd_seg.frames import RgbdFrame, Timestamp
from rgbd_seg.models.folder import identify
from rgbd_seg.protocols import Segmenter
from rgbd_seg.samples import sample_names
from rgbd_seg.segmentation.following import FollowingSegmenter
from rgbd_seg.segmentation.portrait import PortraitSegmenter
from rgbd_seg.training.metrics.overlap import iou
from rgbd_seg.training.metrics.temporal import dtssd

RATE = 30
COLOR_NOISE = 4.0  # 8-bit steps
DEPTH_NOISE = 0.004  # metres at one metre, growing with the square


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame and its truth."""

    frame: RgbdFrame
    alpha: Float32


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("network", type=Path)
    parser.add_argument("--frames", type=int, default=30)
    options = parser.parse_args()
    print_environment("onnxruntime")
    network = PortraitSegmenter(identify(options.network), options.network)
    rows = []
    for name in sample_names():
        for with_depth in (False, True):
            clip = [shot if with_depth else _colour(shot) for shot in clip_of(name, options.frames)]
            alone, following = measured(network, clip), measured(FollowingSegmenter(network), clip)
            rows.append([name, "colour, depth" if with_depth else "colour", *alone, *following])
    means = [[kind, f"mean, {kind}", *np.mean([r[2:] for r in rows if r[1] == kind], axis=0)] for kind in _kinds(rows)]
    columns = ("dtSSD alone", "IoU alone", "dtSSD following", "IoU following")
    print_table(["clip", "input", *columns], [*rows, *[["all", *row[1:]] for row in means]])


def clip_of(name: str, count: int) -> Iterator[Shot]:
    """A sample as a moving camera would have seen it."""
    sample = load_sample(name)
    whole = register(sample.frame)
    assert whole.depth is not None
    height, width = whole.size
    rng = np.random.default_rng(0)
    shake = cv2.GaussianBlur(rng.standard_normal((count, 2)), (1, 0), sigmaX=0.1, sigmaY=2) * 0.01 * width
    for number in range(count):
        phase = 2 * np.pi * number / 45
        scale = 1.12 + 0.03 * np.sin(phase)
        x, y = 0.02 * width * np.sin(phase) + shake[number, 0], 0.01 * height * np.cos(phase) + shake[number, 1]
        to = np.float64([[scale, 0, x - (scale - 1) * width / 2], [0, scale, y - (scale - 1) * height / 2]])
        color = cv2.warpAffine(whole.color, to, (width, height), borderMode=cv2.BORDER_REPLICATE)
        color = np.clip(color + rng.normal(0, COLOR_NOISE, color.shape), 0, 255).astype(np.uint8)
        # NaN beyond the edge: nothing was measured there.
        depth = cv2.warpAffine(whole.depth, to, (width, height), flags=cv2.INTER_NEAREST, borderValue=(np.nan,) * 4)
        depth = depth + DEPTH_NOISE * depth**2 * rng.standard_normal(depth.shape)
        alpha = cv2.warpAffine(sample.alpha, to, (width, height), borderMode=cv2.BORDER_REPLICATE)
        time = Timestamp(round(1e9 * number / RATE), "device")
        yield Shot(RgbdFrame(color=color, depth=depth.astype(np.float32), timestamp=time), np.clip(alpha, 0, 1))


def measured(segmenter: Segmenter, clip: list[Shot]) -> tuple[float, float]:
    """Flicker, mean dtSSD over the clip, and mean IoU of the probability."""
    flicker, overlap, before = [], [], None
    for shot in clip:
        found = segmenter.segment(shot.frame).probability
        truth = np.clip(cv2.resize(shot.alpha, found.shape[::-1], interpolation=cv2.INTER_AREA), 0, 1)
        overlap.append(iou(found, truth))
        if before is not None:
            flicker.append(dtssd(before, (found, truth)))
        before = (found, truth)
    return float(np.mean(flicker)), float(np.mean(overlap))


def _colour(shot: Shot) -> Shot:
    return Shot(replace(shot.frame, depth=None), shot.alpha)


def _kinds(rows: list[list[object]]) -> list[object]:
    return list(dict.fromkeys(row[1] for row in rows))


if __name__ == "__main__":
    main()
