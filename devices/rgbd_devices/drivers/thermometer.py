"""A sensor's temperature, read now and then: each reading is a transfer over the bus."""

import time
from collections.abc import Callable

_SECONDS = 1.0


class Thermometer:
    """Remembers the last reading for a second."""

    def __init__(self, read: Callable[[], float | None]) -> None:
        """``read`` asks the camera, °C; None if it does not tell."""
        self._read = read
        self._celsius: float | None = None
        self._next = 0.0  # monotonic seconds

    def celsius(self) -> float | None:
        """The temperature, not older than a second."""
        now = time.monotonic()
        if now >= self._next:
            self._celsius, self._next = self._read(), now + _SECONDS
        return self._celsius
