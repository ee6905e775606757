"""Desks and tables, with what lies on them."""

import numpy as np

from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.furniture.item import Item, item
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.shapes import at, box, cylinder, lathe, quad, rod

Rng = np.random.Generator


def desk(rng: Rng, *, things: bool = True, screens: int | None = None, height: float | None = None) -> Item:
    """A top on legs or panels; screens face +z."""
    width, depth = rng.uniform(1.1, 1.7), rng.uniform(0.55, 0.75)
    level = rng.uniform(0.71, 0.75) if height is None else height
    top = surfaces.furniture_wood(rng)
    parts = [box("desk top", (width, 0.03, depth), (0, level - 0.015, 0), top, bevel=0.005)]
    parts += (
        _legs(width, depth, level, surfaces.metal(rng)) if rng.random() < 0.6 else _panels(width, depth, level, top)
    )
    if things:
        parts += clutter(rng, width, depth, level)
    for k in range(int(rng.integers(0, 3)) if screens is None else screens):
        x = width * (0.28 if k else rng.uniform(-0.3, -0.1))
        parts += [part.moved(at(x, level, -depth * 0.25, rng.normal(0, 12))) for part in monitor(rng)]
    return item("desk", parts)


def table(rng: Rng) -> Item:
    """A dining or coffee table, round or square."""
    if rng.random() < 0.5:
        return desk(rng, screens=0, height=rng.uniform(0.4, 0.5) if rng.random() < 0.4 else None)
    wood, height, radius = surfaces.furniture_wood(rng), rng.uniform(0.45, 0.75), rng.uniform(0.3, 0.55)
    parts = [
        cylinder("table top", radius, (0, height - 0.03, 0), 0.03, wood),
        cylinder("column", 0.04, (0, 0, 0), height - 0.03, wood),
        cylinder("foot", radius * 0.6, (0, 0, 0), 0.02, wood),
    ]
    return item("table", parts + clutter(rng, radius, radius, height))


def _legs(width: float, depth: float, height: float, metal: Material) -> list[Mesh]:
    return [
        rod("leg", (x, 0, z), (x, height - 0.02, z), 0.02, metal)
        for x in (-width * 0.47, width * 0.47)
        for z in (-depth * 0.44, depth * 0.44)
    ]


def _panels(width: float, depth: float, height: float, wood: Material) -> list[Mesh]:
    side = (0.03, height - 0.03, depth * 0.95)
    return [box("panel", side, (x, (height - 0.03) / 2, 0), wood) for x in (-width * 0.48, width * 0.48)]


def clutter(rng: Rng, width: float, depth: float, height: float) -> list[Mesh]:
    """Mugs, books, paper and boxes on a surface ``height`` metres up."""
    parts: list[Mesh] = []
    for _ in range(int(rng.integers(1, 6))):
        x, z = rng.uniform(-0.42, 0.42) * width, rng.uniform(-0.36, 0.36) * depth
        kind = rng.integers(4)
        if kind == 0:
            parts.append(mug(rng).moved(at(x, height, z)))
        elif kind == 1:
            level = height
            for _ in range(int(rng.integers(1, 5))):
                thick = rng.uniform(0.012, 0.04)
                size = (rng.uniform(0.14, 0.22), thick, rng.uniform(0.2, 0.28))
                book = box("book", size, (0, thick / 2, 0), surfaces.plastic(rng))
                parts.append(book.moved(at(x, level, z, rng.normal(0, 25))))
                level += thick
        elif kind == 2:
            sheet = Material(texture=textures.page(rng), roughness=0.8)
            parts.append(box("paper", (0.21, 0.002, 0.297), (0, 0.001, 0), sheet, tile=0.297).moved(
                at(x, height, z, rng.normal(0, 30))))  # fmt: skip
        else:
            sides = rng.uniform(0.05, 0.16, 3)
            parts.append(box("box", sides, (x, height + sides[1] / 2, z), surfaces.plastic(rng), bevel=0.004))
    return parts


def mug(rng: Rng) -> Mesh:
    """A mug without its handle, seen from afar."""
    r, h = rng.uniform(0.035, 0.045), rng.uniform(0.08, 0.11)
    outline = [(0.001, 0), (r * 0.95, 0.001), (r, 0.006), (r, h), (r * 0.88, h), (r * 0.86, 0.012), (0.001, 0.01)]
    return lathe("mug", outline, surfaces.plastic(rng), sides=18)


def monitor(rng: Rng, picture: Material | None = None) -> list[Mesh]:
    """A screen on its foot; it shows text or a picture, or is dark."""
    black = surfaces.paint(np.full(3, rng.choice([0.05, 0.12, 0.75], p=[0.5, 0.3, 0.2])), 0.4)
    width = rng.uniform(0.46, 0.68)
    height, low = width * rng.choice([0.5625, 0.625, 0.42]), rng.uniform(0.1, 0.18)
    face = picture or screen_picture(rng)
    parts = [
        box("screen case", (width + 0.02, height + 0.02, 0.025), (0, low + height / 2, 0), black, bevel=0.004),
        box("screen foot", (0.2, 0.012, 0.16), (0, 0.006, -0.02), black, bevel=0.004),
        box("screen post", (0.05, low + 0.1, 0.02), (0, (low + 0.1) / 2, -0.022), black),
    ]
    x, y, z = width / 2, low, 0.0132
    corners = [(-x, y, z), (x, y, z), (x, y + height, z), (-x, y + height, z)]
    return [*parts, quad("screen", corners, face)]


def screen_picture(rng: Rng) -> Material:
    """What a screen shows when nobody is on it."""
    if rng.random() < 0.2:
        return surfaces.paint(np.full(3, 0.03), 0.15)
    if rng.random() < 0.75:
        return surfaces.glowing(textures.page(rng, dark=rng.random() < 0.4), rng.uniform(0.5, 1.6))
    return surfaces.glowing(textures.abstract_art(rng), rng.uniform(0.5, 1.4))
