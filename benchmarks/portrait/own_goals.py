"""What the network in the package set out to show, and whether it does."""

from collections.abc import Sequence

from benchmarks.portrait.goals import found_row, met, photo_lines, sweep_lines
from rgbd_seg.evaluation.record import Record
from rgbd_seg.evaluation.summary import Row

OWN, PEER = "portrait-base", "mediapipe-selfie"
_PHOTOS = {"standing_man": 0.985, "selfie": 0.99}
_LEAST_IOU = {"rendered": 0.97, "cycles": 0.95}
_BEHIND = {"portrait-base": 0.03, "portrait-tiny": 0.06}  # IoU that they may be behind the peer, colour alone
_IMAGINED = 0.005  # of the picture, where nobody is


def own_goals(records: Sequence[Record], rows: Sequence[Row]) -> list[list[str]]:
    """Lines of the goals' table."""
    lines = photo_lines(records, OWN, _PHOTOS)
    for name, least in _LEAST_IOU.items():
        odds, color = found_row(rows, name, OWN, "odds"), found_row(rows, name, OWN, "colour-only")
        if odds is not None and color is not None:
            lines += _set_lines(f"{name}, {odds.pictures} pictures, {OWN}", least, odds, color)
            lines += _leak(records, name)
    return [*lines, *_beside_the_peer(rows), *_nobody(rows), *sweep_lines(rows, OWN)]


def _set_lines(what: str, least: float, odds: Row, color: Row) -> list[list[str]]:
    lines = [
        [f"{what} + odds + matting: IoU", f"≥ {least}", f"{odds.values['iou']:.4f}", met(odds.values["iou"] >= least)]
    ]
    if "hair_sad" in odds.values:
        ratio = odds.values["hair_sad"] / color.values["hair_sad"]
        lines.append([f"{what}: hair-band SAD against colour alone", "≤ 0.6 ×", f"{ratio:.3f} ×", met(ratio <= 0.6)])
    if "held_recall" in odds.values:
        for row, kind, goal in ((odds, "with depth", 0.8), (color, "colour alone", 0.6)):
            recall = row.values["held_recall"]
            lines.append([f"{what}, {kind}: held objects kept", f"≥ {goal}", f"{recall:.3f}", met(recall >= goal)])
    for row, kind in ((odds, "with depth"), (color, "colour alone")):
        error = row.values["ece"]
        lines.append([f"{what}, {kind}: calibration error (ECE)", "≤ 0.03", f"{error:.3f}", met(error <= 0.03)])
    return lines


def _beside_the_peer(rows: Sequence[Row]) -> list[list[str]]:
    """Photographs without depth whose true masks are known."""
    peer = found_row(rows, "coco", PEER, "colour-only")
    lines = []
    for model, most in _BEHIND.items():
        own = found_row(rows, "coco", model, "colour-only")
        if own is None or peer is None:
            continue
        behind = peer.values["iou"] - own.values["iou"]
        found = f"{behind:.3f} ({own.values['iou']:.3f}, it {peer.values['iou']:.3f})"
        lines.append([f"coco, {model}, colour alone: IoU behind {PEER}", f"≤ {most}", found, met(behind <= most)])
    return lines


def _nobody(rows: Sequence[Row]) -> list[list[str]]:
    """What is taken for a person in pictures without one."""
    lines = []
    for name, what in (("phone", "photo of a vase"), ("empty", "rendered rooms without people")):
        for method, kind in (("odds", "with depth"), ("colour-only", "colour alone")):
            row = found_row(rows, name, OWN, method)
            if row is not None and "imagined" in row.values:
                share = row.values["imagined"]
                found = f"{100 * share:.2f} %"
                lines.append(
                    [f"{what}, {OWN}, {kind}: share taken for a person", "≤ 0.5 %", found, met(share <= _IMAGINED)]
                )
    return lines


def _leak(records: Sequence[Record], name: str) -> list[list[str]]:
    """Others kept by the own network with depth, of what the peer keeps in colour."""
    own, peer = _kept(records, name, OWN, "odds"), _kept(records, name, PEER, "colour-only")
    if not peer:
        return []
    share = own / peer
    what = f"{name}, {OWN} + odds: other people, posters and screens kept, of what {PEER} keeps in colour"
    return [[what, "≤ 5 %", f"{100 * share:.1f} %", met(share <= 0.05)]]


def _kept(records: Sequence[Record], name: str, model: str, method: str) -> float:
    wanted = (name, model, method, "alpha")
    return sum(
        r.values.get("kept_others", 0.0)
        for r in records
        if r.fault is None and (r.set, r.model, r.method, r.stage) == wanted
    )
