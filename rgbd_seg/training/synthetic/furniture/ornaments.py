"""What stands on tables and plinths to be looked at: vases, flowers, bottles, busts, boxes."""

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.furniture.decor import leaves
from rgbd_seg.training.synthetic.furniture.item import Item, item
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.shapes import at, box, cylinder, ellipsoid, lathe

Rng = np.random.Generator
_STEPS = 28  # rings of a turned outline


def vase(rng: Rng) -> Item:
    """Turned, of any outline: slender, bellied, with a neck or without."""
    outline = turned_outline(rng, rng.uniform(0.25, 0.75))
    return item("vase", [lathe("vase", outline, _ceramic(rng), sides=40)])


def bunch(rng: Rng) -> Item:
    """A vase with leaves and flowers."""
    outline = turned_outline(rng, rng.uniform(0.18, 0.4))
    root = np.array([0.0, outline[-1, 1], 0.0])
    height = rng.uniform(0.15, 0.5)
    parts = [lathe("vase", outline, _ceramic(rng), sides=40), *leaves(rng, root, height, int(rng.integers(20, 80)))]
    petals = surfaces.paint(textures.any_color(rng), 0.7)
    for _ in range(int(rng.integers(0, 14))):
        centre = root + np.array([rng.normal(0, 0.12), height * rng.uniform(0.5, 1.0), rng.normal(0, 0.12)])
        parts.append(ellipsoid("flower", rng.uniform(0.015, 0.05, 3), centre, petals))
    return item("bunch", parts)


def bottles(rng: Rng) -> Item:
    """One to four, side by side."""
    parts = []
    for k in range(int(rng.integers(1, 5))):
        radius, height = rng.uniform(0.03, 0.07), rng.uniform(0.2, 0.4)
        neck = radius * rng.uniform(0.25, 0.6)
        shoulder = height * rng.uniform(0.55, 0.75)
        profile = [
            (0.001, 0),
            (radius, 0),
            (radius, shoulder),
            (neck, shoulder + 0.05),
            (neck, height),
            (0.001, height),
        ]
        bottle = lathe("bottle", profile, surfaces.plastic(rng))
        parts.append(bottle.moved(at(0.16 * (k - 1), 0, rng.normal(0, 0.06))))
    return item("bottles", parts)


def bust(rng: Rng) -> Item:
    """A head of one colour on a foot: a sculpture has a person's outline in depth, and no skin."""
    stone = _ceramic(rng)
    foot, neck = rng.uniform(0.1, 0.16), rng.uniform(0.22, 0.3)
    profile = [
        (0.001, 0),
        (foot, 0),
        (foot, 0.03),
        (0.05, 0.06),
        (foot * 1.2, 0.15),
        (0.055, neck),
        (0.05, neck + 0.08),
    ]
    radii = (0.08, rng.uniform(0.11, 0.14), 0.1)
    head = ellipsoid("head", radii, (0, neck + 0.19, 0.01), stone, role=Role.PICTURED_PERSON)
    return item("bust", [lathe("foot", profile, stone, role=Role.PICTURED_PERSON), head])


def stack(rng: Rng) -> Item:
    """Boxes, bags or cushions one on another."""
    parts: list[Mesh] = []
    level, width = 0.0, rng.uniform(0.2, 0.45)
    for _ in range(int(rng.integers(1, 5))):
        size = np.array([width, rng.uniform(0.08, 0.35), rng.uniform(0.15, 0.4)])
        material = surfaces.upholstery(rng) if rng.random() < 0.5 else surfaces.plastic(rng)
        made = box("box", size, (0, level + size[1] / 2, 0), material, bevel=float(rng.choice([0.004, 0.04])))
        parts.append(made.moved(at(rng.normal(0, 0.02), 0, 0, rng.normal(0, 15))))
        level, width = level + size[1], width * rng.uniform(0.7, 1.0)
    return item("stack", parts)


def plinth(rng: Rng, height: float) -> Item:
    """A round or square block to put things on."""
    material = surfaces.furniture_wood(rng) if rng.random() < 0.5 else surfaces.wall(rng)
    half = rng.uniform(0.18, 0.4)
    if rng.random() < 0.5:
        return item("plinth", [cylinder("plinth", half, (0, 0, 0), height, material)])
    return item("plinth", [box("plinth", (2 * half, height, 2 * half), (0, height / 2, 0), material, bevel=0.008)])


def turned_outline(rng: Rng, height: float) -> Float64:
    """(n, 2) radius and height from the foot's middle up to the rim: a smooth curve through random radii."""
    knots = np.linspace(0, 1, int(rng.integers(4, 7)))
    widest = height * rng.uniform(0.18, 0.42)
    radii = widest * rng.uniform(0.25, 1.0, len(knots))
    t = np.linspace(0, 1, _STEPS)
    # A cosine between knots: no edge, and no radius outside of those that were drawn.
    k = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, len(knots) - 2)
    share = (1 - np.cos(np.pi * (t - knots[k]) / (knots[k + 1] - knots[k]))) / 2
    curve = np.stack([radii[k] * (1 - share) + radii[k + 1] * share, t * height], axis=1)
    return np.concatenate([[(0.001, 0.0)], curve])


def _ceramic(rng: Rng) -> Material:
    """Glazed or raw, one colour or a pattern."""
    kind = rng.random()
    if kind < 0.5:
        return surfaces.paint(textures.any_color(rng), float(rng.uniform(0.15, 0.8)))
    if kind < 0.75:
        return Material(
            texture=textures.wallpaper(rng, textures.any_color(rng)), roughness=float(rng.uniform(0.2, 0.7))
        )
    return Material(texture=textures.speckled(rng, textures.any_color(rng)), roughness=float(rng.uniform(0.3, 0.8)))
