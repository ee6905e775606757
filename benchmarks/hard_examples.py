"""Whether hard examples teach, and whether anything is forgotten over them.

    python benchmarks/hard_examples.py CONFIG.toml NETWORK.onnx SHARDS -o FOLDER [--count 40]

NETWORK is asked for every picture of SHARDS (`rgbd-seg synth` with a seed that nothing else uses). Of those it gets
most wrong every second one becomes a hard example, with its true mask; the others, as hard and not shown, tell whether
what was learnt carries over. Then `rgbd-seg train CONFIG.toml --add-hard` goes on from NETWORK.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from report import print_environment, print_table

from rgbd_seg.cli.main import main as rgbd_seg
from rgbd_seg.errors import RgbdSegError
from rgbd_seg.models.folder import identify
from rgbd_seg.segmentation.portrait import PortraitSegmenter
from rgbd_seg.training.metrics.overlap import iou
from rgbd_seg.training.portrait.config import TrainingConfig
from rgbd_seg.training.portrait.file_scores import score_file
from rgbd_seg.training.portrait.origin import Origin
from rgbd_seg.training.portrait.packed import PackedSet
from rgbd_seg.training.portrait.trainer import FINAL
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.shards import read_shards


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("network", type=Path)
    parser.add_argument("shards", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40, help="wrongly segmented pictures, half of them shown")
    options = parser.parse_args()
    print_environment("torch", "onnxruntime")
    config = TrainingConfig.load(options.config)
    samples = [sample for sample in read_shards(options.shards, print) if sample.alpha.any()]
    before = _scores(options.network, samples)
    worst = np.argsort(before)[: options.count]
    shown, unseen = worst[0::2], worst[1::2]
    for index in shown:
        write_example(options.output / "hard", samples[index])
    after_file = _trained(options)
    after = _scores(after_file, samples)
    others = np.setdiff1d(np.arange(len(samples)), worst)
    rows = [
        [name, len(part), before[part].mean(), after[part].mean()]
        for name, part in (("hard, shown", shown), ("as hard, not shown", unseen), ("the other pictures", others))
    ]
    rows += _held_out(config, options.config.parent, options.network, after_file)
    print_table(["pictures", "number", "IoU before", "IoU after"], rows)


def write_example(folder: Path, sample: PortraitSample) -> None:
    """As a user would: colour, the corrected mask, depth in millimetres."""
    target = folder / sample.key
    target.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target / "color.png"), sample.color[..., ::-1])
    cv2.imwrite(str(target / "alpha.png"), np.rint(sample.alpha * 255).astype(np.uint8))
    depth = sample.frame().depth
    if depth is not None:
        cv2.imwrite(str(target / "depth.png"), np.nan_to_num(depth * 1000).astype(np.uint16))


def _trained(options: argparse.Namespace) -> Path:
    run, hard, name = options.output / "run", options.output / "hard", "improved"
    Origin(source="rendered by this project", licence="Apache-2.0", labels="exact").write(hard)
    root = options.config.parent
    origins = Path(__file__).parent / "portrait" / "origins.toml"
    lines = [
        ["train", options.config, "-o", run, "--start", options.network, "--add-hard", hard],
        ["export", run / FINAL, "-o", options.output, "--name", name, "--root", root, "--origins", origins],
    ]
    for line in lines:
        if code := rgbd_seg([str(word) for word in line]):
            raise SystemExit(code)
    path: Path = options.output / f"{name}.onnx"
    return path


def _scores(network: Path, samples: Sequence[PortraitSample]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    segmenter = PortraitSegmenter(identify(network), network)
    found = []
    for sample in samples:
        probability = segmenter.segment(sample.frame()).probability
        size = sample.color.shape[1], sample.color.shape[0]
        found.append(iou(cv2.resize(probability, size, interpolation=cv2.INTER_LINEAR), sample.alpha))
    return np.array(found, np.float64)


def _held_out(config: TrainingConfig, base: Path, *networks: Path) -> list[list[object]]:
    sets = [PackedSet(base / name) for name in config.data.validate]
    scores = [score_file(network, sets, identify(network).input.width, 150) for network in networks]
    return [
        [f"held out: {first.pictures}, {first.input}", first.count, first.iou, second.iou]
        for first, second in zip(*scores, strict=True)
    ]


if __name__ == "__main__":
    try:
        main()
    except RgbdSegError as error:
        raise SystemExit(f"error: {error}") from error
