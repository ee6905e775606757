"""Scarves, backpacks and shoulder bags, laid over a posed and dressed body. Character coordinates, metres."""

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.guide_hair import Obstacle
from rgbd_seg.training.synthetic.characters.held_things import pouch
from rgbd_seg.training.synthetic.characters.primitives import Shape, grid, joined, tube
from rgbd_seg.training.synthetic.characters.rotations import unit
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.transform import RigidTransform

_STRAP = 0.004  # metres between strap and cloth


def scarf(skeleton: Skeleton, obstacle: Obstacle, variant: float, scale: float) -> Shape:
    """Two windings around the neck, one or two ends down the chest."""
    turn = skeleton.matrix("neck01")[:3, :3]
    center = 0.6 * skeleton.posed_head("neck01") + 0.4 * skeleton.posed_head("neck02")
    angle = np.linspace(0, 2 * np.pi, 49)
    out = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1) @ turn.T
    thick = (0.021 + 0.008 * variant) * scale
    reach = _neck_reach(obstacle, center, turn, out)
    shapes = []
    for level, wobble in ((-0.012, 0.2), (0.020, 1.7)):
        lift = (level + 0.010 * np.cos(angle + wobble) - 0.012 * np.cos(angle)) * scale
        path = center + out * (reach + thick * 0.75)[:, None] + lift[:, None] * turn[:, 1]
        path[-1] = path[0]
        shapes.append(tube(path, thick * (1 + 0.10 * np.sin(5 * angle + wobble)), 12, flat=0.85))
    chest = skeleton.matrix("spine01")[:3, :3]
    for side in (1.0, -1.0) if variant > 0.5 else (1.0,):
        shapes.append(_scarf_end(obstacle, center, chest, side, thick, (0.26 + 0.16 * variant) * scale))
    return joined(*shapes)


def hood_down(skeleton: Skeleton, obstacle: Obstacle, variant: float, scale: float) -> Shape:
    """A hood that lies on the shoulders: a thick roll around the neck, thickest behind, open in front."""
    turn = skeleton.matrix("neck01")[:3, :3]
    center = skeleton.posed_head("neck01")
    angle = np.linspace(np.deg2rad(22), np.deg2rad(338), 45)
    back = np.clip(-np.cos(angle), 0, 1)
    out = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1) @ turn.T
    thick = (0.012 + (0.020 + 0.010 * variant) * back**1.5) * scale
    reach = np.maximum(_neck_reach(obstacle, center, turn, out), 0.058 * scale)
    lift = (-0.022 + 0.020 * back - 0.020 * np.clip(np.cos(angle), 0, 1)) * scale
    path = center + out * (reach + thick * (0.5 + 0.5 * back))[:, None] + lift[:, None] * turn[:, 1]
    return tube(path, thick * (1 + 0.08 * np.sin(9 * angle)), 12, flat=0.9)


def _neck_reach(obstacle: Obstacle, center: Float64, turn: Float64, out: Float64) -> Float64:
    """How far the neck reaches in every direction of a ring around it."""
    points = np.asarray(obstacle.tree.data) - center
    high = points @ turn[:, 1]
    near = points[(np.abs(high) < 0.022) & (np.linalg.norm(points, axis=1) < 0.13)]
    if len(near) == 0:
        return np.full(len(out), 0.06)
    reach: Float64 = np.clip((out @ near.T).max(1), 0.045, 0.10)
    return reach


def _scarf_end(obstacle: Obstacle, center: Float64, chest: Float64, side: float, thick: float, length: float) -> Shape:
    across, up, forward = chest.T
    start = center + forward * 0.095 + across * side * 0.035 - up * 0.02
    path = start[None] - np.linspace(0, length, 12)[:, None] * up + np.linspace(0, 0.02, 12)[:, None] * across * side
    rows = []
    for point in _laid(obstacle, path, 0.012):
        fold = np.linspace(-1, 1, 9)
        rows.append(point + across * (fold * 0.055)[:, None] + forward * (0.006 * np.cos(fold * 7))[:, None])
    front = np.stack(rows)
    laid = obstacle.pushed_out(front.reshape(-1, 3), np.full(front.size // 3, 0.006, np.float32)).reshape(front.shape)
    back = laid - forward * thick * 0.25
    return joined(grid(laid[::-1].astype(np.float64)), grid(back))


def backpack(skeleton: Skeleton, obstacle: Obstacle, variant: float, scale: float) -> Shape:
    """A pack on the back and its two straps."""
    chest = skeleton.matrix("spine02")[:3, :3]
    across, up, forward = chest.T
    shoulders = (skeleton.posed_head("upperarm01.L") + skeleton.posed_head("upperarm01.R")) / 2
    size = np.array([0.29, 0.40, 0.15]) * (0.85 + 0.3 * variant) * scale
    top = shoulders - up * 0.02 * scale
    behind = _farthest(obstacle, shoulders - up * 0.2 * scale, -forward, 0.16 * scale)
    center = top - forward * (behind + size[2] / 2 + 0.004)
    place = RigidTransform(rotation=_orthonormal(chest), translation=center)
    shapes = [pouch(float(size[0]), float(size[1]), float(size[2])).placed(place)]
    for side in (1.0, -1.0):
        inner = across * side * 0.095 * scale
        path = np.array(
            [
                center + inner * 0.8 - up * 0.03 + forward * size[2] / 2,
                shoulders + inner + up * 0.09 * scale - forward * 0.02,
                shoulders + inner * 1.15 + up * 0.05 * scale + forward * 0.07 * scale,
                shoulders + inner * 1.35 - up * 0.10 * scale + forward * 0.11 * scale,
                shoulders + inner * 1.75 - up * 0.22 * scale + forward * 0.04 * scale,
                center + inner * 1.4 - up * 0.32 * scale + forward * size[2] / 2,
            ]
        )
        shapes.append(_strap(obstacle, path, 0.019 * scale))
    return joined(*shapes)


def shoulder_bag(skeleton: Skeleton, obstacle: Obstacle, variant: float, scale: float, side: str) -> Shape:
    """A bag at one hip, its strap over the other shoulder."""
    sign = 1.0 if side == "left" else -1.0
    chest = skeleton.matrix("spine02")[:3, :3]
    across, up, forward = chest.T
    shoulder = skeleton.posed_head("upperarm01.R" if sign > 0 else "upperarm01.L")
    hip = skeleton.posed_head("upperleg01.L" if sign > 0 else "upperleg01.R")
    hip_out = hip + across * sign * 0.13 * scale + np.array([0, 0.02, 0])
    neck = shoulder + across * sign * 0.085 * scale + up * 0.07 * scale
    front = 0.5 * (neck + hip_out) + forward * 0.15 * scale
    back = 0.5 * (neck + hip_out) - forward * 0.16 * scale
    loop = np.array([hip_out + forward * 0.05, front, neck, back, hip_out - forward * 0.05])
    size = np.array([0.25, 0.19, 0.085]) * (0.7 + 0.5 * variant) * scale
    side_turn = np.stack([forward * -sign, np.array([0.0, 1, 0]), np.cross(forward * -sign, [0.0, 1, 0])], axis=1)
    place = RigidTransform(rotation=_orthonormal(side_turn), translation=hip_out + across * sign * 0.03)
    return joined(_strap(obstacle, loop, 0.012 * scale), pouch(*(float(s) for s in size)).placed(place))


def shoulder_cape(skeleton: Skeleton, obstacle: Obstacle, scale: float) -> Shape:
    """The lower part of a headscarf: from the neck over the shoulders."""
    turn = skeleton.matrix("neck01")[:3, :3]
    center = skeleton.posed_head("neck01")
    angle = np.linspace(0, 2 * np.pi, 49)
    out = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], axis=1) @ turn.T
    inner = center + out * 0.078 * scale + turn[:, 1] * 0.065 * scale
    outer = center + out * (0.140 + 0.02 * np.sin(6 * angle)[:, None]) * scale - turn[:, 1] * 0.055 * scale
    share = np.linspace(0, 1, 10)[:, None, None]
    surface = inner + (outer - inner) * share
    laid = obstacle.pushed_out(surface.reshape(-1, 3).astype(np.float32), np.full(surface.size // 3, 0.010, np.float32))
    rows = laid.reshape(surface.shape).astype(np.float64)
    rows[:, -1] = rows[:, 0]
    return grid(rows[::-1], closed=True)


def _strap(obstacle: Obstacle, corners: Float64, half: float) -> Shape:
    place = np.linspace(0, len(corners) - 1, 40)
    path = np.stack([np.interp(place, np.arange(len(corners)), corners[:, k]) for k in range(3)], axis=1)
    laid = _laid(obstacle, path, _STRAP)
    _, nearest = obstacle.tree.query(laid)
    tangent = np.gradient(laid, axis=0)
    across = np.cross(tangent, obstacle.normals[nearest])
    across = np.stack([unit(a) for a in across])
    for _ in range(3):
        across[1:-1] = (across[:-2] + 2 * across[1:-1] + across[2:]) / 4
    normal = np.cross(across, tangent)
    normal = np.stack([unit(n) for n in normal])
    ring = [(-1, 0), (-1, 1), (1, 1), (1, 0), (-1, 0)]
    rows = np.stack([laid + across * half * u + normal * 0.003 * v for u, v in ring], axis=1)
    return grid(rows[:, ::-1], closed=True)


def _laid(obstacle: Obstacle, path: Float64, clearance: float) -> Float64:
    """A path pulled taut outside the body."""
    points = path.astype(np.float32)
    for _ in range(6):
        points = obstacle.pushed_out(points, np.full(len(points), clearance, np.float32))
        smooth = points.copy()
        smooth[1:-1] = (points[:-2] + 2 * points[1:-1] + points[2:]) / 4
        points = obstacle.pushed_out(smooth, np.full(len(points), clearance, np.float32))
    laid: Float64 = points.astype(np.float64)
    return laid


def _farthest(obstacle: Obstacle, start: Float64, direction: Float64, radius: float) -> float:
    """How far the body reaches from ``start`` in ``direction``, within a column of ``radius``."""
    points = np.asarray(obstacle.tree.data) - start
    along = points @ direction
    aside = np.linalg.norm(points - along[:, None] * direction, axis=1)
    near = aside < radius
    return float(along[near].max()) if near.any() else 0.1


def _orthonormal(matrix: Float64) -> Float64:
    u, _, v = np.linalg.svd(matrix)
    turned: Float64 = u @ v
    return turned
