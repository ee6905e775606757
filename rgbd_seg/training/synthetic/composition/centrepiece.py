"""What stands where a person would, in pictures of nobody: by depth alone it is a subject, and it must not be one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from rgbd_seg.training.synthetic.furniture.decor import floor_lamp, plant
from rgbd_seg.training.synthetic.furniture.item import Item
from rgbd_seg.training.synthetic.furniture.ornaments import bottles, bunch, bust, plinth, stack, vase
from rgbd_seg.training.synthetic.furniture.seats import SEATS
from rgbd_seg.training.synthetic.furniture.storage import clothes_rack
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.shapes import at, bounds

Rng = np.random.Generator
_RAISED: Mapping[str, Callable[[Rng], Item]] = MappingProxyType(
    {"vase": vase, "bunch": bunch, "bottles": bottles, "bust": bust, "stack": stack}
)
_STANDING: Mapping[str, Callable[[Rng], Item]] = MappingProxyType(
    {
        "plant": plant,
        "lamp": floor_lamp,
        "clothes": clothes_rack,
        "seat": lambda rng: SEATS[str(rng.choice(list(SEATS)))](rng, 0.46),
    }
)
CENTREPIECES = (*_RAISED, "vase", *_STANDING)  # a vase twice as often: networks take it for a person most


def centrepiece(kind: str, rng: Rng) -> tuple[tuple[Item, ...], tuple[float, float, float]]:
    """What is looked at, with what it stands on, and the point of it that the camera takes for a face."""
    if kind in _STANDING:
        thing = _STANDING[kind](rng).moved(at(0, 0, 0, rng.normal(0, 40))).with_role(Role.PROP)
        return (thing,), _aimed_at(thing)
    base = plinth(rng, float(rng.uniform(0.35, 1.1))).with_role(Role.PROP)
    level = float(bounds(base.meshes)[1][1])
    thing = _RAISED[kind](rng).moved(at(0, level, 0, rng.uniform(-180, 180))).with_role(Role.PROP)
    return (base, thing), _aimed_at(thing)


def _aimed_at(thing: Item) -> tuple[float, float, float]:
    """Near the top."""
    low, high = bounds(thing.meshes)
    return 0.0, float(high[1] - 0.2 * (high[1] - low[1])), 0.0
