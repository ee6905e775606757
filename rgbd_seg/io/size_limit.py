"""The largest picture that is read, checked before its pixels are unpacked."""

from rgbd_seg.errors import FrameError

MAX_PIXELS = 100_000_000
"""Unless the caller says otherwise: twice a 48 MP phone picture, 300 MB unpacked."""


def check_pixels(width: int, height: int, name: str, max_pixels: int) -> None:
    """Refuse a picture of more than ``max_pixels``, or of none.

    Raises:
        FrameError: it is one of these.
    """
    if width < 1 or height < 1:
        raise FrameError(f"{name} is {width}×{height}; expected a picture with pixels")
    if width * height > max_pixels:
        raise FrameError(
            f"{name} is {width}×{height} = {width * height / 1e6:.0f} megapixels; expected at most "
            f"{max_pixels / 1e6:g}: scale it down, or raise max_pixels"
        )
