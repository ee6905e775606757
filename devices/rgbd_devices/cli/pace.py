"""Frames of a camera for as long as the user wants."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rgbd_devices.camera import DeviceCamera
    from rgbd_seg.frames import FrameSet


def frames_of(camera: "DeviceCamera", seconds: float) -> "Iterator[FrameSet]":
    """Frame sets until ``seconds`` are over (0: never), the recording ends, or ^C; gaps are waited out.

    ^C mostly comes while a frame set is worked on: that is finished, then they end.

    Raises:
        DeviceError: the camera failed for good.
    """
    from rgbd_devices.cli.interrupt import interrupt_noted
    from rgbd_seg.errors import DeviceTimeoutError, StreamClosedError

    end = time.monotonic() + seconds if seconds else float("inf")
    with interrupt_noted() as interrupt:
        while time.monotonic() < end and not interrupt.is_set():
            try:
                yield camera.read(0.5)
            except DeviceTimeoutError:
                continue
            except StreamClosedError:
                return


def frames_waiting(camera: "DeviceCamera") -> "Iterator[FrameSet]":
    """What is queued now, for who wants every frame set up to the end; those that come meanwhile are left."""
    from rgbd_seg.errors import DeviceTimeoutError, StreamClosedError

    for _ in range(camera.statistics.queued):
        try:
            yield camera.read(0.0)
        except (DeviceTimeoutError, StreamClosedError):
            return
