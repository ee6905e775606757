"""One unbroken stretch of streaming: from a started device to its loss or end."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from rgbd_devices.assembly import assemble
from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.driver import Device
from rgbd_devices.frame_queue import FrameQueue
from rgbd_devices.image_check import image_fault
from rgbd_devices.images import DamagedDepthError, Grabbed, Image, RecordedPair
from rgbd_devices.pairing import Pairer
from rgbd_devices.profiles import Profiles
from rgbd_devices.stream_counter import StreamCounter
from rgbd_devices.synchronisation import Synchronisation
from rgbd_seg.calibration import Calibration
from rgbd_seg.devices import Capabilities
from rgbd_seg.errors import DeviceTimeoutError, FrameError
from rgbd_seg.frames import Timestamp

_GRAB = 0.1  # seconds; how long stopping may wait for a device that is silent
_LEAST_STALL = 3  # frames
_LEAST_EVIDENCE = 10.0  # seconds before the clocks are spoken of
_I = TypeVar("_I", bound=Image)
_log = logging.getLogger("rgbd_devices")


class Session:
    """Moves pictures from a device into the queue, paired."""

    def __init__(
        self,
        device: Device,
        calibration: Calibration,
        profiles: Profiles,
        options: CameraOptions,
        counters: tuple[StreamCounter, StreamCounter],
        number: int,
    ) -> None:
        self.heartbeat = time.monotonic()  # when the driver last gave back control
        self._device, self._calibration, self._options, self._number = device, calibration, options, number
        self._live = device.capabilities.live
        self._stall = max(options.stall_timeout, _LEAST_STALL / profiles.rate)
        self._max_difference = _max_difference(options, profiles)
        self._counters = counters
        self._recorded_session = 0
        self._begin_pairing()
        self._warned: set[str] = set()
        self._fault = ""  # of the last picture that was dropped

    def run(self, queue: FrameQueue, stop: threading.Event) -> None:
        """Until ``stop`` is set.

        Raises:
            DeviceDisconnectedError: the driver says the camera is gone.
            DeviceTimeoutError: it stalled.
            FrameError: the recording is damaged.
            StreamClosedError: the recording is over.
        """
        last = time.monotonic()
        try:
            while not stop.is_set():
                self.heartbeat = time.monotonic()
                grabbed = self._grab()
                arrival = Timestamp(time.monotonic_ns())
                for came in grabbed:
                    if self._take(came, arrival, queue):
                        last = time.monotonic()
                if self._live and time.monotonic() - last > self._stall:
                    raise DeviceTimeoutError(self._stalled())
        finally:
            self._pairer.close()

    def _grab(self) -> Sequence[Grabbed]:
        """What came; of a live camera a broken picture (a JPEG cut off by USB, say) costs no more than itself."""
        try:
            return self._device.grab(_GRAB)
        except FrameError as error:
            if not self._live:
                raise
            self._drop(str(error))
            self._pairer.add_damaged(depth=isinstance(error, DamagedDepthError))
            return ()

    def _begin_pairing(self) -> None:
        capabilities = self._device.capabilities
        self.synchronisation = Synchronisation(trusted=_trusted(self._options, capabilities))
        self._pairer = Pairer(
            *self._counters,
            self.synchronisation,
            max_difference=self._max_difference,
            streams=(capabilities.color, capabilities.depth),
        )

    def _take(self, came: Grabbed, arrival: Timestamp, queue: FrameQueue) -> bool:
        """Whether it completed a frame set."""
        if isinstance(came, RecordedPair):
            return self._take_recorded(came, arrival, queue)
        pairs = self._pairer.add(_arrived(came, arrival), malformed=self._is_malformed(came))
        for pair in pairs:
            queue.put(assemble(pair, self._calibration, self._number))
        if pairs:
            self._watch_clocks()
        return bool(pairs)

    def _take_recorded(self, came: RecordedPair, arrival: Timestamp, queue: FrameQueue) -> bool:
        if came.session != self._recorded_session:
            # What was counted and measured of the clocks before says nothing about those after a reconnection.
            self._recorded_session = came.session
            self._begin_pairing()
        stamped = replace(came, color=_arrived(came.color, arrival), depth=_arrived(came.depth, arrival))
        faults = self._is_malformed(came.color), self._is_malformed(came.depth)
        pairs = self._pairer.add_recorded(stamped, malformed=faults)
        for pair in pairs:
            queue.put(assemble(pair, self._calibration, came.session))
        return bool(pairs)

    def _is_malformed(self, image: Image) -> bool:
        fault = image_fault(image, self._calibration)
        if fault is not None:
            self._drop(fault)
        return fault is not None

    def _drop(self, fault: str) -> None:
        self._fault = fault
        self._warn("malformed", f"dropped a picture: {fault}")

    def _stalled(self) -> str:
        reason = f"the last picture was dropped: {self._fault}" if self._fault else "the driver reports no fault"
        return f"no frame set for {self._stall:.2g} s; {reason}"

    def _watch_clocks(self) -> None:
        report = self.synchronisation.report()
        if report is None or report.seconds < _LEAST_EVIDENCE:
            return
        allowed, doubt = self._options.drift_warning, 3 * report.uncertainty_ppm
        if abs(report.drift_ppm) > allowed + doubt:
            measure = "pairing corrects for it" if report.corrected else "pairing does not correct for it yet"
            self._warn("drift", f"depth's clock drifts {report.drift_ppm:+.0f} ppm against colour's; {measure}")
        if not report.corrected and abs(report.offset) > self._max_difference:
            self._warn(
                "offset",
                f"depth and colour that arrive together are stamped {1e3 * report.offset:+.0f} ms apart; if they are "
                "of one moment, use CameraOptions(clocks='measured')",
            )

    def _warn(self, kind: str, text: str) -> None:
        """Once in a session: a fault at 30 frames per second must not bury the log."""
        if kind not in self._warned:
            self._warned.add(kind)
            _log.warning("%s", text)


def _arrived(image: _I, arrival: Timestamp) -> _I:
    return image if image.arrival is not None else replace(image, arrival=arrival)


def _trusted(options: CameraOptions, capabilities: Capabilities) -> bool:
    return capabilities.shared_clock if options.clocks == "auto" else options.clocks == "trusted"


def _max_difference(options: CameraOptions, profiles: Profiles) -> float:
    """Seconds. Half a frame of the faster stream: no other picture can then be nearer."""
    if options.max_time_difference is not None:
        return options.max_time_difference
    rates = [profile.rate for profile in (profiles.color, profiles.depth) if profile is not None]
    return 0.5 / max(rates, default=30.0)
