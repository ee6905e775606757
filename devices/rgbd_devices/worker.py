"""The thread that keeps one camera streaming: opens it, and brings it back when it is lost."""

import threading
import time
from dataclasses import dataclass

from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.driver import Device
from rgbd_devices.frame_queue import FrameQueue
from rgbd_devices.profiles import Profiles, choose_profiles
from rgbd_devices.session import Session
from rgbd_devices.state_log import StateLog
from rgbd_devices.stream_counter import StreamCounter
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import CameraState, Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import (
    BackendMissingError,
    DeviceDisconnectedError,
    DeviceError,
    DeviceTimeoutError,
    RgbdSegError,
    StreamClosedError,
)


@dataclass(frozen=True, kw_only=True)
class ProfileRequest:
    """What the user asked for, as in `choose_profiles`."""

    color: str | None = None
    depth: str | None = None
    infrared: str | None = None


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What is known of a camera that streams."""

    info: DeviceInfo
    capabilities: Capabilities
    offered: tuple[StreamProfile, ...]
    profiles: Profiles
    calibration: Calibration


class Worker:
    """From one start of a camera to its stop."""

    def __init__(self, device: Device, options: CameraOptions, request: ProfileRequest, states: StateLog) -> None:
        self.connection: Connection | None = None
        self.session: Session | None = None
        self.queue: FrameQueue | None = None
        self.color, self.depth = StreamCounter(), StreamCounter()
        self.losses = self.stalls = self.reconnects = 0
        self.failure: RgbdSegError | None = None  # of opening
        self.opened = threading.Event()  # successfully or not, or it is not waited for any more
        self._device, self._options, self._request, self._states = device, options, request, states
        self._stop = threading.Event()
        self._deadline: float | None = None  # of stopping, once that was asked for
        self._thread = threading.Thread(target=self._run, name="rgbd camera", daemon=True)

    def start(self) -> None:
        """Begin; `opened` tells when the first connection is made or has failed."""
        self._thread.start()

    def stop(self, patience: float) -> bool:
        """Ask to end and wait; False if the driver does not give back control within ``patience`` seconds.

        Asking again does not prolong the wait: a driver that hung once must not be waited for twice.
        """
        self._stop.set()
        self._deadline = self._deadline or time.monotonic() + patience
        if not self.opened.is_set():
            self.failure = StreamClosedError("the camera was stopped while it was opened; start it again")
            self.opened.set()
        if self.queue is not None:
            self.queue.abandon(StreamClosedError("the camera was stopped; start it again to read"))
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        return not self._thread.is_alive()

    def give_up(self, seconds: float) -> None:
        """Opening took longer than ``seconds``, which is a failure unless it was stopped meanwhile."""
        if self._stop.is_set():
            return
        self._stop.set()
        problem = f"the camera did not open within {seconds:g} s; unplug it and plug it in again"
        self.failure = DeviceTimeoutError(problem)
        self._states.enter(CameraState.FAILED, problem)
        self.opened.set()

    def _run(self) -> None:
        try:
            self._live()
        except RgbdSegError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - a driver's bug; without this its user would wait for ever
            failure = DeviceError(
                f"the driver raised {type(error).__name__}: {error}; expected it to raise only errors of rgbd_seg: "
                "report this to the driver's maker"
            )
            failure.__cause__ = error
            self._fail(failure)
        finally:
            self._device.close()
            self.opened.set()

    def _live(self) -> None:
        self._enter(CameraState.OPENING, "started")
        self._connect(0)
        self.opened.set()
        while not self._stop.is_set():
            loss = self._stream()
            if loss is None:
                return
            self._lost(loss)
            self._reconnect(loss)

    def _connect(self, number: int) -> None:
        """Open and start; the session's number is that of the reconnection."""
        if self._stop.is_set():
            raise StreamClosedError("the camera was stopped while it was opened")
        info = self._device.open()
        capabilities, request = self._device.capabilities, self._request
        offered = tuple(self._device.profiles())
        profiles = choose_profiles(offered, color=request.color, depth=request.depth, infrared=request.infrared)
        calibration = self._device.start(profiles)
        if self.queue is None:
            policy = self._options.policy or ("drop-oldest" if capabilities.live else "block")
            self.queue = FrameQueue(self._options.queue_size, block=policy == "block")
        self.connection = Connection(
            info=info, capabilities=capabilities, offered=offered, profiles=profiles, calibration=calibration
        )
        self.session = Session(self._device, calibration, profiles, self._options, (self.color, self.depth), number)
        self._enter(CameraState.STREAMING, f"{info.name} ({info.uri})")

    def _stream(self) -> DeviceError | None:
        """Stream until something happens; the loss, or None if it was stopped or the recording is over."""
        if self.session is None or self.queue is None:
            raise DeviceError("the camera was not connected")
        try:
            self.session.run(self.queue, self._stop)
        except (DeviceDisconnectedError, DeviceTimeoutError) as loss:
            return loss
        except StreamClosedError as end:
            self.queue.finish(end)
            self._enter(CameraState.CLOSED, str(end))
        finally:
            self._device.stop()
        return None

    def _lost(self, loss: DeviceError) -> None:
        self.losses += 1
        self.stalls += isinstance(loss, DeviceTimeoutError)
        self._enter(CameraState.LOST, str(loss))
        self._device.close()
        if not self._options.reconnect or (self.connection is not None and not self.connection.capabilities.live):
            raise DeviceDisconnectedError(f"the camera is lost: {loss}") from loss

    def _reconnect(self, loss: DeviceError) -> None:
        """Try until it is back, with growing pauses; session number and state follow.

        Raises:
            DeviceDisconnectedError: it was given up.
        """
        lost_at, wait, last = time.monotonic(), self._options.first_wait, loss
        self._enter(CameraState.RECONNECTING, f"after {loss}")
        while not self._stop.is_set():
            try:
                self._connect(self.reconnects + 1)
                self.reconnects += 1
                return
            except BackendMissingError:
                raise
            except DeviceError as error:
                last = error
                self._device.close()
            if time.monotonic() - lost_at > self._options.give_up_after:
                raise DeviceDisconnectedError(
                    f"the camera is lost and was given up after {self._options.give_up_after:g} s: {last}"
                ) from last
            self._stop.wait(wait)
            wait = min(2 * wait, self._options.longest_wait)

    def _fail(self, error: RgbdSegError) -> None:
        if self._stop.is_set():
            return
        if not self.opened.is_set():
            self.failure = error
        if self.queue is not None:
            self.queue.finish(error)
        self._enter(CameraState.FAILED, str(error))

    def _enter(self, state: CameraState, reason: str) -> None:
        """A worker that was told to stop, and may have hung since, has no more say."""
        if not self._stop.is_set():
            self._states.enter(state, reason)
