"""Growing a few hundred guide hairs, step by step: combed, pulled down, kept out of body and face."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from rgbd_seg.arrays import Float32
from rgbd_seg.training.synthetic.characters.hair_flow import flow_directions, is_fringe
from rgbd_seg.training.synthetic.characters.hair_styles import HairStyle
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame

_DOWN = np.array([0.0, -1.0, 0.0], np.float32)
_FRINGE_END = 0.026  # metres above the eyes: brows stay free
_HAIRLINE = 0.055
_CONTACT = 0.0025  # metres between skin and the lowest hair


@dataclass(frozen=True, kw_only=True, eq=False)
class Obstacle:
    """What hair cannot pass: points of skin and cloth with their normals."""

    tree: cKDTree
    normals: Float32

    @staticmethod
    def of(points: Float32, normals: Float32) -> "Obstacle":
        """From (n, 3) points and unit normals."""
        return Obstacle(tree=cKDTree(points, balanced_tree=False, compact_nodes=False), normals=normals)

    def pushed_out(self, points: Float32, clearance: Float32) -> Float32:
        """(n, 3) ``points``, at least ``clearance`` (n,) metres outside."""
        _, nearest = self.tree.query(points, workers=1)
        normal = self.normals[nearest]
        inside = clearance - ((points - self.tree.data[nearest]) * normal).sum(1)
        pushed: Float32 = (points + normal * np.maximum(inside, 0)[:, None]).astype(np.float32)
        return pushed


@dataclass(frozen=True, kw_only=True, eq=False)
class GuideRoots:
    """Where guides start and how long they become."""

    points: Float32  # (n, 3) character coordinates
    normals: Float32  # (n, 3)
    lengths: Float32  # (n,) metres
    parting: float = 0.0  # metres in head coordinates
    target: Float32 | None = None  # (n, 3) head coordinates: where gathered hair goes


def grow(
    style: HairStyle,
    roots: GuideRoots,
    head: HeadFrame,
    obstacle: Obstacle,
    rng: np.random.Generator,
    *,
    volume: float = 1.0,
) -> Float32:
    """(n, k, 3) guide hairs from root to tip, character coordinates."""
    count = len(roots.points)
    step = (roots.lengths / (style.points - 1))[:, None].astype(np.float32)
    root_in_head = head.to_head(roots.points)
    full = np.minimum(0.3 * roots.lengths, 0.014) * volume * rng.uniform(0.25, 1.0, count)
    jitter = rng.normal(0, 0.10, (count, 3)).astype(np.float32)
    position = roots.points.astype(np.float32)
    direction = _combed(style, roots, head, position, root_in_head)
    high = np.clip((root_in_head[:, 1:2] - 0.01) / 0.07, 0, 1)  # at the neck and over the ears hair lies flatter
    lift = style.lift * (1 - style.taper * 0.75 * (1 - high))
    direction = _unit(roots.normals * lift + direction * style.comb + jitter)
    strand = [position - roots.normals * np.float32(0.0015)]
    for k in range(1, style.points):
        travelled = k * step
        hold = np.clip(1 - travelled / style.comb_length, 0, 1) * style.comb
        if roots.target is not None:  # gathered hair is held all the way
            hold = np.full_like(step, 4.0)
        combed = _combed(style, roots, head, position, root_in_head)
        pull = style.gravity * np.minimum(step / 0.025, 1.0) * np.float32(0.55)
        direction = _unit(direction + combed * hold * np.float32(0.5) + _DOWN * pull)
        moved = position + direction * step
        clearance = (_CONTACT + full * min(1.0, k / 3)).astype(np.float32)
        moved = obstacle.pushed_out(moved, clearance)
        moved = _clear_of_face(moved, head, root_in_head, style)
        direction = _unit(moved - position)
        position = position + direction * step
        strand.append(position)
    return np.stack(strand, axis=1).astype(np.float32)


def _combed(style: HairStyle, roots: GuideRoots, head: HeadFrame, position: Float32, root_in_head: Float32) -> Float32:
    """Direction of the comb along the scalp, unit length."""
    flow = flow_directions(style.flow, head.to_head(position), root_in_head, roots.parting, roots.target)
    return _unit(head.direction(flow))


def _clear_of_face(points: Float32, head: HeadFrame, roots: Float32, style: HairStyle) -> Float32:
    """(n, 3) ``points`` of hairs that grow at ``roots`` (n, 3, head coordinates).

    Hair that would hang over the face is moved beside it; a fringe may hang down to the brows.
    """
    p = head.to_head(points)
    width = 0.062 + 0.015 * np.clip((0.02 - p[:, 1]) / 0.06, 0, 1)
    fringed = style.flow in ("bangs", "fringe")
    low = np.where(is_fringe(roots), _FRINGE_END if fringed else _HAIRLINE, _HAIRLINE)
    inside = (np.abs(p[:, 0]) < width) & (p[:, 1] < low)
    inside &= (p[:, 1] > -0.15) & (p[:, 2] > -0.045)
    if not inside.any():
        return points
    side = np.where(roots[:, 0] >= 0, 1, -1)
    p[inside, 0] = (side * width)[inside]
    p[inside, 2] = np.minimum(p[inside, 2], 0.0)
    moved = points.copy()
    moved[inside] = head.to_character(p[inside])
    return moved


def _unit(vectors: Float32) -> Float32:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Float32 = (vectors / np.maximum(length, 1e-9)).astype(np.float32)
    return scaled
