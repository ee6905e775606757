"""Boards: their geometry, and the short text that names them."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import CalibrationError

KINDS = ("charuco", "chessboard", "aprilgrid")
PATTERNS = ("auto", "new", "legacy")
FORMS = (
    "charuco:COLUMNSxROWS:SQUARE:MARKER:DICTIONARY[:new|:legacy], chessboard:COLUMNSxROWS:SQUARE or "
    "aprilgrid:COLUMNSxROWS:TAG:GAP[:DICTIONARY], lengths in metres, chessboards counted in squares"
)
_APRILGRID_DICTIONARY = "APRILTAG_36h11"  # Kalibr's


@dataclass(frozen=True, kw_only=True)
class Board:
    """A flat calibration board; x to the right, y down, z into the board, origin at its top left corner.

    A ChArUco board's corners and a chessboard's are those inside the pattern, row by row. An AprilGrid has four
    for each tag: top left, top right, bottom right, bottom left.
    """

    kind: str  # one of KINDS
    columns: int  # squares, or tags of an AprilGrid
    rows: int
    square: float  # metres; side of a square, or of a tag of an AprilGrid
    marker: float = 0.0  # metres; side of a ChArUco marker
    gap: float = 0.0  # metres; between the tags of an AprilGrid
    dictionary: str = ""  # name of an OpenCV ArUco dictionary, without "DICT_"
    pattern: str = "auto"  # ChArUco before ("legacy") or after ("new") OpenCV 4.6; "auto" tries both

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.pattern not in PATTERNS:
            raise CalibrationError(f"board is {self.kind!r}, pattern {self.pattern!r}; expected {FORMS}")
        smallest = 1 if self.kind == "aprilgrid" else 3
        if min(self.columns, self.rows) < smallest or max(self.columns, self.rows) > 100:
            raise CalibrationError(
                f"board has {self.columns}×{self.rows} squares; expected at least {smallest} and at most 100 each way"
            )
        if not 1e-4 <= self.square <= 2:
            raise CalibrationError(f"the board's square is {self.square} m; expected metres, such as 0.025")
        if self.kind == "charuco" and not 0 < self.marker < self.square:
            raise CalibrationError(
                f"marker is {self.marker} m on squares of {self.square} m; expected it to be smaller"
            )
        if self.kind == "aprilgrid" and not 0 < self.gap < self.square:
            raise CalibrationError(f"the gap between tags is {self.gap} m; expected above 0 and below the tag's side")
        if self.kind != "chessboard":
            size = len(self.markers().bytesList)
            if size < self.marker_count:
                raise CalibrationError(
                    f"dictionary {self.dictionary} has {size} markers, the board needs {self.marker_count}; "
                    "choose a larger dictionary"
                )

    @property
    def marker_count(self) -> int:
        """How many markers are on it."""
        if self.kind == "chessboard":
            return 0
        return self.columns * self.rows if self.kind == "aprilgrid" else self.columns * self.rows // 2

    @property
    def corner_count(self) -> int:
        """How many corners can be found on it."""
        if self.kind == "aprilgrid":
            return 4 * self.columns * self.rows
        return (self.columns - 1) * (self.rows - 1)

    @property
    def size(self) -> tuple[float, float]:
        """(width, height) of the printed pattern in metres."""
        step = self.square + self.gap
        return self.columns * step - self.gap, self.rows * step - self.gap

    def points(self) -> Float64:
        """(corner_count, 3) corners in the board's frame, metres; z is 0."""
        if self.kind == "aprilgrid":
            # Tags are numbered as Kalibr does: row by row, from the bottom left.
            u, v = np.meshgrid(np.arange(self.columns), np.arange(self.rows)[::-1])
            origin = np.stack([u, v], axis=-1).reshape(-1, 1, 2) * float(self.square + self.gap)
            corners = origin + self.square * np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
            flat = np.asarray(corners.reshape(-1, 2), dtype=np.float64)
        else:
            u, v = np.meshgrid(np.arange(1, self.columns), np.arange(1, self.rows))
            flat = np.asarray(np.stack([u, v], axis=-1).reshape(-1, 2) * self.square, dtype=np.float64)
        return np.column_stack([flat, np.zeros(len(flat))]).astype(np.float64)

    def center(self) -> Float64:
        """(3,) middle of the pattern, metres."""
        return np.array([*self.size, 0.0]) / 2

    def markers(self) -> Any:
        """OpenCV's dictionary of its markers.

        Raises:
            CalibrationError: OpenCV has none of that name.
        """
        number = getattr(cv2.aruco, f"DICT_{self.dictionary}", None)
        if number is None:
            raise CalibrationError(
                f"unknown marker dictionary {self.dictionary!r}; expected one of {', '.join(dictionary_names())}"
            )
        return cv2.aruco.getPredefinedDictionary(number)

    def text(self) -> str:
        """The canonical short text; `parse_board` reads it."""
        head = f"{self.kind}:{self.columns}x{self.rows}:{self.square:.9g}"
        if self.kind == "chessboard":
            return head
        if self.kind == "aprilgrid":
            return f"{head}:{self.gap:.9g}:{self.dictionary}"
        return f"{head}:{self.marker:.9g}:{self.dictionary}" + ("" if self.pattern == "auto" else f":{self.pattern}")

    def with_lengths(self, other: "Board") -> "Board":
        """The same board with the lengths of ``other``, as when its print was measured.

        Raises:
            CalibrationError: ``other`` is laid out otherwise, so that its corners are not those of this board.
        """
        same = all(getattr(self, name) == getattr(other, name) for name in ("kind", "columns", "rows", "dictionary"))
        if not same or other.pattern not in ("auto", self.pattern):
            raise CalibrationError(
                f"the board is {other.text()}; expected the layout of {self.text()}, only with other lengths"
            )
        return replace(self, square=other.square, marker=other.marker, gap=other.gap)

    def with_pattern(self, pattern: str) -> "Board":
        """The same ChArUco board, said to be of OpenCV's "new" or "legacy" pattern."""
        return replace(self, pattern=pattern)


def dictionary_names() -> list[str]:
    """Marker dictionaries that OpenCV offers, without their "DICT_"."""
    return sorted(name.removeprefix("DICT_") for name in dir(cv2.aruco) if name.startswith("DICT_"))


def parse_board(text: str) -> Board:
    """The board named by a short text such as ``charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL``.

    Raises:
        CalibrationError: the text is of another form, or the board cannot exist.
    """
    parts = text.strip().split(":")
    try:
        kind = parts[0].lower()
        columns, rows = (int(number) for number in parts[1].lower().split("x"))
        lengths = [float(part) for part in parts[2 : 3 + (kind != "chessboard")]]
        rest = parts[3 + (kind != "chessboard") :]
        match kind, lengths, rest:
            case "charuco", [square, marker], [dictionary, *pattern] if len(pattern) <= 1:
                return Board(
                    kind=kind,
                    columns=columns,
                    rows=rows,
                    square=square,
                    marker=marker,
                    dictionary=dictionary.removeprefix("DICT_"),
                    pattern=pattern[0] if pattern else "auto",
                )
            case "chessboard", [square], []:
                return Board(kind=kind, columns=columns, rows=rows, square=square)
            case "aprilgrid", [square, gap], _ if len(rest) <= 1:
                dictionary = rest[0].removeprefix("DICT_") if rest else _APRILGRID_DICTIONARY
                return Board(kind=kind, columns=columns, rows=rows, square=square, gap=gap, dictionary=dictionary)
    except (IndexError, ValueError) as error:
        if isinstance(error, CalibrationError):
            raise
    raise CalibrationError(f"cannot read the board {text!r}; expected {FORMS}")
