"""What Apple writes about an auxiliary picture in its XMP: which map it is, its units, and the camera."""

import re

import numpy as np

from rgbd_seg.arrays import Float32, Float64, UInt8, UInt16
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import Distortion, NoDistortion, RadialTable
from rgbd_seg.errors import CalibrationError, FrameError
from rgbd_seg.frames import measured
from rgbd_seg.io.xmp import Xmp

_PIXELS = "http://ns.apple.com/pixeldatainfo/1.0/"
_DEPTH = "http://ns.apple.com/depthData/1.0/"
_MATTE = re.compile(r"(portrait\s*effects|hair|skin|teeth|glasses|sky)\s*matte", re.IGNORECASE)
_TABLE_ENTRIES = 128
_LARGEST_CHANGE = 0.5  # a lens that moves a radius by half is a broken table
# Relative disparity has no zero; this share of its range stands for "as far as it gets".
_RELATIVE_FLOOR = 0.02

PORTRAIT = "portrait"


def matte_name(label: str) -> str | None:
    """``portrait``, ``hair``, ``skin``, ``teeth``, ``glasses`` or ``sky``; None for any other auxiliary type."""
    found = _MATTE.search(label)
    if found is None:
        return None
    name = found.group(1).lower()
    return PORTRAIT if name.startswith("portrait") else name


def is_depth(xmp: Xmp) -> bool:
    """Whether the auxiliary picture is disparity or depth (mattes also call themselves depth, with a subtype)."""
    kind = (xmp.text(_PIXELS, "AuxiliaryImageType") or "").lower()
    return kind in ("disparity", "depth") and not xmp.text(_PIXELS, "AuxiliaryImageSubType")


def matte_of(xmp: Xmp) -> str | None:
    """Which matte the auxiliary picture is, by what its XMP says; None for depth, gain maps and others."""
    labels = (xmp.text(_PIXELS, key) or "" for key in ("AuxiliaryImageSubType", "AuxiliaryImageType"))
    return next(filter(None, map(matte_name, labels)), None)


def depth_from(
    stored: UInt8 | UInt16, xmp: Xmp, low: float | None = None, high: float | None = None
) -> tuple[Float32, bool]:
    """Stored values → z-depth.

    Args:
        stored: (h, w) integers.
        xmp: of the auxiliary picture.
        low, high: what the smallest and largest stored integer mean, where the XMP does not say.
    Returns:
        (h, w) metres, NaN = not measured; and whether these are true metres (Accuracy "absolute").
    Raises:
        FrameError: the range is missing or empty.
    """
    disparity = (xmp.text(_PIXELS, "AuxiliaryImageType") or "disparity").lower() != "depth"
    metric = (xmp.text(_DEPTH, "Accuracy") or "relative").lower() == "absolute"
    low = _first(xmp.number(_PIXELS, "FloatMinValue"), low, "FloatMinValue")
    high = _first(xmp.number(_PIXELS, "FloatMaxValue"), high, "FloatMaxValue")
    first = xmp.number(_PIXELS, "IntMinValue") or 0.0
    last = xmp.number(_PIXELS, "IntMaxValue") or float(np.iinfo(stored.dtype).max)
    if not (high > low and last > first):
        raise FrameError(
            f"the depth picture says its values {first:g}–{last:g} mean {low:g}–{high:g}; expected two rising ranges"
        )
    values = low + (stored.astype(np.float32) - np.float32(first)) * np.float32((high - low) / (last - first))
    if not disparity:
        return measured(values), metric
    if not metric:
        values += max(0.0, _RELATIVE_FLOOR * (high - low) - low)
    with np.errstate(divide="ignore"):
        return measured(np.float32(1) / values), metric


def intrinsics_from(xmp: Xmp, size: tuple[int, int]) -> Intrinsics | None:
    """The colour camera of a picture of ``size`` (H, W) as stored, before EXIF orientation.

    Apple counts pixels from the corner of the picture; here (0, 0) is the centre of the first pixel. A picture
    of another aspect ratio than the reference is taken as its centred cut.

    Returns:
        None when the XMP holds no usable intrinsic matrix.
    """
    matrix = xmp.numbers(_DEPTH, "IntrinsicMatrix")
    width = xmp.number(_DEPTH, "IntrinsicMatrixReferenceWidth") or 0.0
    height = xmp.number(_DEPTH, "IntrinsicMatrixReferenceHeight") or 0.0
    if len(matrix) != 9 or min(width, height, matrix[0], matrix[4]) < 1:
        return None
    scale = max(size[1] / width, size[0] / height)
    focal = np.array([matrix[0], matrix[4]])
    center = np.array([matrix[6], matrix[7]])  # the matrix is stored column by column
    cut = (np.array([width, height]) * scale - (size[1], size[0])) / 2
    cx, cy = center * scale - cut - 0.5
    try:
        return Intrinsics(
            width=size[1],
            height=size[0],
            fx=focal[0] * scale,
            fy=focal[1] * scale,
            cx=cx,
            cy=cy,
            distortion=_distortion_from(xmp, focal, center, np.array([width, height])),
        )
    except CalibrationError:
        return None


def _distortion_from(xmp: Xmp, focal: Float64, principal: Float64, reference: Float64) -> Distortion:
    """Apple's lens as a table.

    The eight coefficients are of r⁰, r², … r¹⁴, with r in millimetres on the sensor (pixels × PixelSize), and
    give the change of the radius in percent; ``LensDistortionCoefficients`` straightens, the inverse bends, like
    the tables of AVCameraCalibrationData. They hold up to the farthest corner, where the table ends.
    """
    straighten = xmp.numbers(_DEPTH, "LensDistortionCoefficients")
    bend = xmp.numbers(_DEPTH, "InverseLensDistortionCoefficients")
    pixel_size = xmp.number(_DEPTH, "PixelSize") or 0.0
    x, y = xmp.number(_DEPTH, "LensDistortionCenterOffsetX"), xmp.number(_DEPTH, "LensDistortionCenterOffsetY")
    if not (any(straighten) and any(bend)) or pixel_size <= 0 or x is None or y is None:
        return NoDistortion()
    center = np.array([x, y])
    radius = float(np.hypot(*np.maximum(center, reference - center)))
    tables = [_table(coefficients, radius * pixel_size) for coefficients in (straighten, bend)]
    if max(np.abs(table).max() for table in tables) > _LARGEST_CHANGE:
        return NoDistortion()
    offset = (center - principal) / focal
    return RadialTable(
        straighten=tuple(tables[0].tolist()),
        bend=tuple(tables[1].tolist()),
        center=(float(offset[0]), float(offset[1])),
        max_radius=radius / float(focal[0]),
    )


def _table(coefficients: list[float], max_radius_mm: float) -> Float64:
    squared = np.linspace(0, max_radius_mm, _TABLE_ENTRIES) ** 2
    change: Float64 = np.polynomial.polynomial.polyval(squared, np.asarray(coefficients)) / 100
    return change


def _first(value: float | None, fallback: float | None, name: str) -> float:
    chosen = fallback if value is None else value
    if chosen is None or not np.isfinite(chosen):
        raise FrameError(f"the depth picture lacks {name}; expected what its smallest and largest values mean")
    return chosen
