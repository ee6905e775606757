"""Maps that do not have the picture's aspect ratio: cut or padded so that both see the same field of view."""

from typing import Any

import numpy as np

from rgbd_seg.arrays import Float32

_TOLERANCE_PX = 1.0  # sizes are rounded to whole (often even) pixels


def same_view(values: Float32, size: tuple[int, int], fill: float) -> Float32:
    """``values`` cut or padded about its centre to the aspect ratio of a picture of ``size``.

    Phones make a 16:9 picture by cutting the sensor's 4:3 along its short side, so both share the long side.

    Args:
        values: (h, w) map.
        size: (H, W) of the picture.
        fill: what pads a map that sees less than the picture.
    Returns:
        (h', w') with h'/w' = H/W to within a pixel; ``values`` itself when that was so already.
    """
    height, width = values.shape
    along_height = size[0] >= size[1]
    if along_height:
        wanted = (height, height * size[1] / size[0])
        excess = width - wanted[1]
    else:
        wanted = (width * size[0] / size[1], width)
        excess = height - wanted[0]
    if abs(excess) <= _TOLERANCE_PX:
        return values
    return _centred(values, (max(1, round(wanted[0])), max(1, round(wanted[1]))), fill)


def _centred(values: Float32, size: tuple[int, int], fill: float) -> Float32:
    result = np.full(size, fill, np.float32)
    source, target = zip(*(_overlap(have, want) for have, want in zip(values.shape, size, strict=True)), strict=True)
    result[target] = values[source]
    return result


def _overlap(have: int, want: int) -> tuple[Any, Any]:
    shared = min(have, want)
    first, start = (have - shared) // 2, (want - shared) // 2
    return slice(first, first + shared), slice(start, start + shared)
