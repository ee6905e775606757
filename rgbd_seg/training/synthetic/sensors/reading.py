"""What a model measured, before it is put into the sensor's integers."""

from dataclasses import dataclass

from rgbd_seg.arrays import Bool, Float32


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurement:
    """Maps of the sensor's grid (h, w)."""

    depth: Float32  # z-depth in metres (or in the device's relative unit); anything where ``lost``
    lost: Bool
    confidence: Float32 | None = None  # 0 … 1; None: this kind of device says nothing
