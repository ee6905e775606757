"""When the synthetic camera's pictures are taken, how they are stamped, and when they arrive."""

import heapq
import math
from dataclasses import dataclass, field

import numpy as np

from rgbd_devices.synthetic.faults import Faults

_COLOR_LATENCY, _DEPTH_LATENCY = 0.004, 0.004  # seconds from exposure to arrival
_LATE = 0.5  # seconds
_EPOCH = 1_000_000_000  # ns: the device's clock at its start


@dataclass(order=True, frozen=True)
class Shot:
    """One picture on its way to the host."""

    arrival: float  # seconds since streaming began
    order: int
    taken: float = field(compare=False)  # seconds since streaming began
    stream: str = field(compare=False)  # color or depth
    sequence: int = field(compare=False)
    timestamp: int = field(compare=False)  # ns of the device's clock
    fault: str = field(default="", compare=False)  # wrong_size or corrupt


class Clockwork:
    """The pictures of one session, in order of arrival."""

    def __init__(self, rate: float, faults: Faults, session: int, frames: int = 0) -> None:
        """``frames``: exposures until it ends; 0: endless."""
        self._rate, self._faults, self._frames = rate, faults, frames or math.inf
        self._rng = np.random.default_rng((faults.seed, session))
        self._queue: list[Shot] = []
        self._next = 0  # number of the next exposure
        self._order = 0
        self._last_arrival = {"color": 0.0, "depth": 0.0}

    def next_arrival(self) -> float:
        """Seconds at which the next picture arrives; infinity after the last one."""
        while self._next < self._frames and (not self._queue or self._queue[0].arrival > self._next / self._rate):
            self._expose()
        return self._queue[0].arrival if self._queue else math.inf

    def take(self) -> Shot:
        """The next picture to arrive."""
        self.next_arrival()
        return heapq.heappop(self._queue)

    def skip_to(self, seconds: float) -> None:
        """What should have arrived before is lost inside the camera: nobody fetched it."""
        self._queue = [shot for shot in self._queue if shot.arrival >= seconds]
        heapq.heapify(self._queue)
        self._next = max(self._next, int(np.ceil(seconds * self._rate)))

    def _expose(self) -> None:
        number, self._next = self._next, self._next + 1
        taken = number / self._rate
        for stream, latency in (("color", _COLOR_LATENCY), ("depth", _DEPTH_LATENCY)):
            self._send(stream, number, taken, latency)

    def _send(self, stream: str, number: int, taken: float, latency: float) -> None:
        faults, rng = self._faults, self._rng
        drop, duplicate, late, wrong, corrupt = rng.random(5)
        if drop < faults.drop:
            return
        arrival = taken + latency + float(rng.exponential(faults.jitter)) if faults.jitter else taken + latency
        if late < faults.late:
            arrival += _LATE  # overtaken by its followers
        else:
            # One cable: a picture does not overtake the one before.
            arrival = self._last_arrival[stream] = max(arrival, self._last_arrival[stream])
        fault = "wrong_size" if wrong < faults.wrong_size else "corrupt" if corrupt < faults.corrupt else ""
        stamp = self._stamp(stream, taken)
        for _ in range(2 if duplicate < faults.duplicate else 1):
            self._order += 1
            shot = Shot(
                arrival=arrival, order=self._order, taken=taken, stream=stream, sequence=number, timestamp=stamp,
                fault=fault,
            )  # fmt: skip
            heapq.heappush(self._queue, shot)

    def _stamp(self, stream: str, taken: float) -> int:
        if stream == "color":
            return _EPOCH + round(taken * 1e9)
        return _EPOCH + round((taken * (1 + self._faults.drift_ppm * 1e-6) + self._faults.offset) * 1e9)
