"""The synthetic camera as a device."""

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rgbd_devices.driver import Device
from rgbd_devices.images import ColorImage, DepthImage, Image
from rgbd_devices.profiles import Profiles
from rgbd_devices.synthetic.clockwork import Clockwork, Shot
from rgbd_devices.synthetic.faults import Stall, Unplug
from rgbd_devices.synthetic.options import SyntheticOptions
from rgbd_devices.synthetic.scene import Scene
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceDisconnectedError, DeviceError, DeviceNotFoundError, StreamClosedError
from rgbd_seg.frames import Timestamp

_SIZES = ((480, 640), (720, 1280), (1080, 1920))
_DEPTH_SIZES = ((240, 320), (480, 640))
_ATTEMPT = 0.05  # seconds of its own clock that opening takes when it does not keep real time
_MOST_BEHIND = 0.1  # seconds of pictures that the camera itself keeps for a slow host
_ROOM_TEMPERATURE, _DEPTH_PER_DEGREE = 30.0, 1e-4


@dataclass
class StreamTruth:
    """What really happened to one stream."""

    handed: int = 0  # pictures given to the host, repetitions included
    due: int = 0  # pictures taken between the first and the last one handed over, summed over sessions
    session: int = -1
    first: int = 0  # of the session
    last: int = 0

    def note(self, sequence: int, session: int) -> None:
        """A picture was handed over."""
        if session != self.session:
            self.session, self.first, self.last, self.due = session, sequence, sequence, self.due + 1
        self.due += max(sequence - self.last, 0)
        self.last, self.handed = max(sequence, self.last), self.handed + 1


class SyntheticDevice(Device):
    """Public: also made directly, to inject faults while it runs (`simulate_unplug`, `simulate_stall`)."""

    def __init__(self, options: SyntheticOptions | None = None) -> None:
        self.options = options or SyntheticOptions()
        self.truth = {"color": StreamTruth(), "depth": StreamTruth()}  # for tests of counting
        self._born: float | None = None  # host seconds of the first opening
        self._events: list[Unplug | Stall] = list(self.options.faults.events)
        self._lock = threading.Lock()  # faults are injected from other threads
        self._scene: Scene | None = None
        self._scene_key: object = None
        self._clockwork: Clockwork | None = None
        self._began = 0.0
        self._virtual = 0.0  # seconds of its own clock when pace is 0
        self._sessions = 0

    def open(self) -> DeviceInfo:
        if self._born is None:
            self._born = self._now()
        elif not self.options.realtime:
            self._virtual += _ATTEMPT
        self._check_plugged(DeviceNotFoundError)
        options = self.options
        return DeviceInfo(
            driver="synthetic",
            serial=options.sample,
            name=f"Synthetic camera ({options.sample}, {options.noise} noise)",
            connection="software",
        )

    @property
    def opened_at(self) -> float:
        """Host seconds (``time.monotonic``) of the first opening: the zero of its faults' schedule."""
        return self._now() if self._born is None else self._born

    @property
    def capabilities(self) -> Capabilities:
        tof = self.options.noise == "tof"
        return Capabilities(
            confidence=tof,
            infrared=tof,
            temperature=True,
            live=self.options.frames == 0,
            shared_clock=not self.options.faults.separate_clocks,
        )

    def profiles(self) -> Sequence[StreamProfile]:
        options = self.options
        sizes = {"color": (options.size, *_SIZES), "depth": (options.depth_size, *_DEPTH_SIZES)}
        return [
            StreamProfile(stream=stream, width=size[1], height=size[0], rate=rate, format=form)
            for stream, form in (("color", "rgb8"), ("depth", "z16"))
            for rate in dict.fromkeys((options.rate, 30.0, 15.0, 60.0))
            for size in dict.fromkeys(sizes[stream])
        ]

    def start(self, profiles: Profiles) -> Calibration:
        self._check_plugged(DeviceDisconnectedError)
        if profiles.color is None or profiles.depth is None:
            raise DeviceError("the synthetic camera streams colour and depth together; choose a profile of each")
        key = (profiles.color.size, profiles.depth.size)
        if self._scene is None or self._scene_key != key:
            options = self.options
            self._scene = Scene(options.sample, *key, noise=options.noise, motion=options.motion, seed=options.seed)
            self._scene_key = key
        self._clockwork = Clockwork(profiles.rate, self.options.faults, self._sessions, self.options.frames)
        self._sessions += 1
        self._began = self._now()
        return self._scene.calibration

    def grab(self, timeout: float) -> Sequence[Image]:
        if self._clockwork is None or self._scene is None:
            raise DeviceDisconnectedError("the synthetic camera does not stream; start it first")
        deadline = self._now() + timeout
        while True:
            self._check_plugged(DeviceDisconnectedError)
            stalled = self._stalled_until()
            if stalled is not None:
                if min(stalled, deadline) > self._now():
                    self._sleep_until(min(stalled, deadline, self._now() + 0.02))
                    self._clockwork.skip_to(self._now() - self._began)
                    continue
                return ()
            if self.capabilities.live:
                self._clockwork.skip_to(self._now() - self._began - _MOST_BEHIND)
            due = self._began + self._clockwork.next_arrival()
            if due == math.inf:
                raise StreamClosedError(f"the synthetic recording of {self.options.frames} frames is over")
            if due > deadline:
                self._sleep_until(deadline)
                return ()
            self._sleep_until(min(due, self._now() + 0.02))  # wakes to notice faults
            if due <= self._now():
                return (self._image(self._clockwork.take(), self._scene),)

    def close(self) -> None:
        self._clockwork = None
        with self._lock:  # reopening ends a stall
            self._events = [e for e in self._events if not (isinstance(e, Stall) and e.at <= self._age())]

    def simulate_unplug(self, seconds: float) -> None:
        """From now on it is gone, and back after ``seconds``."""
        with self._lock:
            self._events.append(Unplug(self._age(), seconds))

    def simulate_stall(self, seconds: float) -> None:
        """From now on no pictures come, for ``seconds`` or until it is reopened."""
        with self._lock:
            self._events.append(Stall(self._age(), seconds))

    def _image(self, shot: Shot, scene: Scene) -> Image:
        options, faults = self.options, self.options.faults
        self.truth[shot.stream].note(shot.sequence, self._sessions)
        arrival = Timestamp(round((self._began + shot.arrival) * 1e9)) if not options.realtime else None
        if shot.stream == "color":
            color = scene.color(shot.taken)
            if shot.fault == "wrong_size":
                color = color[:-2].copy()
            return ColorImage(
                color=color, timestamp=Timestamp(shot.timestamp, "device"), sequence=shot.sequence, arrival=arrival
            )
        warmth = faults.warming * self._age() / 60
        raw, confidence, infrared = scene.depth(shot.taken, shot.sequence, 1 + _DEPTH_PER_DEGREE * warmth)
        if shot.fault == "wrong_size":
            raw = raw[:-2].copy()
        elif shot.fault == "corrupt":
            rows = raw.shape[0] // 3
            raw[-rows:] = np.random.default_rng(shot.sequence).integers(0, 65536, (rows, raw.shape[1]), np.uint16)
        return DepthImage(
            raw_depth=raw,
            confidence=confidence,
            infrared=infrared,
            temperature=_ROOM_TEMPERATURE + warmth,
            timestamp=Timestamp(shot.timestamp, "device-depth" if faults.separate_clocks else "device"),
            sequence=shot.sequence,
            arrival=arrival,
        )

    def _check_plugged(self, error: type[DeviceError]) -> None:
        age = self._age()
        with self._lock:
            gone = any(isinstance(e, Unplug) and e.at <= age < e.at + e.seconds for e in self._events)
        if gone:
            raise error("the synthetic camera is unplugged; plug it in (it will be, by its faults)")

    def _stalled_until(self) -> float | None:
        """Host seconds; None if it does not stall."""
        age = self._age()
        with self._lock:
            ends = [e.at + e.seconds for e in self._events if isinstance(e, Stall) and e.at <= age < e.at + e.seconds]
        return self._now() + max(ends) - age if ends else None

    def _age(self) -> float:
        """Seconds since the first opening."""
        return 0.0 if self._born is None else self._now() - self._born

    def _now(self) -> float:
        """Seconds of the host's clock, or of the camera's own one when it does not keep real time."""
        return time.monotonic() if self.options.realtime else self._virtual

    def _sleep_until(self, moment: float) -> None:
        if not self.options.realtime:
            self._virtual = max(self._virtual, moment)
            return
        left = moment - self._now()
        if left > 0:
            time.sleep(left)
