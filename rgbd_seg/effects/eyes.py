"""Where the eyes are, from a map of skin: no network, and no answer where it is not sure.

Eyes are two dark spots in skin, level and alike, with a bright bridge between them and cheeks below. Brows are such
a pair too, but have eyes below them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.effects.skin import SkinMap

_FACE = 40.0  # pixels that the face's width has where eyes are searched
_LEAST_FACE = 24.0
_APART = (0.30, 0.36, 0.43, 0.51)  # of that width
_TILTS = (-0.36, -0.18, 0.0, 0.18, 0.36)  # tangents
_LEAST_SCORE, _SURE_SCORE = 1.15, 1.3  # of at most 1.4


@dataclass(frozen=True)
class Eyes:
    """Centres of the two eyes, (x, y) pixels of the skin map, left of the picture first."""

    left: tuple[float, float]
    right: tuple[float, float]
    sure: float  # 0 to 1; what is done with them fades with it, so that in a video it never switches

    @property
    def apart(self) -> float:
        """Distance between the eyes, pixels."""
        return float(np.hypot(self.right[0] - self.left[0], self.right[1] - self.left[1]))


def find_eyes(found: SkinMap) -> Eyes | None:
    """The eyes of the largest face, or None."""
    from rgbd_seg.effects.eyes_kernels import best_pair

    if found.face_px < _LEAST_FACE:
        return None
    scale = min(1.0, _FACE / found.face_px)
    height, width = found.skin.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    skin = np.asarray(cv2.resize(found.skin, size, interpolation=cv2.INTER_AREA), np.float32)
    luminance = np.asarray(cv2.resize(found.luminance, size, interpolation=cv2.INTER_AREA), np.float32)
    face = found.face_px * scale
    across = _directions(face)
    pair = np.zeros(4)
    best_pair(_darkness(skin, luminance, face), skin, across, pair)
    if pair[0] < _LEAST_SCORE:
        return None
    half = across[int(pair[3])] / 2
    at = [tuple((pair[1:3] + s * half + 0.5) / scale - 0.5) for s in (-1, 1)]
    sure = min((float(pair[0]) - _LEAST_SCORE) / (_SURE_SCORE - _LEAST_SCORE), 1.0)
    return Eyes((float(at[0][0]), float(at[0][1])), (float(at[1][0]), float(at[1][1])), sure)


def _darkness(skin: Float32, luminance: Float32, face: float) -> Float32:
    """Stops below the skin around, 0 to 1, within the face."""
    sigma = 0.2 * face
    weight = cv2.GaussianBlur(skin, (0, 0), sigma)
    around = cv2.GaussianBlur(skin * luminance, (0, 0), sigma) / (weight + 1e-3)
    here = cv2.GaussianBlur(luminance, (0, 0), 0.025 * face)
    return np.asarray(np.clip(around - here, 0, 1), np.float32)


def _directions(face: float) -> Float64:
    """(n, 2) vectors from the left eye to the right that are tried."""
    tilts = np.array([[1.0, tilt] for tilt in _TILTS])
    tilts /= np.linalg.norm(tilts, axis=1, keepdims=True)
    return np.concatenate([apart * face * tilts for apart in _APART])
