"""Two things done at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rgbd_seg.bands import available_cores

_First = TypeVar("_First")
_Second = TypeVar("_Second")


def at_once(first: Callable[[], _First], second: Callable[[], _Second]) -> tuple[_First, _Second]:
    """What both return, the second done on another thread where there is a second core.

    Raises:
        whatever either raises; the first's, if both do.
    """
    if available_cores() < 2:
        return first(), second()
    with ThreadPoolExecutor(1, "rgbd-seg") as pool:
        other = pool.submit(second)
        return first(), other.result()
