"""Hair that is gathered: ponytail, pigtails, braid, bun."""

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.training.synthetic.characters.guide_hair import GuideRoots, Obstacle, grow
from rgbd_seg.training.synthetic.characters.hair_styles import HairStyle
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec

# Head coordinates; just off the scalp.
_POINTS = {
    "ponytail": np.array([[0.0, 0.050, -0.212]], np.float32),
    "braid": np.array([[0.0, -0.015, -0.205]], np.float32),
    "bun": np.array([[0.0, 0.085, -0.190]], np.float32),
    "pigtails": np.array([[0.082, 0.030, -0.140], [-0.082, 0.030, -0.140]], np.float32),
}
_TAIL = HairStyle(flow="none", lift=1.0, comb=0.0, comb_length=1e-6, gravity=1.5, points=14, clump=0.3)
_BUN_RADIUS = 0.040  # metres
_BRAID_WIDTH = 0.016
_SHARE = 0.55  # of the strands on the head


def gather_points(gather: str) -> Float32:
    """(1 or 2, 3) where hair is gathered, head coordinates; the left one first."""
    return _POINTS[gather]


def gathered_hair(
    style: HairStyle, spec: CharacterSpec, head: HeadFrame, obstacle: Obstacle, rng: np.random.Generator
) -> list[Float32]:
    """(n, k, 3) hairs of everything behind the points where hair is gathered."""
    count = int(spec.strands * _SHARE)
    spots = gather_points(style.gather)
    if style.gather == "bun":
        return [_bun(spots[0], count, head, rng)]
    found = []
    for spot in spots:
        guides = _tail_guides(spot, spec, head, obstacle, rng)
        if style.gather == "braid":
            found.append(_braid(guides.mean(0), count, rng))
        else:
            found.append(_tail(guides, count // len(spots), spec.hair.curl, rng))
    return found


def _tail_guides(
    spot: Float32, spec: CharacterSpec, head: HeadFrame, obstacle: Obstacle, rng: np.random.Generator
) -> Float32:
    outwards = spot * np.array([1.2, 0.35, 1.0], np.float32) + np.array([0, 0.06, 0.09], np.float32)
    outwards /= np.linalg.norm(outwards)
    count = 40
    offsets = rng.normal(0, 0.006, (count, 3)).astype(np.float32)
    normals = head.direction(np.broadcast_to(outwards, (count, 3)) + rng.normal(0, 0.22, (count, 3)))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    roots = GuideRoots(
        points=head.to_character(spot + offsets),
        normals=normals,
        lengths=(spec.hair.length * np.exp(rng.normal(0, 0.06, count))).astype(np.float32),
    )
    return grow(_TAIL, roots, head, obstacle, rng, volume=0.6)


def _tail(guides: Float32, count: int, curl: float, rng: np.random.Generator) -> Float32:
    """Between pairs of guides, so that the bundle is filled."""
    first, second = rng.integers(len(guides), size=(2, count))
    share = rng.random((count, 1, 1)).astype(np.float32)
    hair = guides[first] + (guides[second] - guides[first]) * share
    along = np.linspace(0, 1, guides.shape[1], dtype=np.float32)[None, :, None]
    if curl > 0:
        phase = rng.uniform(0, 2 * np.pi, 12)[rng.integers(12, size=count)] + rng.normal(0, 0.4, count)
        angle = (2 * np.pi * (1 + 3 * curl) * along + phase[:, None, None]).astype(np.float32)
        wave = np.concatenate([np.cos(angle), 0 * angle, np.sin(angle)], axis=2)
        hair = hair + wave * along * np.float32(0.012 * curl)
    drift = rng.normal(0, 0.010, (count, 1, 3)).astype(np.float32)
    return np.asarray((hair + drift * along**2 - along * 0.0).astype(np.float32), np.float32)


def _braid(center: Float32, count: int, rng: np.random.Generator) -> Float32:
    """Three strands that pass over each other: the middle line moved by a sine and one of twice its rate."""
    points = 26
    place = np.linspace(0, len(center) - 1, points)
    line = np.stack([np.interp(place, np.arange(len(center)), center[:, k]) for k in range(3)], axis=1)
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    across = np.cross(tangent, np.array([0.0, 0.05, -1.0]))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    outward = np.cross(across, tangent)
    along = np.linspace(0, 1, points)
    length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
    which = rng.integers(3, size=count)
    phase = 2 * np.pi * (length / 0.075 * along[None] + which[:, None] / 3)
    width = _BRAID_WIDTH * (1 - 0.35 * along) * np.clip(along / 0.06, 0.25, 1)
    spread = rng.normal(0, 0.0042, (count, 2))[:, :, None] * np.clip(1.2 - along, 0.4, 1)
    aside = np.sin(phase) * width + spread[:, 0]
    above = np.sin(2 * phase) * width * 0.45 + spread[:, 1]
    hair: Float32 = (line[None] + aside[..., None] * across + above[..., None] * outward).astype(np.float32)
    return hair


def _bun(spot: Float32, count: int, head: HeadFrame, rng: np.random.Generator) -> Float32:
    """Hairs wound over a ball behind the point."""
    points = 16
    outwards = spot - np.array([0.0, 0.035, -0.09], np.float32)
    outwards /= np.linalg.norm(outwards)
    center = spot + outwards * np.float32(_BUN_RADIUS * 0.62)
    axis = outwards + rng.normal(0, 0.35, (count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    start = rng.normal(size=(count, 3))
    u = start - (start * axis).sum(1, keepdims=True) * axis
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(axis, u)
    angle = np.linspace(0, 1, points)[None] * rng.uniform(2.2, 4.0, (count, 1)) + rng.uniform(0, 6.28, (count, 1))
    height = rng.uniform(-0.85, 0.85, (count, 1)) + 0.15 * np.sin(angle)
    radius = _BUN_RADIUS * rng.uniform(0.86, 1.02, (count, 1))
    ring = radius * np.sqrt(np.clip(1 - height**2, 0.02, 1))
    shape = (
        np.cos(angle)[..., None] * u[:, None] * ring[..., None]
        + np.sin(angle)[..., None] * v[:, None] * ring[..., None]
        + (height * radius * 0.8)[..., None] * axis[:, None]
    )
    return head.to_character((center + shape).reshape(-1, 3)).reshape(count, points, 3)
