"""From linear light to the picture that a camera would store: exposure, white balance, tone curve, noise."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.linear_light import to_srgb
from rgbd_seg.training.synthetic.render import Rendered
from rgbd_seg.training.synthetic.scene import View

_MID = 0.20  # linear level that the metered part is brought to
_SHOULDER = 0.62  # linear level above which highlights are compressed


def developed(rendered: Rendered, view: View, rng: np.random.Generator) -> tuple[UInt8, UInt8]:
    """(H, W, 3) the picture with noise, and the front person's own colour without; both sRGB."""
    gain = exposure_gain(rendered) * view.exposure * np.asarray(view.white_balance, np.float32)
    color = _styled(_curve(rendered.color * gain), view)
    front = rendered.alpha > 0
    own = np.zeros_like(color)
    own[front] = _styled(_curve(rendered.foreground[front] * gain), view)
    noisy = color + _noise(color, view.noise, rng)
    return _eight_bit(noisy), _eight_bit(own)


def exposure_gain(rendered: Rendered) -> float:
    """Automatic exposure as phones do it: the person counts most, the whole picture too, highlights a little."""
    brightness = rendered.color @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    whole = _geometric_mean(brightness, np.ones_like(brightness))
    person = _person_level(brightness, rendered.alpha) if rendered.alpha.sum() > 30 else whole
    level = person**0.6 * whole**0.4
    bright = float(np.percentile(brightness, 97))
    return float(_MID / max(level, bright / 7, 1e-6))


def _person_level(brightness: Float32, alpha: Float32) -> float:
    """Dark clothes must not make the face too bright."""
    bright = float(np.percentile(brightness[alpha > 0.5], 85)) if (alpha > 0.5).any() else 0.0
    return max(_geometric_mean(brightness, alpha), bright / 2.4)


def _geometric_mean(values: Float32, weights: Float32) -> float:
    return float(np.exp((np.log(np.maximum(values, 1e-4)) * weights).sum() / weights.sum()))


def _curve(linear: Float32) -> Float32:
    """sRGB in [0, 1]: linear up to the shoulder, then ever flatter towards 1."""
    over = np.maximum(linear - _SHOULDER, 0)
    room = 1 - _SHOULDER
    bent = np.minimum(linear, _SHOULDER) + room * over / (over + room)
    return to_srgb(np.clip(bent, 0, 1)).astype(np.float32)


def _styled(encoded: Float32, view: View) -> Float32:
    """Contrast and saturation, as makers set them to taste."""
    if view.contrast == 1 and view.saturation == 1:
        return encoded
    grey = encoded @ np.array([0.299, 0.587, 0.114], np.float32)
    saturated = grey[..., None] + (encoded - grey[..., None]) * np.float32(view.saturation)
    styled: Float32 = np.clip(0.45 + (saturated - 0.45) * np.float32(view.contrast), 0, 1).astype(np.float32)
    return styled


def _noise(encoded: Float32, deviation: float, rng: np.random.Generator) -> Float32:
    """Sensor noise, of every pixel alone and in soft grains as cameras' own filters leave it; most in the shadows."""
    if deviation <= 0:
        return np.zeros_like(encoded)
    fine = rng.standard_normal(encoded.shape, np.float32)
    grain = cv2.addWeighted(fine, 0.6, cv2.GaussianBlur(fine, (0, 0), 0.9), 2.03, 0)
    level = np.float32(deviation) * (np.float32(1.25) - np.float32(0.2) * encoded.sum(axis=2, keepdims=True))
    noise: Float32 = grain * level
    return noise


def _eight_bit(encoded: Float32) -> UInt8:
    flat = np.maximum(encoded, 0).reshape(len(encoded), -1)
    return np.asarray(cv2.convertScaleAbs(flat, alpha=255.0), np.uint8).reshape(encoded.shape)
