"""The few texels of a texture that a mask covers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rgbd_seg.arrays import Float32


@dataclass(frozen=True, kw_only=True, eq=False)
class TextureMask:
    """Lips, nails and brows are a hundredth of the skin's texture: only that is worked on."""

    texels: NDArray[np.int64]  # (k,) row · width + column, in rising order
    strength: Float32  # (k, 1) above 0

    @staticmethod
    def of(mask: Float32) -> "TextureMask":
        """The texels of (h, w) ``mask`` that are above 0."""
        flat = mask.ravel()
        texels = np.flatnonzero(flat > 0)
        return TextureMask(texels=texels, strength=flat[texels, None])

    def tint(self, picture: Float32, factor: ArrayLike) -> None:
        """Multiply (h, w, 3) ``picture`` by ``factor`` (3,) or (k, 3) where the mask is 1, by less where it is less."""
        flat = picture.reshape(-1, 3)
        flat[self.texels] *= 1 + self.strength * (np.asarray(factor, np.float32) - 1)

    def cover(self, picture: Float32, color: ArrayLike, opacity: float) -> None:
        """Lay ``color`` (3,) over (h, w, 3) ``picture``, ``opacity`` thick where the mask is 1."""
        flat = picture.reshape(-1, 3)
        under = flat[self.texels]
        flat[self.texels] = under + self.strength * np.float32(opacity) * (np.asarray(color, np.float32) - under)
