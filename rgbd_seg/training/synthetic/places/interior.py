"""Rooms: the same walls and light, furnished as a home, an office or a shop."""

from collections.abc import Callable

import numpy as np

from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.furniture import decor, seats, storage, tables
from rgbd_seg.training.synthetic.furniture.item import Item
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.places import lighting
from rgbd_seg.training.synthetic.places.floor_plan import FloorPlan, Wall
from rgbd_seg.training.synthetic.places.photographs import photograph
from rgbd_seg.training.synthetic.places.place import Place, Surroundings
from rgbd_seg.training.synthetic.places.shell import (
    RoomSize,
    Window,
    door,
    floor_and_ceiling,
    plain_wall,
    random_window,
    wall_with_window,
    walls,
    window_light,
)
from rgbd_seg.training.synthetic.scene import Light
from rgbd_seg.training.synthetic.shapes import at

Rng = np.random.Generator
Furnish = Callable[[FloorPlan, dict[str, Wall], Rng], None]
_DAYLIGHT = ("window", "window sun", "mixed")


def interior(kind: str, surroundings: Surroundings, rng: Rng) -> Place:
    """A room of the kind: home, office, shop or studio."""
    size = _size(kind, surroundings, rng)
    sides = walls(size)
    plan = FloorPlan(size.area, surroundings.discs, view_reach=surroundings.view_reach + 0.3)
    shell, windows = _shell(kind, sides, surroundings, rng)
    shell += floor_and_ceiling(rng, size, panels=kind in ("office", "shop"))
    _hang(plan, sides, windows, surroundings, rng)
    _FURNISH[kind](plan, sides, rng)
    lights, ambient = _light(surroundings.light, size, sides, windows, plan, rng)
    return Place(
        shell=tuple(shell), items=tuple(plan.items), lights=lights, ambient=ambient, area=size.area,
        ceiling=size.height, tags={"place": kind, "windows": len(windows)},
    )  # fmt: skip


def _size(kind: str, surroundings: Surroundings, rng: Rng) -> RoomSize:
    """Large enough for all people and for the camera."""
    discs = np.array([(0.0, 0.0, 0.5), *surroundings.discs])
    low, high = (discs[:, :2] - discs[:, 2:]).min(axis=0), (discs[:, :2] + discs[:, 2:]).max(axis=0)
    wide = rng.uniform(1.6, 3.6) if kind in ("office", "shop") else rng.uniform(1.2, 2.4)
    rear = rng.uniform(0.7, 2.2) if kind in ("home", "studio") else rng.uniform(1.2, 4.0)
    return RoomSize(
        left=float(min(-wide * rng.uniform(0.6, 1.2), low[0] - 0.2)),
        right=float(max(wide * rng.uniform(0.6, 1.2), high[0] + 0.2)),
        rear=float(min(-rear, low[1] - rng.uniform(0.1, 0.6))),
        front=float(max(surroundings.view_reach + 0.5, high[1] + 0.5)),
        height=float(rng.uniform(2.4, 2.8) if kind == "home" else rng.uniform(2.6, 3.4)),
    )


def _shell(
    kind: str, sides: dict[str, Wall], surroundings: Surroundings, rng: Rng
) -> tuple[list[Mesh], list[tuple[Wall, Window]]]:
    common, accent = surfaces.wall(rng), surfaces.wall(rng)
    dark = surroundings.light in lighting.DARK
    with_window = "rear" if rng.random() < 0.45 else str(rng.choice(["left", "right"]))
    wanted = surroundings.light in _DAYLIGHT or (rng.random() < 0.4 and kind != "studio")
    meshes: list[Mesh] = []
    windows = []
    for name, wall in sides.items():
        material = accent if name == "rear" and rng.random() < 0.5 else common
        if wanted and name == with_window:
            window = random_window(rng, wall, _outdoors(surroundings, dark, rng))
            meshes += wall_with_window(wall, material, window)
            windows.append((wall, window))
        else:
            meshes += plain_wall(wall, material)
            meshes += door(rng, wall) if rng.random() < 0.25 and kind != "studio" else []
    return meshes, windows


def _outdoors(surroundings: Surroundings, dark: bool, rng: Rng) -> Material:
    if dark:
        return surfaces.glowing(textures.outdoors(rng), rng.uniform(0.01, 0.04))
    shown = surroundings.photograph if rng.random() < 0.35 else None
    picture = photograph(shown) if shown else textures.outdoors(rng)
    return surfaces.glowing(picture, float(np.exp(rng.uniform(np.log(1.0), np.log(6.0)))))


def _hang(
    plan: FloorPlan, sides: dict[str, Wall], windows: list[tuple[Wall, Window]], surroundings: Surroundings, rng: Rng
) -> None:
    """Pictures, posters, screens, mirrors and curtains; posters and screens with people first, where they are seen."""
    taken: dict[int, list[tuple[float, float]]] = {id(wall): [] for wall in sides.values()}
    for wall, window in windows:
        u0, u1, _, v1 = window.opening
        taken[id(wall)].append((u0 - 0.1, u1 + 0.1))
        if rng.random() < 0.5:
            for u in (u0 - 0.1, u1 + 0.1):
                cloth = decor.curtain(rng, rng.uniform(0.3, 0.6), v1 + 0.12)
                plan.add(cloth, wall.T_world_wall @ at(u, 0, 0.09), force=True)
    for pictured in surroundings.pictures:
        height = rng.uniform(0.6, 1.3)
        poster = decor.pictured_person(pictured.material, pictured.person, height * pictured.aspect, height, rng)
        _hang_one(plan, sides["rear"], poster, taken, rng, near=-sides["rear"].T_world_wall.translation[0])
    kinds: list[Callable[[], Item]] = [lambda: decor.picture(rng), lambda: decor.picture(rng),
                                       lambda: decor.wall_screen(rng), lambda: decor.mirror(rng)]  # fmt: skip
    if surroundings.photograph:
        seen = Material(texture=photograph(surroundings.photograph), roughness=0.5)
        kinds.append(lambda: decor.picture(rng, seen, size=(0.9, 0.6)))
    for _ in range(int(rng.integers(0, 5))):
        wall = sides[str(rng.choice(["rear", "rear", "left", "right"]))]
        _hang_one(plan, wall, kinds[rng.integers(len(kinds))](), taken, rng)


def _hang_one(
    plan: FloorPlan,
    wall: Wall,
    thing: Item,
    taken: dict[int, list[tuple[float, float]]],
    rng: Rng,
    near: float | None = None,
) -> None:
    solid = thing.solids[0]
    half, tall = float(solid.half[0]), float(solid.half[1])
    if 2 * half > wall.length - 0.2:
        return
    for _ in range(8):
        u = rng.uniform(half + 0.05, wall.length - half - 0.05)
        if near is not None:
            u = float(np.clip(near + rng.normal(0, 0.7), half + 0.05, wall.length - half - 0.05))
        if all(u + half < low or u - half > high for low, high in taken[id(wall)]):
            taken[id(wall)].append((u - half, u + half))
            v = min(max(rng.normal(1.5, 0.12), tall + 0.3), wall.height - tall - 0.1)
            plan.add(thing, wall.T_world_wall @ at(u, v, 0.0), force=True)
            return


def _light(
    kind: str,
    size: RoomSize,
    sides: dict[str, Wall],
    windows: list[tuple[Wall, Window]],
    plan: FloorPlan,
    rng: Rng,
) -> tuple[tuple[Light, ...], np.ndarray]:
    depth = (size.rear + 0.4, size.front - 0.3)
    ceiling = lighting.ceiling_lamps(rng, size.right - size.left, depth, size.height)
    if kind == "ceiling":
        return ceiling, lighting.warmth(rng, 3500, 6500) * rng.uniform(0.25, 0.5)
    if kind in _DAYLIGHT and windows:
        lights = [window_light(wall, window, rng) for wall, window in windows]
        if kind == "window sun":
            lights.append(_sun_patch(*windows[0], rng))
        if kind == "mixed":
            lights += ceiling[:1]
        return tuple(lights), lighting.warmth(rng, 5500, 8000) * rng.uniform(0.3, 0.6)
    night = np.full(3, rng.uniform(0.03, 0.1)) * lighting.warmth(rng, 2500, 6000)
    if kind == "screen glow":
        return (lighting.screen_glow(rng), *ceiling[1:2]), night
    if kind == "flash":
        return ceiling[1:2], night  # the flash itself stands with the camera
    plan.scatter(decor.floor_lamp(rng, rng.uniform(1.0, 4.0)), rng)
    return (lighting.beside(rng, size.height), *ceiling[1:2][: int(rng.random() < 0.3)]), night


def _sun_patch(wall: Wall, window: Window, rng: Rng) -> Light:
    """The sun through a window: a small strong lamp between the window and its painted view."""
    u0, u1, v0, v1 = window.opening
    outside = [(u0 + u1) / 2 + rng.uniform(-0.8, 0.8), (v0 + v1) / 2 + rng.uniform(0.8, 1.9), -2.6]
    position = wall.T_world_wall.apply(np.array(outside))
    color = lighting.warmth(rng, 3800, 5500) * rng.uniform(30, 70)
    return Light(position=position.astype(np.float32), color=color.astype(np.float32), size=0.15)


def _home(plan: FloorPlan, sides: dict[str, Wall], rng: Rng) -> None:
    for make in (storage.bookshelf, storage.cupboard, seats.sofa):
        if rng.random() < 0.55:
            plan.along_wall(make(rng), sides[str(rng.choice(["rear", "rear", "left", "right"]))], rng)
    choices: list[Callable[[Rng], Item]] = [seats.chair, seats.armchair, tables.table, decor.plant, decor.floor_lamp]
    for _ in range(int(rng.integers(1, 5))):
        plan.scatter(choices[rng.integers(len(choices))](rng), rng)


def _office(plan: FloorPlan, sides: dict[str, Wall], rng: Rng) -> None:
    for _ in range(int(rng.integers(1, 4))):
        if plan.scatter(tables.desk(rng, screens=int(rng.integers(1, 3))), rng) and rng.random() < 0.8:
            plan.scatter(seats.office_chair(rng), rng)
    if rng.random() < 0.5:
        plan.scatter(decor.partition(rng), rng)
    for make in (storage.bookshelf, storage.cupboard, decor.plant):
        if rng.random() < 0.5:
            plan.along_wall(make(rng), sides[str(rng.choice(["rear", "left", "right"]))], rng)


def _shop(plan: FloorPlan, sides: dict[str, Wall], rng: Rng) -> None:
    for _ in range(int(rng.integers(2, 5))):
        plan.along_wall(storage.shop_shelf(rng), sides[str(rng.choice(["rear", "rear", "left", "right"]))], rng)
    for _ in range(int(rng.integers(0, 3))):
        plan.scatter(storage.clothes_rack(rng) if rng.random() < 0.6 else storage.shop_shelf(rng), rng)
    if rng.random() < 0.4:
        plan.scatter(tables.table(rng), rng)


def _studio(plan: FloorPlan, sides: dict[str, Wall], rng: Rng) -> None:
    if rng.random() < 0.3:
        plan.scatter(seats.stool(rng), rng)


_FURNISH: dict[str, Furnish] = {"home": _home, "office": _office, "shop": _shop, "studio": _studio}
