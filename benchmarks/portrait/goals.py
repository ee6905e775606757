"""What fusion set out to show, and whether it does."""

from collections.abc import Mapping, Sequence

from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.summary import Row, color_of

_NETWORK = "mediapipe-selfie"
_PHOTOS = {"standing_man": 0.985, "selfie": 0.993}


def fusion_goals(records: Sequence[Record], rows: Sequence[Row]) -> list[list[str]]:
    """Of fusion, with a public network: measure, goal, found, met."""
    return [*_rendered(rows), *photo_lines(records, _NETWORK, _PHOTOS), *sweep_lines(rows, _NETWORK)]


def found_row(rows: Sequence[Row], name: str, model: str, method: str) -> Row | None:
    """A set's row after matting, with depth as it came."""
    wanted = (name, model, method, "alpha")
    return next((r for r in rows if (r.set, r.model, r.method, r.stage) == wanted and r.fault is None), None)


def _rendered(rows: Sequence[Row]) -> list[list[str]]:
    odds, color = (found_row(rows, "rendered", _NETWORK, method) for method in ("odds", "colour-only"))
    if odds is None or color is None:
        return []
    what = f"rendered, {odds.pictures} pictures, {_NETWORK}: odds against colour alone"
    leak, ratio = odds.values.get("leak", float("nan")), odds.values["sad"] / color.values["sad"]
    return [
        [f"{what}: IoU", "up", f"{color.values['iou']:.4f} → {odds.values['iou']:.4f}",
         met(odds.values["iou"] > color.values["iou"])],
        [f"{what}: other people, posters and screens kept", "≤ 5 %", f"{100 * leak:.1f} %", met(leak <= 0.05)],
        [f"{what}: SAD", "≤ 0.6 ×", f"{ratio:.3f} ×", met(ratio <= 0.6)],
    ]  # fmt: skip


def photo_lines(records: Sequence[Record], model: str, wanted: Mapping[str, float]) -> list[list[str]]:
    """The phone's photos with depth and matting."""
    lines = []
    for key, goal in wanted.items():
        for record in records:
            found = (record.set, record.key, record.model, record.method, record.stage)
            if found == ("phone", key, model, "odds", "alpha") and record.fault is None:
                iou = record.values["iou"]
                lines.append([f"{key}, {model} + odds + matting: IoU", f"≥ {goal}", f"{iou:.4f}", met(iou >= goal)])
    return lines


def sweep_lines(rows: Sequence[Row], model: str) -> list[list[str]]:
    """Per set: the step at which odds lead colour alone the least, and whether no depth equals colour alone."""
    lines = []
    for name in dict.fromkeys(row.set for row in rows):
        steps, equal = [], True
        for row in rows:
            if (row.set, row.model, row.method) != (name, model, "odds") or row.fault is None:
                continue
            color = color_of(row, rows)
            if color is None:
                continue
            difference = row.values["iou"] - color.values["iou"]
            steps.append((difference, f"{row.fault}, {row.stage}"))
            equal &= row.fault.kind != "none" or row.values == color.values
        if steps:
            worst, where = min(steps)
            lines.append([f"{name}, {model}: worst of {len(steps)} sweep steps, IoU against colour alone", "≥ −0.01",
                          f"{worst:+.4f} ({where})", met(worst >= -0.01)])  # fmt: skip
            lines.append([f"{name}, {model}: without depth", "equal", "equal" if equal else "not equal", met(equal)])
    return lines


def met(value: bool) -> str:
    """For the last column."""
    return "yes" if value else "no"
