"""What ``-o`` of ``record`` means."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rgbd_devices.camera import DeviceCamera
    from rgbd_devices.recording import Recorder
    from rgbd_devices.tum_export import TumExporter


def open_recorder(output: Path, camera: "DeviceCamera") -> "Recorder | TumExporter":
    """Matroska for a name that ends in .mkv, a TUM folder for one without ending.

    Raises:
        ConfigError: another ending, or it exists.
        BackendMissingError: PyAV is not installed.
    """
    if output.suffix:
        from rgbd_devices.recording import Recorder, RecordingOptions

        options = RecordingOptions(rate=camera.profiles()[0].rate)
        return Recorder(output, info=camera.info, capabilities=camera.capabilities, options=options)
    from rgbd_devices.tum_export import TumExporter

    return TumExporter(output)
