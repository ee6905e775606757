"""Where hair is combed at every place of the head. All in head coordinates."""

import numpy as np

from rgbd_seg.arrays import Bool, Float32

CROWN = np.array([0.0, 0.118, -0.115], np.float32)
"""Where the whorl is."""


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
    away = points - CROWN
    front = np.clip((roots[:, 2] + 0.09) / 0.07, 0, 1)[:, None]  # 1 over the forehead … 0 behind the crown
    side = np.where(roots[:, :1] >= parting, 1, -1).astype(np.float32)
    if flow == "part" or (flow == "bangs" and len(points)):
        swept = np.concatenate([side * 1.0, np.full_like(side, -0.35), np.full_like(side, -0.30)], axis=1)
        combed = away * (1 - front) * 12 + swept * front
        if flow == "bangs":
            combed = np.where(is_fringe(roots)[:, None], _bangs(points), combed)
        return np.asarray(combed.astype(np.float32), np.float32)
    if flow == "back":
        return np.array([0.0, -0.1, -1.0], np.float32) + away * np.array([5.0, 3.0, 0.0], np.float32)
    if flow == "fringe":
        forward = np.array([0.0, -0.25, 1.0], np.float32) + away * np.array([5.0, 2.0, 0.0], np.float32)
        return np.asarray((forward * front + away * 10 * (1 - front)).astype(np.float32), np.float32)
    if flow == "quiff":
        upright = np.array([0.15, 0.9, -0.25], np.float32)
        return np.asarray((upright * front + away * 10 * (1 - front)).astype(np.float32), np.float32)
    return (away * 10).astype(np.float32)


def is_fringe(roots: Float32) -> Bool:
    """(n,) True for the hair over the forehead that a fringe is made of."""
    chosen: Bool = (roots[:, 2] > -0.040) & (np.abs(roots[:, 0]) < 0.052)
    return chosen


def _bangs(points: Float32) -> Float32:
    straight = np.zeros_like(points)
    straight[:, 1] = -0.7
    straight[:, 2] = np.where(points[:, 1] > 0.055, 1.0, 0.0)
    return straight
