"""Records of single pictures made into the rows of a table."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rgbd_seg.evaluation.fault import Fault
from rgbd_seg.evaluation.methods import COLOR_ONLY
from rgbd_seg.evaluation.record import Record
from rgbd_seg.training.metrics import Reliability

MEANS = (
    "iou", "sad", "mse", "grad", "conn", "boundary_f", "hair_sad", "dtssd", "held_recall", "imagined"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """One method of one model on one set (and one step of a sweep). What does not apply is missing."""

    set: str
    model: str
    method: str
    stage: str
    fault: Fault | None
    pictures: int
    values: dict[str, float] = field(default_factory=dict)

    @property
    def alternative(self) -> tuple[str, str, str]:
        """What it is compared within: set, model, stage."""
        return self.set, self.model, self.stage


def summarise(records: Iterable[Record]) -> list[Row]:
    """Means over pictures; leak is kept coverage of others relative to colour alone's; ECE is over all pixels."""
    groups: dict[tuple[str, str, str, str, Fault | None], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        groups[record.set, record.model, record.method, record.stage, record.fault].append(record.values)
    rows = []
    for (name, model, method, stage, fault), found in groups.items():
        values = {key: _mean(found, key) for key in MEANS if any(key in item for item in found)}
        if any("reliability" in item for item in found):
            values["ece"] = _calibration_error(found)
        kept = _sum(found, "kept_others")
        color = groups.get((name, model, COLOR_ONLY.name, stage, fault))
        if kept is not None and color is not None and (by_color := _sum(color, "kept_others")):
            values["leak"] = kept / by_color
        rows.append(
            Row(set=name, model=model, method=method, stage=stage, fault=fault, pictures=len(found), values=values)
        )
    return rows


def plain(rows: Iterable[Row]) -> list[Row]:
    """Those with depth as it came."""
    return [row for row in rows if row.fault is None]


def swept(rows: Iterable[Row], kind: str) -> list[Row]:
    """Those of one sweep, by rising level (falling for resolution)."""
    found = [row for row in rows if row.fault is not None and row.fault.kind == kind]
    return sorted(found, key=lambda row: _level(row) * (-1 if kind == "resolution" else 1))


def color_of(row: Row, rows: Sequence[Row]) -> Row | None:
    """Colour alone of the same set, model, stage and fault."""
    return next(
        (
            other
            for other in rows
            if other.alternative == row.alternative and other.fault == row.fault and other.method == COLOR_ONLY.name
        ),
        None,
    )


def _level(row: Row) -> float:
    return 0.0 if row.fault is None else row.fault.level


def _mean(found: list[dict[str, Any]], key: str) -> float:
    return float(np.mean([item[key] for item in found if key in item]))


def _sum(found: list[dict[str, Any]], key: str) -> float | None:
    values = [item[key] for item in found if key in item]
    return float(sum(values)) if values else None


def _calibration_error(found: list[dict[str, Any]]) -> float:
    bins = np.sum([item["reliability"] for item in found if "reliability" in item], axis=0)
    return Reliability(bins[0], bins[1], bins[2]).error()
