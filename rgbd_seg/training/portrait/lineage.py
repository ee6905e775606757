"""What a checkpoint grew from: its own run, and the runs whose weights it began with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from rgbd_seg.errors import ConfigError
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.config import TrainingConfig

_MOST = 16  # runs, one upon the other


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One run."""

    config: TrainingConfig
    steps: int
    hours: float

    def record(self) -> dict[str, Any]:
        """For a passport: everything but where files lay on that machine."""
        config = self.config.to_dict()
        data = config["data"]
        for name in ("train", "validate", "backgrounds"):
            data[name] = [PurePath(folder).name for folder in data[name]]
        start = config["network"]["start"]
        config["network"]["start"] = "/".join(PurePath(start).parts[-2:]) if start else ""
        return {
            "steps": self.steps,
            "hours": round(self.hours, 2),
            "seed": self.config.run.seed,
            "configuration": config,
        }


def stages(saved: Checkpoint) -> tuple[Stage, ...]:
    """The runs that made ``saved``, the first one first.

    Raises:
        ConfigError: a run it began with is not there any more, or they go round in circles.
        ModelError: such a checkpoint is damaged.
    """
    found: list[Stage] = []
    while True:
        config = TrainingConfig.from_dict(saved.config)
        found.append(Stage(config=config, steps=saved.step, hours=saved.seconds / 3600))
        if not config.network.start:
            return tuple(reversed(found))
        start = Path(config.network.start)
        if not start.is_file() or len(found) == _MOST:
            raise ConfigError(
                f"the run began with the weights of {start}, which is not there; a passport names all training data: "
                "put that checkpoint back"
            )
        saved = Checkpoint.load(start)


def folders(runs: Sequence[Stage], root: Path) -> dict[Path, list[str]]:
    """Every folder of pictures that trained or chose the network, and what it was used for.

    Args:
        root: what names in the runs' configurations are relative to.
    """
    found: dict[Path, list[str]] = {}
    for run in runs:
        data = run.config.data
        for use, names in (("train", data.train), ("validate", data.validate), ("backgrounds", data.backgrounds)):
            for name in names:
                uses = found.setdefault(root / name, [])
                if use not in uses:
                    uses.append(use)
    return found
