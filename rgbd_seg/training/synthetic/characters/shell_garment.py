"""Clothes made from the base mesh's helpers: pullovers, coats, tunics, skirts and dresses.

The helpers are a smooth body suit and a long skirt around the body, which follow every shape and pose. A garment is the
part of them between neck, hem and cuffs, moved outwards and laid in folds.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64, Int32
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.characters.clipped_surface import ClippedSurface, clipped
from rgbd_seg.training.synthetic.characters.clothing import Dressed
from rgbd_seg.training.synthetic.characters.fabric import TILE, fabric_material
from rgbd_seg.training.synthetic.characters.rotations import unit
from rgbd_seg.training.synthetic.characters.spec import GarmentSpec
from rgbd_seg.training.synthetic.characters.static_parts import StaticParts
from rgbd_seg.training.synthetic.characters.surface import vertex_normals
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.roles import Role

# Metres on the neutral base mesh, origin at its own (the hips are near 0, the shoulders at 0.52).
_NECK, _WAIST, _ARM = 0.525, 0.11, 0.47


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How a garment is cut. Heights and sleeve lengths on the neutral base mesh, metres."""

    hem: float  # height of the lower end
    sleeve: float = 1.0  # share of the arm: 0 none, 1 to the wrist
    neck: float = _NECK
    open_neck: float = 0.0  # how much deeper the neckline is in front
    skirt: bool = False  # continues below the hips as a skirt
    torso: bool = True
    thickness: float = 0.006
    folds: float = 0.003
    flare: float = 0.0  # metres that the hem stands off more than the waist


CUTS: dict[str, Cut] = {
    "pullover": Cut(hem=-0.01, thickness=0.011, folds=0.0035),
    "thick pullover": Cut(hem=-0.03, neck=0.555, thickness=0.017, folds=0.005),
    "hoodie": Cut(hem=-0.04, neck=0.540, thickness=0.020, folds=0.006),
    "t-shirt": Cut(hem=-0.03, sleeve=0.42, open_neck=0.02, thickness=0.008, folds=0.003),
    "top": Cut(hem=0.0, sleeve=0.02, neck=0.50, open_neck=0.04, thickness=0.005, folds=0.002),
    "jacket": Cut(hem=-0.06, neck=0.545, thickness=0.024, folds=0.006),
    "coat": Cut(hem=-0.38, neck=0.545, skirt=True, thickness=0.026, folds=0.006, flare=0.01),
    "dress": Cut(hem=-0.38, sleeve=0.25, open_neck=0.04, skirt=True, thickness=0.006, folds=0.003, flare=0.03),
    "long dress": Cut(hem=-0.62, sleeve=0.95, open_neck=0.02, skirt=True, thickness=0.007, folds=0.004, flare=0.04),
    "skirt": Cut(hem=-0.30, torso=False, skirt=True, thickness=0.010, folds=0.003, flare=0.03),
    "long skirt": Cut(hem=-0.60, torso=False, skirt=True, thickness=0.010, folds=0.005, flare=0.05),
}
_OVER_WAISTBAND = 0.012  # metres
_HEM_ROOM = 0.012  # metres of skin that stay below an edge


def wear_shell(parts: StaticParts, garment: GarmentSpec, posed: Float32, role: Role) -> Dressed:
    """A garment of :data:`CUTS` on the ``posed`` base mesh with its helpers (character coordinates).

    Raises:
        ConfigError: there is no such cut.
    """
    if garment.name not in CUTS:
        raise ConfigError(f"garment is {garment.name!r}; expected a folder of the assets' clothes or {', '.join(CUTS)}")
    cut = CUTS[garment.name]
    neutral = parts.assets.base.positions * np.float32(0.1)
    surface = _surface(parts, garment.name)
    smooth = vertex_normals(posed, _source_triangles(parts, cut))
    room = cut.thickness + cut.flare * np.clip((_WAIST - neutral[:, 1]) / (_WAIST - cut.hem), 0, 1) * _is_skirt(parts)
    if cut.torso:  # over the waistband of what is worn below
        room = room + _OVER_WAISTBAND * np.clip((_WAIST + 0.05 - neutral[:, 1]) / 0.08, 0, 1) * (1 - _is_skirt(parts))
    room = (room + cut.folds * _folds(neutral, garment.fabrics[0].seed)) * _snug(cut, neutral)
    points = surface.at((posed + smooth * room[:, None]).astype(np.float32))
    normals = vertex_normals(points, surface.triangles)
    mesh = Mesh(
        name=garment.name,
        vertices=points,
        normals=normals,
        texture_coordinates=surface.at(_texture_coordinates(neutral)),
        triangles=surface.triangles,
        material=fabric_material(garment.fabrics[0]),
        role=role,
    )
    return Dressed(meshes=(mesh,), hidden=_hidden(parts, garment.name), points=points, normals=normals)


def _source_triangles(parts: StaticParts, cut: Cut) -> Int32:
    base = parts.assets.base
    groups = [base.groups[name] for name in ("helper-tights",) * cut.torso + ("helper-skirt",) * cut.skirt]
    return base.triangles[np.isin(base.face, np.concatenate(groups))]


@lru_cache(maxsize=64)
def _surface(parts: StaticParts, name: str) -> ClippedSurface:
    """The garment's part of the helpers."""
    neutral = parts.assets.base.positions * np.float32(0.1)
    return clipped(_source_triangles(parts, CUTS[name]), _inside(CUTS[name], neutral, _is_skirt(parts) > 0))


def _is_skirt(parts: StaticParts) -> Float32:
    base = parts.assets.base
    belongs = np.zeros(len(base.positions), np.float32)
    belongs[np.unique(base.triangles[np.isin(base.face, base.groups["helper-skirt"])])] = 1
    return belongs


def _snug(cut: Cut, points: Float32) -> Float64:
    """(n,) how far cloth stands off, 0 … 1: it lies on the skin at neckline and cuffs."""
    if not cut.torso:
        return np.ones(len(points))
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    below_neck = cut.neck - y + 0.55 * np.hypot(x, z + 0.005)
    before_cuff = (cut.sleeve - _along_arm(points)) * _ARM
    room: Float64 = 0.25 + np.minimum(below_neck / 0.07, before_cuff / 0.04 if cut.sleeve > 0.8 else 1)
    return np.clip(room, 0.25, 1)


def _inside(cut: Cut, points: Float32, skirt: Bool) -> Float32:
    """(n,) metres from the garment's edges, positive inside."""
    above_hem = points[:, 1] - cut.hem
    if not cut.torso:
        return np.asarray(np.minimum(above_hem, _WAIST + 0.03 - points[:, 1]).astype(np.float32), np.float32)
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    front = cut.open_neck * np.clip(z / 0.04, 0, 1) * np.clip(1.4 - x / 0.10, 0, 1)
    below_neck = cut.neck - front - y + 0.55 * np.hypot(x, z + 0.005)
    before_cuff = (cut.sleeve - _along_arm(points)) * _ARM
    suit = np.minimum(np.minimum(below_neck, before_cuff), y - 0.02 if cut.skirt else above_hem)
    return np.where(skirt, above_hem, suit).astype(np.float32)


_SHOULDER, _ELBOW, _WRIST = (
    np.array([0.168, 0.525, 0.015]),
    np.array([0.313, 0.349, 0.013]),
    np.array([0.431, 0.245, 0.176]),
)
"""The neutral base mesh's left arm, metres."""


def _along_arm(points: Float32) -> Float64:
    """(n,) -1 on the torso, 0 at the shoulder … 1 at the wrist and more on the hand."""
    p = points.astype(np.float64) * 1.0
    p = np.concatenate([np.abs(p[:, :1]), p[:, 1:]], axis=1)
    upper, lower = _ELBOW - _SHOULDER, _WRIST - _ELBOW
    first = (p - _SHOULDER) @ upper / (upper @ upper)
    second = (p - _ELBOW) @ lower / (lower @ lower)
    total = float(np.linalg.norm(upper) + np.linalg.norm(lower))
    share = float(np.linalg.norm(upper)) / total
    along = np.where(second > 0, share + second * (1 - share), first * share)
    arm = (p[:, 0] > 0.165) & (first > 0) & (p[:, 0] > 0.165 + 0.30 * np.clip(0.40 - p[:, 1], 0, 1))
    return np.where(arm, along, -1.0)


@lru_cache(maxsize=64)
def _hidden(parts: StaticParts, name: str) -> Bool:
    """(n,) skin well inside the garment, so that it cannot come through. Legs below a skirt stay: one sees below it."""
    cut = CUTS[name]
    neutral = parts.assets.base.positions * np.float32(0.1)
    body = np.unique(parts.assets.base.triangles[parts.body_triangles])
    points = neutral[body]
    covered = _inside(cut, points, np.zeros(len(body), bool)) > _HEM_ROOM
    if not cut.torso:
        covered &= points[:, 1] > -0.02
    hands = (_along_arm(points) > 0) | (np.abs(points[:, 0]) < 0.25)  # and nothing beside the body
    hidden = np.zeros(len(neutral), bool)
    hidden[body[covered & hands]] = True
    return hidden


def _folds(points: Float32, seed: int) -> Float32:
    """(n,) around 0: a few waves that run across arms and waist."""
    rng = np.random.default_rng([seed, 61])
    total = np.zeros(len(points), np.float32)
    for _ in range(7):
        direction = rng.normal(size=3) * (0.8, 1.3, 0.8)
        direction *= 2 * np.pi / (rng.uniform(0.035, 0.11) * np.linalg.norm(direction))
        total += np.sin(points @ direction.astype(np.float32) + np.float32(rng.uniform(0, 6.28)))
    return total / np.float32(2.0)


def _texture_coordinates(neutral: Float32) -> Float32:
    """(n, 2) in repeats of the cloth; mirrored between left and right, so that there is no seam to smear."""
    x, y, z = np.abs(neutral[:, 0]), neutral[:, 1], neutral[:, 2]
    arm = _along_arm(neutral)
    around = np.abs(np.arctan2(x, z)) * 0.16
    points = np.stack([x, y, z], axis=1)
    elbow = float(np.linalg.norm(_ELBOW - _SHOULDER)) / _ARM
    lower = arm > elbow
    start = np.where(lower[:, None], _ELBOW, _SHOULDER)
    axis = np.where(lower[:, None], unit(_WRIST - _ELBOW), unit(_ELBOW - _SHOULDER))
    offset = points - start
    offset = offset - (offset * axis).sum(1, keepdims=True) * axis
    ahead = np.array([0.0, 0.35, 0.94]) - (axis @ np.array([0.0, 0.35, 0.94]))[:, None] * axis
    aside = np.cross(axis, ahead)
    turn = np.abs(np.arctan2((offset * aside).sum(1), (offset * ahead).sum(1))) * 0.055
    u = np.where(arm > 0, turn, around)
    on_shoulder = np.clip((y - 0.42) / 0.10, 0, 1) * np.clip(x - 0.055, 0, 0.12)
    v = np.where(arm > 0, 0.5 - arm * _ARM, y - 0.9 * on_shoulder)
    return (np.stack([u, v], axis=1) / TILE).astype(np.float32)
