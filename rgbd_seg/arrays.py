"""Names for the array types of the contracts (see docs/contracts.md) and the checks at the public edge."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.errors import FrameError

UInt8: TypeAlias = NDArray[np.uint8]
UInt16: TypeAlias = NDArray[np.uint16]
Int32: TypeAlias = NDArray[np.int32]
Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]
Bool: TypeAlias = NDArray[np.bool_]


def check_color(color: UInt8, name: str = "color") -> UInt8:
    """``color`` unchanged, if it is an (H, W, 3) uint8 picture.

    Raises:
        FrameError: it is not.
    """
    if not isinstance(color, np.ndarray) or color.dtype != np.uint8 or color.ndim != 3 or color.shape[2] != 3:
        raise FrameError(f"{name} is {describe(color)}; expected an (H, W, 3) uint8 RGB array")
    if 0 in color.shape:
        raise FrameError(f"{name} has no pixels ({describe(color)})")
    return color


def check_map(values: Float32, size: tuple[int, int], name: str) -> Float32:
    """``values`` unchanged, if it is a float32 map of ``size`` (H, W).

    Raises:
        FrameError: it is not.
    """
    if not isinstance(values, np.ndarray) or values.dtype != np.float32 or values.shape != size:
        raise FrameError(f"{name} is {describe(values)}; expected float32 of shape {size}")
    return values


def check_coverage(values: Float32, size: tuple[int, int], name: str, *, slack: float = 0.0) -> Float32:
    """``values`` unchanged, if it is a float32 map of ``size`` with every value in [0, 1], or ``slack`` outside.

    Compiled loops look such values up in tables: a NaN there would read memory that is not theirs.

    Raises:
        FrameError: it is not.
    """
    check_map(values, size, name)
    if values.size and not (values.min() >= -slack and values.max() <= 1 + slack):  # NaN fails both
        raise FrameError(f"{name} holds NaN or values outside 0 to 1; expected values from 0 to 1")
    return values


def describe(value: object) -> str:
    """Shape and dtype of an array, or the type of anything else, for messages."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return type(value).__name__
