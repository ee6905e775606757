"""What a passport keeps of how a network came about."""

import datetime
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rgbd_seg.bands import available_cores
from rgbd_seg.networks.portrait import INPUTS, OUTPUTS
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.file_scores import FileScore
from rgbd_seg.training.portrait.lineage import Lineage, folders
from rgbd_seg.training.portrait.origin import origin_of, read_origins
from rgbd_seg.training.portrait.packed import PackedSet
from rgbd_seg.training.portrait.packing import photo_paths
from rgbd_seg.training.portrait.release_options import ReleaseOptions

_INPUT_MEANING = (
    "R, G, B in [0, 1]; inverse depth, 0 the farthest and 1 the nearest 2 % of what was measured; 1 where depth was "
    "measured; the previous frame's alpha as 2α − 1, 0 where there is none. Without depth both depth channels are 0"
)


def network_record(saved: Checkpoint, options: ReleaseOptions) -> dict[str, Any]:
    """Everything but the figures.

    Raises:
        ConfigError: nothing says where training pictures come from, or a packed set is missing.
        ModelError: a checkpoint that the run began with is damaged.
    """
    lineage = Lineage.of(saved)
    before, runs = lineage.before, lineage.runs
    known = read_origins(options.origins) if options.origins else {}
    data = [
        {"folder": folder.name, "use": uses, "pictures": _count(folder), **_told(asdict(origin_of(folder, known)))}
        for folder, uses in folders(runs, options.root).items()
    ]
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _commit(),
        "size": saved.size,
        "input": {"channels": list(INPUTS), "meaning": _INPUT_MEANING},
        "output": {"channels": list(OUTPUTS)},
        "data": [*before.get("data", []), *data],
        "command": options.command,
        "hours": round(before.get("hours", 0) + sum(run.hours for run in runs), 2),
        "hardware": options.hardware or f"{platform.processor() or platform.machine()}, {available_cores()} cores",
        "seeds": [*before.get("seeds", []), *(run.config.run.seed for run in runs)],
        "runs": [*before.get("runs", []), *(run.record() for run in runs)],
        "known_failures": list(options.known_failures),
    }


def _told(origin: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in origin.items() if text}


def _count(folder: Path) -> int:
    """Pictures of a packed set, or of a folder of backgrounds."""
    return len(PackedSet(folder)) if (folder / "index.json").is_file() else len(photo_paths(folder))


def metrics_record(scores: Sequence[FileScore]) -> list[dict[str, Any]]:
    """Scores, rounded; what was not measured is left out."""
    return [
        {name: round(v, 4) if isinstance(v, float) else v for name, v in asdict(score).items() if v is not None}
        for score in scores
    ]


def _commit() -> str:
    """Of the code that wrote the file, where it is a checkout; else the package's version."""
    here = Path(__file__)
    commands = (
        ["git", "ls-files", "--error-unmatch", here.name],  # a checkout of this project, not one that it lies in
        ["git", "rev-parse", "HEAD"],
        ["git", "status", "--porcelain", "-uno"],
    )
    try:
        _, head, changed = (
            subprocess.run(c, cwd=here.parent, capture_output=True, text=True, check=True).stdout.strip()
            for c in commands
        )
    except (OSError, subprocess.CalledProcessError):
        return f"rgbd-seg {importlib.metadata.version('rgbd-seg')}"
    return f"{head} with changes" if changed else head
