"""Faults of the depth camera itself: its raw reading or its calibration is spoiled, then registered by the SDK."""

from dataclasses import replace

import numpy as np

from rgbd_seg.arrays import UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.evaluation.fault import Fault
from rgbd_seg.registration import Registration, RegistrationOptions
from rgbd_seg.training.portrait_sample import PortraitSample, SensorReading
from rgbd_seg.transform import RigidTransform

_NOISE = 0.005  # 1/m, as in damage.py
_REFERENCE_SIDE = 640
_ONE_THREAD = RegistrationOptions(threads=1)


def has_metric_reading(sample: PortraitSample) -> bool:
    """True if there is a raw reading in metres of a camera that was calibrated for this picture."""
    reading = sample.sensor
    return (
        reading is not None
        and sample.registered is not None
        and sample.depth_is_metric
        and reading.calibration.color.size == sample.color.shape[:2]
    )


def with_raw_fault(sample: PortraitSample, fault: Fault, random: np.random.Generator) -> PortraitSample:
    """The sample whose depth camera has ``fault``: noise, offset or calibration."""
    reading = sample.sensor
    if reading is None:
        return sample
    raw, calibration = reading.raw_depth, reading.calibration
    if fault.kind == "calibration":
        calibration = _turned(calibration, fault.level, random)
    else:
        raw = _spoiled(raw, calibration.metres_per_unit, fault, random)
    registration = Registration(calibration, _ONE_THREAD)
    depth, shadow = registration(raw)
    confidence = None if reading.confidence is None else registration.confidence(reading.confidence, depth)
    return replace(
        sample,
        sensor=_with(reading, raw, calibration),
        registered=depth,
        registered_shadow=shadow,
        registered_confidence=confidence,
    )


def _with(reading: SensorReading, raw: UInt16, calibration: Calibration) -> SensorReading:
    return replace(reading, raw_depth=raw, calibration=calibration)


def _spoiled(raw: UInt16, metres_per_unit: float, fault: Fault, random: np.random.Generator) -> UInt16:
    metres = raw * np.float64(metres_per_unit)
    if fault.kind == "offset":
        spoiled = metres + fault.level
    else:
        sigma = _NOISE * np.sqrt(fault.level**2 - 1) * metres**2
        spoiled = metres + sigma * random.standard_normal(raw.shape)
    units = np.rint(spoiled / metres_per_unit)
    known = (raw > 0) & (units >= 1) & (units <= np.iinfo(np.uint16).max)
    return np.where(known, units, 0).astype(np.uint16)


def _turned(calibration: Calibration, pixels: float, random: np.random.Generator) -> Calibration:
    """The calibration of a depth camera believed to look ``pixels`` beside where it does, in a random direction."""
    color = calibration.color
    angle = np.arctan(pixels * max(color.size) / _REFERENCE_SIDE / color.fx)
    direction = random.uniform(0, 2 * np.pi)
    x, y = np.cos(direction), np.sin(direction)
    # Rodrigues' formula for an axis in the image plane.
    axis = np.array([[0, 0, y], [0, 0, -x], [-y, x, 0]])
    turn = np.eye(3) + np.sin(angle) * axis + (1 - np.cos(angle)) * axis @ axis
    pose = calibration.T_color_depth
    wrong = RigidTransform(rotation=turn @ pose.rotation, translation=turn @ pose.translation)
    return replace(calibration, T_color_depth=wrong)
