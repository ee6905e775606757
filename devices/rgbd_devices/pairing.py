"""Which colour picture belongs to which depth picture."""

from collections import deque
from typing import Generic, TypeAlias, TypeVar

from rgbd_devices.images import ColorImage, DepthImage, Image, RecordedPair
from rgbd_devices.stream_counter import StreamCounter
from rgbd_devices.synchronisation import Synchronisation

Pair: TypeAlias = tuple[ColorImage | None, DepthImage | None]
_LONGEST_WAIT = 8  # pictures of one stream that wait for the other; a quarter of a second at 30 per second

_I = TypeVar("_I", ColorImage, DepthImage)


class Pairer:
    """Pairs the pictures of one session; what finds no partner is dropped and counted, never paired wrongly."""

    def __init__(
        self,
        color: StreamCounter,
        depth: StreamCounter,
        synchronisation: Synchronisation,
        *,
        max_difference: float,
        streams: tuple[bool, bool] = (True, True),
    ) -> None:
        """Counters outlive the session. ``max_difference`` in seconds. ``streams``: there is colour, there is depth."""
        self._color, self._depth = _Lane[ColorImage](color), _Lane[DepthImage](depth)
        self._synchronisation = synchronisation
        self._max_difference = max_difference * 1e9
        self._has_color, self._both = streams[0], all(streams)

    def add(self, image: Image, *, malformed: bool = False) -> list[Pair]:
        """One picture, in the order of arrival; the pairs that it completes, oldest first.

        A malformed one is only counted.
        """
        self._accept(image, malformed=malformed)
        return self._pairs() if self._both else self._singles()

    def add_recorded(self, recorded: RecordedPair, *, malformed: tuple[bool, bool] = (False, False)) -> list[Pair]:
        """A pair of a recording, which stays one unless one of its pictures is malformed (colour's, depth's)."""
        color = self._accept(recorded.color, malformed=malformed[0], recorded=True)
        depth = self._accept(recorded.depth, malformed=malformed[1], recorded=True)
        if color and depth:
            return [(self._color.take(), self._depth.take())]
        self.close()  # the other one must not find a partner in the next pair
        return []

    def add_damaged(self, *, depth: bool) -> None:
        """A picture came that cannot be decoded, of depth or of colour; it is only counted."""
        (self._depth if depth or not self._has_color else self._color).add_damaged()

    def close(self) -> None:
        """The session is over: who still waits, waited in vain."""
        for lane in (self._color, self._depth):
            while lane.waiting:
                lane.drop()

    def _accept(self, image: Image, *, malformed: bool, recorded: bool = False) -> bool:
        arrival = 0 if image.arrival is None else image.arrival.nanoseconds
        if isinstance(image, ColorImage):
            accepted = self._color.accept(image, malformed=malformed, recorded=recorded)
            follow = self._synchronisation.add_color
        else:
            accepted = self._depth.accept(image, malformed=malformed, recorded=recorded)
            follow = self._synchronisation.add_depth
        if accepted:
            follow(image.timestamp.nanoseconds, arrival)
        return accepted

    def _pairs(self) -> list[Pair]:
        pairs: list[Pair] = []
        color, depth = self._color.waiting, self._depth.waiting
        while color and depth:
            difference = self._difference(color[0], depth[0])
            if difference > self._max_difference:
                self._color.drop()
            elif difference < -self._max_difference:
                self._depth.drop()
            elif len(color) > 1 and abs(self._difference(color[1], depth[0])) < abs(difference):
                self._color.drop()
            elif len(depth) > 1 and abs(self._difference(color[0], depth[1])) < abs(difference):
                self._depth.drop()
            else:
                pairs.append((self._color.take(), self._depth.take()))
        for lane in (self._color, self._depth):
            if len(lane.waiting) > _LONGEST_WAIT:
                lane.drop()
        return pairs

    def _singles(self) -> list[Pair]:
        pairs: list[Pair] = []
        while self._color.waiting:
            pairs.append((self._color.take(), None))
        while self._depth.waiting:
            pairs.append((None, self._depth.take()))
        return pairs

    def _difference(self, color: ColorImage, depth: DepthImage) -> float:
        """By how many ns depth was taken after colour."""
        stamp = color.timestamp.nanoseconds
        return depth.timestamp.nanoseconds - stamp - self._synchronisation.correction(stamp)


class _Lane(Generic[_I]):
    """One stream's pictures that wait for a partner."""

    def __init__(self, counter: StreamCounter) -> None:
        self.waiting: deque[_I] = deque()
        self._counter = counter
        self._last: _I | None = None
        self._damaged = 0  # since the last one

    def accept(self, image: _I, *, malformed: bool, recorded: bool) -> bool:
        """Queue the picture, unless it repeats the last one or lies before it; a recorded one is not judged anew."""
        self._counter.received += 1
        if not recorded and self._is_stale(image):
            return False
        if self._last is not None:
            self._counter.missed += max(_sequence_step(self._last, image) - 1 - self._damaged, 0)
        self._last, self._damaged = image, 0
        if malformed:
            self._counter.malformed += 1
            return False
        self.waiting.append(image)
        return True

    def add_damaged(self) -> None:
        """Count a picture whose number is not known: it explains one of the next gap."""
        self._counter.received += 1
        self._counter.malformed += 1
        self._damaged += 1

    def take(self) -> _I:
        self._counter.paired += 1
        return self.waiting.popleft()

    def drop(self) -> None:
        self._counter.unpaired += 1
        self.waiting.popleft()

    def _is_stale(self, image: _I) -> bool:
        """Whether it repeats the last one or lies before it; it is counted as such."""
        last = self._last
        if last is None:
            return False
        if image.timestamp.nanoseconds < last.timestamp.nanoseconds:
            self._counter.disordered += 1
            return True
        if _sequence_step(last, image) == 0 or image.timestamp.nanoseconds == last.timestamp.nanoseconds:
            self._counter.duplicates += 1
            return True
        return False


def _sequence_step(last: Image, image: Image) -> int:
    if last.sequence is None or image.sequence is None:
        return 1
    return image.sequence - last.sequence
