"""Android DEPTH16 dumps: 13 bits of millimetres, 3 bits of confidence (``ImageFormat.DEPTH16``)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rgbd_seg.arrays import Float32, UInt16
from rgbd_seg.errors import FrameError
from rgbd_seg.io.file_bytes import read_bytes

METRES_PER_UNIT = 0.001
_DISTANCE_BITS = 13


@dataclass(frozen=True, kw_only=True, eq=False)
class Depth16:
    """One dump taken apart; `METRES_PER_UNIT` applies."""

    raw_depth: UInt16  # (h, w) millimetres, 0 = not measured
    confidence: Float32  # (h, w) in [0, 1]; 0 where not measured


def read_depth16(path: Path, size: tuple[int, int]) -> Depth16:
    """Read a little-endian dump of ``size`` (h, w).

    Raises:
        FrameError: unreadable, or of another length than ``size`` needs.
    """
    return decode_depth16(read_bytes(Path(path)), size, Path(path).name)


def decode_depth16(data: bytes, size: tuple[int, int], name: str) -> Depth16:
    """The same, from bytes."""
    expected = 2 * size[0] * size[1]
    if len(data) != expected or expected == 0:
        raise FrameError(
            f"{name} has {len(data)} bytes; expected {expected} for a DEPTH16 dump of {size[1]}×{size[0]}: "
            "check the size of the depth camera"
        )
    samples = np.frombuffer(data, "<u2").reshape(size)
    distance = (samples & ((1 << _DISTANCE_BITS) - 1)).astype(np.uint16)
    return Depth16(raw_depth=distance, confidence=np.where(distance > 0, _confidence(samples), np.float32(0)))


def _confidence(samples: UInt16) -> Float32:
    """Code 0 means 100 % (a sensor that does not say), 1 means 0 %, then 2 … 7 rise by 1/7 … 6/7.

    Formula of Android's documentation: ``code == 0 ? 1 : (code − 1) / 7``.
    """
    table = np.array([1, *(code / 7 for code in range(7))], np.float32)
    values: Float32 = table[samples >> _DISTANCE_BITS]
    return values
