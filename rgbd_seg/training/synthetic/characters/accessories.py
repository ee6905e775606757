"""Everything that is worn and is no garment, as meshes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.characters.body_wear import backpack, hood_down, scarf, shoulder_bag, shoulder_cape
from rgbd_seg.training.synthetic.characters.color import flat_texture
from rgbd_seg.training.synthetic.characters.fabric import fabric_material
from rgbd_seg.training.synthetic.characters.face_wear import FacePoints, earrings, glasses, headphones, mask
from rgbd_seg.training.synthetic.characters.guide_hair import Obstacle
from rgbd_seg.training.synthetic.characters.head_envelope import HeadEnvelope
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame
from rgbd_seg.training.synthetic.characters.head_wear import beanie, cap, covered_by, headscarf, hood
from rgbd_seg.training.synthetic.characters.primitives import Shape
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.training.synthetic.characters.spec import AccessorySpec
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role

FEDORA = "fedora"
"""The hat of the assets, which is fitted as clothes are."""
HATS = ("beanie", "cap", FEDORA)
COWLS = ("hood", "headscarf")


@dataclass(frozen=True, eq=False)
class Wearer:
    """A posed and dressed body, as accessories need it."""

    skeleton: Skeleton
    frame: HeadFrame
    head_points: Float32  # (n, 3) skin of the head, character coordinates
    obstacle: Obstacle

    @cached_property
    def envelope(self) -> HeadEnvelope:
        """Of the head."""
        return HeadEnvelope.of(self.head_points, self.frame)

    @cached_property
    def face(self) -> FacePoints:
        """The head's skin in its own coordinates."""
        eye = self.skeleton.posed_head("eye.L")
        return FacePoints(
            points=self.frame.to_head(self.head_points), eye=self.frame.to_head(eye[None].astype(np.float32))[0]
        )


def accessory_meshes(wearer: Wearer, accessory: AccessorySpec, role: Role) -> tuple[Mesh, ...]:
    """One accessory on its wearer; none for the fedora, which is a garment.

    Raises:
        ConfigError: there is no such accessory.
    """
    if accessory.kind == FEDORA:
        return ()
    if accessory.kind not in _MAKERS:
        raise ConfigError(f"accessory kind is {accessory.kind!r}; expected one of {', '.join(ACCESSORY_KINDS)}")
    return tuple(
        shape.mesh(accessory.kind, material, role) for shape, material in _MAKERS[accessory.kind](wearer, accessory)
    )


def hair_covered(accessories: tuple[AccessorySpec, ...], roots: Float32) -> Bool:
    """(n,) True for the roots (neutral head coordinates) that a hat or hood hides."""
    covered = np.zeros(len(roots), bool)
    for accessory in accessories:
        if accessory.kind in HATS + COWLS:
            covered |= covered_by(accessory.kind, roots)
    return covered


_Parts = list[tuple[Shape, Material]]


def _on_head(wearer: Wearer, shape: Shape) -> Shape:
    return Shape(
        vertices=wearer.frame.to_character(shape.vertices),
        normals=wearer.frame.direction(shape.normals),
        texture_coordinates=shape.texture_coordinates,
        triangles=shape.triangles,
    )


def _cloth(accessory: AccessorySpec) -> Material:
    return fabric_material(accessory.fabric)


def _plastic(accessory: AccessorySpec) -> Material:
    return Material(texture=flat_texture(accessory.fabric.colors[0]), roughness=0.25, specular=0.05)


def _glasses(wearer: Wearer, accessory: AccessorySpec) -> _Parts:
    dark = accessory.kind == "sunglasses"
    frame, lenses = glasses(wearer.face, accessory.variant, dark)
    tint = (0.05, 0.05, 0.06) if dark else (0.85, 0.9, 0.95)
    glass = Material(
        texture=flat_texture(tint), roughness=0.03, specular=0.05, opacity=0.86 if dark else 0.10, infrared=0.1
    )
    return [(_on_head(wearer, frame), _plastic(accessory)), (_on_head(wearer, lenses), glass)]


def _headphones(wearer: Wearer, accessory: AccessorySpec) -> _Parts:
    shell, cushions = headphones(wearer.envelope, wearer.face, accessory.variant)
    foam = Material(texture=flat_texture((0.08, 0.08, 0.08)), roughness=0.9)
    return [(_on_head(wearer, shell), _plastic(accessory)), (_on_head(wearer, cushions), foam)]


def _mask(wearer: Wearer, accessory: AccessorySpec) -> _Parts:
    cloth, loops = mask(wearer.face)
    white = Material(texture=flat_texture((0.92, 0.92, 0.92)), roughness=0.9)
    return [(_on_head(wearer, cloth), _cloth(accessory)), (_on_head(wearer, loops), white)]


def _headscarf(wearer: Wearer, accessory: AccessorySpec) -> _Parts:
    scale = wearer.frame.scale
    cloth = _cloth(accessory)
    return [
        (_on_head(wearer, headscarf(wearer.envelope, accessory.variant)), cloth),
        (shoulder_cape(wearer.skeleton, wearer.obstacle, scale), cloth),
    ]


def _earrings(wearer: Wearer, accessory: AccessorySpec) -> _Parts:
    metal = Material(texture=flat_texture((0.85, 0.72, 0.4)), roughness=0.2, specular=0.5)
    return [(_on_head(wearer, earrings(wearer.face, accessory.variant)), metal)]


def _hat(make: Callable[[HeadEnvelope, float], Shape]) -> Callable[[Wearer, AccessorySpec], _Parts]:
    return lambda wearer, accessory: [(_on_head(wearer, make(wearer.envelope, accessory.variant)), _cloth(accessory))]


def _on_body(
    make: Callable[[Skeleton, Obstacle, float, float], Shape],
) -> Callable[[Wearer, AccessorySpec], _Parts]:
    return lambda wearer, accessory: [
        (make(wearer.skeleton, wearer.obstacle, accessory.variant, wearer.frame.scale), _cloth(accessory))
    ]


def _shoulder_bag(wearer: Wearer, accessory: AccessorySpec) -> _Parts:
    shape = shoulder_bag(wearer.skeleton, wearer.obstacle, accessory.variant, wearer.frame.scale, accessory.side)
    return [(shape, _cloth(accessory))]


_MAKERS: dict[str, Callable[[Wearer, AccessorySpec], _Parts]] = {
    "glasses": _glasses,
    "sunglasses": _glasses,
    "headphones": _headphones,
    "mask": _mask,
    "earrings": _earrings,
    "beanie": _hat(beanie),
    "cap": _hat(cap),
    "hood": _hat(hood),
    "headscarf": _headscarf,
    "hood down": _on_body(hood_down),
    "scarf": _on_body(scarf),
    "backpack": _on_body(backpack),
    "shoulder bag": _shoulder_bag,
}
ACCESSORY_KINDS = (*_MAKERS, FEDORA)
