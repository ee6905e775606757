"""What the project set out to show, and whether it does."""

from collections.abc import Sequence

from rgbd_seg.evaluation.page import table
from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.summary import Row, color_of

_NETWORK = "mediapipe-selfie"
_PHOTOS = {"standing_man": 0.985, "selfie": 0.993}


def goals(records: Sequence[Record], rows: Sequence[Row]) -> str:
    """A Markdown table: measure, goal, found."""
    lines = [*_rendered(rows), *_photos(records), *_sweeps(rows)]
    return table(["measure", "goal", "found", "met"], lines)


def _row(rows: Sequence[Row], name: str, method: str) -> Row | None:
    wanted = (name, _NETWORK, method, "alpha")
    return next((r for r in rows if (r.set, r.model, r.method, r.stage) == wanted and r.fault is None), None)


def _rendered(rows: Sequence[Row]) -> list[list[str]]:
    odds, color = _row(rows, "rendered", "odds"), _row(rows, "rendered", "colour-only")
    if odds is None or color is None:
        return []
    what = f"rendered, {odds.pictures} pictures, {_NETWORK}: odds against colour alone"
    leak, ratio = odds.values.get("leak", float("nan")), odds.values["sad"] / color.values["sad"]
    return [
        [f"{what}: IoU", "up", f"{color.values['iou']:.4f} → {odds.values['iou']:.4f}",
         _met(odds.values["iou"] > color.values["iou"])],
        [f"{what}: other people, posters and screens kept", "≤ 5 %", f"{100 * leak:.1f} %", _met(leak <= 0.05)],
        [f"{what}: SAD", "≤ 0.6 ×", f"{ratio:.3f} ×", _met(ratio <= 0.6)],
    ]  # fmt: skip


def _photos(records: Sequence[Record]) -> list[list[str]]:
    lines = []
    for key, goal in _PHOTOS.items():
        for record in records:
            found = (record.set, record.key, record.model, record.method, record.stage)
            if found == ("phone", key, _NETWORK, "odds", "alpha") and record.fault is None:
                iou = record.values["iou"]
                lines.append([f"{key}, {_NETWORK} + odds + matting: IoU", f"≥ {goal}", f"{iou:.4f}", _met(iou >= goal)])
    return lines


def _sweeps(rows: Sequence[Row]) -> list[list[str]]:
    """Per set: the step at which odds lead colour alone the least, and whether no depth equals colour alone."""
    lines = []
    for name in dict.fromkeys(row.set for row in rows):
        steps, equal = [], True
        for row in rows:
            if row.set != name or row.fault is None or row.method != "odds":
                continue
            color = color_of(row, rows)
            if color is None:
                continue
            difference = row.values["iou"] - color.values["iou"]
            steps.append((difference, f"{row.fault}, {row.stage}"))
            equal &= row.fault.kind != "none" or row.values == color.values
        if steps:
            worst, where = min(steps)
            lines.append([f"{name}: worst of {len(steps)} sweep steps, IoU against colour alone", "≥ −0.01",
                          f"{worst:+.4f} ({where})", _met(worst >= -0.01)])  # fmt: skip
            lines.append([f"{name}: without depth", "equal", "equal" if equal else "not equal", _met(equal)])
    return lines


def _met(value: bool) -> str:
    return "yes" if value else "no"
