"""A camera as applications use it, whatever its driver."""

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.driver import Device
from rgbd_devices.state_log import StateChange, StateListener, StateLog
from rgbd_devices.synchronisation import SyncReport
from rgbd_devices.worker import Connection, ProfileRequest, Worker
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import CameraState, CameraStatistics, Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceError, DeviceTimeoutError, StreamClosedError
from rgbd_seg.frames import FrameSet

_CLOSE_PATIENCE = 1.5  # seconds; closing is promised within two


class DeviceCamera:
    """Any device as a `rgbd_seg.protocols.LiveCamera`: a thread of its own, a bounded queue, and reconnection.

    closed → opening → streaming → lost → reconnecting → streaming …; failed when opening fails, the loss is final or
    was given up, or the driver has a bug. ``stop`` leads to closed from everywhere, and so does a recording's end.
    """

    def __init__(
        self,
        device: Device,
        options: CameraOptions | None = None,
        *,
        color: str | None = None,
        depth: str | None = None,
        infrared: str | None = None,
        on_state: StateListener | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            color, depth, infrared: stream profiles, ``WIDTHxHEIGHT[@RATE][/FORMAT]``; None is the driver's choice,
                for infrared none.
            on_state: called at every change of state, in the camera's own thread; it must be quick, not raise, and
                neither start nor stop the camera.
        """
        self.device = device
        self.options = options or CameraOptions()
        self._request = ProfileRequest(color=color, depth=depth, infrared=infrared)
        self._states = StateLog(on_state)
        self._worker: Worker | None = None
        self._lock = threading.Lock()  # start and stop may come from different threads

    @property
    def info(self) -> DeviceInfo:
        """Which camera it is."""
        return self._connection().info

    @property
    def capabilities(self) -> Capabilities:
        """What it has."""
        return self._connection().capabilities

    @property
    def state(self) -> CameraState:
        """Where it is in its life, now."""
        return self._states.last.state

    @property
    def history(self) -> tuple[StateChange, ...]:
        """The latest changes of state, oldest first."""
        return self._states.history()

    @property
    def statistics(self) -> CameraStatistics:
        """Counts since the last start."""
        worker = self._worker
        if worker is None:
            return CameraStatistics()
        received, delivered, dropped, queued = (0, 0, 0, 0) if worker.queue is None else worker.queue.counts()
        return CameraStatistics(
            color=worker.color.counts(),
            depth=worker.depth.counts(),
            frame_sets=received,
            delivered=delivered,
            dropped=dropped,
            queued=queued,
            losses=worker.losses,
            stalls=worker.stalls,
            reconnects=worker.reconnects,
        )

    @property
    def synchronisation(self) -> SyncReport | None:
        """Offset and drift of the clocks of colour and depth; None while too little is known."""
        session = None if self._worker is None else self._worker.session
        return None if session is None else session.synchronisation.report()

    def calibration(self) -> Calibration:
        """Of the streams as they are delivered now."""
        return self._connection().calibration

    def profiles(self) -> Sequence[StreamProfile]:
        """The streams it delivers now."""
        return self._connection().profiles.chosen

    def offered(self) -> Sequence[StreamProfile]:
        """Every profile it could deliver."""
        return self._connection().offered

    def start(self) -> None:
        """Open the camera and stream; if it was started and not stopped, only wait until it is open.

        Raises:
            DeviceError: not there, busy, not permitted, its package is missing, or it does not answer.
            ConfigError: it has no such stream profile.
            StreamClosedError: another thread stopped it meanwhile.
        """
        with self._lock:
            worker = self._running() or self._launched()
        # Not under the lock: stopping must not wait for an opening that hangs.
        if not worker.opened.wait(self.options.open_timeout if self.device.limits_opening else None):
            with self._lock:
                worker.give_up(self.options.open_timeout)
        if worker.failure is not None:
            worker.stop(_CLOSE_PATIENCE)  # who is told of the failure may expect a device that is closed
            raise worker.failure

    def stop(self) -> None:
        """Close the camera, within two seconds even if its driver hangs; it may be started again."""
        with self._lock:
            self._end()
            if self.state is not CameraState.CLOSED:
                self._states.enter(CameraState.CLOSED, "stopped")

    def read(self, timeout: float = 1.0) -> FrameSet:
        """The next frame set; it owns its memory.

        Raises:
            DeviceTimeoutError: nothing arrived within ``timeout`` seconds, for instance while it reconnects.
            DeviceDisconnectedError: the camera is lost and was given up.
            DeviceError: its driver failed.
            StreamClosedError: it was not started, was stopped, or the recording is over.
        """
        worker = self._worker
        if worker is None or worker.queue is None:
            raise StreamClosedError("the camera is not started; call start() or use it in a `with` block")
        frame = worker.queue.get(timeout)
        if frame is None:
            raise DeviceTimeoutError(f"no frame set within {timeout:g} s; {self._plight(worker)}")
        return frame

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _connection(self) -> Connection:
        connection = None if self._worker is None else self._worker.connection
        if connection is None:
            raise StreamClosedError("the camera is not started; call start() or use it in a `with` block")
        return connection

    def _running(self) -> Worker | None:
        """The worker that was started and not stopped, and has not ended."""
        worker = self._worker
        if worker is None or (worker.opened.is_set() and self.state in (CameraState.CLOSED, CameraState.FAILED)):
            return None
        return worker

    def _launched(self) -> Worker:
        if not self._end():
            raise DeviceError("the driver still hangs in a call of the last start; restart the program")
        self._worker = worker = Worker(self.device, self.options, self._request, self._states)
        worker.start()
        return worker

    def _end(self) -> bool:
        """False if the driver hangs."""
        return self._worker is None or self._worker.stop(_CLOSE_PATIENCE)

    def _plight(self, worker: Worker) -> str:
        """Why nothing came, as far as is known."""
        last = self._states.last
        silence = 0.0 if worker.session is None else time.monotonic() - worker.session.heartbeat
        if last.state is CameraState.STREAMING and silence > self.options.stall_timeout:
            return f"the driver has not returned from a call for {silence:.1f} s"
        return f"the camera is {last.state.value} ({last.reason})"
