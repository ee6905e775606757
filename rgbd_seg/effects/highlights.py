"""Light that the camera clipped, guessed and put back, so that lamps out of focus become bright discs.

A small clipped patch in dark surroundings is a lamp or a glint and was many times brighter than white; a large one is
sky or a white wall and was hardly brighter. Every patch is brightened as a whole and in all channels alike, so that
no rim and no colour appears that was not there. Pixels that are not clipped stay as they are.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, Float64, Int32, UInt8
from rgbd_seg.effects.highlights_kernels import find_clipped, luminance, spread_codes
from rgbd_seg.linear_light import WHITE, decode, decode_table

Int64 = NDArray[np.int64]

MOST = 8.0  # times as bright, at strength 1: three stops, what cameras' raw data mostly have in reserve
STEP = (MOST - 1) / 255  # of brightness per step of a gain map
_CLIPPED = 254  # 8-bit value from which a channel counts as clipped
_PALE = 230  # the least green, and twice the least red and blue, of a lamp, warm or cold
_LONGEST = 1024  # pixels at which patches are told apart
_LAMP, _SKY = 0.015, 0.08  # diameter of a patch by the shorter side: fully brightened up to, not at all from
_SURROUNDINGS = (0.007, 0.02)  # of the shorter side: a glint on white cloth is pale close by, a wall farther away
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32) / np.float32(WHITE)
_DIM = 0.6  # linear light around a patch, as a share of white, from which it is not brightened


def find_highlights(color: UInt8, strength: float = 1.0) -> UInt8 | None:
    """How many ``STEP`` brighter than recorded every pixel was; None if nothing was.

    Args:
        color: (H, W, 3). strength: 0–1.
    Returns:
        (H, W), 0 wherever nothing is clipped.
    """
    if strength == 0:
        return None
    step = -(-max(color.shape) // _LONGEST)
    size = -(-color.shape[0] // step), -(-color.shape[1] // step)
    clipped, share = np.empty(color.shape[:2], np.uint8), np.empty(size, np.float32)
    color = np.require(color, requirements=["C", "W"])
    find_clipped(color, step, (_CLIPPED, _PALE, _PALE // 2), clipped, share)
    codes = _codes(share, color, strength)
    if codes is None:
        return None
    spread_codes(codes, step, clipped)
    return clipped


def recover_highlights(color: UInt8, strength: float = 1.0) -> Float32:
    """(H, W, 3) linear light, white at 65535, clipped highlights above it."""
    gain = find_highlights(color, strength)
    light = decode(color)
    return light if gain is None else brighten(light, gain)


def brighten(light: Float32, gain: UInt8) -> Float32:
    """``light`` (h, w, 3) times the gain of a map, in place."""
    light *= (1 + np.float32(STEP) * gain.astype(np.float32))[..., None]
    return light


def _luminance(color: UInt8, size: tuple[int, int]) -> Float32:
    small = np.asarray(cv2.resize(color, (size[1], size[0]), interpolation=cv2.INTER_LINEAR), np.uint8)
    out = np.empty(size, np.float32)
    luminance(small, _LUMINANCE, decode_table(), out)
    return out


def _codes(share: Float32, color: UInt8, strength: float) -> UInt8 | None:
    """Gain of every patch, at the working size; None if no patch has any."""
    where = np.flatnonzero(share)
    if not where.size:
        return None
    count, labels = cv2.connectedComponents((share > 0).astype(np.uint8), connectivity=8)
    patch = np.asarray(labels, np.int32).ravel()[where] - 1
    area = np.bincount(patch, share.ravel()[where], count - 1)
    across = 2 * np.sqrt(area / np.pi) / min(share.shape)
    size = np.clip((_SKY - across) / (_SKY - _LAMP), 0, 1)
    if not size.any():
        return None
    luminance, rest = _luminance(color, share.shape), 1 - share
    brightest = np.max([_around(luminance, rest, where, patch, reach) for reach in _SURROUNDINGS], axis=0)
    dark = np.clip(1 - brightest / _DIM, 0, 1)
    gain = np.rint(strength * (MOST - 1) * size * dark / STEP).astype(np.uint8)
    codes = np.zeros(share.shape, np.uint8)
    codes.ravel()[where] = gain[patch]
    return codes if gain.any() else None


def _around(luminance: Float32, rest: Float32, where: Int64, patch: Int32, share_of_side: float) -> Float64:
    """Mean light of what is not clipped (``rest``) near each patch; 1 where nothing is."""
    reach = 2 * max(1, round(share_of_side * min(rest.shape))) + 1
    weight = cv2.blur(rest, (reach, reach)).ravel()[where]
    light = cv2.blur(luminance * rest, (reach, reach)).ravel()[where]
    total = np.bincount(patch, weight)
    return np.where(total > 0.5, np.bincount(patch, light) / np.maximum(total, 1e-6), 1.0)
