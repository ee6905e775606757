"""Simulated depth cameras against their own models, on scenes whose distances are known exactly."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from analytic_scene import Rectangle, Sphere, compiled, looking_ahead, wall

from rgbd_seg.errors import CalibrationMismatchError, ConfigError
from rgbd_seg.training.synthetic.sensors import (
    SENSOR_KINDS,
    ActiveStereo,
    AppleDisparity,
    PhoneLidar,
    StructuredLight,
    TimeOfFlight,
    register_reading,
    sample_sensor,
    simulate,
)
from rgbd_seg.training.synthetic.sensors.noise import mixed_noise, smooth_noise
from rgbd_seg.training.synthetic.sensors.survey import pixel_rays

VIEW = looking_ahead()
BARREL = (-0.08, 0.016, 0.0004, -0.0003, 0.0)
IDEAL_TOF = TimeOfFlight(
    noise=0, wiggling=0, scattering=0, multipath=0, dropouts=0, drop_mixed=0, darkest=1e-4, metres_per_unit=1e-4
)
IDEAL_STEREO = ActiveStereo(noise=0, step=0, fattening=0, dropouts=0, darkest=0, metres_per_unit=1e-4)
IDEAL_PATTERN = StructuredLight(noise=0, step=0, fattening=0, dropouts=0, darkest=0, metres_per_unit=1e-4)
IDEAL_LIDAR = PhoneLidar(noise=0, relative_noise=0, edge_wander=0, edge_width=0, metres_per_unit=1e-4)
IDEAL = {"tof": IDEAL_TOF, "stereo": IDEAL_STEREO, "pattern": IDEAL_PATTERN, "lidar": IDEAL_LIDAR}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def metres(reading):
    return np.where(reading.raw_depth > 0, reading.raw_depth * reading.calibration.metres_per_unit, np.nan)


def registered(reading, view=VIEW):
    color = np.zeros((*view.intrinsics.size, 3), np.uint8)
    return register_reading(reading, color, view.intrinsics)


def test_lens_table_is_as_exact_as_the_lens_model():
    stated, _ = replace(IDEAL_TOF, distortion=BARREL, principal_offset=(3, -2)).calibrations(VIEW.intrinsics)
    exact, _ = stated.depth.rays(stated.depth.pixel_grid())
    assert np.abs(pixel_rays(stated.depth) - exact).max() * stated.depth.fx < 1e-3


@pytest.mark.parametrize("sigma", [0.2, 1.0, 2.5, 9.0, 20.0])
def test_smooth_noise_has_variance_one_and_the_wished_reach(sigma):
    field = smooth_noise(rng(), (480, 640), sigma)
    assert field.shape == (480, 640)
    assert field.std() == pytest.approx(1, rel=0.12)
    lag = round(2 * sigma)
    if lag >= 2:  # two Gaussians of σ overlap to e^(-lag² / 4σ²) = 1/e at lag 2σ
        alike = (field[:, lag:] * field[:, :-lag]).mean() / field.var()
        assert alike == pytest.approx(np.exp(-1), abs=0.15)


def test_mixed_noise_has_variance_one():
    assert mixed_noise(rng(), (400, 400), 1.5, 0.5).std() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("name", IDEAL)
@pytest.mark.parametrize("shape", [(320, 240), (240, 320)], ids=["landscape", "upright"])
def test_a_known_plane_registers_within_a_millimetre(name, shape):
    view = looking_ahead(*shape)
    slanted = Rectangle(corner=(-9, -9, -1.2), across=(18, 0, -3.0), along=(0, 18, 2.0))
    sensor = replace(IDEAL[name], distortion=BARREL, rotation=(0.7, -0.9, 0.5)) if name == "tof" else IDEAL[name]
    reading = simulate(sensor, compiled(slanted), view, rng())
    depth = registered(reading, view).depth
    xy, _ = view.intrinsics.rays(view.intrinsics.pixel_grid())
    normal = np.cross(slanted.across, slanted.along)
    towards = np.stack([xy[..., 0], -xy[..., 1], -np.ones(xy.shape[:2])], -1)
    truth = (np.asarray(slanted.corner) @ normal) / (towards @ normal)
    near = (truth > 0.4) & (truth < 3)
    known = near & np.isfinite(depth)
    assert known.sum() > 0.6 * near.sum()
    error = np.abs(depth - truth)[known]
    assert np.median(error) < (0.001 if name != "lidar" else 0.004)
    assert abs(np.median((depth - truth)[known])) < 0.001
    assert np.percentile(error, 95) < (0.002 if name != "lidar" else 0.03)


@pytest.mark.parametrize(("distance", "reflectance"), [(0.8, 0.8), (1.6, 0.8), (1.6, 0.2), (3.0, 0.4)])
def test_tof_noise_is_that_of_the_model(distance, reflectance):
    sensor = replace(IDEAL_TOF, noise=0.003, background=0.4, correlation=0.3)
    depth = metres(simulate(sensor, compiled(wall(distance), infrared=[reflectance]), VIEW, rng(1)))
    middle = depth[100:140, 140:180]
    amplitude = reflectance / distance**2
    expected = 0.003 * np.sqrt(0.6 * amplitude + 0.4) / amplitude
    assert middle.std() == pytest.approx(expected, rel=0.12)
    assert sensor.sigma(np.float32(amplitude)) == pytest.approx(expected, rel=1e-4)


def test_tof_wiggles_with_distance_and_multipath_reads_too_far():
    distances = np.linspace(1, 2.2, 9)
    wiggling = replace(IDEAL_TOF, wiggling=0.005)
    errors = [np.nanmedian(metres(simulate(wiggling, compiled(wall(z)), VIEW, rng(2)))) - z for z in distances]
    assert 0.003 < np.abs(errors).max() < 0.0056
    corner = compiled(wall(1.5), Rectangle(corner=(0.3, -9, -1.5), across=(0, 0, 1.2), along=(0, 18, 0)))
    straight = metres(simulate(IDEAL_TOF, corner, VIEW, rng()))
    bounced = metres(simulate(replace(IDEAL_TOF, multipath=0.06), corner, VIEW, rng()))
    assert 0.002 < np.nanmedian(bounced - straight) < 0.02


def test_flying_pixels_exist_only_at_edges():
    scene = compiled(wall(2.5), Sphere(center=(0, 0, -1.2), radius=0.25))
    reading = simulate(IDEAL_TOF, scene, VIEW, rng())
    depth = metres(reading)
    flying = (depth > 1.35) & (depth < 2.4)
    assert flying.sum() > 100
    outline = cv2.morphologyEx((depth > 2.45).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5))) > 0
    assert not (flying & ~outline).any()
    assert np.median(reading.confidence[flying]) < 0.9 * np.median(reading.confidence[depth < 1.2])


def test_tof_loses_what_is_dark_and_what_blinds_it():
    sensor = replace(IDEAL_TOF, darkest=0.02, brightest=10)
    dark = simulate(sensor, compiled(wall(3), infrared=[0.05]), VIEW, rng())
    close = simulate(sensor, compiled(wall(0.25), infrared=[0.9]), VIEW, rng())
    assert (dark.raw_depth == 0).mean() > 0.95
    middle = close.raw_depth[100:140, 140:180]
    assert (middle == 0).all()
    assert (dark.confidence == 0)[dark.raw_depth == 0].all()


def test_scattered_light_draws_dark_far_things_nearer():
    scene = compiled(wall(2.6), Sphere(center=(0, 0, -1.6), radius=0.4), infrared=[0.1, 0.9])
    clear = metres(simulate(IDEAL_TOF, scene, VIEW, rng()))
    hazy = metres(simulate(replace(IDEAL_TOF, scattering=0.05), scene, VIEW, rng()))
    far = clear > 2.5
    assert np.nanmedian((hazy - clear)[far]) < -0.02


@pytest.mark.parametrize("sensor", [IDEAL_STEREO, IDEAL_PATTERN], ids=["stereo", "pattern"])
@pytest.mark.parametrize("side", [1, -1])
def test_the_shadow_lies_where_geometry_says(sensor, side):
    near, far, half = 1.0, 2.0, 0.15
    sensor = replace(sensor, baseline=side * abs(sensor.baseline), position=(0, 0, 0))
    board = Rectangle(corner=(-half, -9, -near), across=(2 * half, 0, 0), along=(0, 18, 0))
    reading = simulate(sensor, compiled(wall(far), board), VIEW, rng())
    row = reading.raw_depth[120]
    depth = reading.true_calibration.depth
    disparity = depth.fx * sensor.baseline * (1 / near - 1 / far)
    edge = depth.cx - side * depth.fx * half / near
    first, last = sorted((edge, edge - disparity))
    inside = np.arange(int(np.ceil(first + 1)), int(last))
    assert len(inside) > 3
    assert (row[inside] == 0).all()
    assert row[int(last) + 2] > 0
    assert row[int(np.floor(first)) - 2] > 0


def test_stereo_is_blind_where_the_second_imager_does_not_look():
    reading = simulate(replace(IDEAL_STEREO, position=(0, 0, 0)), compiled(wall(1.0)), VIEW, rng())
    strip = reading.calibration.depth.fx * IDEAL_STEREO.baseline / 1.0
    row = reading.raw_depth[120]
    assert (row[: int(strip - 1)] == 0).all()
    assert (row[int(strip + 2) :] > 0).all()


def test_stereo_rounds_disparity_and_its_noise_grows_with_distance_squared():
    rounded = replace(IDEAL_STEREO, step=1 / 8)
    slanted = Rectangle(corner=(-9, -9, -2), across=(18, 0, -6.0), along=(0, 18, 0))
    reading = simulate(rounded, compiled(slanted), VIEW, rng())
    depth = metres(reading)
    f = reading.true_calibration.depth.fx
    steps = f * rounded.baseline / depth[np.isfinite(depth)] * 8
    far_enough = steps < 400  # raw units are finer than a step there
    assert np.abs(steps - np.round(steps))[far_enough].max() < 0.05
    noisy = replace(IDEAL_STEREO, noise=0.1, correlation=0.5)
    for distance in (1.0, 2.0):
        spread = np.nanstd(metres(simulate(noisy, compiled(wall(distance)), VIEW, rng(3)))[60:180, 150:350])
        assert spread == pytest.approx(distance**2 / (f * noisy.baseline) * 0.1, rel=0.15)


def test_matching_makes_near_things_fatter_never_thinner():
    scene = compiled(wall(2.5), Sphere(center=(0, 0, -1.2), radius=0.25))
    exact = metres(simulate(IDEAL_STEREO, scene, VIEW, rng()))
    fat = metres(simulate(replace(IDEAL_STEREO, fattening=0.9, window=9), scene, VIEW, rng()))
    grown = (fat < 1.5) & ~(exact < 1.5)
    assert grown.sum() > 50
    assert ((fat < 1.5) | ~(exact < 1.5)).all()
    ball = (exact < 1.5).astype(np.uint8)
    assert not (grown & (cv2.dilate(ball, np.ones((11, 11))) == 0)).any()


def test_hair_is_lost_more_often_than_skin():
    scene = compiled(wall(2.5), Sphere(center=(0, 0, -1.2), radius=0.25), hair=[1])
    skin = compiled(wall(2.5), Sphere(center=(0, 0, -1.2), radius=0.25))
    for sensor in (IDEAL_STEREO, IDEAL_PATTERN):
        lost = [(simulate(sensor, s, VIEW, rng()).raw_depth == 0).mean() for s in (scene, skin)]
        assert lost[0] > lost[1] + 0.01


def test_lidar_is_whole_smooth_and_says_how_sure_it_is():
    scene = compiled(wall(3), Sphere(center=(0, 0, -1.2), radius=0.3))
    reading = simulate(PhoneLidar(), scene, VIEW, rng())
    assert reading.raw_depth.shape == (192, 256)
    assert (reading.raw_depth > 0).all()
    assert set(np.unique(reading.confidence)) <= {np.float32(0), np.float32(0.5), np.float32(1)}
    depth = metres(reading)
    assert depth[96, 128] == pytest.approx(0.9, abs=0.03)
    assert np.median(depth[:30]) == pytest.approx(3, abs=0.05)
    edges = cv2.Canny(((depth > 2) * 255).astype(np.uint8), 50, 100) > 0
    assert reading.confidence[edges].mean() < 0.5 < reading.confidence[~edges].mean()


def test_lidar_misses_what_no_dot_meets():
    wire = Rectangle(corner=(-0.002, -9, -1), across=(0.004, 0, 0), along=(0, 18, 0))
    depth = metres(simulate(PhoneLidar(edge_wander=2.0), compiled(wall(3), wire), VIEW, rng()))
    assert (depth < 1.5).mean() < 0.01


def test_apple_disparity_has_order_but_no_scale():
    scene = compiled(wall(4), Sphere(center=(0, 0, -1.2), radius=0.3), Sphere(center=(0.6, 0, -2.2), radius=0.3))
    values = []
    for scale, offset in ((1.0, 0.3), (2.5, 1.0)):
        sensor = AppleDisparity(scale=scale, offset=offset, noise=0, edge_wander=0)
        reading = simulate(sensor, scene, VIEW, rng())
        assert (reading.raw_depth > 0).all()
        result = registered(reading)
        assert not result.depth_is_metric
        assert result.depth.shape == VIEW.intrinsics.size
        ball, second, back = result.depth[120, 160], result.depth[120, 235], result.depth[20, 20]
        assert ball < second < back
        inverse = 1 / result.depth.astype(float)
        values.append(inverse)
    # One is a linear function of the other.
    assert np.corrcoef(values[0].ravel(), values[1].ravel())[0, 1] > 0.999
    assert abs(values[0] - values[1]).max() > 0.3


def test_apple_disparity_loses_thin_things():
    finger = Rectangle(corner=(-0.004, -9, -1), across=(0.008, 0, 0), along=(0, 18, 0))
    sensor = AppleDisparity(opening=7, noise=0, edge_wander=0)
    reading = simulate(sensor, compiled(wall(3), finger), VIEW, rng())
    kept = simulate(replace(sensor, opening=1), compiled(wall(3), finger), VIEW, rng())
    assert np.ptp(metres(reading)) < 0.05 * np.ptp(metres(kept))


@pytest.mark.parametrize("asked", [1.5, 5.0])
@pytest.mark.parametrize("direction", [0.0, 90.0, 215.0])
@pytest.mark.parametrize("baseline_error", [0.0, 0.5])
def test_a_calibration_error_moves_edges_by_the_asked_pixels(asked, direction, baseline_error):
    ball = compiled(wall(3), Sphere(center=(0, 0, -1.2), radius=0.3))
    good = replace(IDEAL_TOF, width=640, height=480, position=(0.0, 0.0, 0.0))
    bad = replace(good, calibration_error=asked, error_direction=direction, baseline_error=baseline_error)
    places = []
    for sensor in (good, bad):
        reading = simulate(sensor, ball, VIEW, rng())
        v, u = np.nonzero(registered(reading).depth < 1.5)
        places.append(np.array([u.mean(), v.mean()]))
    angle = np.deg2rad(direction)
    wanted = asked * np.array([np.cos(angle), np.sin(angle)])
    # The ball's surface is nearer than the 1.2 m for which a wrong baseline is set.
    assert np.allclose(places[1] - places[0], wanted, atol=0.35 + 0.25 * baseline_error * asked)


def test_the_stated_calibration_is_what_a_user_has_and_differs_only_by_the_error():
    stated, true = replace(IDEAL_TOF, calibration_error=3.0).calibrations(VIEW.intrinsics)
    assert stated.depth == true.depth
    assert np.abs(stated.T_color_depth.matrix() - true.T_color_depth.matrix()).max() > 1e-3
    same = IDEAL_TOF.calibrations(VIEW.intrinsics)
    assert same[0] is same[1]


def test_delay_is_passed_on():
    reading = simulate(replace(IDEAL_TOF, delay=0.033), compiled(wall(1)), VIEW, rng())
    assert reading.delay == 0.033


def test_upright_pictures_come_with_a_turned_sensor():
    view = looking_ahead(192, 256)
    reading = simulate(IDEAL_TOF, compiled(wall(3), Sphere(center=(0.25, 0.3, -1.5), radius=0.1)), view, rng())
    assert reading.raw_depth.shape == (240, 320)
    v, u = np.nonzero(registered(reading, view).depth < 2)
    expected, _ = view.intrinsics.project(np.array([0.25, -0.3, 1.5]))
    assert np.allclose((u.mean(), v.mean()), expected, atol=1.0)


@pytest.mark.parametrize("kind", SENSOR_KINDS)
def test_equal_seeds_give_equal_readings(kind):
    scene = compiled(wall(3), Sphere(center=(0, 0, -1.2), radius=0.3), hair=[1])
    readings = []
    for _ in range(2):
        generator = rng(7)
        sensor = sample_sensor(generator, kind)
        assert sensor.kind == kind
        readings.append(simulate(sensor, scene, VIEW, generator))
    assert np.array_equal(readings[0].raw_depth, readings[1].raw_depth)
    assert (readings[0].raw_depth > 0).mean() > 0.4


@pytest.mark.parametrize("seed", range(12))
def test_sampled_devices_measure_a_room_about_right(seed):
    generator = rng(seed)
    sensor = sample_sensor(generator)
    scene = compiled(wall(2.0), Sphere(center=(0, 0, -1.2), radius=0.3))
    result = registered(simulate(sensor, scene, VIEW, generator))
    ball, back = np.nanmedian(result.depth[110:130, 150:170]), np.nanmedian(result.depth[:40])
    if result.depth_is_metric:
        assert ball == pytest.approx(0.91, abs=0.06)
        assert back == pytest.approx(2.0, abs=0.15)
    else:
        assert ball < back


def test_all_kinds_are_drawn():
    generator = rng()
    assert {sample_sensor(generator).kind for _ in range(80)} == set(SENSOR_KINDS)


def test_bad_options_are_refused():
    with pytest.raises(ConfigError, match="rising"):
        TimeOfFlight(nearest=3.0, farthest=1.0)
    with pytest.raises(ConfigError, match="noise"):
        TimeOfFlight(noise=-1)
    with pytest.raises(ConfigError, match="baseline"):
        ActiveStereo(baseline=0.0)
    with pytest.raises(ConfigError, match="sensor kind"):
        sample_sensor(rng(), "sonar")
    with pytest.raises(ConfigError, match="folds over"):
        simulate(TimeOfFlight(distortion=(-3.0, 0, 0, 0, 0)), compiled(wall(1)), VIEW, rng())


def test_a_reading_of_another_picture_is_refused():
    reading = simulate(IDEAL_TOF, compiled(wall(1)), VIEW, rng())
    with pytest.raises(CalibrationMismatchError, match="simulated for"):
        register_reading(reading, np.zeros((10, 10, 3), np.uint8), VIEW.intrinsics)


def test_an_empty_scene_gives_no_depth():
    nothing = compiled(Sphere(center=(0, 0, 5), radius=0.1))
    for sensor in (TimeOfFlight(), ActiveStereo(), StructuredLight()):
        assert (simulate(sensor, nothing, VIEW, rng()).raw_depth == 0).all()
    for sensor in (PhoneLidar(), AppleDisparity()):
        assert np.isfinite(registered(simulate(sensor, nothing, VIEW, rng())).depth).all()
