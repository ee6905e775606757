"""What can go wrong with a camera, to order."""

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_range


@dataclass(frozen=True)
class Unplug:
    """The cable is pulled ``at`` seconds after the first opening and put back ``seconds`` later."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Stall:
    """Pictures stop without a word ``at`` seconds after the first opening, for ``seconds`` or until it is reopened."""

    at: float
    seconds: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Events at set times, and chances per picture (0 to 1). Everything is repeatable by ``seed``."""

    events: tuple[Unplug | Stall, ...] = ()
    drop: float = 0.0  # lost inside the camera: a gap in the sequence numbers
    duplicate: float = 0.0  # handed over twice
    late: float = 0.0  # handed over half a second late, after younger ones
    wrong_size: float = 0.0  # two rows short
    corrupt: float = 0.0  # a band of depth is garbage, as after a broken transfer
    jitter: float = 0.0  # seconds: mean extra delay of arrival, exponentially distributed
    offset: float = 0.0  # seconds by which depth's clock is ahead of colour's
    drift_ppm: float = 0.0  # by which depth's clock runs fast
    separate_clocks: bool = False  # the driver knows that the clocks are two; else it claims one
    warming: float = 0.0  # °C per minute; depth grows by 100 ppm per °C, as uncompensated sensors' does
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("drop", "duplicate", "late", "wrong_size", "corrupt"):
            check_range(name, getattr(self, name), 0, 1)
        check_range("jitter", self.jitter, 0, 10)
        check_range("offset", self.offset, -10, 10)
        check_range("drift_ppm", self.drift_ppm, -1e5, 1e5)
        check_range("warming", self.warming, -100, 100)
        for event in self.events:
            check_range("at", event.at, 0, math.inf)
            check_range("seconds", event.seconds, 0, math.inf)

    @staticmethod
    def random(seconds: float, *, seed: int = 0) -> "Faults":
        """A hard life: an event about every 20 s for ``seconds``, and every other fault now and then."""
        rng = np.random.default_rng(seed)
        events: list[Unplug | Stall] = []
        at = 5.0 + float(rng.exponential(10))
        while at < seconds - 6:
            if rng.random() < 0.6:
                events.append(Unplug(at, float(rng.uniform(0.2, 3))))
            else:
                events.append(Stall(at, float(rng.uniform(0.3, 3))))
            at += 8 + float(rng.exponential(12))
        return Faults(
            events=tuple(events), drop=0.01, duplicate=0.005, late=0.003, wrong_size=0.003, corrupt=0.003,
            jitter=0.003, drift_ppm=150, warming=2, seed=seed,
        )  # fmt: skip

    @staticmethod
    def parse(text: str, *, seed: int = 0) -> "Faults":
        """From ``unplug@5+2,stall@12+1,drop=0.01,drift_ppm=150`` (event@at+seconds, name=value).

        Raises:
            ConfigError: a part is not of these forms.
        """
        faults = Faults(seed=seed)
        for part in filter(None, text.split(",")):
            event = re.fullmatch(r"(unplug|stall)@([\d.]+)\+([\d.]+|inf)", part)
            if event is not None:
                kind = Unplug if event[1] == "unplug" else Stall
                faults = replace(faults, events=(*faults.events, kind(_number(event[2]), _number(event[3]))))
            else:
                faults = replace(faults, **_setting(part))
        return faults


def _setting(part: str) -> dict[str, Any]:
    name, equals, value = part.partition("=")
    known = [name for name in Faults.__dataclass_fields__ if name not in ("events", "seed")]
    if not equals or name not in known:
        raise ConfigError(
            f"fault is {part!r}; expected unplug@AT+SECONDS, stall@AT+SECONDS or NAME=VALUE with one of "
            f"{', '.join(known)}"
        )
    return {name: bool(_number(value)) if name == "separate_clocks" else _number(value)}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} in a fault is not a number") from error
