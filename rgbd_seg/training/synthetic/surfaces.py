"""Materials of places and furniture, drawn at random within what is usual."""

import numpy as np
from numpy.typing import ArrayLike

from rgbd_seg.arrays import UInt8
from rgbd_seg.training.synthetic import textures
from rgbd_seg.training.synthetic.material import Material

Rng = np.random.Generator


def paint(rgb: ArrayLike, roughness: float = 0.6) -> Material:
    """One colour."""
    return Material(texture=textures.flat(rgb), roughness=roughness)


def wall(rng: Rng) -> Material:
    """Paint, wallpaper, brick, tiles, panels or concrete."""
    kind = rng.choice(
        ["plaster", "wallpaper", "brick", "tiles", "wood", "concrete"], p=[0.5, 0.16, 0.1, 0.08, 0.06, 0.1]
    )
    if kind == "plaster":
        return Material(texture=textures.plaster(rng, textures.wall_color(rng)), roughness=0.9)
    if kind == "wallpaper":
        return Material(texture=textures.wallpaper(rng, textures.wall_color(rng)), roughness=0.9)
    if kind == "brick":
        rgb = textures.color(rng, (5, 28), (0.2, 0.6), (0.35, 0.8)) if rng.random() < 0.7 else np.full(3, 0.88)
        return Material(texture=textures.brick(rng, rgb), roughness=0.9, bump=0.004)
    if kind == "tiles":
        return Material(texture=textures.tiles(rng, textures.wall_color(rng)), roughness=0.25)
    if kind == "wood":
        return Material(texture=textures.wood(rng, textures.wood_color(rng)), roughness=0.5)
    return Material(texture=textures.speckled(rng, np.full(3, rng.uniform(0.4, 0.7)), 0.05), roughness=0.9)


def floor(rng: Rng) -> Material:
    """Boards, carpet, tiles or stone."""
    kind = rng.choice(["wood", "carpet", "tiles", "stone"], p=[0.5, 0.25, 0.15, 0.1])
    if kind == "wood":
        return Material(texture=textures.wood(rng, textures.wood_color(rng), 6), roughness=rng.uniform(0.3, 0.6))
    if kind == "carpet":
        return Material(texture=textures.speckled(rng, textures.any_color(rng) * 0.8, 0.16), roughness=1.0, bump=0.003)
    if kind == "tiles":
        return Material(texture=textures.tiles(rng, textures.wall_color(rng) * 0.9), roughness=0.25)
    return Material(texture=textures.speckled(rng, np.full(3, rng.uniform(0.35, 0.7)), 0.08), roughness=0.5)


def ground(rng: Rng, kind: str) -> Material:
    """``lawn``, ``asphalt``, ``paving`` or ``gravel``."""
    if kind == "lawn":
        return Material(texture=textures.grass(rng), roughness=1.0, bump=0.01)
    if kind == "paving":
        return Material(texture=textures.tiles(rng, np.full(3, rng.uniform(0.45, 0.7)), 3), roughness=0.9, bump=0.003)
    level = rng.uniform(0.25, 0.42) if kind == "asphalt" else rng.uniform(0.45, 0.65)
    tint = np.array([1.0, 0.99, 0.97]) if kind == "asphalt" else np.array([1.0, 0.94, 0.85])
    return Material(texture=textures.speckled(rng, level * tint, 0.18), roughness=0.95, bump=0.004)


def furniture_wood(rng: Rng) -> Material:
    """Wood of one piece of furniture, or lacquer."""
    if rng.random() < 0.3:
        return paint(textures.color(rng, (0, 360), (0, 0.15), (0.1, 0.95)), rng.uniform(0.25, 0.6))
    return Material(texture=textures.wood(rng, textures.wood_color(rng), 1), roughness=rng.uniform(0.35, 0.6))


def upholstery(rng: Rng) -> Material:
    """Cloth or leather of chairs and sofas."""
    if rng.random() < 0.3:
        return paint(textures.color(rng, (10, 35), (0.05, 0.6), (0.08, 0.5)), rng.uniform(0.3, 0.5))
    if rng.random() < 0.2:
        return Material(texture=textures.wallpaper(rng, textures.any_color(rng)), roughness=0.95)
    return Material(texture=textures.speckled(rng, textures.any_color(rng), 0.1), roughness=0.95, bump=0.002)


def metal(rng: Rng) -> Material:
    """Chrome, brushed steel, black tube."""
    level = rng.choice([0.08, 0.5, 0.75], p=[0.5, 0.2, 0.3])
    return Material(texture=textures.flat(np.full(3, level)), roughness=rng.uniform(0.2, 0.45), specular=0.35)


def plastic(rng: Rng) -> Material:
    """Any colour, smooth."""
    return paint(textures.any_color(rng), rng.uniform(0.3, 0.6))


def leaf(rng: Rng) -> Material:
    """Green and slightly shiny; bright in infrared, as living leaves are."""
    texture = textures.finished(
        textures.color(rng, (70, 140), (0.35, 0.7), (0.25, 0.55)) * (1 + 0.2 * textures.clouds(rng, 64))[..., None]
    )
    return Material(texture=texture, roughness=0.5, infrared=0.6)


def glowing(picture: UInt8, radiance: float) -> Material:
    """A screen, a lamp, or a far view: it shows its own light, and reflects next to none."""
    return Material(texture=picture, roughness=0.6, specular=0.02, emission=radiance, infrared=0.3)
