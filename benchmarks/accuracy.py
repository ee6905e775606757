"""How well the subject is found: colour alone, with depth, by each fusion rule, with spoiled depth.

Run from the repository: ``python -m benchmarks.accuracy``; needs the real data beside the checkout.
"""

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.accuracy_cases import (
    SHARED,
    SPOILED,
    WEIGHTS,
    Case,
    background_person,
    iou,
    phone_cases,
    rendered_cases,
)
from benchmarks.report import print_environment, print_table
from rgbd_seg.arrays import Float32
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.pipeline import Pipeline
from rgbd_seg.pipeline_options import PipelineOptions
from rgbd_seg.protocols import Segmenter
from rgbd_seg.segmentation import create_segmenter

COLOR_MODELS = ("mediapipe-selfie", "mediapipe-selfie-landscape", "sinet")
RULES = ("product", "product-normalised", "odds")


def run(segmenter: Segmenter, frame: RgbdFrame, **changes: object) -> dict[str, Float32]:
    """Every stage of one picture."""
    stages: dict[str, Float32] = {}
    options = replace(PipelineOptions(foreground=False), **changes)  # type: ignore[arg-type]
    Pipeline(segmenter, options).matte(frame, on_stage=stages.__setitem__)
    return stages


def without_depth(frame: RgbdFrame) -> RgbdFrame:
    """The same picture from a camera that has no depth."""
    return RgbdFrame(color=frame.color, intrinsics=frame.intrinsics)


def accuracy(cases: list[Case], segmenter: Segmenter, layers: Segmenter) -> None:
    """Main table."""
    rows = []
    for case in [case for case in cases if case.truth is not None]:
        color, both, alone = (
            run(segmenter, without_depth(case.frame)),
            run(segmenter, case.frame),
            run(layers, case.frame),
        )
        values = [color["fused"], color["alpha"], both["fused"], both["alpha"], alone["alpha"]]
        rows.append([case.name, *[iou(value, case.truth) for value in values]])
    print(f"IoU at 0.5 against Apple's matte or the rendered alpha ({segmenter.name}; last column without any network)")
    print_table(
        ["picture", "colour: probability", "colour: alpha", "with depth: fused", "with depth: alpha", "depth-layers"],
        rows,
    )


def nobody(case: Case, segmenters: list[Segmenter]) -> None:
    """Pictures without a person."""
    rows = []
    for segmenter in segmenters:
        checked = run(segmenter, case.frame)["alpha"]
        trusting = run(segmenter, case.frame, check_presence=False)["alpha"]
        rows.append([segmenter.name, f"{100 * (trusting > 0.5).mean():.2f} %", f"{100 * (checked > 0.5).mean():.2f} %"])
    print(f"{case.name}: pixels above 0.5 (depth-layers looks for a subject, not for a person)")
    print_table(["segmenter", "without the presence check", "with it"], rows)


def second_person(cases: list[Case], segmenter: Segmenter) -> None:
    """Background people."""
    rows = []
    for case in cases:
        color = run(segmenter, without_depth(case.frame))["fused"]
        other = background_person(case, color)
        if np.count_nonzero(other) < 200:
            continue
        alpha = run(segmenter, case.frame)["alpha"]
        kept = np.count_nonzero(other & (alpha > 0.5)) / np.count_nonzero(other)
        rows.append([case.name, int(np.count_nonzero(other)), f"{100 * kept:.2f} %"])
    print("Pixels of people behind the subject that colour alone keeps, and how many of them remain with depth")
    print_table(["picture", "colour alone, pixels", "kept with depth"], rows)


def rules(cases: list[Case], segmenter: Segmenter) -> None:
    """The published products and odds on the same pictures."""
    thresholds = np.arange(0.02, 0.99, 0.02)
    for probability in ("linear", "layer"):
        rows = []
        for case in [case for case in cases if case.truth is not None]:
            row: list[object] = [case.name, iou(run(segmenter, without_depth(case.frame))["fused"], case.truth)]
            for rule in RULES:
                # A threshold of 0.5 leaves the published value as it is.
                raw = run(segmenter, case.frame, fusion=rule, depth_probability=probability, threshold=0.5)["fused"]
                default = run(segmenter, case.frame, fusion=rule, depth_probability=probability)["fused"]
                best = max((iou(raw, case.truth, float(t)), float(t)) for t in thresholds)
                row.append(f"{iou(default, case.truth):.3f} ({best[0]:.3f} at {best[1]:.2f})")
            rows.append(row)
        print(f"IoU of the fused value at the rule's default threshold (best threshold of all), I2 = {probability}")
        print_table(["picture", "colour alone", *RULES], rows)


def spoiled(cases: list[Case], segmenter: Segmenter) -> None:
    """Depth that is worse than it should be."""
    rows = []
    for case in [case for case in cases if case.truth is not None and case.frame.depth is not None]:
        color = iou(run(segmenter, without_depth(case.frame))["fused"], case.truth)
        row: list[object] = [case.name, color]
        row += [iou(_with(case.frame, spoil, segmenter), case.truth) - color for spoil in SPOILED.values()]
        rows.append([f"{cell:+.3f}" if i > 1 else cell for i, cell in enumerate(row)])
    print("IoU of the fused value with spoiled depth, less that of colour alone")
    print_table(["picture", "colour alone", *SPOILED], rows)


def _with(frame: RgbdFrame, spoil: Callable[[Float32], Float32], segmenter: Segmenter) -> Float32:
    if frame.depth is None:
        raise ValueError("the frame has no depth")
    return run(segmenter, replace(frame, depth=spoil(frame.depth)))["fused"]


def main() -> int:
    """All tables."""
    if not SHARED.is_dir():
        print(f"{SHARED} is not here; this benchmark measures real data")
        return 1
    print_environment("opencv-contrib-python", "onnxruntime")
    models = [create_segmenter(name, models_folder=WEIGHTS) for name in COLOR_MODELS]
    own, layers = create_segmenter("portrait-base"), create_segmenter("depth-layers")
    phone, rendered = phone_cases(), rendered_cases()
    accuracy(phone + rendered, own, layers)
    accuracy(phone + rendered, models[0], layers)
    nobody(next(case for case in phone if case.truth is None), [own, *models, layers])
    second_person(rendered, own)
    second_person(rendered, models[0])
    rules(phone + rendered, models[0])
    spoiled(phone + rendered, models[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
