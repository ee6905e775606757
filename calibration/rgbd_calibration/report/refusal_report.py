"""The report of a run that could not be judged."""

from pathlib import Path

from rgbd_calibration.report import page
from rgbd_calibration.report.tables import run_facts
from rgbd_calibration.run_info import RunInfo
from rgbd_calibration.verdict import Outcome
from rgbd_seg import atomic


def write_refusal_report(path: Path, info: RunInfo, reason: str) -> None:
    """Write why nothing could be judged, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    body = [
        page.header(f"RGB-D {info.kind}", f"unit {info.serial}", Outcome.UNJUDGED.value),
        page.facts(run_facts(info)),
        page.notes([reason]),
        page.paragraph("Nothing was measured, and no earlier calibration was changed."),
        page.footer(f"Inputs SHA-256 {info.inputs_sha256 or 'none'}."),
    ]
    atomic.write_bytes(Path(path), page.page(f"{info.kind} {info.serial}", body).encode())
