"""Pixels to rays and back, true after every change of the picture, and the same as OpenCV's."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lenses import BROWN_14, FISHEYE, LENSES

from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, KannalaBrandt, RadialTable
from rgbd_seg.errors import CalibrationError, CalibrationMismatchError, ConfigError
from rgbd_seg.undistortion import undistort_depth, undistort_picture

lens_names = st.sampled_from(sorted(LENSES))
quick = settings(max_examples=30, deadline=None)


def camera(lens: str) -> Intrinsics:
    return Intrinsics(width=640, height=480, fx=521.3, fy=517.9, cx=322.4, cy=236.8, distortion=LENSES[lens])


def points_in_view(seed: int, count: int = 50) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.2, 8, count)
    return np.stack([rng.uniform(-0.55, 0.55, count) * z, rng.uniform(-0.42, 0.42, count) * z, z], axis=-1)


@quick
@given(lens=lens_names, seed=st.integers(0, 1000))
def test_deproject_undoes_project(lens: str, seed: int) -> None:
    points = points_in_view(seed)
    pixels, visible = camera(lens).project(points)
    back, valid = camera(lens).deproject(pixels, points[:, 2])
    assert visible.all()
    assert valid.all()
    np.testing.assert_allclose(back, points, rtol=1e-6, atol=1e-7)


@quick
@given(lens=lens_names, seed=st.integers(0, 1000))
def test_project_undoes_deproject(lens: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.uniform((0, 0), (639, 479), (50, 2))
    points, valid = camera(lens).deproject(pixels, rng.uniform(0.1, 9, 50))
    assert valid.all()
    again, visible = camera(lens).project(points)
    assert visible.all()
    np.testing.assert_allclose(again, pixels, atol=1e-5)


@quick
@given(lens=lens_names, width=st.integers(1, 2000), height=st.integers(1, 2000), seed=st.integers(0, 99))
def test_resized_camera_sees_the_same_place(lens: str, width: int, height: int, seed: int) -> None:
    original, points = camera(lens), points_in_view(seed)
    scaled = original.resized(width, height)
    assert scaled.size == (height, width)
    pixels, _ = original.project(points)
    expected = (pixels + 0.5) * (width / 640, height / 480) - 0.5
    np.testing.assert_allclose(scaled.project(points)[0], expected, atol=1e-6)


@quick
@given(lens=lens_names, left=st.integers(-50, 500), top=st.integers(-50, 400), seed=st.integers(0, 99))
def test_cropped_camera_sees_the_same_place(lens: str, left: int, top: int, seed: int) -> None:
    original, points = camera(lens), points_in_view(seed)
    cut = original.cropped(left, top, 100, 80)
    np.testing.assert_allclose(cut.project(points)[0] + (left, top), original.project(points)[0], atol=1e-8)
    assert cut.size == (80, 100)


@quick
@given(lens=st.sampled_from(sorted(set(LENSES) - {"brown14"})), turns=st.integers(-4, 8), seed=st.integers(0, 99))
def test_rotated_camera_sees_the_turned_picture(lens: str, turns: int, seed: int) -> None:
    original, points = camera(lens), points_in_view(seed)
    turned = original.rotated(turns)
    pixels, _ = original.project(points)
    angle = np.pi / 2 * turns
    about_axis = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    for _ in range(turns % 4):
        pixels = np.stack([original.height - 1 - pixels[:, 1], pixels[:, 0]], axis=-1)
        original = replace(original, width=original.height, height=original.width)
    assert turned.size == original.size
    np.testing.assert_allclose(turned.project(points @ about_axis.T)[0], pixels, atol=1e-6)


def test_rotation_follows_numpy() -> None:
    intrinsics = Intrinsics(width=5, height=3, fx=4, fy=5, cx=1, cy=2)
    picture = np.zeros(intrinsics.size)
    picture[2, 1] = 1  # at the principal point
    turned = intrinsics.rotated(1)
    row, column = np.argwhere(np.rot90(picture, -1))[0]
    assert (turned.cx, turned.cy) == (column, row)


@quick
@given(lens=lens_names, seed=st.integers(0, 99))
def test_mirrored_camera_sees_the_mirrored_world(lens: str, seed: int) -> None:
    original, points = camera(lens), points_in_view(seed)
    pixels, _ = original.project(points)
    flipped, _ = original.mirrored().project(points * (-1, 1, 1))
    np.testing.assert_allclose(flipped, np.stack([639 - pixels[:, 0], pixels[:, 1]], axis=-1), atol=1e-6)


@pytest.mark.parametrize("terms", [4, 5, 8, 12, 14])
def test_brown_conrady_is_opencvs(terms: int) -> None:
    points = points_in_view(terms, 400)
    expected, _ = cv2.projectPoints(
        points.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), camera("pinhole").matrix(), np.array(BROWN_14[:terms])
    )
    found, valid = camera(f"brown{terms}").project(points)
    assert valid.all()
    np.testing.assert_allclose(found, expected.reshape(-1, 2), atol=1e-8)


def test_fisheye_is_opencvs() -> None:
    points = points_in_view(1, 400)
    expected, _ = cv2.fisheye.projectPoints(
        points.reshape(-1, 1, 3), np.zeros((1, 3)), np.zeros((1, 3)), camera("pinhole").matrix(), np.array(FISHEYE)
    )
    np.testing.assert_allclose(camera("fisheye").project(points)[0], expected.reshape(-1, 2), atol=1e-8)


def test_fisheye_reaches_far_out_but_not_behind() -> None:
    wide = replace(camera("pinhole"), distortion=KannalaBrandt((0.0, 0.0, 0.0, 0.0)))
    angle = np.deg2rad([0, 30, 60, 85])
    points = np.stack([np.sin(angle), np.zeros(4), np.cos(angle)], axis=-1)
    pixels, valid = wide.project(points)
    assert valid.all()
    np.testing.assert_allclose(pixels[:, 0], 521.3 * angle + 322.4)
    assert not wide.project(np.array([0.5, 0, -1.0]))[1]


def test_beyond_the_fold_nothing_is_projected() -> None:
    barrel = replace(camera("pinhole"), distortion=BrownConrady((-0.3, 0.0, 0.0, 0.0)))
    pixels, valid = barrel.project(np.array([[0.5, 0, 1.0], [1.5, 0, 1.0]]))
    assert valid.tolist() == [True, False]
    assert np.isnan(pixels[1]).all()
    # The lens never reaches this pixel, whatever the ray.
    assert not barrel.rays(np.array([2000.0, 236.8]))[1]


def test_behind_the_camera_and_missing_depth_are_invalid() -> None:
    view = camera("brown5")
    pixels, valid = view.project(np.array([[0, 0, -1.0], [0, 0, 0.0], [np.nan, 0, 1.0], [0, 0, 1.0]]))
    assert valid.tolist() == [False, False, False, True]
    assert np.isnan(pixels[:3]).all()
    points, valid = view.deproject(np.zeros((4, 2)), np.array([np.nan, 0, -1, np.inf]))
    assert not valid.any()
    assert np.isnan(points).all()


def test_radial_table_straightens_what_it_bends() -> None:
    table = LENSES["table"]
    assert isinstance(table, RadialTable)
    xy = np.random.default_rng(0).uniform(-0.4, 0.4, (200, 2))
    straight, valid = table.undistort(table.distort(xy))
    assert valid.all()
    np.testing.assert_allclose(straight, xy, atol=1e-9)


@pytest.mark.parametrize("lens", sorted(LENSES))
def test_undistorted_picture_is_seen_through_an_ideal_lens(lens: str) -> None:
    view = camera(lens)

    # A smooth picture painted on the rays: its value at a pixel is known in closed form.
    def paint(rays: np.ndarray) -> np.ndarray:
        waves = [np.sin(6 * rays[..., 0]), np.cos(5 * rays[..., 1]), np.sin(4 * rays[..., 0] + 3 * rays[..., 1])]
        return np.clip(127 + 100 * np.stack(waves, axis=-1), 0, 255)

    rays, _ = view.rays(view.pixel_grid())
    straight, ideal = undistort_picture(np.rint(paint(rays)).astype(np.uint8), view)
    wanted = paint(ideal.rays(ideal.pixel_grid())[0])
    assert ideal == view.undistorted()
    seen = view.contains(
        view.project(np.concatenate([ideal.rays(ideal.pixel_grid())[0], np.ones((480, 640, 1))], -1))[0]
    )
    inner = cv2.erode(seen.astype(np.uint8), np.ones((3, 3))) > 0
    assert np.abs(straight - wanted)[inner].max() < 2.0


def test_undistorted_depth_never_averages() -> None:
    view = camera("brown5")
    depth = np.where(np.arange(640) < 320, 1.0, 3.0)[None, :].repeat(480, 0).astype(np.float32)
    depth[200:220, 100:150] = np.nan
    straight, _ = undistort_depth(depth, view)
    assert set(np.unique(straight[np.isfinite(straight)])) == {np.float32(1), np.float32(3)}
    assert np.isnan(straight[210, 126])
    with pytest.raises(CalibrationMismatchError, match="10×5"):
        undistort_depth(np.ones((5, 10), np.float32), view)


def test_contains_counts_the_outer_pixels_whole() -> None:
    view = Intrinsics(width=4, height=3, fx=1, fy=1, cx=0, cy=0)
    inside = view.contains(np.array([[-0.5, 0], [3.5, 2.5], [-0.51, 0], [0, 2.51], [np.nan, 0]]))
    assert inside.tolist() == [True, True, False, False, False]


def test_field_of_view() -> None:
    view = Intrinsics.from_field_of_view(640, 480, 90)
    rays, _ = view.rays(np.array([[-0.5, 239.5], [639.5, 239.5]]))
    np.testing.assert_allclose(rays, [[-1, 0], [1, 0]], atol=1e-12)
    with pytest.raises(ConfigError, match="180"):
        Intrinsics.from_field_of_view(640, 480, 180)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "at least 1×1"),
        ({"fx": 0.0}, "positive focal"),
        ({"fy": float("nan")}, "finite"),
        ({"cx": float("inf")}, "finite"),
    ],
)
def test_impossible_cameras_are_refused(change: dict, message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        replace(camera("pinhole"), **change)


def test_impossible_lenses_are_refused() -> None:
    with pytest.raises(CalibrationError, match="6 distortion terms; expected 4 or 5 or 8 or 12 or 14"):
        BrownConrady((0.0,) * 6)
    with pytest.raises(CalibrationError, match="expected 4"):
        KannalaBrandt((0.0,) * 5)
    with pytest.raises(CalibrationError, match="NaN"):
        BrownConrady((float("nan"), 0.0, 0.0, 0.0))
    with pytest.raises(CalibrationError, match="at least 2"):
        RadialTable((0.0,), (0.0,), (0.0, 0.0), 1.0)
    with pytest.raises(CalibrationError, match="max_radius"):
        RadialTable((0.0, 0.1), (0.0, 0.1), (0.0, 0.0), 0.0)


def test_tilted_sensor_cannot_be_turned() -> None:
    with pytest.raises(CalibrationError, match="sensor tilt"):
        camera("brown14").rotated(1)
