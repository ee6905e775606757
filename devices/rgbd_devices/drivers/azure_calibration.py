"""The factory calibration of an Azure Kinect, as its recordings carry it."""

from collections.abc import Sequence

from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationError, FrameError
from rgbd_seg.io.azure_kinect import COLOR_MODES, DEPTH_MODES, AzureMode, parse_azure_kinect


def azure_calibration(data: bytes, *, depth_mode: str, color_mode: str) -> Calibration:
    """The calibration for the pictures of these modes.

    Args:
        data: the attached ``calibration.json``.
        depth_mode: such as ``NFOV_UNBINNED``.
        color_mode: such as ``720P``.
    Raises:
        FrameError: the file is damaged, or the modes are unknown.
    """
    depth, color = _mode(DEPTH_MODES, depth_mode, "depth"), _mode(COLOR_MODES, color_mode, "colour")
    try:
        return parse_azure_kinect(data, color=color, depth=depth)
    except CalibrationError as error:
        raise FrameError(f"the recording's calibration.json: {error}") from error


def _mode(modes: Sequence[AzureMode], name: str, stream: str) -> AzureMode:
    by_name = {mode.name: mode for mode in modes}
    if name not in by_name:
        raise FrameError(f"the recording has the {stream} mode {name or 'OFF'}; expected one of {', '.join(by_name)}")
    return by_name[name]
