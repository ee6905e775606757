"""Frame sets into a Matroska file that plays to the last second even if the power fails."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from rgbd_devices.backend import load_av
from rgbd_devices.disk_sync import DiskSync
from rgbd_devices.recording_format import Header
from rgbd_devices.recording_tracks import Tracks
from rgbd_seg.devices import Capabilities, DeviceInfo
from rgbd_seg.errors import ConfigError, OutputError, StreamClosedError
from rgbd_seg.frames import FrameSet
from rgbd_seg.options import check_range


@dataclass(frozen=True, kw_only=True)
class RecordingOptions:
    """How a recording is written."""

    color_quality: int = 18  # x264's crf: 0 best, 51 worst; 18 is visually lossless
    rate: float = 30.0  # frames per second, told to players; times of frames are exact anyhow
    overwrite: bool = False

    def __post_init__(self) -> None:
        check_range("color_quality", self.color_quality, 0, 51)
        check_range("rate", self.rate, 1e-3, 1e4)


class Recorder:
    """Writes one recording; use it as a context. Needs PyAV: ``pip install 'rgbd-seg[recording]'``."""

    def __init__(
        self,
        path: Path,
        *,
        info: DeviceInfo | None = None,
        capabilities: Capabilities | None = None,
        options: RecordingOptions | None = None,
    ) -> None:
        """Prepare to write ``path``; the file appears with the first frame.

        Args:
            path: ends in ``.mkv``.
            info: of the camera.
            capabilities: of the camera.
            options: None: the defaults.
        Raises:
            BackendMissingError: PyAV is not installed.
            ConfigError: the name does not end in .mkv, or the file exists.
        """
        self._path = Path(path)
        self._options = options or RecordingOptions()
        if self._path.suffix.lower() != ".mkv":
            raise ConfigError(f"a recording is named {self._path.name!r}; expected a name that ends in .mkv")
        if self._path.exists() and not self._options.overwrite:
            raise ConfigError(f"{self._path} exists; choose another name, or ask to overwrite it")
        self._av = load_av()
        self._info = info or DeviceInfo(driver="unknown", serial="", name="unknown camera")
        self._capabilities = capabilities
        self._tracks: Tracks | None = None
        self._sync = DiskSync(self._path)
        self._closed = False

    def write(self, frame: FrameSet) -> None:
        """Append one frame set.

        Raises:
            FrameError: sizes or kinds of pictures differ from the first frame's.
            OutputError: the disk is full, or the folder is missing or not writable.
            StreamClosedError: the recorder was closed.
        """
        if self._closed:
            raise StreamClosedError(f"the recording {self._path} was closed; open a new one")
        try:
            if self._tracks is None:
                options = self._options
                self._tracks = Tracks(
                    self._av, self._path, frame, self._header(frame), color_quality=options.color_quality
                )
                self._sync.start()
            self._tracks.write(frame)
        except (OSError, self._av.error.FFmpegError) as error:
            if isinstance(error, OutputError):
                raise
            raise OutputError(
                f"cannot write {self._path}: {error}; choose a writable folder with free space"
            ) from error

    def close(self) -> None:
        """Finish the file; may be called twice.

        Raises:
            OutputError: the end could not be written; the recording plays up to there.
        """
        tracks, self._tracks, self._closed = self._tracks, None, True
        self._sync.stop()
        if tracks is None:
            return
        try:
            tracks.close()
        except (OSError, self._av.error.FFmpegError) as error:
            raise OutputError(f"cannot finish {self._path}: {error}; it plays up to here") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _header(self, frame: FrameSet) -> Header:
        # Not all that a camera can send is recorded: infrared runs only if asked for.
        seen = replace(
            self._capabilities or Capabilities(),
            confidence=frame.confidence is not None,
            infrared=frame.infrared is not None,
            temperature=frame.temperature is not None,
        )
        return Header(capabilities=seen, info=self._info, rate=self._options.rate)
