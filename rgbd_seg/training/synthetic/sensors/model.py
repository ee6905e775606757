"""What all depth cameras have: a lens, a place beside the colour camera, a range, a unit, an error of calibration."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, NoDistortion
from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_range
from rgbd_seg.transform import RigidTransform

# Makers pair cameras of about the same view; a tele lens beside a wide depth camera would see 5 % of its pixels.
_FIELD_RATIO = (0.85, 1.7)
_ERROR_DISTANCE = 1.2  # metres: where an error of the baseline moves the picture by as much as was asked for
_UPRIGHT = RigidTransform(rotation=np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), translation=np.zeros(3))


@dataclass(frozen=True, kw_only=True)
class SensorModel:
    """A depth camera as it is built into a device.

    Its grid is wider than high. Beside an upright colour picture the whole device is turned by 90°, as a phone
    is; the raw depth stays as the sensor delivers it.
    """

    kind: ClassVar[str] = ""

    width: int = 320
    height: int = 240
    field_of_view: float = 70.0  # degrees across the width; adapted where the colour lens is far from it
    position: tuple[float, float, float] = (0.025, 0.0, 0.0)  # in the colour camera's axes, metres
    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)  # degrees about those axes
    principal_offset: tuple[float, float] = (0.0, 0.0)  # pixels from the middle of the grid
    distortion: tuple[float, ...] = ()  # Brown–Conrady terms; empty where the device delivers a straightened picture
    nearest: float = 0.2  # metres
    farthest: float = 5.0
    metres_per_unit: float = 0.001
    calibration_error: float = 0.0  # pixels of the colour picture by which registered depth is displaced
    error_direction: float = 0.0  # degrees, clockwise from right
    baseline_error: float = 0.0  # share of the error that is a wrong position (grows nearby), not a wrong angle
    delay: float = 0.0  # seconds that depth is older than colour

    def __post_init__(self) -> None:
        check_range("width", self.width, 16, 4096)
        check_range("height", self.height, 12, 4096)
        check_range("field_of_view", self.field_of_view, 10, 120)
        check_range("metres_per_unit", self.metres_per_unit, 1e-5, 0.05)
        check_range("calibration_error", self.calibration_error, 0, 50)
        check_range("baseline_error", self.baseline_error, 0, 1)
        check_range("delay", self.delay, 0, 1)
        if not 0 < self.nearest < self.farthest:
            raise ConfigError(f"range is {self.nearest} to {self.farthest} m; expected positive and rising")

    def calibrations(self, color: Intrinsics) -> tuple[Calibration, Calibration]:
        """As the device's maker wrote it down, and as the cameras truly stand, beside a colour camera."""
        upright = color.height > color.width
        pose = RigidTransform.from_rotation_vector(np.deg2rad(self.rotation), self.position)
        if upright:
            pose = _UPRIGHT @ pose
        stated = Calibration(
            color=color,
            depth=self._intrinsics(color.rotated(3) if upright else color),
            T_color_depth=pose,
            metres_per_unit=self.metres_per_unit,
        )
        return stated, self._as_it_stands(stated)

    def _as_it_stands(self, stated: Calibration) -> Calibration:
        if self.calibration_error == 0:
            return stated
        # The stated calibration draws the sensor's surface ``calibration_error`` pixels along ``error_direction``.
        color, angle = stated.color, np.deg2rad(self.error_direction)
        slope = -self.calibration_error * np.array([np.cos(angle) / color.fx, np.sin(angle) / color.fy])
        turn, shift = slope * (1 - self.baseline_error), slope * self.baseline_error * _ERROR_DISTANCE
        error = RigidTransform.from_rotation_vector((-np.arctan(turn[1]), np.arctan(turn[0]), 0), (*shift, 0))
        return replace(stated, T_color_depth=error @ stated.T_color_depth)

    def _intrinsics(self, color: Intrinsics) -> Intrinsics:
        seen = color.width / color.fx / 2
        half = float(
            np.clip(np.tan(np.deg2rad(self.field_of_view / 2)), seen * _FIELD_RATIO[0], seen * _FIELD_RATIO[1])
        )
        f = self.width / 2 / half
        return Intrinsics(
            width=self.width,
            height=self.height,
            fx=f,
            fy=f,
            cx=(self.width - 1) / 2 + self.principal_offset[0],
            cy=(self.height - 1) / 2 + self.principal_offset[1],
            distortion=BrownConrady(self.distortion) if self.distortion else NoDistortion(),
        )


@dataclass(frozen=True, kw_only=True)
class AlignedSensor(SensorModel):
    """A depth map that the device delivers already in the colour camera's picture, at a size of its own.

    Only the longer side's number of pixels counts; the other follows from the colour picture. Where the device
    stands wrong about its own calibration, the map is displaced.
    """

    def calibrations(self, color: Intrinsics) -> tuple[Calibration, Calibration]:
        """As the device says (exactly aligned), and as the map truly lies."""
        scale = self.width / max(color.width, color.height)
        size = max(1, round(color.width * scale)), max(1, round(color.height * scale))
        stated = Calibration(
            color=color,
            depth=color.resized(*size),
            T_color_depth=RigidTransform.identity(),
            metres_per_unit=self.metres_per_unit,
        )
        return stated, self._as_it_stands(stated)
