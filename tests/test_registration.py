"""Registration against scenes whose depth is known in closed form."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion, RadialTable
from rgbd_seg.errors import CalibrationMismatchError, ConfigError, FrameError
from rgbd_seg.frames import FrameSet, RawFrame, Timestamp
from rgbd_seg.registration import Registration, RegistrationOptions, register, registered_depth
from rgbd_seg.transform import RigidTransform

BARREL = RadialTable(
    straighten=tuple(0.08 * (k / 20) ** 2 for k in range(21)),
    bend=tuple(-0.07 * (k / 20) ** 2 for k in range(21)),
    center=(0.01, -0.02),
    max_radius=1.2,
)
LENSES: dict[str, Distortion] = {
    "pinhole": NoDistortion(),
    "brown5": BrownConrady((0.1, -0.2, 0.001, -0.002, 0.05)),
    "brown8": BrownConrady((0.1, -0.2, 0.001, -0.002, 0.05, 0.03, -0.02, 0.01)),
    "brown14": BrownConrady((0.1, -0.2, 0.001, -0.002, 0.05, 0.03, -0.02, 0.01, 1e-3, -1e-3, 5e-4, 1e-3, 0.01, -0.02)),
    "fisheye": KannalaBrandt((0.02, -0.01, 0.003, -0.001)),
    "table": BARREL,
}


def camera(width: int, height: int, degrees: float, lens: Distortion | None = None) -> Intrinsics:
    ideal = Intrinsics.from_field_of_view(width, height, degrees)
    return replace(ideal, cx=ideal.cx + 1.3, cy=ideal.cy - 0.7, distortion=lens or NoDistortion())


def pair(
    depth: Intrinsics | None = None, color: Intrinsics | None = None, motion: RigidTransform | None = None
) -> Calibration:
    return Calibration(
        color=color or camera(320, 180, 62),
        depth=depth or camera(160, 120, 72),
        T_color_depth=motion or RigidTransform.from_rotation_vector((0.003, -0.005, 0.004), (0.03, 0.001, 0.002)),
        metres_per_unit=0.0005,
    )


def plane_depth(view: Intrinsics, normal: np.ndarray, offset: float) -> np.ndarray:
    """z-depth of the plane ``normal · X = offset`` (in the camera's frame) at every pixel."""
    xy, _ = view.rays(view.pixel_grid())
    rays = np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1)
    z = offset / (rays @ normal)
    return np.where(z > 0, z, np.nan)


def moved_plane(motion: RigidTransform, normal: np.ndarray, offset: float) -> tuple[np.ndarray, float]:
    turned = motion.rotation @ normal
    return turned, offset + float(turned @ motion.translation)


def raw_of(depth: np.ndarray, calibration: Calibration) -> np.ndarray:
    return np.nan_to_num(np.rint(depth / calibration.metres_per_unit)).clip(0, 65535).astype(np.uint16)


def seen_in_depth(calibration: Calibration, depth: np.ndarray, margin: float) -> np.ndarray:
    """Colour pixels whose point at ``depth`` lies inside the depth picture by ``margin`` depth pixels."""
    points, _ = calibration.color.deproject(calibration.color.pixel_grid(), depth)
    pixels, valid = calibration.depth.project(calibration.T_color_depth.inverse().apply(points))
    u, v = np.nan_to_num(pixels[..., 0], nan=-99), np.nan_to_num(pixels[..., 1], nan=-99)
    width, height = calibration.depth.width, calibration.depth.height
    return valid & (u >= margin) & (v >= margin) & (u <= width - 1 - margin) & (v <= height - 1 - margin)


@pytest.mark.parametrize("color_lens", LENSES)
@pytest.mark.parametrize("depth_lens", LENSES)
def test_slanted_plane_is_exact_without_pin_holes(color_lens: str, depth_lens: str) -> None:
    calibration = pair(camera(160, 120, 72, LENSES[depth_lens]), camera(320, 180, 62, LENSES[color_lens]))
    normal, offset = np.array([0.25, -0.3, 1.0]), 1.4
    raw = raw_of(plane_depth(calibration.depth, normal, offset), calibration)
    depth, shadow = registered_depth(raw, calibration)
    truth = plane_depth(calibration.color, *moved_plane(calibration.T_color_depth, normal, offset))
    inside = seen_in_depth(calibration, truth, 0.6)
    assert inside.mean() > 0.5
    assert np.isfinite(depth[inside]).all(), "pin-holes in a plain surface"
    # Half a raw unit of rounding, and what one pixel of quantisation noise does to a gradient.
    assert np.abs(depth - truth)[inside].max() < 2 * calibration.metres_per_unit
    assert not shadow[inside].any()
    outside = ~seen_in_depth(calibration, truth, -1.5)
    assert shadow[outside].all()
    assert np.isnan(depth[outside]).all()


@settings(max_examples=25, deadline=None)
@given(
    turn=st.floats(-np.pi, np.pi),
    tilt=st.tuples(st.floats(-0.15, 0.15), st.floats(-0.15, 0.15)),
    shift=st.tuples(*[st.floats(-0.08, 0.08)] * 3),
    slant=st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)),
)
def test_any_pose_covers_a_plane_without_pin_holes(turn: float, tilt: tuple, shift: tuple, slant: tuple) -> None:
    motion = RigidTransform.from_rotation_vector((*tilt, 0)) @ RigidTransform.from_rotation_vector((0, 0, turn), shift)
    calibration = pair(motion=motion)
    normal, offset = np.array([*slant, 1.0]), 1.6
    raw = raw_of(plane_depth(calibration.depth, normal, offset), calibration)
    depth, _ = registered_depth(raw, calibration)
    truth = plane_depth(calibration.color, *moved_plane(motion, normal, offset))
    inside = seen_in_depth(calibration, truth, 0.75)
    assert np.isfinite(depth[inside]).mean() > 0.9999
    assert np.nanmax(np.abs(depth - truth)[inside], initial=0) < 0.01


def two_layers(calibration: Calibration, near: float = 0.8, far: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """A near square card before a far wall, both facing the depth camera: raw depth, true depth in colour."""
    half = 0.16

    def card(points: np.ndarray) -> np.ndarray:
        return (np.abs(points[..., :2]) < half).all(axis=-1)

    view = calibration.depth
    points, _ = view.deproject(view.pixel_grid(), np.full(view.size, near))
    raw = raw_of(np.where(card(points), near, far), calibration)
    # Colour: intersect each ray with both planes of the depth frame.
    back = calibration.T_color_depth.inverse()
    xy, _ = calibration.color.rays(calibration.color.pixel_grid())
    rays = np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1)
    directions = rays @ back.rotation.T
    hits = [back.translation + directions * ((z - back.translation[2]) / directions[..., 2])[..., None]
            for z in (near, far)]  # fmt: skip
    point = np.where(card(hits[0])[..., None], hits[0], hits[1])
    return raw, calibration.T_color_depth.apply(point)[..., 2]


def test_nearest_surface_wins_and_nothing_lies_between_surfaces() -> None:
    calibration = pair()
    raw, truth = two_layers(calibration)
    depth, _ = registered_depth(raw, calibration)
    found = depth[np.isfinite(depth)]
    assert (np.minimum(np.abs(found - 0.802), np.abs(found - 2.002)) < 0.03).all(), "a surface was invented"
    wrong = np.isfinite(depth) & (np.abs(depth - truth) > 0.05)
    # Only the card's outline, within half a depth pixel, may be uncertain.
    assert wrong.mean() < 0.008


@pytest.mark.parametrize("shift", [(0.05, 0, 0), (-0.05, 0, 0), (0, 0.05, 0), (0, -0.05, 0)])
def test_shadow_is_what_the_depth_camera_cannot_see(shift: tuple[float, float, float]) -> None:
    calibration = pair(motion=RigidTransform(rotation=np.eye(3), translation=np.array(shift, dtype=float)))
    raw, truth = two_layers(calibration)
    depth, shadow = registered_depth(raw, calibration)
    points, _ = calibration.color.deproject(calibration.color.pixel_grid(), truth)
    seen = calibration.T_color_depth.inverse().apply(points)
    pixels, _ = calibration.depth.project(seen)
    inside = calibration.depth.contains(pixels)
    u = np.clip(np.rint(pixels[..., 0]), 0, calibration.depth.width - 1).astype(int)
    v = np.clip(np.rint(pixels[..., 1]), 0, calibration.depth.height - 1).astype(int)
    hidden = ~inside | (raw[v, u] * calibration.metres_per_unit < seen[..., 2] - 0.1)
    behind_card = hidden & inside
    assert behind_card.sum() > 200
    # Along outlines a line of pixels, thinner than a depth pixel, may go either way.
    assert shadow[hidden].mean() > 0.8
    assert shadow[hidden & np.isnan(depth)].mean() > 0.99
    assert hidden[shadow].mean() > 0.9
    assert np.isnan(depth[shadow]).all()


def test_hole_of_the_sensor_is_no_shadow() -> None:
    calibration = pair()
    raw = np.full(calibration.depth.size, 3000, np.uint16)
    raw[50:70, 60:90] = 0
    depth, shadow = registered_depth(raw, calibration)
    points, _ = calibration.depth.deproject(np.array([75.0, 60.0]), np.array(1.5))
    pixel, _ = calibration.color.project(calibration.T_color_depth.apply(points))
    u, v = np.rint(pixel).astype(int)
    assert np.isnan(depth[v, u])
    assert not shadow[v - 8 : v + 9, u - 12 : u + 13].any()


def test_all_holes_give_no_depth_and_only_the_border_is_shadow() -> None:
    calibration = pair(depth=camera(160, 120, 40))
    depth, shadow = registered_depth(np.zeros((120, 160), np.uint16), calibration)
    assert np.isnan(depth).all()
    assert not shadow[90, 160]
    assert shadow[0, 0]
    assert shadow[:, 0].all()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (33, 2)])
def test_smallest_pictures(size: tuple[int, int]) -> None:
    small = Intrinsics(width=size[1], height=size[0], fx=4.0, fy=4.0, cx=(size[1] - 1) / 2, cy=(size[0] - 1) / 2)
    calibration = pair(depth=small, color=replace(small), motion=RigidTransform.identity())
    depth, shadow = registered_depth(np.full(size, 2000, np.uint16), calibration)
    np.testing.assert_allclose(depth, 1.0, atol=1e-5)
    assert not shadow.any()


def test_one_depth_pixel_covers_its_own_footprint_only() -> None:
    calibration = pair(motion=RigidTransform.identity())
    raw = np.zeros(calibration.depth.size, np.uint16)
    raw[60, 80] = 2000
    depth, _ = registered_depth(raw, calibration)
    scale = calibration.color.fx / calibration.depth.fx
    assert abs(np.isfinite(depth).sum() - scale**2) <= scale + 1
    np.testing.assert_allclose(depth[np.isfinite(depth)], 1.0, atol=1e-6)


def test_points_behind_the_colour_camera_are_dropped() -> None:
    around = RigidTransform.from_rotation_vector((0, np.pi, 0))
    depth, shadow = registered_depth(np.full((120, 160), 2000, np.uint16), pair(motion=around))
    assert np.isnan(depth).all()
    assert shadow.all()
    past = RigidTransform(rotation=np.eye(3), translation=np.array([0, 0, -1.2]))
    depth, _ = registered_depth(np.full((120, 160), 2000, np.uint16), pair(motion=past))
    assert np.isnan(depth).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), turn=st.sampled_from([0.0, 0.02, 0.5, 1.6]))
def test_threads_do_not_change_the_result(seed: int, turn: float) -> None:
    rng = np.random.default_rng(seed)
    calibration = pair(motion=RigidTransform.from_rotation_vector((0.02, 0.01, turn), (0.02, 0.01, 0)))
    raw = rng.integers(1500, 1560, (120, 160)).astype(np.uint16)
    raw[rng.random(raw.shape) < 0.1] = 0
    raw[40:80, 50:90] //= 2
    results = [Registration(calibration, RegistrationOptions(threads=n))(raw) for n in (1, 2, 3, 5)]
    for depth, shadow in results[1:]:
        np.testing.assert_array_equal(depth, results[0][0])
        np.testing.assert_array_equal(shadow, results[0][1])


def test_one_near_speck_of_noise_changes_only_its_own_pixels() -> None:
    calibration = pair()
    raw, _ = two_layers(calibration)
    clean, _ = registered_depth(raw, calibration)
    raw[100, 30] = 300  # 15 cm
    noisy, _ = registered_depth(raw, calibration)
    assert (np.nan_to_num(noisy) != np.nan_to_num(clean)).sum() < 60


def test_results_own_their_memory_and_out_is_used() -> None:
    calibration = pair()
    registration = Registration(calibration)
    raw, _ = two_layers(calibration)
    first, _ = registration(raw)
    kept = first.copy()
    second, _ = registration(np.zeros_like(raw))
    np.testing.assert_array_equal(first, kept)
    out = (second, np.empty(second.shape, np.bool_))
    depth, shadow = registration(raw, out=out)
    assert depth is out[0]
    assert shadow is out[1]
    np.testing.assert_array_equal(depth, kept)
    with pytest.raises(ConfigError, match="out holds"):
        registration(raw, out=(second[::2], out[1]))


def test_frame_brings_confidence_and_time() -> None:
    calibration = pair()
    raw, truth = two_layers(calibration)
    confidence = np.where(raw < 2000, 0.9, 0.4).astype(np.float32)
    frame = RawFrame(
        color=np.zeros((180, 320, 3), np.uint8),
        raw_depth=raw,
        calibration=calibration,
        confidence=confidence,
        color_timestamp=Timestamp(7, "device"),
    )
    result = register(frame)
    assert result.depth is not None
    assert result.confidence is not None
    assert result.timestamp == Timestamp(7, "device")
    assert result.intrinsics == calibration.color
    near = (result.depth < 1) & (np.abs(result.depth - truth) < 0.02)
    far = (result.depth > 1) & (np.abs(result.depth - truth) < 0.02)
    assert np.mean(np.isclose(result.confidence[near], 0.9)) > 0.97
    assert np.mean(np.isclose(result.confidence[far], 0.4)) > 0.97
    assert (result.confidence[np.isnan(result.depth)] == 0).all()


def test_wrong_sizes_and_types_are_refused() -> None:
    calibration = pair()
    with pytest.raises(CalibrationMismatchError, match="raw depth is 100×120, the calibration is for 160×120"):
        registered_depth(np.zeros((120, 100), np.uint16), calibration)
    with pytest.raises(FrameError, match="float32"):
        registered_depth(np.zeros((120, 160), np.float32), calibration)  # type: ignore[arg-type]
    frame = RawFrame(
        color=np.zeros((90, 160, 3), np.uint8), raw_depth=np.zeros((120, 160), np.uint16), calibration=calibration
    )
    with pytest.raises(CalibrationMismatchError, match="colour is 160×90"):
        register(frame)
    with pytest.raises(CalibrationMismatchError, match="confidence"):
        Registration(calibration).confidence(np.zeros((3, 3), np.float32), np.zeros((180, 320), np.float32))
    with pytest.raises(ConfigError, match="surface_step"):
        RegistrationOptions(surface_step=0)
    with pytest.raises(ConfigError, match="threads"):
        RegistrationOptions(threads=0)


def test_read_only_and_strided_input_is_accepted() -> None:
    calibration = pair()
    raw, _ = two_layers(calibration)
    plain, _ = registered_depth(raw, calibration)
    wide = np.zeros((120, 320), np.uint16)
    wide[:, ::2] = raw
    view = wide[:, ::2]
    view.flags.writeable = False
    np.testing.assert_array_equal(registered_depth(view, calibration)[0], plain)
    raw.flags.writeable = False
    np.testing.assert_array_equal(registered_depth(raw, calibration)[0], plain)


def test_what_calibration_found_wrong_with_depth_is_put_right_first() -> None:
    size = (30, 40)
    camera = Intrinsics.from_field_of_view(size[1], size[0], 60)
    correction = DepthCorrection(size=size, scale=1.01, offset=-0.004, temperature_coefficient=0.001)
    calibration = Calibration(
        color=camera,
        depth=camera,
        T_color_depth=RigidTransform.identity(),
        metres_per_unit=0.001,
        depth_correction=correction,
    )
    raw = np.full(size, 1500, np.uint16)
    raw[10, 10] = 0
    warm = FrameSet(color=np.zeros((*size, 3), np.uint8), raw_depth=raw, calibration=calibration, temperature=35.0)
    depth, _ = registered_depth(raw, calibration)
    measured = np.isfinite(depth)
    np.testing.assert_allclose(depth[measured], 1.01 * 1.5 - 0.004, atol=1.5e-4)
    assert not measured.all()
    heated = register(warm).depth
    assert heated is not None
    np.testing.assert_allclose(heated[measured], 1.01 * 1.5 * (1 - 0.001 * 10) - 0.004, atol=1.5e-4)
