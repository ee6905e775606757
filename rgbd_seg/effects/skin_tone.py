"""Evening the colour of skin, and the shadows under the eyes."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.effects.eyes import find_eyes
from rgbd_seg.effects.skin import SkinMap
from rgbd_seg.scaling import resized

_EVEN_FROM, _EVEN_TO = 0.03, 0.16  # of the face's width: patches of colour between these sizes are evened
_EVEN_SHARE = 0.6
_MOST_EVENING = 0.12  # stops
_SHADOW_SHARE = 0.7  # of the darkness under the eyes that is taken away
_MOST_SHADOW = 0.45  # stops


def even_tone(light: Float32, skin: Float32, face: float) -> Float32:
    """Change of colour, of equal luminance, towards the skin's own around.

    Args:
        light: (h, w, 3) stops. skin: (h, w). face: its width in pixels of these.
    Returns:
        (h, w, 3) stops.
    """
    grey = light @ np.array([0.25, 0.5, 0.25], np.float32)
    chroma = light - grey[..., None]
    weighted = np.dstack([chroma * skin[..., None], skin])
    near, around = (_over_skin(weighted, share * face) for share in (_EVEN_FROM, _EVEN_TO))
    return np.asarray(np.clip(_EVEN_SHARE * (around - near), -_MOST_EVENING, _MOST_EVENING), np.float32)


def under_eyes(found: SkinMap, size: tuple[int, int]) -> Float32:
    """(h, w) of ``size``, stops of brightening: more the darker the skin below the eyes is than the cheeks below."""
    eyes = find_eyes(found)
    if eyes is None:
        return np.zeros(size, np.float32)
    across = np.array(eyes.right) - np.array(eyes.left)
    down = np.array([-across[1], across[0]])
    stops = np.zeros(found.skin.shape, np.float32)
    for eye in (eyes.left, eyes.right):
        _add_shadow(found, np.array(eye), across, down, stops)
    return resized(stops * np.float32(eyes.sure), size)


def _add_shadow(found: SkinMap, eye: Float64, across: Float64, down: Float64, stops: Float32) -> None:
    """Write into ``stops`` what the shadow below one eye lacks."""
    apart = float(np.hypot(*across))
    middle, cheek = eye + 0.3 * down, eye + 0.62 * down
    height, width = stops.shape
    left, top = (max(int(middle[k] - 0.9 * apart), 0) for k in (0, 1))
    right, bottom = min(int(middle[0] + 0.9 * apart) + 1, width), min(int(middle[1] + 0.9 * apart) + 1, height)
    if left >= right or top >= bottom:
        return
    around = (slice(top, bottom), slice(left, right))
    skin = found.skin[around]
    weighted = np.dstack([found.luminance[around] * skin, skin])
    smooth = _over_skin(weighted, 0.08 * apart)[..., 0]
    row = min(max(round(float(cheek[1])), top), bottom - 1) - top
    column = min(max(round(float(cheek[0])), left), right - 1) - left
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    along = ((x - middle[0]) * across[0] + (y - middle[1]) * across[1]) / apart**2
    below = ((x - middle[0]) * down[0] + (y - middle[1]) * down[1]) / apart**2
    place = np.exp(-((along / 0.3) ** 2) - (below / 0.16) ** 2)
    shadow = np.clip(_SHADOW_SHARE * (smooth[row, column] - smooth), 0, _MOST_SHADOW)
    stops[around] = np.maximum(stops[around], place * shadow * skin * skin[row, column])


def _over_skin(weighted: Float32, sigma: float) -> Float32:
    """Gaussian mean over skin: values times skin, and skin in the last channel; a wide one at a lower resolution."""
    shrink = min(8.0, max(1.0, sigma / 2))
    size = weighted.shape[:2]
    small = weighted
    if shrink > 1:
        small = resized(weighted, (max(1, round(size[0] / shrink)), max(1, round(size[1] / shrink))))
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), max(sigma / shrink, 0.5)), np.float32).reshape(*small.shape)
    mean = small[..., :-1] / (small[..., -1:] + np.float32(1e-3))
    return resized(np.ascontiguousarray(mean), size).reshape(*size, weighted.shape[2] - 1)
