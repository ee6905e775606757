"""Thousands of hairs between the guides: interpolated, drawn into locks, curled, frizzed, cut to length."""

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.characters.hair_styles import HairStyle
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame


def children(
    guides: Float32,
    nearest: Int32,
    weights: Float32,
    roots: Float32,
    style: HairStyle,
    curl: float,
    rng: np.random.Generator,
) -> Float32:
    """(n, k, 3) hairs.

    Args:
        guides: (g, k, 3) character coordinates.
        nearest: (n, 3) guides around every root, the nearest first.
        weights: (n, 3) their shares.
        roots: (n, 3) where the hairs grow.
    """
    count, points = len(roots), guides.shape[1]
    along = np.linspace(0, 1, points, dtype=np.float32)[None, :, None]
    shift = guides - guides[:, :1]
    hair = roots[:, None] + np.einsum("nj,njkc->nkc", weights, shift[nearest])
    lock = guides[nearest[:, 0]]
    hair += (lock - hair) * (style.clump * along**1.3 * rng.uniform(0.5, 1.0, (count, 1, 1)).astype(np.float32))
    length = float(np.linalg.norm(np.diff(guides, axis=1), axis=2).sum(1).mean())
    if curl > 0:
        hair += _helix(guides, nearest[:, 0], curl, length, rng)
    if style.kink > 0:
        hair += _kinks(count, points, style.kink * length / points, rng)
    hair += _frizz(count, points, style.frizz * min(length, 0.2), rng) * along
    return _cut(hair.astype(np.float32), rng.uniform(0.78, 1.0, count).astype(np.float32))


def without_strays(hair: Float32, roots: Float32, frame: HeadFrame, *, fringe: bool) -> Float32:
    """(n, k, 3) hairs; one that crosses the face lies where a neighbour in the list does that keeps clear of it.

    Their number stays: frames of a clip must agree in it.
    """
    x, y, z = np.moveaxis(frame.to_head(hair.reshape(-1, 3)).reshape(hair.shape), 2, 0)
    low = np.where(np.abs(frame.to_head(roots)[:, :1]) < 0.06, 0.022, 0.045) if fringe else 0.045
    crossing = ((np.abs(x) < 0.055) & (y < low) & (y > -0.15) & (z > -0.03)).any(1)
    clear = np.flatnonzero(~crossing)
    if len(clear) == 0:
        return hair
    stand_in = np.clip(np.searchsorted(clear, np.arange(len(hair))), 0, len(clear) - 1)
    return np.asarray(hair[clear[stand_in]], np.float32)


def _helix(guides: Float32, lock: Int32, curl: float, length: float, rng: np.random.Generator) -> Float32:
    """Windings around the guide; hairs of one lock wind together."""
    points = guides.shape[1]
    turns = min(curl * length / 0.035 + 0.6, (points - 1) / 4.0)
    radius = np.float32((0.0035 + 0.006 * (1 - curl)) * min(1.0, length / 0.06))
    tangent = np.gradient(guides, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    first = np.cross(tangent, np.array([0.3, 0.2, 0.93], np.float32))
    first /= np.maximum(np.linalg.norm(first, axis=2, keepdims=True), 1e-9)
    second = np.cross(tangent, first)
    phase = rng.uniform(0, 2 * np.pi, len(guides))[lock] + rng.normal(0, 0.5, len(lock))
    rate = rng.uniform(0.8, 1.2, len(guides))[lock]
    along = np.linspace(0, 1, points)
    angle = (2 * np.pi * turns * along[None] * rate[:, None] + phase[:, None]).astype(np.float32)[..., None]
    grown = (radius * np.clip(along / 0.25, 0, 1)).astype(np.float32)[None, :, None]
    wound: Float32 = (np.cos(angle) * first[lock] + np.sin(angle) * second[lock]) * grown
    return wound


def _kinks(count: int, points: int, amount: float, rng: np.random.Generator) -> Float32:
    """Coiled hair seen from afar: every hair turns this way and that."""
    steps = rng.normal(0, amount, (count, points, 3)).astype(np.float32)
    steps[:, 0] = 0
    return steps + np.float32(0.35) * np.cumsum(steps, axis=1)


def _frizz(count: int, points: int, amount: float, rng: np.random.Generator) -> Float32:
    """Every hair leaves its way a little: a straight drift and a bow; a few fly away."""
    stray = np.where(rng.random((count, 1)) < 0.04, 2.5, 1.0)
    drift, bow = rng.normal(size=(2, count, 3)) * amount * 0.10 * stray
    along = np.linspace(0, 1, points)[None, :, None]
    bent: Float32 = (drift[:, None] * along + bow[:, None] * np.sin(np.pi * along)).astype(np.float32)
    return bent


def _cut(hair: Float32, share: Float32) -> Float32:
    """The first ``share`` of every hair with as many points as before."""
    points = hair.shape[1]
    place = share[:, None] * np.arange(points, dtype=np.float32)[None]
    low = np.minimum(place.astype(np.int32), points - 2)
    part = (place - low)[..., None]
    rows = np.arange(len(hair))[:, None]
    start = hair[rows, low]
    shortened: Float32 = (start + (hair[rows, low + 1] - start) * part).astype(np.float32)
    return shortened
