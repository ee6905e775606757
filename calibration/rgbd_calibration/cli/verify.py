"""``rgbd-calibrate verify``."""


def verify() -> None:
    """Placeholder until the checks land."""
