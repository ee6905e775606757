"""Embedded colour profiles → sRGB, so that everything behind the reader sees one colour space.

Phones write Display P3. Networks are trained on sRGB and two pictures are only blended rightly in the same
space, therefore the reader converts (relative colorimetric, colours outside sRGB are clipped) and the writer
always writes sRGB.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageCms

from rgbd_seg.arrays import Float64, UInt8, UInt16

# Display P3 → sRGB in linear light, both with white point D65 (SMPTE EG 432-1 and IEC 61966-2-1 primaries).
P3_TO_SRGB = np.array(
    [
        [1.2249401763, -0.2249401763, 0.0],
        [-0.0420569547, 1.0420569547, 0.0],
        [-0.0196375546, -0.0786360455, 1.0982736001],
    ]
)

_ROWS = 128
_WORKERS = 2


def to_srgb(color: UInt8, profile: bytes | None) -> UInt8:
    """``color`` in sRGB, converted in place where that is possible.

    Args:
        color: (H, W, 3) RGB in the space of ``profile``; may be overwritten.
        profile: an ICC profile, or None for sRGB. Profiles that are damaged or not RGB are ignored, as
            browsers do: a picture in slightly wrong colours is better than none.
    """
    if not profile:
        return color
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return color
        transform = _lcms(source)
        if _is_identity(transform):
            return color
        if _has_srgb_curve(transform) and source.profile.is_matrix_shaper:
            return apply_matrix(color, _matrix_to_srgb(source))
        return np.array(transform.apply(Image.fromarray(color)))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return color


def apply_matrix(color: UInt8, matrix: Float64) -> UInt8:
    """Multiply linear-light colour by ``matrix``, in place, both sides with the sRGB curve.

    Strip by strip: a 12 MP picture takes about 40 ms and no second copy.
    """
    decode, encode = srgb_curves()

    def convert(row: int) -> None:
        strip = color[row : row + _ROWS]
        strip[:] = cv2.LUT(cv2.transform(cv2.LUT(strip, decode), matrix), encode)

    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(convert, range(0, len(color), _ROWS)))
    return color


def cmyk_to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """A CMYK picture in RGB, by its profile if it has a working one, else by Pillow's plain formula."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")


def over_white(color: UInt8, alpha: UInt8) -> UInt8:
    """``color`` over white in linear light, in place; white is what viewers and printers put behind a cut-out."""
    clear = alpha < 255
    if not clear.any():
        return color
    decode, encode = srgb_curves()
    share = (alpha[clear].astype(np.float32) / 255)[:, None]
    linear = decode[color[clear]] * share + 65535 * (1 - share)
    color[clear] = encode[np.rint(linear).astype(np.uint16)]
    return color


@cache
def srgb_curves() -> tuple[UInt16, UInt8]:
    """sRGB code → linear 16 bit, and back (IEC 61966-2-1)."""
    code = np.arange(256) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    level = np.arange(65536) / 65535
    encoded = np.where(level <= 0.0031308, level * 12.92, 1.055 * level ** (1 / 2.4) - 0.055)
    return np.rint(linear * 65535).astype(np.uint16), np.rint(encoded * 255).astype(np.uint8)


def _lcms(source: ImageCms.ImageCmsProfile) -> ImageCms.ImageCmsTransform:
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB", renderingIntent=intent)


def _through(transform: ImageCms.ImageCmsTransform, colors: UInt8) -> UInt8:
    return np.asarray(transform.apply(Image.fromarray(colors)))


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    return bool(cv2.absdiff(_through(transform, grid), grid).max() <= 1)


def _has_srgb_curve(transform: ImageCms.ImageCmsTransform) -> bool:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    return bool(cv2.absdiff(_through(transform, ramp), ramp).max() <= 1)


def _matrix_to_srgb(source: ImageCms.ImageCmsProfile) -> Float64:
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return np.asarray(np.linalg.solve(_colorants(target), _colorants(source)))


def _colorants(profile: ImageCms.ImageCmsProfile) -> Float64:
    """(3, 3) XYZ (white point D50) of the profile's red, green and blue, as columns."""
    core = profile.profile
    columns = (core.red_colorant, core.green_colorant, core.blue_colorant)
    if any(column is None for column in columns):
        raise ValueError("the profile names no primaries")
    return np.array([column[0] for column in columns if column is not None]).T
