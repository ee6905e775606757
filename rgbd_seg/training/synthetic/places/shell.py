"""Walls with windows and doors, floor and ceiling."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.places.floor_plan import Wall
from rgbd_seg.training.synthetic.scene import Light
from rgbd_seg.training.synthetic.shapes import at, box, quad

Rng = np.random.Generator
_THICK = 0.16


@dataclass(frozen=True, kw_only=True)
class RoomSize:
    """A room's walls, metres; the subject stands at the origin."""

    left: float
    right: float
    rear: float
    front: float
    height: float

    @property
    def area(self) -> tuple[float, float, float, float]:
        """x from, to; z from, to."""
        return self.left, self.right, self.rear, self.front


def walls(size: RoomSize) -> dict[str, Wall]:
    """The four walls, each with its local x to the right for somebody who looks at it from inside."""
    width, depth = size.right - size.left, size.front - size.rear
    return {
        "rear": Wall(at(size.left, 0, size.rear), width, size.height),
        "right": Wall(at(size.right, 0, size.rear, -90), depth, size.height),
        "left": Wall(at(size.left, 0, size.front, 90), depth, size.height),
        "front": Wall(at(size.right, 0, size.front, 180), width, size.height),
    }


def plain_wall(wall: Wall, material: Material) -> list[Mesh]:
    """Without an opening."""
    return _piece(wall, material, 0, wall.length, 0, wall.height)


def _piece(wall: Wall, material: Material, u0: float, u1: float, v0: float, v1: float) -> list[Mesh]:
    if u1 - u0 < 1e-3 or v1 - v0 < 1e-3:
        return []
    part = box("wall", (u1 - u0, v1 - v0, _THICK), ((u0 + u1) / 2, (v0 + v1) / 2, -_THICK / 2), material, tile=1.2)
    return [part.moved(wall.T_world_wall)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Window:
    """An opening (u from, to; v from, to along and up the wall) and what is seen through it."""

    opening: tuple[float, float, float, float]
    view: Material
    frame: Material


def wall_with_window(wall: Wall, material: Material, window: Window) -> list[Mesh]:
    """Wall around the opening, frame and bars, and the view some metres outside."""
    u0, u1, v0, v1 = window.opening
    parts = _piece(wall, material, 0, u0, 0, wall.height) + _piece(wall, material, u1, wall.length, 0, wall.height)
    parts += _piece(wall, material, u0, u1, 0, v0) + _piece(wall, material, u0, u1, v1, wall.height)
    return parts + [part.moved(wall.T_world_wall) for part in _frame(window)]


def _frame(window: Window) -> list[Mesh]:
    u0, u1, v0, v1 = window.opening
    middle_u, middle_v, w, h = (u0 + u1) / 2, (v0 + v1) / 2, u1 - u0, v1 - v0
    parts = [box("sill", (w + 0.12, 0.03, 0.2), (middle_u, v0, 0.0), window.frame, bevel=0.006)]
    for u in (u0, middle_u, u1):
        parts.append(box("frame", (0.05, h, 0.06), (u, middle_v, -0.08), window.frame))
    for v in (v0, v1):
        parts.append(box("frame", (w, 0.05, 0.06), (middle_u, v, -0.08), window.frame))
    far, wide, high = -3.0, w / 2 + 3.6, h / 2 + 1.8  # metres outside: the view shifts as the camera moves
    corners = [(middle_u - wide, middle_v - high, far), (middle_u + wide, middle_v - high, far),
               (middle_u + wide, middle_v + high, far), (middle_u - wide, middle_v + high, far)]  # fmt: skip
    return [*parts, quad("outdoors", corners, window.view)]


def random_window(rng: Rng, wall: Wall, view: Material) -> Window:
    """A window of usual size somewhere in the wall."""
    w, low = min(rng.uniform(0.8, 2.2), wall.length * 0.7), rng.choice([0.08, rng.uniform(0.7, 1.0)], p=[0.2, 0.8])
    u0 = rng.uniform(0.15, max(wall.length - w - 0.15, 0.16))
    frame = surfaces.paint(np.full(3, rng.choice([0.12, 0.9], p=[0.3, 0.7])))
    return Window(opening=(u0, u0 + w, low, min(wall.height - 0.2, rng.uniform(1.9, 2.3))), view=view, frame=frame)


def window_light(wall: Wall, window: Window, rng: Rng) -> Light:
    """The sky's light that comes through, as one soft light in the opening."""
    u0, u1, v0, v1 = window.opening
    position = wall.T_world_wall.apply(np.array([(u0 + u1) / 2, (v0 + v1) / 2, 0.05]))
    strength = (u1 - u0) * (v1 - v0) * rng.uniform(3.5, 6.5)
    color = np.array([0.95, 1.0, 1.06]) * strength
    return Light(
        position=position.astype(np.float32), color=color.astype(np.float32), size=float(np.sqrt((u1 - u0) * (v1 - v0)))
    )


def door(rng: Rng, wall: Wall) -> list[Mesh]:
    """A closed door with its frame on a wall."""
    u, leaf = rng.uniform(0.6, max(wall.length - 0.6, 0.61)), surfaces.furniture_wood(rng)
    frame = surfaces.paint(np.full(3, rng.uniform(0.5, 0.95)))
    parts = [
        box("door", (0.86, 2.02, 0.04), (u, 1.01, 0.0), leaf, bevel=0.006),
        box("door frame", (0.98, 2.1, 0.025), (u, 1.05, 0.0), frame),
        box("handle", (0.12, 0.02, 0.05), (u + 0.34, 1.02, 0.05), surfaces.metal(rng)),
    ]
    return [part.moved(wall.T_world_wall) for part in parts]


def floor_and_ceiling(rng: Rng, size: RoomSize, panels: bool) -> list[Mesh]:
    """Both, a little larger than the room; ``panels``: an office's ceiling grid."""
    middle = ((size.left + size.right) / 2, (size.rear + size.front) / 2)
    wide, deep = size.right - size.left + 0.4, size.front - size.rear + 0.4
    light = np.full(3, rng.uniform(0.8, 0.93))
    grid = Material(texture=textures.tiles(rng, light, 4, checks=0.0), roughness=0.9)
    above = grid if panels else surfaces.paint(light, 0.9)
    return [
        box("floor", (wide, 0.1, deep), (middle[0], -0.05, middle[1]), surfaces.floor(rng), tile=1.4),
        box("ceiling", (wide, 0.1, deep), (middle[0], size.height + 0.05, middle[1]), above, tile=2.4),
    ]
