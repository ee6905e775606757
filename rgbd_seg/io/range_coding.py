"""How Google's formats map distances to picture values: RangeInverse and RangeLinear.

Formulas: "Depthmap Metadata", section Encoding; Dynamic Depth 1.0 keeps them. With x in [0, 1] from near (0)
to far (1): inverse ``d = far·near / (far − x·(far − near))``, linear ``d = near + x·(far − near)``.
"""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import measured

_METRES = {"m": 1.0, "meters": 1.0, "metres": 1.0, "mm": 0.001}


@dataclass(frozen=True, kw_only=True)
class RangeCoding:
    """One file's mapping."""

    inverse: bool
    near: float  # in ``units``
    far: float
    units: str  # "m", "mm", "diopters", or "" when the file does not say

    @staticmethod
    def from_text(coding: str | None, near: float | None, far: float | None, units: str | None) -> "RangeCoding":
        """From the four properties as a file states them.

        Raises:
            FrameError: one is missing or unknown, or near and far are no range of distances.
        """
        known = {"rangeinverse": True, "rangelinear": False}
        inverse = known.get((coding or "").strip().lower())
        if inverse is None:
            raise FrameError(f"the depth format is {coding!r}; expected RangeInverse or RangeLinear")
        if near is None or far is None:
            raise FrameError(f"the depth range is Near = {near}, Far = {far}; expected both numbers")
        unit = (units or "").strip().lower()
        unit = "" if unit == "none" else unit
        if unit not in ("", "diopters", *_METRES):
            raise FrameError(f"the depth unit is {units!r}; expected m, mm, Meters or Diopters")
        closer, farther = (far, near) if unit == "diopters" else (near, far)
        if not 0 < closer < farther:
            raise FrameError(f"the depth range is Near = {near:g}, Far = {far:g} {unit}; expected 0 < Near < Far")
        return RangeCoding(inverse=inverse, near=near, far=far, units=unit)

    @property
    def is_metric(self) -> bool:
        """Whether the distances are true metres."""
        return self.units != ""

    def decode(self, stored: UInt8 | UInt16) -> Float32:
        """(h, w) picture values → (h, w) metres (or the file's unnamed unit), NaN where not a distance."""
        x = stored.astype(np.float32) / np.float32(np.iinfo(stored.dtype).max)
        span = self.far - self.near
        if self.inverse:
            values = np.float32(self.far * self.near) / (np.float32(self.far) - x * np.float32(span))
        else:
            values = np.float32(self.near) + x * np.float32(span)
        if self.units == "diopters":
            return measured(np.float32(1) / values)
        return measured(values * np.float32(_METRES.get(self.units, 1.0)))

    def encode(self, depth: Float32, bits: int) -> UInt8 | UInt16:
        """(h, w) metres within [near, far] → the nearest picture values; NaN becomes the far end.

        Only codings in metres are written.
        """
        distance = np.clip(np.where(np.isfinite(depth), depth, self.far).astype(np.float64), self.near, self.far)
        x = (distance - self.near) / (self.far - self.near)
        if self.inverse:
            x *= self.far / distance
        stored = np.rint(np.clip(x, 0, 1) * ((1 << bits) - 1))
        return stored.astype(np.uint8) if bits == 8 else stored.astype(np.uint16)
