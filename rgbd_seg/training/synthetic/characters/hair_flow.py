"""Where hair is combed at every place of the head. All in head coordinates."""

import numpy as np

from rgbd_seg.arrays import Bool, Float32

CROWN = np.array([0.0, 0.118, -0.115], np.float32)
"""Where the whorl is."""
_MIDDLE = np.array([0.0, 0.025, -0.085], np.float32)


def flow_directions(flow: str, points: Float32, roots: Float32, parting: float, target: Float32 | None) -> Float32:
    """(n, 3) directions (not unit length where hair is free to fall).

    Args:
        flow: a style's ``flow``.
        points: (n, 3) where the hair is now.
        roots: (n, 3) where it grows.
        parting: x of the parting in metres.
        target: (n, 3) where gathered hair goes.
    """
    if flow == "gather" and target is not None:
        return target - points
    away = (points - CROWN) * np.float32(10)
    front = np.clip((roots[:, 2] + 0.09) / 0.07, 0, 1)[:, None]  # 1 over the forehead … 0 behind the crown
    side = np.where(roots[:, :1] >= parting, 1, -1).astype(np.float32)
    if flow in ("part", "bangs"):
        swept = np.concatenate([side, np.full_like(side, -0.30), np.full_like(side, -0.45)], axis=1)
        combed = away * (1 - front) + swept * front
        if flow == "bangs":
            combed = np.where(is_fringe(roots)[:, None], _bangs(points), combed)
    elif flow == "back":
        combed = np.array([0.0, -0.1, -1.0], np.float32) + away * np.array([0.5, 0.3, 0.0], np.float32)
    elif flow == "fringe":
        forward = np.array([0.0, -0.25, 1.0], np.float32) + away * np.array([0.5, 0.2, 0.0], np.float32)
        combed = forward * front + away * (1 - front)
    elif flow == "quiff":
        return np.asarray(np.array([0.15, 0.9, -0.25]) * front + away * (1 - front), np.float32)
    else:
        return np.asarray(away, np.float32)
    return _along_scalp(combed, points)


def _along_scalp(directions: Float32, points: Float32) -> Float32:
    """What leads away from the head is left out: a comb follows the scalp."""
    outwards = points - _MIDDLE
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-6)
    leaving = np.maximum((directions * outwards).sum(1, keepdims=True), 0)
    return np.asarray(directions - outwards * leaving, np.float32)


def is_fringe(roots: Float32) -> Bool:
    """(n,) True for the hair over the forehead that a fringe is made of."""
    chosen: Bool = (roots[:, 2] > -0.040) & (np.abs(roots[:, 0]) < 0.052)
    return chosen


def _bangs(points: Float32) -> Float32:
    straight = np.zeros_like(points)
    straight[:, 1] = -0.7
    straight[:, 2] = np.where(points[:, 1] > 0.055, 1.0, 0.0)
    return straight
