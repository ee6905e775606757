"""The encoders and the open Matroska file behind a `Recorder`."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from rgbd_devices.recording_format import (
    CALIBRATION_FILE,
    CONFIDENCE_UNITS,
    HEADER_FILE,
    TIME_BASE,
    FrameNote,
    Header,
)
from rgbd_seg.arrays import UInt8, UInt16, describe
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import FrameSet

_CLUSTER_MILLISECONDS = 250  # the muxer holds one cluster back: at most this is missing after a crash
_BT601, _LIMITED_RANGE = 6, 1  # ITU-T H.273 codes of what OpenCV's conversion to I420 does
_FFV1 = {"level": "3", "coder": "1", "context": "0", "slices": "4", "g": "1"}  # measured: fastest that is lossless
_THREADS = 2


class Tracks:
    """One file; its tracks are laid out as the first frame set needs them."""

    def __init__(self, av: Any, path: Path, first: FrameSet, header: Header, *, color_quality: int) -> None:
        self._av = av
        self._calibration = first.calibration
        # Clusters are closed often and handed to the system at once.
        options = {"cluster_time_limit": str(_CLUSTER_MILLISECONDS), "flush_packets": "1"}
        self._file = av.open(str(path), "w", format="matroska", options=options)
        self._file.metadata["title"] = f"RGB-D recording of {header.info.name}"
        self._rate = max(1, round(header.rate))
        self._color_size = first.color.shape
        self._color = self._color_track(color_quality)
        self._first = _maps(first)
        self._maps = {name: self._map_track(name, values) for name, values in self._first.items()}
        self._notes = self._file.add_mux_stream("subrip", time_base=TIME_BASE)
        self._notes.metadata["title"] = "notes"
        calibration = json.dumps(first.calibration.to_dict(), indent=1).encode()
        self._file.add_attachment(CALIBRATION_FILE, "application/json", calibration)
        self._file.add_attachment(HEADER_FILE, "application/json", header.to_json())
        self._start = first.arrival.nanoseconds
        self._last = -1  # milliseconds

    def write(self, frame: FrameSet) -> None:
        """Append one frame set.

        Raises:
            FrameError: it has pictures that the first had not, or other sizes, or another calibration.
        """
        maps = _maps(frame)
        self._check(frame, maps)
        lacks = tuple(self._maps.keys() - maps.keys())  # a partner lost on the way must not end the recording
        maps |= {name: np.zeros_like(self._first[name]) for name in lacks}
        time = max(self._last + 1, round((frame.arrival.nanoseconds - self._start) / 1e6))
        self._last = time
        self._encode(self._color, self._color_frame(frame.color), time)
        for name, values in maps.items():
            self._encode(self._maps[name], self._av.VideoFrame.from_ndarray(values, format=_format(values)), time)
        self._file.mux(self._note(frame, lacks, time))

    def close(self) -> None:
        """Write what the encoders hold back, and the index."""
        try:
            for track in (self._color, *self._maps.values()):
                self._file.mux(track.encode(None))
        finally:
            self._file.close()

    def _color_track(self, quality: int) -> Any:
        track = self._file.add_stream("libx264", rate=self._rate)
        height, width = self._color_size[:2]
        track.width, track.height = width, height
        # Chroma of half the size needs even sides.
        track.pix_fmt = "yuv420p" if width % 2 == height % 2 == 0 else "yuv444p"
        track.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(quality), "g": str(self._rate)}
        context = track.codec_context
        context.time_base, context.thread_count = TIME_BASE, _THREADS
        context.colorspace, context.color_range = _BT601, _LIMITED_RANGE
        track.metadata["title"] = "color"
        return track

    def _map_track(self, name: str, values: UInt16 | UInt8) -> Any:
        track = self._file.add_stream("ffv1", rate=self._rate, options=dict(_FFV1))
        track.height, track.width = values.shape
        track.pix_fmt = _format(values)
        track.codec_context.time_base, track.codec_context.thread_count = TIME_BASE, _THREADS
        track.metadata["title"] = name
        return track

    def _color_frame(self, color: UInt8) -> Any:
        import cv2

        if self._color.pix_fmt == "yuv420p":
            i420 = cv2.cvtColor(color, cv2.COLOR_RGB2YUV_I420)
            return self._av.VideoFrame.from_ndarray(i420, format="yuv420p")
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(color), format="rgb24")
        return frame.reformat(format="yuv444p", dst_colorspace=_BT601, dst_color_range=_LIMITED_RANGE)

    def _encode(self, track: Any, picture: Any, time: int) -> None:
        picture.pts, picture.time_base = time, TIME_BASE
        self._file.mux(track.encode(picture))

    def _note(self, frame: FrameSet, lacks: tuple[str, ...], time: int) -> Any:
        packet = self._av.Packet(FrameNote.of(frame, lacks).to_json())
        packet.stream, packet.time_base = self._notes, TIME_BASE
        packet.pts = packet.dts = time
        packet.duration = 1
        return packet

    def _check(self, frame: FrameSet, maps: dict[str, UInt16 | UInt8]) -> None:
        if frame.color.shape != self._color_size:
            raise FrameError(f"color is {describe(frame.color)}; the recording began with {self._color_size}")
        if not maps.keys() <= self._maps.keys():
            raise FrameError(f"the frame set has {', '.join(maps)}; the recording began with {', '.join(self._maps)}")
        if not _same(frame.calibration, self._calibration):
            raise FrameError("the camera's calibration changed; a recording holds one: start a new recording")
        for name, values in maps.items():
            track = self._maps[name]
            if values.shape != (track.height, track.width):
                raise FrameError(
                    f"{name} is {describe(values)}; the recording began with {(track.height, track.width)}"
                )


def _maps(frame: FrameSet) -> dict[str, UInt16 | UInt8]:
    maps: dict[str, UInt16 | UInt8] = {"depth": np.ascontiguousarray(frame.raw_depth)}
    if frame.confidence is not None:
        maps["confidence"] = np.rint(frame.confidence * CONFIDENCE_UNITS).astype(np.uint8)
    if frame.infrared is not None:
        maps["infrared"] = np.ascontiguousarray(frame.infrared)
    return maps


def _format(values: UInt16 | UInt8) -> str:
    return "gray16le" if values.dtype == np.uint16 else "gray"


def _same(one: Calibration, other: Calibration) -> bool:
    return one is other or one.to_dict() == other.to_dict()
