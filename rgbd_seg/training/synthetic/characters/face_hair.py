"""Brows, lashes and beards."""

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.characters.face_regions import goatee, moustache
from rgbd_seg.training.synthetic.characters.hair import PosedHead, strands
from rgbd_seg.training.synthetic.characters.root_pool import RootPool
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec
from rgbd_seg.training.synthetic.characters.static_parts import StaticParts
from rgbd_seg.training.synthetic.geometry import Strands
from rgbd_seg.training.synthetic.roles import Role

_BROW_HAIRS = 700
_BEARD_SHARE = 0.45  # of the head's strands


def face_hair(parts: StaticParts, spec: CharacterSpec, head: PosedHead, role: Role) -> tuple[Strands, ...]:
    """Brows, lashes and the beard, if any."""
    rng = np.random.default_rng([spec.seed, 41])
    found = [_brows(parts, spec, head, role, rng), _lashes(parts, spec, head, role, rng)]
    if spec.hair.beard and spec.hair.beard != "stubble":
        found.append(_beard(parts, spec, head, role, rng))
    return tuple(found)


def _rooted(pool: RootPool, head: PosedHead, chosen: Int32) -> tuple[Float32, Float32]:
    normals = pool.at(head.normals, chosen)
    return pool.at(head.points, chosen), normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def _brows(parts: StaticParts, spec: CharacterSpec, head: PosedHead, role: Role, rng: np.random.Generator) -> Strands:
    """Hairs that rise at the nose and turn outwards along the brow."""
    pool = parts.brow_pool
    count = min(int(_BROW_HAIRS * spec.hair.brows), len(pool.along))
    chosen = rng.permutation(len(pool.along))[:count].astype(np.int32)
    roots, normals = _rooted(pool, head, chosen)
    along = pool.along[chosen][:, None]
    side = np.sign(pool.neutral[chosen, :1])
    direction = np.concatenate([side * (0.35 + 0.75 * along), 0.85 - 1.05 * along, np.zeros_like(along)], axis=1)
    direction = head.frame.direction(direction + rng.normal(0, 0.16, direction.shape))
    direction -= normals * (direction * normals).sum(1, keepdims=True)
    direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
    length = (rng.uniform(0.0045, 0.008, (count, 1)) * head.frame.scale).astype(np.float32)
    points = np.stack(
        [
            roots - normals * np.float32(0.0003),
            roots + direction * length * 0.5 + normals * np.float32(0.0009),
            roots + direction * length + normals * np.float32(0.0007),
        ],
        axis=1,
    )
    return strands("brows", points.astype(np.float32), spec, 0.00009, role, rng, dark=0.75)


def _lashes(parts: StaticParts, spec: CharacterSpec, head: PosedHead, role: Role, rng: np.random.Generator) -> Strands:
    roots_at, tips_at = parts.lash_ends
    share = rng.random((3, len(roots_at), 1)).astype(np.float32)
    start = head.points[roots_at[:, 0]] * (1 - share) + head.points[roots_at[:, 1]] * share
    end = head.points[tips_at[:, 0]] * (1 - share) + head.points[tips_at[:, 1]] * share
    lower = head.frame.to_head(head.points[tips_at[:, 0]])[:, 1] < head.frame.to_head(head.points[roots_at[:, 0]])[:, 1]
    end = np.where(lower[None, :, None], start + (end - start) * np.float32(0.45), end)
    start, end = start.reshape(-1, 3), end.reshape(-1, 3)
    lift = head.frame.direction(np.array([[0.0, 0.0012, 0.0004]], np.float32))
    points = np.stack([start, (start + end) / 2, end + lift], axis=1)
    return strands("lashes", points.astype(np.float32), spec, 0.00008, role, rng, dark=0.12)


def _beard(parts: StaticParts, spec: CharacterSpec, head: PosedHead, role: Role, rng: np.random.Generator) -> Strands:
    pool = parts.beard_pool
    order = rng.permutation(len(pool.neutral)).astype(np.int32)
    kind = spec.hair.beard
    if kind != "full":
        density = moustache(pool.neutral[order]) if kind == "moustache" else goatee(pool.neutral[order])
        order = order[density > rng.random(len(order))]
    chosen = order[: int(spec.strands * _BEARD_SHARE * (1.0 if kind == "full" else 0.4))]
    roots, normals = _rooted(pool, head, chosen)
    neutral = pool.neutral[chosen]
    down = np.array([0.0, -1.0, 0.12], np.float32)
    upper_lip = (neutral[:, 1] > -0.075) & (np.abs(neutral[:, 0]) < 0.035)
    aside = np.concatenate(
        [np.sign(neutral[:, :1]) * 1.2, np.full((len(neutral), 1), -0.8), 0 * neutral[:, :1]], axis=1
    )
    flow = head.frame.direction(np.where(upper_lip[:, None], aside, down))
    longest = np.clip((-0.045 - neutral[:, 1]) / 0.05, 0.25, 1.0)[:, None]  # short on the cheeks, long at the chin
    limit = np.where(upper_lip, 0.010, 1.0)[:, None]
    length = np.minimum(spec.hair.beard_length * longest * rng.uniform(0.6, 1.1, (len(chosen), 1)), limit)
    points = [roots - normals * np.float32(0.0005)]
    direction = normals * 0.75 + flow * 0.6 + rng.normal(0, 0.18, roots.shape)
    position = roots
    for k in range(1, 6):
        direction = direction + flow * 0.35 + rng.normal(0, 0.12 + 0.2 * spec.hair.curl, roots.shape)
        along = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        inwards = np.minimum((along * normals).sum(1, keepdims=True) - 0.12, 0)
        position = position + (along - normals * inwards * (k < 4)) * length / 5
        points.append(position)
    return strands("beard", np.stack(points, axis=1).astype(np.float32), spec, 0.00022, role, rng, dark=0.9)
