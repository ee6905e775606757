"""The light of one picture given to another: exposure and white balance, bounded, in linear light."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.linear_light import WHITE, decode_table, to_linear, to_srgb
from rgbd_seg.scaling import bounded_size, resized

_SIDE = 256  # pixels of the longer side at which light is measured
_DARKEST = 20.0  # of 65535: one sRGB step, below which logarithms mean nothing
_BRIGHT = (0.97, 0.995)  # quantiles of each channel that count as lit surfaces: neither most of a wall nor a lamp
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
        light = to_linear(np.arange(256) / 255.0)[:, None]
        # What the camera clipped was brighter than it says, in a colour that is lost: it stays white.
        clipped = np.clip((light - _KNEE) / (1 - _KNEE), 0, 1)
        light = light * (gains + clipped * (gains.max() - gains))
        bent = np.where(light > _KNEE, 1 - (1 - _KNEE) * np.exp((_KNEE - light) / (1 - _KNEE)), light)
        table = np.rint(to_srgb(np.where(light[-1] > 1, bent, light)) * 255).astype(np.uint8)
        source, out = np.ascontiguousarray(picture), np.empty_like(picture, order="C")
        lookup = table.reshape(1, 256, 3)
        Bands().run(lambda first, last: cv2.LUT(source[first:last], lookup, dst=out[first:last]), len(out))
        return out


@dataclass(frozen=True)
class Light:
    """What a picture tells of the light it was taken in, in photographic stops."""

    red: float
    green: float
    blue: float

    @staticmethod
    def of(picture: UInt8) -> "Light":
        """The light of a picture of any size.

        Two opinions are averaged: how bright each channel's brightest surfaces are, lamps left out, and how high its
        steps are at edges (fourth-power mean, after van de Weijer et al., "Edge-Based Color Constancy", TIP 2007),
        where a wall of one colour says nothing. Each alone, and the mean of all pixels, was
        farther off on photos of the same place under two lights (``benchmarks/replacement.py``).
        """
        small = resized(picture, bounded_size((picture.shape[0], picture.shape[1]), _SIDE))
        stops, edges = np.empty(3), np.empty(3)
        for channel in range(3):
            codes = np.ascontiguousarray(small[..., channel])
            bright, cap = _bright(codes)
            table = np.clip(decode_table(), _DARKEST, cap) / np.float32(WHITE)
            stops[channel] = np.log2(bright / WHITE)
            edges[channel] = np.log2(_steps(np.asarray(cv2.LUT(codes, table), np.float32)))
        red, green, blue = (float(value) for value in (stops + edges) / 2)
        return Light(red, green, blue)

    def towards(self, target: "Light", amount: float = 1.0) -> LightGains:
        """What turns this light into ``target``; ``amount`` 0 leaves it, 1 goes all the way.

        Bounded: a dark room is not a bright one badly exposed.
        """
        change = np.subtract((target.red, target.green, target.blue), (self.red, self.green, self.blue))
        exposure = np.clip(change @ _LUMINANCE, -_MOST_EXPOSURE, _MOST_EXPOSURE)
        balance = np.clip(change - change @ _LUMINANCE, -_MOST_BALANCE, _MOST_BALANCE)
        red, green, blue = (float(gain) for gain in np.exp2(amount * (exposure + balance)))
        return LightGains(red, green, blue)


def _bright(codes: UInt8) -> tuple[float, float]:
    """Mean light of one channel's bright surfaces, and the light above which lamps begin; 0…65535."""
    rank = np.cumsum(np.bincount(codes.ravel(), minlength=256))
    first, last = _BRIGHT[0] * rank[-1], _BRIGHT[1] * rank[-1]
    inside = np.clip(rank, first, last)
    share = np.concatenate([inside[:1] - first, inside[1:] - inside[:-1]])
    bright, cap = share @ decode_table() / share.sum(), decode_table()[np.argmax(rank >= last)]
    return max(float(bright), _DARKEST), max(float(cap), _DARKEST)


def _steps(light: Float32) -> float:
    """How high the steps of light at edges are; a picture without any tells as much as its light."""
    if min(light.shape) > 1:
        across, down = light[:-1, 1:] - light[:-1, :-1], light[1:, :-1] - light[:-1, :-1]
        steps = float(((across * across + down * down) ** 2).mean() ** 0.25)
        if steps > 0.1 * _DARKEST / WHITE:
            return steps
    return float(light.mean())
