"""What a camera says of itself: who it is, what it can stream, how it is doing."""

import re
from dataclasses import dataclass
from enum import Enum

from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_choice, check_range

STREAMS = ("color", "depth", "infrared")


class CameraState(Enum):
    """Where a camera is in its life; see `rgbd_devices.camera.DeviceCamera` for what leads from one to the next."""

    CLOSED = "closed"
    OPENING = "opening"
    STREAMING = "streaming"
    LOST = "lost"  # unplugged or stalled, a moment ago
    RECONNECTING = "reconnecting"
    FAILED = "failed"  # given up; stop it and start again


@dataclass(frozen=True, kw_only=True)
class DeviceInfo:
    """One camera, as a list of cameras shows it."""

    driver: str  # the entry point's name, such as ``realsense``
    serial: str  # what ``driver:serial`` opens again, also after it was plugged in elsewhere
    name: str  # the maker's name of the model
    firmware: str = ""
    connection: str = ""  # such as ``USB 3.2`` or ``file``

    @property
    def uri(self) -> str:
        """What opens this camera and no other."""
        return f"{self.driver}:{self.serial}"


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What this camera has; a driver states it, the conformance check proves it."""

    color: bool = True
    depth: bool = True
    confidence: bool = False
    infrared: bool = False
    temperature: bool = False
    live: bool = True  # False: a recording; it ends, waits for its reader and is never lost
    shared_clock: bool = True  # colour and depth are stamped by one clock and may be compared as they are


@dataclass(frozen=True, kw_only=True)
class StreamProfile:
    """One way a stream can be delivered."""

    stream: str  # color, depth or infrared
    width: int
    height: int
    rate: float  # frames per second
    format: str = ""  # on the wire, such as ``mjpeg`` or ``z16``; frames are always RGB and uint16

    def __post_init__(self) -> None:
        check_choice("stream", self.stream, STREAMS)
        check_range("width", self.width, 1, 1 << 16)
        check_range("height", self.height, 1, 1 << 16)
        check_range("rate", self.rate, 1e-3, 1e4)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), as in an array's shape."""
        return self.height, self.width

    def __str__(self) -> str:
        ending = f"/{self.format}" if self.format else ""
        return f"{self.stream} {self.width}x{self.height}@{self.rate:g}{ending}"

    def matches(self, request: str) -> bool:
        """Whether it is what ``WIDTHxHEIGHT[@RATE][/FORMAT]`` asks for.

        Raises:
            ConfigError: the request is not of that form.
        """
        found = re.fullmatch(r"(\d+)[x×](\d+)(?:@(\d+(?:\.\d+)?))?(?:/(\w+))?", request.strip())
        if found is None:
            raise ConfigError(f"stream profile is {request!r}; expected WIDTHxHEIGHT[@RATE][/FORMAT], as 1280x720@30")
        width, height, rate, form = found.groups()
        return (
            (int(width), int(height)) == (self.width, self.height)
            and (rate is None or abs(float(rate) - self.rate) < 0.1)
            and (form is None or form.lower() == self.format.lower())
        )


@dataclass(frozen=True, kw_only=True)
class StreamCounts:
    """What happened to every picture of one stream since the camera was started; nothing is lost in silence.

    ``received = paired + unpaired + duplicates + disordered + malformed + waiting``.
    """

    received: int = 0  # handed over by the driver
    paired: int = 0  # became part of a frame set
    unpaired: int = 0  # no partner came close enough in time
    duplicates: int = 0  # the same sequence number again
    disordered: int = 0  # a timestamp before the last one
    malformed: int = 0  # not of the calibration's size or of a wrong type
    waiting: int = 0  # for its partner, now
    missed: int = 0  # never handed over: gaps in the sequence numbers


@dataclass(frozen=True, kw_only=True)
class CameraStatistics:
    """Counts since the camera was started; ``frame_sets = delivered + dropped + queued``."""

    color: StreamCounts = StreamCounts()
    depth: StreamCounts = StreamCounts()
    frame_sets: int = 0  # paired
    delivered: int = 0  # handed out by ``read``
    dropped: int = 0  # the reader was too slow and the queue was full
    queued: int = 0  # waiting for the reader, now
    losses: int = 0  # the camera vanished or stalled
    stalls: int = 0  # losses without a word from the driver
    reconnects: int = 0
