"""The edge to other people's parsers: whatever they raise leaves as a `FrameError`."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rgbd_seg.errors import FrameError, RgbdSegError


@contextmanager
def reading(name: str, expected: str) -> Iterator[None]:
    """Turn every failure of the block into one `FrameError` that names the file.

    Image libraries raise SyntaxError, struct.error, KeyError, IndexError, MemoryError and others on damaged
    files; listing them would only be right until their next version.

    Args:
        name: the file, for the message.
        expected: what it should have held, for the message.
    """
    try:
        with warnings.catch_warnings():
            # Limits and damage are judged here; Pillow's warnings would only repeat them on stderr.
            warnings.simplefilter("ignore")
            yield
    except RgbdSegError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FrameError(f"{name} cannot be read ({reason}); expected {expected}") from error
