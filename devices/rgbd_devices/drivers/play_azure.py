"""Playback of Azure Kinect recordings (``k4arecorder``), which Orbbec's Femto cameras write too."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rgbd_devices.drivers.azure_calibration import azure_calibration
from rgbd_devices.drivers.matroska_file import MatroskaFile
from rgbd_devices.drivers.recorded_device import RecordedDevice
from rgbd_devices.images import ColorImage, DepthImage, Image
from rgbd_devices.profiles import Profiles
from rgbd_seg.arrays import UInt8, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import FrameError, StreamClosedError
from rgbd_seg.frames import Timestamp

_NANOSECONDS_PER_TICK = 1000  # libavformat's time base of these files


class AzureDevice(RecordedDevice):
    """One recording of an Azure Kinect; colour, depth and infrared as the camera delivered them."""

    _file: MatroskaFile | None = None

    def open(self) -> DeviceInfo:
        """Read the head of the file.

        Raises:
            FrameError: it is no such recording, is damaged, or was recorded without colour or depth.
        """
        self.close()
        file = self._file = MatroskaFile(self.path)
        for title in ("COLOR", "DEPTH"):
            if not file.has(title):
                raise FrameError(f"{self.path} was recorded without {title.lower()}; both colour and depth are needed")
        self._tracks = {title: file.track(title) for title in ("COLOR", "DEPTH", "IR") if file.has(title)}
        # "MJPG_720P", "NV12_720P" …: pixel format and size.
        self._format, _, color_mode = self._tag("COLOR", "K4A_COLOR_MODE").partition("_")
        self._calibration = azure_calibration(
            file.attachment("calibration.json"),
            depth_mode=self._tag("DEPTH", "K4A_DEPTH_MODE"),
            color_mode=color_mode,
        )
        self._offset = _whole(file.metadata.get("K4A_START_OFFSET_NS", "0"))
        serial = file.metadata.get("K4A_DEVICE_SERIAL_NUMBER", "")
        name = f"{file.metadata.get('title', 'Azure Kinect')} {serial}".strip()
        return self.described(name, file.metadata.get("K4A_DEPTH_FIRMWARE_VERSION", ""))

    @property
    def capabilities(self) -> Capabilities:
        """Infrared if it was recorded."""
        return Capabilities(infrared="IR" in self._tracks, live=False)

    def profiles(self) -> Sequence[StreamProfile]:
        """As recorded."""
        rate = float(self._tracks["DEPTH"].average_rate or self._tracks["COLOR"].average_rate or 30)
        found = [self._profile("color", "COLOR", rate, self._format.lower())]
        found.append(self._profile("depth", "DEPTH", rate, "z16"))
        if "IR" in self._tracks:
            found.append(self._profile("infrared", "IR", rate, "y16"))
        return found

    def start(self, profiles: Profiles) -> Calibration:
        """Go to the first frame."""
        if self._file is None:
            raise StreamClosedError(f"{self.path} is closed; open it first")
        self.begin(self._frame_sets(self._file))
        return self._calibration

    def close(self) -> None:
        """Close the file."""
        super().close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _profile(self, stream: str, title: str, rate: float, form: str) -> StreamProfile:
        context = self._tracks[title].codec_context
        return StreamProfile(stream=stream, width=context.width, height=context.height, rate=rate, format=form)

    def _tag(self, title: str, name: str) -> str:
        return str(self._tracks[title].metadata.get(name, ""))

    def _frame_sets(self, file: MatroskaFile) -> Iterator[Sequence[Image]]:
        """Pictures in the order of the file; infrared goes with the depth of its time."""
        titles = {track.index: title for title, track in self._tracks.items()}
        depth_parts: dict[int, dict[str, Any]] = {}
        names = {title for title in titles.values() if title != "COLOR"}
        raw = [index for index, title in titles.items() if title == "COLOR" and self._format == "MJPG"]
        for index, ticks, content in file.content(list(self._tracks.values()), raw=raw):
            time = Timestamp(ticks * _NANOSECONDS_PER_TICK + self._offset, "device")
            title = titles[index]
            if title == "COLOR":
                yield (ColorImage(color=self._color(content), timestamp=time),)
                continue
            parts = depth_parts.setdefault(ticks, {})
            parts[title] = content
            if parts.keys() == names:
                yield (self._depth(depth_parts.pop(ticks), time),)

    def _color(self, content: Any) -> UInt8:
        if isinstance(content, bytes):
            return _decoded_jpeg(content)
        return np.array(content.to_ndarray(format="rgb24"))

    def _depth(self, parts: dict[str, Any], time: Timestamp) -> DepthImage:
        infrared = parts.get("IR")
        return DepthImage(
            raw_depth=_native(parts["DEPTH"]),
            timestamp=time,
            infrared=None if infrared is None else _native(infrared),
        )


def _native(frame: Any) -> UInt16:
    """Big-endian in the file."""
    return np.array(frame.to_ndarray()).astype(np.uint16)


def _decoded_jpeg(data: bytes) -> UInt8:
    # Pillow, not FFmpeg: for full-range JPEG it needs no telling, and a damaged picture is an error.
    from PIL import Image as Pillow

    try:
        with Pillow.open(io.BytesIO(data)) as picture:
            return np.array(picture.convert("RGB"))
    except OSError as error:
        raise FrameError(f"a colour picture of the recording is damaged: {error}") from error


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise FrameError(f"the recording's start offset is {text!r}; expected whole nanoseconds") from error
