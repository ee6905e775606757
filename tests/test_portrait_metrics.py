"""The matting metrics: by hand, against a literal slow reading of the papers, and their properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rgbd_seg.errors import FrameError
from rgbd_seg.training import metrics

SIZE = (9, 11)
unit = st.floats(0, 1, width=32)
# Levels a tenth apart hit the connectivity metric's steps exactly, so half a step is added.
levels = st.sampled_from([0.0, 0.05, 0.25, 0.45, 0.65, 0.85, 1.0])
mattes = arrays.arrays(np.float32, SIZE, elements=levels)


def _square(size: tuple[int, int] = (20, 20), low: int = 5, high: int = 15) -> np.ndarray:
    alpha = np.zeros(size, np.float32)
    alpha[low:high, low:high] = 1
    return alpha


def slow_grad(alpha: np.ndarray, truth: np.ndarray) -> float:
    """Written from the paper, one pixel at a time."""
    sigma, half = 1.4, 0
    while math.exp(-(half**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi)) > 1e-2:
        half += 1
    kernel = {}
    for i in range(-half, half + 1):
        for j in range(-half, half + 1):
            kernel[i, j] = -j * math.exp(-(i * i + j * j) / (2 * sigma**2))
    norm = math.sqrt(sum(value**2 for value in kernel.values()))
    height, width = alpha.shape

    def amplitude(matte: np.ndarray, y: int, x: int) -> float:
        across = down = 0.0
        for (i, j), value in kernel.items():
            for swap in (False, True):
                dy, dx = (j, i) if swap else (i, j)
                pixel = float(matte[min(max(y + dy, 0), height - 1), min(max(x + dx, 0), width - 1)])
                if swap:
                    down += value / norm * pixel
                else:
                    across += value / norm * pixel
        return math.hypot(across, down)

    pixels = [(y, x) for y in range(height) for x in range(width)]
    return sum((amplitude(alpha, *p) - amplitude(truth, *p)) ** 2 for p in pixels) / 1000


def _flooded(mask: np.ndarray, start: tuple[int, int]) -> set[tuple[int, int]]:
    region, todo = {start}, [start]
    while todo:
        y, x = todo.pop()
        for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            inside = 0 <= near[0] < mask.shape[0] and 0 <= near[1] < mask.shape[1]
            if inside and mask[near] and near not in region:
                region.add(near)
                todo.append(near)
    return region


def slow_conn(alpha: np.ndarray, truth: np.ndarray) -> float:
    """Written from the paper, with a flood fill of its own."""
    level = {(y, x): 1.0 for y in range(alpha.shape[0]) for x in range(alpha.shape[1])}
    settled: set[tuple[int, int]] = set()
    for step in range(1, 11):
        mask = (alpha >= step / 10 - 1e-7) & (truth >= step / 10 - 1e-7)
        regions: list[set[tuple[int, int]]] = []
        for y, x in zip(*np.nonzero(mask), strict=True):
            if not any((y, x) in region for region in regions):
                regions.append(_flooded(mask, (int(y), int(x))))
        omega = max(regions, key=len, default=set())  # the first of equals, in reading order
        for pixel in level:
            if pixel not in omega and pixel not in settled:
                level[pixel] = (step - 1) / 10
                settled.add(pixel)

    def phi(matte: np.ndarray, pixel: tuple[int, int]) -> float:
        above = float(matte[pixel]) - level[pixel]
        return 1 - (above if above >= 0.15 else 0.0)

    return sum(abs(phi(truth, pixel) - phi(alpha, pixel)) for pixel in level) / 1000


def test_by_hand() -> None:
    truth = _square()
    alpha = truth.copy()
    alpha[5, 5:15] = 0.25  # ten pixels, 0.75 too little
    alpha[0, 0] = 0.5
    assert metrics.sad(alpha, truth) == pytest.approx(8 / 1000)
    assert metrics.mse(alpha, truth) == pytest.approx((10 * 0.75**2 + 0.25) / 400)
    assert metrics.iou(alpha, truth) == pytest.approx(90 / 100)
    assert metrics.iou(alpha, truth, threshold=0.2) == pytest.approx(100 / 101)


def test_a_step_has_the_gradient_of_its_kernel() -> None:
    """A straight edge's response is the running sum of the derivative filter: known in closed form."""
    x = np.arange(-4, 5)
    gaussian, slope = np.exp(-(x**2) / 3.92), x * np.exp(-(x**2) / 3.92)
    gaussian, slope = gaussian / np.linalg.norm(gaussian), slope / np.linalg.norm(slope)
    response = np.cumsum(slope) * gaussian.sum()
    truth = np.zeros((40, 40), np.float32)
    truth[:, 20:] = 1
    nothing = np.zeros_like(truth)
    assert metrics.grad(nothing, truth) == pytest.approx(40 * (response**2).sum() / 1000, rel=1e-6)


def test_something_that_hangs_loose_counts_as_unconnected() -> None:
    truth, alpha = _square(), _square()
    alpha[0:3, 0:2] = 0.8  # six pixels that touch nothing
    assert metrics.conn(alpha, truth) == pytest.approx(6 * 0.8 / 1000)
    alpha = _square()
    alpha[4, 5:15] = 0.1  # less than θ above nothing: connected
    assert metrics.conn(alpha, truth) == 0


@settings(max_examples=12, deadline=None)
@given(alpha=mattes, truth=mattes)
def test_gradient_and_connectivity_as_the_papers_say(alpha: np.ndarray, truth: np.ndarray) -> None:
    assert metrics.grad(alpha, truth) == pytest.approx(slow_grad(alpha, truth), rel=1e-4, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(alpha=mattes, truth=mattes)
def test_connectivity_as_the_paper_says(alpha: np.ndarray, truth: np.ndarray) -> None:
    mask = np.minimum(alpha, truth)
    ties = any(_tied(mask >= step / 10) for step in range(1, 11))
    if not ties:  # which of two equal regions is the largest is nobody's rule
        assert metrics.conn(alpha, truth) == pytest.approx(slow_conn(alpha, truth), abs=1e-6)


def _tied(mask: np.ndarray) -> bool:
    seen: set[tuple[int, int]] = set()
    sizes = []
    for y, x in zip(*np.nonzero(mask), strict=True):
        if (int(y), int(x)) not in seen:
            region = _flooded(mask, (int(y), int(x)))
            seen |= region
            sizes.append(len(region))
    return len(sizes) > 1 and sorted(sizes)[-1] == sorted(sizes)[-2]


@settings(max_examples=40, deadline=None)
@given(truth=mattes)
def test_the_truth_itself_has_no_error(truth: np.ndarray) -> None:
    for error in (metrics.sad, metrics.mse, metrics.grad, metrics.conn, metrics.hair_sad):
        assert error(truth, truth) == 0
    assert metrics.iou(truth, truth) == 1
    assert metrics.boundary_f(truth, truth) == 1
    assert metrics.kept_coverage(truth, truth, 1 - truth) == 0
    assert metrics.dtssd((truth, truth), (truth, truth)) == 0


@settings(max_examples=40, deadline=None)
@given(truth=mattes, first=mattes, second=mattes)
def test_what_is_not_scored_changes_nothing(truth: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    scored = np.ones(SIZE, np.bool_)
    scored[3:6, 2:7] = False
    other = np.where(scored, first, second)
    people = np.full(SIZE, 0.5, np.float32)
    for error in (metrics.sad, metrics.mse, metrics.grad, metrics.conn, metrics.iou, metrics.boundary_f):
        assert error(first, truth, scored) == error(other, truth, scored)
    assert metrics.kept_coverage(first, truth, people, scored) == metrics.kept_coverage(other, truth, people, scored)
    assert metrics.reliability(first, truth, scored).error() == metrics.reliability(other, truth, scored).error()


@settings(max_examples=30, deadline=None)
@given(alpha=mattes, truth=mattes)
def test_pointwise_errors_do_not_care_which_is_which(alpha: np.ndarray, truth: np.ndarray) -> None:
    for error in (metrics.sad, metrics.mse, metrics.grad, metrics.conn, metrics.iou, metrics.boundary_f):
        assert error(alpha, truth) == pytest.approx(error(truth, alpha))


def test_outlines_within_the_tolerance_count_as_met() -> None:
    truth = _square((100, 100), 30, 70)
    assert metrics.boundary_f(np.roll(truth, 2, axis=1), truth) == 1  # 0.008 × 141 = 1.1, rounded up to 2
    shifted = metrics.boundary_f(np.roll(truth, 3, axis=1), truth)
    assert 0.4 < shifted < 0.7  # the two upright sides are missed
    assert metrics.boundary_f(np.zeros_like(truth), truth) == 0
    full = np.ones_like(truth)
    assert metrics.boundary_f(full, full) == 1


def test_hair_is_where_softness_has_a_width() -> None:
    alpha = _square((200, 200), 60, 160)
    alpha[59, 60:160] = 0.5  # an antialiased edge
    assert not metrics.hair_band(alpha).any()
    rng = np.random.default_rng(0)
    alpha[30:60, 80:140] = rng.uniform(0.1, 0.9, (30, 60))
    band = metrics.hair_band(alpha)
    assert band[40, 100]
    assert band[32:58, 82:138].all()
    assert not band[150, 60]
    assert 30 * 60 < band.sum() < 40 * 72
    assert metrics.hair_sad(np.where(band, alpha, 0), alpha) == 0
    assert metrics.hair_sad(np.zeros_like(alpha), alpha) > 0.5


def test_leak_counts_other_people_only() -> None:
    truth, others = _square(), np.zeros((20, 20), np.float32)
    others[0:4, 0:5] = 1
    everything = np.ones_like(truth)
    assert metrics.kept_coverage(everything, truth, others) == 20
    assert metrics.kept_coverage(everything / 2, truth, others) == 10
    assert metrics.kept_coverage(truth, truth, others) == 0


def test_held_object() -> None:
    truth, held = _square(), np.zeros((20, 20), np.float32)
    assert metrics.held_recall(truth, truth, held) is None
    held[5:7, 5:15] = 1
    lost = truth.copy()
    lost[5] = 0
    assert metrics.held_recall(lost, truth, held) == pytest.approx(0.5)
    assert metrics.held_recall(truth, truth, held) == 1


def test_flicker() -> None:
    still, moving = np.zeros((10, 10), np.float32), np.full((10, 10), 0.5, np.float32)
    assert metrics.dtssd((still, still), (moving, moving)) == 0  # the truth moves alike
    assert metrics.dtssd((still, still), (moving, still)) == pytest.approx(50)


def test_calibration_error_by_hand() -> None:
    probability = np.full((10, 10), 0.9, np.float32)
    truth = np.zeros((10, 10), np.float32)
    truth.ravel()[:60] = 1
    assert metrics.reliability(probability, truth).error() == pytest.approx(0.3, abs=1e-6)
    honest = metrics.reliability(np.full((10, 10), 0.6, np.float32), truth)
    assert honest.error() == pytest.approx(0, abs=1e-6)
    both = honest + metrics.reliability(probability, truth)
    assert both.error() == pytest.approx(0.15, abs=1e-6)
    assert metrics.reliability(np.ones((2, 2), np.float32), np.ones((2, 2), np.float32)).count[-1] == 4


@pytest.mark.parametrize("error", [metrics.sad, metrics.mse, metrics.iou, metrics.grad, metrics.conn])
def test_wrong_arrays_are_refused(error: object) -> None:
    truth = _square()
    for alpha in (truth[:5], truth.astype(np.float64), truth + np.nan, truth * 2):
        with pytest.raises(FrameError):
            error(alpha, truth)  # type: ignore[operator]
    with pytest.raises(FrameError, match="scored"):
        error(truth, truth, truth)  # type: ignore[operator]
