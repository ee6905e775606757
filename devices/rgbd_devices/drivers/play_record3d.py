"""Playback of Record3D's ``.r3d`` files: a zip of JPEG pictures and LZFSE-compressed depth."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rgbd_devices.backend import load_backend
from rgbd_devices.drivers.iphone_depth import confidence_levels, depth_units, registered_calibration
from rgbd_devices.drivers.pixel_formats import to_rgb
from rgbd_devices.drivers.recorded_device import RecordedDevice
from rgbd_devices.images import ColorImage, DepthImage, RecordedPair
from rgbd_devices.profiles import Profiles
from rgbd_seg.arrays import Float32
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import CalibrationError, FrameError, StreamClosedError
from rgbd_seg.frames import Timestamp

_DAMAGE = (OSError, ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile, EOFError)


class Record3dRecording(RecordedDevice):
    """One file. Frames carry the phone's timestamps where the file has them, else the rate's."""

    _zip: zipfile.ZipFile | None = None

    def open(self) -> DeviceInfo:
        """Read the list of frames.

        Raises:
            BackendMissingError: ``pyliblzfse`` is not installed.
            FrameError: not such a file, or damaged.
        """
        self.close()
        self._lzfse = load_backend("liblzfse", package="pyliblzfse", extra="record3d")
        try:
            self._zip = zipfile.ZipFile(self.path)
            metadata: Mapping[str, Any] = json.loads(self._zip.read("metadata"))
            self._rate = float(metadata.get("fps", 30))
            width, height = int(metadata["w"]), int(metadata["h"])
            self._depth_size = int(metadata.get("dh", height)), int(metadata.get("dw", width))
            self._times = [float(time) for time in metadata.get("frameTimestamps", ())]
            names = set(self._zip.namelist())
            self._has_confidence = "rgbd/0.conf" in names
            self._count = next(index for index in range(len(names) + 1) if f"rgbd/{index}.depth" not in names)
            # Stored column by column.
            fx, _, _, _, fy, _, cx, cy, _ = (float(value) for value in metadata["K"])
            intrinsics = Intrinsics(width=width, height=height, fx=fx, fy=fy, cx=cx, cy=cy)
        except (*_DAMAGE, CalibrationError) as error:
            self.close()
            raise FrameError(f"cannot read {self.path}: {error!r}; expected a Record3D file (.r3d)") from error
        if not self._count:
            raise FrameError(f"{self.path} holds no frames; export it from Record3D again")
        self._calibration = registered_calibration(intrinsics, self._depth_size)
        return self.described(f"Record3D {'LiDAR' if self._has_confidence else 'TrueDepth'}")

    @property
    def capabilities(self) -> Capabilities:
        """As recorded."""
        return Capabilities(confidence=self._has_confidence, live=False)

    def profiles(self) -> Sequence[StreamProfile]:
        """As recorded."""
        color, depth = self._calibration.color, self._calibration.depth
        return [
            StreamProfile(stream="color", width=color.width, height=color.height, rate=self._rate, format="mjpeg"),
            StreamProfile(stream="depth", width=depth.width, height=depth.height, rate=self._rate),
        ]

    def start(self, profiles: Profiles) -> Calibration:
        """Go to the first frame."""
        if self._zip is None:
            raise StreamClosedError(f"{self.path} is closed; open it first")
        self.begin(self._frame_sets(self._zip))
        return self._calibration

    def close(self) -> None:
        """Close the file."""
        super().close()
        if self._zip is not None:
            self._zip.close()
            self._zip = None

    def _frame_sets(self, file: zipfile.ZipFile) -> Iterator[Sequence[RecordedPair]]:
        for index in range(self._count):
            seconds = self._times[index] if index < len(self._times) else index / self._rate
            stamp = Timestamp(round(seconds * 1e9), "device")
            try:
                picture = np.frombuffer(file.read(f"rgbd/{index}.jpg"), np.uint8)
                depth = depth_units(self._depth(file.read(f"rgbd/{index}.depth")))
                confidence = self._confidence(file, index)
            except (*_DAMAGE, self._lzfse.error) as error:
                raise FrameError(f"frame {index} of {self.path} is damaged: {error!r}") from error
            color = ColorImage(
                color=to_rgb(picture, "mjpeg", self._calibration.color.size), timestamp=stamp, sequence=index
            )
            measured = DepthImage(raw_depth=depth, timestamp=stamp, sequence=index, confidence=confidence)
            yield (RecordedPair(color=color, depth=measured),)

    def _depth(self, data: bytes) -> Float32:
        metres: Float32 = np.frombuffer(self._lzfse.decompress(data), np.float32).reshape(self._depth_size)
        return metres

    def _confidence(self, file: zipfile.ZipFile, index: int) -> Float32 | None:
        if not self._has_confidence:
            return None
        levels = np.frombuffer(self._lzfse.decompress(file.read(f"rgbd/{index}.conf")), np.uint8)
        return confidence_levels(levels.reshape(self._depth_size))
