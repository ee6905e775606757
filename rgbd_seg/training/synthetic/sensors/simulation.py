"""A depth camera measures a scene."""

import numpy as np

from rgbd_seg.arrays import UInt16
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.portrait_sample import SensorReading
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.scene import View
from rgbd_seg.training.synthetic.sensors.apple_disparity import AppleDisparity
from rgbd_seg.training.synthetic.sensors.lidar import PhoneLidar
from rgbd_seg.training.synthetic.sensors.model import SensorModel
from rgbd_seg.training.synthetic.sensors.reading import Measurement
from rgbd_seg.training.synthetic.sensors.survey import survey
from rgbd_seg.training.synthetic.sensors.time_of_flight import TimeOfFlight
from rgbd_seg.training.synthetic.sensors.triangulation import Triangulation


def simulate(sensor: SensorModel, scene: CompiledScene, color: View, rng: np.random.Generator) -> SensorReading:
    """What ``sensor`` beside the camera of ``color`` would have delivered.

    Args:
        scene: as it stood when depth was taken: ``sensor.delay`` seconds before the colour picture.
    Raises:
        ConfigError: the sensor is of an unknown kind.
    """
    stated, true = sensor.calibrations(color.intrinsics)
    pose = color.T_camera_world.inverse() @ true.T_color_depth
    seen = survey(scene, true.depth, pose, fine=isinstance(sensor, TimeOfFlight))
    match sensor:
        case TimeOfFlight() | PhoneLidar() | AppleDisparity():
            measured = sensor.measure(seen, rng)
        case Triangulation():
            measured = sensor.measure(scene, seen, true.depth.fx, rng)
        case _:
            raise ConfigError(f"no simulation for {type(sensor).__name__}; expected a sensor of this package")
    raw = raw_units(sensor, measured)
    confidence = measured.confidence
    return SensorReading(
        kind=sensor.kind,
        raw_depth=raw,
        confidence=None if confidence is None else np.where(raw > 0, confidence, np.float32(0)),
        calibration=stated,
        true_calibration=true,
        delay=sensor.delay,
    )


def raw_units(sensor: SensorModel, measured: Measurement) -> UInt16:
    """(h, w) as the sensor writes it: whole units, 0 where lost or out of range."""
    depth = np.nan_to_num(measured.depth, nan=0.0, posinf=0.0, neginf=0.0)
    lost = measured.lost | (depth <= 0)
    if isinstance(sensor, TimeOfFlight | Triangulation):  # phones' filled maps go on beyond
        lost |= (depth < sensor.nearest) | (depth > sensor.farthest)
    units = np.round(depth / np.float32(sensor.metres_per_unit))
    return np.where(lost | (units > np.iinfo(np.uint16).max), 0, units).astype(np.uint16)
