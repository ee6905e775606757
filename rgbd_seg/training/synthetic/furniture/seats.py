"""Chairs, stools, armchairs, sofas and benches. A seat's ``height`` is that of the surface one sits on."""

from collections.abc import Callable

import numpy as np

from rgbd_seg.training.synthetic import surfaces
from rgbd_seg.training.synthetic.furniture.item import Item, item
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.shapes import box, cylinder, rod

Rng = np.random.Generator


def chair(rng: Rng, height: float = 0.46, headrest: bool = False) -> Item:
    """Four legs, a seat, a back; with a headrest where asked for."""
    wood, cloth = surfaces.furniture_wood(rng), surfaces.upholstery(rng)
    width, depth, back = rng.uniform(0.4, 0.48), rng.uniform(0.4, 0.46), rng.uniform(0.4, 0.55)
    parts = [box("seat", (width, 0.05, depth), (0, height - 0.025, 0), cloth, bevel=0.015)]
    for x in (-1, 1):
        for z in (-1, 1):
            foot = (x * width * 0.46, 0, z * depth * 0.46)
            parts.append(rod("leg", foot, (foot[0], height - 0.04, foot[2]), 0.016, wood))
    parts += _back(rng, width, depth, height, back, wood, cloth)
    if headrest:
        top = height + back
        parts.append(box("headrest", (0.28, 0.16, 0.07), (0, top + 0.12, -depth / 2), cloth, bevel=0.03))
        parts.append(rod("stalk", (0, top - 0.02, -depth / 2), (0, top + 0.08, -depth / 2), 0.015, wood))
    return item("chair", parts)


def _back(
    rng: Rng, width: float, depth: float, height: float, back: float, wood: Material, cloth: Material
) -> list[Mesh]:
    z = -depth / 2
    if rng.random() < 0.5:
        return [box("back", (width * 0.95, back, 0.04), (0, height + back / 2 + 0.06, z), cloth, bevel=0.015)]
    posts = [rod("post", (x, height - 0.03, z), (x, height + back, z), 0.016, wood) for x in (-width / 2, width / 2)]
    bars = [
        box("bar", (width, 0.05, 0.02), (0, height + back * (i + 1) / 3.05, z), wood, bevel=0.006) for i in range(3)
    ]
    return posts + bars


def office_chair(rng: Rng, height: float = 0.48) -> Item:
    """A column on a star, arm rests, a high back, often a headrest."""
    black = surfaces.paint(np.full(3, rng.uniform(0.06, 0.2)), 0.5)
    cloth = black if rng.random() < 0.4 else surfaces.upholstery(rng)
    parts = [
        box("seat", (0.5, 0.08, 0.46), (0, height - 0.04, 0), cloth, bevel=0.03),
        box("back", (0.46, 0.58, 0.06), (0, height + 0.36, -0.26), cloth, bevel=0.03),
        cylinder("column", 0.03, (0, 0.08, 0), height - 0.14, surfaces.metal(rng)),
    ]
    for k in range(5):
        a = 2 * np.pi * k / 5
        parts.append(rod("foot", (0, 0.09, 0), (0.3 * np.sin(a), 0.05, 0.3 * np.cos(a)), 0.018, black))
    if rng.random() < 0.5:
        parts.append(box("headrest", (0.3, 0.16, 0.06), (0, height + 0.78, -0.26), cloth, bevel=0.025))
        parts.append(box("stalk", (0.06, 0.1, 0.03), (0, height + 0.68, -0.27), black))
    for x in (-0.29, 0.29):
        if rng.random() < 0.8:
            parts.append(box("arm rest", (0.06, 0.03, 0.26), (x, height + 0.2, -0.04), black, bevel=0.01))
            parts.append(box("arm post", (0.03, 0.22, 0.05), (x, height + 0.08, -0.06), black))
    return item("office chair", parts)


def stool(rng: Rng, height: float = 0.46) -> Item:
    """Round or square, without a back."""
    wood = surfaces.furniture_wood(rng)
    if rng.random() < 0.5:
        top = cylinder("seat", 0.19, (0, height - 0.04, 0), 0.04, surfaces.upholstery(rng))
    else:
        top = box("seat", (0.36, 0.05, 0.36), (0, height - 0.025, 0), wood, bevel=0.01)
    legs = [rod("leg", (0.17 * x, 0, 0.17 * z), (0.12 * x, height - 0.04, 0.12 * z), 0.015, wood) for x in (-1, 1)
            for z in (-1, 1)]  # fmt: skip
    return item("stool", [top, *legs])


def armchair(rng: Rng, height: float = 0.44) -> Item:
    """Soft, with arms and a high back."""
    return _soft(rng, "armchair", height, rng.uniform(0.56, 0.66))


def sofa(rng: Rng, height: float = 0.44) -> Item:
    """The same for two or three, with cushions."""
    return _soft(rng, "sofa", height, rng.uniform(1.3, 2.1))


def _soft(rng: Rng, name: str, height: float, width: float) -> Item:
    cloth = surfaces.upholstery(rng)
    back = rng.uniform(0.42, 0.62)
    parts = [
        box("base", (width, height - 0.14, 0.6), (0, (height - 0.14) / 2 + 0.04, 0), cloth, bevel=0.02),
        box("back", (width, back, 0.16), (0, height + back / 2 - 0.1, -0.36), cloth, bevel=0.05),
    ]
    seats = max(1, round(width / 0.62))
    for k in range(seats):
        x = (k - (seats - 1) / 2) * width / seats
        parts.append(box("cushion", (width / seats - 0.01, 0.14, 0.58), (x, height - 0.07, 0.02), cloth, bevel=0.04))
    for side in (-1, 1):
        x = side * (width / 2 + 0.07)
        parts.append(box("arm", (0.14, height + 0.14, 0.66), (x, (height + 0.14) / 2, 0), cloth, bevel=0.04))
    if width > 1 and rng.random() < 0.7:
        for side in (-1, 1):
            pillow = surfaces.upholstery(rng)
            parts.append(
                box("pillow", (0.4, 0.36, 0.12), (side * width * 0.36, height + 0.2, -0.2), pillow, bevel=0.055)
            )
    return item(name, parts)


def bench(rng: Rng, height: float = 0.45) -> Item:
    """Slats outdoors."""
    wood, iron = surfaces.furniture_wood(rng), surfaces.metal(rng)
    parts = [box("slat", (1.5, 0.03, 0.09), (0, height - 0.015, -0.18 + 0.11 * k), wood, bevel=0.005) for k in range(4)]
    parts += [box("slat", (1.5, 0.09, 0.03), (0, height + 0.16 + 0.13 * k, -0.24), wood, bevel=0.005) for k in range(3)]
    parts += [box("frame", (0.05, height - 0.03, 0.42), (x, (height - 0.03) / 2, -0.02), iron) for x in (-0.62, 0.62)]
    parts += [box("post", (0.05, 0.5, 0.04), (x, height + 0.22, -0.27), iron) for x in (-0.62, 0.62)]
    return item("bench", parts)


SEATS: dict[str, Callable[[Rng, float], Item]] = {
    "chair": chair,
    "chair with headrest": lambda rng, height: chair(rng, height, headrest=True),
    "office chair": office_chair,
    "stool": stool,
    "armchair": armchair,
    "sofa": sofa,
    "bench": bench,
}
"""By name; each is made so that its surface is at the height given."""
