"""The things that can be held: phones, mugs, books, bags, balls and more.

Palm coordinates: x towards the thumb (right hand), y where the fingers point, z out of the palm.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rgbd_seg.arrays import Float64, UInt8
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.characters.color import to_texture
from rgbd_seg.training.synthetic.characters.fabric import fabric_material
from rgbd_seg.training.synthetic.characters.held_object import (
    PALM,
    HeldObject,
    bar_distance,
    box_distance,
    cylinder_distance,
)
from rgbd_seg.training.synthetic.characters.primitives import Shape, ball, box, grid, joined, tube, turned
from rgbd_seg.training.synthetic.characters.rotations import euler
from rgbd_seg.training.synthetic.characters.spec import HeldSpec
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.transform import RigidTransform


def held_object(held: HeldSpec) -> HeldObject:
    """The thing of a spec.

    Raises:
        ConfigError: there is no such thing.
    """
    if held.kind not in _MAKERS:
        raise ConfigError(f"held.kind is {held.kind!r}; expected one of {', '.join(_MAKERS)}")
    return _MAKERS[held.kind](held)


def _phone(held: HeldSpec) -> HeldObject:
    """Long side along the thumb, back on the palm, screen away from it."""
    size = (0.148 * held.size, 0.072 * held.size, 0.0085)
    body = box(size)
    screen = box((size[0] * 0.96, size[1] * 0.94, 0.0006), (0, 0, size[2] / 2 + 0.0002))
    glass = Material(texture=_screen(held), roughness=0.08, specular=0.05, emission=0.25)
    return HeldObject(
        parts=((body, fabric_material(held.fabric)), (screen, glass)),
        distance=box_distance(size),
        T_palm_object=_placed((0.015, 0.046, PALM + size[2] / 2 + 0.004), euler(-12, 0, 8)),
    )


def _phone_call(held: HeldSpec) -> HeldObject:
    """At the ear: along the fingers."""
    phone = _phone(held)
    return replace(phone, T_palm_object=_placed((0.0, 0.050, PALM + 0.009), euler(0, 0, 62)))


def _tablet(held: HeldSpec) -> HeldObject:
    size = (0.175 * held.size, 0.25 * held.size, 0.008)
    body = box(size)
    screen = box((size[0] * 0.93, size[1] * 0.94, 0.0006), (0, 0, size[2] / 2 + 0.0002))
    glass = Material(texture=_screen(held), roughness=0.08, specular=0.05, emission=0.25)
    return HeldObject(
        parts=((body, fabric_material(held.fabric)), (screen, glass)),
        distance=box_distance(size),
        T_palm_object=_placed((0.0, 0.05, PALM + 0.01), np.eye(3)),
        grip_width=size[0],
    )


def _mug(held: HeldSpec) -> HeldObject:
    radius, height = 0.040 * held.size, 0.095 * held.size
    wall = 0.9 * radius
    outer = [(0.001, 0.0), (radius * 0.95, 0.0), (radius, 0.006), (radius, height)]
    inner = [(wall, height), (wall, 0.25 * height), (0.001, 0.25 * height)]
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 12)
    loop = np.stack([radius * 0.97 + 0.026 * np.cos(angle), height / 2 + 0.030 * np.sin(angle), np.zeros(12)], axis=1)
    shape = joined(turned(outer + inner), tube(loop, 0.0055, 8))
    # Standing along the thumb, its handle away from the palm.
    stand = np.array([[0.0, 1.0, 0.0], [-0.5, 0.0, 0.8660254], [0.8660254, 0.0, 0.5]])
    return HeldObject(
        parts=((shape, _glazed(held)),),
        distance=cylinder_distance(radius, 0.0, height),
        T_palm_object=_placed((-height / 2 + 0.012, 0.030, PALM + radius + 0.002), stand),
    )


def _bottle(held: HeldSpec) -> HeldObject:
    radius, height = 0.033 * held.size, 0.215 * held.size
    profile = [
        (0.001, 0.0), (radius * 0.9, 0.0), (radius, 0.008), (radius, height * 0.64), (radius * 0.75, height * 0.75),
        (radius * 0.40, height * 0.86), (radius * 0.40, height), (0.001, height),
    ]  # fmt: skip
    stand = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
    return HeldObject(
        parts=((turned(profile), _glazed(held)),),
        distance=cylinder_distance(radius, 0.0, height),
        T_palm_object=_placed((-height * 0.32, 0.030, PALM + radius + 0.002), stand),
    )


def _book(held: HeldSpec) -> HeldObject:
    """Closed, its spine in the hand, carried beside the leg or before the chest."""
    size = (0.21 * held.size, 0.145 * held.size, 0.026)
    cover = fabric_material(held.fabric)
    pages = Material(texture=to_texture(np.full((1, 1, 3), 0.9, np.float32)), roughness=0.95)
    boards = joined(
        box((size[0], size[1], 0.003), (0, 0, size[2] / 2)),
        box((size[0], size[1], 0.003), (0, 0, -size[2] / 2)),
        box((size[0], 0.003, size[2]), (0, -size[1] / 2, 0)),
    )
    block = box((size[0] * 0.97, size[1] * 0.97, size[2] - 0.004))
    return HeldObject(
        parts=((boards, cover), (block, pages)),
        distance=box_distance(size),
        T_palm_object=_placed((0.0, 0.070, PALM + size[2] / 2 + 0.004), np.eye(3)),
    )


def _open_book(held: HeldSpec) -> HeldObject:
    """Open towards the reader (+z), a hand at each side."""
    width, height, tilt = 0.15 * held.size, 0.21 * held.size, 16.0
    cover = fabric_material(held.fabric)
    pages = Material(texture=_printed_page(held), roughness=0.95)
    boards, blocks = [], []
    for side in (-1, 1):
        turn = RigidTransform(rotation=euler(0, -side * tilt, 0), translation=np.zeros(3))
        boards.append(box((width, height, 0.003), (side * width / 2, 0, -0.009)).placed(turn))
        blocks.append(box((width * 0.97, height * 0.96, 0.014), (side * width * 0.49, 0, 0.0)).placed(turn))
    return HeldObject(
        parts=((joined(*boards), cover), (joined(*blocks), pages)),
        distance=box_distance((2 * width * 0.96, height, 0.05)),
        T_palm_object=_placed((0.0, 0.05, 0.04), np.eye(3)),
        grip_width=2 * width * 0.96,
    )


def _small_ball(held: HeldSpec) -> HeldObject:
    radius = 0.034 * held.size
    return HeldObject(
        parts=((ball(radius), fabric_material(held.fabric)),),
        distance=lambda p: np.linalg.norm(p, axis=1) - radius,
        T_palm_object=_placed((0.008, 0.045, PALM + radius + 0.002), np.eye(3)),
    )


def _big_ball(held: HeldSpec) -> HeldObject:
    radius = 0.112 * held.size
    return HeldObject(
        parts=((ball(radius, 40), fabric_material(held.fabric)),),
        distance=lambda p: np.linalg.norm(p, axis=1) - radius,
        T_palm_object=_placed((0.0, 0.04, PALM + radius), np.eye(3)),
        grip_width=2 * radius,
    )


def _parcel(held: HeldSpec) -> HeldObject:
    size = (0.32 * held.size, 0.22 * held.size, 0.24 * held.size)
    return HeldObject(
        parts=((box(size), fabric_material(held.fabric)),),
        distance=box_distance(size),
        T_palm_object=_placed((0.0, 0.04, PALM + 0.12), np.eye(3)),
        grip_width=size[0],
    )


def _bag(held: HeldSpec) -> HeldObject:
    """Hangs from the bent fingers: origin at the handle, x along it."""
    width, height, depth = 0.34 * held.size, 0.27 * held.size, 0.11 * held.size
    drop = 0.13 * held.size
    angle = np.linspace(0, np.pi, 17)
    material = fabric_material(held.fabric)
    handles = [
        tube(
            np.stack([0.085 * np.cos(angle), drop * (np.sin(angle) - 1), np.full(17, z)], axis=1) * [1, 1, 1], 0.006, 8
        )
        for z in (-0.008, 0.008)
    ]
    body = pouch(width, height, depth).placed(RigidTransform(rotation=np.eye(3), translation=np.array([0, -drop, 0])))
    return HeldObject(
        parts=((joined(*handles, body), material),),
        distance=bar_distance(0.011, 0.06),
        T_palm_object=_placed((0.0, 0.062, PALM + 0.016), np.eye(3)),
        upright=True,
    )


def pouch(width: float, height: float, depth: float) -> Shape:
    """A soft bag below the origin."""
    levels = np.linspace(0, 1, 9)
    angle = np.linspace(0, 2 * np.pi, 41)
    rows = []
    for level in levels:
        bulge = 0.80 + 0.20 * np.sin(np.pi * min(level * 0.8 + 0.15, 1.0))
        thin = 0.30 + 0.70 * np.clip(level * 2.2, 0, 1)
        shrink = 1.0 if level < 0.97 else 0.86
        rows.append(
            np.stack(
                [
                    _squared(np.sin(angle)) * width / 2 * bulge * shrink,
                    np.full_like(angle, -height * level),
                    _squared(np.cos(angle)) * depth / 2 * thin * shrink,
                ],
                axis=1,
            )
        )
    rows.append(np.array([0, -height, 0]) + 0 * rows[-1])
    return grid(np.stack(rows[::-1]), closed=True)


def _squared(value: Float64) -> Float64:
    """Of a circle's coordinates: those of a superellipse."""
    return np.asarray(np.sign(value) * np.abs(value) ** 0.55, np.float64)


def _flowers(held: HeldSpec) -> HeldObject:
    """A bunch: stems in the fist along the thumb, blossoms above."""
    rng = np.random.default_rng([held.fabric.seed, 5])
    stems, blossoms, leaves = [], [], []
    for _ in range(11):
        lean = rng.normal(0, 0.22, 2)
        length = float(rng.uniform(0.24, 0.31)) * held.size
        top = np.array([length, lean[0] * length, lean[1] * length])
        stems.append(tube(np.linspace([-0.07, 0, 0], top, 5), 0.0022, 5))
        place = RigidTransform(rotation=euler(*rng.uniform(0, 90, 3)), translation=top)
        radius = float(rng.uniform(0.018, 0.032))
        blossoms.append(
            turned(
                [(0.001, -radius), (radius, -0.2 * radius), (radius * 0.7, 0.5 * radius), (0.001, 0.3 * radius)], 9
            ).placed(place)
        )
        leaves.append(box((0.06, 0.022, 0.001), tuple(top * 0.6)))
    green = Material(texture=to_texture(np.array([[[0.16, 0.36, 0.12]]], np.float32)), roughness=0.8)
    along = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    return HeldObject(
        parts=((joined(*stems, *leaves), green), (joined(*blossoms), fabric_material(held.fabric))),
        distance=bar_distance(0.014, 0.07),
        T_palm_object=_placed((0.0, 0.045, PALM + 0.016), along),
    )


_MAKERS: dict[str, Callable[[HeldSpec], HeldObject]] = {
    "phone": _phone,
    "phone call": _phone_call,
    "mug": _mug,
    "book": _book,
    "open book": _open_book,
    "bag": _bag,
    "ball": _big_ball,
    "small ball": _small_ball,
    "bottle": _bottle,
    "tablet": _tablet,
    "parcel": _parcel,
    "flowers": _flowers,
}
HELD_KINDS = tuple(_MAKERS)


def _placed(position: tuple[float, float, float], rotation: Float64) -> RigidTransform:
    return RigidTransform(rotation=rotation, translation=np.array(position))


def _glazed(held: HeldSpec) -> Material:
    cloth = fabric_material(held.fabric)
    return Material(texture=cloth.texture, roughness=0.22, specular=0.05)


def _screen(held: HeldSpec) -> UInt8:
    """Rows of coloured tiles, as on a telephone."""
    rng = np.random.default_rng([held.fabric.seed, 3])
    tiles = rng.uniform(0.1, 0.9, (8, 5, 3)).astype(np.float32)
    picture = np.repeat(np.repeat(tiles, 12, 0), 12, 1)
    picture[:, ::12] = picture[::12] = 0.05
    return to_texture(picture)


def _printed_page(held: HeldSpec) -> UInt8:
    rng = np.random.default_rng([held.fabric.seed, 4])
    page = np.full((96, 64, 3), 0.93, np.float32)
    for row in range(8, 90, 4):
        page[row : row + 2, 6 : 6 + int(rng.integers(36, 52))] *= rng.uniform(0.5, 0.7)
    return to_texture(page)
