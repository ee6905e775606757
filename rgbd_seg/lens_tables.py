"""Lens models in the form that compiled loops read: a few coefficients and one radial lookup table."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion, RadialTable
from rgbd_seg.errors import CalibrationError

# How `lens_kernels.bend` evaluates the lens.
PINHOLE, RATIONAL, TABLE = 0, 1, 2

_ENTRIES = 4096  # linear interpolation error < 1e-3 px at f = 1500 px for lenses up to 150°
_WIDEST = 3.9  # tan 75.6°: no rectilinear picture is wider

# Layout of LensTable.terms.
FX, FY, CX, CY, CENTER_X, CENTER_Y, K1, P1, S1, TILTED, TILT, LIMIT, STEPS = 0, 1, 2, 3, 4, 5, 6, 12, 14, 18, 19, 28, 29
_TERMS = 30


@dataclass(frozen=True, eq=False)
class LensTable:
    """One camera's projection from ideal normalised coordinates to pixels.

    ``x_d = c + F(r²) (x − c)`` plus tangential and thin-prism terms, then a sensor tilt; ``F`` is a rational
    function for Brown–Conrady lenses and a table, even in r, for all others.
    """

    kind: int
    terms: Float32  # (30,), see the layout above
    radial: Float32  # (n,) F at r² = 0 … LIMIT, evenly spaced in r²; one entry beyond the limit

    @staticmethod
    def of(intrinsics: Intrinsics) -> "LensTable":
        """The compiled form of ``intrinsics``.

        Raises:
            CalibrationError: the lens model is of a kind that has no compiled form.
        """
        terms = np.zeros(_TERMS)
        terms[[FX, FY, CX, CY]] = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
        kind, radial_model = _fill_terms(terms, intrinsics.distortion)
        center = terms[CENTER_X : CENTER_Y + 1]
        limit = _domain_limit(radial_model, center)
        terms[LIMIT] = limit
        terms[STEPS] = (_ENTRIES - 1) / limit
        radial = _radial_factors(radial_model, center, limit)
        return LensTable(kind, terms.astype(np.float32), radial.astype(np.float32))


def _fill_terms(terms: Float64, distortion: Distortion) -> tuple[int, Distortion]:
    """Coefficients into ``terms``; the way to evaluate, and the model's purely radial part."""
    match distortion:
        case NoDistortion():
            return PINHOLE, distortion
        case BrownConrady(terms=given):
            k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4, tau_x, tau_y = (*given, *([0.0] * (14 - len(given))))
            terms[K1 : K1 + 6] = k1, k2, k3, k4, k5, k6
            terms[P1 : P1 + 2] = p1, p2
            terms[S1 : S1 + 4] = s1, s2, s3, s4
            terms[TILTED] = float(tau_x != 0 or tau_y != 0)
            terms[TILT : TILT + 9] = _tilt_homography(distortion, (tau_x, tau_y)).ravel()
            radial = BrownConrady((k1, k2, 0.0, 0.0, k3, k4, k5, k6))
            return (TABLE if terms[TILTED] else RATIONAL), radial
        case KannalaBrandt():
            return TABLE, distortion
        case RadialTable(center=center):
            terms[[CENTER_X, CENTER_Y]] = center
            return TABLE, distortion
        case _:
            raise CalibrationError(
                f"lens model {distortion.name!r} cannot be registered; expected pinhole, brown_conrady, "
                "kannala_brandt or radial_table"
            )


def _tilt_homography(lens: BrownConrady, tau: tuple[float, float]) -> Float64:
    """The 3×3 matrix of the sensor tilt, recovered from the model so that its formula is written once."""
    if tau == (0.0, 0.0):
        return np.eye(3)
    tilt_only = type(lens)((0.0,) * 12 + tau)
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    return _homography(square, tilt_only.distort(square))


def _homography(source: Float64, target: Float64) -> Float64:
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return np.append(np.linalg.solve(np.array(rows), target.ravel()), 1.0).reshape(3, 3)


def _domain_limit(lens: Distortion, center: Float64) -> float:
    """Largest r² up to which the lens is one-to-one."""
    radii = np.linspace(0, _WIDEST, 4001)
    inside = lens.in_domain(center + np.stack([radii, np.zeros_like(radii)], axis=-1))
    return float(max(radii[int(np.argmin(inside)) - 1] if not inside.all() else _WIDEST, 1e-3) ** 2)


def _radial_factors(lens: Distortion, center: Float64, limit: float) -> Float64:
    radii = np.sqrt(np.linspace(0, limit, _ENTRIES))
    radii[0] = 1e-6
    on_axis = np.stack([radii, np.zeros_like(radii)], axis=-1)
    with np.errstate(all="ignore"):
        factors = (lens.distort(center + on_axis) - center)[:, 0] / radii
    return np.append(factors, factors[-1])
