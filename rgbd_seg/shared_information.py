"""How much depth, shifted, tells of where colour sees the person.

No witness says beforehand at which depths the person is: every shift is judged by how well depth then parts colour's
person from the rest, at whatever depths that may be. So it also finds shifts after which hardly anything of the
person lies on themselves, as of a face at arm's length.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32

_BINS = 32
_PRIOR = np.float32(0.5)  # pixels of either kind that every depth is taken to have had


def explained(level: Float32, probability: Float32, reach: int) -> Float32:
    """(2·reach + 1)² share of colour's uncertainty that depth resolves, row and column = shift + reach.

    This is the mutual information of depth and colour's person divided by the entropy of the latter: 0 if depth says
    nothing of the person, 1 if it says everything.

    Args:
        level: (h, w) inverse depth scaled to [0, 1], NaN = not measured, which counts as one more depth.
        probability: (h, w) colour's; beyond the border it goes on as it is there.
        reach: pixels, each way.
    """
    place = np.where(np.isfinite(level), np.rint(np.nan_to_num(level) * (_BINS - 1)), _BINS).astype(np.int32)
    color = cv2.copyMakeBorder(probability, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    pixels = np.bincount(place.ravel())
    person = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    unresolved, total = np.zeros_like(person), 0.0
    for depth in np.flatnonzero(pixels):
        here = (place == depth).astype(np.float32)
        inside = np.clip(cv2.matchTemplate(color, here, cv2.TM_CCORR), 0, pixels[depth]) + _PRIOR
        count = float(pixels[depth] + 2 * _PRIOR)
        unresolved += count * _entropy(inside / count)
        person += inside
        total += count
    share: Float32 = 1 - unresolved / (total * _entropy(person / total))
    return share


def _entropy(share: Float32) -> Float32:
    entropy: Float32 = -(share * np.log(share) + (1 - share) * np.log1p(-share))
    return entropy
