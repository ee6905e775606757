"""The shape of a point out of focus."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_range

_FINE = 16  # lines per row of pixels, for a smooth rim; along a line cover is exact
_LEAST = 0.125  # pixels: no disc is narrower, or no line would meet it


@dataclass(frozen=True, kw_only=True)
class Aperture:
    """The opening of a lens: what a point of light out of focus becomes.

    All shapes of one diameter have the area of a disc of that diameter, before the corners of the picture cut it, so
    that none blurs more than another. Called with a diameter in pixels, gives the weights in the picture's middle.
    """

    blades: int = 0  # 0 is a disc, 5 to 9 straight blades a polygon
    rotation: float = 0.0  # degrees clockwise, of a polygon with one corner up
    cats_eye: float = 0.0  # 0–1: how far the barrel cuts the opening in the picture's corners; 1 leaves 39 % of a disc
    anamorphic: float = 1.0  # width over height: below 1 upright ovals, as of anamorphic film lenses

    def __post_init__(self) -> None:
        if isinstance(self.blades, bool) or self.blades not in (0, 5, 6, 7, 8, 9):
            raise ConfigError(f"blades is {self.blades!r}; expected 5 to 9, or 0 for a disc")
        check_range("rotation", self.rotation, -360, 360)
        check_range("cats_eye", self.cats_eye, 0, 1)
        check_range("anamorphic", self.anamorphic, 0.25, 4)

    @property
    def is_disc(self) -> bool:
        """True if a point becomes a disc everywhere in the picture."""
        return self.blades == 0 and self.cats_eye == 0 and self.anamorphic == 1

    @property
    def is_even(self) -> bool:
        """True if the shape is the same everywhere in the picture."""
        return self.cats_eye == 0

    def __call__(self, diameter: float) -> Float32:
        return self.kernel(diameter)

    def kernel(self, diameter: float, at: tuple[float, float] = (0.0, 0.0)) -> Float32:
        """(2n+1, 2n+1) weights by which a point spreads, summing to 1; pixels on the rim count by the area inside.

        Before the focus (diameter below 0) the shape is turned by half a turn, as every lens does.

        Args:
            diameter: pixels, signed. at: place in the picture, right and down of its middle, in half diagonals.
        """
        return _kernel(self, float(diameter), (float(at[0]), float(at[1])))

    def spans(self, diameter: float, rows: Float64, at: tuple[float, float] = (0.0, 0.0)) -> tuple[Float64, Float64]:
        """Left and right end of the shape at ``rows`` pixels below its middle; the left one is greater outside it."""
        size = np.sign(diameter) * max(abs(diameter), _LEAST) / 2 if diameter else _LEAST / 2
        across, down = size * np.sqrt(self.anamorphic), size / np.sqrt(self.anamorphic)
        left, right = self._unit_spans(rows / down, at)
        ends = np.stack([left, right]) * across
        return (ends[0], ends[1]) if across > 0 else (ends[1], ends[0])

    def _unit_spans(self, rows: Float64, at: tuple[float, float]) -> tuple[Float64, Float64]:
        """The same for an opening of radius 1."""
        rim = 1.0 if self.blades == 0 else float(np.sqrt(2 * np.pi / (self.blades * np.sin(2 * np.pi / self.blades))))
        left, right = np.full(rows.shape, -np.inf), np.full(rows.shape, np.inf)
        # Two rims moved apart along the line to the picture's middle cut the opening alike on both sides, so that
        # nothing is moved in the picture.
        for side in (-0.5, 0.5):
            x, y = side * rim * self.cats_eye * at[0], side * rim * self.cats_eye * at[1]
            inside = rim**2 - (rows - y) ** 2
            half = np.where(inside >= 0, np.sqrt(np.maximum(inside, 0)), -np.inf)
            left, right = np.maximum(left, x - half), np.minimum(right, x + half)
        for k in range(self.blades):
            normal = np.radians(self.rotation - 90 + (k + 0.5) * 360 / self.blades)
            end = rim * np.cos(np.pi / self.blades) - rows * np.sin(normal)  # x·cos ≤ end
            slope = np.cos(normal)
            if abs(slope) < 1e-9:
                left = np.where(end >= 0, left, np.inf)
            elif slope > 0:
                right = np.minimum(right, end / slope)
            else:
                left = np.maximum(left, end / slope)
        return left, right


@lru_cache(maxsize=4096)
def _kernel(aperture: Aperture, diameter: float, at: tuple[float, float]) -> Float32:
    widest = 1.15 * max(np.sqrt(aperture.anamorphic), 1 / np.sqrt(aperture.anamorphic)) * max(abs(diameter), _LEAST) / 2
    if aperture.is_disc:
        widest = abs(diameter) / 2
    reach = int(np.ceil(max(widest - 0.5, 0)))
    lines = (np.arange((2 * reach + 1) * _FINE) + 0.5) / _FINE - reach - 0.5
    left, right = aperture.spans(diameter, lines, at)
    pixel = np.arange(-reach, reach + 1)
    cover = np.minimum(right[:, None], pixel + 0.5) - np.maximum(left[:, None], pixel - 0.5)
    weights = np.maximum(cover, 0).reshape(2 * reach + 1, _FINE, -1).mean(axis=1)
    if not weights.any():
        weights[reach, reach] = 1  # a point that the barrel leaves less of than a line is high
    result = np.asarray(weights / weights.sum(), np.float32)
    result.flags.writeable = False
    return result


DISC = Aperture()


def disc(diameter: float) -> Float32:
    """(2n+1, 2n+1) weights of a disc, summing to 1; pixels on the rim count by the area inside."""
    return DISC.kernel(diameter)


def gaussian(diameter: float) -> Float32:
    """(2n+1, 2n+1) weights of a Gaussian that spreads light as far as a disc of this diameter, summing to 1."""
    sigma = max(diameter / 4, 1e-3)  # standard deviation of a disc along one axis
    reach = int(np.ceil(3 * sigma))
    line = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = np.outer(line, line)
    return np.asarray(weights / weights.sum(), np.float32)
