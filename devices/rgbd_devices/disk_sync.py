"""What was written to a file, brought to the disk every second, so that a power cut costs no more."""

import os
import threading
from contextlib import suppress
from pathlib import Path

_SECONDS = 1.0
_PATIENCE = 1.0  # seconds; a disk that hangs must not hang the program


class DiskSync:
    """Flushes one file from a thread of its own: a slow disk does not hold up the frames."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the file exists."""
        self._thread = threading.Thread(target=self._run, name=f"sync {self._path.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; may be called twice."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        # What cannot be flushed is the writer's to report: it fails with the same cause.
        with suppress(OSError):
            handle = os.open(self._path, os.O_RDONLY)
            try:
                while not self._over.wait(_SECONDS):
                    os.fsync(handle)
                os.fsync(handle)
            finally:
                os.close(handle)
