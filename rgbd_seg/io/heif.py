"""HEIC pictures through pillow-heif, with the two things it does not hand out: the XMP of auxiliary pictures
and the turn that libheif has already applied."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.errors import FrameError
from rgbd_seg.io.color_profile import P3_TO_SRGB, apply_matrix, over_white, to_srgb
from rgbd_seg.io.guard import reading
from rgbd_seg.io.orientation import UPRIGHT, Orientation
from rgbd_seg.io.size_limit import check_pixels

_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_EXPECTED = "a HEIC picture"
_DISPLAY_P3_PRIMARIES = 12  # ITU-T H.273, table 2: SMPTE EG 432-1
_MOST_ITEMS = 10_000


def is_heif(data: bytes) -> bool:
    """Whether the file starts like HEIC."""
    return len(data) >= 12 and data[4:8] == b"ftyp" and data[8:12] in _BRANDS


class HeifPicture:
    """The primary picture of a HEIC file, its auxiliary pictures and its metadata; pixels decoded when asked for."""

    def __init__(self, data: bytes, name: str, max_pixels: int) -> None:
        """Read the headers.

        Raises:
            FrameError: damaged, or the primary picture has more than ``max_pixels``.
        """
        self.name = name
        with reading(name, _EXPECTED):
            import pillow_heif

            file = pillow_heif.open_heif(data)
            self._primary = file[file.primary_index]
            width, height = self._primary.size
        check_pixels(width, height, name, max_pixels)
        with reading(name, _EXPECTED):
            items = _read_items(data)
        self.xmp_packets = items.xmp
        self.orientation = items.orientation  # already applied by libheif to every picture it decodes
        self.metadata: dict[str, Any] = dict(self._primary.info)

    def color(self) -> UInt8:
        """(H, W, 3) sRGB, upright; transparency is laid over white."""
        color, alpha = self.cutout()
        return color if alpha is None else over_white(color, alpha)

    def cutout(self) -> tuple[UInt8, UInt8 | None]:
        """(H, W, 3) sRGB, upright; (H, W) its coverage, 255 where it is opaque, None if it has no transparency."""
        with reading(self.name, _EXPECTED):
            if self._primary.has_alpha:
                pixels = np.array(self._primary.to_pillow().convert("RGBA"))
            else:
                pixels = np.array(self._primary)
            if pixels.ndim == 2:
                pixels = np.repeat(pixels[..., None], 3, axis=2)
            color = self._in_srgb(np.ascontiguousarray(pixels[..., :3], dtype=np.uint8))
            return color, pixels[..., 3] if self._primary.has_alpha else None

    def _in_srgb(self, color: UInt8) -> UInt8:
        profile = self.metadata.get("icc_profile")
        nclx = self.metadata.get("nclx_profile") or {}
        if profile is None and nclx.get("color_primaries") == _DISPLAY_P3_PRIMARIES:
            return apply_matrix(color, P3_TO_SRGB)
        return to_srgb(color, profile)

    def depth_pictures(self) -> list[tuple[UInt8, dict[str, Any]]]:
        """(h, w) stored depth values, and what the HEIF depth representation says of them; upright."""
        with reading(self.name, "a HEIC depth picture"):
            return [
                (_grey(np.array(picture)), dict(picture.info.get("metadata") or {}))
                for picture in self.metadata.get("depth_images", [])
            ]

    def auxiliary_types(self) -> list[str]:
        """The types, as URNs, of the auxiliary pictures that are not depth."""
        return list(self.metadata.get("aux", {}))

    def auxiliary_picture(self, urn: str) -> UInt8:
        """(h, w) values of the first auxiliary picture of a type; upright."""
        with reading(self.name, "a HEIC auxiliary picture"):
            return _grey(np.array(self._primary.get_aux_image(self.metadata["aux"][urn][0])))


def _grey(pixels: Any) -> UInt8:
    values: UInt8 = pixels if pixels.ndim == 2 else pixels[..., 0]
    if values.dtype != np.uint8:
        raise FrameError(f"the auxiliary picture holds {values.dtype}; expected 8 bits")
    return np.ascontiguousarray(values)


@dataclass(frozen=True)
class _Items:
    xmp: list[bytes]
    orientation: Orientation


def _read_items(data: bytes) -> _Items:
    """XMP packets and the primary picture's turn (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 6.5)."""
    meta = next((body for kind, body in _boxes(data) if kind == b"meta"), None)
    if meta is None:
        return _Items([], UPRIGHT)
    boxes = dict(_boxes(meta[4:]))
    locations = _locations(boxes.get(b"iloc", b""), len(data))
    packets = []
    for identifier, kind, content_type in _entries(boxes.get(b"iinf", b"")):
        if kind == b"mime" and content_type == b"application/rdf+xml" and identifier in locations:
            method, extents = locations[identifier]
            source = data if method == 0 else bytes(boxes.get(b"idat", b""))
            packets.append(b"".join(source[start : start + length] for start, length in extents))
    primary = _integer(boxes.get(b"pitm", b"")[4:])
    return _Items(packets, _orientation(boxes.get(b"iprp", b""), primary))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(data):
        size, header = _integer(data[position : position + 4]), 8
        kind = data[position + 4 : position + 8]
        if size == 1:
            size, header = _integer(data[position + 8 : position + 16]), 16
        elif size == 0:
            size = len(data) - position
        if size < header:
            return
        yield kind, data[position + header : position + size]
        position += size


def _entries(iinf: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(item, type, content type) of the item information box."""
    if not iinf:
        return
    for kind, body in _boxes(iinf[6:] if iinf[0] == 0 else iinf[8:]):
        if kind != b"infe" or not body or body[0] < 2:
            continue
        wide = 2 if body[0] == 2 else 4
        rest = body[4 + wide + 2 :]
        content_type = [*rest[4:].split(b"\0"), b""][1]
        yield _integer(body[4 : 4 + wide]), rest[:4], content_type


def _locations(iloc: bytes, limit: int) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """item → (construction method, [(offset, length)])."""
    if len(iloc) < 8:
        return {}
    version = iloc[0]
    offset_size, length_size = iloc[4] >> 4, iloc[4] & 15
    base_size, index_size = iloc[5] >> 4, iloc[5] & 15 if version else 0
    reader = _Reader(iloc, 6)
    wide = 4 if version == 2 else 2
    found: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    for _ in range(min(reader.take(wide), _MOST_ITEMS)):
        identifier = reader.take(wide)
        method = reader.take(2) & 15 if version else 0
        reader.take(2)
        base = reader.take(base_size)
        extents = []
        for _ in range(min(reader.take(2), _MOST_ITEMS)):
            reader.take(index_size)
            extents.append((base + reader.take(offset_size), min(reader.take(length_size), limit)))
        found[identifier] = (method, extents)
    return found


def _orientation(iprp: bytes, primary: int) -> Orientation:
    """The turns (``irot``, counter-clockwise) and mirrors (``imir``) of the primary picture, in order."""
    boxes = dict(_boxes(iprp))
    properties = list(_boxes(boxes.get(b"ipco", b"")))
    result = UPRIGHT
    for index in _associations(boxes.get(b"ipma", b""), primary):
        if not 0 < index <= len(properties):
            continue
        kind, body = properties[index - 1]
        if kind == b"irot" and body:
            result = result.turned(-(body[0] & 3))
        elif kind == b"imir" and body:
            result = result.flipped() if body[0] & 1 else result.flipped().turned(2)
    return result


def _associations(ipma: bytes, primary: int) -> list[int]:
    if len(ipma) < 8:
        return []
    wide = 4 if ipma[0] else 2
    large = bool(ipma[3] & 1)
    reader = _Reader(ipma, 4)
    for _ in range(min(reader.take(4), _MOST_ITEMS)):
        identifier = reader.take(wide)
        indices = [reader.take(2) & 0x7FFF if large else reader.take(1) & 0x7F for _ in range(reader.take(1))]
        if identifier == primary:
            return indices
    return []


class _Reader:
    """Big-endian integers one after the other."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data, self._position = data, position

    def take(self, size: int) -> int:
        end = self._position + size
        if end > len(self._data):
            raise FrameError("a table of the HEIC file ends early; the file is damaged or cut short: copy it again")
        value = _integer(self._data[self._position : end])
        self._position = end
        return value


def _integer(data: bytes) -> int:
    return int.from_bytes(data, "big")
