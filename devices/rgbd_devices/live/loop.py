"""From a camera's frame sets to finished pictures, always the newest."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from rgbd_devices.live.live_registration import LiveRegistration
from rgbd_devices.live.sink import Sink
from rgbd_seg.arrays import UInt8
from rgbd_seg.calibration import Calibration
from rgbd_seg.frames import AlphaMatte, FrameSet, RgbdFrame
from rgbd_seg.pipeline import Pipeline

Effect = Callable[[RgbdFrame, AlphaMatte], UInt8]


@dataclass(frozen=True, kw_only=True)
class LiveReport:
    """How a run went. Latency is from a frame set's arrival at this machine to its picture in the sink."""

    frames: int  # pictures that the sink took
    seconds: float  # from the first of them to the last
    latency_median: float  # seconds
    latency_p95: float

    @property
    def rate(self) -> float:
        """Pictures per second."""
        return (self.frames - 1) / self.seconds if self.seconds else 0.0


class LiveLoop:
    """Registration, matte and effect, one frame set after the other."""

    def __init__(self, pipeline: Pipeline, effect: Effect) -> None:
        self._pipeline, self._effect = pipeline, effect
        self._registration: LiveRegistration | None = None

    def picture(self, frame: FrameSet) -> UInt8:
        """(H, W, 3) the finished picture of one frame set."""
        aligned = self._registered(frame)
        return self._effect(aligned, self._pipeline.matte(aligned))

    def run(self, frames: Iterable[FrameSet], sink: Sink) -> LiveReport:
        """Until ``frames`` end or the sink wants no more."""
        latencies: list[float] = []
        first = last = 0.0
        for frame in frames:
            goes_on = sink.write(self.picture(frame), frame.color_timestamp)
            last = time.monotonic()
            latencies.append(last - frame.arrival.nanoseconds * 1e-9)
            first = first or last
            if not goes_on:
                break
        median, p95 = np.percentile(latencies, (50, 95)) if latencies else (0.0, 0.0)
        return LiveReport(
            frames=len(latencies),
            seconds=last - first,
            latency_median=float(median),
            latency_p95=float(p95),
        )

    def _registered(self, frame: FrameSet) -> RgbdFrame:
        if self._registration is None or not _same(self._registration.calibration, frame.calibration):
            self._registration = LiveRegistration(frame.calibration)
        return self._registration.register(frame)


def _same(one: Calibration, other: Calibration) -> bool:
    """A reconnected camera brings a calibration of its own; its tables are built anew only if it differs."""
    return one is other or one.to_dict() == other.to_dict()
