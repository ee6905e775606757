"""What depth alone says of each pixel: the probability I2 that it belongs to the subject.

``linear`` is the published ``I2 = 1 − d / d_max``: near is the subject. ``layer`` asks instead at which depths the
subject and everything else were seen around this pixel, colour's own probability being the witness. Both work on
measured depth only; where depth is missing there is no opinion (NaN).
"""

from typing import Literal

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, check_map, describe
from rgbd_seg.depth_evidence import SURE, local_evidence, odds_product
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import measured
from rgbd_seg.options import check_choice
from rgbd_seg.person_regions import PersonCheck

DepthProbabilityMode = Literal["layer", "linear"]
DEPTH_PROBABILITY_MODES: tuple[DepthProbabilityMode, ...] = ("layer", "linear")
People = Literal["front", "all"]
PEOPLE: tuple[People, ...] = ("front", "all")

_MARGIN = 0.1  # of the depth axis is kept for what is nearer than the subject
_STEPS = 32  # the axis is never stretched so far that noise is wider than one step of this many
_NOISE = 0.01  # 1/m: σ of inverse depth, a time-of-flight camera's 10 mm at 1 m, 40 mm at 2 m
_PLAIN = 0.2  # confidence from which depth can tell one person from another
_OTHER_PERSON = 5e-4  # what is left of a pixel that depth assigns to somebody else
_WITNESSES = 0.002  # share of the picture that colour must take for a person; depth alone finds nobody
_SAMPLED = 20_000  # pixels from which the ends of the depth axis are found
_SPARSE = 4.0  # pixels between depth samples; closer ones need nothing between them
_ROUNDS = 2  # the second lets depth's own finds (a hand that colour doubted) be witnesses too


def depth_probability(
    depth: Float32,
    hint: Float32 | None = None,
    *,
    mode: DepthProbabilityMode = "layer",
    confidence: Float32 | None = None,
    d_max: float | None = None,
    metric: bool = True,
    people: People = "front",
    focus: tuple[float, float] | None = None,
    membership: Float32 | None = None,
) -> Float32:
    """Depth's opinion that a pixel is the subject.

    Args:
        depth: (h, w) metres, NaN = not measured (so are zero, negative and infinite).
        hint: (h, w) colour's probability of a person, which ``layer`` needs to find the subject's depth.
        confidence: (h, w) of the depth in [0, 1]; the opinion shrinks to 0.5 where it is low.
        d_max: metres where ``linear`` reaches 0; the farthest measured depth if not given.
        metric: False if the scale and offset of depth are unknown.
        people: ``front``: people clearly behind or beside the front one are not the subject; ``all``: they are.
        focus: (x, y) as fractions of the picture: the person there is the subject.
        membership: (h, w) from ``subject_share``, if it was computed already.
    Returns:
        (h, w) in [0, 1]; 0.5 = depth cannot tell, NaN = not measured.
    Raises:
        ConfigError: an option is not one of those above.
        FrameError: an array has another form, or ``layer`` got no hint.
    """
    check_choice("depth probability", mode, DEPTH_PROBABILITY_MODES)
    check_choice("people", people, PEOPLE)
    _check_focus(focus)
    if depth.ndim != 2 or depth.dtype != np.float32 or depth.size == 0:
        raise FrameError(f"depth is {describe(depth)}; expected an (h, w) float32 array of metres")
    depth = measured(depth)  # zero, negative and infinite are no distances; read as such they would be near
    weight = _weights(depth, confidence)
    if mode == "linear":
        return _shrunk(1 - normalised_depth(depth, d_max), weight)
    if hint is None:
        raise FrameError("depth probability 'layer' got no colour probability; give hint=, or use 'linear'")
    check_map(hint, depth.shape, "hint")
    if membership is None:
        membership = subject_share(depth, hint, metric=metric, people=people, focus=focus)
    everyone = people == "all" and focus is None
    return _layer(depth, hint, weight, membership, metric=metric, everyone=everyone)


def subject_share(
    depth: Float32,
    hint: Float32,
    *,
    metric: bool = True,
    people: People = "front",
    focus: tuple[float, float] | None = None,
    is_person: PersonCheck | None = None,
    grid: int = 256,
) -> Float32:
    """Who of the people that colour sees is the subject, by their depths.

    It holds for whole regions: where a person behind the subject has holes in depth, they are that person's too.

    Args:
        depth: (h, w) metres, NaN = not measured.
        hint: (h, w) colour's probability of a person.
        metric, people, focus: as for ``depth_probability``.
        is_person: asked whether what seems to be the front person is one, if that rules much out.
        grid: pixels of the longer side at which people's regions are found.
    Returns:
        (h, w) in [0, 1]: 0 where another person is, 1 where nothing speaks against the subject.
    """
    from rgbd_seg.subject_layer import subject_membership

    if people == "all" and focus is None:
        return np.ones_like(depth)
    depth = measured(depth)
    level = _levels(depth, hint, metric)
    return subject_membership(level, hint, focus=focus, depth=depth if metric else None, is_person=is_person, grid=grid)


def depth_levels(depth: Float32, hint: Float32, *, metric: bool = True) -> Float32:
    """Inverse depth on an axis from 0, the farthest of the scene, to 1, a little nearer than the person; NaN stays.

    Args:
        depth: (h, w) metres, NaN = not measured.
        hint: (h, w) colour's probability of a person.
        metric: False if the scale and offset of depth are unknown.
    """
    return _levels(measured(depth), hint, metric)


def between_samples(opinion: Float32, spacing: float) -> Float32:
    """Depth's opinion where its samples lie far apart: what holds at a sample fades towards the next one.

    Drawn as patches, samples would contradict colour along every outline by half their distance.

    Args:
        opinion: (h, w) from ``depth_probability``, NaN = none.
        spacing: of the depth samples, in pixels of ``opinion``; nothing is done below 4.
    """
    if spacing < _SPARSE:
        return opinion
    known = np.isfinite(opinion)
    bounded = np.clip(np.where(known, opinion, 0.5), 1e-4, 1 - 1e-4)
    evidence = (np.log(bounded) - np.log1p(-bounded)).astype(np.float32)
    width = 2 * round(spacing / 2) + 1
    for _ in range(2):
        evidence = cv2.blur(evidence, (width, width))
    return np.where(known, 1 / (1 + np.exp(-evidence)), np.float32(np.nan)).astype(np.float32)


def normalised_depth(depth: Float32, d_max: float | None = None) -> Float32:
    """``depth / d_max`` limited to [0, 1], NaN = not measured.

    Args:
        depth: (h, w) metres; what is not above 0 and finite is not measured.
        d_max: metres that become 1; the farthest measured depth if not given.
    Raises:
        ConfigError: ``d_max`` is not a distance.
    """
    if d_max is not None and not 0 < d_max < np.inf:
        raise ConfigError(f"d_max is {d_max}; expected metres above 0")
    with np.errstate(invalid="ignore"):
        known = np.isfinite(depth) & (depth > 0)
    if not known.any():
        return np.full_like(depth, np.nan)
    farthest = np.float32(d_max if d_max is not None else depth[known].max())
    return np.where(known, np.clip(depth / farthest, 0, 1), np.nan).astype(np.float32)


def _layer(
    depth: Float32, hint: Float32, weight: Float32, membership: Float32, *, metric: bool, everyone: bool
) -> Float32:
    from rgbd_seg.subject_layer import attached

    level = _levels(depth, hint, metric)
    if not np.isfinite(level).any():
        return np.full_like(depth, np.nan)
    subject = np.clip(hint, 0, 1) * membership
    for _ in range(_ROUNDS):
        opinion = local_evidence(level, subject, weight)
        subject = odds_product(np.clip(hint, 1 - SURE, SURE), np.nan_to_num(opinion, nan=0.5)) * membership
    if (hint > 0.5).mean() < _WITNESSES:
        opinion = np.minimum(opinion, np.float32(0.5))
    if not everyone:
        membership = membership * attached(subject)
    # That somebody stands a step behind is plain even to a sensor that is not sure of the millimetres.
    elsewhere = (1 - membership) * np.clip(weight / np.float32(_PLAIN), 0, 1)
    bounded: Float32 = np.maximum(_shrunk(opinion, weight) * (1 - elsewhere), np.float32(_OTHER_PERSON))
    return bounded


def _levels(depth: Float32, hint: Float32, metric: bool) -> Float32:
    """Inverse depth on [0, 1]: 0 is the farthest of the scene, 1 a little nearer than the person.

    Triangulation and time of flight err in proportion to the square of distance, which on this axis is the same
    everywhere; so one width of blur fits all distances. An unknown scale and offset drop out.
    """
    inverse = 1 / depth
    # A tenth of a large picture's pixels have the same percentiles.
    step = max(1, int(np.sqrt(inverse.size / _SAMPLED)))
    sample, seen = inverse[::step, ::step], hint[::step, ::step]
    finite = np.isfinite(sample)
    if not finite.any():
        sample, seen = inverse, hint
        finite = np.isfinite(sample)
    known, person = sample[finite], sample[finite & (seen > 0.5)]
    if known.size == 0:
        return np.full_like(depth, np.nan)
    low = float(np.percentile(known, 0.5))
    high = float(np.percentile(person if person.size else known, 99.5))
    noise = _NOISE if metric else _NOISE * float(np.median(known))
    span = max((high - low) / (1 - _MARGIN), noise * _STEPS)
    return np.clip((inverse - np.float32(low)) / np.float32(span), 0, 1)


def _weights(depth: Float32, confidence: Float32 | None) -> Float32:
    if confidence is None:
        return np.ones_like(depth)
    check_map(confidence, depth.shape, "confidence")
    return np.clip(np.nan_to_num(confidence, nan=0.0), 0, 1).astype(np.float32)


def _shrunk(opinion: Float32, confidence: Float32) -> Float32:
    """The opinion's odds raised to the power of confidence: 0 confidence says nothing."""
    if (confidence == 1).all():
        return opinion
    bounded = np.clip(opinion, 1e-4, 1 - 1e-4)
    shrunk: Float32 = 1 / (1 + np.exp(confidence * (np.log1p(-bounded) - np.log(bounded))))
    return shrunk


def _check_focus(focus: tuple[float, float] | None) -> None:
    if focus is not None and not all(0 <= value <= 1 for value in focus):
        raise ConfigError(f"focus is {focus}; expected fractions of the picture's width and height, 0 to 1")
