"""Things at the subject's own depth, which depth alone cannot tell from the subject, and things before it."""

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.training.synthetic.composition.spec import SceneSpec
from rgbd_seg.training.synthetic.furniture.decor import partition, plant
from rgbd_seg.training.synthetic.furniture.item import Item, item, solid_around
from rgbd_seg.training.synthetic.furniture.seats import SEATS, chair
from rgbd_seg.training.synthetic.furniture.tables import desk
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.shapes import at

Rng = np.random.Generator
_SINK = 0.012  # metres that a body presses into a seat


def seat_under(kind: str, body: Float32, seat: Float64, turn: float, rng: Rng) -> Item:
    """A seat of ``kind`` whose surface touches the body from below.

    Args:
        body: (n, 3) all points of the person; seat: (3,) the person's seat anchor.
    """
    near = (np.hypot(body[:, 0] - seat[0], body[:, 2] - seat[2]) < 0.16) & (np.abs(body[:, 1] - seat[1]) < 0.2)
    height = float(body[near, 1].min()) + _SINK if near.any() else float(seat[1])
    made = SEATS[kind](rng, max(height, 0.12))
    direction = np.array([np.sin(np.deg2rad(turn)), np.cos(np.deg2rad(turn))])
    x, z = seat[[0, 2]] + direction * _forward(kind)
    return made.moved(at(x, 0, z, turn)).with_role(Role.PROP)


def _forward(kind: str) -> float:
    """How far the middle of the seat is before the hips: one sits well back, but not through the back rest."""
    return {"stool": 0.02, "sofa": 0.1, "armchair": 0.1}.get(kind, 0.07)


def prop_items(spec: SceneSpec, body: Float32, rng: Rng) -> list[Item]:
    """A desk before a seated subject; a chair beside or right behind a standing one."""
    things = []
    if spec.subject is not None and spec.subject.character.pose.sitting:
        if spec.desk:
            things.append(_before(desk(rng, screens=int(rng.random() < 0.3)).with_role(Role.PROP), body, 0.3, rng))
    elif spec.headrest:
        things.append(_behind(chair(rng, float(body[:, 1].max()) - 0.72, headrest=True), body, rng))
    elif spec.seat:
        side = float(rng.choice([-1, 1]))
        made = SEATS[spec.seat](rng, 0.46)
        x = side * (0.3 + made.reach * 0.8)
        things.append(made.moved(at(x, 0, rng.uniform(-0.25, 0.05), rng.normal(0, 30))).with_role(Role.PROP))
    return [thing for thing in things if thing is not None and not thing.holds(body)]


def _before(thing: Item, body: Float32, start: float, rng: Rng) -> Item | None:
    """As near before the subject as it fits without touching."""
    turn = 180 + rng.normal(0, 6)
    for step in range(12):
        moved = thing.moved(at(rng.normal(0, 0.08), 0, start + 0.3 + 0.04 * step, turn))
        if not _top(moved).holds(body, 0.015):
            return Item(name=moved.name, meshes=moved.meshes, solids=_top(moved).solids)
    return None


def _top(table: Item) -> Item:
    """A table's solid part: what is above its frame; legs have room below it."""
    above = tuple(mesh for mesh in table.meshes if mesh.name not in ("leg", "panel"))
    return Item(name=table.name, meshes=above, solids=tuple(solid_around([mesh]) for mesh in above))


def _behind(thing: Item, body: Float32, rng: Rng) -> Item | None:
    """Right behind a standing subject."""
    for step in range(12):
        moved = thing.moved(at(rng.normal(0, 0.04), 0, -0.2 - 0.04 * step, rng.normal(0, 5))).with_role(Role.PROP)
        if not any(_holds_mesh(moved, body)):
            return moved
    return None


def _holds_mesh(thing: Item, body: Float32) -> list[bool]:
    return [item(mesh.name, [mesh]).holds(body) for mesh in thing.meshes]


def foreground_item(kind: str, body: Float32, rng: Rng) -> Item:
    """A plant or a low partition between the camera and the subject, to one side or below."""
    nearest = float(body[:, 2].max())
    side = float(rng.choice([-1, 1]))
    if kind == "plant":
        made = plant(rng, rng.uniform(1.0, 1.7))
        place = at(side * rng.uniform(0.3, 0.6), 0, nearest + rng.uniform(0.2, 0.5))
    else:
        height = float(body[:, 1].max()) * rng.uniform(0.5, 0.72)
        made = partition(rng, rng.uniform(0.8, 1.8), height)
        place = at(side * rng.uniform(0.2, 0.9), 0, nearest + rng.uniform(0.12, 0.4), rng.normal(0, 10))
    return made.moved(place).with_role(Role.FOREGROUND)
