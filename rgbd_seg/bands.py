"""Splitting a picture's rows among threads, for compiled loops that release the interpreter lock."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rgbd_seg.errors import ConfigError


def available_cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Bands:
    """Runs one function on bands of rows at the same time; the caller's thread takes one of them.

    Threads start when first needed, and end with this object or the process.
    """

    def __init__(self, threads: int | None = None) -> None:
        """``threads``: how many, the caller's included; None = all cores."""
        if threads is not None and threads < 1:
            raise ConfigError(f"threads is {threads}; expected at least 1, or None for all cores")
        self.threads = threads or available_cores()
        self._pool = ThreadPoolExecutor(self.threads - 1, "rgbd-seg") if self.threads > 1 else None

    def run(self, work: Callable[[int, int], object], rows: int, *, at_least: int = 32) -> None:
        """Call ``work(first, last)`` so that the bands together cover ``range(rows)``; at least so many rows each."""
        count = max(1, min(self.threads, rows // at_least))
        edges = [rows * k // count for k in range(count + 1)]
        if self._pool is None or count == 1:
            work(0, rows)
            return
        others = [self._pool.submit(work, edges[k], edges[k + 1]) for k in range(1, count)]
        try:
            work(edges[0], edges[1])
        finally:
            for other in others:
                other.result()
