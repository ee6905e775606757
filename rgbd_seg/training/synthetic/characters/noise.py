"""Random fields that repeat without a seam: the grain of skin and cloth."""

from functools import lru_cache

import numpy as np
from scipy.fft import irfft2, rfft2

from rgbd_seg.arrays import Float32

_VARIANTS = 3  # times their shifts and mirror images


@lru_cache(maxsize=64)
def _field(size: int, exponent: float, variant: int) -> Float32:
    rng = np.random.default_rng([size, int(exponent * 100), variant])
    spectrum = rfft2(rng.standard_normal((size, size), np.float32))
    fy, fx = np.fft.fftfreq(size)[:, None].astype(np.float32), np.fft.rfftfreq(size)[None].astype(np.float32)
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = np.inf
    field = np.asarray(irfft2(spectrum * frequency ** np.float32(-exponent), s=(size, size)), np.float32)
    field /= field.std()
    field.flags.writeable = False
    return field


def noise(rng: np.random.Generator, size: int, exponent: float) -> Float32:
    """(size, size) zero mean, unit deviation; power falls with frequency to ``-2 × exponent``: 0 white, 1 clouds.

    One of a few fields that are computed once, moved and mirrored at random.
    """
    field = _field(size, exponent, int(rng.integers(_VARIANTS)))
    field = np.roll(field, tuple(int(s) for s in rng.integers(size, size=2)), axis=(0, 1))
    flips = rng.random(3) < 0.5
    field = field[:: -1 if flips[0] else 1, :: -1 if flips[1] else 1]
    return np.ascontiguousarray(field.T if flips[2] else field)
