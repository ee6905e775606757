"""The formats by name."""

from dataclasses import replace
from pathlib import Path

from rgbd_calibration.convert import azure_kinect, kalibr, opencv_storage, realsense, ros
from rgbd_calibration.convert.options import ReadOptions
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationError, ConfigError

NAMES = ("rgbd-seg", "ros", "opencv", "kalibr", "azure-kinect", "realsense")


def read_calibration(path: Path, name: str, options: ReadOptions | None = None) -> Calibration:
    """Read a calibration written by another system.

    Args:
        path: a file, or for ``ros`` a folder.
        name: one of `NAMES`.
        options: what the file itself does not say.
    Raises:
        CalibrationFileError: unreadable, damaged, or a model with no equal here.
        ConfigError: no such format.
    """
    options = options or ReadOptions()
    match name:
        case "rgbd-seg":
            return Calibration.load(path)
        case "ros":
            return ros.read(path, options)
        case "opencv":
            return opencv_storage.read(path, options)
        case "kalibr":
            return kalibr.read(path, options)
        case "azure-kinect":
            return azure_kinect.read(path, options)
        case "realsense":
            return realsense.read(path, options)
        case _:
            raise ConfigError(f"unknown format {name!r}; expected one of {', '.join(NAMES)}")


def write_calibration(path: Path, name: str, calibration: Calibration, *, drop_depth_correction: bool = False) -> None:
    """Write a calibration for another system.

    Args:
        path: a file, or for ``ros`` a folder.
        name: one of `NAMES`.
        calibration: what to write.
        drop_depth_correction: other systems have no place for it; True leaves it out knowingly.
    Raises:
        CalibrationError: the format cannot express it; nothing is written.
        ConfigError: no such format.
        OutputError: the file cannot be written.
    """
    if name == "rgbd-seg":
        return calibration.save(path)
    if calibration.depth_correction is not None:
        if not drop_depth_correction:
            raise CalibrationError(
                f"this calibration corrects depth, which {name} cannot express; correct the depth before it leaves "
                "(Calibration.correct) and give --drop-depth-correction"
            )
        calibration = replace(calibration, depth_correction=None)
    match name:
        case "ros":
            return ros.write(path, calibration)
        case "opencv":
            return opencv_storage.write(path, calibration)
        case "kalibr":
            return kalibr.write(path, calibration)
        case "azure-kinect":
            return azure_kinect.write(path, calibration)
        case "realsense":
            return realsense.write(path, calibration)
        case _:
            raise ConfigError(f"unknown format {name!r}; expected one of {', '.join(NAMES)}")
