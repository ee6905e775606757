"""A smooth envelope of a head, on which hats, hoods and headphones sit."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame

CENTER = np.array([0.0, 0.025, -0.085])
"""Middle of the head, head coordinates."""

_PLANES = 900
_GRAZING = 0.15


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadEnvelope:
    """The convex hull of a head's points, as planes that touch it from many sides. Head coordinates."""

    normals: Float64  # (k, 3) of the planes
    reach: Float64  # (k,) their distance from the centre

    @staticmethod
    def of(head_points: Float32, frame: HeadFrame) -> "HeadEnvelope":
        """From (n, 3) points of the head's skin, character coordinates."""
        points = frame.to_head(head_points).astype(np.float64) - CENTER
        normals = _spread_directions(_PLANES)
        return HeadEnvelope(normals=normals, reach=(normals @ points.T).max(1))

    def surface(self, directions: Float64, offset: float | Float64) -> Float64:
        """(…, 3) points ``offset`` metres outside the head in unit ``directions``."""
        facing = directions.reshape(-1, 3) @ self.normals.T
        reach = np.where(facing > _GRAZING, self.reach / np.maximum(facing, _GRAZING), np.inf).min(1)
        placed: Float64 = CENTER + directions * (reach.reshape(directions.shape[:-1]) + offset)[..., None]
        return placed


def _spread_directions(count: int) -> Float64:
    """(count, 3) evenly over the sphere (Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    turn = np.pi * (1 + np.sqrt(5)) * k
    y = 1 - 2 * k / count
    ring = np.sqrt(1 - y * y)
    return np.stack([ring * np.sin(turn), y, ring * np.cos(turn)], axis=1)


def directions(azimuth: Float64, elevation: Float64) -> Float64:
    """(…, 3) unit vectors; azimuth 0 is forward, positive to the left; elevation 90 is up. Degrees."""
    a, e = np.broadcast_arrays(np.deg2rad(azimuth), np.deg2rad(elevation))
    return np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)


def around_face(polar: Float64, turn: Float64) -> Float64:
    """(…, 3) unit vectors ``polar`` degrees from forward, in the direction ``turn`` around it (0 up, 90 left)."""
    p, t = np.broadcast_arrays(np.deg2rad(polar), np.deg2rad(turn))
    return np.stack([np.sin(p) * np.sin(t), np.sin(p) * np.cos(t), np.cos(p)], axis=-1)
