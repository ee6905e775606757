"""From a coarse probability that a pixel is the person to its soft coverage (alpha) at the picture's own resolution.

Alpha is solved for (closed-form matting) from coarse to fine, and only where the probability leaves it open: at
every finer size only pixels near those that came out between 0 and 1 are solved again. Above the working size,
alpha follows the full picture's colours through the linear functions found at the working size.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8, check_color, describe
from rgbd_seg.bands import Bands
from rgbd_seg.errors import FrameError
from rgbd_seg.options import check_range
from rgbd_seg.scaling import resized
from rgbd_seg.trimap import uncertain_band

_COARSEST = 256  # pixels of the longer side below which starting coarser gains nothing
_GAP = 0.03  # of the longer side: from inside a gap that shows at one size, and not at a coarser one, beyond its edges
_MOST_UNKNOWN = 500_000  # pixels solved for at one size; a probability that knows nothing is not worth more
_NOISE = 1.2e-6  # variance of 8-bit rounding, colour in [0, 1]: the least that a window's colours spread
_PIXEL_NOISE = 1e-4  # variance of a full-size pixel's noise, about 1 % of white: not to be seen in alpha
_TOLERANCE = 1e-3
_LEAST_TRUST = np.float32(1e-7)  # where colour says nothing either, as in a picture of one row
# A probability is no coverage: 0.8 means "probably all of it". It is stretched so before alpha is drawn towards it.
_STRETCH = 3.0
# Closed-form alpha is a little too soft at both ends, which shows as a veil (measured on rendered truth).
_CLEAR, _SOLID = 0.05, 0.82


@dataclass(frozen=True, kw_only=True)
class MattingOptions:
    """How alpha is refined."""

    band: float = 1.5  # what the probability's edge may be wrong by, in 1/256 of the picture or its own pixels
    doubt: float = 0.1  # probabilities from this to 1 − this are refined wherever they are
    trust: float = 0.01  # weight of the probability against colour inside the band
    working_side: int = 1024  # pixels of the longer side at which alpha is solved
    iterations: int = 15  # of the solver at the working size; more at coarser ones

    def __post_init__(self) -> None:
        check_range("band", self.band, 0.0, 16.0)
        check_range("doubt", self.doubt, 0.0, 0.5)
        check_range("trust", self.trust, 1e-6, 1.0)
        check_range("working_side", self.working_side, 16, 8192)
        check_range("iterations", self.iterations, 1, 1000)


PHOTO_MATTING = MattingOptions()
VIDEO_MATTING = MattingOptions(working_side=320, iterations=10)  # a 1280×720 frame in a quarter of its 33 ms


@dataclass(frozen=True, eq=False)
class _Solution:
    """Alpha of one size with what the next step needs; every array carries ``BORDER`` pixels around it."""

    alpha: Float32  # (h, w)
    guide: Float32  # (3, h, w) in [0, 1]

    def inner(self) -> Float32:
        from rgbd_seg.matting_kernels import BORDER

        return self.alpha[BORDER:-BORDER, BORDER:-BORDER]


def refine_alpha(
    color: UInt8, probability: Float32, *, depth: Float32 | None = None, options: MattingOptions = PHOTO_MATTING
) -> Float32:
    """Alpha at the resolution of ``color``.

    Exactly 1 and 0 where the probability is certain and no edge is near; in the uncertain band it follows colour.

    Args:
        color: (H, W, 3) RGB, sRGB-encoded.
        probability: (h, w) in [0, 1], any size, the same field of view edge to edge.
        depth: metres, any size, the same field of view, NaN = not measured. Its edges widen the band.
        options: ``PHOTO_MATTING`` or ``VIDEO_MATTING``, or one's own.
    Returns:
        (H, W) float32 in [0, 1].
    Raises:
        FrameError: an array is not of that form.
    """
    probability = _checked(color, probability)
    bands = Bands()
    sizes = _sizes(color.shape[:2], options.working_side)
    guides = _guides(color, sizes)
    band = _band(probability, sizes[0], depth, options).astype(np.float32)
    solution: _Solution | None = None
    for level in range(len(sizes) - 1, -1, -1):
        unknown = resized(band, sizes[level]) > 0
        coarse = resized(probability, sizes[level])
        if solution is None:
            start = (coarse > 0.5).astype(np.float32)
            start[unknown] = coarse[unknown]
        else:
            start, unknown = _refined(resized(solution.inner(), sizes[level]), coarse > 0.5, unknown)
            if np.count_nonzero(unknown) > _MOST_UNKNOWN:
                break
        solution = _solved(
            guides[level], coarse, unknown, start, options, round(options.iterations * 1.5**level), bands
        )
    assert solution is not None
    return _at_full_size(color, solution, bands)


def find_trimap(
    probability: Float32,
    size: tuple[int, int],
    *,
    depth: Float32 | None = None,
    options: MattingOptions = PHOTO_MATTING,
) -> UInt8:
    """What ``refine_alpha`` takes as settled and what it solves for, to look at.

    Returns:
        (H, W) of ``size``: 0 background, 128 unknown, 255 the person.
    """
    band = resized(_band(probability, size, depth, options).astype(np.float32), size) > 0
    trimap = np.where(resized(probability, size) > 0.5, np.uint8(255), np.uint8(0))
    trimap[band] = 128
    return trimap


def _checked(color: UInt8, probability: Float32) -> Float32:
    check_color(color)
    if not isinstance(probability, np.ndarray) or probability.dtype != np.float32 or probability.ndim != 2:
        raise FrameError(f"probability is {describe(probability)}; expected an (h, w) float32 array")
    if probability.size == 0:
        raise FrameError(f"probability has no pixels ({describe(probability)})")
    if not np.isfinite(probability).all():
        raise FrameError("probability holds NaN or infinity; expected numbers in [0, 1] (0.5 where nothing is known)")
    return np.clip(probability, 0, 1)


def _sizes(size: tuple[int, int], working_side: int) -> list[tuple[int, int]]:
    """(h, w) from the working size down, each half the one before."""
    scale = min(1.0, working_side / max(size))
    sizes = [(max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))]
    while max(sizes[-1]) > _COARSEST:
        sizes.append((max(1, sizes[-1][0] // 2), max(1, sizes[-1][1] // 2)))
    return sizes


def _guides(color: UInt8, sizes: list[tuple[int, int]]) -> list[UInt8]:
    guides = [color]
    for size in sizes:
        guides.append(resized(guides[-1], size))
    return guides[1:]


def _band(probability: Float32, size: tuple[int, int], depth: Float32 | None, options: MattingOptions) -> Bool:
    return uncertain_band(probability, size, depth=depth, doubt=options.doubt, reach=options.band)


def _refined(alpha: Float32, person: Bool, unknown: Bool) -> tuple[Float32, Bool]:
    """What a coarser size found, as the start of a finer one, and what of the unknown is left to be solved there.

    Where the probability is certain its word holds. A gap between arm and body may be narrower than the uncertain band
    of a coarser size, which closed it; whatever is near such a place is solved once more.

    Args:
        alpha: of the coarser size, enlarged.
        person: what the probability says where nothing is unknown.
    """
    mixed = ((alpha > 0.01) & (alpha < 0.99)).astype(np.uint8)
    near = cv2.dilate(mixed, np.ones((5, 5), np.uint8)) > 0
    found = alpha > 0.5
    closed = ~unknown & (found != person)
    if closed.any():
        width = 2 * round(_GAP * max(alpha.shape)) + 1
        near |= cv2.dilate(closed.astype(np.uint8), np.ones((width, width), np.uint8)) > 0
    left: Bool = unknown & near
    settled = np.where(unknown, found, person)
    return np.where(left, alpha, settled.astype(np.float32)), left


def _solved(
    guide: UInt8,
    probability: Float32,
    unknown: Bool,
    start: Float32,
    options: MattingOptions,
    iterations: int,
    bands: Bands,
) -> _Solution:
    """Closed-form alpha of one size; outside ``unknown`` it stays as it starts."""
    from rgbd_seg import matting_kernels as kernels  # Numba takes half a second to import

    border = kernels.BORDER
    mask = np.pad(unknown.view(np.uint8), border)
    runs = kernels.find_runs(mask)
    colors = _planes(guide, border)
    trust = _bordered(np.float32(options.trust) * (2 * probability - 1) ** 2 + _LEAST_TRUST, border)
    target = _bordered(np.clip((probability - 0.5) * _STRETCH + 0.5, 0, 1), border)
    alpha = _bordered(start, border)
    mean, inverse = np.empty_like(colors), np.empty((6, *alpha.shape), np.float32)
    around = kernels.find_runs(cv2.dilate(mask, np.ones((3, 3), np.uint8)))
    kernels.window_models(colors, around, _NOISE, mean, inverse)
    matrix = np.empty((25, runs[-1, 3]), np.float32)
    bands.run(
        lambda first, last: kernels.assemble(colors, mean, inverse, runs, first, last, trust, matrix), len(runs) - 1
    )
    kernels.solve(matrix, runs, trust, target, alpha, iterations, _TOLERANCE)
    return _Solution(_bordered(np.clip(alpha[border:-border, border:-border], 0, 1), border), colors)


def _at_full_size(color: UInt8, solution: _Solution, bands: Bands) -> Float32:
    from rgbd_seg import matting_kernels as kernels

    inner = solution.inner()
    if inner.shape == color.shape[:2]:
        sharp: Float32 = np.clip((inner - _CLEAR) * np.float32(1 / (_SOLID - _CLEAR)), 0, 1)
        return sharp
    alpha, guide = solution.alpha, solution.guide
    square = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(alpha, square), cv2.dilate(alpha, square)
    active = cv2.dilate(((low < 1) & (high > 0)).astype(np.uint8), square)
    # Two pixels more: one for the four neighbours of a full-size pixel, one for the mean of the functions.
    needed = cv2.dilate(active, np.ones((5, 5), np.uint8))
    needed[[0, -1]] = 0
    needed[:, [0, -1]] = 0
    runs = kernels.find_runs(needed)
    mean, inverse = np.empty_like(guide), np.empty((6, *alpha.shape), np.float32)
    lines = np.zeros((*alpha.shape, 4), np.float32)
    kernels.window_models(guide, runs, _PIXEL_NOISE, mean, inverse)
    kernels.line_models(guide, mean, inverse, runs, alpha, lines)
    mean_lines: Float32 = cv2.blur(lines, (3, 3))
    result = np.empty(color.shape[:2], np.float32)
    bands.run(
        lambda first, last: kernels.render(color, alpha, mean_lines, active, _CLEAR, _SOLID, first, last, result),
        color.shape[0],
    )
    return result


def _bordered(values: Float32, border: int) -> Float32:
    result: Float32 = cv2.copyMakeBorder(values, border, border, border, border, cv2.BORDER_REPLICATE)
    return result


def _planes(guide: UInt8, border: int) -> Float32:
    """(3, h, w) in [0, 1] with a border."""
    bordered = cv2.copyMakeBorder(guide, border, border, border, border, cv2.BORDER_REPLICATE)
    planes = np.empty((3, *bordered.shape[:2]), np.float32)
    np.multiply(bordered.transpose(2, 0, 1), np.float32(1 / 255), out=planes)
    return planes
