"""Clothes and shoes of the assets, put on a posed body."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.training.synthetic.characters.fabric import TILE, fabric_material
from rgbd_seg.training.synthetic.characters.spec import FabricSpec, GarmentSpec
from rgbd_seg.training.synthetic.characters.static_parts import StaticParts
from rgbd_seg.training.synthetic.characters.surface import corner_mesh, skinned, vertex_normals
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.roles import Role

SUITS = {
    "female": ("female_casualsuit01", "female_casualsuit02", "female_elegantsuit01", "female_sportsuit01"),
    "male": (
        "male_casualsuit01",
        "male_casualsuit02",
        "male_casualsuit03",
        "male_casualsuit04",
        "male_casualsuit05",
        "male_casualsuit06",
        "male_elegantsuit01",
        "male_worksuit01",
    ),
}
SHOES = ("shoes01", "shoes02", "shoes03", "shoes04", "shoes05", "shoes06")
_WAIST = (
    1.0  # decimetres, height of the neutral base mesh's waist: shells with their middle below are trousers or skirts
)
_WAISTBAND = 1.1  # decimetres: skin above it stays when only trousers are worn
_UNSEEN = -1
BOTTOM = ":bottom"
"""After a suit's name: only its trousers or skirt."""
_SMALL = 400  # triangles: buttons, belts, collars


@dataclass(frozen=True, kw_only=True, eq=False)
class Dressed:
    """One garment on the body."""

    meshes: tuple[Mesh, ...]
    hidden: Bool  # (n,) vertices of the base mesh that lie below it
    points: Float32  # (k, 3) of the outer surface, for hair to fall on
    normals: Float32  # (k, 3)


def wear(parts: StaticParts, garment: GarmentSpec, body: Float32, matrices: Float64, role: Role) -> Dressed:
    """A garment of the assets on ``body`` (rest pose, metres), posed by ``matrices``."""
    name = asset_name(garment)
    proxy = parts.assets.proxy(name)
    points = skinned(proxy.fit(body), parts.weights(name), matrices)
    normals = vertex_normals(points, proxy.mesh.triangles)
    hidden = np.zeros(len(body), bool)
    hidden[proxy.hidden[proxy.hidden < len(body)]] = True
    layers = _layers(parts, name)
    bottom = garment.name.endswith(BOTTOM)
    if bottom:
        layers[layers != 1] = _UNSEEN
        hidden &= parts.assets.base.positions[:, 1] < _WAISTBAND
    if garment.name in SHOES:
        layers[parts.shells(name) >= 2] = _UNSEEN  # the assets' socks would cut through trousers
    meshes = tuple(
        corner_mesh(
            garment.name,
            proxy.mesh,
            points,
            normals,
            layers == layer,
            fabric_material(fabric_for(garment, int(layer))),
            role,
            parts.cloth_coordinates(name) / np.float32(TILE),
        )
        for layer in np.unique(layers[layers != _UNSEEN])
    )
    return Dressed(meshes=meshes, hidden=hidden, points=points, normals=normals)


def asset_name(garment: GarmentSpec) -> str:
    """The proxy of a garment below the assets' root."""
    folder, _, file = garment.name.removesuffix(BOTTOM).partition("/")
    return f"clothes/{folder}/{file or folder}"


def fabric_for(garment: GarmentSpec, layer: int) -> FabricSpec:
    """Layer 0 is the top, 1 trousers or skirt, 2 and above what is worn over or on it."""
    return garment.fabrics[min(layer, len(garment.fabrics) - 1)]


def _layers(parts: StaticParts, name: str) -> np.ndarray:
    """(m,) which of the garment's fabrics every triangle is made of."""
    proxy = parts.assets.proxy(name)
    shells = parts.shells(name)
    neutral = proxy.fit(parts.assets.base.positions)
    height = neutral[proxy.mesh.triangles].mean(1)[:, 1]
    layers = np.zeros(len(shells), np.int32)
    tops = 0
    for shell in range(int(shells.max()) + 1):
        member = shells == shell
        if height[member].mean() < _WAIST and member.sum() > _SMALL:
            layers[member] = 1
        elif tops == 0:
            tops = 1
        else:
            layers[member] = 2
    return layers
