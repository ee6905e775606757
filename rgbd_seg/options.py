"""Checks shared by the options dataclasses."""

from rgbd_seg.errors import ConfigError


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse a value outside [low, high], NaN included.

    Raises:
        ConfigError: it is outside, or no number.
    """
    try:
        inside = low <= value <= high
    except TypeError as error:
        raise ConfigError(f"{name} is {value!r}; expected a number from {low:g} to {high:g}") from error
    if not inside:
        raise ConfigError(f"{name} is {value}; expected {low:g} to {high:g}")


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is not one of ``allowed``.

    Raises:
        ConfigError: it is not.
    """
    if value not in allowed:
        raise ConfigError(f"{name} is {value!r}; expected one of {', '.join(allowed)}")
