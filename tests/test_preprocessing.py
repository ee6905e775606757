"""Pictures on their way to a network and back."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.errors import FrameError
from rgbd_seg.preprocessing import Fitting, PreparedPicture
from rgbd_seg.scaling import resized

sides = st.integers(1, 300)
fittings = st.builds(
    Fitting,
    width=st.integers(8, 96),
    height=st.integers(8, 96),
    letterbox=st.booleans(),
    turn_landscape=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(height=sides, width=sides, fitting=fittings)
def test_any_picture_becomes_a_tensor_and_any_answer_a_map(height: int, width: int, fitting: Fitting) -> None:
    picture = PreparedPicture(np.full((height, width, 3), 200, np.uint8))
    tensor = picture.tensor(fitting)
    assert tensor.shape == (fitting.height, fitting.width, 3)
    assert tensor.dtype == np.float32
    restored = picture.restore(tensor[..., 0], fitting)
    assert restored.size > 0
    np.testing.assert_allclose(restored, 200 / 255, atol=1e-6)  # no grey bar is left in it


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(60, 300),
    width=st.integers(60, 300),
    x=st.floats(0.2, 0.8),
    y=st.floats(0.2, 0.8),
    fitting=fittings,
)
def test_what_a_network_finds_comes_back_where_it_was(
    height: int, width: int, x: float, y: float, fitting: Fitting
) -> None:
    color = np.zeros((height, width, 3), np.uint8)
    cv2.circle(color, (int(x * width), int(y * height)), min(height, width) // 6, (255, 0, 0), -1)
    rows, columns = np.nonzero(color[..., 0])
    picture = PreparedPicture(color)
    found = picture.restore(picture.tensor(fitting)[..., 0], fitting)
    weight = found / found.sum()
    centre_y = float((weight.sum(axis=1) * (np.arange(found.shape[0]) + 0.5)).sum()) / found.shape[0]
    centre_x = float((weight.sum(axis=0) * (np.arange(found.shape[1]) + 0.5)).sum()) / found.shape[1]
    # Within half a pixel of the network, which is all that rounding the box to whole pixels may cost.
    assert centre_y == pytest.approx((rows.mean() + 0.5) / height, abs=0.6 / found.shape[0])
    assert centre_x == pytest.approx((columns.mean() + 0.5) / width, abs=0.6 / found.shape[1])


def test_a_landscape_picture_is_turned_only_if_asked() -> None:
    color = np.zeros((20, 40, 3), np.uint8)
    color[:, :10] = 255  # its left edge
    upright = PreparedPicture(color).tensor(Fitting(width=32, height=32))
    turned = PreparedPicture(color).tensor(Fitting(width=32, height=32, turn_landscape=True))
    assert upright[:, 0].min() == 1
    assert turned[0].min() == 1  # the left edge is on top after a clockwise turn
    portrait = color.transpose(1, 0, 2)
    np.testing.assert_array_equal(
        PreparedPicture(portrait).tensor(Fitting(width=32, height=32)),
        PreparedPicture(portrait).tensor(Fitting(width=32, height=32, turn_landscape=True)),
    )


def test_networks_of_one_size_share_one_tensor() -> None:
    picture = PreparedPicture(np.zeros((50, 40, 3), np.uint8))
    first = picture.tensor(Fitting(width=16, height=16))
    assert picture.tensor(Fitting(width=16, height=16)) is first
    assert picture.tensor(Fitting(width=16, height=8)) is not first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


@settings(max_examples=40, deadline=None)
@given(height=st.integers(64, 400), width=st.integers(64, 400), seed=st.integers(0, 9))
def test_shrinking_counts_every_pixel(height: int, width: int, seed: int) -> None:
    color = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    small = resized(color, (16, 24))
    # Noise averages out; picking single pixels would keep its standard deviation of 74.
    assert small.std() < 74 * 0.6
    # An odd side loses its last line's full weight at each halving.
    assert small.mean() == pytest.approx(color.mean(), abs=3)


def test_a_side_that_grows_does_not_stop_the_other_from_being_averaged() -> None:
    color = np.zeros((176, 60, 3), np.uint8)
    color[::8] = 255  # one row in eight: picking single rows would find all of it or nothing
    np.testing.assert_allclose(resized(color, (11, 64)), 32, atol=2)


def test_shrinking_is_close_to_one_area_filter() -> None:
    rng = np.random.default_rng(0)
    color = cv2.resize(rng.integers(0, 256, (60, 80, 3), np.uint8), (1280, 960), interpolation=cv2.INTER_CUBIC)
    exact = cv2.resize(color, (256, 256), interpolation=cv2.INTER_AREA)
    assert np.abs(resized(color, (256, 256)).astype(int) - exact).mean() < 2


def test_a_picture_of_another_kind_is_refused() -> None:
    with pytest.raises(FrameError, match="RGB"):
        PreparedPicture(np.zeros((4, 4), np.uint8))
    with pytest.raises(FrameError, match="no pixels"):
        PreparedPicture(np.zeros((0, 4, 3), np.uint8))
