"""How a camera is run: queue, pairing, time-outs, reconnection."""

import math
from dataclasses import dataclass

from rgbd_seg.options import check_choice, check_range

POLICIES = ("drop-oldest", "block")
CLOCKS = ("auto", "trusted", "measured")


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """Durations are in seconds.

    ``clocks`` says how colour's and depth's timestamps are compared: ``trusted`` as they are, ``measured`` after
    both clocks were brought to the host's by the pictures' arrival; ``auto`` trusts what the driver says of them.
    Pairs that a recording holds stay as they are, whatever is said here.
    """

    queue_size: int = 4  # frame sets between the camera and `read`
    policy: str | None = None  # drop-oldest, or block the camera; None: a recording blocks, a live camera drops
    max_time_difference: float | None = None  # of a pair; None: half a frame of the faster stream
    clocks: str = "auto"
    drift_warning: float = 50.0  # ppm between the two clocks
    open_timeout: float = 10.0  # of cameras; a recording may have to be converted first, however long that takes
    stall_timeout: float = 1.0  # without a frame set (and at least three frames long): the camera counts as lost
    reconnect: bool = True
    first_wait: float = 0.05  # before the second attempt; doubled for each one after it …
    longest_wait: float = 0.5  # … up to this
    give_up_after: float = math.inf  # since the loss; then the state is ``failed``

    def __post_init__(self) -> None:
        check_range("queue_size", self.queue_size, 1, 10_000)
        if self.policy is not None:
            check_choice("policy", self.policy, POLICIES)
        if self.max_time_difference is not None:
            check_range("max_time_difference", self.max_time_difference, 0, 10)
        check_choice("clocks", self.clocks, CLOCKS)
        check_range("drift_warning", self.drift_warning, 0, math.inf)
        for name in ("open_timeout", "stall_timeout", "first_wait", "longest_wait"):
            check_range(name, getattr(self, name), 1e-3, 3600)
        check_range("give_up_after", self.give_up_after, 0, math.inf)
