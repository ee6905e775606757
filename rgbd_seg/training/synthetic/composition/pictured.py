"""People on posters and screens, and mannequins: characters rendered small, or made of one material."""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.camera import Intrinsics
from rgbd_seg.training.synthetic import surfaces, textures
from rgbd_seg.training.synthetic.characters.builder import build_character
from rgbd_seg.training.synthetic.characters.character import Character
from rgbd_seg.training.synthetic.characters.sampling import CharacterWishes, sample_character
from rgbd_seg.training.synthetic.compile import compile_scene
from rgbd_seg.training.synthetic.composition.placing_cameras import looking_at
from rgbd_seg.training.synthetic.develop import developed
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.places.place import PicturedMaterial
from rgbd_seg.training.synthetic.render import render
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.scene import Light, Scene, View
from rgbd_seg.training.synthetic.shapes import quad

_STREAM = 71  # keeps these random numbers apart from those of scenes
_STRANDS = 2500


def poster(assets: MakeHumanAssets, number: int) -> PicturedMaterial:
    """The printed picture of person ``number``."""
    picture, person = _portrait(assets, number)
    return _pictured(Material(texture=picture, roughness=0.4), person)


def screen(assets: MakeHumanAssets, number: int) -> PicturedMaterial:
    """The same on a screen, as in a call."""
    picture, person = _portrait(assets, number)
    return _pictured(surfaces.glowing(picture, 0.9), person)


def _pictured(material: Material, person: Bool) -> PicturedMaterial:
    return PicturedMaterial(material=material, person=person, aspect=person.shape[1] / person.shape[0])


@lru_cache(maxsize=64)
def _portrait(assets: MakeHumanAssets, number: int) -> tuple[UInt8, Bool]:
    """The picture (h, w, 3) before some ground, and, a third as fine, where the person is."""
    rng = np.random.default_rng((_STREAM, number))
    character = _character(assets, number, rng)
    face = character.anchors["face"].translation
    upright = rng.random() < 0.7
    width, height = (150, 210) if upright else (240, 160)
    frame = rng.uniform(0.5, 1.2)
    focal = 1.6 * height
    target = face - np.array([0, frame * 0.22, 0])
    position = target + np.array([rng.normal(0, 0.15), rng.normal(0, 0.08), 1.0]) * (frame * focal / height)
    view = View(
        intrinsics=Intrinsics(width=width, height=height, fx=focal, fy=focal, cx=(width - 1) / 2, cy=(height - 1) / 2),
        T_camera_world=looking_at(position, target),
        noise=0.004,
    )
    lights = (
        Light(position=_at(rng.choice([-1, 1]) * 1.2, 2.3, 1.8), color=np.full(3, 7, np.float32), size=0.9),
        Light(position=_at(rng.normal(0, 1.2), 2.0, -0.8), color=np.full(3, 3, np.float32), size=0.5),
    )
    scene = Scene(
        meshes=(*character.meshes, _ground(rng)), strands=character.strands, lights=lights,
        ambient=np.full(3, 0.35, np.float32), view=view,
    )  # fmt: skip
    picture = render(compile_scene(scene), view, lights, scene.ambient, rng=rng)
    person = cv2.resize(picture.alpha, (width // 3, height // 3), interpolation=cv2.INTER_AREA) >= 0.5
    return developed(picture, view, rng)[0], person


def _ground(rng: np.random.Generator) -> Mesh:
    makers = (textures.plaster, textures.wallpaper)
    texture = (
        textures.abstract_art(rng) if rng.random() < 0.2 else makers[rng.integers(2)](rng, textures.any_color(rng))
    )
    return quad(
        "ground", [(-4, -2, -1.5), (4, -2, -1.5), (4, 5, -1.5), (-4, 5, -1.5)], Material(texture=texture), repeat=(2, 2)
    )


def _at(x: float, y: float, z: float) -> Float32:
    return np.array([x, y, z], np.float32)


def _character(assets: MakeHumanAssets, number: int, rng: np.random.Generator) -> Character:
    return build_character(assets, sample_character(rng, CharacterWishes(strands=_STRANDS)), role=Role.SUBJECT)


def mannequin(assets: MakeHumanAssets, number: int) -> Character:
    """A dressed figure of plastic: skin of one colour, no hair."""
    rng = np.random.default_rng((_STREAM, 1, number))
    spec = sample_character(
        rng, CharacterWishes(accessories=False, held="", strands=_STRANDS, years=30.0, pose="standing")
    )
    built = build_character(assets, spec, role=Role.PICTURED_PERSON)
    plastic = surfaces.paint(rng.choice([(0.9, 0.88, 0.85), (0.12, 0.12, 0.13), (0.75, 0.6, 0.5)]), 0.35)
    bare = ("skin", "eyes", "eye", "teeth", "eyebrows", "eyelashes")
    meshes = tuple(replace(m, material=plastic) if m.name.lower().startswith(bare) else m for m in built.meshes)
    return replace(built, meshes=meshes, strands=())
