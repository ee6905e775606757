"""Procedural albedo textures, (n, n, 3) sRGB, that repeat without a seam."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rgbd_seg.arrays import Float32, UInt8

Rng = np.random.Generator
SIZE = 256


def clouds(rng: Rng, size: int = SIZE, octaves: int = 5, persistence: float = 0.55) -> Float32:
    """(size, size) smooth noise with mean 0 and standard deviation 1."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        cells = min(4 * 2**octave, size)
        small = np.pad(rng.standard_normal((cells, cells), np.float32), 2, mode="wrap")
        scale = size // cells
        large = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        total += persistence**octave * large[2 * scale : 2 * scale + size, 2 * scale : 2 * scale + size]
    return total / max(float(total.std()), 1e-6)


def color(rng: Rng, hue: tuple[float, float], saturation: tuple[float, float], value: tuple[float, float]) -> Float32:
    """(3,) sRGB in [0, 1]; hue in degrees."""
    h, s, v = rng.uniform(*hue), rng.uniform(*saturation), rng.uniform(*value)
    pixel = cv2.cvtColor(np.array([[[h % 360, s, v]]], np.float32), cv2.COLOR_HSV2RGB)
    return np.asarray(pixel[0, 0], np.float32)


def any_color(rng: Rng) -> Float32:
    """(3,) what things are coloured: mostly muted, now and then strong."""
    return color(rng, (0, 360), (0.05, 0.85) if rng.random() < 0.35 else (0.0, 0.3), (0.15, 0.92))


def wall_color(rng: Rng) -> Float32:
    """(3,) a wall paint: mostly light, at times strong."""
    if rng.random() < 0.18:
        return color(rng, (0, 360), (0.25, 0.65), (0.3, 0.75))
    return color(rng, (20, 70) if rng.random() < 0.7 else (80, 250), (0.01, 0.16), (0.66, 0.95))


def wood_color(rng: Rng) -> Float32:
    """(3,) from birch to walnut."""
    light = rng.random()
    return color(rng, (18 + 14 * light, 26 + 14 * light), (0.3, 0.62), (0.22 + 0.45 * light, 0.4 + 0.45 * light))


def finished(values: NDArray[np.floating]) -> UInt8:
    """sRGB in [0, 1] as bytes; no surface is quite black or quite white."""
    done: UInt8 = np.rint(np.clip(values, 0.02, 0.97) * 255).astype(np.uint8)
    return done


def flat(rgb: ArrayLike) -> UInt8:
    """(1, 1, 3) one colour."""
    return finished(np.asarray(rgb, np.float32).reshape(1, 1, 3))


def plaster(rng: Rng, rgb: ArrayLike) -> UInt8:
    """Painted wall: a little uneven."""
    shade = 1 + 0.02 * clouds(rng, octaves=6, persistence=0.75)
    return finished(np.asarray(rgb) * shade[..., None])


def wood(rng: Rng, rgb: ArrayLike, planks: int = 4) -> UInt8:
    """Planks along x with grain."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE
    plank = np.minimum((y * planks).astype(int), planks - 1)
    shift = rng.random(planks).astype(np.float32)[plank]
    noise = clouds(rng, octaves=5)
    stretched = cv2.resize(noise[:, : SIZE // 4].copy(), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    rings = np.sin(2 * np.pi * (6 * np.modf(y * planks + shift)[0] + 0.6 * stretched + np.sin(2 * np.pi * (x + shift))))
    tone = 1 + 0.07 * rings + 0.06 * stretched
    tone *= rng.uniform(0.82, 1.14, planks).astype(np.float32)[plank]
    tone[np.modf(y * planks)[0] < 0.02] *= 0.45
    return finished(np.asarray(rgb) * tone[..., None])


def brick(rng: Rng, rgb: ArrayLike) -> UInt8:
    """Running bond, eight courses."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE
    row = (y * 8).astype(int)
    column = (x * 4 + 0.5 * (row % 2)) % 4
    tone = rng.uniform(0.72, 1.18, (8, 4)).astype(np.float32)[row % 8, column.astype(int)]
    mortar = (np.modf(column)[0] < 0.045) | (np.modf(y * 8)[0] < 0.09)
    picture = np.asarray(rgb) * (tone * (1 + 0.09 * clouds(rng)))[..., None]
    picture[mortar] = color(rng, (30, 50), (0.02, 0.1), (0.5, 0.75))
    return finished(picture)


def tiles(rng: Rng, rgb: ArrayLike, count: int = 4, checks: float = 0.25) -> UInt8:
    """Square tiles with joints; ``checks``: how often every other one is darker."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE * count
    tone = rng.uniform(0.92, 1.06, (count, count)).astype(np.float32)[y.astype(int), x.astype(int)]
    if rng.random() < checks:
        tone *= np.where((y.astype(int) + x.astype(int)) % 2, 1.0, rng.uniform(0.35, 0.9))
    joint = (np.modf(x)[0] < 0.03) | (np.modf(y)[0] < 0.03)
    picture = np.asarray(rgb) * (tone * (1 + 0.03 * clouds(rng)))[..., None]
    picture[joint] *= rng.uniform(0.55, 0.85)
    return finished(picture)


def wallpaper(rng: Rng, rgb: ArrayLike) -> UInt8:
    """Stripes, lozenges, dots or leaves in two tones."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE
    first = np.asarray(rgb, np.float32)
    second = np.clip(first * rng.uniform(0.72, 1.2) + rng.normal(0, 0.03, 3), 0, 1)
    waves = int(rng.integers(3, 9))
    patterns: list[Callable[[], NDArray[np.bool_]]] = [
        lambda: np.sin(2 * np.pi * waves * x) > 0.2,
        lambda: np.sin(2 * np.pi * waves * (x + y)) * np.sin(2 * np.pi * waves * (x - y)) > 0.3,
        lambda: np.hypot(np.modf(x * waves)[0] - 0.5, np.modf(y * waves)[0] - 0.5) < 0.24,
        lambda: np.sin(2 * np.pi * (waves * x + 0.5 * np.sin(2 * np.pi * waves * y))) > 0.55,
    ]
    mask = patterns[rng.integers(len(patterns))]()
    return finished(np.where(mask[..., None], second, first) * (1 + 0.02 * clouds(rng))[..., None])


def speckled(rng: Rng, rgb: ArrayLike, strength: float = 0.12) -> UInt8:
    """Carpet, asphalt, gravel, cloth: fine grain over faint clouds."""
    grain = strength * rng.standard_normal((SIZE, SIZE), np.float32) + 0.5 * strength * clouds(rng)
    return finished(np.asarray(rgb) * (1 + grain)[..., None])


def grass(rng: Rng) -> UInt8:
    """A lawn from above."""
    blades = cv2.blur(rng.standard_normal((SIZE, SIZE), np.float32), (2, 5)) * 2
    tone = 1 + 0.22 * blades + 0.14 * clouds(rng)
    return finished(color(rng, (65, 115), (0.35, 0.65), (0.28, 0.5)) * tone[..., None])


def foliage(rng: Rng) -> UInt8:
    """Many leaves at a distance: hedges, crowns of trees, ivy."""
    base = color(rng, (55, 130), (0.3, 0.65), (0.22, 0.5))
    picture = np.ones((SIZE, SIZE, 3), np.float32) * base * 0.35
    for _ in range(420):
        centre = tuple(int(v) for v in rng.integers(0, SIZE, 2))
        axes = (int(rng.integers(4, 13)), int(rng.integers(2, 6)))
        tint = base * rng.uniform(0.5, 1.55) * (1 + rng.normal(0, 0.05, 3))
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 360)), 0, 360, [float(v) for v in tint], -1)
    return finished(picture)


def abstract_art(rng: Rng) -> UInt8:
    """A painting of blots and strokes."""
    picture = np.ones((SIZE, SIZE, 3), np.float32) * color(rng, (0, 360), (0, 0.6), (0.3, 0.95))
    for _ in range(int(rng.integers(4, 16))):
        tint = [float(v) for v in color(rng, (0, 360), (0.1, 0.9), (0.1, 0.95))]
        centre = tuple(int(v) for v in rng.integers(0, SIZE, 2))
        if rng.random() < 0.5:
            axes = (int(rng.integers(15, 90)), int(rng.integers(8, 70)))
            cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 360)), 0, 360, tint, -1)
        else:
            end = tuple(int(v) for v in rng.integers(0, SIZE, 2))
            cv2.line(picture, centre, end, tint, int(rng.integers(3, 40)))
    return finished(cv2.GaussianBlur(picture, (0, 0), 1.2) * (1 + 0.05 * clouds(rng))[..., None])


def page(rng: Rng, dark: bool = False) -> UInt8:
    """Text and blocks: what is on a screen, a notice or a whiteboard."""
    paper = 0.08 if dark else 0.93
    picture = np.full((SIZE, SIZE, 3), paper, np.float32)
    for row in range(18, SIZE - 14, 11):
        if rng.random() < 0.14:
            height = int(rng.integers(14, 44))
            left = int(rng.integers(10, 120))
            picture[row : row + height, left : left + int(rng.integers(40, 120))] = any_color(rng)
        start = 12 + 14 * int(rng.integers(0, 3))
        while start < SIZE - 30 and rng.random() < 0.9:
            length = int(rng.integers(6, 34))
            ink = color(rng, (0, 360), (0, 0.7), (0.6, 0.95) if dark else (0.1, 0.4))
            picture[row : row + 4, start : min(start + length, SIZE - 12)] = ink
            start += length + 6
    return finished(picture)


def sky(rng: Rng, *, clear: float) -> UInt8:
    """(256, 256, 3) the sky seen from inside a dome: row 0 is the zenith, the middle the horizon."""
    height = np.linspace(1, -1, SIZE, dtype=np.float32)[:, None, None]
    zenith = color(rng, (205, 222), (0.45, 0.7), (0.55, 0.85))
    horizon = color(rng, (195, 225), (0.05, 0.2), (0.85, 0.97))
    blue = horizon + (zenith - horizon) * np.clip(height, 0, 1) ** 0.6
    cover = np.clip(clouds(rng, octaves=6)[..., None] * 0.55 + 1.1 - 2.0 * clear, 0, 1)
    grey = rng.uniform(0.78, 0.96)
    cloudy = blue * (1 - cover) + grey * (1 + 0.05 * clouds(rng)[..., None]) * cover
    return finished(np.broadcast_to(cloudy, (SIZE, SIZE, 3)))


def outdoors(rng: Rng) -> UInt8:
    """What is seen through a window: sky, houses or trees, blurred by distance."""
    picture = sky(rng, clear=rng.uniform(0.2, 0.9))[: SIZE // 2].astype(np.float32) / 255
    picture = cv2.resize(picture, (SIZE, SIZE))
    horizon = int(SIZE * rng.uniform(0.35, 0.75))
    for _ in range(int(rng.integers(3, 9))):
        left, width = int(rng.integers(-30, SIZE)), int(rng.integers(25, 110))
        top = max(0, horizon - int(rng.integers(10, 110)))
        tint = color(rng, (10, 60), (0.02, 0.3), (0.3, 0.75))
        picture[top:, max(left, 0) : left + width] = tint
        for row in range(top + 6, SIZE, 14):
            for column in range(max(left, 0) + 5, left + width - 6, 12):
                picture[row : row + 7, column : column + 6] = tint * rng.uniform(0.4, 0.8)
    if rng.random() < 0.7:
        leaves = foliage(rng).astype(np.float32) / 255
        mask = clouds(rng, octaves=4) > np.linspace(2.2, -1.4, SIZE)[:, None]
        picture[mask] = leaves[mask]
    return finished(cv2.GaussianBlur(picture, (0, 0), 1.4))
