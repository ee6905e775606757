"""The two promises to an app developer: a 12 MP photo on the command line, and live video in memory.

    RGBD_SEG_MODELS=FOLDER python benchmarks/pipeline.py [PHOTO.jpg]

Photo: the whole process ``rgbd-seg bokeh PHOTO``, wall time and peak memory. Video: registration, segmentation,
fusion, matting and background replacement of a 1280×720 frame with 640×480 raw depth, everything in memory.
"""

import dataclasses
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from report import median_milliseconds, print_environment, print_table

from rgbd_seg import Pipeline, create_segmenter, replace_background
from rgbd_seg.arrays import UInt8
from rgbd_seg.effects import Background, ReplaceOptions
from rgbd_seg.frames import RawFrame
from rgbd_seg.pipeline_options import LIVE
from rgbd_seg.registration import Registration
from rgbd_seg.samples import load_sample

RUNS = 7
WIDTH, HEIGHT = 1280, 720


def photo(path: Path) -> None:
    """Whole-process time and memory of the bokeh command, in fresh processes."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rgbd_seg.cli", "bokeh", str(path), "-o", str(Path(folder) / "bokeh.jpg")]
        subprocess.run(command, check=True, capture_output=True)  # the first run compiles and fills caches
        for _ in range(RUNS):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    rows = [(path.name, statistics.median(seconds), min(seconds), 3.0, peak, 1.2)]
    print_table(("rgbd-seg bokeh, whole process", "median s", "best s", "limit s", "peak GB", "limit GB"), rows)


def video_frame() -> RawFrame:
    """A bundled sample as a 1280×720 camera with 640×480 depth would have delivered it."""
    raw = load_sample("wave").frame
    scaled = raw.calibration.color.resized(WIDTH, WIDTH * 480 // 640)
    top = (scaled.height - HEIGHT) // 2
    color = cv2.resize(raw.color, (scaled.width, scaled.height), interpolation=cv2.INTER_CUBIC)[top : top + HEIGHT]
    calibration = dataclasses.replace(
        raw.calibration,
        color=scaled.cropped(0, top, WIDTH, HEIGHT),
        depth=raw.calibration.depth.resized(640, 480),
    )
    depth = cv2.resize(raw.raw_depth, (640, 480), interpolation=cv2.INTER_NEAREST)
    return RawFrame(color=np.ascontiguousarray(color), raw_depth=depth, calibration=calibration)


def video(segmenter_name: str) -> tuple[float, dict[str, float]]:
    """Median milliseconds of a whole frame, and of its parts."""
    raw = video_frame()
    registration = Registration(raw.calibration)
    pipeline = Pipeline(create_segmenter(segmenter_name), LIVE)
    beach: UInt8 = np.full((1080, 1920, 3), (90, 140, 200), np.uint8)
    options = ReplaceOptions(background=Background.prepare(beach, (HEIGHT, WIDTH)))

    def everything() -> UInt8:
        frame = registration.register(raw)
        return replace_background(frame, pipeline.matte(frame), options)

    frame = registration.register(raw)
    matte = pipeline.matte(frame)
    parts = {
        "all": everything,
        "registration": lambda: registration.register(raw),
        "segmentation": lambda: pipeline.segmenter.segment(frame),
        "whole matte": lambda: pipeline.matte(frame),
        "replace": lambda: replace_background(frame, matte, options),
    }
    times = median_milliseconds(parts, rounds=40, warm_up=5)
    return times.pop("all"), times


def main() -> None:
    print_environment("opencv-contrib-python", "numba", "onnxruntime")
    if len(sys.argv) > 1:
        photo(Path(sys.argv[1]))
    rows = []
    for name in ("portrait-base", "mediapipe-selfie", "mediapipe-selfie-landscape", "depth-layers"):
        total, parts = video(name)
        rows.append((name, total, 1000 / total, *parts.values()))
    header = ("1280×720, segmenter", "ms", "frames/s", "registration", "segmentation", "whole matte", "replace")
    print_table(header, rows)


if __name__ == "__main__":
    main()
