"""Frame sets to record, made up so that every field differs from its default."""

from contextlib import suppress

import numpy as np

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import StreamClosedError
from rgbd_seg.frames import FrameSet, Timestamp
from rgbd_seg.protocols import LiveCamera
from rgbd_seg.transform import RigidTransform

CALIBRATION = Calibration(
    color=Intrinsics.from_field_of_view(64, 48, 60),
    depth=Intrinsics.from_field_of_view(32, 24, 60),
    T_color_depth=RigidTransform.from_rotation_vector((0.0, 0.01, 0.0), (0.02, 0.0, 0.0)),
    metres_per_unit=0.001,
)


def frame_set(index: int, *, maps: bool = True, calibration: Calibration = CALIBRATION) -> FrameSet:
    """Frame ``index``: a picture that slides, depth of full 16-bit noise, holes included."""
    noise = np.random.default_rng(index)
    (height, width), small = calibration.color.size, calibration.depth.size
    ramp = np.add.outer(np.arange(height), np.arange(width) + index) * 2 % 256
    raw = noise.integers(0, 1 << 16, small, dtype=np.uint16)
    raw[0, :4] = (0, 1, 65534, 65535)
    return FrameSet(
        color=np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8),
        raw_depth=raw,
        calibration=calibration,
        confidence=(noise.integers(0, 256, small) / np.float32(255)).astype(np.float32) if maps else None,
        infrared=noise.integers(0, 1 << 16, small, dtype=np.uint16) if maps else None,
        color_timestamp=Timestamp(1_000_000_007 + 33_333_333 * index, "device"),
        depth_timestamp=Timestamp(1_000_000_991 + 33_333_333 * index, "device"),
        color_sequence=100 + index,
        depth_sequence=200 + index,
        temperature=30.0 + index,
        arrival=Timestamp(1_700_000_000_000_000_011 + 33_333_333 * index, "host"),
    )


def read_all(camera: LiveCamera) -> list[FrameSet]:
    """What is left of a recording."""
    frames = []
    with suppress(StreamClosedError):
        while True:
            frames.append(camera.read(5.0))
    return frames
