"""The check's result."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rgbd_devices.check.subject import FAIL, Finding
from rgbd_seg.devices import DeviceInfo


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """One camera's sheet."""

    device: DeviceInfo
    findings: Mapping[str, Finding]  # by rule

    @property
    def passed(self) -> bool:
        """Whether no rule is broken."""
        return not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """Names of the broken rules."""
        return tuple(name for name, finding in self.findings.items() if finding.verdict == FAIL)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "device": asdict(self.device),
            "passed": self.passed,
            "rules": {name: asdict(finding) for name, finding in self.findings.items()},
        }
