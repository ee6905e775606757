"""Sensors and lenses by name, so that a blur can be asked for as photographers say it.

Sizes are the makers' nominal ones. What counts for the blur is the entrance pupil, focal length / f-number: the same
opening at the same place blurs the same scene alike, whatever the sensor behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rgbd_seg.options import check_choice, check_range


@dataclass(frozen=True, kw_only=True)
class LensPreset:
    """A lens on a sensor."""

    focal_length: float  # metres
    f_number: float
    sensor: str  # a name of ``SENSORS``

    def __post_init__(self) -> None:
        check_range("focal_length", self.focal_length, 1e-4, 10)
        check_range("f_number", self.f_number, 0.5, 128)
        check_choice("sensor", self.sensor, tuple(SENSORS))

    @property
    def aperture(self) -> float:
        """Diameter of the entrance pupil in metres."""
        return self.focal_length / self.f_number

    @property
    def equivalent(self) -> float:
        """Focal length in metres that has this field of view on full frame."""
        return self.focal_length * SENSORS["full-frame"][0] / SENSORS[self.sensor][0]


SENSORS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {  # metres, longer and shorter side
        "full-frame": (36.0e-3, 24.0e-3),
        "aps-c": (23.5e-3, 15.6e-3),
        "mft": (17.3e-3, 13.0e-3),
        "1-inch": (13.2e-3, 8.8e-3),
        "phone-main": (9.8e-3, 7.3e-3),  # type 1/1.3
        "phone-tele": (5.2e-3, 3.9e-3),  # type 1/2.75
    }
)


def _lens(millimetres: float, f_number: float, sensor: str) -> LensPreset:
    return LensPreset(focal_length=1e-3 * millimetres, f_number=f_number, sensor=sensor)


PRESETS: Mapping[str, LensPreset] = MappingProxyType(
    {
        "full-frame-35-f1.4": _lens(35, 1.4, "full-frame"),
        "full-frame-50-f1.4": _lens(50, 1.4, "full-frame"),
        "full-frame-85-f1.8": _lens(85, 1.8, "full-frame"),
        "full-frame-135-f2": _lens(135, 2.0, "full-frame"),
        "aps-c-35-f1.4": _lens(35, 1.4, "aps-c"),
        "aps-c-56-f1.2": _lens(56, 1.2, "aps-c"),
        "mft-25-f1.4": _lens(25, 1.4, "mft"),
        "mft-42.5-f1.2": _lens(42.5, 1.2, "mft"),
        "1-inch-8.8-f1.8": _lens(8.8, 1.8, "1-inch"),
        "1-inch-25.7-f2.8": _lens(25.7, 2.8, "1-inch"),
        "phone-main": _lens(6.8, 1.8, "phone-main"),
        "phone-tele": _lens(11.1, 2.8, "phone-tele"),
        "phone-portrait": _lens(50, 2.8, "full-frame"),  # what portrait modes of phones imitate, not their glass
    }
)
