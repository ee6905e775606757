"""Photographs of COCO with true masks that no shipped network was trained on."""

import csv
from pathlib import Path

from rgbd_seg.training.portrait.packing import is_held_out

_SHARE_ALIKE = "5"  # pictures of this licence are left out of training


def untrained_coco(source: Path, folder: Path) -> Path:
    """A folder of links to those pictures of ``source`` (with its ``attribution.csv``) that were held out."""
    with (source / "attribution.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == "people"]
    for name in ("people", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for row in rows:
        stem = Path(row["file"]).stem
        if row["coco_license_id"] == _SHARE_ALIKE or is_held_out(stem):
            for part in (f"people/{row['file']}", f"masks/{stem}.png"):
                link = folder / part
                link.unlink(missing_ok=True)
                link.symlink_to((source / part).resolve())
    return folder
