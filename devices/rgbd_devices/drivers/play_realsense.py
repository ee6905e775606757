"""Playback of RealSense recordings: ``.db3``, and the older ``.bag``, which the SDK converts."""

import queue
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rgbd_devices.drivers.realsense import described
from rgbd_devices.drivers.realsense_frames import RealsenseFrames
from rgbd_devices.drivers.realsense_sdk import load_realsense
from rgbd_devices.drivers.realsense_streams import RealsenseStreams
from rgbd_devices.drivers.recorded_device import RecordedDevice
from rgbd_devices.images import Image
from rgbd_devices.profiles import Profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import FrameError, StreamClosedError

_QUEUE = 4  # groups of images between the SDK's thread and the reader; the SDK waits when it is full
_POLL_SECONDS = 0.05
_LAST_FRAMES_SECONDS = 0.3  # the SDK says "stopped" before its last frames are through


class RealsenseRecording(RecordedDevice):
    """One recording; not a frame is dropped, however slow the reader is."""

    _playback: Any = None
    _streams: RealsenseStreams | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def open(self) -> DeviceInfo:
        """Load the file.

        Raises:
            BackendMissingError: ``pyrealsense2`` is not installed.
            FrameError: not a recording, or damaged.
        """
        self.close()
        rs = load_realsense()
        self._over = threading.Event()
        try:
            self._context = rs.context()
            self._playback = self._context.load_device(str(self._readable(rs)))
            self._playback.set_real_time(False)
            self._streams = RealsenseStreams(rs, self._playback)
            info = described(rs, self._playback)
        except RuntimeError as error:
            self.close()
            raise FrameError(f"cannot read {self.path}: {error}; expected a RealSense recording") from error
        if not (self._streams.offers("color") and self._streams.offers("depth")):
            raise FrameError(f"{self.path} was recorded without colour or depth; both are needed")
        has_infrared = self._chosen_infrared(self._streams) is not None
        self._capabilities = Capabilities(infrared=has_infrared, temperature=self._streams.has_temperature, live=False)
        return self.described(f"{info.name} {info.serial}".strip(), info.firmware)

    @property
    def capabilities(self) -> Capabilities:
        """As recorded."""
        return self._capabilities

    def profiles(self) -> Sequence[StreamProfile]:
        """As recorded."""
        return self._open_streams().profiles

    def start(self, profiles: Profiles) -> Calibration:
        """Go to the first frame."""
        rs, streams = load_realsense(), self._open_streams()
        profiles = replace(profiles, infrared=self._chosen_infrared(streams))
        self._arrived: queue.Queue[Sequence[Image]] = queue.Queue(_QUEUE)
        frames = RealsenseFrames(rs, infrared=profiles.infrared is not None)
        temperature = streams.temperature()

        def receive(frame: Any) -> None:
            images = frames.images(frame, temperature)
            while images and not self._over.is_set():
                try:
                    self._arrived.put(images, timeout=_POLL_SECONDS)
                    break
                except queue.Full:
                    continue

        try:
            calibration = streams.calibration(profiles)
            self._playback.pause()  # else the first sensor's frames run ahead of the second
            streams.start(profiles, receive)
            self._playback.resume()
        except RuntimeError as error:
            raise FrameError(f"cannot play {self.path}: {error}") from error
        self.begin(self._images(rs))
        return calibration

    def close(self) -> None:
        """Stop the SDK's threads and close the file."""
        super().close()
        if self._streams is not None:
            self._over.set()
            self._streams.stop()
        self._streams, self._playback, self._context = None, None, None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _chosen_infrared(self, streams: RealsenseStreams) -> StreamProfile | None:
        """What was recorded comes along unasked, if it lies on the depth."""
        depth = next(profile for profile in streams.profiles if profile.stream == "depth")
        fitting = (profile for profile in streams.profiles if profile.stream == "infrared")
        return next((profile for profile in fitting if profile.size == depth.size), None)

    def _images(self, rs: Any) -> Iterator[Sequence[Image]]:
        waited = 0.0
        while waited < _LAST_FRAMES_SECONDS:
            try:
                yield self._arrived.get(timeout=_POLL_SECONDS)
                waited = 0.0
            except queue.Empty:
                if self._over.is_set():
                    return
                waited += _POLL_SECONDS if self._playback.current_status() == rs.playback_status.stopped else 0.0

    def _readable(self, rs: Any) -> Path:
        """The file, or its conversion to what the SDK plays today."""
        if self.path.suffix.lower() != ".bag":
            return self.path
        self._folder = tempfile.TemporaryDirectory(prefix="rgbd-seg-")
        converted = Path(self._folder.name) / f"{self.path.stem}.db3"
        self._context.convert_bag_to_db3(str(self.path), str(converted))
        return converted

    def _open_streams(self) -> RealsenseStreams:
        if self._streams is None:
            raise StreamClosedError(f"{self.path} is closed; open it first")
        return self._streams
