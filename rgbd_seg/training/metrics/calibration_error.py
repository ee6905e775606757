"""Whether a probability means what it says."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.training.metrics.pair import checked

BINS = 15


@dataclass(frozen=True, eq=False)
class Reliability:
    """Pixels by their probability of being the person, in 15 equal bins; sums, so that pictures add up."""

    count: Float64  # (15,) pixels
    claimed: Float64  # (15,) sum of their probabilities
    true: Float64  # (15,) how many are the person

    def __add__(self, other: "Reliability") -> "Reliability":
        return Reliability(self.count + other.count, self.claimed + other.claimed, self.true + other.true)

    def error(self) -> float:
        """Expected calibration error: mean of |claimed − true share|, every bin weighted by its pixels.

        C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
        """
        total = float(self.count.sum())
        return float(np.abs(self.claimed - self.true).sum()) / total if total else 0.0


def reliability(probability: Float32, truth: Float32, scored: Bool | None = None) -> Reliability:
    """The bins of one picture; a pixel is the person where ``truth`` > 0.5.

    Raises:
        FrameError: the arrays are not coverage of one size.
    """
    probability, truth, scored = checked(probability, truth, scored)
    values = probability[scored]
    bins = np.minimum((values * np.float32(BINS)).astype(np.int64), BINS - 1)
    person = (truth > 0.5)[scored].astype(np.float64)
    sums = [np.bincount(bins, weights=of, minlength=BINS).astype(np.float64) for of in (values, person)]
    return Reliability(np.bincount(bins, minlength=BINS).astype(np.float64), *sums)
