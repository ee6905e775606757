"""Everything that is shipped of a trained network: ONNX in float32 and int8, each with its passport."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rgbd_seg.atomic import make_folder
from rgbd_seg.models.fingerprint import sha256_of
from rgbd_seg.models.folder import passport_path
from rgbd_seg.models.passport import RGBD, InputForm, OutputForm, Passport
from rgbd_seg.models.passport_writing import write_passport
from rgbd_seg.networks.blocks import count_parameters
from rgbd_seg.networks.portrait import OUTPUTS
from rgbd_seg.training.portrait import export as exporting
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.file_scores import FileScore, largest_loss, score_file
from rgbd_seg.training.portrait.file_speed import processor_milliseconds
from rgbd_seg.training.portrait.packed import PackedSet
from rgbd_seg.training.portrait.quantisation import KEPT, quantise
from rgbd_seg.training.portrait.release_options import ReleaseOptions
from rgbd_seg.training.portrait.release_record import metrics_record, network_record

LARGEST_INT8_LOSS = 0.005  # of IoU
_INT8 = "-int8"
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Released:
    """One file that was written."""

    path: Path
    passport: Passport


def release(checkpoint: Path, folder: Path, options: ReleaseOptions, tell: Tell) -> tuple[Released, ...]:
    """Write the network of ``checkpoint`` as it is shipped.

    Args:
        tell: is told what is being done.
    Raises:
        ModelError: the checkpoint is damaged, or the exported file differs from it.
        ConfigError: nothing says where training pictures come from, or packed sets are missing.
        OutputError: the folder cannot be written.
    """
    saved = Checkpoint.load(checkpoint)
    # Before anything is written: a network without a passport, or beside an older one's, is worse than none.
    held_out = [PackedSet(name) for name in options.held_out]
    calibration = [PackedSet(name) for name in options.calibration_sets]
    network = exporting.from_checkpoint(saved)
    record = network_record(saved, options) | {"parameters": count_parameters(network)}
    make_folder(folder)
    path = folder / f"{options.name}.onnx"
    parity = exporting.export(network, path, options.side)
    tell(f"{path}: {path.stat().st_size / 1e6:.2f} MB, within {parity:.1e} of PyTorch")
    scores = score_file(path, held_out, options.side, options.most_pictures)
    record["onnx"] = {"opset": exporting.OPSET, "largest_difference_from_pytorch": parity}
    released = [_written(path, options, saved.size, record | {"metrics": metrics_record(scores)}, options.rank)]
    if options.int8:
        released.append(_int8(path, options, saved.size, record, scores, (calibration, held_out), tell))
    return tuple(released)


def _int8(
    exact: Path,
    options: ReleaseOptions,
    size: str,
    record: Mapping[str, Any],
    exact_scores: Sequence[FileScore],
    sets: tuple[Sequence[PackedSet], Sequence[PackedSet]],
    tell: Tell,
) -> Released:
    """The fastest int8 copy that loses no more than `LARGEST_INT8_LOSS`, or else the one that loses least.

    Args:
        sets: to take ranges from, and to measure the loss on.
    """
    calibration, held_out = sets
    path = exact.with_name(f"{options.name}{_INT8}.onnx")
    tried: dict[str, float] = {}
    for kept in KEPT:
        quantise(exact, path, calibration, options.side, kept=kept)
        scores = score_file(path, held_out, options.side, options.most_pictures)
        tried[kept] = largest_loss(exact_scores, scores)
        tell(f"int8, float {kept}: {tried[kept]:+.4f} IoU lost")
        if tried[kept] <= LARGEST_INT8_LOSS:
            break
    else:
        kept = min(tried, key=lambda name: tried[name])
        quantise(exact, path, calibration, options.side, kept=kept)
        scores = score_file(path, held_out, options.side, options.most_pictures)
    milliseconds = processor_milliseconds([exact, path], options.side)
    tell(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {milliseconds[0] / milliseconds[1]:.2f} times as fast")
    quantisation = {
        "form": "QDQ; weights int8 per channel, 7 bits used; activations uint8 per tensor; ranges: minimum, maximum; "
        "weights of float gates kept in bytes",
        "kept_float": kept,
        "iou_lost": {name: round(loss, 5) for name, loss in tried.items()},
        "calibration_sets": [packed.folder.name for packed in calibration],
        "processor_milliseconds": {"float32": round(milliseconds[0], 2), "int8": round(milliseconds[1], 2)},
    }
    record = dict(record) | {"quantisation": quantisation, "metrics": metrics_record(scores)}
    return _written(path, options, size, record, options.rank + 2)


def _written(path: Path, options: ReleaseOptions, size: str, record: Mapping[str, Any], rank: int) -> Released:
    passport = Passport(
        name=path.stem,
        title=options.title or f"Portrait network {size}{', int8' if path.stem.endswith(_INT8) else ''}",
        file=path.name,
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        licence=options.licence,
        source=options.source,
        download=None,
        format="onnx",
        input=InputForm(width=options.side, height=options.side, channels=RGBD, previous_alpha=options.previous_alpha),
        output=OutputForm(channel=OUTPUTS.index("probability")),
        threads=options.threads,
        rank=rank,
        record=json.loads(json.dumps(record)),  # as it will be read: lists, not tuples
    )
    write_passport(passport, passport_path(path))
    return Released(path=path, passport=passport)
