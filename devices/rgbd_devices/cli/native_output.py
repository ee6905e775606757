"""Camera SDKs print from C++; what they print must not end in a result that is for machines."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_output_on_stderr() -> Iterator[None]:
    """Whatever is written to file descriptor 1 meanwhile goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        if os.name == "posix":
            ctypes.CDLL(None).fflush(None)  # C's own buffer, which would otherwise be written at exit
        os.dup2(kept, 1)
        os.close(kept)
