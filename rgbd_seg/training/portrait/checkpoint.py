"""The state of a run, written whole or not at all, so that a kill costs minutes and changes nothing."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from rgbd_seg.atomic import replacing
from rgbd_seg.errors import ModelError, OutputError

FORMAT = "rgbd-seg portrait checkpoint 1"
Weights = dict[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """Everything a run goes on from."""

    size: str  # of the network
    weights: Weights
    average: Weights  # what is validated and exported
    optimiser: dict[str, Any]
    step: int
    best: float  # highest validation score so far
    stale: int  # validations since
    seconds: float  # of training so far
    config: dict[str, Any]
    start_sha256: str = ""  # of the file whose weights the run began with, if it did
    start: Weights = field(default_factory=dict)  # those weights, if part of them is delivered
    processes: int = 0  # in which the run began; 0: not recorded

    def save(self, path: Path) -> None:
        """
        Raises:
            OutputError: it cannot be written; the one before is still there.
        """
        content = {"format": FORMAT, **{name: getattr(self, name) for name in self.__dataclass_fields__}}
        with replacing(path) as temporary:
            try:
                torch.save(content, temporary)
            except RuntimeError as error:  # torch says a full disk so
                raise OutputError(f"cannot write {path}: {error}; the checkpoint before it is still there") from error

    @staticmethod
    def load(path: Path) -> "Checkpoint":
        """
        Raises:
            ModelError: missing, damaged, or not a checkpoint of a portrait network.
        """
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise ModelError(f"cannot read the checkpoint {path}: {error}") from error
        if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
            raise ModelError(f"{path} is not a checkpoint of this package's portrait network ({FORMAT})")
        try:
            return Checkpoint(**content)
        except TypeError as error:
            raise ModelError(f"the checkpoint {path} is incomplete: {error}") from error
