"""Just enough PDF to print true to scale: filled rectangles, lines and text on one page, in millimetres.

ISO 32000-1. Coordinates here count from the top left corner of the page, y down. The file holds no date, so
the same drawing gives the same bytes; viewers are asked not to scale when printing (PrintScaling None).
"""

import zlib
from collections.abc import Sequence

import numpy as np

from rgbd_seg.arrays import Float64

POINTS_PER_MM = 72 / 25.4


class Page:
    """A page being drawn; `to_bytes` gives the file."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._width, self._height, self._title = width, height, title
        self._parts: list[str] = []

    def rectangles(self, boxes: Float64) -> None:
        """Fill black boxes (n, 4): left, top, right, bottom in mm.

        All are one path, so that a renderer leaves no hairline where two of them touch.
        """
        rows = [
            f"{left:.6f} {self._height - bottom:.6f} {right - left:.6f} {bottom - top:.6f} re"
            for left, top, right, bottom in np.asarray(boxes).tolist()
        ]
        self._parts += [*rows, "f"]

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float) -> None:
        """A black line, mm; its ends are cut square at the end points."""
        self._parts.append(f"{width:.4f} w {x0:.6f} {self._height - y0:.6f} m {x1:.6f} {self._height - y1:.6f} l S")

    def text(self, x: float, y: float, text: str, size: float) -> None:
        """Text in Helvetica; (x, y) is the start of its base line, ``size`` its height in mm."""
        data = (
            text.encode("cp1252", errors="replace").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
        )
        self._parts.append(f"BT /F1 {size:.4f} Tf {x:.6f} {self._height - y:.6f} Td ({data.decode('latin-1')}) Tj ET")

    def to_bytes(self) -> bytes:
        """The PDF file."""
        scale = f"{POINTS_PER_MM:.9f} 0 0 {POINTS_PER_MM:.9f} 0 0 cm"
        content = zlib.compress("\n".join([scale, *self._parts]).encode("latin-1"), 9)
        box = f"[0 0 {self._width * POINTS_PER_MM:.6f} {self._height * POINTS_PER_MM:.6f}]"
        title = (b"\xfe\xff" + self._title.encode("utf-16-be")).hex()
        return _assemble(
            [
                b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 5 0 R "
                "/Resources << /Font << /F1 4 0 R >> >> >>".encode(),
                b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
                b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(content), content),
                f"<< /Title <{title}> /Producer (rgbd-calibrate) >>".encode(),
            ]
        )


def _assemble(objects: Sequence[bytes]) -> bytes:
    file, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        file += b"%010d 00000 n \n" % offset
    file += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        len(objects),
        start,
    )
    return bytes(file)
