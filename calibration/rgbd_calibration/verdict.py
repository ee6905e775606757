"""Pass, fail, or could not judge."""

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rgbd_calibration.limits import Limit, Limits


class Outcome(enum.Enum):
    """What the exit code of a command says."""

    PASS = "pass"
    FAIL = "fail"
    UNJUDGED = "could not judge"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 could not judge."""
        return {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.UNJUDGED: 2}[self]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One measure against its limit."""

    limit: Limit
    value: float | None  # None = not measured
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """All judgements of a run, and what they amount to."""

    judgements: tuple[Judgement, ...]

    @property
    def outcome(self) -> Outcome:
        """Fail if any measure fails; else could not judge if a required one is missing; else pass."""
        outcomes = {judgement.outcome for judgement in self.judgements}
        if Outcome.FAIL in outcomes:
            return Outcome.FAIL
        missing = any(j.outcome is Outcome.UNJUDGED and j.limit.required for j in self.judgements)
        # Limits that met no value at all have judged nothing.
        return Outcome.UNJUDGED if missing or Outcome.PASS not in outcomes else Outcome.PASS

    @property
    def reasons(self) -> tuple[str, ...]:
        """One sentence for each measure that failed or is missing though required."""
        return tuple(
            _reason(judgement)
            for judgement in self.judgements
            if judgement.outcome is Outcome.FAIL or (judgement.outcome is Outcome.UNJUDGED and judgement.limit.required)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "outcome": self.outcome.value,
            "reasons": list(self.reasons),
            "limits": [
                {
                    "name": judgement.limit.name,
                    "value": judgement.value,
                    "min": judgement.limit.lower,
                    "max": judgement.limit.upper,
                    "unit": judgement.limit.unit,
                    "required": judgement.limit.required,
                    "outcome": judgement.outcome.value,
                }
                for judgement in self.judgements
            ],
        }


def judge(values: Mapping[str, float], limits: Limits) -> Verdict:
    """Hold every limited measure against its limit; a missing or NaN value is not judged."""
    return Verdict(judgements=tuple(_judgement(limit, values.get(limit.name)) for limit in limits.by_name.values()))


def _judgement(limit: Limit, value: float | None) -> Judgement:
    if value is None or math.isnan(value):
        return Judgement(limit=limit, value=None, outcome=Outcome.UNJUDGED)
    outcome = Outcome.PASS if limit.allows(value) else Outcome.FAIL
    return Judgement(limit=limit, value=float(value), outcome=outcome)


def _reason(judgement: Judgement) -> str:
    limit = judgement.limit
    name = limit.name.replace("_", " ")
    if judgement.value is None:
        return f"{name} was not measured, but is required"
    bounds = [] if limit.lower is None else [f"at least {limit.lower:g}"]
    bounds += [] if limit.upper is None else [f"at most {limit.upper:g}"]
    return f"{name} is {judgement.value:.3g} {limit.unit}; expected {' and '.join(bounds)}".replace("  ", " ")
