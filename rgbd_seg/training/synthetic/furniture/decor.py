"""Plants, lamps, pictures, curtains, mirrors and screens on walls."""

import numpy as np

from rgbd_seg.arrays import Bool
from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.furniture.item import Item, item
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.shapes import box, grid, lathe, mesh, quad, rod, smooth_normals

Rng = np.random.Generator


def plant(rng: Rng, height: float | None = None) -> Item:
    """A pot and leaves on stems, from table size to man high."""
    tall = rng.uniform(0.5, 1.8) if height is None else height
    radius, pot = rng.uniform(0.1, 0.2), min(0.45, tall * 0.35)
    outline = [
        (0.001, 0),
        (radius * 0.75, 0),
        (radius, pot),
        (radius * 0.9, pot),
        (radius * 0.88, pot - 0.03),
        (0.001, pot - 0.03),
    ]
    parts = [lathe("pot", outline, surfaces.plastic(rng))]
    parts += leaves(rng, np.array([0, pot, 0]), tall - pot, int(rng.integers(50, 140)))
    return Item(name="plant", meshes=tuple(parts), solids=item("pot", parts[:1]).solids)


def leaves(rng: Rng, root: np.ndarray, height: float, count: int) -> list[Mesh]:
    """Bent leaves that grow from stems above ``root``."""
    length = rng.uniform(0.1, 0.3) * min(1.0, height + 0.3)
    broad = length * rng.uniform(0.12, 0.35)
    azimuth, rise = rng.uniform(0, 2 * np.pi, count), rng.uniform(-0.1, 1.2, count)
    start = root + np.stack(
        [rng.normal(0, 0.06, count), height * rng.uniform(0.05, 0.85, count), rng.normal(0, 0.06, count)], 1
    )
    out = np.stack([np.sin(azimuth) * np.cos(rise), np.sin(rise), np.cos(azimuth) * np.cos(rise)], 1)
    side = np.stack([np.cos(azimuth), np.zeros(count), -np.sin(azimuth)], 1)
    t = np.linspace(0, 1, 5)
    reach = length * rng.uniform(0.6, 1.3, (count, 1, 1)) * t[None, :, None]
    middle = start[:, None] + out[:, None] * reach - np.array([0, 1.0, 0]) * (0.9 * reach**2 / length)
    width = (broad * np.sin(np.pi * np.clip(t * 0.92 + 0.06, 0, 1)))[None, :, None]
    fold = np.array([0, 1.0, 0]) * width * 0.3
    points = np.stack([middle - side[:, None] * width + fold, middle, middle + side[:, None] * width + fold], axis=2)
    corner = np.arange(count * 15).reshape(count, 5, 3)
    a, b, c, d = corner[:, :-1, :-1], corner[:, :-1, 1:], corner[:, 1:, 1:], corner[:, 1:, :-1]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    vertices = points.reshape(-1, 3)
    coordinates = np.stack(
        np.broadcast_arrays(
            rng.random((count, 1, 1)),
            np.linspace(0, 1, 5)[None, :, None],
        ),
        -1,
    )
    coordinates = np.broadcast_to(coordinates, (count, 5, 3, 2)).reshape(-1, 2)
    normals = smooth_normals(vertices, triangles.astype(np.int32))
    green = surfaces.paint((0.3, 0.34, 0.16))
    stems = []
    for _ in range(3):
        tip = root + np.array([rng.normal(0, 0.05), height * rng.uniform(0.5, 0.9), rng.normal(0, 0.05)])
        stems.append(rod("stem", root - np.array([0, 0.03, 0]), tip, 0.006, green))
    return [mesh("leaves", vertices, normals, coordinates, triangles, surfaces.leaf(rng)), *stems]


def floor_lamp(rng: Rng, radiance: float = 4.0) -> Item:
    """A post with a glowing shade."""
    height, metal = rng.uniform(1.3, 1.8), surfaces.metal(rng)
    shade = surfaces.glowing(textures.flat(textures.color(rng, (28, 46), (0.1, 0.4), (0.9, 1))), radiance)
    r = rng.uniform(0.13, 0.2)
    parts = [
        lathe("foot", [(0.001, 0), (0.14, 0), (0.14, 0.02), (0.001, 0.02)], metal),
        rod("post", (0, 0, 0), (0, height, 0), 0.012, metal),
        lathe("shade", [(r, height - 0.05), (r * 0.7, height + 0.2)], shade),
    ]
    return item("floor lamp", parts)


def picture(rng: Rng, texture: Material | None = None, *, size: tuple[float, float] | None = None) -> Item:
    """A framed picture that hangs at the origin; its face looks along +z."""
    width, height = size or tuple(rng.uniform(0.25, 0.9, 2))
    face = texture or Material(texture=textures.abstract_art(rng), roughness=0.6)
    frame = surfaces.furniture_wood(rng) if rng.random() < 0.6 else surfaces.paint(np.full(3, rng.choice([0.05, 0.9])))
    parts = [box("frame", (width + 0.05, height + 0.05, 0.025), (0, 0, 0.0125), frame, bevel=0.006)]
    x, y = width / 2, height / 2
    parts.append(quad("picture", [(-x, -y, 0.0258), (x, -y, 0.0258), (x, y, 0.0258), (-x, y, 0.0258)], face))
    return item("picture", parts)


def pictured_person(material: Material, person: Bool, width: float, height: float, rng: Rng) -> Item:
    """A poster or screen that shows a person; where the person is on it has the role of a pictured person.

    Args:
        person: (rows, columns) True where the material's texture shows the person, top row first.
    """
    framed = picture(rng, material, size=(width, height))
    meshes = (framed.meshes[0], *tiled(material, person, width, height, 0.0258))
    return Item(name="pictured person", meshes=meshes, solids=framed.solids)


def tiled(material: Material, person: Bool, width: float, height: float, z: float) -> list[Mesh]:
    """An upright picture about the origin as small tiles: those that show a person, and the others."""
    rows, columns = person.shape
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, columns + 1), np.linspace(0.5, -0.5, rows + 1))
    points = np.stack([x * width, y * height, np.full_like(x, z)], axis=-1).reshape(-1, 3)
    coordinates = np.stack([x + 0.5, y + 0.5], axis=-1).reshape(-1, 2)
    corner = np.arange(len(points)).reshape(rows + 1, columns + 1)
    tile = np.stack([corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:], corner[:-1, :-1]], axis=-1)
    parts = []
    for name, chosen, role in (("picture", ~person, Role.PLACE), ("pictured person", person, Role.PICTURED_PERSON)):
        triangles = tile[chosen][:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
        if len(triangles):
            parts.append(
                mesh(name, points, np.tile((0.0, 0.0, 1.0), (len(points), 1)), coordinates, triangles, material, role)
            )
    return parts


def mirror(rng: Rng) -> Item:
    """A wall mirror that hangs at the origin and looks along +z."""
    width, height = rng.uniform(0.4, 1.0), rng.uniform(0.6, 1.6)
    glass = Material(texture=textures.flat((0.85, 0.88, 0.87)), roughness=0.05, mirror=0.9, infrared=0.1)
    parts = [
        box("frame", (width + 0.06, height + 0.06, 0.03), (0, 0, 0.015), surfaces.furniture_wood(rng), bevel=0.006)
    ]
    x, y = width / 2, height / 2
    parts.append(quad("mirror", [(-x, -y, 0.0305), (x, -y, 0.0305), (x, y, 0.0305), (-x, y, 0.0305)], glass))
    return item("mirror", parts)


def curtain(rng: Rng, width: float, height: float) -> Item:
    """Folds of cloth that hang down to the floor from ``height``."""
    cloth = surfaces.upholstery(rng)
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 60) * width, np.linspace(0.02, height, 4))
    waves = 0.035 * np.sin(2 * np.pi * x / rng.uniform(0.1, 0.18)) * (1.15 - 0.3 * y / height)
    points = np.stack([x, y, waves], axis=-1)
    return item("curtain", [grid("curtain", points, np.stack([x, y], -1) * 1.5, cloth)])


def wall_screen(rng: Rng, material: Material | None = None) -> Item:
    """A television or a big display on the wall."""
    width = rng.uniform(0.8, 1.5)
    face = material or surfaces.glowing(
        textures.abstract_art(rng) if rng.random() < 0.5 else textures.page(rng, True), 1.0
    )
    parts = [box("case", (width + 0.02, width * 0.5625 + 0.02, 0.04), (0, 0, 0.02), surfaces.paint(np.full(3, 0.05)))]
    x, y = width / 2, width * 0.28125
    parts.append(quad("screen", [(-x, -y, 0.0405), (x, -y, 0.0405), (x, y, 0.0405), (-x, y, 0.0405)], face))
    return item("wall screen", parts)


def partition(rng: Rng, width: float | None = None, height: float | None = None) -> Item:
    """A low screen between desks, a counter's edge, a door frame: cloth or glass in a frame."""
    w, h = width or rng.uniform(0.6, 1.6), height or rng.uniform(0.9, 1.7)
    parts = [box("partition", (w, h, 0.04), (0, h / 2, 0), surfaces.upholstery(rng), bevel=0.01)]
    parts += [box("edge", (w + 0.02, 0.03, 0.05), (0, h, 0), surfaces.metal(rng))]
    return item("partition", parts)
