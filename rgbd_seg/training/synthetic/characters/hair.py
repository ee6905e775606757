"""Hair on the head."""

from dataclasses import dataclass, replace

import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.training.synthetic.characters.accessories import COWLS
from rgbd_seg.training.synthetic.characters.child_hair import children, without_strays
from rgbd_seg.training.synthetic.characters.color import hair_color
from rgbd_seg.training.synthetic.characters.gathered_hair import gather_points, gathered_hair
from rgbd_seg.training.synthetic.characters.guide_hair import GuideRoots, Obstacle, grow
from rgbd_seg.training.synthetic.characters.hair_flow import is_fringe
from rgbd_seg.training.synthetic.characters.hair_styles import STYLES, HairStyle
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec, HairSpec
from rgbd_seg.training.synthetic.characters.static_parts import StaticParts
from rgbd_seg.training.synthetic.geometry import Strands
from rgbd_seg.training.synthetic.roles import Role

_IN_HOOD = 0.045  # metres of hair that show in a hood
_HANGING = 0.15  # metres: hair that is longer shows below a hat
_PARTING = 0.028  # metres from the middle at parting ±1


@dataclass(frozen=True, kw_only=True, eq=False)
class PosedHead:
    """A posed body, as hair needs it."""

    points: Float32  # (n, 3) base mesh, character coordinates
    normals: Float32  # (n, 3)
    frame: HeadFrame
    obstacle: Obstacle


def head_hair(
    parts: StaticParts, spec: CharacterSpec, head: PosedHead, role: Role, covered: Bool
) -> tuple[Strands, ...]:
    """The strands of the spec's style; none where ``covered`` (roots of the pool under a hat) or bald."""
    if spec.hair.style not in STYLES:
        return ()
    rng = np.random.default_rng([spec.seed, 31])
    style = STYLES[spec.hair.style]
    pool, guide_set = parts.scalp_pool, parts.scalp_guides
    order = rng.permutation(len(pool.neutral)).astype(np.int32)
    cowl = any(a.kind in COWLS for a in spec.accessories)
    if cowl:
        spec = replace(spec, hair=replace(spec.hair, length=min(spec.hair.length, _IN_HOOD), volume=0.3))
    if covered.any() and not cowl and spec.hair.length > _HANGING and style.kink == 0:
        covered = np.zeros_like(covered)  # long hair hangs out from below a hat
        style = replace(style, lift=0.05)
        spec = replace(spec, hair=replace(spec.hair, volume=0.12))
    present = order[_present(pool.neutral[order], spec.hair) & ~covered[order]][: spec.strands]
    if len(present) == 0:
        return ()
    parting = spec.hair.parting * _PARTING
    guide_roots = _guide_roots(parts, spec.hair, head, style, parting, rng)
    guides = grow(style, guide_roots, head.frame, head.obstacle, rng, volume=spec.hair.volume)
    nearest, weights = guide_set.nearest[present], guide_set.weights[present]
    if style.flow in ("part", "bangs"):
        weights = _same_side(pool.neutral[present], pool.neutral[guide_set.roots][nearest], weights, parting, style)
    roots = pool.at(head.points, present)
    hair = children(guides, nearest, weights, roots, style, _curl(spec.hair, style), rng)
    if style.flow in ("part", "bangs", "back"):
        hair = without_strays(hair, roots, head.frame, fringe=style.flow == "bangs")
    found = [strands("hair", hair, spec, style.radius, role, rng)]
    if style.gather:
        for bundle in gathered_hair(style, spec, head.frame, head.obstacle, rng):
            found.append(strands("hair", bundle, spec, style.radius, role, rng))
    return tuple(found)


def strands(
    name: str,
    points: Float32,
    spec: CharacterSpec,
    radius: float,
    role: Role,
    rng: np.random.Generator,
    dark: float = 1.0,
) -> Strands:
    """Hairs in the character's colour, none like another."""
    hair = spec.hair
    colored = hair_color(hair.melanin, hair.redness) * dark
    tint = np.exp(rng.normal(0, 0.16, (len(points), 1)))
    grey = rng.random((len(points), 1)) < hair.grey
    colors = np.where(grey, 0.42 * np.exp(0.5 * np.log(tint)), colored * tint)
    return Strands(
        name=name,
        points=points,
        radius=radius,
        colors=np.clip(colors, 0, 1).astype(np.float32),
        melanin=hair.melanin * (1 - hair.grey),
        redness=hair.redness,
        role=role,
    )


def _curl(hair: HairSpec, style: HairStyle) -> float:
    return 1.0 if style.flow == "up" and hair.curl > 0.5 else hair.curl


def _present(neutral: Float32, hair: HairSpec) -> Bool:
    """Which roots still grow: hair recedes at the temples and thins at the crown."""
    if hair.thin <= 0:
        return np.ones(len(neutral), bool)
    x, y, z = np.abs(neutral[:, 0]), neutral[:, 1], neutral[:, 2]
    front = z + 0.055 + 0.05 * np.clip(x / 0.05, 0, 1)  # temples first
    receded = front > 0.13 * (1 - hair.thin) - 0.02
    crown = np.hypot(x, z + 0.11) < 0.085 * hair.thin
    top = y > 0.045
    kept: Bool = ~((receded | crown) & top)
    return kept


def _guide_roots(
    parts: StaticParts, hair: HairSpec, head: PosedHead, style: HairStyle, parting: float, rng: np.random.Generator
) -> GuideRoots:
    pool, chosen = parts.scalp_pool, parts.scalp_guides.roots
    neutral = pool.neutral[chosen]
    points, normals = pool.at(head.points, chosen), pool.at(head.normals, chosen)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    lengths = hair.length * min(1.0, head.frame.scale + 0.05) * np.exp(rng.normal(0, 0.07, len(chosen)))
    target = None
    if style.flow == "gather":
        target = _gather_targets(style, neutral)
        lengths = 1.12 * np.linalg.norm(target - neutral, axis=1) * head.frame.scale
    else:
        low = np.clip((neutral[:, 1] - 0.0) / 0.085, 0, 1) * np.clip((0.085 - np.abs(neutral[:, 0])) / 0.03, 0.35, 1)
        lengths = lengths * (1 - style.taper * (1 - low))
    if style.flow == "bangs":
        lengths = np.where(is_fringe(neutral), np.minimum(0.078, lengths), lengths)
    if style.flow == "fringe":
        lengths = np.where(is_fringe(neutral), np.minimum(0.045, lengths), lengths)
    return GuideRoots(
        points=points, normals=normals, lengths=lengths.astype(np.float32), parting=parting, target=target
    )


def _gather_targets(style: HairStyle, roots: Float32) -> Float32:
    """(n, 3) where every root's hair is gathered, head coordinates."""
    spots = gather_points(style.gather)
    side = (roots[:, 0] < 0).astype(int) if len(spots) > 1 else np.zeros(len(roots), int)
    return np.asarray(spots[side], np.float32)


def _same_side(roots: Float32, guides: Float32, weights: Float32, parting: float, style: HairStyle) -> Float32:
    """Hair beside a parting follows only the guides of its own side; fringe and sides do not mix."""
    same = (roots[:, None, 0] >= parting) == (guides[..., 0] >= parting)
    if style.flow == "bangs":
        fringe_guide = is_fringe(guides.reshape(-1, 3)).reshape(guides.shape[:2])
        same = np.where(fringe_guide, is_fringe(roots)[:, None], same & ~is_fringe(roots)[:, None])
    share = weights * same
    total = share.sum(1, keepdims=True)
    kept: Float32 = np.where(total > 1e-6, share / np.maximum(total, 1e-6), weights).astype(np.float32)
    return kept
