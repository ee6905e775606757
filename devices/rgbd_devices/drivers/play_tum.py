"""Playback of TUM RGB-D folders: depth is registered to colour, 5000 units a metre."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rgbd_devices.drivers.recorded_device import RecordedDevice
from rgbd_devices.images import ColorImage, DepthImage, RecordedPair
from rgbd_devices.profiles import Profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import Timestamp
from rgbd_seg.io.decoding import decode_map
from rgbd_seg.io.file_bytes import read_bytes
from rgbd_seg.io.pictures import read_picture
from rgbd_seg.io.tum import METRES_PER_UNIT, TumPair, TumSequence
from rgbd_seg.transform import RigidTransform

CALIBRATION_FILE = "calibration.json"
# The data set's "ROS default" (https://cvg.cit.tum.de/data/datasets/rgbd-dataset/file_formats): folders carry none.
_DEFAULT = Intrinsics(width=640, height=480, fx=525.0, fy=525.0, cx=319.5, cy=239.5)


class TumDevice(RecordedDevice):
    """One folder. Its calibration is ``calibration.json`` inside, or that of the data set for 640×480 pictures."""

    def open(self) -> DeviceInfo:
        """Read the lists and the first picture.

        Raises:
            FrameError: a list or picture is missing or damaged, or the calibration is unknown.
        """
        self.close()
        sequence = TumSequence(self.path)
        self._pairs = sequence.pairs
        first = read_picture(self._pairs[0].color)
        self._calibration = self._found_calibration(first.shape[:2])
        times = [pair.color_ns for pair in self._pairs]
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        self._rate = 1e9 / step if step > 0 else 30.0
        return self.described(f"TUM RGB-D {self.path.name}")

    @property
    def capabilities(self) -> Capabilities:
        """Colour and depth."""
        return Capabilities(live=False)

    def profiles(self) -> Sequence[StreamProfile]:
        """As recorded."""
        rate = round(self._rate, 3)
        return [
            StreamProfile(stream=stream, width=size.width, height=size.height, rate=rate, format="png")
            for stream, size in (("color", self._calibration.color), ("depth", self._calibration.depth))
        ]

    def start(self, profiles: Profiles) -> Calibration:
        """Go to the first frame."""
        self.begin((self._read(pair),) for pair in self._pairs)
        return self._calibration

    def _read(self, pair: TumPair) -> RecordedPair:
        depth = decode_map(read_bytes(pair.depth), pair.depth.name)
        if depth.dtype != np.uint16:
            raise FrameError(f"{pair.depth} has 8 bits a pixel; expected 16")
        return RecordedPair(
            color=ColorImage(color=read_picture(pair.color), timestamp=Timestamp(pair.color_ns, "host")),
            depth=DepthImage(raw_depth=np.array(depth, np.uint16), timestamp=Timestamp(pair.depth_ns, "host")),
        )

    def _found_calibration(self, size: tuple[int, int]) -> Calibration:
        path = self.path / CALIBRATION_FILE
        if path.is_file():
            return Calibration.load(path)
        if size != _DEFAULT.size:
            raise FrameError(
                f"{self.path} has pictures of {size[1]}×{size[0]} and no {CALIBRATION_FILE}; "
                "put the camera's calibration beside rgb.txt"
            )
        return registered_calibration(_DEFAULT)


def registered_calibration(intrinsics: Intrinsics) -> Calibration:
    """Of depth that lies on the colour picture, in TUM's unit."""
    pose = RigidTransform.identity()
    return Calibration(color=intrinsics, depth=intrinsics, T_color_depth=pose, metres_per_unit=METRES_PER_UNIT)


def is_tum_folder(path: Path) -> bool:
    """Whether the folder has TUM's lists."""
    return (path / "rgb.txt").is_file() and (path / "depth.txt").is_file()
