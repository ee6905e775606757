"""A spec becomes a scene: people, their seats, the place around them, light, and a camera."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.training.synthetic.characters.builder import build_character
from rgbd_seg.training.synthetic.characters.character import Character
from rgbd_seg.training.synthetic.composition.centrepiece import centrepiece
from rgbd_seg.training.synthetic.composition.pictured import mannequin, poster, screen
from rgbd_seg.training.synthetic.composition.placing_cameras import Stand, elsewhere, place_camera
from rgbd_seg.training.synthetic.composition.props import foreground_item, prop_items, seat_under
from rgbd_seg.training.synthetic.composition.spec import CameraSpec, PersonSpec, SceneSpec
from rgbd_seg.training.synthetic.furniture.item import Item, Solid, solid_around
from rgbd_seg.training.synthetic.geometry import Mesh, Strands
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets
from rgbd_seg.training.synthetic.places.exterior import exterior
from rgbd_seg.training.synthetic.places.interior import interior
from rgbd_seg.training.synthetic.places.lighting import warmth
from rgbd_seg.training.synthetic.places.place import Place, Surroundings
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.scene import Light, Scene
from rgbd_seg.training.synthetic.shapes import at

_INDOORS = ("home", "office", "shop", "studio")
_FACE_OF_NOBODY = (0.0, 1.5, 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """A character where it stands in the world."""

    meshes: tuple[Mesh, ...]
    strands: tuple[Strands, ...]
    face: Float64  # (3,)
    seat: Float64  # (3,)

    def points(self) -> Float32:
        """(n, 3) all vertices of body and clothes."""
        return np.concatenate([mesh.vertices for mesh in self.meshes])


@dataclass(frozen=True, kw_only=True, eq=False)
class Stage:
    """A scene that every one of the spec's cameras can look at."""

    spec: SceneSpec
    people: tuple["Person", ...]
    things: tuple[Item, ...]
    place: Place
    stand: Stand

    @property
    def meshes(self) -> tuple[Mesh, ...]:
        """People first, then the place, then things."""
        moving = tuple(mesh for person in self.people for mesh in person.meshes)
        return moving + self.place.shell + tuple(mesh for item in self.things for mesh in item.meshes)

    def at_moment(self, assets: MakeHumanAssets, moment: float) -> "Stage":
        """The same scene ``moment`` seconds into a clip: people have moved, triangles are the same."""
        return replace(self, people=_people(assets, self.spec, moment))

    def scene(self, camera: int = 0, size: tuple[int, int] = (256, 192), attempt: int = 0) -> Scene:
        """The scene with one of its cameras and the light of that picture.

        Args:
            size: of the picture in pixels, longer side first; the camera's spec says whether it is upright.
            attempt: 1, 2, … where something hides the subject: from the other side, then nearer and in front.
        """
        chosen = elsewhere(self.spec.cameras[camera], attempt)
        view = place_camera(chosen, self.stand, size)
        return Scene(
            meshes=self.meshes,
            strands=tuple(strands for person in self.people for strands in person.strands),
            lights=_lights(self.place, self.spec.light, chosen, view.T_camera_world.inverse().translation),
            ambient=(self.place.ambient * chosen.ambient_gain).astype(np.float32),
            view=view,
            tags=self._tags(camera, chosen),
        )

    def _tags(self, camera: int, chosen: CameraSpec) -> dict[str, Any]:
        return {
            **self.spec.tags(),
            **self.place.tags,
            "view": camera,
            "framing": chosen.framing,
            "upright": chosen.upright,
            "field_of_view": round(chosen.field_of_view, 1),
            "lens_blur": chosen.aperture > 0,
            "motion_blur": chosen.shutter > 0,
            "things": sorted(item.name for item in self.things),
        }


def build_scene(assets: MakeHumanAssets, spec: SceneSpec, moment: float = 0.0, camera: int = 0) -> Scene:
    """The scene of a spec with one of its cameras, ``moment`` seconds into a clip."""
    return stage(assets, spec, moment).scene(camera)


def stage(assets: MakeHumanAssets, spec: SceneSpec, moment: float = 0.0) -> Stage:
    """Build all of a spec.

    Raises:
        ConfigError: assets are missing.
        FrameError: a background cannot be decoded.
    """
    rng = np.random.default_rng(np.random.SeedSequence((*spec.seed, 0x91ACE)))
    everyone = _people(assets, spec, moment)
    subject = everyone[0] if spec.subject else None
    place = _place(assets, spec, rng)
    own = _own_things(spec, subject, rng)
    looked_at, face = centrepiece(spec.centrepiece, rng) if spec.centrepiece else ((), _FACE_OF_NOBODY)
    own += looked_at
    figures = _mannequins(assets, spec, everyone, rng)
    crowd = np.concatenate([np.zeros((0, 3), np.float32), *[person.points() for person in everyone]])
    kept = [item for item in place.items if not _collides(item, crowd, [*own, *figures])]
    return Stage(
        spec=spec,
        people=everyone,
        things=(*kept, *own, *figures),
        place=place,
        stand=_stand(
            spec,
            face if subject is None else subject.face,
            place,
            [*kept, *(item for item in own if item.name == "desk")],
        ),
    )


def _people(assets: MakeHumanAssets, spec: SceneSpec, moment: float) -> tuple[Person, ...]:
    """The subject first, if there is one."""
    first = [_person(assets, spec.subject, Role.SUBJECT, moment)] if spec.subject else []
    return (*first, *(_person(assets, other, Role.OTHER_PERSON, moment) for other in spec.others))


def _person(assets: MakeHumanAssets, spec: PersonSpec, role: Role, moment: float) -> Person:
    character: Character = build_character(assets, spec.character, role=role, moment=moment)
    T_world_character = at(spec.x, 0, spec.z, spec.turn)
    return Person(
        meshes=tuple(mesh.moved(T_world_character) for mesh in character.meshes),
        strands=tuple(strands.moved(T_world_character) for strands in character.strands),
        face=T_world_character.apply(character.anchors["face"].translation),
        seat=T_world_character.apply(character.anchors["seat"].translation),
    )


def _place(assets: MakeHumanAssets, spec: SceneSpec, rng: np.random.Generator) -> Place:
    discs = tuple((p.x, p.z, 0.42) for p in spec.others)
    if spec.subject or spec.centrepiece:
        discs = ((0.0, 0.0, 0.75 if spec.seat else 0.45), *discs)
    pictures = [poster(assets, n) for n in spec.posters] + [screen(assets, n) for n in spec.screens]
    surroundings = Surroundings(
        discs=discs, view_reach=spec.view_reach, light=spec.light, pictures=tuple(pictures), photograph=spec.photograph
    )
    return (interior if spec.place in _INDOORS else exterior)(spec.place, surroundings, rng)


def _own_things(spec: SceneSpec, subject: Person | None, rng: np.random.Generator) -> list[Item]:
    """What stands at the subject's own depth or nearer."""
    if subject is None or spec.subject is None:
        return []
    body = subject.points()
    things = []
    if spec.subject.character.pose.sitting:
        things.append(seat_under(spec.seat or "stool", body, subject.seat, spec.subject.turn, rng))
    things += prop_items(spec, body, rng)
    if spec.foreground:
        things.append(foreground_item(spec.foreground, body, rng))
    return things


def _mannequins(
    assets: MakeHumanAssets, spec: SceneSpec, people: Sequence[Person], rng: np.random.Generator
) -> list[Item]:
    if spec.mannequin is None:
        return []
    for _ in range(8):
        x, z = rng.uniform(-1.6, 1.6), -rng.uniform(0.5, 1.4)
        if all(np.hypot(*(person.seat[[0, 2]] - (x, z))) > 0.75 for person in people):
            figure = mannequin(assets, spec.mannequin)
            meshes = tuple(mesh.moved(at(x, 0, z, rng.normal(0, 40))) for mesh in figure.meshes)
            return [Item(name="mannequin", meshes=meshes, solids=(solid_around(meshes),))]
    return []


def _collides(item: Item, crowd: Float32, others: Sequence[Item]) -> bool:
    if item.holds(crowd):
        return True
    return any(item.holds(mesh.vertices) for other in others for mesh in other.meshes)


def _stand(spec: SceneSpec, face: ArrayLike, place: Place, items: Sequence[Item]) -> Stand:
    solids: list[Solid] = [solid for item in items for solid in item.solids]
    return Stand(
        face=np.asarray(face, np.float64),
        low=0.0,
        area=place.area,
        ceiling=place.ceiling,
        reach=spec.view_reach,
        solids=solids,
    )


def _lights(place: Place, kind: str, camera: CameraSpec, position: Float64) -> tuple[Light, ...]:
    """The place's lights as they are for this picture, and the camera's own flash."""
    gains = np.resize(camera.light_gains, max(len(place.lights), 1))
    lights = [replace(light, color=light.color * np.float32(g)) for light, g in zip(place.lights, gains, strict=False)]
    if kind == "flash":
        rng = np.random.default_rng(int(abs(camera.azimuth) * 1e6))
        flash = position + np.array([rng.uniform(-0.04, 0.04), rng.uniform(0.01, 0.06), 0.0])
        lights.append(
            Light(position=flash.astype(np.float32), color=warmth(rng, 5000, 7000) * np.float32(2.0), size=0.01)
        )
    return tuple(lights)
