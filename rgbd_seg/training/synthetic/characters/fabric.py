"""Textures of cloth: plain, knit, checked, striped, printed, floral, denim, leather, shiny. They repeat seamlessly."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.training.synthetic.characters.color import to_texture
from rgbd_seg.training.synthetic.characters.noise import noise
from rgbd_seg.training.synthetic.characters.spec import FabricSpec
from rgbd_seg.training.synthetic.material import Material

KINDS = (
    "plain", "knit", "checked", "striped", "dotted", "printed", "floral", "denim", "leather", "shiny", "fleece",
    "corduroy",
)  # fmt: skip
_SIZE = 512
TILE = 0.4
"""Metres of cloth that one repeat of the texture covers."""


@dataclass(frozen=True)
class _Surface:
    roughness: float
    specular: float
    bump: float  # metres
    infrared: float | None = None


_SURFACES = {
    "leather": _Surface(0.42, 0.05, 0.0006),
    "shiny": _Surface(0.30, 0.08, 0.0003),
    "knit": _Surface(0.95, 0.02, 0.0030),
    "fleece": _Surface(1.0, 0.015, 0.0025),
    "corduroy": _Surface(0.9, 0.02, 0.0020),
    "denim": _Surface(0.85, 0.03, 0.0008),
}
_CLOTH = _Surface(0.85, 0.03, 0.0006)


@lru_cache(maxsize=32)
def fabric_material(fabric: FabricSpec) -> Material:
    """The material of a cloth."""
    surface = _SURFACES.get(fabric.kind, _CLOTH)
    return Material(
        texture=to_texture(fabric_texture(fabric)),
        roughness=surface.roughness,
        specular=surface.specular,
        bump=surface.bump,
        infrared=surface.infrared,
    )


def fabric_texture(fabric: FabricSpec) -> Float32:
    """(512, 512, 3) sRGB in [0, 1], one repeat."""
    rng = np.random.default_rng([fabric.seed, 11])
    colors = np.array(fabric.colors, np.float32)
    ground = np.broadcast_to(colors[0], (_SIZE, _SIZE, 3))
    pattern = _PATTERNS.get(fabric.kind)
    picture = ground if pattern is None or len(colors) < 2 else pattern(rng, colors, fabric.scale)
    shade = _weave(rng, fabric.kind)
    wear = noise(rng, _SIZE, 1.0) * np.float32(0.05)
    shade *= np.exp(wear, out=wear)
    worn = np.asarray(picture * shade[..., None], np.float32)
    return np.clip(worn, 0.01, 1, out=worn)


def _grid() -> tuple[Float32, Float32]:
    """(1, size) from left to right and (size, 1) from top to bottom, 0 … 1."""
    along = np.arange(_SIZE, dtype=np.float32) / np.float32(_SIZE)
    return along[None], along[:, None]


def _weave(rng: np.random.Generator, kind: str) -> Float32:
    """(size, size) brightness around 1 of the threads."""
    x, y = _grid()
    tau = np.float32(2 * np.pi)
    if kind == "knit":  # two slanted stitches side by side, row over row
        rows, columns = 44, 30
        u = np.abs(np.modf(x * columns)[0] - 0.5) * 2
        v = np.modf(y * rows + 0.55 * u)[0]
        stitch = np.sin(np.pi * v) ** 0.6 * np.sin(np.pi * np.clip(u, 0.06, 0.94)) ** 0.35
        return np.asarray((0.62 + 0.45 * stitch + 0.03 * noise(rng, _SIZE, 0.3)).astype(np.float32), np.float32)
    if kind == "corduroy":
        return np.asarray(
            (0.72 + 0.32 * np.abs(np.sin(tau * 30 * x)) + 0.03 * noise(rng, _SIZE, 0.2)).astype(np.float32), np.float32
        )
    if kind == "fleece":
        return (1 + 0.13 * noise(rng, _SIZE, 0.45)).astype(np.float32)
    if kind == "denim":
        twill = np.sin(tau * 64 * (x + y)) * 0.06
        return np.asarray(
            (1 + twill + 0.07 * noise(rng, _SIZE, 0.2) + 0.09 * noise(rng, _SIZE, 1.0)).astype(np.float32), np.float32
        )
    if kind == "leather":
        grain = noise(rng, _SIZE, 0.6)
        return np.asarray(
            (1 + 0.10 * np.tanh(1.5 * grain) + 0.05 * noise(rng, _SIZE, 1.1)).astype(np.float32), np.float32
        )
    if kind == "shiny":
        return (1 + 0.02 * noise(rng, _SIZE, 0.4)).astype(np.float32)
    threads = 0.05 * np.sin(tau * 128 * x) * np.sin(tau * 128 * y)
    return np.asarray((1 + threads + 0.04 * noise(rng, _SIZE, 0.2)).astype(np.float32), np.float32)


def _repeats(base: float, scale: float) -> int:
    return max(1, round(base / scale))


def _checked(rng: np.random.Generator, colors: Float32, scale: float) -> Float32:
    x, y = _grid()
    count = _repeats(7, scale)
    bands = [np.modf(axis * count)[0] for axis in (x, y)]
    warp, weft = ((b < 0.5).astype(np.float32) for b in bands)
    mixed = colors[0] + (0.5 * (warp + weft))[..., None] * (colors[1] - colors[0])
    if len(colors) > 2:
        lines = np.maximum(*(((b > 0.70) & (b < 0.77)).astype(np.float32) for b in bands))
        mixed = mixed + 0.6 * lines[..., None] * (colors[2] - mixed)
    return np.asarray(mixed, np.float32)


def _striped(rng: np.random.Generator, colors: Float32, scale: float) -> Float32:
    x, y = _grid()
    axis = y if rng.random() < 0.75 else x
    band = np.modf(axis * _repeats(10, scale))[0] < rng.uniform(0.25, 0.6)
    return np.asarray(np.where(band[..., None], colors[1], colors[0]).astype(np.float32), np.float32)


def _dotted(rng: np.random.Generator, colors: Float32, scale: float) -> Float32:
    x, y = _grid()
    count = _repeats(12, scale)
    row = np.floor(y * 2 * count)
    u, v = np.modf(x * count + 0.5 * (row % 2))[0] - 0.5, np.modf(y * 2 * count)[0] - 0.5
    dot = np.clip((0.26 - np.hypot(u, v * 0.5)) * 20, 0, 1)
    return np.asarray(colors[0] + dot[..., None] * (colors[1] - colors[0]), np.float32)


def _printed(rng: np.random.Generator, colors: Float32, scale: float) -> Float32:
    """Blotches in layers, as on camouflage and painted prints."""
    picture = np.broadcast_to(colors[0], (_SIZE, _SIZE, 3)).copy()
    for color in colors[1:]:
        blotch = np.clip((noise(rng, _SIZE, round(1.1 + 0.2 * min(scale, 2), 1)) - 0.5) * 12, 0, 1)
        picture += blotch[..., None] * (color - picture)
    return np.asarray(picture, np.float32)


def _floral(rng: np.random.Generator, colors: Float32, scale: float) -> Float32:
    picture = np.ascontiguousarray(np.broadcast_to(colors[0], (_SIZE, _SIZE, 3)), np.float32)
    leaf = colors[-1] * np.array([0.6, 0.9, 0.6], np.float32)
    for _ in range(round(26 / scale**1.5)):
        center = rng.integers(_SIZE, size=2)
        radius = float(rng.uniform(14, 34) * scale)
        petals, turn = int(rng.integers(4, 8)), float(rng.uniform(0, 360))
        color = colors[1 + int(rng.integers(len(colors) - 1))]
        for copy_x in (-_SIZE, 0, _SIZE):  # what leaves on one side comes in on the other
            for copy_y in (-_SIZE, 0, _SIZE):
                spot = center + np.array([copy_x, copy_y])
                if np.abs(spot - _SIZE / 2).max() < _SIZE / 2 + 3 * radius:
                    _flower(picture, spot, radius, petals, turn, color, leaf)
    return picture


def _flower(
    picture: Float32, center: np.ndarray, radius: float, petals: int, turn: float, color: Float32, leaf: Float32
) -> None:
    axes = (int(radius * 0.55), int(radius * 0.28))
    for k in range(petals + 2):
        angle = turn + 360 * k / petals
        reach = radius * (0.55 if k < petals else 1.3)
        spot = center + reach * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
        shade = color if k < petals else leaf
        place = (int(spot[0]), int(spot[1]))
        cv2.ellipse(picture, place, axes, angle, 0, 360, tuple(map(float, shade)), -1, cv2.LINE_AA)
    middle = (int(center[0]), int(center[1]))
    cv2.circle(picture, middle, int(radius * 0.22), tuple(map(float, color * 0.55)), -1, cv2.LINE_AA)


_PATTERNS = {
    "checked": _checked,
    "striped": _striped,
    "dotted": _dotted,
    "printed": _printed,
    "floral": _floral,
    "knit": _striped,
}
