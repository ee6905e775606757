"""The thin lens: how wide a point of the scene is drawn.

Circle of confusion, diameter in pixels: c = D·fx·(1/z_focus − 1/z). Positive behind the focus, negative before it. It
is linear in disparity 1/z, so one number, pixels per unit of disparity, holds all of the lens.
"""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import ConfigError

STRONGEST = 0.07  # of the picture's shorter side: disc of the farthest background at strength 1
LARGEST = 0.5  # of the shorter side: no disc is drawn larger, or one stray sample at 1 mm would need all memory
NEAR_SHARE = 3.0  # of the farthest disc, where strength is given: what is drawn at a quarter of the focus distance
_FULL_FRAME = 36.0e-3  # metres, longer side of a sensor
_ASSUMED_FX = 0.72  # of the longer side: a phone's main camera (26 mm equivalent), where intrinsics are not known


@dataclass(frozen=True, kw_only=True)
class Lens:
    """A lens focused at some disparity."""

    focus_disparity: float  # 1/z of what is sharp, or relative units
    pixels_per_disparity: float  # D·fx

    def coc_px(self, disparity: Float32) -> Float32:
        """Signed diameter in pixels of the picture, positive behind the focus."""
        diameter: Float32 = np.float32(self.pixels_per_disparity) * (np.float32(self.focus_disparity) - disparity)
        return diameter


def aperture_metres(
    *,
    aperture: float | None,
    f_number: float | None,
    focal_length: float | None,
    fx: float,
    longest: int,
    sensor: float = _FULL_FRAME,
) -> float:
    """Diameter of the entrance pupil.

    An f-number without a focal length is that of a lens with this picture's field of view on a ``sensor`` whose
    longer side has so many metres.
    """
    if aperture is not None:
        return aperture
    if f_number is None:
        raise ConfigError("neither aperture nor f_number is given; expected one of them")
    focal = focal_length if focal_length is not None else fx / longest * sensor
    return focal / f_number


def focal_pixels(intrinsics: Intrinsics | None, size: tuple[int, int]) -> float:
    """fx of the picture, or that of a 26 mm equivalent lens where nothing is known."""
    return intrinsics.fx if intrinsics is not None else _ASSUMED_FX * max(size)


def strength_lens(
    strength: float,
    size: tuple[int, int],
    focus_disparity: float,
    farthest_disparity: float,
    nearest_disparity: float | None = None,
) -> Lens:
    """The lens that draws ``farthest_disparity`` with a disc of ``strength`` × 7 % of the shorter side.

    Where the focus is (nearly) the farthest thing, ``nearest_disparity`` is drawn `NEAR_SHARE` times as wide instead:
    the farthest would make any depth before it a disc of the largest size.
    """
    span = max(focus_disparity - farthest_disparity, 1e-3 * max(abs(focus_disparity), 1e-3))
    if nearest_disparity is not None:
        span = max(span, (nearest_disparity - focus_disparity) / NEAR_SHARE)
    return Lens(focus_disparity=focus_disparity, pixels_per_disparity=strength * STRONGEST * min(size) / span)
