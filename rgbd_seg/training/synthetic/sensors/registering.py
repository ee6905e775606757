"""A reading moved into the colour picture, the way the SDK's user gets it."""

from typing import NamedTuple

import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationMismatchError
from rgbd_seg.registration import Registration, RegistrationOptions
from rgbd_seg.resampling import resize_depth
from rgbd_seg.training.portrait_sample import SensorReading
from rgbd_seg.training.synthetic.sensors.apple_disparity import AppleDisparity


class RegisteredReading(NamedTuple):
    """Maps of the colour picture's size (H, W), as in `PortraitSample`."""

    depth: Float32  # metres (relative where not metric), NaN = not measured
    confidence: Float32 | None
    shadow: Bool  # where the depth camera is blind
    depth_is_metric: bool


def register_reading(reading: SensorReading, color: UInt8, intrinsics: Intrinsics) -> RegisteredReading:
    """Depth of ``reading`` as the SDK registers it, with the calibration that the device states.

    Portrait photos' disparity comes in the colour picture's own view and is only resized, as when a photo is read.

    Raises:
        CalibrationMismatchError: ``color`` or ``intrinsics`` is not what the reading was simulated for.
    """
    stated = reading.calibration
    if color.shape[:2] != stated.color.size or intrinsics.size != stated.color.size:
        raise CalibrationMismatchError(
            f"colour is {color.shape[1]}×{color.shape[0]} with intrinsics for {intrinsics.width}×"
            f"{intrinsics.height}, the reading was simulated for {stated.color.width}×{stated.color.height}"
        )
    if reading.kind == AppleDisparity.kind:
        depth = np.where(reading.raw_depth > 0, reading.raw_depth * np.float32(stated.metres_per_unit), np.nan)
        whole = resize_depth(depth.astype(np.float32), stated.color.size)
        return RegisteredReading(whole, None, np.zeros(whole.shape, bool), False)
    # One thread: rendering keeps every core busy with a picture of its own.
    registration = Registration(stated, RegistrationOptions(threads=1))
    registered, shadow = registration(reading.raw_depth)
    confidence = None if reading.confidence is None else registration.confidence(reading.confidence, registered)
    return RegisteredReading(registered, confidence, shadow, True)
