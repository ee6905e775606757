"""What a driver is: two small classes, one that finds cameras and one that talks to a camera.

Queues, pairing, time-outs, reconnection and counting are not a driver's business: `rgbd_devices.camera.DeviceCamera`
does them for every driver alike.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rgbd_devices.images import Grabbed
from rgbd_devices.profiles import Profiles
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile

if TYPE_CHECKING:
    from rgbd_devices.camera import DeviceCamera


class Device(ABC):
    """One camera. Called from one thread at a time, in the order open → start → grab… → stop → close.

    After `close` it may be opened again, and is: a lost camera comes back by close, open and start. A device that
    was made without an address therefore remembers whom it opened, so as not to come back as somebody else.
    """

    limits_opening = True  # False: opening works through a file, and takes as long as that needs

    @abstractmethod
    def open(self) -> DeviceInfo:
        """Connect, without streaming yet.

        Raises:
            DeviceNotFoundError: it is not there.
            DeviceError: it is busy, or not permitted; the message says what to do.
            BackendMissingError: the maker's package is not installed; the message names the extra.
        """

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it has; asked after `open`."""

    @abstractmethod
    def profiles(self) -> Sequence[StreamProfile]:
        """Every way it can stream, the driver's choice of each stream first; asked after `open`."""

    @abstractmethod
    def start(self, profiles: Profiles) -> Calibration:
        """Begin to stream, as chosen from `profiles`; what is returned is true for the pictures that follow.

        Raises:
            DeviceError: it refuses.
        """

    @abstractmethod
    def grab(self, timeout: float) -> Sequence[Grabbed]:
        """The pictures that came since the last call, in the order they came; waits for one, but never longer.

        Colour and depth may come one by one or together: they are paired by time afterwards. Only a recording that
        holds pairs hands them over as such (`RecordedPair`).

        Returns:
            One picture or more; none if nothing came within ``timeout`` seconds.
        Raises:
            DeviceDisconnectedError: the camera went away.
            FrameError: a picture cannot be decoded (`DamagedDepthError`: one of depth). A live camera goes on with
                the next one; a recording ends.
            StreamClosedError: the recording is over.
        """

    def stop(self) -> None:  # noqa: B027
        """End the streams. May follow a loss: must not raise for a camera that is gone."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the camera, streaming or not, there or gone. May be called twice; must not raise."""


class Driver(ABC):
    """Finds the cameras of one kind. The entry point names an instance: ``acme = "acme_camera:driver"``."""

    name: str  # as the entry point

    @abstractmethod
    def list(self) -> Sequence[DeviceInfo]:
        """The cameras that are there now; none is opened.

        Raises:
            BackendMissingError: the maker's package is not installed.
        """

    @abstractmethod
    def device(self, address: str) -> Device:
        """The camera with this serial number (or file, or other address); the first one if empty. Opens nothing.

        Raises:
            ConfigError: the address is not of the driver's form.
        """

    def __call__(self, address: str = "") -> "DeviceCamera":
        """A camera ready to start, with the usual options."""
        from rgbd_devices.camera import DeviceCamera

        return DeviceCamera(self.device(address))


@runtime_checkable
class Unpluggable(Protocol):
    """A device that can act as if its cable were pulled, so that recovery can be tested without hands."""

    def simulate_unplug(self, seconds: float) -> None:
        """From now on it is gone – `grab` and `open` fail as they would – and is back after ``seconds``."""
        ...
