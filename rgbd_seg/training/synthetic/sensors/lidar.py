"""A phone's LiDAR: a few hundred direct time-of-flight dots, grown to a smooth map by a network that sees colour.

The map has no holes and soft, slightly misplaced edges; what no dot met (a finger, a strand) is missing or
too big; three levels of confidence. Sources: Luetzenburg, Kroon and Bjørk, "Evaluation of the Apple iPhone 12 Pro
LiDAR for an Application in Geosciences", Scientific Reports 11 (2021): 576 dots, ±1 cm; Apple's ``ARDepthData``:
256×192, confidence low, medium, high.
"""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.options import check_range
from rgbd_seg.training.synthetic.sensors.model import AlignedSensor
from rgbd_seg.training.synthetic.sensors.noise import smooth_noise
from rgbd_seg.training.synthetic.sensors.reading import Measurement
from rgbd_seg.training.synthetic.sensors.survey import Survey, inverse_depth
from rgbd_seg.training.synthetic.sensors.time_of_flight import amplitude_of
from rgbd_seg.training.synthetic.sensors.upgrowing import displaced, grown_from_dots


@dataclass(frozen=True, kw_only=True)
class PhoneLidar(AlignedSensor):
    """Delivered in the colour camera's own view, 256 pixels along the longer side."""

    kind: ClassVar[str] = "lidar"

    width: int = 256
    height: int = 192
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    dots: int = 28  # along the longer side
    noise: float = 0.004  # metres + relative × distance, of one dot
    relative_noise: float = 0.004
    edge_wander: float = 1.2  # pixels by which the network misplaces edges
    edge_width: float = 1.0  # pixels, standard deviation of their softness
    darkest: float = 0.002  # returned light below which a dot is lost

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("dots", self.dots, 4, 200)
        for name in ("noise", "relative_noise"):
            check_range(name, getattr(self, name), 0, 0.2)
        check_range("edge_wander", self.edge_wander, 0, 20)
        check_range("edge_width", self.edge_width, 0, 20)

    def measure(self, seen: Survey, rng: np.random.Generator) -> Measurement:
        """What the phone would deliver."""
        spots, size = seen.centers, seen.centers.z.shape
        spacing = max(size) / self.dots
        distance = np.where(np.isfinite(spots.z), spots.z, np.float32(self.farthest * 2)) * spots.length
        sigma = self.noise + self.relative_noise * distance
        measured = np.asarray((distance + sigma * rng.standard_normal(size, np.float32)) / spots.length, np.float32)
        answered = _dot_grid(size, spacing, rng) & (amplitude_of(spots) > self.darkest)
        # What the network knows from colour: where surfaces end, roughly, and what is light and dark.
        guide = displaced(inverse_depth(spots.z), self.edge_wander, spacing / 2, rng)
        depth = grown_from_dots(measured, answered, guide, spacing)
        if self.edge_width > 0:
            depth = 1 / cv2.GaussianBlur(1 / depth, (0, 0), self.edge_width)
        depth *= 1 + np.float32(self.relative_noise / 2) * smooth_noise(rng, size, spacing)
        return Measurement(depth=depth, lost=np.zeros(size, bool), confidence=self._confidence(depth, seen))

    def _confidence(self, depth: Float32, seen: Survey) -> Float32:
        inverse = 1 / depth
        steepness = cv2.morphologyEx(inverse, cv2.MORPH_GRADIENT, np.ones((5, 5))) * depth
        dim = amplitude_of(seen.centers) < 3 * self.darkest
        low = (steepness > 0.25) | (depth > self.farthest) | ~np.isfinite(seen.centers.z)
        return np.where(low, 0, np.where(dim | (steepness > 0.08), 0.5, 1)).astype(np.float32)


def _dot_grid(size: tuple[int, int], spacing: float, rng: np.random.Generator) -> Bool:
    """One dot in every cell, somewhere near its middle: the pattern and the picture are not in step."""
    rows, columns = (np.arange(spacing / 2, extent, spacing) for extent in size)
    shift = rng.uniform(-0.3, 0.3, (2, len(rows), len(columns))) * spacing
    v = np.clip(np.round(rows[:, None] + shift[0]), 0, size[0] - 1).astype(int)
    u = np.clip(np.round(columns[None] + shift[1]), 0, size[1] - 1).astype(int)
    dots = np.zeros(size, bool)
    dots[v, u] = True
    return dots
