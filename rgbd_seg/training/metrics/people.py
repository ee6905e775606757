"""Who is kept that should not be, and what is lost that should be kept."""

import numpy as np

from rgbd_seg.arrays import Bool, Float32, check_coverage
from rgbd_seg.training.metrics.pair import checked


def kept_coverage(alpha: Float32, truth: Float32, people: Float32, scored: Bool | None = None) -> float:
    """How much of other people (or of pictures of people) is kept, in pixels: Σ min(α − truth where above 0, people).

    What counts is alpha beyond the front person's own, so a soft outline in front of another person is no leak.
    Background-person leak is this sum with depth, divided by the same of colour alone.

    Args:
        people: (h, w) coverage of those who are not the subject.
    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    check_coverage(people, truth.shape, "people")
    beyond = np.minimum(np.maximum(alpha - truth, 0), people)
    return float(beyond[scored].sum(dtype=np.float64))


def held_recall(alpha: Float32, truth: Float32, held: Float32, scored: Bool | None = None) -> float | None:
    """Share of what the front person holds that is kept; None if nothing is held.

    Args:
        held: (h, w) coverage of the held objects, part of ``truth``.
    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    alpha, truth, scored = checked(alpha, truth, scored)
    check_coverage(held, truth.shape, "held")
    total = float(held[scored].sum(dtype=np.float64))
    if total <= 0:
        return None
    # A pixel half covered by the object and half by the hand is kept by as much as its alpha is.
    share = np.minimum(alpha / np.maximum(truth, np.float32(1e-6)), 1)
    return float((held * share)[scored].sum(dtype=np.float64)) / total
