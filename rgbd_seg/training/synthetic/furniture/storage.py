"""Shelves, cupboards, shop racks: full of things, and so full of edges."""

import numpy as np

from rgbd_seg.training.synthetic import surfaces
from rgbd_seg.training.synthetic.furniture.item import Item, item
from rgbd_seg.training.synthetic.furniture.tables import mug
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.shapes import at, box, cylinder, grid, rod

Rng = np.random.Generator


def bookshelf(rng: Rng) -> Item:
    """Boards with books, vases and gaps."""
    width, height, depth = rng.uniform(0.6, 1.3), rng.uniform(1.0, 2.2), 0.3
    wood = surfaces.furniture_wood(rng)
    covers = [surfaces.plastic(rng) for _ in range(7)]
    levels = max(2, round(height / 0.34))
    parts = _frame(width, height, depth, levels, wood)
    for level in range(levels):
        bottom = level * height / levels + 0.025
        parts += _row_of_books(rng, width, bottom, height / levels - 0.05, covers)
    return item("bookshelf", parts)


def _frame(width: float, height: float, depth: float, levels: int, wood: Material) -> list[Mesh]:
    boards = [
        box("board", (width, 0.025, depth), (0, level * height / levels + 0.0125, 0), wood)
        for level in range(levels + 1)
    ]
    sides = [box("side", (0.025, height, depth), (x, height / 2, 0), wood) for x in (-width / 2, width / 2)]
    return boards + sides + [box("rear", (width, height, 0.01), (0, height / 2, -depth / 2), wood)]


def _row_of_books(rng: Rng, width: float, bottom: float, room: float, covers: list[Material]) -> list[Mesh]:
    parts: list[Mesh] = []
    x = -width / 2 + 0.03
    while x < width / 2 - 0.07:
        if rng.random() < 0.06:
            x += rng.uniform(0.05, 0.25)
            continue
        if rng.random() < 0.05 and x < width / 2 - 0.2:
            parts.append(mug(rng).moved(at(x + 0.06, bottom, 0)))
            x += 0.14
            continue
        thick = rng.uniform(0.015, 0.05)
        size = (thick * 0.95, min(rng.uniform(0.17, 0.29), room), rng.uniform(0.13, 0.22))
        cover = covers[rng.integers(len(covers))]
        parts.append(box("book", size, (x + thick / 2, bottom + size[1] / 2, 0.02), cover))
        x += thick
    return parts


def cupboard(rng: Rng) -> Item:
    """Doors with handles, or drawers."""
    size = np.array([rng.uniform(0.5, 1.4), rng.choice([rng.uniform(0.6, 1.0), rng.uniform(1.6, 2.1)]), 0.42])
    wood, metal = surfaces.furniture_wood(rng), surfaces.metal(rng)
    parts = [box("cupboard", size, (0, size[1] / 2, 0), wood, bevel=0.006)]
    columns, rows = max(1, round(size[0] / 0.45)), max(1, round(size[1] / rng.choice([0.3, 0.9])))
    for c in range(columns):
        for r in range(rows):
            w, h = size[0] / columns, size[1] / rows
            x, y = (c + 0.5) * w - size[0] / 2, (r + 0.5) * h
            parts.append(box("door", (w - 0.014, h - 0.014, 0.018), (x, y, size[2] / 2 + 0.009), wood, bevel=0.004))
            parts.append(box("handle", (0.1, 0.012, 0.02), (x, y + h * 0.3, size[2] / 2 + 0.028), metal))
    return item("cupboard", parts)


def shop_shelf(rng: Rng) -> Item:
    """Goods in rows, each shelf of one kind."""
    width, height, depth = rng.uniform(1.0, 1.8), rng.uniform(1.4, 2.1), 0.4
    wood = surfaces.furniture_wood(rng)
    levels = int(rng.integers(4, 7))
    parts = _frame(width, height, depth, levels, wood)
    for level in range(levels):
        bottom = level * height / levels + 0.025
        tall = min(rng.uniform(0.08, 0.3), height / levels - 0.05)
        w, goods = rng.uniform(0.06, 0.18), [surfaces.plastic(rng) for _ in range(int(rng.integers(1, 4)))]
        round_ones = rng.random() < 0.4
        for k in range(int(width / (w * 1.08))):
            x = -width / 2 + 0.03 + (k + 0.5) * w * 1.08
            if rng.random() < 0.08 or x > width / 2 - w / 2:
                continue
            good = goods[k * len(goods) // max(int(width / w), 1) % len(goods)]
            if round_ones:
                parts.append(cylinder("tin", w * 0.45, (x, bottom, 0.05), tall, good))
            else:
                parts.append(box("packet", (w * 0.95, tall, 0.2), (x, bottom + tall / 2, 0.05), good, bevel=0.004))
    return item("shop shelf", parts)


def clothes_rack(rng: Rng) -> Item:
    """A bar with coats and shirts on hangers: clothes without people."""
    width, height, metal = rng.uniform(0.9, 1.6), rng.uniform(1.4, 1.7), surfaces.metal(rng)
    parts = [rod("bar", (-width / 2, height, 0), (width / 2, height, 0), 0.014, metal)]
    for x in (-width / 2, width / 2):
        parts += [rod("post", (x, 0, 0), (x, height, 0), 0.014, metal)]
        parts += [rod("foot", (x, 0.015, -0.22), (x, 0.015, 0.22), 0.014, metal)]
    x = -width / 2 + 0.08
    while x < width / 2 - 0.06:
        parts.append(_garment(rng, rng.uniform(0.6, 1.1)).moved(at(x, height - 0.04, 0, rng.normal(0, 12))))
        x += rng.uniform(0.05, 0.16)
    return item("clothes rack", parts)


def _garment(rng: Rng, length: float) -> Mesh:
    """A hanging piece seen from its side: shoulders, then folds."""
    down, across = np.mgrid[0:1:13j, -1:1:11j]
    half = 0.05 + 0.17 * np.clip(down * 9, 0, 1) ** 0.6
    folds = 0.022 * np.sin(across * rng.uniform(5, 9) + down * 2) * down
    points = np.stack([folds + 0.012, -down * length, across * half], axis=-1)
    back = np.stack([folds - 0.012, -down * length, across * half], axis=-1)[:, ::-1]
    both = np.concatenate([points, back, points[:, :1]], axis=1)
    coordinates = np.stack([np.broadcast_to(np.linspace(0, 1, both.shape[1]), both.shape[:2]), -both[..., 1]], axis=-1)
    return grid("garment", both, coordinates * 2, surfaces.upholstery(rng))
