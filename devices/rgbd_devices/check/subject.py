"""What is checked, and what a rule says of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from rgbd_devices.check.observation import Observation, observe
from rgbd_devices.check.options import CheckOptions
from rgbd_devices.driver import Device

PASS, FAIL, SKIP = "pass", "fail", "skip"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule's verdict."""

    verdict: str  # pass, fail or skip
    text: str  # what was found; for a failure also what was expected and what to do


def passed(text: str) -> Finding:
    """The rule is kept."""
    return Finding(verdict=PASS, text=text)


def failed(text: str) -> Finding:
    """The rule is broken."""
    return Finding(verdict=FAIL, text=text)


def skipped(text: str) -> Finding:
    """The rule does not apply to this camera."""
    return Finding(verdict=SKIP, text=text)


class Subject:
    """A driver under examination; the observation that most rules share is made once, when first needed."""

    def __init__(
        self,
        make_device: Callable[[], Device],
        options: CheckOptions | None = None,
        *,
        color: str | None = None,
        depth: str | None = None,
    ) -> None:
        """``make_device`` gives a new, closed device each time; ``color`` and ``depth`` choose profiles."""
        self.make_device = make_device
        self.options = options or CheckOptions()
        self.color, self.depth = color, depth

    @cached_property
    def seen(self) -> Observation:
        """The device watched for some seconds."""
        return observe(self.make_device(), self.options.seconds, color=self.color, depth=self.depth)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One promise of the contract."""

    name: str
    promise: str
    verify: Callable[[Subject], Finding]
