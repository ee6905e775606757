"""Glasses, masks, headphones and earrings, fitted to the face they are on. Head coordinates, metres."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.training.synthetic.characters.head_envelope import HeadEnvelope, directions
from rgbd_seg.training.synthetic.characters.primitives import Shape, ball, grid, joined, tube, turned
from rgbd_seg.transform import RigidTransform

_EAR = np.array([0.084, -0.018, -0.076])
_LENS_AHEAD = 0.029  # metres in front of the eyes' middle


@dataclass(frozen=True, kw_only=True, eq=False)
class FacePoints:
    """What a face offers to things that are worn on it."""

    points: Float32  # (n, 3) skin of the head, head coordinates
    eye: Float64  # (3,) the left one, head coordinates

    def half_width(self, y: float, z: float) -> float:
        """How far the head reaches sideways around a height and depth."""
        near = (np.abs(self.points[:, 1] - y) < 0.012) & (np.abs(self.points[:, 2] - z) < 0.015)
        return float(np.abs(self.points[near, 0]).max()) if near.any() else 0.078


def glasses(face: FacePoints, variant: float, dark: bool) -> tuple[Shape, Shape]:
    """(frame, lenses): round at low ``variant``, broad at high; ``dark`` ones are larger."""
    half = np.array([0.0235, 0.0175 + 0.004 * (1 - variant)]) * (1.14 if dark else 1.0)
    power = 2.0 + 3.0 * variant
    angle = np.linspace(0, 2 * np.pi, 41)
    outline = np.stack([_rounded(np.cos(angle), power) * half[0], _rounded(np.sin(angle), power) * half[1]], axis=1)
    wire = 0.0010 + 0.0013 * variant
    ahead = max(_LENS_AHEAD, float(face.points[_near(face, 0.045, 0.016), 2].max(initial=0.0)) + 0.004)
    frame, lenses = [], []
    for side in (-1.0, 1.0):
        middle = np.array([side * (abs(face.eye[0]) + 0.001), face.eye[1] - 0.001, ahead])
        ring = middle + np.column_stack([outline, -0.10 * (outline[:, 0] * side + 0.01) ** 1.0 * 0.5])
        frame.append(tube(ring, wire, 6))
        share = np.linspace(0, 1, 4)[:, None, None]
        lenses.append(grid(middle + (ring - middle) * share, closed=True))
        hinge = ring[0] if side > 0 else ring[20]
        frame.append(_temple(face, side, hinge, wire))
    inner = np.array([abs(face.eye[0]) - half[0] + 0.001, 0.004, ahead + 0.0008])
    bridge = np.linspace(-1, 1, 9)[:, None] * np.array([inner[0], 0, 0]) + np.array([0, inner[1], inner[2]])
    bridge[:, 1] += 0.003 * (1 - np.linspace(-1, 1, 9) ** 2)
    frame.append(tube(bridge, wire, 6))
    return joined(*frame), joined(*lenses)


def _temple(face: FacePoints, side: float, hinge: Float64, wire: float) -> Shape:
    width = face.half_width(0.004, -0.045) + 0.003
    path = np.array(
        [
            hinge,
            [side * max(abs(hinge[0]) + 0.004, width - 0.003), 0.006, hinge[2] - 0.012],
            [side * width, 0.007, -0.030],
            [side * (width + 0.001), 0.007, -0.076],
            [side * (width - 0.002), -0.006, -0.090],
            [side * (width - 0.006), -0.026, -0.096],
        ]
    )
    place = np.linspace(0, 5, 21)
    smooth = np.stack([np.interp(place, np.arange(6), path[:, k]) for k in range(3)], axis=1)
    return tube(smooth, wire * 1.1, 6)


def _near(face: FacePoints, width: float, height: float) -> Bool:
    return (np.abs(face.points[:, 0]) < width) & (np.abs(face.points[:, 0]) > 0.016) & (
        np.abs(face.points[:, 1]) < height
    )  # fmt: skip


def _rounded(value: Float64, power: float) -> Float64:
    return np.sign(value) * np.abs(value) ** (2 / power)


def mask(face: FacePoints) -> tuple[Shape, Shape]:
    """(cloth, loops): a surgical mask from the bridge of the nose to below the chin."""
    azimuth, share = np.linspace(-68, 68, 41), np.linspace(0, 1, 27)
    top = -0.016 - 0.016 * (np.abs(azimuth) / 68) ** 1.5
    bottom = -0.122 + 0.050 * (np.abs(azimuth) / 68) ** 2
    height = top + (bottom - top) * share[:, None]
    axis = np.array([0.0, 0.0, -0.055])
    away = face.points - axis
    around = np.rad2deg(np.arctan2(away[:, 0], away[:, 2]))
    reach = np.hypot(away[:, 0], away[:, 2])
    radius = np.empty_like(height)
    for row, col in np.ndindex(*height.shape):
        near = (np.abs(around - azimuth[col]) < 7) & (np.abs(face.points[:, 1] - height[row, col]) < 0.011)
        radius[row, col] = reach[near].max() if near.any() else np.nan
    radius = np.where(np.isnan(radius), np.nanmean(radius), radius)
    tent = np.maximum(radius, gaussian_filter(radius, (4, 5))) * 0.6 + 0.4 * gaussian_filter(radius, (3, 4))
    tent = np.maximum(tent, radius) + 0.0025
    tent[-4:] -= np.linspace(0, 0.006, 4)[:, None]
    angle = np.deg2rad(azimuth)[None]
    cloth = np.stack([np.sin(angle) * tent, height, np.cos(angle) * tent + axis[2]], axis=-1)
    loops = []
    width = face.half_width(_EAR[1], _EAR[2]) - 0.006
    for col, side in ((0, -1.0), (-1, 1.0)):
        above, behind = np.array([side * width, 0.008, -0.070]), np.array([side * (width - 0.004), -0.012, -0.090])
        corners = np.array([cloth[2, col], above, behind, cloth[-6, col]])
        t = np.linspace(0, 1, 16)[:, None]  # a Bézier curve: the loop is pulled taut around the ear
        curve = (1 - t) ** 3 * corners[0] + 3 * (1 - t) ** 2 * t * (1.25 * corners[1] - 0.25 * corners[0])
        curve = curve + 3 * (1 - t) * t**2 * (1.25 * corners[2] - 0.25 * corners[3]) + t**3 * corners[3]
        curve[:, 0] = side * np.maximum(np.abs(curve[:, 0]), np.interp(t[:, 0], (0, 0.5, 1), (0, width, 0)))
        loops.append(tube(curve, 0.0013, 5))
    return grid(cloth), joined(*loops)


def headphones(envelope: HeadEnvelope, face: FacePoints, variant: float) -> tuple[Shape, Shape]:
    """(band and cups, cushions)."""
    arc = np.linspace(-90, 90, 33)
    over = directions(np.where(arc < 0, -96.0, 96.0), 90 - np.abs(arc) * 1.0)
    path = envelope.surface(over, 0.014)
    width = face.half_width(_EAR[1], _EAR[2])
    for end, side in ((0, -1.0), (-1, 1.0)):
        path[end] = np.array([side * (width + 0.022), _EAR[1] + 0.02, _EAR[2]])
    band = tube(path, 0.010 + 0.004 * variant, 10, flat=0.42)
    cups, cushions = [], []
    radius = 0.034 + 0.008 * variant
    lay = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    for side in (-1.0, 1.0):
        place = RigidTransform(
            rotation=lay if side > 0 else lay @ np.diag([-1.0, -1.0, 1.0]),
            translation=np.array([side * (width - 0.004), _EAR[1], _EAR[2]]),
        )
        cups.append(
            turned([(radius * 0.96, 0.016), (radius, 0.022), (radius * 0.85, 0.034), (0.001, 0.037)]).placed(place)
        )
        cushions.append(
            turned(
                [(radius * 0.5, 0.0), (radius * 0.95, 0.002), (radius * 1.02, 0.010), (radius * 0.95, 0.018)]
            ).placed(place)
        )
    return joined(band, *cups), joined(*cushions)


def earrings(face: FacePoints, variant: float) -> Shape:
    """Studs or rings below the lobes."""
    wide = np.abs(face.points) @ np.array([1.0, 0, 0]) > 0.066
    ear = face.points[wide & (np.abs(face.points[:, 2] + 0.074) < 0.022) & (face.points[:, 1] > -0.062)]
    lobe = np.abs(ear[np.argmin(ear[:, 1])]) * (1, -1, -1) if len(ear) else np.array([0.0775, -0.046, -0.074])
    found = []
    for side in (-1.0, 1.0):
        spot = lobe * np.array([side, 1, 1])
        if variant < 0.5:
            found.append(ball(0.0035, 12).placed(RigidTransform(rotation=np.eye(3), translation=spot)))
        else:
            angle = np.linspace(0, 2 * np.pi, 25)
            radius = 0.008 + 0.022 * (variant - 0.5)
            ring = np.stack([0 * angle, np.cos(angle) * radius - radius, np.sin(angle) * radius], axis=1)
            found.append(tube(spot + ring, 0.0011, 6))
    return joined(*found)
