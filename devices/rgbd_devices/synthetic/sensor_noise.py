"""Measurement errors of time-of-flight and stereo depth cameras."""

import numpy as np

from rgbd_seg.arrays import Float32, UInt16
from rgbd_seg.camera import Intrinsics

_TOF_FLOOR, _TOF_PER_SQUARE = 0.0015, 0.002  # metres; σ = floor + this · z², like a phone's ToF
_STEREO_DISPARITY = 0.08  # pixels, one sigma: σ = z² · this / (focal length · baseline)
_STEREO_BASELINE = 0.05  # metres, of the stereo pair (the D435's)
_SURE_WITHIN, _SATURATES_WITHIN = 3.0, 0.8  # metres: full confidence, and brightest infrared
_MARGIN = 64  # pixels by which a field of noise is larger than the picture, so that each shot cuts its own
_MOST_FLYING = 0.15  # metres of depth difference inside one pixel from which it is a mixture


class NoiseModel:
    """``tof``, ``stereo`` or ``none``."""

    def __init__(self, kind: str, depth: Float32, sensor: Intrinsics, baseline: float, *, seed: int) -> None:
        """``depth``: (h, w) metres, NaN = unseen; ``baseline``: to the colour camera, metres."""
        self._kind, self._seed = kind, seed
        self.mean = _mean(kind, depth)  # (h, w) metres, 0 = not measured
        height, width = depth.shape
        rng = np.random.default_rng(seed)
        self._field = rng.standard_normal((height + _MARGIN, width + _MARGIN), dtype=np.float32)
        self._spread = np.float32(_STEREO_DISPARITY / (sensor.fx * max(baseline, _STEREO_BASELINE)))

    def measured(
        self, depth: Float32, shot: int, units_per_metre: float
    ) -> tuple[UInt16, Float32 | None, UInt16 | None]:
        """Raw depth, confidence and infrared of exact ``depth`` (0 = not measured)."""
        sigma = self._sigma(depth)
        noisy = depth if sigma is None else depth + sigma * self._cut(shot) * (depth > 0)
        raw = np.rint(np.clip(noisy * np.float32(units_per_metre), 0, 65535)).astype(np.uint16)
        if self._kind != "tof":
            return raw, None, None
        # Light returns with the inverse square of the distance.
        light = (depth > 0) / np.maximum(depth, 0.1) ** 2
        confidence = np.minimum(_SURE_WITHIN**2 * light, 1).astype(np.float32)
        return raw, confidence, (np.minimum(_SATURATES_WITHIN**2 * light, 1) * 4095).astype(np.uint16)

    def _sigma(self, depth: Float32) -> Float32 | None:
        if self._kind == "none":
            return None
        if self._kind == "tof":
            return np.float32(_TOF_FLOOR) + np.float32(_TOF_PER_SQUARE) * depth * depth
        return self._spread * depth * depth

    def _cut(self, shot: int) -> Float32:
        rng = np.random.default_rng((self._seed, shot))
        top, left = rng.integers(0, _MARGIN, 2)
        height, width = self.mean.shape
        return self._field[top : top + height, left : left + width]


def _mean(kind: str, depth: Float32) -> Float32:
    """What is measured on average: gaps filled from behind, edges as the kind of sensor sees them."""
    import cv2

    filled = np.nan_to_num(depth)
    cross = np.ones((3, 3), np.uint8)
    # Stereo does not see what one of its eyes does not: it keeps most of the gaps as holes.
    for _ in range(1 if kind == "stereo" else 40):
        gaps = filled == 0
        if not gaps.any():
            break
        filled = np.where(gaps, cv2.dilate(filled, cross), filled)
    if kind != "tof":
        return filled.astype(np.float32)
    mixed = cv2.blur(filled, (2, 2))
    edge = cv2.dilate(filled, cross) - cv2.erode(filled, cross) > _MOST_FLYING
    return np.where(edge & (filled > 0), mixed, filled).astype(np.float32)
