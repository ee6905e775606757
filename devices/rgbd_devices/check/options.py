"""How long and how strictly a driver is checked."""

from dataclasses import dataclass

from rgbd_seg.options import check_range


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """Limits are deliberately wide where cameras differ, and tight where the contract is."""

    seconds: float = 5.0  # of observation, and again of the search for leaks
    restarts: int = 20
    nearest: float = 0.05  # metres; where the median of the measured depth may lie
    farthest: float = 25.0
    rate_tolerance: float = 0.1  # of the profile's rate
    most_jitter: float = 0.4  # frames: 95th percentile of the timestamps' deviation from an even pace
    least_paired: float = 0.9  # of the slower stream's pictures
    most_growth: float = 20e6  # bytes of memory
    unplug_seconds: float = 1.0
    recovery_seconds: float = 1.0  # after the return

    def __post_init__(self) -> None:
        check_range("seconds", self.seconds, 0.5, 1e6)
        check_range("restarts", self.restarts, 1, 10_000)
        check_range("nearest", self.nearest, 0, self.farthest)
        check_range("rate_tolerance", self.rate_tolerance, 0, 1)
        check_range("least_paired", self.least_paired, 0, 1)
        check_range("unplug_seconds", self.unplug_seconds, 0.1, 60)
