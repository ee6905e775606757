"""Frames refuse what breaks the contracts."""

import numpy as np
import pytest

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import AlphaMatte, RawFrame, RgbdFrame, Segmentation, Timestamp, check_pair, measured
from rgbd_seg.transform import RigidTransform

COLOR = np.zeros((4, 6, 3), np.uint8)
CAMERA = Intrinsics.from_field_of_view(6, 4, 60)


def depth(value: float) -> np.ndarray:
    return np.full((2, 3), value, np.float32)


@pytest.mark.parametrize("value", [0.0, -1.0, np.inf, -np.inf])
def test_depth_that_is_no_distance_is_refused(value):
    with pytest.raises(FrameError, match="NaN where not measured"):
        RgbdFrame(color=COLOR, depth=depth(value))


def test_holes_are_nan_and_allowed():
    assert np.isnan(RgbdFrame(color=COLOR, depth=depth(np.nan)).depth).all()


def test_measured_marks_everything_that_is_no_distance():
    values = np.array([[0, -1, np.inf, np.nan, 2]], np.float32)
    assert np.isnan(measured(values)).tolist() == [[True, True, True, True, False]]


@pytest.mark.parametrize(
    "color",
    [COLOR[..., 0], COLOR.astype(np.float32), np.zeros((4, 6, 4), np.uint8), np.zeros((0, 6, 3), np.uint8), "picture"],
)
def test_what_is_no_rgb_picture_is_refused(color):
    with pytest.raises(FrameError):
        RgbdFrame(color=color)


def test_parts_must_fit_each_other():
    with pytest.raises(FrameError, match="without depth"):
        RgbdFrame(color=COLOR, confidence=depth(1))
    with pytest.raises(FrameError, match="shape"):
        RgbdFrame(color=COLOR, depth=depth(1), confidence=np.ones((4, 6), np.float32))
    with pytest.raises(FrameError, match="shadow"):
        RgbdFrame(color=COLOR, depth=depth(1), shadow=depth(1))
    with pytest.raises(FrameError, match="resized"):
        RgbdFrame(color=COLOR, intrinsics=CAMERA.resized(12, 8))
    with pytest.raises(FrameError, match="float32"):
        Segmentation(value=depth(1), probability=np.ones((4, 6), np.float32))


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.1, np.inf])
def test_alpha_that_is_no_coverage_is_refused(value):
    alpha = np.ones((4, 6), np.float32)
    alpha[1, 2] = value
    with pytest.raises(FrameError, match="0 to 1"):
        AlphaMatte(alpha=alpha)


@pytest.mark.parametrize("wrong", [None, [[1.0]], "map"])
def test_what_is_no_array_is_refused(wrong):
    calibration = Calibration(
        color=CAMERA, depth=CAMERA, T_color_depth=RigidTransform.identity(), metres_per_unit=0.001
    )
    with pytest.raises(FrameError):
        AlphaMatte(alpha=wrong)
    with pytest.raises(FrameError):
        RawFrame(color=COLOR, raw_depth=wrong, calibration=calibration)
    if wrong is not None:
        with pytest.raises(FrameError):
            RgbdFrame(color=COLOR, depth=wrong)


def test_raw_depth_must_be_sixteen_bit():
    calibration = Calibration(
        color=CAMERA, depth=CAMERA, T_color_depth=RigidTransform.identity(), metres_per_unit=0.001
    )
    with pytest.raises(FrameError, match="uint16"):
        RawFrame(color=COLOR, raw_depth=depth(1), calibration=calibration)


@pytest.mark.parametrize("value", [np.nan, -0.1, 255.0])
def test_confidence_is_a_share(value):
    confidence = np.full((4, 6), value, np.float32)
    with pytest.raises(FrameError, match="confidence holds NaN or values outside"):
        RgbdFrame(color=COLOR, depth=np.ones((4, 6), np.float32), confidence=confidence)
    with pytest.raises(FrameError, match="value holds NaN or values outside"):
        Segmentation(value=confidence, probability=np.zeros((4, 6), np.float32))


def test_a_matte_of_another_frame_is_refused():
    frame = RgbdFrame(color=COLOR, timestamp=Timestamp(20, "device"))
    alpha = np.ones((4, 6), np.float32)
    check_pair(frame, AlphaMatte(alpha=alpha, timestamp=Timestamp(20, "device")))
    with pytest.raises(FrameError, match="composite the frame"):
        check_pair(frame, AlphaMatte(alpha=alpha, timestamp=Timestamp(10, "device")))
    with pytest.raises(FrameError, match="size"):
        check_pair(frame, AlphaMatte(alpha=alpha[:2], timestamp=Timestamp(20, "device")))
