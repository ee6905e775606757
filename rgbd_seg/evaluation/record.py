"""One measured line: which answer to which picture under which fault, and how wrong it is."""

from dataclasses import asdict, dataclass, field
from typing import Any

from rgbd_seg.evaluation.fault import Fault


@dataclass(frozen=True, kw_only=True)
class Record:
    """Scores by name; ``fault`` is None for depth as it came."""

    set: str
    key: str
    model: str
    method: str
    stage: str
    fault: Fault | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_dict(content: dict[str, Any]) -> "Record":
        """The inverse of `to_dict`."""
        fault = content["fault"]
        return Record(**{**content, "fault": fault and Fault(fault["kind"], fault["level"])})
