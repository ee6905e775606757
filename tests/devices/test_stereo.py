"""Depth from two colour cameras: rendered pairs with known distances."""

from pathlib import Path

import numpy as np
import pytest
from fake_capture import FakeCapture

from rgbd_devices.drivers.stereo import StereoDriver
from rgbd_devices.drivers.stereo_matching import StereoMatcher, StereoOptions
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, KannalaBrandt
from rgbd_seg.errors import CalibrationError, ConfigError, DeviceError, FrameError
from rgbd_seg.transform import RigidTransform

NEAR, FAR, BASELINE = 0.8, 1.6, 0.05
LENS = BrownConrady((-0.12, 0.05, 0.001, -0.0005, 0.0))
SMALL = Intrinsics.from_field_of_view(640, 480, 70)


def rig(*, tilt: float = 0.02, baseline: float = BASELINE) -> Calibration:
    """Two cameras with lenses that bend, not quite parallel; the left one is ``color``."""
    left = Intrinsics(**{**vars(SMALL), "distortion": LENS})
    right = Intrinsics(**{**vars(SMALL), "fx": SMALL.fx * 1.01, "fy": SMALL.fy * 1.01, "distortion": LENS})
    pose = RigidTransform.from_rotation_vector((tilt / 2, tilt, -tilt / 2), (baseline, 0.001, 0.002))
    return Calibration(color=left, depth=right, T_color_depth=pose, metres_per_unit=0.001)


def texture(points: np.ndarray) -> np.ndarray:
    """Colours (…, 3) fixed to places in the world: waves too irregular to be mistaken for each other."""
    noise = np.random.default_rng(3)
    total = np.zeros((*points.shape[:-1], 3))
    for _ in range(40):
        wave, phase, weight = noise.normal(0, 60, 3), noise.uniform(0, 6.28), noise.uniform(0.5, 1, 3)
        total += np.sin(points @ wave + phase)[..., None] * weight
    return (128 + 18 * total).clip(0, 255).astype(np.uint8)


def view(camera: Intrinsics, pose: RigidTransform) -> tuple[np.ndarray, np.ndarray]:
    """Picture of a near square before a far wall, and distance along the *left* camera's axis."""
    rays, valid = camera.rays(camera.pixel_grid())
    assert valid.all()
    directions = np.concatenate([rays, np.ones((*rays.shape[:2], 1))], -1) @ pose.rotation.T
    origin = pose.translation

    def hit(z: float) -> np.ndarray:
        return origin + directions * ((z - origin[2]) / directions[..., 2])[..., None]

    near, far = hit(NEAR), hit(FAR)
    is_near = (np.abs(near[..., 0] - 0.05) < 0.2) & (np.abs(near[..., 1]) < 0.2)
    return texture(np.where(is_near[..., None], near, far)), np.where(is_near, NEAR, FAR)


def pictures(cameras: Calibration) -> tuple[np.ndarray, np.ndarray]:
    left, _ = view(cameras.color, RigidTransform.identity())
    right, _ = view(cameras.depth, cameras.T_color_depth)
    return left, right


@pytest.mark.parametrize(("downscale", "disparities", "limit"), [(1, 96, 0.015), (2, 48, 0.025)])
def test_distances_are_right(downscale: int, disparities: int, limit: float) -> None:
    cameras = rig()
    matcher = StereoMatcher(cameras, StereoOptions(downscale=downscale, disparities=disparities))
    depth, confidence = matcher.match(*pictures(cameras))
    calibration = matcher.calibration
    assert depth.shape == confidence.shape == calibration.depth.size
    points, valid = calibration.depth.deproject(
        calibration.depth.pixel_grid(), np.where(depth > 0, depth * calibration.metres_per_unit, np.nan)
    )
    points = calibration.T_color_depth.apply(points)  # in the left camera, whose axis the scene is square to
    x, y, z = np.moveaxis(points, -1, 0)
    truth = np.where((np.abs(x - 0.05) < 0.2) & (np.abs(y) < 0.2) & (z < 1.2), NEAR, FAR)
    error = (np.abs(z - truth) / truth)[valid]  # SGBM locks to whole pixels by up to 0.15 px
    assert valid.mean() > 0.6  # the strip that only one camera sees is not measured
    assert np.median(error) < limit
    assert np.mean(error > 0.05) < 0.1
    sure = confidence[valid] > 0.5
    assert np.mean(error[sure] > 0.05) <= np.mean(error > 0.05)
    assert set(np.unique(confidence[~(depth > 0)])) <= {0.0} or confidence[depth == 0].mean() < confidence[valid].mean()


def test_what_only_one_camera_sees_is_not_guessed() -> None:
    """Left of the near square the wall is hidden from the right camera."""
    cameras = rig(tilt=0.0)
    matcher = StereoMatcher(cameras, StereoOptions(downscale=1, disparities=96, left_right_limit=1.0))
    left, right = pictures(cameras)
    depth, _ = matcher.match(left, right)
    unchecked, _ = StereoMatcher(cameras, StereoOptions(downscale=1, disparities=96, left_right_limit=100)).match(
        left, right
    )
    assert (depth > 0).mean() < (unchecked > 0).mean() - 0.01


def test_noise_in_one_camera_is_not_depth() -> None:
    cameras = rig()
    left, _ = pictures(cameras)
    noise = np.random.default_rng(0).integers(0, 256, left.shape, dtype=np.uint8)
    depth, confidence = StereoMatcher(cameras, StereoOptions(downscale=1, disparities=96)).match(left, noise)
    assert (depth > 0).mean() < 0.2
    assert confidence.mean() < 0.2


def test_rigs_that_are_none() -> None:
    with pytest.raises(CalibrationError, match="level pair"):
        StereoMatcher(rig(baseline=-BASELINE))
    unequal = Calibration(**{**vars(rig()), "depth": SMALL.resized(320, 240)})
    with pytest.raises(CalibrationError, match="equal sizes"):
        StereoMatcher(unequal)
    fisheye = Intrinsics(**{**vars(SMALL), "distortion": KannalaBrandt((0.1, 0.0, 0.0, 0.0))})
    with pytest.raises(CalibrationError, match="kannala"):
        StereoMatcher(Calibration(**{**vars(rig()), "color": fisheye}))
    with pytest.raises(ConfigError, match="block"):
        StereoOptions(block=0)
    with pytest.raises(FrameError, match="left"):
        StereoMatcher(rig()).match(np.zeros((10, 10, 3), np.uint8), np.zeros((10, 10, 3), np.uint8))


def test_two_webcams_are_a_depth_camera(tmp_path: Path) -> None:
    cameras = rig()
    cameras.save(tmp_path / "pair.json")
    left, right = pictures(cameras)
    captures = {
        "/dev/video0": FakeCapture(lambda number, size: left[..., ::-1], sizes=((640, 480),), rate=30),
        "/dev/video2": FakeCapture(lambda number, size: right[..., ::-1], sizes=((640, 480),), rate=30),
    }
    address = f"/dev/video0,/dev/video2?calibration={tmp_path / 'pair.json'}&disparities=48"
    with StereoDriver(captures.__getitem__)(address) as camera:
        frame = camera.read(5.0)
        assert camera.capabilities.confidence
    np.testing.assert_array_equal(frame.color, left)
    assert frame.confidence is not None
    measured = frame.raw_depth[frame.raw_depth > 0] * 0.001
    assert np.isclose(measured, NEAR, atol=0.05).mean() > 0.05
    assert np.isclose(measured, FAR, atol=0.15).mean() > 0.4
    assert all(capture.released.wait(1) for capture in captures.values())


def test_addresses(tmp_path: Path) -> None:
    for address in ("", "/dev/video0", "/dev/video0,/dev/video2", ",?calibration=a.json"):
        with pytest.raises(ConfigError, match="two cameras"):
            StereoDriver()(address)
    rig().save(tmp_path / "pair.json")
    with pytest.raises(DeviceError), StereoDriver()(f"/dev/none0,/dev/none1?calibration={tmp_path / 'pair.json'}"):
        pass
    assert StereoDriver().list() == []
