"""Portrait light: the subject as if lit by another lamp.

The key light falls on the subject's shape (`relief`) and multiplies the picture's own light, pore by pore, so that
texture stays. Shading is smooth and of low resolution; hair is handled by alpha.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects.relief import Relief, find_relief
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair
from rgbd_seg.linear_light import decode_table, encode_table
from rgbd_seg.options import check_choice, check_range
from rgbd_seg.scaling import resized

_EDGE = 1.2  # pixels of the relief

PRESETS = ("studio", "contour", "stage", "stage-mono")


@dataclass(frozen=True, kw_only=True)
class LightOptions:
    """A lamp, and how much of its light.

    ``preset``: ``studio`` (a large soft lamp that brightens), ``contour`` (from the side, with darker shadows),
    ``stage`` (a spotlight before black) or ``stage-mono`` (the same without colour). The rest moves its lamp; None
    keeps the preset's.

    Attributes:
        azimuth: degrees, −180 to 180; 0 = from the camera, positive = from the right side of the picture.
        elevation: degrees, −90 to 90; positive = from above.
        intensity: 0 to 2 times the preset's lamp; 0 is its ambient light alone.
        warmth: −1 (blue, as a sky) to 1 (amber, as a candle).
        softness: 0 (a bare bulb) to 1 (a window): how far light wraps around the shape.
        strength: 0 (the picture itself) to 1.
    """

    preset: str = "studio"
    azimuth: float | None = None
    elevation: float | None = None
    intensity: float = 1.0
    warmth: float | None = None
    softness: float | None = None
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_choice("preset", self.preset, PRESETS)
        check_range("intensity", self.intensity, 0, 2)
        check_range("strength", self.strength, 0, 1)
        for name, low in (("azimuth", -180), ("elevation", -90), ("warmth", -1)):
            value = getattr(self, name)
            if value is not None:
                check_range(name, value, low, -low)
        if self.softness is not None:
            check_range("softness", self.softness, 0, 1)


@dataclass(frozen=True, kw_only=True)
class _Lamp:
    """What a preset stands for."""

    azimuth: float
    elevation: float
    softness: float
    warmth: float
    ambient: float  # in terms of the picture's own light
    key: float
    shadow: float  # how dark a cast shadow is
    spot: float = 0.0  # how much of the light is a spot on the head
    mono: float = 0.0
    backdrop: float = 1.0  # of the background's light


_LAMPS = {
    "studio": _Lamp(azimuth=35, elevation=30, softness=0.7, warmth=0.1, ambient=0.72, key=1.05, shadow=0.5),
    "contour": _Lamp(azimuth=60, elevation=25, softness=0.35, warmth=0.1, ambient=0.34, key=1.5, shadow=0.8),
    "stage": _Lamp(
        azimuth=30, elevation=35, softness=0.4, warmth=0.1, ambient=0.1, key=1.3, shadow=0.85, spot=0.92, backdrop=0
    ),
    "stage-mono": _Lamp(
        azimuth=30,
        elevation=35,
        softness=0.4,
        warmth=0,
        ambient=0.1,
        key=1.3,
        shadow=0.85,
        spot=0.92,
        mono=1,
        backdrop=0,
    ),
}


def portrait_light(frame: RgbdFrame, matte: AlphaMatte, options: LightOptions = LightOptions()) -> UInt8:
    """The subject lit by a lamp of one's choice, in linear light.

    The shape comes from depth, metric or relative, whatever its noise and holes; without intrinsics the view is taken
    for 64° wide. Without depth the shape is a plausible one, as round as the subject's outline with the face before
    it. The background is not lit: pixels with alpha 0 are the picture's own, or black for the stage.

    Returns:
        (H, W, 3). All of it is the picture's own at strength 0.
    Raises:
        FrameError: the matte is not of this frame.
    """
    from rgbd_seg.effects.key_light_kernels import light_rows

    check_pair(frame, matte)
    lamp, strength = _LAMPS[options.preset], options.strength
    if strength == 0:
        return frame.color.copy()
    backdrop = 1 + strength * (lamp.backdrop - 1)
    out = frame.color.copy() if backdrop == 1 else _dimmed(frame.color, backdrop)
    relief = find_relief(frame, matte.alpha)
    if relief is None:
        return out
    foreground = matte.foreground
    if foreground is None:  # or the old background, shining through soft edges, would be lit too: a rim
        foreground = estimate_foreground(frame.color, matte.alpha, working_side=320)
    ambient = 1 + strength * (lamp.ambient - 1)
    warmth = lamp.warmth if options.warmth is None else options.warmth
    key = (strength * options.intensity * lamp.key * _tint(warmth)).astype(np.float32)
    part = relief.box.slices
    pictures = frame.color[part], foreground[part], matte.alpha[part], _shade(relief, lamp, options)
    light = ambient, key, strength * lamp.mono, backdrop, decode_table(), encode_table()
    Bands().run(lambda first, last: light_rows(*pictures, *light, out[part], first, last), relief.box.size[0])
    return out


def _dimmed(color: UInt8, left: float) -> UInt8:
    """A picture with a share of its light left."""
    table = np.take(encode_table(), np.rint(decode_table() * left).astype(np.int64))
    return np.asarray(cv2.LUT(np.ascontiguousarray(color), table), np.uint8).reshape(color.shape)


def _shade(relief: Relief, lamp: _Lamp, options: LightOptions) -> Float32:
    """(3, h, w) for `light_rows`: the lamp's share on the surface, what the spot leaves of all light, the inside."""
    azimuth = np.deg2rad(lamp.azimuth if options.azimuth is None else options.azimuth)
    elevation = np.deg2rad(lamp.elevation if options.elevation is None else options.elevation)
    softness = lamp.softness if options.softness is None else options.softness
    # Towards the lamp: x to the right, y down, z away from the camera, as the camera's axes are.
    right, down = np.sin(azimuth) * np.cos(elevation), -np.sin(elevation)
    towards = np.cos(azimuth) * np.cos(elevation)
    # A surface z(x, y) faces the camera with (dz/dx, dz/dy, −1).
    steep = np.sqrt(1 + relief.across**2 + relief.down**2)
    cosine = (relief.across * np.float32(right) + relief.down * np.float32(down) + np.float32(towards)) / steep
    shade = np.empty((3, *cosine.shape), np.float32)
    shade[0] = _wrapped(cosine, softness)
    if relief.height is not None:
        hidden = _cast_shadow(relief, relief.height, float(right), float(down), float(towards), softness)
        shade[0] *= 1 - np.float32(lamp.shadow) * hidden
    shade[1] = 1 - options.strength * lamp.spot * (1 - _spot(relief.inside)) if lamp.spot else 1
    soft = cv2.GaussianBlur(relief.inside, (0, 0), _EDGE)
    shade[2] = np.clip(2 * soft - 1, 0, 1)
    return shade


def _cast_shadow(
    relief: Relief, height: Float32, right: float, down: float, towards: float, softness: float
) -> Float32:
    """Share of the lamp that the subject hides from itself, at half the relief's size, softly."""
    from rgbd_seg.effects.relief_kernels import cast_shadow

    level = float(np.hypot(right, down))
    if level < 0.05:  # a lamp at the camera casts no shadow that it sees
        return np.zeros_like(height)
    half = (height.shape[0] + 1) // 2, (height.shape[1] + 1) // 2
    inside = resized(relief.inside, half)
    shadow = np.empty(half, np.float32)
    reach = 0.6 * float(np.sqrt(inside.sum()))
    small = resized(height, half) * np.float32(0.5)
    cast_shadow(small, inside, right / level, down / level, towards / level, 0.2 + softness, reach, shadow)
    shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), 0.8 + 2 * softness), np.float32)
    return resized(shadow, height.shape)


def _wrapped(cosine: Float32, softness: float) -> Float32:
    """Light of a lamp as wide as it is soft: it reaches past the terminator, and fades there without an edge.

    ((cos + w) / (1 + w))^(1 + w): Lambert's law at w = 0, a half-sphere of light at w = 1.
    """
    wrap = 0.15 + 0.85 * softness
    return np.asarray((np.maximum(cosine + wrap, 0) / (1 + wrap)) ** (1 + wrap), np.float32)


def _tint(warmth: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Red, green and blue of the lamp, of luminance 1."""
    tint = np.exp2(warmth * np.array([0.28, 0.0, -0.5]))
    luminance: float = tint @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(tint / luminance)


def _spot(inside: Float32) -> Float32:
    """A round spotlight on the head, which is taken for the top of the subject; 1 in it, fading to 0."""
    height, width = inside.shape
    rows = np.flatnonzero((inside > 0.5).any(axis=1))
    if rows.size == 0:
        return np.ones_like(inside)
    size = float(np.sqrt(inside.sum()))
    head = inside[rows[0] : rows[0] + max(1, round(0.45 * size))]
    x = float((head.sum(axis=0) * np.arange(width)).sum() / head.sum())
    y = rows[0] + 0.35 * size
    v, u = np.mgrid[:height, :width].astype(np.float32)
    away = ((u - np.float32(x)) ** 2 + (v - np.float32(y)) ** 2) / np.float32(0.55 * size) ** 2
    return np.asarray(1 / (1 + away * away), np.float32)
