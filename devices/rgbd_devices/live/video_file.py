"""Finished pictures in an H.264 file."""

import queue
import threading
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rgbd_devices.backend import load_backend
from rgbd_seg.arrays import UInt8
from rgbd_seg.errors import ConfigError, OutputError
from rgbd_seg.frames import Timestamp

_SUFFIXES = (".mp4", ".mkv", ".mov")
_TICKS = 90_000  # per second: the time base of MPEG
_WAITING = 8  # pictures that the encoder may lag behind


class VideoFile:
    """Encodes in a thread of its own, so that the next picture can be computed meanwhile."""

    def __init__(self, path: Path, rate: float) -> None:
        """``rate``: nominal, frames per second; each picture keeps its own time.

        Raises:
            BackendMissingError: PyAV is not installed.
            ConfigError: the name's ending is no video's.
        """
        if path.suffix.lower() not in _SUFFIXES:
            raise ConfigError(f"the output is {path}; expected a name that ends in {', '.join(_SUFFIXES)}, or `window`")
        self._av = load_backend("av", package="av", extra="recording")
        self._path, self._rate = path, rate
        self._pictures: queue.Queue[tuple[UInt8, Timestamp] | None] = queue.Queue(_WAITING)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="rgbd video", daemon=True)

    def write(self, picture: UInt8, timestamp: Timestamp) -> bool:
        """Hand it to the encoder; waits if that lags too far behind.

        Raises:
            OutputError: an earlier picture could not be written.
        """
        self._check()
        self._pictures.put((picture, timestamp))
        return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pictures.put(None)
        self._thread.join()
        if error is None:
            self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise OutputError(
                f"cannot write {self._path}: {self._failure}; choose a writable folder with free space"
            ) from self._failure

    def _run(self) -> None:
        try:
            self._encode()
        except Exception as error:  # noqa: BLE001 - told to the writer by `_check`
            self._failure = error
            while self._pictures.get() is not None:  # the writer must not wait for a dead encoder
                continue

    def _encode(self) -> None:
        container: Any = None
        first = latest = 0
        try:
            while (item := self._pictures.get()) is not None:
                picture, timestamp = item
                if container is None:
                    container = self._av.open(str(self._path), "w")
                    stream = self._stream(container, picture)
                    first = timestamp.nanoseconds
                frame = self._av.VideoFrame.from_ndarray(picture, format="rgb24")
                # After a reconnection the camera's clock may start anew; a video's may not.
                latest = max(round((timestamp.nanoseconds - first) * 1e-9 * _TICKS), latest + 1)
                frame.pts, frame.time_base = latest, Fraction(1, _TICKS)
                container.mux(stream.encode(frame))
            if container is not None:
                container.mux(stream.encode(None))
        finally:
            if container is not None:
                container.close()

    def _stream(self, container: Any, picture: UInt8) -> Any:
        stream = container.add_stream("libx264", rate=Fraction(self._rate).limit_denominator(1001))
        height, width = picture.shape[:2]
        # 4:2:0 halves both sides: an odd last row or column is left out.
        stream.width, stream.height, stream.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20"}
        stream.codec_context.time_base = Fraction(1, _TICKS)
        return stream
