"""Small scenes for the tests of background replacement and of what is placed in a picture."""

import cv2
import numpy as np

from rgbd_seg import effects
from rgbd_seg.camera import Intrinsics
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode, encode

SIZE = (120, 160)
RED, GREEN, BLUE, GREY = (200, 20, 20), (20, 180, 20), (30, 40, 210), (128, 128, 128)


def flat(color: tuple[int, int, int], size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((*size, 3), color, np.uint8)


def smooth_picture(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    small = np.random.default_rng(seed).integers(30, 200, (6, 8, 3), np.uint8)
    return cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC)


def subject(distance: float | None = 1.5, *, noise: float = 0.0) -> tuple[RgbdFrame, AlphaMatte]:
    """A soft green disc at ``distance`` before a grey wall at 4 m."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    alpha = np.clip((40 - np.hypot(y - 60, x - 80)) / 4 + 0.5, 0, 1).astype(np.float32)
    color = encode(decode(flat(GREEN)) * alpha[..., None] + decode(flat(GREY)) * (1 - alpha[..., None]))
    depth = None
    if distance is not None:
        depth = np.where(alpha > 0.5, distance, 4.0)
        depth = (depth * (1 + noise * np.random.default_rng(1).normal(size=SIZE))).astype(np.float32)
    camera = Intrinsics(width=160, height=120, fx=140.0, fy=140.0, cx=79.5, cy=59.5)
    frame = RgbdFrame(color=color, depth=depth, intrinsics=camera)
    return frame, AlphaMatte(alpha=alpha, foreground=flat(GREEN))


def replaced(frame: RgbdFrame, matte: AlphaMatte, **options: object) -> np.ndarray:
    return effects.replace_background(frame, matte, effects.ReplaceOptions(**options))


def card(distance: float, color: tuple[int, int, int] = RED, **more: object) -> effects.PlacedPicture:
    """A picture that covers the whole view."""
    return effects.PlacedPicture(picture=flat(color, (30, 40)), distance=distance, height_px=300.0, **more)


def room() -> RgbdFrame:
    """A blue wall at 3 m; its right half is hidden by a red board at 1 m; a strip was not measured."""
    color, depth = flat(BLUE), np.full(SIZE, 3.0, np.float32)
    color[:, 80:], depth[:, 80:] = RED, 1.0
    depth[110:] = np.nan
    return RgbdFrame(color=color, depth=depth)
