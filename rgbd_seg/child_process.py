"""What every process that another one starts as a helper needs."""

import multiprocessing
import os
import threading
from collections.abc import Callable


def end_with_parent() -> None:
    """Call once in a worker: when the process that started it is gone, however it ended, the worker ends as well.

    A killed parent closes its queues without a word, and its workers would wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_after, args=(parent.join,), daemon=True).start()


def _leave_after(parent_has_ended: Callable[[], None]) -> None:
    parent_has_ended()
    os._exit(1)
