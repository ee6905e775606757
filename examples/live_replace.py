"""Live background replacement: what an app does with each frame of a depth camera.

    python examples/live_replace.py OUT.jpg

Here the camera is a bundled sample shown again and again; any source of `RawFrame` takes its place.
"""

import sys
import time

import numpy as np

from rgbd_seg import Pipeline, create_segmenter, load_sample, replace_background, write_picture
from rgbd_seg.effects import Background, ReplaceOptions
from rgbd_seg.pipeline_options import LIVE
from rgbd_seg.registration import Registration

FRAMES = 30

raw = load_sample("wave").frame  # colour, raw depth, calibration
registration = Registration(raw.calibration)  # once per camera: tables for its lenses and pose
pipeline = Pipeline(create_segmenter("auto"), LIVE)
wall = np.full((720, 1280, 3), (70, 110, 140), np.uint8)
options = ReplaceOptions(background=Background.prepare(wall, raw.color.shape[:2]))  # scaled once, not per frame

picture = raw.color
for number in range(FRAMES + 1):
    if number == 1:
        start = time.perf_counter()  # the first frame compiles or loads what later ones use
    frame = registration.register(raw)
    picture = replace_background(frame, pipeline.matte(frame), options)
print(f"{FRAMES / (time.perf_counter() - start):.0f} frames a second")
write_picture(sys.argv[1], picture)
