"""What every kind of place comes to."""

from dataclasses import dataclass, field
from typing import Any

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.synthetic.furniture.item import Item
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.scene import Light


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """A place without people in it."""

    shell: tuple[Mesh, ...]  # walls, ground, sky, what is seen through windows
    items: tuple[Item, ...]
    lights: tuple[Light, ...]
    ambient: Float32  # (3,)
    area: tuple[float, float, float, float]  # x from, to; z from, to: where a camera may stand
    ceiling: float  # metres
    tags: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Surroundings:
    """What a place must leave room for, and what the user gave."""

    discs: tuple[tuple[float, float, float], ...]  # x, z, radius: people with their seats
    view_reach: float  # metres that the camera may stand away
    light: str  # the kind of light
    pictures: tuple["PicturedMaterial", ...] = ()  # people on posters and screens to hang up
    photograph: str | None = None  # a file without people, for the distance or for a wall


@dataclass(frozen=True, kw_only=True, eq=False)
class PicturedMaterial:
    """A picture of a person, and how wide it is for its height."""

    material: Material
    person: Bool  # (rows, columns) where the texture shows the person, top row first
    aspect: float
