"""Compiled functions that only compiled functions call."""

from collections.abc import Callable
from typing import Any

from numba import njit


def inner_loop(*, fastmath: bool | set[str] = False) -> Callable[[Callable[..., Any]], Any]:
    """Compiles without the wrappers by which Python and C would call it: they take as long as a small loop itself."""
    compiled: Callable[[Callable[..., Any]], Any] = njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        fastmath=fastmath,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )
    return compiled
