"""The state of a camera and how it came to it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from rgbd_seg.devices import CameraState

_KEPT = 1000  # changes; a camera that fails every second for a quarter of an hour


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """One step of a camera's life."""

    state: CameraState
    reason: str  # what led to it, in words for the user
    at: int  # nanoseconds of the host's monotonic clock


StateListener = Callable[[StateChange], None]


class StateLog:
    """The present state and the latest changes; safe to ask from any thread."""

    def __init__(self, listener: StateListener | None = None) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._changes: deque[StateChange] = deque(maxlen=_KEPT)
        self._last = StateChange(state=CameraState.CLOSED, reason="not started", at=time.monotonic_ns())

    @property
    def last(self) -> StateChange:
        """The change that led to the present state."""
        with self._lock:
            return self._last

    def history(self) -> tuple[StateChange, ...]:
        """The latest changes, oldest first."""
        with self._lock:
            return tuple(self._changes)

    def enter(self, state: CameraState, reason: str) -> None:
        """Note a change and tell the listener, in the thread that caused it."""
        change = StateChange(state=state, reason=reason, at=time.monotonic_ns())
        with self._lock:
            self._last = change
            self._changes.append(change)
        if self._listener is not None:
            self._listener(change)
