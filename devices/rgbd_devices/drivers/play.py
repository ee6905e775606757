"""``play:`` – recordings as cameras; the kind of file is told by what it holds."""

from collections.abc import Sequence
from pathlib import Path

from rgbd_devices.address import Address
from rgbd_devices.driver import Device, Driver
from rgbd_seg.devices import DeviceInfo
from rgbd_seg.errors import ConfigError, DeviceNotFoundError

_OPTIONS = {"speed": "0"}
_EXPECTED = "a recording (.mkv), a RealSense recording (.db3 or .bag), a Record3D file (.r3d) or a TUM RGB-D folder"


class PlayDriver(Driver):
    """Address: ``path[?speed=1]``; speed 1 keeps the recording's pace, 0 plays as fast as it is read."""

    name = "play"

    def list(self) -> Sequence[DeviceInfo]:
        """None: recordings are opened by their path."""
        return []

    def device(self, address: str) -> Device:
        """The recording at this path.

        Raises:
            BackendMissingError: the package that reads this kind of file is not installed.
            ConfigError: no path, or not a kind of recording that is known.
            DeviceNotFoundError: there is no such file.
            FrameError: the file is damaged.
        """
        parsed = Address.parse(address, _OPTIONS)
        if not parsed.place:
            raise ConfigError(f"play: has no path; expected {_EXPECTED}, as in play:meeting.mkv")
        path, speed = Path(parsed.place).expanduser(), parsed.number("speed")
        if not 0 <= speed <= 100:
            raise ConfigError(f"speed is {speed:g}; expected 0 (as fast as it is read) to 100")
        if not path.exists():
            raise DeviceNotFoundError(f"there is no {path}; expected {_EXPECTED}")
        return _device(path, speed)


def _device(path: Path, speed: float) -> Device:
    if path.is_dir():
        return _folder(path, speed)
    match path.suffix.lower():
        case ".mkv":
            return _matroska(path, speed)
        case ".db3" | ".bag":
            from rgbd_devices.drivers.play_realsense import RealsenseRecording

            return RealsenseRecording(path, speed=speed)
        case ".r3d":
            from rgbd_devices.drivers.play_record3d import Record3dRecording

            return Record3dRecording(path, speed=speed)
        case suffix:
            raise ConfigError(f"{path} ends in {suffix or 'nothing'}; expected {_EXPECTED}")


def _folder(path: Path, speed: float) -> Device:
    from rgbd_devices.drivers.play_tum import TumDevice, is_tum_folder

    if not is_tum_folder(path):
        raise ConfigError(f"the folder {path} holds no rgb.txt and depth.txt; expected {_EXPECTED}")
    return TumDevice(path, speed=speed)


def _matroska(path: Path, speed: float) -> Device:
    from rgbd_devices.drivers.play_azure import AzureDevice
    from rgbd_devices.drivers.play_matroska import MatroskaDevice, is_recording

    return MatroskaDevice(path, speed=speed) if is_recording(path) else AzureDevice(path, speed=speed)


driver = PlayDriver()
