"""The light of one picture given to another: exposure and white balance, bounded, in linear light."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float64, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.linear_light import WHITE, decode, to_linear, to_srgb

_SAMPLES = 64  # along each side, at least: enough for quantiles to 1 %
_DARKEST = 20.0  # of 65535: one sRGB step, below which logarithms mean nothing
_MIDDLE = (0.1, 0.9)  # quantiles of luminance that tell exposure: neither lamps nor shadows
_BRIGHT = (0.5, 0.95)  # quantiles of each channel that tell the colour of the light: lit surfaces, not highlights
_MOST_EXPOSURE = 1.5  # stops, either way
_MOST_BALANCE = 0.5  # stops of a channel against luminance: daylight to overcast; more is the scene's own colour
_KNEE = 0.8  # of white: brightened light bends from here on, so that it does not clip
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class LightGains:
    """Factors on linear red, green and blue."""

    red: float = 1.0
    green: float = 1.0
    blue: float = 1.0

    def apply(self, picture: UInt8) -> UInt8:
        """(H, W, 3) ``picture`` in this light; what is brightened bends towards white instead of clipping."""
        gains = np.array([self.red, self.green, self.blue])
        if np.all(gains == 1):
            return picture
        light = to_linear(np.arange(256) / 255.0)[:, None] * gains
        bent = np.where(light > _KNEE, 1 - (1 - _KNEE) * np.exp((_KNEE - light) / (1 - _KNEE)), light)
        table = np.rint(to_srgb(np.where(gains > 1, bent, light)) * 255).astype(np.uint8)
        source, out = np.ascontiguousarray(picture), np.empty_like(picture, order="C")
        lookup = table.reshape(1, 256, 3)
        Bands().run(lambda first, last: cv2.LUT(source[first:last], lookup, dst=out[first:last]), len(out))
        return out


@dataclass(frozen=True)
class Light:
    """What a picture tells of the light it was taken in, in photographic stops."""

    exposure: float
    balance: tuple[float, float, float]  # each channel against luminance

    @staticmethod
    def of(picture: UInt8) -> "Light":
        """The light of a picture of any size.

        Exposure is the mean logarithm of luminance, balance the mean of each channel's bright surfaces, both
        without the ends of their range: a colour that fills half of a picture moves them little, lamps and
        shadows not at all.
        """
        light = _samples(picture)
        channels = np.array([_between(light[:, channel], _BRIGHT) for channel in range(3)])
        red, green, blue = (float(stops) for stops in np.log2(channels / (channels @ _LUMINANCE)))
        return Light(_between(np.log2(light @ _LUMINANCE), _MIDDLE), (red, green, blue))

    def towards(self, target: "Light", amount: float = 1.0) -> LightGains:
        """What turns this light into ``target``; ``amount`` 0 leaves it, 1 goes all the way.

        Bounded: a dark room is not a bright one badly exposed.
        """
        exposure = np.clip(target.exposure - self.exposure, -_MOST_EXPOSURE, _MOST_EXPOSURE)
        balance = np.clip(np.subtract(target.balance, self.balance), -_MOST_BALANCE, _MOST_BALANCE)
        red, green, blue = (float(gain) for gain in np.exp2(amount * (exposure + balance)))
        return LightGains(red, green, blue)


def _samples(picture: UInt8) -> Float64:
    """(n, 3) linear light in 0…1 of pixels evenly spread over the picture."""
    step = [max(1, side // _SAMPLES) for side in picture.shape[:2]]
    seen = picture[step[0] // 2 :: step[0], step[1] // 2 :: step[1]]
    return np.maximum(decode(seen).reshape(-1, 3), _DARKEST).astype(np.float64) / WHITE


def _between(values: Float64, quantiles: tuple[float, float]) -> float:
    """Mean of the values between two quantiles."""
    ordered = np.sort(values)
    low, high = int(quantiles[0] * len(ordered)), int(np.ceil(quantiles[1] * len(ordered)))
    return float(ordered[low : max(high, low + 1)].mean())
