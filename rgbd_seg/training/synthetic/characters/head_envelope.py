"""A smooth envelope of a head, on which hats, hoods and headphones sit."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame

CENTER = np.array([0.0, 0.025, -0.085])
"""Middle of the head, head coordinates."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadEnvelope:
    """The support function of a head's points: how far the head reaches in a direction. Head coordinates."""

    points: Float64  # (n, 3) relative to the centre

    @staticmethod
    def of(head_points: Float32, frame: HeadFrame) -> "HeadEnvelope":
        """From (n, 3) points of the head's skin, character coordinates."""
        return HeadEnvelope(points=frame.to_head(head_points).astype(np.float64) - CENTER)

    def surface(self, directions: Float64, offset: float | Float64) -> Float64:
        """(…, 3) points ``offset`` metres outside the head in unit ``directions``."""
        flat = directions.reshape(-1, 3)
        reach = (flat @ self.points.T).max(1).reshape(directions.shape[:-1])
        placed: Float64 = CENTER + directions * (reach + offset)[..., None]
        return placed


def directions(azimuth: Float64, elevation: Float64) -> Float64:
    """(…, 3) unit vectors; azimuth 0 is forward, positive to the left; elevation 90 is up. Degrees."""
    a, e = np.broadcast_arrays(np.deg2rad(azimuth), np.deg2rad(elevation))
    return np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)


def around_face(polar: Float64, turn: Float64) -> Float64:
    """(…, 3) unit vectors ``polar`` degrees from forward, in the direction ``turn`` around it (0 up, 90 left)."""
    p, t = np.broadcast_arrays(np.deg2rad(polar), np.deg2rad(turn))
    return np.stack([np.sin(p) * np.sin(t), np.sin(p) * np.cos(t), np.cos(p)], axis=-1)
