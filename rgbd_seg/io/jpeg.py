"""The marker segments of JPEG streams, and what cameras append behind the first picture.

Pillow reads a Multi-Picture index, but phones' editing tools leave that index stale, and no kept library
reads the XMP of the appended pictures. Walking the streams themselves needs no index.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from rgbd_seg.errors import FrameError

SOI = b"\xff\xd8\xff"

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_SOS = 0xDA
_EOI = 0xD9
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
# A 0xFF in entropy-coded data is followed by 00 (stuffing) or D0–D7 (restart); anything else is a marker.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_MOST_PICTURES = 16
_XMP_REACH = 4096  # bytes from the start of a picture in which cameras write its XMP


@dataclass(frozen=True)
class JpegStream:
    """One complete JPEG inside a file, and its XMP packets."""

    start: int
    end: int  # offset behind the end-of-image marker
    xmp: bytes | None
    extended_xmp: bytes | None


def streams(data: bytes, name: str) -> list[JpegStream]:
    """The JPEG at the start of ``data`` and those appended behind it, in file order.

    Raises:
        FrameError: the first one, or an appended one with XMP, is cut short or not a JPEG.
    """
    found = [_read_stream(data, 0, name)]
    while len(found) < _MOST_PICTURES:
        start = data.find(SOI, found[-1].end)
        if start < 0:
            break
        try:
            found.append(_read_stream(data, start, name))
        except FrameError:
            # Bytes that only look like a picture (a video, say) are ignored; a picture that says in XMP what
            # it is, is missed.
            if data.find(_XMP, start, start + _XMP_REACH) >= 0:
                raise
            break
    return found


def _read_stream(data: bytes, start: int, name: str) -> JpegStream:
    xmp: bytes | None = None
    extension: list[bytes] = []
    end = None
    for marker, body_start, body_end in _segments(data, start, name):
        if marker == 0xE1:
            body = data[body_start:body_end]
            if body.startswith(_XMP) and xmp is None:
                xmp = body[len(_XMP) :]
            elif body.startswith(_EXTENDED_XMP):
                extension.append(body[len(_EXTENDED_XMP) :])
        end = body_end
    if end is None:
        raise FrameError(f"{name} is not a JPEG")
    return JpegStream(start, end, xmp, _assembled(extension, xmp))


def _segments(data: bytes, start: int, name: str) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end of its body) from SOI to EOI, entropy-coded data skipped."""
    position = start + 2
    while True:
        match = _NEXT_MARKER.search(data, position)
        if match is None:
            raise FrameError(
                f"{name} ends at byte {len(data)} in the middle of a JPEG picture; "
                "the file was cut short: copy it again"
            )
        marker, position = data[match.start() + 1], match.end()
        if marker == _EOI:
            yield marker, position, position
            return
        if marker in _STANDALONE:
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        if length < 2 or position + length > len(data):
            raise FrameError(
                f"{name} has a JPEG segment of {length} bytes at byte {position}, {len(data) - position} are left; "
                "the file is damaged or cut short: copy it again"
            )
        yield marker, position + 2, position + length
        position += length


def _assembled(parts: list[bytes], xmp: bytes | None) -> bytes | None:
    """Extended XMP put together from its portions (XMP specification part 3, 1.1.3.1).

    A portion: 32 characters GUID, full length, offset (big-endian 32 bit), data. Only the GUID that the main
    packet names belongs to this picture. None when a portion is missing.
    """
    wanted = [part for part in parts if len(part) > 40 and (xmp is None or part[:32] in xmp)]
    if not wanted:
        return None
    guid = wanted[0][:32]
    pieces = sorted((struct.unpack(">II", part[32:40]), part[40:]) for part in wanted if part[:32] == guid)
    whole = bytearray()
    for (_, offset), piece in pieces:
        if offset != len(whole):
            return None
        whole += piece
    return bytes(whole) if len(whole) == pieces[0][0][0] else None
