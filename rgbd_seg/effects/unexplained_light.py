"""What mixed pixels show of the real background, which filling cannot know.

The background behind soft hair is filled in from around. Where the picture shows more of it through the hair (the edge
of a poster), subject over filled background is not the picture: light is left over. It is spread as the background
is, and added where the matte is mixed, there only: a picture without blur stays itself, and nothing that may be the
subject's own reaches the clear background.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, Int32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects.unexplained_kernels import unexplained_cells
from rgbd_seg.linear_light import decode_table

_SIGMAS = (0.0, 0.7, 1.4, 2.8, 5.6, 11.2, 22.4)  # cells; a disc's spread is a quarter of its diameter
_SUBJECT_BLURRED = 12.0  # pixels of confusion of the subject itself, at which half of it is given up: its edge is not
# where the matte has it any more


def unexplained_light(
    color: UInt8 | Float32,
    gain: UInt8,
    alpha: Float32,
    foreground: UInt8,
    maps: Float32,
    across: tuple[Int32, Float32],
    step: int,
) -> Float32:
    """(3, h, w) light to add to every mixed pixel, times 1 − alpha; 0 away from them.

    Args:
        maps: (9, h, w) in cells of ``step`` pixels, see ``lens_sheet_kernels``. color, gain, foreground: likewise.
        across: for every column, the cell before it, and the way to the next one.
    """
    left = np.empty((4, *maps.shape[1:]), np.float32)
    Bands().run(
        lambda first, end: unexplained_cells(
            color, gain, alpha, foreground, maps, *across, step, decode_table(), (first, end), left
        ),
        maps.shape[1],
    )
    out = np.zeros((3, *maps.shape[1:]), np.float32)
    part = _around(left[3] > 0)
    if part is None:
        return out
    sigma = np.abs(maps[6][part]) / (4 * step)
    kept = 1 / (1 + (maps[7][part] / _SUBJECT_BLURRED) ** 2)
    out[:, *part] = _spread(left[:, *part], sigma) * kept
    return out


def _around(mixed: np.ndarray) -> tuple[slice, slice] | None:
    """The box of what is mixed."""
    rows, columns = np.flatnonzero(mixed.any(axis=1)), np.flatnonzero(mixed.any(axis=0))
    if not rows.size:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _spread(left: Float32, sigma: Float32) -> Float32:
    """Light blurred by a Gaussian of its own width in every cell: between the two nearest of a few."""
    level = np.interp(sigma, _SIGMAS, np.arange(len(_SIGMAS)))
    mixed = left[3] > 0
    light = np.asarray(left[:3] * left[3], np.float32)  # what is not mixed leaves nothing over
    out = np.zeros(light.shape, np.float32)
    for k, width in enumerate(_SIGMAS):
        weight = np.where(mixed, np.clip(1 - np.abs(level - k), 0, 1), 0).astype(np.float32)
        if not weight.any():
            continue
        if width == 0:
            out += weight * left[:3]
            continue

        for plane, target in zip(light, out, strict=True):
            target += weight * np.asarray(
                cv2.GaussianBlur(plane, (0, 0), width, borderType=cv2.BORDER_CONSTANT), np.float32
            )
    return out
