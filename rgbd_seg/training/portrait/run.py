"""Runs as a user starts them: from a configuration, or on top of a trained network with hard examples."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.atomic import make_folder, write_bytes
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.io.pictures import read_picture
from rgbd_seg.networks.portrait import PortraitNetwork
from rgbd_seg.scaling import bounded_size, resized
from rgbd_seg.training.portrait.confidence import calibrate
from rgbd_seg.training.portrait.config import TrainingConfig
from rgbd_seg.training.portrait.examples import Examples
from rgbd_seg.training.portrait.origin import FILE as ORIGIN
from rgbd_seg.training.portrait.packed import PackedSet, is_packed, write_packed
from rgbd_seg.training.portrait.packing import pack, photo_paths
from rgbd_seg.training.portrait.trainer import Trainer

_BACKGROUND_SIDE = 384
_HARD_SHARE = 0.3  # of the examples; the rest replays what was learnt before, so that it is not forgotten
_HARD_RATE = 0.2  # of the learning rate
Report = Callable[[dict[str, float]], None]


def train(config: TrainingConfig, base: Path, folder: Path, report: Report) -> PortraitNetwork:
    """Train as ``config`` says, with paths relative to ``base``; everything written lies in ``folder``.

    Raises:
        ConfigError: sets or backgrounds are missing, or ``folder`` holds another run.
        ModelError: the loss is not finite any more, or a checkpoint is damaged.
    """
    if not config.data.train:
        raise ConfigError("data.train is empty; expected packed sets, made with: rgbd-seg pack SOURCE -o FOLDER")
    make_folder(folder)
    if config.network.start:
        config = replace(config, network=replace(config.network, start=str(base / config.network.start)))
    held_out = [PackedSet(base / name) for name in config.data.validate]
    examples = Examples(
        [PackedSet(base / name) for name in config.data.train],
        _backgrounds([base / name for name in config.data.backgrounds]),
        config.data,
        config.run.seed,
    )
    trainer = Trainer(config, folder, examples, held_out)
    network = trainer.run(report)
    if held_out:
        calibrate(network, held_out, config.data.image_size)
    trainer.finish(network)
    return network


def with_hard_examples(config: TrainingConfig, base: Path, hard: Path, start: Path, folder: Path) -> TrainingConfig:
    """``config`` changed to go on from ``start`` with wrongly segmented pictures and their corrected masks.

    The pictures are packed into ``folder``; three in ten examples are drawn from them, the others replay the sets of
    ``config``.

    Raises:
        ConfigError: there are no pictures with masks.
        OutputError: they cannot be packed.
    """
    target = folder / "hard"
    make_folder(folder)
    if not (target / "index.json").exists():
        write_packed(target, pack(hard, None, lambda _: None), lambda: None)
        if (hard / ORIGIN).is_file():
            write_bytes(target / ORIGIN, (hard / ORIGIN).read_bytes())
    old = config.data
    sizes = np.array(old.weights or [len(PackedSet(base / name)) for name in old.train], np.float64)
    weights = (*((1 - _HARD_SHARE) * sizes / sizes.sum()).tolist(), _HARD_SHARE)
    rate = config.optimiser.learning_rate * _HARD_RATE
    return replace(
        config,
        network=replace(config.network, start=str(start.resolve())),
        data=replace(old, train=(*old.train, str(target.resolve())), weights=weights),
        optimiser=replace(config.optimiser, learning_rate=rate),
    )


def _backgrounds(folders: Sequence[Path]) -> list[UInt8]:
    pictures = []
    for folder in folders:
        if is_packed(folder):
            pictures += [picture.color for picture in PackedSet(folder)]
            continue
        paths = photo_paths(folder)
        if not paths:
            raise ConfigError(f"data.backgrounds: {folder} holds no pictures")
        for path in paths:
            try:
                color = read_picture(path)
            except FrameError:
                continue  # one unreadable picture among hundreds is no reason to stop
            pictures.append(resized(color, bounded_size((color.shape[0], color.shape[1]), _BACKGROUND_SIDE)))
    return pictures
