"""The synthetic camera: true geometry, plausible noise, and faults that are what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_devices import ColorImage, DepthImage, Faults, SyntheticDevice, SyntheticOptions
from rgbd_devices.profiles import choose_profiles
from rgbd_devices.synthetic import Stall, Unplug
from rgbd_devices.synthetic.scene import Scene
from rgbd_seg import Intrinsics, register
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import ConfigError, DeviceDisconnectedError, DeviceNotFoundError, StreamClosedError
from rgbd_seg.frames import RawFrame
from rgbd_seg.samples import load_sample, sample_names


def started(**settings) -> tuple[SyntheticDevice, Calibration]:
    options = {"size": (48, 64), "depth_size": (48, 64), "realtime": False} | settings
    device = SyntheticDevice(SyntheticOptions(**options))
    device.open()
    return device, device.start(choose_profiles(device.profiles()))


def images(device: SyntheticDevice, count: int) -> list:
    found = []
    while len(found) < count:
        found += device.grab(0.1)
    return found


@pytest.mark.parametrize("seconds", [0.0, 1.3, 1.75])
def test_depth_lands_on_the_colour_picture_at_every_moment(seconds):
    """Registered synthetic depth is the sample's own true depth, turned about the colour camera."""
    size = (480, 640)
    scene = Scene("bob", size, size, noise="none", motion=1, seed=0)
    raw, _, _ = scene.depth(seconds, 0)
    color = scene.color(seconds)
    frame = register(RawFrame(color=color, raw_depth=raw, calibration=scene.calibration))
    truth, camera, turn = load_sample("bob"), scene.calibration.color, scene._turn(seconds)
    rays, _ = camera.rays(camera.pixel_grid())
    source = np.dstack([rays, np.ones(size)]) @ turn  # each pixel's ray before the turn
    pixels, _ = camera.project(source)
    inside = camera.contains(pixels)
    u, v = (np.round(pixels[..., i]).clip(0, limit - 1).astype(int) for i, limit in ((0, 640), (1, 480)))
    expected = truth.true_depth[v, u] / source[..., 2]
    both = np.isfinite(frame.depth) & (expected > 0) & inside
    assert both.mean() > 0.85
    assert np.percentile(np.abs(frame.depth - expected)[both], 90) < 0.01
    shades = np.abs(color.astype(int) - truth.frame.color[v, u]).max(axis=-1)
    assert np.percentile(shades[inside], 90) < 20


def test_a_turned_plane_stays_a_plane():
    """z of a fronto-parallel wall after a turn, against the closed form."""
    scene = Scene("bob", (60, 80), (60, 80), noise="none", motion=1, seed=0)
    scene._noise.mean[:] = 2.0
    seconds = 1.75  # greatest yaw
    raw, _, _ = scene.depth(seconds, 0)
    turn, sensor = scene._turn(seconds), scene.calibration.depth
    rays, _ = sensor.rays(sensor.pixel_grid())
    directions = np.dstack([rays, np.ones(rays.shape[:2])])
    expected = 2.0 / (directions @ turn)[..., 2]
    seen = raw > 0
    assert seen.mean() > 0.9
    np.testing.assert_allclose(raw[seen] * 0.001, expected[seen], atol=0.0006)


@pytest.mark.parametrize(("noise", "at_metre", "at_three"), [("tof", 0.0035, 0.0195), ("stereo", None, None)])
def test_noise_is_unbiased_and_grows_with_distance(noise, at_metre, at_three):
    sensor = Intrinsics.from_field_of_view(160, 120, 60)
    from rgbd_devices.synthetic.sensor_noise import NoiseModel

    for distance, sigma in ((1.0, at_metre), (3.0, at_three)):
        plane = np.full((120, 160), distance, np.float32)
        model = NoiseModel(noise, plane, sensor, 0.025, seed=1)
        raws = np.stack([model.measured(plane, shot, 10_000)[0] for shot in range(20)]) / 10_000
        expected = sigma or 0.08 * distance**2 / (sensor.fx * 0.05)
        assert abs(raws.mean() - distance) < 0.1 * expected
        assert raws.std() == pytest.approx(expected, rel=0.1)


def test_only_tof_has_confidence_and_infrared():
    for noise, there in (("tof", True), ("stereo", False), ("none", False)):
        device, _ = started(noise=noise)
        assert device.capabilities.confidence == there
        depth = next(image for image in images(device, 4) if isinstance(image, DepthImage))
        assert (depth.confidence is not None) == there
        assert (depth.infrared is not None) == there


@pytest.mark.parametrize("name", sample_names())
@pytest.mark.parametrize("size", [(40, 60), (33, 71)])
def test_any_sample_at_any_size(name, size):
    device, calibration = started(sample=name, size=size, depth_size=size[::-1])
    for image in images(device, 4):
        if isinstance(image, ColorImage):
            assert image.color.shape == (*size, 3)
            assert image.color.std() > 5
        else:
            assert image.raw_depth.shape == size[::-1]
            assert 0.3 < np.median(image.raw_depth[image.raw_depth > 0]) * calibration.metres_per_unit < 6


def test_the_same_seed_gives_the_same_pictures():
    faults = Faults(drop=0.1, duplicate=0.1, corrupt=0.1, jitter=0.002, seed=4)
    first, second = (images(started(faults=faults)[0], 60) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert type(one) is type(other)
        assert (one.sequence, one.timestamp) == (other.sequence, other.timestamp)
        name = "color" if isinstance(one, ColorImage) else "raw_depth"
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@settings(max_examples=20, deadline=None)
@given(drop=st.floats(0, 0.5), duplicate=st.floats(0, 0.5), late=st.floats(0, 0.3), seed=st.integers(0, 1000))
def test_chances_come_true(drop, duplicate, late, seed):
    from rgbd_devices.synthetic.clockwork import Clockwork

    clockwork = Clockwork(30, Faults(drop=drop, duplicate=duplicate, late=late, seed=seed), 0, frames=400)
    shots = []
    while clockwork.next_arrival() < float("inf"):
        shots.append(clockwork.take())
    assert [shot.arrival for shot in shots] == sorted(shot.arrival for shot in shots)
    distinct = {(shot.stream, shot.sequence) for shot in shots}
    assert abs(len(distinct) / 800 - (1 - drop)) < 0.08
    assert abs((len(shots) - len(distinct)) / max(len(distinct), 1) - duplicate) < 0.12


def test_drift_offset_and_names_of_the_clocks():
    faults = Faults(drift_ppm=1000, offset=0.5, separate_clocks=True)
    device, _ = started(faults=faults, size=(16, 16), depth_size=(16, 16))
    found = images(device, 200)
    depth = [image for image in found if isinstance(image, DepthImage)]
    color = {image.sequence: image for image in found if isinstance(image, ColorImage)}
    assert depth[0].timestamp.clock != found[0].timestamp.clock or not isinstance(found[0], ColorImage)
    last = depth[-1]
    apart = (last.timestamp.nanoseconds - color[last.sequence].timestamp.nanoseconds) * 1e-9
    assert apart == pytest.approx(0.5 + last.sequence / 30 * 1e-3, abs=1e-6)
    assert not device.capabilities.shared_clock


def test_corrupt_and_wrong_size_pictures():
    device, _ = started(faults=Faults(corrupt=1.0))
    clean, _ = started()
    bad = next(image for image in images(device, 4) if isinstance(image, DepthImage))
    good = next(image for image in images(clean, 4) if isinstance(image, DepthImage))
    np.testing.assert_array_equal(bad.raw_depth[:32], good.raw_depth[:32])
    assert np.abs(bad.raw_depth[32:].astype(int) - good.raw_depth[32:]).mean() > 5000
    device, _ = started(faults=Faults(wrong_size=1.0))
    assert {image.color.shape if isinstance(image, ColorImage) else image.raw_depth.shape
            for image in images(device, 4)} == {(46, 64, 3), (46, 64)}  # fmt: skip


def test_warming_shows_in_temperature_and_depth():
    device, _ = started(faults=Faults(warming=100), noise="none", motion=0)
    depths = [image for image in images(device, 1200) if isinstance(image, DepthImage)]
    warmer = depths[-1].temperature - depths[0].temperature
    assert warmer == pytest.approx(100 * 599 / 30 / 60, rel=0.05)
    both = (depths[0].raw_depth > 0) & (depths[-1].raw_depth > 0)
    grown = (depths[-1].raw_depth[both] / depths[0].raw_depth[both]).mean()
    assert grown == pytest.approx(1 + 1e-4 * warmer, abs=2e-4)


def test_unplugged_means_gone_until_it_returns():
    device, _ = started(faults=Faults(events=(Unplug(0.5, 0.5),)))
    with pytest.raises(DeviceDisconnectedError, match="unplugged"):
        images(device, 1000)
    device.close()
    with pytest.raises(DeviceNotFoundError):
        device.open()
    for _ in range(20):
        try:
            device.open()
            break
        except DeviceNotFoundError:
            continue
    device.start(choose_profiles(device.profiles()))
    assert images(device, 2)


def test_a_stall_is_silence_and_ends_by_reopening():
    device, _ = started(faults=Faults(events=(Stall(0.5),)))
    silent = 0
    while silent < 5:
        silent = 0 if device.grab(0.1) else silent + 1
    device.close()
    device.open()
    device.start(choose_profiles(device.profiles()))
    assert images(device, 2)


def test_it_ends_like_a_recording():
    device, _ = started(frames=10)
    with pytest.raises(StreamClosedError, match="10 frames"):
        images(device, 1000)
    assert device.truth["color"].handed == device.truth["depth"].handed == 10


def test_faults_from_text():
    faults = Faults.parse("unplug@5+2,stall@12+inf,drop=0.01,separate_clocks=1", seed=9)
    assert faults.events == (Unplug(5, 2), Stall(12, float("inf")))
    assert (faults.drop, faults.separate_clocks, faults.seed) == (0.01, True, 9)


@pytest.mark.parametrize(
    "address", ["nobody", "wave?sise=3x3", "wave?size=3", "wave?size=9x9", "wave?noise=loud", "wave?rate=x",
                "wave?faults=explode", "wave?faults=drop=2", "wave?faults=unplug@x+1", "wave?rate"]
)  # fmt: skip
def test_a_wrong_address_is_told(address):
    with pytest.raises(ConfigError, match=r"expected|is not a number"):
        SyntheticOptions.from_address(address)
