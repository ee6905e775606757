"""The training loop: one process or many (torchrun), CPU or GPU, resumable to the same result."""

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from rgbd_seg.errors import ConfigError, ModelError
from rgbd_seg.models.fingerprint import sha256_of
from rgbd_seg.networks.blocks import freeze_norms
from rgbd_seg.networks.portrait import DEPTH, PortraitNetwork
from rgbd_seg.training.portrait.checkpoint import Checkpoint, Weights
from rgbd_seg.training.portrait.config import NetworkConfig, TrainingConfig
from rgbd_seg.training.portrait.examples import Examples
from rgbd_seg.training.portrait.growth import grow
from rgbd_seg.training.portrait.loader import Batch, batches
from rgbd_seg.training.portrait.losses import WEIGHT, agreement, portrait_loss
from rgbd_seg.training.portrait.optimiser import between, follow, learning_rate, make_optimiser
from rgbd_seg.training.portrait.packed import PackedSet
from rgbd_seg.training.portrait.processes import Processes
from rgbd_seg.training.portrait.run_log import RunLog
from rgbd_seg.training.portrait.unfolding import ONNX_SUFFIX, unfold
from rgbd_seg.training.portrait.validation import validate

LAST, BEST, FINAL = "last.pt", "best.pt", "final.pt"
_STUDENT_SHARE = 4  # one example in so many is shown once more without depth
_REPORT_EVERY = 25  # steps
_MEASURED = 16  # batches on which the statistics of a start are measured

Report = Callable[[dict[str, float]], None]


@dataclass(kw_only=True)
class _Progress:
    step: int
    best: float
    stale: int
    seconds: float


class Trainer:
    """One run in one folder."""

    def __init__(self, config: TrainingConfig, folder: Path, examples: Examples, held_out: Sequence[PackedSet]) -> None:
        """Goes on from the folder's last checkpoint if there is one.

        Raises:
            ConfigError: the folder holds a run with another configuration or in another number of processes, or what a
                start has is wanted without one.
            ModelError: its checkpoint, or the one to start from, is damaged or of another network.
        """
        self._config, self._folder, self._examples, self._held_out = config, folder, examples, held_out
        self._processes = Processes.joined()
        torch.manual_seed(config.run.seed)
        torch.set_num_threads(config.run.threads)
        device = self._processes.device
        self._network = PortraitNetwork(config.network.size).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average: PortraitNetwork = copy.deepcopy(self._network)
        self._optimiser = make_optimiser(self._network, config.optimiser)
        self._progress = _Progress(step=0, best=-1.0, stale=0, seconds=0.0)
        self._start_sha256, self._start = "", Weights()
        if (folder / LAST).exists():
            self._resume(Checkpoint.load(folder / LAST))
        elif config.network.start:
            self._start_from(Path(config.network.start))
            self._average.load_state_dict(self._network.state_dict())
            if config.network.keep_start:
                self._start = {name: value.clone() for name, value in self._network.state_dict().items()}
        else:
            _check_starts_from_nothing(config.network)
        if config.network.norms == "frozen":
            freeze_norms(self._network)
        if config.network.fine_levels == "frozen":
            self._network.freeze_fine_levels()
        self._wrapped: nn.Module = self._processes.wrapped(_Logits(self._network))

    def run(self, report: Report) -> PortraitNetwork:
        """Train to the end and return the averaged network, part of the way back to its start if that is wanted.

        Args:
            report: is told the step, the losses and the speed from time to time, and every validation.
        Raises:
            ModelError: the loss is not finite any more; the last good checkpoint is kept.
        """
        run = self._config.run
        if self._converged:
            return self._delivered()
        begin, since = time.monotonic() - self._progress.seconds, time.monotonic()
        log = RunLog(self._folder, first_step=self._progress.step, writes=self._processes.is_first)
        source = batches(
            self._examples,
            first_step=self._progress.step,
            steps=self.steps,
            batch=run.batch,
            rank=self._processes.rank,
            world=self._processes.count,
            workers=run.workers,
        )
        for batch in source:
            parts = self._stepped(batch)
            self._progress.step += 1
            self._progress.seconds = time.monotonic() - begin
            if self._progress.step % _REPORT_EVERY == 0:
                row = self._row(parts)
                log.losses(row)
                self._told(report, row)
            if self._progress.step % run.validate_every == 0 or self._progress.step == self.steps:
                scores = self._validated()
                log.scores(scores)
                self._told(report, scores)
                since = self._saved()
                if self._converged:
                    break
            elif time.monotonic() - since > 60 * run.checkpoint_minutes:
                since = self._saved()
        log.close()
        return self._delivered()

    def finish(self, network: PortraitNetwork) -> None:
        """Write the network as it is delivered, `FINAL`: averaged, and calibrated."""
        if self._processes.is_first:
            replace(self._checkpoint(), average=network.state_dict()).save(self._folder / FINAL)

    def _delivered(self) -> PortraitNetwork:
        if not self._start:
            return self._average
        return between(self._average, self._start, self._config.network.keep_start)

    @property
    def _converged(self) -> bool:
        patience = self._config.run.patience
        return bool(patience) and self._progress.stale >= patience

    @property
    def steps(self) -> int:
        """Of the whole run."""
        pictures = self._examples.pictures
        return max(1, round(self._config.run.epochs * pictures / (self._config.run.batch * self._processes.count)))

    @property
    def step(self) -> int:
        """Steps done."""
        return self._progress.step

    def _stepped(self, batch: Batch) -> dict[str, Tensor]:
        device = self._processes.device
        inputs, targets = (part.to(device, non_blocking=True) for part in batch)
        config = self._config
        students = max(1, len(inputs) // _STUDENT_SHARE) if config.loss.agreement else 0
        shown = torch.cat([inputs, _color_alone(inputs[:students])]).contiguous(memory_format=torch.channels_last)
        wanted = torch.cat([targets, targets[:students]])
        rate = learning_rate(config.optimiser, self._progress.step, self.steps)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast(device.type, torch.bfloat16, enabled=self._half):
            logits, semantic = self._wrapped(shown, self._full_size(len(inputs)))
        parts = portrait_loss(logits, semantic, wanted, config.loss)
        if students:
            sure = targets[:students, WEIGHT, None]
            parts["agreement"] = agreement(logits[:students], logits[-students:], sure, config.loss.agreement)
        total = torch.stack(list(parts.values())).sum()
        if not math.isfinite(float(total.detach())):
            raise ModelError(
                f"the loss is {float(total.detach())} at step {self._progress.step}; the last good checkpoint is "
                f"{self._folder / LAST}. Lower optimiser.learning_rate or use run.precision = 'float32', and run again"
            )
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), config.optimiser.clip_norm)
        self._optimiser.step()
        follow(self._average, self._network, config.optimiser.average, self._progress.step)
        return parts | {"total": total}

    def _full_size(self, batch: int) -> int | None:
        share = self._config.run.full_size
        return None if share == 1 else max(1, round(share * batch))

    @property
    def _half(self) -> bool:
        precision = self._config.run.precision
        if precision == "auto":
            # A CPU with bfloat16 instructions is still faster in float32: depthwise convolutions lose what others gain.
            return self._processes.device.type == "cuda"
        return precision == "bfloat16"

    def _row(self, parts: dict[str, Tensor]) -> dict[str, float]:
        seen = self._progress.step * self._config.run.batch * self._processes.count
        return {
            "step": float(self._progress.step),
            "seconds": self._progress.seconds,
            "pictures_per_second": seen / max(self._progress.seconds, 1e-9),
            **{name: float(value.detach()) for name, value in parts.items()},
        }

    def _told(self, report: Report, row: dict[str, float]) -> None:
        """Of several processes the first speaks for all."""
        if self._processes.is_first:
            report(row)

    def _validated(self) -> dict[str, float]:
        scores = validate(self._average, self._held_out, self._config.data.image_size)
        score = scores["score"]
        better = score > self._progress.best
        self._progress.stale = 0 if better else self._progress.stale + 1
        self._progress.best = max(score, self._progress.best)
        if better and self._processes.is_first:
            self._checkpoint().save(self._folder / BEST)
        return {"step": float(self._progress.step), **scores}

    def _saved(self) -> float:
        if self._processes.is_first:
            self._checkpoint().save(self._folder / LAST)
        return time.monotonic()

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            size=self._config.network.size,
            weights=self._network.state_dict(),
            average=self._average.state_dict(),
            optimiser=self._optimiser.state_dict(),
            step=self._progress.step,
            best=self._progress.best,
            stale=self._progress.stale,
            seconds=self._progress.seconds,
            config=self._config.to_dict(),
            start_sha256=self._start_sha256,
            start=self._start,
            processes=self._processes.count,
        )

    def _resume(self, saved: Checkpoint) -> None:
        if TrainingConfig.from_dict(saved.config) != self._config:
            raise ConfigError(
                f"{self._folder} holds a run with another configuration; choose another folder, or restore the old one"
            )
        if saved.processes not in (0, self._processes.count):
            raise ConfigError(  # a step would be of other pictures, and the run of another length
                f"{self._folder} holds a run in {saved.processes} processes, and this is one of "
                f"{self._processes.count}; go on with torchrun --nproc-per-node {saved.processes}, or choose another "
                "folder"
            )
        self._network.load_state_dict(saved.weights)
        self._average.load_state_dict(saved.average)
        self._optimiser.load_state_dict(saved.optimiser)
        self._progress = _Progress(step=saved.step, best=saved.best, stale=saved.stale, seconds=saved.seconds)
        self._start_sha256, self._start = saved.start_sha256, saved.start

    def _start_from(self, path: Path) -> None:
        """Take the averaged weights of a checkpoint, of fewer blocks perhaps, or those of an exported network."""
        if path.suffix == ONNX_SUFFIX:
            unfold(self._network, path, list(self._shown()))
        else:
            self._grow_from(path)
        self._start_sha256 = sha256_of(path)

    def _grow_from(self, path: Path) -> None:
        saved = Checkpoint.load(path)
        if saved.size != self._network.size:
            raise ModelError(f"{path} is a checkpoint of the size {saved.size!r}; expected {self._network.size!r}")
        try:
            grow(self._network, saved.average, self._shown())
        except ModelError as error:
            raise ModelError(f"cannot go on from {path}: {error}") from error

    def _shown(self) -> Iterator[Tensor]:
        """Batches on which statistics are measured; the same in every process."""
        size = self._config.run.batch
        for first in range(0, size * _MEASURED, size):
            inputs = [self._examples[i].inputs for i in range(first, first + size)]
            yield torch.from_numpy(np.stack(inputs)).to(self._processes.device)


def _check_starts_from_nothing(network: NetworkConfig) -> None:
    """
    Raises:
        ConfigError: something is wanted that only a start has.
    """
    if network.norms == "frozen":
        raise ConfigError(
            "network.norms is 'frozen', but batch norms have no statistics yet; go on from a trained network "
            "(--start), or use 'batch'"
        )
    if network.keep_start:
        raise ConfigError(
            f"network.keep_start is {network.keep_start}, but the network starts from nothing; go on from a trained "
            "network (--start), or use 0"
        )


def _color_alone(inputs: Tensor) -> Tensor:
    shown = inputs.clone()
    shown[:, DEPTH:] = 0  # and no previous alpha, which depth may have helped to find
    return shown


class _Logits(nn.Module):
    """What is trained, as a module's forward: wrappers for several processes see no other method."""

    def __init__(self, network: PortraitNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, full_size: int | None) -> tuple[Tensor, Tensor]:
        return self.network.logits(x, full_size)
