"""TUM RGB-D folders: ``rgb.txt`` and ``depth.txt`` list pictures by time; depth is registered, 5000 units a metre."""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np

from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import RgbdFrame, Timestamp, measured
from rgbd_seg.io.decoding import decode_map
from rgbd_seg.io.file_bytes import read_bytes
from rgbd_seg.io.pictures import read_picture

METRES_PER_UNIT = 1 / 5000


@dataclass(frozen=True)
class TumPair:
    """A colour and a depth picture taken at nearly the same time."""

    color: Path
    depth: Path
    color_ns: int
    depth_ns: int


class TumSequence:
    """The frames of one folder, read when asked for."""

    def __init__(self, folder: Path, *, intrinsics: Intrinsics | None = None, max_difference_s: float = 0.02) -> None:
        """Read the two lists and pair them.

        Args:
            folder: with rgb.txt and depth.txt.
            intrinsics: of the camera, which the format does not store.
            max_difference_s: pictures further apart in time are not paired.
        Raises:
            ConfigError: ``max_difference_s`` is negative.
            FrameError: a list is missing or damaged, or nothing can be paired.
        """
        if not max_difference_s >= 0:
            raise ConfigError(f"max_difference_s is {max_difference_s}; expected seconds from 0")
        folder = Path(folder)
        colors, depths = _read_list(folder / "rgb.txt"), _read_list(folder / "depth.txt")
        self.intrinsics = intrinsics
        self.pairs = associate(colors, depths, round(max_difference_s * 1e9))
        if not self.pairs:
            raise FrameError(
                f"{folder}: none of {len(colors)} colour and {len(depths)} depth pictures are within "
                f"{max_difference_s:g} s; expected timestamps of one clock"
            )

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> RgbdFrame:
        """Frame ``index`` in order of time; the timestamp is that of the colour picture.

        Raises:
            FrameError: a picture is missing or damaged, or depth does not have 16 bits.
        """
        pair = self.pairs[index]
        stored = decode_map(read_bytes(pair.depth), pair.depth.name)
        if stored.dtype != np.uint16:
            raise FrameError(f"{pair.depth} has 8 bits a pixel; expected 16")
        return RgbdFrame(
            color=read_picture(pair.color),
            depth=measured(stored.astype(np.float32) * np.float32(METRES_PER_UNIT)),
            intrinsics=self.intrinsics,
            timestamp=Timestamp(pair.color_ns, "host"),
        )

    def __iter__(self) -> Iterator[RgbdFrame]:
        return (self[index] for index in range(len(self)))


def associate(colors: list[tuple[int, Path]], depths: list[tuple[int, Path]], limit_ns: int) -> list[TumPair]:
    """Pair the closest in time first, each picture once, as the data set's own ``associate.py`` does."""
    depths = sorted(depths)
    times = [time for time, _ in depths]
    candidates = []
    for i, (time, _) in enumerate(colors):
        first, last = bisect.bisect_left(times, time - limit_ns), bisect.bisect_right(times, time + limit_ns)
        candidates += [(abs(times[j] - time), i, j) for j in range(first, last)]
    pairs, used_colors, used_depths = [], set(), set()
    for _, i, j in sorted(candidates):
        if i not in used_colors and j not in used_depths:
            used_colors.add(i)
            used_depths.add(j)
            pairs.append(TumPair(colors[i][1], depths[j][1], colors[i][0], depths[j][0]))
    return sorted(pairs, key=lambda pair: pair.color_ns)


def _read_list(path: Path) -> list[tuple[int, Path]]:
    """[(nanoseconds, picture)] of one list file."""
    try:
        lines = read_bytes(path).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FrameError(f"{path} is not text; expected lines of a timestamp and a file name") from error
    return [
        _entry(line, number, path)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _entry(line: str, number: int, path: Path) -> tuple[int, Path]:
    seconds, _, file_name = line.strip().partition(" ")
    try:
        time = Decimal(seconds)  # float would lose the microseconds of a Unix time
    except InvalidOperation:
        time = Decimal("NaN")
    if not time.is_finite() or abs(time) > 1 << 40 or not file_name.strip():
        raise FrameError(f"{path}, line {number}: {line[:60]!r}; expected a timestamp in seconds and a file name")
    return int(time * 1_000_000_000), path.parent / file_name.strip()
