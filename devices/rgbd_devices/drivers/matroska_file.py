"""A Matroska file as tracks, attachments and decoded content."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rgbd_devices.backend import load_av
from rgbd_seg.errors import FrameError

_THREADS = 2


class MatroskaFile:
    """One open file; close it."""

    def __init__(self, path: Path) -> None:
        """Open and read the head.

        Raises:
            BackendMissingError: PyAV is not installed.
            FrameError: missing, not Matroska, or cut off before the first frame.
        """
        self._av = load_av()
        self._path = path
        try:
            self._container = self._av.open(str(path), "r", format="matroska")
        except (OSError, self._av.error.FFmpegError) as error:
            raise FrameError(f"cannot read {path}: {error}; expected a Matroska recording (.mkv)") from error
        self._attachments = {
            stream.metadata.get("filename", ""): stream for stream in self._container.streams.attachments
        }

    @property
    def metadata(self) -> Mapping[str, str]:
        """Tags of the whole file."""
        tags: Mapping[str, str] = self._container.metadata
        return tags

    @property
    def is_finished(self) -> bool:
        """False if the writing program was cut off: only the end of its work tells a file's length."""
        return self._container.duration is not None

    def has(self, title: str) -> bool:
        """Whether there is a track of this title."""
        return any(track.metadata.get("title") == title for track in self._content_tracks())

    def track(self, title: str) -> Any:
        """PyAV's stream of this title.

        Raises:
            FrameError: there is none.
        """
        for track in self._content_tracks():
            if track.metadata.get("title") == title:
                return track
        raise FrameError(f"{self._path} has no track named {title}")

    def has_attachment(self, name: str) -> bool:
        """Whether a file of this name is attached."""
        return name in self._attachments

    def attachment(self, name: str) -> bytes:
        """Content of an attached file.

        Raises:
            FrameError: there is none of this name.
        """
        if name not in self._attachments:
            raise FrameError(f"{self._path} carries no {name}; expected a recording of an RGB-D camera")
        return bytes(self._attachments[name].data or b"")

    def content(self, tracks: Sequence[Any], raw: Sequence[int] = ()) -> Iterator[tuple[int, int, Any]]:
        """(track's index, time in its own units, content) in the order of the file, up to its end or the cut.

        Content is PyAV's frame for video, bytes for subtitles and for tracks listed in ``raw``.
        """
        # PyAV logs nothing and raises where a cut file ends inside a packet; all before it is good.
        with suppress(self._av.error.FFmpegError):
            for track in tracks:
                if track.type == "video" and track.index not in raw:
                    # Frame threads would hold frames back; slices do not.
                    track.thread_type = "SLICE"
                    track.codec_context.thread_count = _THREADS
            for packet in self._container.demux(list(tracks)):
                if packet.stream.type != "video" or packet.stream.index in raw:
                    if packet.size and packet.pts is not None:
                        yield packet.stream.index, packet.pts, bytes(packet)
                    continue
                for frame in packet.decode():
                    yield packet.stream.index, frame.pts, frame

    def close(self) -> None:
        """Close it; may be called twice."""
        self._container.close()

    def _content_tracks(self) -> list[Any]:
        return [stream for stream in self._container.streams if stream.type in ("video", "subtitle")]
