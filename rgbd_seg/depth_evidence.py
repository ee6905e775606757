"""At which depths the subject, and at which everything else, was seen around each pixel."""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32

SURE = 0.98  # no local evidence of depth weighs more than 49 : 1
_BINS = 64
_CELLS = 28  # cells along the longer side of the picture
_CELL_BLUR = 2.1  # cells; depth is compared with what was seen within about 15 % of the picture
_BIN_BLUR = 2.5  # bins
_FAR_VIEW = 0.1  # weight of the whole picture beside the neighbourhood
_DOUBT = 0.1 / _BINS  # density of either class at a depth where neither was seen


def local_evidence(level: Float32, subject: Float32, weight: Float32) -> Float32:
    """Probability of the subject from the ratio of two depth densities, the subject's and everything else's.

    A depth at which neither was seen around the pixel gives 0.5; so does one at which both were (shoes on the floor).

    Args:
        level: (h, w) inverse depth scaled to [0, 1], NaN = not measured.
        subject: (h, w) how far each pixel is believed to be the subject, in [0, 1]; the witness.
        weight: (h, w) how much each pixel counts as a witness.
    Returns:
        (h, w) in [0.02, 0.98], NaN where not measured.
    """
    from rgbd_seg.depth_kernels import gather, spread

    position = level * np.float32(_BINS - 1)
    height, width = position.shape
    cell = max(1, -(-max(height, width) // _CELLS))
    grid_height, grid_width = -(-height // cell), -(-width // cell)
    inside, outside = gather(position, subject, weight, cell, grid_height, grid_width, _BINS)
    ratio = np.log(_density(inside) + np.float32(_DOUBT)) - np.log(_density(outside) + np.float32(_DOUBT))
    limit = float(np.log(SURE / (1 - SURE)))
    evidence = np.clip(spread(ratio, position, cell), -limit, limit)
    opinion: Float32 = 1 / (1 + np.exp(-evidence))
    return opinion


def _density(grid: Float32) -> Float32:
    """Share of each depth among the class's pixels around each cell; sums to 1 over depth where there are any."""
    rows, columns, bins = grid.shape
    depth_blurred = cv2.GaussianBlur(grid.reshape(rows * columns, bins), (0, 0), _BIN_BLUR, sigmaY=1e-6)
    near = cv2.GaussianBlur(
        depth_blurred.reshape(rows, columns, bins), (0, 0), _CELL_BLUR, borderType=cv2.BORDER_CONSTANT
    )
    near += np.float32(_FAR_VIEW) * near.mean(axis=(0, 1))
    density: Float32 = near / (near.sum(axis=2, keepdims=True) + np.float32(1e-3))
    return density


def odds_product(first: Float32, second: Float32) -> Float32:
    """Two probabilities combined as odds; neither may be exactly 0 or 1."""
    both = first * second
    one = np.float32(1)
    combined: Float32 = both / (both + (one - first) * (one - second))
    return combined
