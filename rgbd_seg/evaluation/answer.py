"""What a method says of one frame."""

import time
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.evaluation.methods import Method, Stage
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.matting import refine_alpha
from rgbd_seg.pipeline import Pipeline
from rgbd_seg.protocols import Segmenter


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """Both stages, each at its own resolution, and when each was there."""

    fused: Float32  # (h, w) probability
    alpha: Float32  # (H, W)
    fused_ms: float  # since the frame was given
    alpha_ms: float

    def of(self, stage: Stage) -> Float32:
        """The map of that stage."""
        return self.fused if stage is Stage.FUSED else self.alpha

    def milliseconds(self, stage: Stage) -> float:
        """How long it took."""
        return self.fused_ms if stage is Stage.FUSED else self.alpha_ms


def answer(segmenter: Segmenter, method: Method, frame: RgbdFrame) -> Answer:
    """Run the pipeline as its user would.

    Raises:
        FrameError: the segmenter needs depth and the frame has none.
    """
    if not method.uses_depth:
        frame = RgbdFrame(color=frame.color, intrinsics=frame.intrinsics, timestamp=frame.timestamp)
    options = method.options()
    stages: dict[str, Float32] = {}
    times: dict[str, float] = {}
    start = time.perf_counter()

    def note(name: str, values: Float32) -> None:
        stages[name] = values
        times[name] = 1e3 * (time.perf_counter() - start)

    alpha = Pipeline(segmenter, options).matte(frame, on_stage=note).alpha
    fused = stages["fused"]
    if method.opinion_only and "depth_probability" in stages:
        fused = np.nan_to_num(stages["depth_probability"], nan=0.0)
        alpha = refine_alpha(frame.color, fused, depth=frame.depth, options=options.matting)
    return Answer(fused=fused, alpha=alpha, fused_ms=times["fused"], alpha_ms=times["alpha"])
