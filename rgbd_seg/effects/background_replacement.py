"""Another background behind the subject: a picture or a plain colour."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import UInt8, check_color
from rgbd_seg.effects.compositing import composite
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair

RgbColor = tuple[int, int, int]


def _checked_color(color: RgbColor) -> RgbColor:
    values = tuple(color) if isinstance(color, (tuple, list)) else ()
    if len(values) != 3 or not all(isinstance(v, (int, np.integer)) and 0 <= v <= 255 for v in values):
        raise ConfigError(f"background colour is {color!r}; expected three whole numbers of 0 to 255")
    return int(values[0]), int(values[1]), int(values[2])


@dataclass(frozen=True, eq=False)
class Background:
    """A background brought to the size of the frames once, for video."""

    picture: UInt8  # (H, W, 3)

    @staticmethod
    def prepare(source: "UInt8 | RgbColor | Background", size: tuple[int, int]) -> "Background":
        """``source`` scaled and cropped about its centre to cover ``size`` (H, W).

        Raises:
            ConfigError: a colour is not three values of 0 to 255.
            FrameError: a picture is not (h, w, 3) uint8, or a prepared background has another size.
        """
        if isinstance(source, Background):
            if source.picture.shape[:2] != size:
                raise FrameError(
                    f"the background was prepared for {source.picture.shape[:2]}, the picture is {size}; "
                    "prepare it again for this size"
                )
            return source
        if isinstance(source, np.ndarray):
            return Background(_cover(check_color(source, "background"), size))
        return Background(np.full((*size, 3), _checked_color(source), np.uint8))


@dataclass(frozen=True, kw_only=True, eq=False)
class ReplaceOptions:
    """What to put behind the subject.

    ``background`` is a picture (h, w, 3), scaled and cropped to cover; a colour (r, g, b) of 0–255; or a prepared
    ``Background``, which spares video the scaling on every frame.
    """

    background: UInt8 | RgbColor | Background = (255, 255, 255)

    def __post_init__(self) -> None:
        if isinstance(self.background, np.ndarray):
            check_color(self.background, "background")
        elif not isinstance(self.background, Background):
            _checked_color(self.background)


def replace_background(
    frame: RgbdFrame,
    matte: AlphaMatte,
    options: ReplaceOptions = ReplaceOptions(),
) -> UInt8:
    """The subject before another background.

    Returns:
        (H, W, 3). Where alpha is 1 the picture's own pixels, where it is 0 the background's, to the bit.
    Raises:
        FrameError: the matte is not of this frame, or a prepared background has another size.
    """
    check_pair(frame, matte)
    return composite(frame, matte, Background.prepare(options.background, frame.size).picture)


def _cover(picture: UInt8, size: tuple[int, int]) -> UInt8:
    """Crop to the shape of ``size`` about the centre, then scale: no pixel is scaled only to be cut off."""
    height, width = size
    rows, columns = picture.shape[:2]
    scale = max(height / rows, width / columns)
    crop_rows = min(rows, max(1, round(height / scale)))
    crop_columns = min(columns, max(1, round(width / scale)))
    top, left = (rows - crop_rows) // 2, (columns - crop_columns) // 2
    crop = np.ascontiguousarray(picture[top : top + crop_rows, left : left + crop_columns])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(crop, (width, height), interpolation=method), np.uint8)
