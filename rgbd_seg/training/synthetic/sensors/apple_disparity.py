"""The disparity that portrait photos carry: smooth, whole, and of unknown scale and offset.

Two lenses (or a network) give disparity, which the phone filters with the help of colour: holes are closed, edges
become soft and wander, hair and gaps between arm and body are lost. With ``Accuracy`` "relative" only order and
smoothness mean something (``AVDepthData``). Raw values here are 1 / (relative disparity) in steps, which is what
the SDK makes of such photos when it reads them.
"""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.options import check_range
from rgbd_seg.training.synthetic.sensors.model import AlignedSensor
from rgbd_seg.training.synthetic.sensors.noise import smooth_noise
from rgbd_seg.training.synthetic.sensors.reading import Measurement
from rgbd_seg.training.synthetic.sensors.survey import Survey, inverse_depth
from rgbd_seg.training.synthetic.sensors.upgrowing import displaced

_FLOOR = 0.02  # of the range of relative disparity: "as far as it gets", as `rgbd_seg.io` reads it
_BITS = 255  # the files store 8 bits


@dataclass(frozen=True, kw_only=True)
class AppleDisparity(AlignedSensor):
    """Delivered in the colour picture's own view; depth from it is not metric."""

    kind: ClassVar[str] = "apple-disparity"

    width: int = 384
    height: int = 288
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    metres_per_unit: float = 0.0005  # of a unit that is no metre
    farthest: float = 30.0
    scale: float = 1.0  # relative disparity = scale × true disparity (1/m) + offset
    offset: float = 0.3
    noise: float = 0.01  # of disparity, relative to the nearest, alike over ``smoothness``
    smoothness: float = 6.0  # pixels over which the phone's filter averages
    edge_wander: float = 1.2  # pixels by which edges are misplaced
    edge_width: float = 1.6  # pixels, standard deviation of their softness
    opening: int = 5  # pixels: thinner things and gaps vanish

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("scale", self.scale, 0.01, 100)
        check_range("offset", self.offset, -5, 5)
        check_range("noise", self.noise, 0, 0.5)
        check_range("smoothness", self.smoothness, 0.5, 100)
        check_range("edge_wander", self.edge_wander, 0, 20)
        check_range("edge_width", self.edge_width, 0, 20)
        check_range("opening", self.opening, 1, 51)

    def measure(self, seen: Survey, rng: np.random.Generator) -> Measurement:
        """What the phone would store."""
        true = inverse_depth(np.maximum(seen.centers.z, np.float32(self.nearest)))
        disparity = displaced(self._without_details(true), self.edge_wander, 2 * self.smoothness, rng)
        if self.edge_width > 0:
            disparity = cv2.GaussianBlur(disparity, (0, 0), self.edge_width)
        spread = np.float32(self.noise * float(disparity.max()))
        disparity = disparity + spread * smooth_noise(rng, disparity.shape, self.smoothness)
        relative = self.scale * disparity + self.offset
        low, high = float(relative.min()), float(relative.max())
        stored = np.round((relative - low) / max(high - low, 1e-6) * _BITS) / _BITS
        values = stored * max(high - low, 1e-3) + max(low, _FLOOR * max(high - low, 1e-3))
        return Measurement(depth=(1 / values).astype(np.float32), lost=np.zeros(true.shape, bool))

    def _without_details(self, disparity: Float32) -> Float32:
        """Strands, fingers and gaps thinner than the opening vanish, as in the phone's coarse matching."""
        if self.opening < 2:
            return disparity
        shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (self.opening, self.opening))
        opened = cv2.morphologyEx(disparity, cv2.MORPH_OPEN, shape)
        return np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, shape), np.float32)
