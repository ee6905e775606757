"""How a packed picture is cut, turned and scaled for one example; the same for all of its maps."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float64
from rgbd_seg.training.portrait.packed import SIDE, PackedEntry

_Scalar = TypeVar("_Scalar", np.uint8, np.uint16)

_TURN_DEG = 7.0  # 1 σ
_STEEP_SHARE, _STEEP_DEG = 0.08, 40.0
_ZOOM = (0.1, 0.2)  # mean and 1 σ of its logarithm
_STRETCH = 0.1  # 1 σ of the logarithm of the proportions' change
_AWAY = (0.25, 0.75)  # zoom of somebody further away
_AWAY_TURN_DEG = 2.0  # 1 σ
_SUNK = 0.03  # of the side: so much below the lower edge, so that a turned picture's corners do not show


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomView:
    """An affine map from a packed picture to the network's input."""

    matrix: Float64  # (2, 3) packed pixel → input pixel
    side: int
    bounded: bool = False  # outside of the picture is nothing; else its edge goes on

    @staticmethod
    def drawn(rng: np.random.Generator, entry: PackedEntry, side: int) -> "RandomView":
        """Mirrored, turned, zoomed, shifted, in changed proportions."""
        turn = np.deg2rad(rng.uniform(-1, 1) * _STEEP_DEG if rng.random() < _STEEP_SHARE else rng.normal(0, _TURN_DEG))
        zoom = float(np.clip(np.exp(rng.normal(*_ZOOM)), 0.75, 2.0))
        stretch = float(np.exp(rng.normal(0, _STRETCH)))
        # Turned in true proportions, then stretched to a square again, as the deployed network sees pictures.
        aspect = np.diag([entry.width / entry.height, 1.0])
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        mirror = np.diag([-1.0 if rng.random() < 0.5 else 1.0, 1.0])
        linear = np.diag([zoom * stretch, zoom / stretch]) @ np.linalg.inv(aspect) @ rotation @ aspect @ mirror
        linear *= side / SIDE
        room = max(0.0, (zoom - 1) * side / 2) + 0.03 * side
        shift = side / 2 + rng.uniform(-room, room, 2) - linear @ np.full(2, SIDE / 2)
        return RandomView(matrix=np.column_stack([linear, shift]), side=side)

    @staticmethod
    def from_afar(rng: np.random.Generator, entry: PackedEntry, side: int, *, on_edge: bool) -> "RandomView":
        """All of the picture, smaller, with nothing around it: to be put before another background.

        Args:
            on_edge: the picture's lower edge cuts the person, and so must the input's.
        """
        turn, zoom = np.deg2rad(rng.normal(0, _AWAY_TURN_DEG)), rng.uniform(*_AWAY)
        # True proportions in a picture of any: an upright person before a wide background is narrow.
        shape = np.exp(rng.uniform(-0.4, 0.4)) * np.sqrt(entry.width / entry.height)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        mirror = np.diag([-1.0 if rng.random() < 0.5 else 1.0, 1.0])
        linear = np.diag([zoom * shape, zoom / shape]) @ rotation @ mirror * side / SIDE
        size = np.abs(np.diag(linear)) * SIDE
        low = side * (1 + _SUNK) - size[1] / 2
        down = low if on_edge else rng.uniform(min(size[1] / 2, low), low)
        middle = np.array([rng.uniform(0.1, 0.9) * side, down])
        return RandomView(
            matrix=np.column_stack([linear, middle - linear @ np.full(2, SIDE / 2)]), side=side, bounded=True
        )

    @staticmethod
    def whole(side: int) -> "RandomView":
        """All of the picture, as it is deployed and validated."""
        scale = side / SIDE
        return RandomView(matrix=np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2]]), side=side)

    def of(self, values: NDArray[_Scalar], *, nearest: bool = False) -> NDArray[_Scalar]:
        """(side, side, …) of a packed map."""
        return np.asarray(
            cv2.warpAffine(
                values,
                self.matrix,
                (self.side, self.side),
                flags=cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_CONSTANT if self.bounded else cv2.BORDER_REPLICATE,
            )
        )
