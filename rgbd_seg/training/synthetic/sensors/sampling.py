"""Depth cameras drawn at random, within what real devices are like."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from rgbd_seg.options import check_choice
from rgbd_seg.training.synthetic.sensors.apple_disparity import AppleDisparity
from rgbd_seg.training.synthetic.sensors.lidar import PhoneLidar
from rgbd_seg.training.synthetic.sensors.model import SensorModel
from rgbd_seg.training.synthetic.sensors.time_of_flight import TimeOfFlight
from rgbd_seg.training.synthetic.sensors.triangulation import ActiveStereo, StructuredLight

_SHARES = {"tof": 0.35, "active-stereo": 0.2, "structured-light": 0.1, "lidar": 0.15, "apple-disparity": 0.2}
SENSOR_KINDS = tuple(_SHARES)
_MISCALIBRATED = 0.4  # share of devices whose calibration is off
_TYPICAL_ERROR, _LARGEST_ERROR = 1.2, 5.0  # pixels of the colour picture
_DELAYED, _LONGEST_DELAY = 0.2, 0.066


def sample_sensor(rng: np.random.Generator, kind: str | None = None) -> SensorModel:
    """A depth camera; ``kind``: one of `SENSOR_KINDS`, None for any.

    Raises:
        ConfigError: there is no such kind.
    """
    if kind is None:
        kind = str(rng.choice(SENSOR_KINDS, p=list(_SHARES.values())))
    check_choice("sensor kind", kind, SENSOR_KINDS)
    sensor = _MAKERS[kind](rng)
    error = min(float(rng.exponential(_TYPICAL_ERROR)), _LARGEST_ERROR) if rng.random() < _MISCALIBRATED else 0.0
    delay = float(rng.uniform(0.008, _LONGEST_DELAY)) if rng.random() < _DELAYED else 0.0
    return replace(
        sensor,
        calibration_error=error,
        error_direction=float(rng.uniform(0, 360)),
        baseline_error=float(rng.uniform(0, 0.5)),
        delay=delay,
    )


def _time_of_flight(rng: np.random.Generator) -> SensorModel:
    width, height = ((320, 240), (240, 180), (224, 172), (320, 288))[rng.integers(4)]
    barrel = float(rng.uniform(-0.12, -0.02))
    distorted = (barrel, -0.2 * barrel, *map(float, rng.normal(0, 4e-4, 2)), 0.0)
    return TimeOfFlight(
        width=width,
        height=height,
        field_of_view=float(rng.uniform(62, 78)),
        position=_beside(rng, 0.012, 0.035),
        rotation=_turned(rng),
        principal_offset=_off_center(rng, width),
        distortion=distorted if rng.random() < 0.5 else (),  # half of the devices deliver a straightened picture
        nearest=float(rng.uniform(0.15, 0.3)),
        farthest=float(rng.uniform(3.5, 6)),
        modulation=float(rng.uniform(16e6, 60e6)),
        noise=float(np.exp(rng.uniform(np.log(0.0012), np.log(0.008)))),
        background=float(rng.uniform(0.05, 0.7)),
        correlation=float(rng.uniform(0.1, 0.7)),
        wiggling=float(rng.uniform(0, 0.006)),
        scattering=float(rng.uniform(0, 0.05)),
        multipath=float(rng.uniform(0, 0.08)),
        detour=float(rng.uniform(0.1, 0.4)),
        darkest=float(np.exp(rng.uniform(np.log(0.003), np.log(0.02)))),
        brightest=float(rng.uniform(6, 25)),
        coherence=float(rng.uniform(0.6, 0.95)),
        drop_mixed=float(rng.choice([0.0, 0.3, 0.8])),
        dropouts=float(rng.uniform(0, 0.006)),
    )


def _active_stereo(rng: np.random.Generator) -> SensorModel:
    width, height = ((424, 240), (480, 270), (320, 240))[rng.integers(3)]
    return ActiveStereo(
        width=width,
        height=height,
        field_of_view=float(rng.uniform(70, 90)),
        position=_beside(rng, 0.01, 0.06),
        rotation=_turned(rng),
        principal_offset=_off_center(rng, width),
        nearest=float(rng.uniform(0.15, 0.3)),
        farthest=float(rng.uniform(4, 9)),
        baseline=float(rng.uniform(0.04, 0.075)) * float(rng.choice([-1, 1])),
        noise=float(rng.uniform(0.03, 0.14)),
        correlation=float(rng.uniform(0.5, 0.85)),
        window=int(rng.choice([5, 7, 9, 11])),
        fattening=float(rng.uniform(0.2, 0.9)),
        darkest=float(np.exp(rng.uniform(np.log(0.0015), np.log(0.01)))),
        hair_loss=float(rng.uniform(0.2, 0.8)),
        dropouts=float(rng.uniform(0.002, 0.02)),
    )


def _structured_light(rng: np.random.Generator) -> SensorModel:
    return StructuredLight(
        field_of_view=float(rng.uniform(57, 68)),
        position=_beside(rng, 0.015, 0.03),
        rotation=_turned(rng),
        principal_offset=_off_center(rng, 320),
        nearest=float(rng.uniform(0.25, 0.5)),
        farthest=float(rng.uniform(3.5, 6)),
        baseline=float(rng.uniform(0.03, 0.08)) * float(rng.choice([-1, 1])),
        noise=float(rng.uniform(0.02, 0.08)),
        window=int(rng.choice([7, 9, 11])),
        fattening=float(rng.uniform(0.2, 0.8)),
        darkest=float(np.exp(rng.uniform(np.log(0.003), np.log(0.02)))),
        hair_loss=float(rng.uniform(0.4, 0.95)),
        dropouts=float(rng.uniform(0.002, 0.02)),
    )


def _lidar(rng: np.random.Generator) -> SensorModel:
    return PhoneLidar(
        dots=int(rng.integers(20, 33)),
        noise=float(rng.uniform(0.002, 0.008)),
        relative_noise=float(rng.uniform(0.002, 0.008)),
        edge_wander=float(rng.uniform(0.4, 2)),
        edge_width=float(rng.uniform(0.5, 1.8)),
        farthest=5.0,
    )


def _apple_disparity(rng: np.random.Generator) -> SensorModel:
    width = int(rng.choice([256, 320, 384]))
    share = width / 384
    return AppleDisparity(
        width=width,
        scale=float(np.exp(rng.uniform(np.log(0.4), np.log(2.5)))),
        offset=float(rng.uniform(-0.3, 1.5)),
        noise=float(rng.uniform(0.003, 0.02)),
        smoothness=share * float(rng.uniform(4, 10)),
        edge_wander=share * float(rng.uniform(0.5, 2)),
        edge_width=share * float(rng.uniform(0.8, 2.5)),
        opening=int(rng.choice([1, 3, 5])),
    )


_MAKERS: Mapping[str, Callable[[np.random.Generator], SensorModel]] = MappingProxyType(
    {
        "tof": _time_of_flight,
        "active-stereo": _active_stereo,
        "structured-light": _structured_light,
        "lidar": _lidar,
        "apple-disparity": _apple_disparity,
    }
)


def _beside(rng: np.random.Generator, low: float, high: float) -> tuple[float, float, float]:
    side = float(rng.uniform(low, high)) * float(rng.choice([-1, 1]))
    return side, float(rng.normal(0, 0.003)), float(rng.normal(0, 0.002))


def _turned(rng: np.random.Generator) -> tuple[float, float, float]:
    x, y, z = map(float, rng.normal(0, 0.6, 3))
    return x, y, z


def _off_center(rng: np.random.Generator, width: int) -> tuple[float, float]:
    u, v = map(float, rng.normal(0, 0.008 * width, 2))
    return u, v
