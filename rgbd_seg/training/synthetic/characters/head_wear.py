"""Beanies, caps, hoods and headscarves, fitted to the head they are on. Head coordinates, metres."""

from dataclasses import replace

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.training.synthetic.characters.head_envelope import CENTER, HeadEnvelope, around_face, directions
from rgbd_seg.training.synthetic.characters.primitives import Shape, grid, joined, tube

_AROUND = np.linspace(-180, 180, 57)
_HOOD_HAIR = 74.0  # degrees from forward: hair farther back lies inside the hood
_HAIR = 0.006  # metres for flattened hair


def _rim(front: float, side: float, back: float) -> Float64:
    """(57,) elevation of a hat's rim around the head, degrees."""
    forward = np.cos(np.deg2rad(_AROUND))
    return np.where(forward > 0, side + (front - side) * forward**2, side + (back - side) * forward**2)


def _crown(envelope: HeadEnvelope, rim: Float64, thickness: Float64, rows: int) -> Float64:
    share = np.linspace(0, 1, rows)[:, None]
    elevation = rim[None] + (90 - rim[None]) * share
    return envelope.surface(directions(np.broadcast_to(_AROUND, elevation.shape), elevation), thickness[:, None])


def beanie(envelope: HeadEnvelope, variant: float) -> Shape:
    """Knitted; a cuff at the rim, at high ``variant`` a slack top and a bobble."""
    rim = _rim(26, 6, -14)
    share = np.linspace(0, 1, 18)
    cuff = np.where(share < 0.26, 0.007, 0.0) * np.clip(share / 0.03, 0, 1)
    slack = (0.006 + 0.035 * max(0.0, variant - 0.4)) * share**2
    crown = _crown(envelope, rim, _HAIR + cuff + slack, 18)
    if variant < 0.75:
        return grid(crown[::-1], closed=True)
    top = crown[-1, 0]
    angle = np.linspace(-90, 90, 9)
    bobble = top + np.array([0, 0.012, 0]) + 0.024 * directions(_AROUND[None, ::4], angle[:, None])
    return joined(grid(crown[::-1], closed=True), grid(bobble[::-1], closed=True))


def cap(envelope: HeadEnvelope, variant: float) -> Shape:
    """A baseball cap; worn backwards at high ``variant``."""
    rim = _rim(30, 14, -2)
    share = np.linspace(0, 1, 14)
    crown = _crown(envelope, rim, _HAIR + 0.008 * np.sin(np.pi * share) + 0.002, 14)
    across = np.linspace(-62, 62, 21)
    shade = []
    for reach in np.linspace(0, 1, 8):
        edge = envelope.surface(directions(across, np.interp(across, _AROUND, rim)), _HAIR + 0.001)
        forward = np.stack([0.10 * np.sin(np.deg2rad(across)), np.full(21, -0.10), np.ones(21)], axis=1)
        length = 0.068 * reach * np.cos(np.deg2rad(across * 1.25)) ** 0.6
        bent = -0.020 * reach * (across / 62)[:, None] ** 2 * np.array([0.0, 1.0, 0.0])
        shade.append(edge + forward * length[:, None] + bent)
    shape = joined(grid(crown[::-1], closed=True), _two_sided(np.stack(shade), 0.003))
    return _turned_round(shape) if variant > 0.85 else shape


def hood(envelope: HeadEnvelope, variant: float) -> Shape:
    """The hood of a pullover, drawn up; an opening around the face with a thick rim."""
    return _cowl(envelope, opening=(50 - 8 * variant, 62, 76), offset=0.022 + 0.014 * variant, folds=0.006, rim=0.008)


def headscarf(envelope: HeadEnvelope, variant: float) -> Shape:
    """Cloth around head and neck, the face free."""
    return _cowl(envelope, opening=(31, 50, 54), offset=0.007 + 0.006 * variant, folds=0.0025, rim=0.004)


def _cowl(
    envelope: HeadEnvelope, *, opening: tuple[float, float, float], offset: float, folds: float, rim: float
) -> Shape:
    turn = np.linspace(-180, 180, 65)
    up = np.cos(np.deg2rad(turn))
    start = np.where(
        up > 0, opening[1] + (opening[0] - opening[1]) * up**2, opening[1] + (opening[2] - opening[1]) * up**2
    )
    rows = []
    for share in np.linspace(0, 1, 26):
        polar = start + (180 - start) * share
        wave = folds * np.sin(np.deg2rad(turn) * 7 + 9 * share) * np.clip(-up + 0.4, 0, 1) * np.sin(np.pi * share)
        rows.append(envelope.surface(around_face(polar, turn), offset * min(1.0, 0.4 + 2 * share) + wave))
    surface = np.stack(rows)
    return joined(grid(surface, closed=True), tube(surface[0], rim, 8, flat=0.7))


def cape(inner: Float64, outer: Float64) -> Shape:
    """Cloth from a ring around the neck to a ring over the shoulders, (k, 3) each."""
    share = np.linspace(0, 1, 9)[:, None, None]
    return grid(inner + (outer - inner) * share, closed=True)


def covered_by(kind: str, roots: Float32) -> Bool:
    """(n,) True for the roots of hair (neutral head coordinates) under such a thing."""
    if kind == "headscarf":
        return np.ones(len(roots), bool)
    away = roots - CENTER
    if kind == "hood":  # hair over the forehead shows in its opening
        polar = np.rad2deg(np.arccos(np.clip(away[:, 2] / np.linalg.norm(away, axis=1), -1, 1)))
        return np.asarray(polar > _HOOD_HAIR, bool)
    azimuth = np.rad2deg(np.arctan2(away[:, 0], away[:, 2]))
    elevation = np.rad2deg(np.arcsin(np.clip(away[:, 1] / np.linalg.norm(away, axis=1), -1, 1)))
    rim = {"beanie": _rim(26, 6, -14), "cap": _rim(30, 14, -2), "fedora": _rim(14, 2, -8)}[kind]
    covered: Bool = elevation > np.interp(azimuth, _AROUND, rim) + 2
    return covered


def _two_sided(surface: Float64, thickness: float) -> Shape:
    """A sheet with a back side, so that neither side is seen through."""
    below = surface - np.array([0.0, thickness, 0.0])
    return joined(grid(surface), grid(below[:, ::-1]))


def _turned_round(shape: Shape) -> Shape:
    around = np.array([-1, 1, -1], np.float32)
    moved = (shape.vertices - CENTER.astype(np.float32)) * around + CENTER.astype(np.float32)
    return replace(shape, vertices=moved.astype(np.float32), normals=shape.normals * around)
