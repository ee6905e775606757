"""Frame sets into a TUM RGB-D folder."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from rgbd_seg import atomic
from rgbd_seg.arrays import UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import ConfigError, OutputError
from rgbd_seg.frames import FrameSet, RgbdFrame
from rgbd_seg.io.tum import METRES_PER_UNIT
from rgbd_seg.registration import register
from rgbd_seg.transform import RigidTransform

_HEADER = "# timestamp filename\n"


class TumExporter:
    """Writes ``rgb/``, ``depth/``, ``rgb.txt``, ``depth.txt`` and ``calibration.json``; use it as a context.

    Depth is registered to colour, as the format demands; the lists grow with every frame, so that an export that was
    cut off can be read.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder.

        Raises:
            ConfigError: it holds an export already.
            OutputError: it cannot be made.
        """
        self._folder = Path(folder)
        if (self._folder / "rgb.txt").exists():
            raise ConfigError(f"{self._folder} holds a TUM folder already; choose another name")
        for name in ("rgb", "depth"):
            atomic.make_folder(self._folder / name)
        for name in ("rgb.txt", "depth.txt"):
            atomic.write_bytes(self._folder / name, _HEADER.encode())
        self._has_calibration = False

    def write(self, frame: FrameSet) -> None:
        """Append one frame set.

        Raises:
            FrameError: its pictures do not fit its calibration.
            OutputError: it cannot be written.
        """
        from rgbd_seg.io.pictures import write_picture

        registered = register(frame)
        if not self._has_calibration:
            _registered(frame.calibration).save(self._folder / "calibration.json")
            self._has_calibration = True
        color, depth = (_seconds(stamp.nanoseconds) for stamp in (frame.color_timestamp, frame.depth_timestamp))
        write_picture(self._folder / "rgb" / f"{color}.png", frame.color)
        _write_depth(self._folder / "depth" / f"{depth}.png", _units(registered))
        self._append("rgb.txt", f"{color} rgb/{color}.png\n")
        self._append("depth.txt", f"{depth} depth/{depth}.png\n")

    def close(self) -> None:
        """Nothing is left to do; every frame is complete when `write` returns."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, name: str, line: str) -> None:
        path = self._folder / name
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _units(frame: RgbdFrame) -> UInt16:
    depth = np.zeros(frame.size, np.float32) if frame.depth is None else np.nan_to_num(frame.depth, nan=0.0)
    stored = np.rint(depth / METRES_PER_UNIT)
    # 13.1 m is all that 16 bits hold; what is further away counts as not measured.
    return np.where(stored <= np.iinfo(np.uint16).max, stored, 0).astype(np.uint16)


def _write_depth(path: Path, units: UInt16) -> None:
    import cv2

    _, data = cv2.imencode(".png", units, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    atomic.write_bytes(path, data.tobytes())


def _registered(calibration: Calibration) -> Calibration:
    return Calibration(
        color=calibration.color,
        depth=calibration.color,
        T_color_depth=RigidTransform.identity(),
        metres_per_unit=METRES_PER_UNIT,
    )


def _seconds(nanoseconds: int) -> str:
    """With nine digits, so that not even nanoseconds are lost."""
    return f"{nanoseconds // 1_000_000_000}.{nanoseconds % 1_000_000_000:09d}"
