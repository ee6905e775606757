"""Colours that survive colour blindness and a grey printer, and colour maps for heat maps."""

import base64

import cv2
import numpy as np

from rgbd_seg.arrays import Float64, UInt8

BLUE, ORANGE, GREEN, RED, GRAY, INK = "#2a6fb0", "#d9730d", "#2e7d4f", "#b3261e", "#8a94a0", "#1d2733"
# Crameri's vik and ColorBrewer's Blues, sampled: equal steps look equal.
_DIVERGING = np.array([[5, 48, 97], [67, 147, 195], [247, 247, 247], [214, 110, 77], [103, 0, 31]], dtype=np.float64)
_SEQUENTIAL = np.array([[247, 251, 255], [158, 202, 225], [49, 130, 189], [8, 48, 107]], dtype=np.float64)
_HOLE = (226, 229, 233)  # not measured


def diverging(values: Float64, limit: float) -> UInt8:
    """(h, w) values → (h, w, 3) RGB; 0 is white, ±``limit`` the ends, NaN grey."""
    return _mapped((values / limit + 1) / 2, _DIVERGING)


def sequential(values: Float64, limit: float) -> UInt8:
    """(h, w) values → (h, w, 3) RGB; 0 is white, ``limit`` dark blue, NaN grey."""
    return _mapped(values / limit, _SEQUENTIAL)


def data_uri(picture: UInt8) -> str:
    """An (h, w, 3) RGB picture as a PNG inside a ``data:`` address."""
    _, png = cv2.imencode(".png", picture[..., ::-1])
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()


def _mapped(positions: Float64, stops: Float64) -> UInt8:
    grid = np.linspace(0, 1, len(stops))
    clipped = np.clip(np.nan_to_num(positions, nan=0.0), 0, 1)
    picture = np.stack([np.interp(clipped, grid, stops[:, channel]) for channel in range(3)], axis=-1)
    picture[np.isnan(positions)] = _HOLE
    return np.round(picture).astype(np.uint8)
