"""Lens models as the solver sees them: a vector of free numbers, and exact derivatives of the projection."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion
from rgbd_seg.errors import CalibrationError

_BROWN_NAMES = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6", "s1", "s2", "s3", "s4", "tx", "ty")
_FISHEYE_NAMES = ("k1", "k2", "k3", "k4")


@dataclass(frozen=True)
class LensModel:
    """Which numbers of a camera are solved for.

    All of ``fx fy cx cy`` and the family's terms make the *full* vector; the *free* vector holds those that vary.
    """

    name: str
    family: str  # "brown" (14 terms) or "fisheye" (4 terms)
    terms: tuple[int, ...]  # indices of the terms that are free
    file_terms: int  # how many terms the calibration file states
    square: bool = True  # fx = fy

    @property
    def term_names(self) -> tuple[str, ...]:
        """Names of the family's terms."""
        return _BROWN_NAMES if self.family == "brown" else _FISHEYE_NAMES

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free numbers."""
        focal = ("fx",) if self.square else ("fx", "fy")
        return (*focal, "cx", "cy", *(self.term_names[i] for i in self.terms))

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the free numbers."""
        return tuple("px" if name in ("fx", "fy", "cx", "cy") else "" for name in self.names)

    @cached_property
    def spread(self) -> Float64:
        """(full, free) matrix: full = spread @ free."""
        full = 4 + len(self.term_names)
        columns = [[0, 1]] if self.square else [[0], [1]]
        columns += [[2], [3], *([4 + i] for i in self.terms)]
        matrix = np.zeros((full, len(columns)))
        for j, rows in enumerate(columns):
            matrix[rows, j] = 1.0
        return matrix

    def with_free_aspect(self) -> "LensModel":
        """The same with fx and fy on their own."""
        return replace(self, name=f"{self.name}+aspect", square=False)

    def start(self, full: Float64) -> Float64:
        """The free vector nearest to a full one."""
        return np.asarray(np.linalg.lstsq(self.spread, full, rcond=None)[0])

    def full(self, intrinsics: Intrinsics) -> Float64:
        """The full vector of existing intrinsics; terms of another family become 0."""
        terms = np.zeros(len(self.term_names))
        match intrinsics.distortion:
            case BrownConrady(terms=known) if self.family == "brown":
                terms[: len(known)] = known
            case KannalaBrandt(terms=known) if self.family == "fisheye":
                terms[:] = known
        return np.array([intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy, *terms])

    def intrinsics(self, free: Float64, size: tuple[int, int]) -> Intrinsics:
        """The camera of size (height, width) that a free vector stands for."""
        fx, fy, cx, cy, *terms = (float(value) for value in self.spread @ free)
        distortion: Distortion = NoDistortion()
        if self.file_terms:
            kept = tuple(terms[: self.file_terms])
            distortion = BrownConrady(kept) if self.family == "brown" else KannalaBrandt(kept)
        return Intrinsics(width=size[1], height=size[0], fx=fx, fy=fy, cx=cx, cy=cy, distortion=distortion)

    def project(self, free: Float64, points: Float64) -> tuple[Float64, Float64, Float64]:
        """Pixels of points in the camera's frame, with derivatives.

        Args:
            points: (n, 3) metres.
        Returns:
            (n, 2) pixels; (n, 2, 3) by the point; (n, 2, free) by the free vector.
        """
        full = self.spread @ free
        z = np.maximum(points[:, 2], 1e-6)
        xy = points[:, :2] / z[:, None]
        bent, by_xy, by_terms = _brown(xy, full[4:]) if self.family == "brown" else _fisheye(xy, full[4:])
        if self.family == "brown" and (12 in self.terms or full[16:].any()):
            bent, by_xy, by_terms = _tilted(bent, by_xy, by_terms, full[16], full[17])
        focal = full[:2]
        pixels = bent * focal + full[2:4]
        by_point = np.empty((len(points), 2, 3))
        by_point[:, :, :2] = by_xy * (focal[:, None] / z[:, None, None])
        by_point[:, :, 2] = -(by_point[:, :, :2] @ xy[:, :, None])[:, :, 0]
        by_full = np.zeros((len(points), 2, len(full)))
        by_full[:, 0, 0], by_full[:, 1, 1] = bent[:, 0], bent[:, 1]
        by_full[:, 0, 2] = by_full[:, 1, 3] = 1.0
        by_full[:, :, 4:] = by_terms * focal[:, None]
        return pixels, by_point, by_full @ self.spread


PINHOLE = LensModel("pinhole", "brown", (), 0)
BROWN_2 = LensModel("brown_conrady_2", "brown", (0, 1), 5)
BROWN_5 = LensModel("brown_conrady_5", "brown", (0, 1, 2, 3, 4), 5)
BROWN_8 = LensModel("brown_conrady_8", "brown", tuple(range(8)), 8)
BROWN_14 = LensModel("brown_conrady_14", "brown", tuple(range(14)), 14)
FISHEYE = LensModel("kannala_brandt", "fisheye", (0, 1, 2, 3), 4)
MODELS = (PINHOLE, BROWN_2, BROWN_5, BROWN_8, BROWN_14, FISHEYE)  # from few to many parameters, fisheye apart


def lens_model(name: str) -> LensModel:
    """The model called ``name``, with or without "+aspect".

    Raises:
        CalibrationError: there is none.
    """
    plain = name.removesuffix("+aspect")
    for model in MODELS:
        if model.name == plain:
            return model.with_free_aspect() if plain != name else model
    raise CalibrationError(f"unknown lens model {name!r}; expected one of {', '.join(m.name for m in MODELS)}")


def _brown(xy: Float64, terms: Float64) -> tuple[Float64, Float64, Float64]:
    """All terms but the tilt of the sensor, with derivatives by the point and by the terms."""
    k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4 = terms[:12]
    x, y = xy[:, 0], xy[:, 1]
    r2 = x * x + y * y
    r4, r6 = r2 * r2, r2**3
    top, bottom = 1 + k1 * r2 + k2 * r4 + k3 * r6, 1 + k4 * r2 + k5 * r4 + k6 * r6
    radial = top / bottom
    slope = ((k1 + 2 * k2 * r2 + 3 * k3 * r4) - radial * (k4 + 2 * k5 * r2 + 3 * k6 * r4)) / bottom  # by r²
    xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x) + s1 * r2 + s2 * r4
    yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y + s3 * r2 + s4 * r4
    by_xy = np.empty((len(xy), 2, 2))
    prism_x, prism_y = 2 * (s1 + 2 * s2 * r2), 2 * (s3 + 2 * s4 * r2)
    by_xy[:, 0, 0] = radial + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x + prism_x * x
    by_xy[:, 0, 1] = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y + prism_x * y
    by_xy[:, 1, 0] = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y + prism_y * x
    by_xy[:, 1, 1] = radial + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x + prism_y * y
    by_terms = np.zeros((len(xy), 2, 14))
    for index, power in ((0, r2), (1, r4), (4, r6)):
        by_terms[:, :, index] = xy * (power / bottom)[:, None]
    for index, power in ((5, r2), (6, r4), (7, r6)):
        by_terms[:, :, index] = -xy * (radial * power / bottom)[:, None]
    by_terms[:, 0, 2], by_terms[:, 1, 2] = 2 * x * y, r2 + 2 * y * y
    by_terms[:, 0, 3], by_terms[:, 1, 3] = r2 + 2 * x * x, 2 * x * y
    by_terms[:, 0, 8], by_terms[:, 0, 9], by_terms[:, 1, 10], by_terms[:, 1, 11] = r2, r4, r2, r4
    return np.stack([xd, yd], axis=1), by_xy, by_terms


def _tilted(
    bent: Float64, by_xy: Float64, by_terms: Float64, tau_x: float, tau_y: float
) -> tuple[Float64, Float64, Float64]:
    """OpenCV's tilted sensor after the other terms; derivatives chained."""
    matrix, by_x, by_y = _tilt_with_derivatives(tau_x, tau_y)
    ray = np.column_stack([bent, np.ones(len(bent))])
    q = ray @ matrix.T
    result = q[:, :2] / q[:, 2:]
    by_q = np.zeros((len(bent), 2, 3))
    by_q[:, 0, 0] = by_q[:, 1, 1] = 1 / q[:, 2]
    by_q[:, :, 2] = -result / q[:, 2:]
    by_bent = by_q @ matrix[:, :2]
    by_terms = by_bent @ by_terms
    by_terms[:, :, 12] = (by_q @ (ray @ by_x.T)[:, :, None])[:, :, 0]
    by_terms[:, :, 13] = (by_q @ (ray @ by_y.T)[:, :, None])[:, :, 0]
    return result, by_bent @ by_xy, by_terms


def _tilt_with_derivatives(tau_x: float, tau_y: float) -> tuple[Float64, Float64, Float64]:
    cx, sx, cy, sy = np.cos(tau_x), np.sin(tau_x), np.cos(tau_y), np.sin(tau_y)
    about_x, d_x = np.array([[1, 0, 0], [0, cx, sx], [0, -sx, cx]]), np.array([[0, 0, 0], [0, -sx, cx], [0, -cx, -sx]])
    about_y, d_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]]), np.array([[-sy, 0, -cy], [0, 0, 0], [cy, 0, -sy]])

    def onto_plane(turn: Float64, one: float) -> Float64:  # linear in turn, so its derivative has the same form
        return np.array([[turn[2, 2], 0, -turn[0, 2]], [0, turn[2, 2], -turn[1, 2]], [0, 0, one]])

    turn, by_x, by_y = about_y @ about_x, about_y @ d_x, d_y @ about_x
    flat = onto_plane(turn, 1.0)
    return (
        flat @ turn,
        onto_plane(by_x, 0.0) @ turn + flat @ by_x,
        onto_plane(by_y, 0.0) @ turn + flat @ by_y,
    )


def _fisheye(xy: Float64, terms: Float64) -> tuple[Float64, Float64, Float64]:
    r = np.maximum(np.hypot(xy[:, 0], xy[:, 1]), 1e-9)
    theta = np.arctan(r)
    t2 = theta * theta
    k1, k2, k3, k4 = terms
    bent = theta * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))
    slope = (1 + t2 * (3 * k1 + t2 * (5 * k2 + t2 * (7 * k3 + 9 * t2 * k4)))) / (1 + r * r)  # of bent by r
    scale = bent / r
    unit = xy / r[:, None]
    by_xy = scale[:, None, None] * np.eye(2) + (slope - scale)[:, None, None] * unit[:, :, None] * unit[:, None, :]
    powers = np.stack([theta**3, theta**5, theta**7, theta**9], axis=1)
    return xy * scale[:, None], by_xy, unit[:, :, None] * powers[:, None, :]
