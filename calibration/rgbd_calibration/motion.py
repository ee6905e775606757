"""Do the views show the board in enough ways? If not: which motion is missing."""

from collections.abc import Sequence

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import CalibrationRejectedError

_PARALLEL = 10.0  # degrees between the two most different tilts: below, focal length and distance look alike
_ONE_AXIS = 5.0  # degrees of spread about the second axis
_COVERED = 0.4  # of the picture, by the hull of all corners


def check_views(count: int, needed: int, reasons: Sequence[str]) -> None:
    """Refuse too few usable views.

    Raises:
        CalibrationRejectedError: fewer than ``needed``; the message lists what happened to the others.
    """
    if count < needed:
        lost = "; ".join(sorted(set(reasons))[:4])
        raise CalibrationRejectedError(
            f"{count} usable views of {count + len(reasons)}, at least {needed} are needed"
            + (f" ({lost})" if lost else "")
            + "; take more pictures of the board at different tilts, distances and places in the picture"
        )


def check_tilts(normals: Float64) -> list[str]:
    """Refuse views that all show the board parallel to itself; warn when it was tilted about one axis only.

    Args:
        normals: (v, 3) the board's normal in each view, colour camera's frame.
    Raises:
        CalibrationRejectedError: no tilt; the message says which motion is missing.
    """
    cosine = np.clip(normals @ normals.T, -1, 1)
    widest = float(np.rad2deg(np.arccos(cosine.min())))
    if widest < _PARALLEL:
        raise CalibrationRejectedError(
            f"all {len(normals)} views show the board at the same tilt (within {widest:.1f}°): focal length and "
            "distance cannot be told apart. Missing motion: tilt the board 20° to 45° to the left, right, up and down"
        )
    about_y, about_x = (np.rad2deg(np.ptp(np.arcsin(np.clip(normals[:, i], -1, 1)))) for i in (0, 1))
    warnings = []
    if min(about_x, about_y) < _ONE_AXIS:
        missing = "left and right" if about_y < about_x else "up and down"
        warnings.append(f"the board was tilted about one axis only; tilt it {missing} too")
    return warnings


def check_coverage(pixels: Float64, size: tuple[int, int]) -> list[str]:
    """Warn when the corners leave much of the picture empty; says which side.

    Args:
        pixels: (n, 2) all corners used. size: (height, width).
    """
    h, w = size
    columns = np.minimum((pixels[:, 0] / w * 3).astype(int), 2)
    rows = np.minimum((pixels[:, 1] / h * 3).astype(int), 2)
    seen = np.zeros((3, 3), dtype=bool)
    seen[np.clip(rows, 0, 2), np.clip(columns, 0, 2)] = True
    if seen.mean() >= 1 - 1e-9:
        return []
    names = (("top left", "top", "top right"), ("left", "middle", "right"), ("bottom left", "bottom", "bottom right"))
    empty = [names[row][column] for row, column in zip(*np.nonzero(~seen), strict=True)]
    strength = "much" if seen.mean() < 1 - _COVERED else "part"
    return [f"{strength} of the picture never showed the board ({', '.join(empty)}); move it there"]
