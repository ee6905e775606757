"""Where a coarse probability cannot be trusted to the pixel: the band in which alpha must be found from colour."""

import math

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.connected_parts import disc, parts_with
from rgbd_seg.scaling import resized

_FINEST = 512  # pixels of the longer side; the band need not be drawn finer
_BESIDE = 12.0  # of the band's reach: how far the person beside an edge may be
_AS_NEAR = 0.8  # of the person's inverse depth there: an edge nearer than that may be their hair
_DEPTH_JUMP = 0.08  # of the logarithm of depth: about 8 %, or 12 cm at 1.5 m


def uncertain_band(
    probability: Float32, size: tuple[int, int], *, depth: Float32 | None, doubt: float, reach: float
) -> Bool:
    """True where the person's edge may be, at ``size`` (h, w) or coarser.

    These are the pixels of doubtful probability and the line where it crosses a half, widened by ``reach``; a claim
    that is doubtful all over and farther than that from anybody is none: solved for, it becomes a ghost. And there are
    the depth edges beyond them that lie as near as the person, because a network loses the hair that a depth camera
    may still have seen. Other edges, of things behind or of the arm before the chest, are none of hair and stay out:
    every pixel that is needlessly uncertain can only become worse.

    Args:
        probability: (h, w) in [0, 1].
        depth: metres, any size, NaN = not measured.
        doubt: probabilities above this and below 1 − this are doubtful.
        reach: in 1/256 of the picture's mean side, or pixels of the probability where these are larger.
    """
    scale = min(1.0, _FINEST / max(size))
    grid = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    values = resized(probability, grid)
    step = math.sqrt(grid[0] * grid[1]) / min(256.0, math.sqrt(probability.size))
    person = (values > 0.5).astype(np.uint8)
    band = cv2.morphologyEx(person, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    claimed = values > doubt
    band |= (parts_with(claimed, person > 0, reach * step) & (values < 1 - doubt)).astype(np.uint8)
    wide = cv2.dilate(band, disc(reach * step))
    if depth is not None and depth.size > 1:
        near = cv2.dilate(wide, disc(2.0 * reach * step))
        lost = _lost(depth, person, grid, reach * step) & near & (1 - wide)
        wide |= near & cv2.dilate(lost, disc(0.67 * reach * step))
    uncertain: Bool = wide > 0
    return uncertain


def _lost(depth: Float32, person: UInt8, size: tuple[int, int], reach: float) -> UInt8:
    """1 at edges of depth outside the person whose near side is as near as the person beside it."""
    edges = depth_edges(depth, size) & (1 - person)
    nearest = cv2.resize(depth, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    known = np.isfinite(nearest) & (nearest > 0)
    inverse = np.where(known, 1 / np.where(known, nearest, 1), 0).astype(np.float32)
    inner = (person > 0) & known
    width = 2 * math.ceil(_BESIDE * reach) + 1
    count = cv2.blur(inner.astype(np.float32), (width, width))
    beside = cv2.blur(inverse * inner, (width, width)) / np.maximum(count, np.float32(1e-6))
    near_side = cv2.dilate(inverse, np.ones((3, 3), np.uint8))
    lost: UInt8 = edges & (near_side > _AS_NEAR * beside).astype(np.uint8) & (count > 0).astype(np.uint8)
    return lost


def depth_edges(depth: Float32, size: tuple[int, int]) -> UInt8:
    """1 where measured depth jumps between neighbouring pixels of ``size`` (h, w); holes have no edge."""
    nearest = cv2.resize(depth, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
    hole = ~(nearest > 0)
    far = np.where(hole, np.float32(0), nearest)
    near = np.where(hole, np.float32(np.inf), nearest)
    square = np.ones((3, 3), np.uint8)
    jump = math.exp(-_DEPTH_JUMP) * cv2.dilate(far, square) > cv2.erode(near, square)
    edges: UInt8 = jump.astype(np.uint8)
    return edges
