"""Streets, parks, and people before a real photograph."""

from dataclasses import replace

import cv2
import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.furniture import decor, outdoors, seats
from rgbd_seg.training.synthetic.furniture.item import Item, item
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.places import lighting
from rgbd_seg.training.synthetic.places.floor_plan import FloorPlan
from rgbd_seg.training.synthetic.places.photographs import photograph
from rgbd_seg.training.synthetic.places.place import PicturedMaterial, Place, Surroundings
from rgbd_seg.training.synthetic.scene import Light
from rgbd_seg.training.synthetic.shapes import at, box, grid

Rng = np.random.Generator
_DOME = 60.0  # metres


def exterior(kind: str, surroundings: Surroundings, rng: Rng) -> Place:
    """``street``, ``park``, or ``photograph`` where the user gave pictures."""
    lights, ambient = lighting.sky_light(rng, surroundings.light)
    reach = surroundings.view_reach + 1.0
    area = (-12.0, 12.0, -16.0, reach)
    plan = FloorPlan(area, surroundings.discs, view_reach=reach, view_angle=30)
    night = surroundings.light == "street night"
    if kind == "photograph" and surroundings.photograph:
        shell, lights, ambient = _before_photograph(surroundings, rng, lights)
    else:
        shell = [
            _ground(
                rng,
                "lawn" if kind == "park" and rng.random() < 0.7 else str(rng.choice(["asphalt", "paving", "gravel"])),
            )
        ]
        shell.append(_sky(rng, surroundings.light))
        (_street if kind == "street" else _park)(plan, rng, night)
    _put_up_posters(plan, surroundings, rng)
    return Place(
        shell=tuple(shell), items=tuple(plan.items), lights=lights, ambient=ambient, area=(-6.0, 6.0, -6.0, reach),
        ceiling=12.0, tags={"place": kind, "windows": 0},
    )  # fmt: skip


def _ground(rng: Rng, kind: str) -> Mesh:
    return box("ground", (80, 0.1, 80), (0, -0.05, 0), surfaces.ground(rng, kind), tile=1.6)


def _sky(rng: Rng, light: str) -> Mesh:
    """A dome that glows; beyond the range of depth."""
    radiance = {"sun": 1.3, "low sun": 0.9, "overcast": 1.5, "shade": 1.2}.get(light, 0.012)
    clear = 0.1 if light == "overcast" else rng.uniform(0.5, 1.0)
    azimuth, height = np.meshgrid(np.linspace(0, 2 * np.pi, 33), np.linspace(-0.2, np.pi / 2, 9))
    points = _DOME * np.stack(
        [np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)], axis=-1
    )
    coordinates = np.stack([azimuth / (2 * np.pi) * 2, 0.5 + 0.49 * np.sin(height)], axis=-1)
    return grid("sky", points, coordinates, surfaces.glowing(textures.sky(rng, clear=clear), radiance), outward=False)


def _street(plan: FloorPlan, rng: Rng, night: bool) -> None:
    lit = rng.uniform(0.15, 0.5) if night else 0.0
    near = rng.uniform(2.5, 9)
    x = -14.0
    while x < 14:
        width = rng.uniform(4, 9)
        house = outdoors.facade(rng, width, rng.uniform(5, 14), lit)
        plan.add(house, at(x + width / 2, 0, -near - rng.uniform(0, 0.4)), force=True)
        x += width + (rng.uniform(1, 3) if rng.random() < 0.2 else 0)
    plan.area = (-12.0, 12.0, -near + 0.1, plan.area[3])
    for _ in range(int(rng.integers(0, 4))):
        plan.add(
            outdoors.car(rng),
            at(rng.uniform(-7, 7), 0, -near + rng.uniform(1.2, 3.0), rng.choice([0, 180]) + rng.normal(0, 3)),
        )
    for make in (outdoors.tree, outdoors.lamp_post, seats.bench, outdoors.bush):
        if rng.random() < 0.45:
            plan.scatter(make(rng), rng)


def _park(plan: FloorPlan, rng: Rng, night: bool) -> None:
    far = rng.uniform(6, 14)
    for _ in range(3):
        hedge = outdoors.hedge(rng, rng.uniform(4, 8))
        plan.add(hedge, at(rng.uniform(-9, 9), 0, -far * rng.uniform(0.4, 1), rng.normal(0, 15)))
    for _ in range(int(rng.integers(2, 6))):
        plan.scatter(outdoors.tree(rng), rng)
    choices = [outdoors.bush, outdoors.bush, seats.bench, outdoors.lamp_post, outdoors.railing]
    for _ in range(int(rng.integers(1, 6))):
        plan.scatter(choices[rng.integers(len(choices))](rng), rng)


def _before_photograph(
    surroundings: Surroundings, rng: Rng, lights: tuple[Light, ...]
) -> tuple[list[Mesh], tuple[Light, ...], np.ndarray]:
    """The photograph far behind and around, ground of its own colour, and its light's colour from all around."""
    assert surroundings.photograph is not None  # the caller looked
    picture = photograph(surroundings.photograph)
    linear = (picture.astype(np.float32) / 255) ** 2.2
    mean = linear.mean(axis=(0, 1))
    white = mean / max(float(mean[1]), 1e-3)
    distance = float(np.exp(rng.uniform(np.log(3.0), np.log(25.0))))
    backdrop = _backdrop(picture, distance, rng)
    lower = picture[int(picture.shape[0] * 0.8) :].reshape(-1, 3).mean(axis=0) / 255
    floor = Material(texture=textures.speckled(rng, lower, 0.06), roughness=0.9)
    ground = box("ground", (60, 0.1, 60), (0, -0.05, 0), floor, tile=1.6)
    tinted = tuple(Light(**(vars(light) | {"color": light.color * white**0.4})) for light in lights)
    return [backdrop, ground], tinted, (np.clip(white, 0.5, 2) ** 0.6 * rng.uniform(0.4, 0.8)).astype(np.float32)


def _backdrop(picture: UInt8, distance: float, rng: Rng) -> Mesh:
    """A quarter of a cylinder around the subject; as bright as sunlit things are in its light."""
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    soft = rng.uniform(0, 2.5) if rng.random() < 0.4 else 0.0
    if soft > 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), soft), np.uint8)
    half = np.deg2rad(rng.uniform(38, 55))
    aspect = 2 * picture.shape[0] / picture.shape[1]
    picture = np.concatenate([picture[::-1], picture])  # mirrored above: no edge in the picture, however high it looks
    height = 2 * half * (distance + 1.5) * aspect
    angle, up = np.meshgrid(np.linspace(-half, half, 25), np.linspace(0, 1, 2))
    radius = distance + 1.5  # about the camera's usual place
    points = np.stack([radius * np.sin(angle), (up - 0.21) * height + 1.45, 1.5 - radius * np.cos(angle)], axis=-1)
    coordinates = np.stack([(angle / half + 1) / 2, 0.002 + 0.996 * up], axis=-1)
    return grid("photograph", points, coordinates, surfaces.glowing(picture, rng.uniform(0.7, 1.6)))


def _put_up_posters(plan: FloorPlan, surroundings: Surroundings, rng: Rng) -> None:
    """Billboards with people, on posts behind the subject."""
    for pictured in surroundings.pictures:
        board = _billboard(pictured, rng)
        for _ in range(6):
            z = -rng.uniform(0.8, 3.0)
            if plan.add(board, at(rng.normal(0, 0.55) * (0.8 - z), 0, z, rng.normal(0, 15))):
                break


def _billboard(pictured: PicturedMaterial, rng: Rng) -> Item:
    height, low, frame = rng.uniform(1.0, 1.9), rng.uniform(0.3, 0.9), surfaces.metal(rng)
    width = height * pictured.aspect
    printed = replace(pictured.material, emission=0.0)
    raised = at(0, low + height / 2, 0)
    faces = tuple(part.moved(raised) for part in decor.tiled(printed, pictured.person, width, height, 0.03))
    board = box("board", (width + 0.06, height + 0.06, 0.04), (0, low + height / 2, 0), frame)
    post = box("post", (0.08, low, 0.04), (0, low / 2, 0), frame)
    return item("billboard", (*faces, board, post))
