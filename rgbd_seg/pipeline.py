"""From one frame to the subject's alpha: segmentation, depth probability, fusion, matting."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32
from rgbd_seg.connected_parts import parts_with
from rgbd_seg.depth_alignment import find_jump, find_shift, moved
from rgbd_seg.depth_probability import (
    DepthProbabilityMode,
    People,
    between_samples,
    depth_levels,
    depth_probability,
    subject_share,
)
from rgbd_seg.errors import ConfigError
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.frames import AlphaMatte, RgbdFrame, Segmentation
from rgbd_seg.fusion import FusionMode, centred, fuse
from rgbd_seg.matting import find_trimap, refine_alpha
from rgbd_seg.pipeline_options import PipelineOptions
from rgbd_seg.presence import AGREEMENT, AGREEMENT_IN_DEPTH, person_agreement, stands_alone
from rgbd_seg.protocols import Segmenter
from rgbd_seg.resampling import resize_depth
from rgbd_seg.scaling import bounded_size, resized
from rgbd_seg.second_look import looked_again
from rgbd_seg.subject_layer import connected_at

_FOREGROUND_SIDE = 512  # pixels of the longer side at which foreground colours are spread, at most
_CLAIM, _SEEN = 0.1, 0.25  # parts of the fused probability above the first in which colour nowhere says the second
_HOLD = 1.5  # 1/256 of the picture: what is as near to another part hangs on to it
_UNDOUBTED = 0.95  # probability from which a network that looks at depth itself is not overruled
StageListener = Callable[[str, NDArray[Any]], None]


@runtime_checkable
class FocusableSegmenter(Protocol):
    """A segmenter that can be told where the subject is."""

    def segment_at(self, frame: RgbdFrame, focus: tuple[float, float] | None) -> Segmentation:
        """The subject at (x, y), fractions of the picture."""
        ...


@runtime_checkable
class DepthReader(Protocol):
    """A segmenter that looks at depth where there is some, and does without where there is none."""

    @property
    def reads_depth(self) -> bool:
        """False if it hears colour alone after all."""
        ...


class Pipeline:
    """Finds the subject of frames, one at a time; keeps nothing from one frame to the next."""

    def __init__(self, segmenter: Segmenter, options: PipelineOptions | None = None) -> None:
        """
        Raises:
            ConfigError: everyone is asked for, and the segmenter finds one subject.
        """
        if segmenter.needs_depth and options is not None and options.people == "all":
            raise ConfigError(
                f"people is 'all', but {segmenter.name} finds one subject, person or not; expected a colour model "
                "(such as mediapipe-selfie), or people 'front'"
            )
        self.segmenter = segmenter
        self.options = options or PipelineOptions()

    def matte(self, frame: RgbdFrame, on_stage: StageListener | None = None) -> AlphaMatte:
        """The subject's alpha, at the size and time of ``frame``.

        Depth refines what colour says and is never needed: without depth, and wherever it was not measured, the
        result is colour's own. A segmenter that looks at depth itself is not told the same thing twice.

        Args:
            frame: colour, with depth or without.
            on_stage: called with each stage's name and array as soon as it exists.
        Raises:
            FrameError: the segmenter needs depth and the frame has none.
            ConfigError: the focus lies outside the picture.
        """
        tell = on_stage or _ignore
        focus = self._focus(frame)
        size = bounded_size(frame.size, self.options.working_size)
        frame, segmentation = self._segmented(frame, size, focus)
        tell("segmentation", segmentation.value)
        tell("probability", segmentation.probability)
        fused, depth = self._fused(frame, segmentation, focus, tell)
        if on_stage is not None:
            on_stage("trimap", find_trimap(fused, frame.size, depth=depth, options=self.options.matting))
        alpha = refine_alpha(frame.color, fused, depth=depth, options=self.options.matting)
        tell("alpha", alpha)
        foreground = None
        if self.options.foreground:
            side = min(_FOREGROUND_SIDE, self.options.matting.working_side)
            foreground = estimate_foreground(frame.color, alpha, working_side=side)
            tell("foreground", foreground)
        return AlphaMatte(alpha=alpha, timestamp=frame.timestamp, foreground=foreground)

    def _segmented(
        self, frame: RgbdFrame, size: tuple[int, int], focus: tuple[float, float] | None
    ) -> tuple[RgbdFrame, Segmentation]:
        """``frame`` with depth that lay far beside colour put back, and what the segmenter says, of ``size``."""
        may_move = frame.depth is not None and self._aligns
        if may_move and self._reads_depth:
            # What such a segmenter says of both lies on depth, wherever depth is; only its answer to colour can tell.
            found = self.segmenter.segment(_without_depth(frame))
            frame = _jump_undone(frame, _resized(found, size).probability)
        segmentation = _resized(_with_everyone(self._segmentation(frame, size, focus)), size)
        if may_move and not self._reads_depth:
            frame = _jump_undone(frame, segmentation.probability)
        return frame, segmentation

    @property
    def _reads_depth(self) -> bool:
        return isinstance(self.segmenter, DepthReader) and self.segmenter.reads_depth

    @property
    def _aligns(self) -> bool:
        """Whether depth may be moved: a segmenter that needs depth sees it where it lies."""
        options = self.options
        return options.align and options.depth_probability == "layer" and not self.segmenter.needs_depth

    def _segmentation(self, frame: RgbdFrame, size: tuple[int, int], focus: tuple[float, float] | None) -> Segmentation:
        """What the segmenter says of several views, silenced if it does not find the same person again in others."""
        if focus is not None and isinstance(self.segmenter, FocusableSegmenter):
            return self.segmenter.segment_at(frame, focus)
        found = self.segmenter.segment(frame)
        others = None if focus is None and self.options.people == "front" else found.people
        found = Segmentation(value=found.value, probability=found.probability, people=others)  # what is asked for
        if self.segmenter.needs_depth:
            return found
        if self.options.check_presence:
            agreement = self._agreement(frame, found.probability)
            if agreement < AGREEMENT:
                doubt = np.float32(agreement)
                return Segmentation(value=found.value * doubt, probability=found.probability * doubt)
        if not self.options.second_look:
            return found
        return looked_again(self.segmenter, frame, found, _with_everyone(found).probability > 0.5, size)

    def _agreement(self, frame: RgbdFrame, probability: Float32) -> float:
        """In colour, in which things stand out less than in depth; where colour shows nothing, in both."""
        agreement = person_agreement(self.segmenter, _without_depth(frame), probability)
        if agreement >= AGREEMENT or frame.depth is None or not self._reads_depth:
            return agreement
        in_depth = person_agreement(self.segmenter, frame, probability, enough=AGREEMENT_IN_DEPTH)
        return in_depth if in_depth >= AGREEMENT_IN_DEPTH else agreement

    def _fused(
        self,
        frame: RgbdFrame,
        segmentation: Segmentation,
        focus: tuple[float, float] | None,
        tell: StageListener,
    ) -> tuple[Float32, Float32 | None]:
        """Colour's probability after depth was heard, its threshold at 0.5; and depth where it lies on colour."""
        if frame.depth is None or self.segmenter.needs_depth:
            fused = segmentation.probability
            if focus is not None and not self.segmenter.needs_depth:
                fused = fused * connected_at(fused, focus)
            tell("fused", fused)
            return fused, frame.depth
        options = self.options
        mode = cast(FusionMode, options.fusion)
        depth = resize_depth(_thinned(frame.depth, segmentation.probability.shape), segmentation.probability.shape)
        confidence = None if frame.confidence is None else resized(frame.confidence, depth.shape)
        aligned, probability = frame.depth, segmentation.probability
        opinion, share = self._opinion(frame, depth, confidence, probability, focus)
        anybody = bool((probability * share > 0.5).any())  # depth of a mere picture has no outline
        if self._aligns and anybody:
            level = depth_levels(depth, probability, metric=frame.depth_is_metric)
            if (shift := find_shift(opinion, probability, level)) != (0.0, 0.0):
                depth, confidence = _both_moved(depth, confidence, shift)
                opinion, share = self._opinion(frame, depth, confidence, probability, focus)
                aligned = depth
        tell("depth", depth)
        tell("depth_probability", opinion)
        segmentation = Segmentation(value=segmentation.value * share, probability=segmentation.probability * share)
        raw = fuse(segmentation, opinion, depth, mode, d_max=options.d_max)
        fused = _seen(centred(raw, opinion, mode, options.threshold), segmentation.probability)
        tell("fused", fused)
        return fused, aligned

    def _opinion(
        self,
        frame: RgbdFrame,
        depth: Float32,
        confidence: Float32 | None,
        hint: Float32,
        focus: tuple[float, float] | None,
    ) -> tuple[Float32, Float32]:
        """Depth's probability of the subject; and 0 where colour's person is another one, 1 elsewhere."""
        options, metric = self.options, frame.depth_is_metric
        mode, people = cast(DepthProbabilityMode, options.depth_probability), cast(People, options.people)
        share = np.ones_like(depth)
        if mode == "layer":
            check = partial(stands_alone, self.segmenter, frame.color) if options.check_presence else None
            grid = options.working_size // 2
            share = subject_share(depth, hint, metric=metric, people=people, focus=focus, is_person=check, grid=grid)
            if self._reads_depth and people == "front" and focus is None:
                # It chose the front person by depth itself: regions of depth settle what it doubts.
                share = np.where(hint > _UNDOUBTED, np.float32(1), share)
        elif focus is not None:
            share = connected_at(hint, focus)
        opinion = depth_probability(
            depth,
            hint,
            mode=mode,
            confidence=confidence,
            d_max=options.d_max,
            metric=metric,
            people=people,
            focus=focus,
            membership=share,
        )
        if frame.depth is not None and mode == "layer":
            opinion = between_samples(opinion, max(opinion.shape) / max(frame.depth.shape))
        return opinion, share

    def _focus(self, frame: RgbdFrame) -> tuple[float, float] | None:
        """The focus as fractions of the picture."""
        if self.options.focus is None:
            return None
        x, y = self.options.focus
        height, width = frame.size
        if x >= width or y >= height:
            raise ConfigError(f"focus is {x:g},{y:g}; the picture is {width}×{height}: expected a pixel inside it")
        return min((x + 0.5) / width, 1.0), min((y + 0.5) / height, 1.0)


def _with_everyone(found: Segmentation) -> Segmentation:
    """With people at any depth in it, if they are asked for and the segmenter tells people apart."""
    if found.people is None:
        return found
    value, probability = np.maximum(found.value, found.people), np.maximum(found.probability, found.people)
    return Segmentation(value=value, probability=probability)


def _seen(fused: Float32, probability: Float32) -> Float32:
    """``fused`` without what depth alone claims: things as near as the subject that hang on to nothing colour sees."""
    claimed = fused > _CLAIM
    alone = claimed & ~parts_with(claimed, probability > _SEEN, _HOLD * math.sqrt(fused.size) / 256)
    return np.where(alone, np.minimum(fused, probability), fused)


def _resized(segmentation: Segmentation, size: tuple[int, int]) -> Segmentation:
    if segmentation.value.shape == size:
        return segmentation
    return Segmentation(value=resized(segmentation.value, size), probability=resized(segmentation.probability, size))


def _without_depth(frame: RgbdFrame) -> RgbdFrame:
    return replace(frame, depth=None, confidence=None, shadow=None)


def _jump_undone(frame: RgbdFrame, probability: Float32) -> RgbdFrame:
    """``frame`` with depth that lies far beside colour's ``probability``, (h, w) of the working size, put back."""
    assert frame.depth is not None
    size = (probability.shape[0], probability.shape[1])
    depth = resize_depth(_thinned(frame.depth, size), size)
    right, down = find_jump(depth_levels(depth, probability, metric=frame.depth_is_metric), probability)
    if (right, down) == (0, 0):
        return frame
    height, width = frame.depth.shape  # of its own: phones measure fewer pixels than the colour picture has
    shift = (right * width / size[1], down * height / size[0])
    depth, confidence = _both_moved(frame.depth, frame.confidence, shift)
    return replace(frame, depth=depth, confidence=confidence)


def _both_moved(
    depth: Float32, confidence: Float32 | None, shift: tuple[float, float]
) -> tuple[Float32, Float32 | None]:
    return moved(depth, shift), None if confidence is None else np.nan_to_num(moved(confidence, shift))


def _thinned(depth: Float32, size: tuple[int, ...]) -> Float32:
    """Every n-th sample, at least two for each pixel of ``size``: enough for its mean, and quick at full size."""
    step = min(depth.shape[0] // (2 * size[0]), depth.shape[1] // (2 * size[1]))
    return depth if step < 2 else np.ascontiguousarray(depth[step // 2 :: step, step // 2 :: step])


def _ignore(name: str, values: NDArray[Any]) -> None:
    """No one listens."""
