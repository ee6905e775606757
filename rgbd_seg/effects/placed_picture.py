"""Pictures that stand in the scene at a distance, like a cardboard figure."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8, check_color, check_coverage
from rgbd_seg.effects.aperture import disc
from rgbd_seg.effects.lens import focal_pixels
from rgbd_seg.errors import ConfigError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.linear_light import decode
from rgbd_seg.options import check_range
from rgbd_seg.scaling import resized


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedPicture:
    """An upright picture facing the camera at ``distance``.

    Its height is given in metres, seen smaller the farther it stands, or in pixels of the frame; without either it
    keeps its own pixels, or is scaled down to fit. Its centre is given in metres from the camera's axis (x to the
    right, y down), or as a pixel of the frame; without either it is the middle of the frame.
    """

    picture: UInt8  # (h, w, 3)
    distance: float  # metres from the camera
    alpha: Float32 | None = None  # (h, w) coverage in [0, 1]; None: all of it
    height: float | None = None  # metres
    height_px: float | None = None
    center: tuple[float, float] | None = None  # metres
    center_px: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_color(self.picture, "picture")
        if self.alpha is not None:
            check_coverage(self.alpha, (self.picture.shape[0], self.picture.shape[1]), "alpha of the picture")
        check_range("distance", self.distance, 1e-2, 1e4)
        for name, most in (("height", 1e4), ("height_px", 1e6)):
            if getattr(self, name) is not None:
                check_range(name, getattr(self, name), 1e-4, most)
        for name in ("center", "center_px"):
            _check_point(name, getattr(self, name))
        if self.height is not None and self.height_px is not None:
            raise ConfigError("both height and height_px are given; expected one of them")
        if self.center is not None and self.center_px is not None:
            raise ConfigError("both center and center_px are given; expected one of them")


@dataclass(frozen=True, eq=False)
class Cutout:
    """Part of the frame that a placed picture covers."""

    top: int
    left: int
    light: Float32  # (h, w, 4) linear light times alpha, and alpha

    @property
    def box(self) -> tuple[slice, slice]:
        """Its rows and columns in the frame."""
        rows, columns = self.light.shape[:2]
        return np.s_[self.top : self.top + rows, self.left : self.left + columns]


def cut_out(placed: PlacedPicture, frame: RgbdFrame, blur_px: float = 0.0) -> Cutout | None:
    """What ``frame`` would show of the picture; None if it stands outside.

    Args:
        blur_px: diameter of the disc that a point of it is drawn as, being out of focus.
    """
    across, down = _seen_at(placed, frame)
    width, height = across[1] - across[0], down[1] - down[0]
    margin = blur_px / 2 + 1
    left, right = _pixels(across, margin, frame.size[1])
    top, bottom = _pixels(down, margin, frame.size[0])
    if right <= left or bottom <= top:
        return None
    light = _premultiplied(placed)
    shrunk = min(light.shape[0], max(1, round(height))), min(light.shape[1], max(1, round(width)))
    light = resized(light, shrunk)  # averaged first: interpolation alone would skip pixels
    reach = disc(blur_px).shape[0] // 2  # what lies beside the frame is spread into it
    first, last = (top - reach, left - reach), (bottom + reach, right + reach)
    step_x, step_y = light.shape[1] / width, light.shape[0] / height
    origin = (first[1] - across[0]) * step_x - 0.5, (first[0] - down[0]) * step_y - 0.5  # of pixel areas, not centres
    to_source = np.array([[step_x, 0, origin[0]], [0, step_y, origin[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shape = last[1] - first[1], last[0] - first[0]
    seen = cv2.warpAffine(light, to_source, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    seen *= (_inside(down, first[0], last[0])[:, None] * _inside(across, first[1], last[1])[None])[..., None]
    if blur_px > 0:
        seen = cv2.filter2D(seen, -1, disc(blur_px), borderType=cv2.BORDER_CONSTANT)
        seen = seen[reach : reach + bottom - top, reach : reach + right - left]
    return Cutout(top, left, np.maximum(seen, 0).astype(np.float32).reshape(bottom - top, right - left, 4))


def _seen_at(placed: PlacedPicture, frame: RgbdFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """(left, right), (top, bottom) of the whole picture in pixels of the frame, beyond its borders too."""
    rows, columns = placed.picture.shape[:2]
    fx = focal_pixels(frame.intrinsics, frame.size)
    fy = frame.intrinsics.fy if frame.intrinsics is not None else fx
    height = placed.height_px
    if height is None and placed.height is not None:
        height = placed.height * fy / placed.distance
    if height is None:
        height = rows * min(1.0, frame.size[0] / rows, frame.size[1] / columns)
    width = height * columns / rows
    x, y = (frame.size[1] - 1) / 2, (frame.size[0] - 1) / 2
    if placed.center_px is not None:
        x, y = placed.center_px
    elif placed.center is not None:
        if frame.intrinsics is not None:
            x, y = frame.intrinsics.cx, frame.intrinsics.cy
        x, y = x + placed.center[0] * fx / placed.distance, y + placed.center[1] * fy / placed.distance
    return (x - width / 2, x + width / 2), (y - height / 2, y + height / 2)


def _pixels(span: tuple[float, float], margin: float, limit: int) -> tuple[int, int]:
    first, last = np.clip((np.floor(span[0] - margin), np.ceil(span[1] + margin) + 1), 0, limit)
    return int(first), int(last)


def _inside(span: tuple[float, float], first: int, last: int) -> Float32:
    """(last − first) how much of each pixel lies between the picture's edges."""
    pixel = np.arange(first, last)
    part = np.minimum(pixel + 0.5, span[1]) - np.maximum(pixel - 0.5, span[0])
    return np.asarray(np.clip(part, 0, 1), np.float32)


def _premultiplied(placed: PlacedPicture) -> Float32:
    alpha = np.ones(placed.picture.shape[:2], np.float32) if placed.alpha is None else placed.alpha
    return np.dstack([decode(placed.picture) * alpha[..., None], alpha])


def _check_point(name: str, point: tuple[float, float] | None) -> None:
    if point is None:
        return
    numbers = isinstance(point, tuple) and all(isinstance(value, (int, float, np.number)) for value in point)
    if not numbers or len(point) != 2 or not all(abs(value) < 1e6 for value in point):
        raise ConfigError(f"{name} is {point!r}; expected two numbers (x, y)")
