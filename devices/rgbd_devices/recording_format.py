"""What a recording holds: names of its tracks, and one line of text for each frame set.

A recording is Matroska with H.264 colour, FFV1 16-bit depth (16-bit infrared and 8-bit confidence too, where the
camera has them), a subtitle track with one `FrameNote` in JSON for each frame set, and the calibration and `Header`
attached. All packets of a frame set carry one time, in whole milliseconds as Matroska has them; the exact times are
in the note.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from rgbd_seg.devices import Capabilities, DeviceInfo
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import FrameSet, Timestamp

FORMAT = "rgbd-seg-recording"
VERSION = 1
TIME_BASE = Fraction(1, 1000)
TRACKS = ("color", "depth", "confidence", "infrared", "notes")
HEADER_FILE = "recording.json"
CALIBRATION_FILE = "calibration.json"
CONFIDENCE_UNITS = 255  # confidence 1.0 is stored as this


@dataclass(frozen=True, kw_only=True)
class Header:
    """What is the same for all frames."""

    capabilities: Capabilities
    info: DeviceInfo
    rate: float

    def to_json(self) -> bytes:
        """The content of the attached file."""
        content = {"format": FORMAT, "version": VERSION, "rate": self.rate}
        content |= {"camera": asdict(self.info), "capabilities": asdict(self.capabilities)}
        return json.dumps(content, indent=1).encode()

    @staticmethod
    def from_json(data: bytes) -> "Header":
        """The inverse of `to_json`.

        Raises:
            FrameError: damaged, or from a newer version.
        """
        try:
            content = json.loads(data)
            version = content["version"] if content["format"] == FORMAT else 0
            if version > VERSION:
                raise FrameError(f"the recording has version {version}, this package reads {VERSION}; update rgbd-seg")
            return Header(
                capabilities=Capabilities(**content["capabilities"]),
                info=DeviceInfo(**content["camera"]),
                rate=float(content["rate"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, FrameError):
                raise
            raise FrameError(f"the recording's {HEADER_FILE} is damaged ({error!r})") from error


@dataclass(frozen=True, kw_only=True)
class FrameNote:
    """What is not pixels of one frame set."""

    color_timestamp: Timestamp
    depth_timestamp: Timestamp
    arrival: Timestamp
    color_sequence: int | None
    depth_sequence: int | None
    temperature: float | None
    session: int
    lacks: tuple[str, ...] = ()  # maps that the recording has but this frame set had not

    @staticmethod
    def of(frame: FrameSet, lacks: tuple[str, ...] = ()) -> "FrameNote":
        """The note of ``frame``."""
        return FrameNote(
            color_timestamp=frame.color_timestamp,
            depth_timestamp=frame.depth_timestamp,
            arrival=frame.arrival,
            color_sequence=frame.color_sequence,
            depth_sequence=frame.depth_sequence,
            temperature=frame.temperature,
            session=frame.session,
            lacks=lacks,
        )

    def to_json(self) -> bytes:
        """One line of text."""
        content: dict[str, Any] = {
            "color_timestamp": _stamp_to_json(self.color_timestamp),
            "depth_timestamp": _stamp_to_json(self.depth_timestamp),
            "arrival": _stamp_to_json(self.arrival),
            "color_sequence": self.color_sequence,
            "depth_sequence": self.depth_sequence,
            "temperature": self.temperature,
            "session": self.session,
            "lacks": self.lacks,
        }
        return json.dumps(content, separators=(",", ":")).encode()

    @staticmethod
    def from_json(data: bytes) -> "FrameNote":
        """The inverse of `to_json`.

        Raises:
            FrameError: damaged.
        """
        try:
            content: Mapping[str, Any] = json.loads(data)
            return FrameNote(
                color_timestamp=_stamp_from_json(content["color_timestamp"]),
                depth_timestamp=_stamp_from_json(content["depth_timestamp"]),
                arrival=_stamp_from_json(content["arrival"]),
                color_sequence=content["color_sequence"],
                depth_sequence=content["depth_sequence"],
                temperature=content["temperature"],
                session=int(content["session"]),
                lacks=tuple(map(str, content["lacks"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FrameError(f"a frame's note in the recording is damaged ({error!r})") from error


def _stamp_to_json(stamp: Timestamp) -> list[Any]:
    return [stamp.nanoseconds, stamp.clock]


def _stamp_from_json(values: Any) -> Timestamp:
    nanoseconds, clock = values
    return Timestamp(int(nanoseconds), str(clock))
