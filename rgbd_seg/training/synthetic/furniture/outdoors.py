"""Trees, hedges, cars, houses and lamp posts."""

import numpy as np

from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.furniture.item import Item, item, solid_box
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.shapes import box, cylinder, grid, mesh, rod

Rng = np.random.Generator


def tree(rng: Rng) -> Item:
    """A trunk, some branches, a crown of some thousand leaves."""
    height, crown = rng.uniform(3.5, 7), rng.uniform(1.1, 2.2)
    bark = Material(texture=textures.speckled(rng, textures.color(rng, (15, 40), (0.15, 0.45), (0.2, 0.45)), 0.25),
                    roughness=1.0, bump=0.01)  # fmt: skip
    top = np.array([0, height - crown, 0])
    parts = [rod("trunk", (0, 0, 0), top, rng.uniform(0.09, 0.2), bark)]
    for _ in range(5):
        tip = top + rng.normal(0, crown * 0.4, 3) + [0, crown * 0.5, 0]
        parts.append(rod("branch", top * rng.uniform(0.7, 1), tip, 0.04, bark))
    parts.append(_crown(rng, np.array([0, height - crown * 0.8, 0]), np.array([crown, crown * 0.9, crown]), 3500, 0.1))
    return Item(name="tree", meshes=tuple(parts), solids=(solid_box((-0.25, 0, -0.25), (0.25, 2.5, 0.25)),))


def bush(rng: Rng) -> Item:
    """Leaves down to the ground."""
    size = np.array([rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.2), rng.uniform(0.4, 0.8)])
    leaves = _crown(rng, np.array([0, size[1] * 0.8, 0]), size, 1800, 0.055)
    return Item(name="bush", meshes=(leaves,), solids=(solid_box(-size, size * [1, 1.8, 1]),))


def hedge(rng: Rng, width: float = 6.0) -> Item:
    """A clipped wall of leaves."""
    height = rng.uniform(1.0, 2.2)
    face = Material(texture=textures.foliage(rng), roughness=0.8, bump=0.03, infrared=0.6)
    core = box("hedge", (width, height, 0.6), (0, height / 2, 0), face, tile=0.6)
    count = int(width * height * 160)
    centre = np.stack(
        [rng.uniform(-width / 2, width / 2, count), rng.uniform(0, height, count), np.full(count, 0.3)], 1
    )
    return item("hedge", [core, _leaf_cards(rng, centre, 0.05)])


def _crown(rng: Rng, centre: np.ndarray, radii: np.ndarray, count: int, size: float) -> Mesh:
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    lumps = 1 + 0.25 * np.sin(3 * direction[:, :1] * 2 + rng.uniform(0, 6)) * np.sin(
        4 * direction[:, 1:2] + rng.uniform(0, 6)
    )
    return _leaf_cards(rng, centre + direction * radii * lumps * rng.uniform(0.55, 1, (count, 1)) ** 0.5, size)


def _leaf_cards(rng: Rng, centre: np.ndarray, size: float) -> Mesh:
    """One lozenge of two triangles for every leaf, turned at random."""
    count = len(centre)
    normal = rng.normal(size=(count, 3)) + np.array([0, 0.7, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    along = np.cross(normal, rng.normal(size=(count, 3)))
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    along *= size * rng.uniform(0.6, 1.3, (count, 1))
    across = np.cross(normal, along) * 0.45
    points = np.stack([centre - along, centre + across, centre + along, centre - across], axis=1).reshape(-1, 3)
    start = 4 * np.arange(count)[:, None]
    triangles = np.concatenate([start + np.array(corners) for corners in ((0, 1, 2), (0, 2, 3))])
    coordinates = np.repeat(rng.random((count, 2)), 4, axis=0)
    return mesh("leaves", points, np.repeat(normal, 4, axis=0), coordinates, triangles, surfaces.leaf(rng))


def car(rng: Rng) -> Item:
    """A parked car, seen from its side: body, cabin with dark glass, wheels."""
    body = surfaces.paint(textures.any_color(rng) * 0.9, 0.2)
    glass = Material(texture=textures.flat((0.06, 0.07, 0.08)), roughness=0.08, specular=0.08)
    along = np.linspace(-2.1, 2.1, 22)
    outline = 0.78 + 0.62 * np.exp(-(((along + 0.15) / 1.15) ** 4))
    across = np.array([-0.84, -0.8, -0.62, 0, 0.62, 0.8, 0.84])
    lift = np.array([0.0, 0.62, 1.0, 1.03, 1.0, 0.62, 0.0])
    heights = 0.32 + (outline[:, None] - 0.32) * lift[None]
    points = np.stack(np.broadcast_arrays(along[:, None], heights, across[None]), axis=-1)
    parts = [grid("car", points, points[..., :2], body, outward=False)]
    for z in (-0.805, 0.805):
        corners = [(-1.1, 0.92, z), (0.8, 0.92, z), (0.45, 1.26, z * 0.86), (-0.75, 1.26, z * 0.86)]
        order = np.array(corners if z > 0 else [corners[i] for i in (1, 0, 3, 2)])
        order[:, 2] += 0.03 * np.sign(z)
        normals = [(0, 0.2, np.sign(z))] * 4
        parts.append(mesh("window", order, normals, [(0, 0)] * 4, [(0, 1, 2), (0, 2, 3)], glass))
    black = surfaces.paint(np.full(3, 0.05), 0.8)
    parts += [
        rod("wheel", (x, 0.32, z - 0.1), (x, 0.32, z + 0.1), 0.32, black) for x in (-1.3, 1.3) for z in (-0.75, 0.75)
    ]
    return item("car", parts)


def facade(rng: Rng, width: float, height: float, lit: float = 0.0) -> Item:
    """The front of a house with rows of windows; ``lit``: radiance of those where somebody is at home."""
    front = surfaces.wall(rng)
    parts = [box("house", (width, height, 0.4), (0, height / 2, -0.2), front, tile=1.6)]
    columns, rows = max(1, int(width / rng.uniform(1.6, 2.6))), max(1, int(height / 2.9))
    dark = Material(texture=textures.flat((0.12, 0.14, 0.17)), roughness=0.05, specular=0.1)
    bright = surfaces.glowing(textures.flat((1.0, 0.85, 0.6)), max(lit, 0.01))
    frame = surfaces.paint(np.full(3, rng.choice([0.15, 0.85])))
    for c in range(columns):
        for r in range(rows):
            x, y = (c + 0.5) * width / columns - width / 2, 1.0 + r * 2.9
            w, h = 0.5, 1.5
            pane = bright if lit > 0 and rng.random() < 0.4 else dark
            parts.append(box("window frame", (2 * w + 0.12, h + 0.12, 0.06), (x, y + h / 2, 0.02), frame))
            parts.append(box("pane", (2 * w, h, 0.02), (x, y + h / 2, 0.045), pane))
    return item("house", parts)


def lamp_post(rng: Rng, radiance: float = 0.0) -> Item:
    """A street lamp; it glows at night."""
    height, iron = rng.uniform(3, 4.5), surfaces.paint(np.full(3, rng.uniform(0.08, 0.35)), 0.5)
    head = surfaces.glowing(textures.flat((1.0, 0.9, 0.7)), max(radiance, 0.05))
    return item(
        "lamp post",
        [rod("post", (0, 0, 0), (0, height, 0), 0.05, iron), cylinder("head", 0.16, (0, height, 0), 0.3, head)],
    )


def railing(rng: Rng, width: float = 5.0) -> Item:
    """Bars and a rail."""
    iron = surfaces.metal(rng)
    bars = [rod("bar", (x, 0, 0), (x, 1.0, 0), 0.01, iron) for x in np.arange(-width / 2, width / 2, 0.14)]
    rails = [rod("rail", (-width / 2, y, 0), (width / 2, y, 0), 0.022, iron) for y in (0.1, 1.0)]
    return item("railing", bars + rails)
