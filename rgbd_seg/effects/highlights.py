"""Light that the camera clipped, guessed and put back, so that lamps out of focus become bright discs.

A small clipped patch in dark surroundings is a lamp or a glint and was many times brighter than white; a large one is
sky or a white wall and was hardly brighter. Every patch is brightened as a whole and in all channels alike, so that
no rim and no colour appears that was not there. Pixels that are not clipped stay as they are.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Float64, Int32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects.highlight_kernels import clipped_share, multiply, spread_codes
from rgbd_seg.linear_light import WHITE, decode

MOST = 8.0  # times as bright, at strength 1: three stops, what cameras' raw data mostly have in reserve
STEP = (MOST - 1) / 255  # of brightness per step of a gain map
_CLIPPED = 254  # 8-bit value from which a channel counts as clipped
_PALE = 230  # the least green, and twice the least red and blue, of a lamp, warm or cold
_LONGEST = 1024  # pixels at which patches are told apart
_LAMP, _SKY = 0.015, 0.08  # diameter of a patch by the shorter side: fully brightened up to, not at all from
_SURROUNDINGS = (0.007, 0.02)  # of the shorter side: a glint on white cloth is pale close by, a wall farther away
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
    pixels = np.require(color, requirements=["C", "W"])  # read-only arrays would be compiled for anew
    step = -(-max(color.shape) // _LONGEST)
    share = np.zeros((-(-color.shape[0] // step), -(-color.shape[1] // step)), np.float32)
    found: list[bool] = []
    bands = Bands()
    bands.run(
        lambda first, last: found.append(clipped_share(pixels, _CLIPPED, _PALE, step, first, last, share)),
        share.shape[0],
    )
    if not any(found):
        return None
    codes = _codes(share, _luminance(color, share.shape), strength)
    if not codes.any():
        return None
    gain = np.empty(color.shape[:2], np.uint8)
    bands.run(lambda first, last: spread_codes(pixels, _CLIPPED, _PALE, step, codes, first, last, gain), share.shape[0])
    return gain


def recover_highlights(color: UInt8, strength: float = 1.0) -> Float32:
    """(H, W, 3) linear light, white at 65535, clipped highlights above it."""
    gain = find_highlights(color, strength)
    light = decode(color)
    return light if gain is None else brighten(light, gain)


def brighten(light: Float32, gain: UInt8) -> Float32:
    """``light`` (h, w, 3) times the gain of a map, in place."""
    multiply(light, gain, STEP)
    return light


def _luminance(color: UInt8, size: tuple[int, int]) -> Float32:
    small = np.asarray(cv2.resize(color, (size[1], size[0]), interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(decode(small) @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32) / np.float32(WHITE)


def _codes(share: Float32, luminance: Float32, strength: float) -> UInt8:
    """Gain of every patch, at the working size."""
    count, labels = cv2.connectedComponents((share > 0).astype(np.uint8), connectivity=8)
    inside = np.asarray(labels, np.int32).ravel()
    area = np.bincount(inside, share.ravel(), count)
    across = 2 * np.sqrt(area / np.pi) / min(share.shape)
    size = np.clip((_SKY - across) / (_SKY - _LAMP), 0, 1)
    brightest = np.max([_around(luminance, share, inside, count, reach) for reach in _SURROUNDINGS], axis=0)
    dark = np.clip(1 - brightest / _DIM, 0, 1)
    gain = strength * (MOST - 1) * size * dark / STEP
    gain[0] = 0  # what is not clipped
    return np.asarray(np.rint(gain).astype(np.uint8)[labels], np.uint8)


def _around(luminance: Float32, share: Float32, patch: Int32, count: int, share_of_side: float) -> Float64:
    """Mean light of what is not clipped near each patch; 1 where nothing is."""
    reach = 2 * max(1, round(share_of_side * min(share.shape))) + 1
    weight = cv2.blur(1 - share, (reach, reach))
    light = cv2.blur(luminance * (1 - share), (reach, reach))
    total = np.bincount(patch, weight.ravel(), count)
    return np.where(total > 0.5, np.bincount(patch, light.ravel(), count) / np.maximum(total, 1e-6), 1.0)
