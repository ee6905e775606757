"""How a lens bends normalised image coordinates: the models of the field behind one small interface.

Everything here works on normalised coordinates ``x = X/Z, y = Y/Z`` (dimensionless), so a model stays true
when its picture is resized or cropped; only turning and mirroring change it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol, Self

import numpy as np

from rgbd_seg.arrays import Bool, Float64
from rgbd_seg.errors import CalibrationError

_FOLD_SEARCH_RADIUS = 4.0  # tan 76°: no rectilinear lens sees further out
_NEWTON_STEPS = 20
_CONVERGED = 1e-9  # normalised units; 1e-6 px at f = 1000 px


class Distortion(Protocol):
    """What a lens does to normalised coordinates."""

    name: ClassVar[str]

    def distort(self, xy: Float64) -> Float64:
        """(..., 2) ideal → (..., 2) distorted normalised coordinates."""
        ...

    def undistort(self, xy: Float64) -> tuple[Float64, Bool]:
        """(..., 2) distorted → ((..., 2) ideal, (...) True where the model could be inverted)."""
        ...

    def in_domain(self, xy: Float64) -> Bool:
        """(...) True where ``distort`` is one-to-one at the ideal coordinates ``xy``."""
        ...

    def quarter_turned(self) -> Self:
        """The same lens seen in a picture turned 90° clockwise."""
        ...

    def mirrored(self) -> Self:
        """The same lens seen in a picture flipped left to right."""
        ...


@dataclass(frozen=True)
class NoDistortion:
    """An ideal pinhole."""

    name: ClassVar[str] = "pinhole"

    def distort(self, xy: Float64) -> Float64:
        return xy

    def undistort(self, xy: Float64) -> tuple[Float64, Bool]:
        return xy, self.in_domain(xy)

    def in_domain(self, xy: Float64) -> Bool:
        return np.asarray(np.isfinite(xy).all(axis=-1))

    def quarter_turned(self) -> Self:
        return self

    def mirrored(self) -> Self:
        return self


@dataclass(frozen=True)
class BrownConrady:
    """OpenCV's rational Brown–Conrady model with 5, 8, 12 or 14 terms.

    Terms in OpenCV's order: k1 k2 p1 p2 k3 | k4 k5 k6 | s1 s2 s3 s4 | τx τy. Formula: OpenCV calib3d,
    "Detailed Description".
    """

    terms: tuple[float, ...]
    name: ClassVar[str] = "brown_conrady"

    def __post_init__(self) -> None:
        _check_terms(self.terms, (4, 5, 8, 12, 14), self.name)

    @cached_property
    def _padded(self) -> tuple[float, ...]:
        return self.terms + (0.0,) * (14 - len(self.terms))

    @cached_property
    def _tilt(self) -> Float64:
        return _tilt_matrix(self._padded[12], self._padded[13])

    @cached_property
    def _fold_radius(self) -> float:
        return _first_fold(lambda r: r * self._radial(r * r))

    def _radial(self, r2: Float64) -> Float64:
        k1, k2, _, _, k3, k4, k5, k6 = self._padded[:8]
        top = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        bottom = 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
        ratio: Float64 = top / bottom
        return ratio

    def distort(self, xy: Float64) -> Float64:
        p1, p2 = self._padded[2:4]
        s1, s2, s3, s4 = self._padded[8:12]
        x, y = xy[..., 0], xy[..., 1]
        r2 = x * x + y * y
        radial = self._radial(r2)
        xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x) + r2 * (s1 + s2 * r2)
        yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y + r2 * (s3 + s4 * r2)
        if self._padded[12] == 0 and self._padded[13] == 0:
            return np.stack([xd, yd], axis=-1)
        tilted = np.stack([xd, yd, np.ones_like(xd)], axis=-1) @ self._tilt.T
        untilted: Float64 = tilted[..., :2] / tilted[..., 2:]
        return untilted

    def undistort(self, xy: Float64) -> tuple[Float64, Bool]:
        return _invert_by_newton(self, xy)

    def in_domain(self, xy: Float64) -> Bool:
        return np.asarray(np.hypot(xy[..., 0], xy[..., 1]) < self._fold_radius)

    def quarter_turned(self) -> Self:
        k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4, tx, ty = self._padded
        if tx or ty:
            raise CalibrationError(
                f"the lens has a sensor tilt (τx={tx:g}, τy={ty:g}), which this model cannot express in a "
                "picture turned by 90°; undistort the picture first"
            )
        turned = (k1, k2, p2, -p1, k3, k4, k5, k6, -s3, -s4, s1, s2, 0.0, 0.0)
        return type(self)(turned[: len(self.terms)])

    def mirrored(self) -> Self:
        k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4, tx, ty = self._padded
        flipped = (k1, k2, p1, -p2, k3, k4, k5, k6, -s1, -s2, s3, s4, tx, -ty)
        return type(self)(flipped[: len(self.terms)])


@dataclass(frozen=True)
class KannalaBrandt:
    """Fisheye: ``θ_d = θ (1 + k1 θ² + k2 θ⁴ + k3 θ⁶ + k4 θ⁸)`` (OpenCV's ``cv2.fisheye``).

    Kannala and Brandt, "A Generic Camera Model and Calibration Method", PAMI 2006. Used for points in front
    of the camera (θ < 90°), since depth here is z-depth.
    """

    terms: tuple[float, ...]
    name: ClassVar[str] = "kannala_brandt"

    def __post_init__(self) -> None:
        _check_terms(self.terms, (4,), self.name)

    def _bend(self, theta: Float64) -> Float64:
        k1, k2, k3, k4 = self.terms
        t2 = theta * theta
        bent: Float64 = theta * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))
        return bent

    @cached_property
    def _fold_angle(self) -> float:
        return min(_first_fold(self._bend), np.pi / 2)

    def distort(self, xy: Float64) -> Float64:
        r = np.hypot(xy[..., 0], xy[..., 1])
        theta_d = self._bend(np.arctan(r))
        scale = np.where(r > 1e-12, theta_d / np.maximum(r, 1e-12), 1.0)
        return xy * scale[..., None]

    def undistort(self, xy: Float64) -> tuple[Float64, Bool]:
        theta_d = np.hypot(xy[..., 0], xy[..., 1])
        limit = min(self._fold_angle, np.pi / 2 - 1e-4)
        theta = np.clip(theta_d, 0, limit)
        for _ in range(_NEWTON_STEPS):
            slope = (self._bend(theta + 1e-6) - self._bend(theta - 1e-6)) / 2e-6
            theta = np.clip(theta - (self._bend(theta) - theta_d) / np.maximum(slope, 1e-6), 0, limit)
        valid = np.abs(self._bend(theta) - theta_d) < _CONVERGED
        scale = np.where(theta_d > 1e-12, np.tan(theta) / np.maximum(theta_d, 1e-12), 1.0)
        return xy * scale[..., None], np.asarray(valid)

    def in_domain(self, xy: Float64) -> Bool:
        return np.asarray(np.arctan(np.hypot(xy[..., 0], xy[..., 1])) < self._fold_angle)

    def quarter_turned(self) -> Self:
        return self

    def mirrored(self) -> Self:
        return self


@dataclass(frozen=True)
class RadialTable:
    """Apple's lens model: radial magnifications looked up in a table, about a centre of distortion.

    ``AVCameraCalibrationData``: entry i holds the relative change of a radius of ``i/(n-1) · max_radius``;
    ``lensDistortionLookupTable`` straightens (distorted → ideal) and its inverse bends. Here centre and
    radius are in normalised coordinates, so the model survives resizing.
    """

    straighten: tuple[float, ...]  # distorted → ideal
    bend: tuple[float, ...]  # ideal → distorted
    center: tuple[float, float]  # normalised coordinates
    max_radius: float  # normalised units
    name: ClassVar[str] = "radial_table"

    def __post_init__(self) -> None:
        if min(len(self.straighten), len(self.bend)) < 2:
            raise CalibrationError(
                f"radial_table has {len(self.straighten)} and {len(self.bend)} entries; expected at least 2 each"
            )
        numbers = (*self.straighten, *self.bend, *self.center, self.max_radius)
        if not np.isfinite(numbers).all() or self.max_radius <= 0:
            raise CalibrationError("radial_table holds NaN, infinity or no positive max_radius")

    def _scaled(self, xy: Float64, table: tuple[float, ...]) -> Float64:
        offset = xy - np.asarray(self.center)
        position = np.hypot(offset[..., 0], offset[..., 1]) / self.max_radius * (len(table) - 1)
        change = np.interp(position, np.arange(len(table)), np.asarray(table))
        moved: Float64 = np.asarray(self.center) + offset * (1 + change)[..., None]
        return moved

    def distort(self, xy: Float64) -> Float64:
        return self._scaled(xy, self.bend)

    def undistort(self, xy: Float64) -> tuple[Float64, Bool]:
        # Apple's two tables invert each other only to ~1e-3 px; Newton on one keeps round trips exact.
        return _invert_by_newton(self, xy, start=self._scaled(xy, self.straighten))

    def in_domain(self, xy: Float64) -> Bool:
        return np.asarray(np.isfinite(xy).all(axis=-1))

    def quarter_turned(self) -> Self:
        return type(self)(self.straighten, self.bend, (-self.center[1], self.center[0]), self.max_radius)

    def mirrored(self) -> Self:
        return type(self)(self.straighten, self.bend, (-self.center[0], self.center[1]), self.max_radius)


def _check_terms(terms: tuple[float, ...], allowed: tuple[int, ...], name: str) -> None:
    if len(terms) not in allowed:
        expected = " or ".join(map(str, allowed))
        raise CalibrationError(f"{name} got {len(terms)} distortion terms; expected {expected}")
    if not np.isfinite(terms).all():
        raise CalibrationError(f"{name} distortion terms hold NaN or infinity: {terms}")


def _first_fold(curve: Callable[[Float64], Float64]) -> float:
    """Smallest radius where ``curve`` stops growing (beyond it two points share one image)."""
    radii = np.linspace(0, _FOLD_SEARCH_RADIUS, 4001)
    with np.errstate(all="ignore"):
        values = curve(radii)
    shrinking = np.flatnonzero(~(np.diff(values) > 0))
    return float(radii[shrinking[0]]) if len(shrinking) else float("inf")


def _tilt_matrix(tau_x: float, tau_y: float) -> Float64:
    cx, sx, cy, sy = np.cos(tau_x), np.sin(tau_x), np.cos(tau_y), np.sin(tau_y)
    about_x = np.array([[1, 0, 0], [0, cx, sx], [0, -sx, cx]])
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    turn = about_y @ about_x
    onto_plane = np.array([[turn[2, 2], 0, -turn[0, 2]], [0, turn[2, 2], -turn[1, 2]], [0, 0, 1]])
    tilt: Float64 = onto_plane @ turn
    return tilt


def _invert_by_newton(model: Distortion, target: Float64, start: Float64 | None = None) -> tuple[Float64, Bool]:
    """Solve ``model.distort(xy) = target`` with a numeric Jacobian; exact to 1e-9 where it converges."""
    target = np.asarray(target, dtype=np.float64)
    xy = np.array(target if start is None else start, dtype=np.float64)
    step = 1e-6
    ex, ey = np.array([step, 0.0]), np.array([0.0, step])
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON_STEPS):
            error = model.distort(xy) - target
            if not (np.abs(error) > _CONVERGED / 10).any():
                break
            dx = (model.distort(xy + ex) - model.distort(xy - ex)) / (2 * step)
            dy = (model.distort(xy + ey) - model.distort(xy - ey)) / (2 * step)
            det = dx[..., 0] * dy[..., 1] - dx[..., 1] * dy[..., 0]
            xy[..., 0] -= (dy[..., 1] * error[..., 0] - dy[..., 0] * error[..., 1]) / det
            xy[..., 1] -= (dx[..., 0] * error[..., 1] - dx[..., 1] * error[..., 0]) / det
        converged = np.abs(model.distort(xy) - target).max(axis=-1) < _CONVERGED
        valid = converged & model.in_domain(xy)
    return xy, np.asarray(valid)
