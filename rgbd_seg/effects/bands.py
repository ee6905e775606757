"""Rows of a picture shared out over the processor's cores."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2


def run_in_bands(work: Callable[[int, int], object], height: int, *, smallest: int = 32) -> None:
    """``work(first, last)`` on every band of rows [first, last), in as many threads as OpenCV may use.

    The kernels release the GIL. Plain threads are used rather than numba's own parallel loops, whose
    fallback threading layer ends the process when two Python threads enter it at once.
    """
    bands = min(cv2.getNumThreads(), max(1, height // smallest))
    edges = [height * i // bands for i in range(bands + 1)]
    if bands == 1:
        work(0, height)
        return
    with ThreadPoolExecutor(bands - 1) as pool:
        others = [pool.submit(work, edges[i], edges[i + 1]) for i in range(1, bands)]
        work(edges[0], edges[1])
        for other in others:
            other.result()
