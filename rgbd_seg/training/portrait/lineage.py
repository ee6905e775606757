"""What a checkpoint grew from: its own run, and the runs or the exported network whose weights it began with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from rgbd_seg.errors import ConfigError
from rgbd_seg.models.fingerprint import sha256_of
from rgbd_seg.models.folder import passport_path
from rgbd_seg.models.passport import load_passport
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.config import TrainingConfig
from rgbd_seg.training.portrait.unfolding import ONNX_SUFFIX

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


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Everything a network was made of."""

    runs: tuple[Stage, ...]  # the first one first
    before: Mapping[str, Any] = field(default_factory=dict)  # record of the exported network that they began with

    @staticmethod
    def of(saved: Checkpoint) -> "Lineage":
        """
        Raises:
            ConfigError: what a run began with is not there any more or another, or runs go round in circles.
            ModelError: such a checkpoint, or the passport of such a network, is damaged.
        """
        runs: list[Stage] = []
        while True:
            config = TrainingConfig.from_dict(saved.config)
            runs.append(Stage(config=config, steps=saved.step, hours=saved.seconds / 3600))
            if not config.network.start:
                return Lineage(runs=tuple(reversed(runs)))
            start = Path(config.network.start)
            exported = start.suffix == ONNX_SUFFIX
            if not (passport_path(start) if exported else start).is_file() or len(runs) == _MOST:
                lacks = "has no passport" if exported else "is not there"
                raise ConfigError(
                    f"the run began with the weights of {start}, which {lacks}; a passport names all training data: "
                    "put that file back"
                )
            if exported:
                passport = load_passport(passport_path(start))
                _check_same(start, saved.start_sha256, passport.sha256)
                return Lineage(runs=tuple(reversed(runs)), before=passport.record)
            _check_same(start, saved.start_sha256, sha256_of(start))
            saved = Checkpoint.load(start)


def _check_same(start: Path, then: str, now: str) -> None:
    """Another file may have taken the place of the one that a run began with, and its runs would be named instead."""
    if then and then != now:
        raise ConfigError(
            f"the run began with another network than the one that is now {start}: its sha256 was {then}, that of the "
            f"one there is {now}; put the old file back, with its passport if it has one"
        )


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
