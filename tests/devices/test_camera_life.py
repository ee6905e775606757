"""A camera's states: opening, loss, return, stall, failure, and closing in time."""

import threading
import time
from contextlib import suppress

import numpy as np
import pytest
from scripted_device import ScriptedDevice, pair

from rgbd_devices import CameraOptions, DeviceCamera, Faults, SyntheticDevice, SyntheticOptions
from rgbd_devices.images import DamagedDepthError
from rgbd_devices.state_log import StateChange
from rgbd_seg.devices import CameraState
from rgbd_seg.errors import (
    BackendMissingError,
    ConfigError,
    DeviceDisconnectedError,
    DeviceError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    FrameError,
    StreamClosedError,
)
from rgbd_seg.protocols import Camera, LiveCamera

QUICK = CameraOptions(stall_timeout=0.2, first_wait=0.01, longest_wait=0.05)


def states(changes: list[StateChange]) -> list[str]:
    return [change.state.value for change in changes]


def wait_for(condition, seconds: float = 3.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def test_it_is_a_camera_of_the_protocol():
    camera = DeviceCamera(ScriptedDevice())
    assert isinstance(camera, Camera)
    with camera:
        assert isinstance(camera, LiveCamera)


def test_frame_sets_carry_what_was_delivered():
    with DeviceCamera(ScriptedDevice()) as camera:
        frame = camera.read()
    assert frame.color_sequence == frame.depth_sequence
    assert frame.color_timestamp == frame.depth_timestamp
    assert frame.color_timestamp.clock == "device"
    assert frame.arrival.clock == "host"
    assert frame.raw_depth[0, 0] == 1000 + frame.depth_sequence % 100


def test_the_states_of_a_quiet_life():
    changes: list[StateChange] = []
    camera = DeviceCamera(ScriptedDevice(), on_state=changes.append)
    assert camera.state is CameraState.CLOSED
    with camera:
        camera.read()
        assert camera.state is CameraState.STREAMING
    assert states(changes) == ["opening", "streaming", "closed"]
    assert camera.history == tuple(changes)


def test_reading_before_start_and_after_stop_is_told():
    camera = DeviceCamera(ScriptedDevice())
    with pytest.raises(StreamClosedError, match="not started"):
        camera.read()
    with pytest.raises(StreamClosedError, match="not started"):
        camera.calibration()
    with camera:
        camera.read()
    with pytest.raises(StreamClosedError, match="stopped"):
        camera.read()


@pytest.mark.parametrize("error", [DeviceNotFoundError("gone"), BackendMissingError("no SDK"), DeviceError("busy")])
def test_an_error_of_opening_reaches_the_caller(error):
    def refuse(opens: int) -> None:
        raise error

    camera = DeviceCamera(ScriptedDevice(on_open=refuse))
    with pytest.raises(type(error), match=str(error)):
        camera.start()
    assert camera.state is CameraState.FAILED


def test_an_unsupported_profile_lists_those_that_there_are():
    camera = DeviceCamera(ScriptedDevice(), color="1920x1080@30")
    with pytest.raises(ConfigError, match=r"no color profile 1920x1080@30; it offers: 8x6@60"):
        camera.start()


def test_a_camera_that_does_not_open_is_given_up_and_closing_does_not_hang():
    release = threading.Event()
    camera = DeviceCamera(
        ScriptedDevice(on_open=lambda opens: release.wait(10) and None), CameraOptions(open_timeout=0.1)
    )
    begin = time.monotonic()
    with pytest.raises(DeviceTimeoutError, match="did not open"):
        camera.start()
    assert time.monotonic() - begin < 2
    assert camera.state is CameraState.FAILED
    release.set()


@pytest.mark.parametrize("hang", [False, True])
def test_stopping_does_not_wait_for_an_opening_that_takes_long(hang):
    release, told = threading.Event(), []
    camera = DeviceCamera(ScriptedDevice(on_open=lambda opens: release.wait(20) and None))

    def start() -> None:
        try:
            camera.start()
        except StreamClosedError as error:
            told.append(str(error))

    starter = threading.Thread(target=start)
    starter.start()
    wait_for(lambda: camera.state is CameraState.OPENING)
    if not hang:
        threading.Timer(0.2, release.set).start()
    begin = time.monotonic()
    camera.stop()
    assert time.monotonic() - begin < (2.0 if hang else 1.0)
    starter.join(1)
    assert told == ["the camera was stopped while it was opened; start it again"]
    assert camera.state is CameraState.CLOSED
    if hang:
        begin = time.monotonic()
        with pytest.raises(DeviceError, match="still hangs"):
            camera.start()
        assert time.monotonic() - begin < 0.5
    release.set()
    wait_for(lambda: not any(thread.name == "rgbd camera" for thread in threading.enumerate()))
    with camera:
        assert camera.read().color_sequence == 0


def test_two_starts_at_once_open_one_camera():
    device = ScriptedDevice(on_open=lambda opens: time.sleep(0.2))
    camera = DeviceCamera(device)
    starter = threading.Thread(target=camera.start)
    starter.start()
    camera.start()
    starter.join()
    assert camera.read().color_sequence == 0
    assert device.opens == 1
    camera.stop()


def test_a_lost_camera_comes_back_as_a_new_session():
    def lose(number: int):
        if number == 5:
            raise DeviceDisconnectedError("cable pulled")

    def refuse(opens: int) -> None:
        if opens in (2, 3):
            raise DeviceNotFoundError("not there yet")

    changes: list[StateChange] = []
    device = ScriptedDevice(lose, refuse)
    with DeviceCamera(device, QUICK, on_state=changes.append) as camera:
        sessions = [camera.read().session for _ in range(12)]
        statistics = camera.statistics
    assert states(changes) == ["opening", "streaming", "lost", "reconnecting", "streaming", "closed"]
    assert sessions[0] == 0
    assert sessions[-1] == 1
    assert "cable pulled" in changes[2].reason
    assert device.opens == 4
    assert (statistics.losses, statistics.stalls, statistics.reconnects) == (1, 0, 1)


def test_a_stall_is_noticed_and_cured_by_reconnecting():
    silent = {"from": 5}

    def stall(number: int):
        if number >= silent["from"]:
            time.sleep(0.01)
            return ()
        return None

    device = ScriptedDevice(stall, lambda opens: silent.update({"from": 5 if opens == 1 else 10**9}))
    with DeviceCamera(device, QUICK) as camera:
        wait_for(lambda: camera.statistics.reconnects == 1)
        assert camera.read().session in (0, 1)
        assert camera.statistics.stalls == 1


def test_one_dead_stream_is_a_stall_too():
    def color_only(number: int):
        time.sleep(0.01)
        return (pair(number)[0],)

    with DeviceCamera(ScriptedDevice(color_only), QUICK) as camera:
        wait_for(lambda: camera.statistics.stalls >= 1)
        assert camera.statistics.frame_sets == 0


def test_a_camera_that_stays_away_is_given_up():
    def lose(number: int):
        if number == 2:
            raise DeviceDisconnectedError("cable pulled")

    def refuse(opens: int) -> None:
        if opens > 1:
            raise DeviceNotFoundError("not there")

    options = CameraOptions(first_wait=0.01, longest_wait=0.02, give_up_after=0.1)
    with DeviceCamera(ScriptedDevice(lose, refuse), options) as camera:
        wait_for(lambda: camera.state is CameraState.FAILED)
        camera.read()
        camera.read()
        for _ in range(2):  # the error stays
            with pytest.raises(DeviceDisconnectedError, match="given up after"):
                camera.read()


def test_a_drivers_bug_does_not_leave_its_user_waiting():
    def bug(number: int):
        raise KeyError("oops")

    with DeviceCamera(ScriptedDevice(bug)) as camera, pytest.raises(DeviceError, match="raised KeyError") as raised:
        camera.read()
    assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize("hang", [False, True])
def test_closing_takes_less_than_two_seconds_even_if_the_driver_hangs(hang):
    release = threading.Event()

    def grab(number: int):
        if hang and number == 3:
            release.wait(20)

    camera = DeviceCamera(ScriptedDevice(grab))
    camera.start()
    camera.read()
    time.sleep(0.1)
    begin = time.monotonic()
    camera.stop()
    assert time.monotonic() - begin < (2.0 if hang else 0.5)
    assert camera.state is CameraState.CLOSED
    if hang:
        with pytest.raises(DeviceError, match="still hangs"):
            camera.start()
        release.set()
        wait_for(lambda: not any(thread.name == "rgbd camera" for thread in threading.enumerate()))
        camera.start()
        camera.stop()


def test_stop_wakes_a_waiting_reader():
    camera = DeviceCamera(ScriptedDevice(lambda number: () if not time.sleep(0.01) else None))
    camera.start()
    told: list[BaseException] = []

    def read() -> None:
        try:
            camera.read(30)
        except StreamClosedError as error:
            told.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.05)
    camera.stop()
    reader.join(1)
    assert told


def test_a_recording_waits_for_its_reader_and_ends():
    def end(number: int):
        if number == 50:
            raise StreamClosedError("the recording is over")

    with DeviceCamera(ScriptedDevice(end, live=False)) as camera:
        numbers = []
        for _ in range(50):
            numbers.append(camera.read().color_sequence)
            time.sleep(0.001)
        with pytest.raises(StreamClosedError, match="over"):
            camera.read()
    assert numbers == list(range(50))


def test_a_slow_reader_loses_the_oldest_and_they_are_counted():
    with DeviceCamera(ScriptedDevice(), CameraOptions(queue_size=3)) as camera:
        time.sleep(0.3)
        first = camera.read().color_sequence
        statistics = camera.statistics
    assert first > 0
    assert statistics.dropped == first
    assert statistics.frame_sets == statistics.delivered + statistics.dropped + statistics.queued


def test_malformed_pictures_are_dropped_counted_and_told_once(caplog):
    def wrong(number: int):
        time.sleep(0.005)
        return pair(number, size=(5, 8) if number % 2 else (6, 8))

    with DeviceCamera(ScriptedDevice(wrong)) as camera:
        frames = [camera.read() for _ in range(5)]
        statistics = camera.statistics
    assert all(frame.color.shape == (6, 8, 3) for frame in frames)
    assert statistics.color.malformed >= 4
    assert statistics.color.missed == 0
    assert len([record for record in caplog.records if "dropped a picture" in record.message]) == 1


@pytest.mark.parametrize(("stream", "error"), [("color", FrameError), ("depth", DamagedDepthError)])
def test_a_picture_that_cannot_be_decoded_costs_no_more_than_itself(caplog, stream, error):
    def broken(number: int):
        if number % 3 == 1:
            raise error("a picture of 7 bytes does not hold 8×6 pixels")

    with DeviceCamera(ScriptedDevice(broken)) as camera:
        frames = [camera.read() for _ in range(8)]
        state, statistics = camera.state, camera.statistics
    assert [frame.color_sequence for frame in frames] == [0, 2, 3, 5, 6, 8, 9, 11]
    assert state is CameraState.STREAMING
    assert statistics.losses == 0
    counts = getattr(statistics, stream)
    assert counts.malformed >= 3
    assert counts.missed == 0  # a gap that is explained is not counted twice
    assert statistics.color.malformed + statistics.depth.malformed == counts.malformed
    assert len([record for record in caplog.records if "a picture of 7 bytes" in record.message]) == 1


def test_a_recording_that_is_damaged_ends_and_says_so():
    def broken(number: int):
        if number == 3:
            raise FrameError("frame 3 is damaged")

    with DeviceCamera(ScriptedDevice(broken, live=False)) as camera:
        assert [camera.read().color_sequence for _ in range(3)] == [0, 1, 2]
        with pytest.raises(FrameError, match="frame 3 is damaged"):
            camera.read()


def test_a_stall_says_what_became_of_the_pictures():
    def broken(number: int):
        time.sleep(0.005)
        raise FrameError("the colour format is h264")

    changes: list[StateChange] = []
    with DeviceCamera(ScriptedDevice(broken), QUICK, on_state=changes.append) as camera:
        wait_for(lambda: camera.statistics.stalls >= 1)
    assert "the last picture was dropped: the colour format is h264" in changes[2].reason


def test_a_thousand_kept_frame_sets_stay_as_they_were():
    options = SyntheticOptions(size=(24, 32), depth_size=(24, 32), realtime=False, frames=1000)
    with DeviceCamera(SyntheticDevice(options)) as camera:
        kept = []
        sums = []
        for _ in range(1000):
            kept.append(camera.read())
            sums.append((int(kept[-1].color.sum()), int(kept[-1].raw_depth.sum())))
    assert [(int(frame.color.sum()), int(frame.raw_depth.sum())) for frame in kept] == sums
    assert len({frame.color.ctypes.data for frame in kept}) == 1000


def test_a_hard_minute_of_faults_is_survived_in_seconds():
    """Every fault at once on a clock of its own; the real ten minutes are in benchmarks/devices.py."""
    faults = Faults(
        drop=0.02, duplicate=0.02, late=0.01, wrong_size=0.01, corrupt=0.01, jitter=0.003, drift_ppm=150, seed=3
    )
    device = SyntheticDevice(
        SyntheticOptions(size=(24, 32), depth_size=(24, 32), realtime=False, frames=1800, faults=faults)
    )
    frames = []
    with DeviceCamera(device) as camera, suppress(StreamClosedError):
        while True:
            frames.append(camera.read())
    statistics = camera.statistics
    assert len(frames) == statistics.frame_sets == statistics.delivered
    assert len(frames) > 1600
    assert all(frame.color_sequence == frame.depth_sequence for frame in frames)
    for name in ("color", "depth"):
        counts, truth = getattr(statistics, name), device.truth[name]
        assert counts.received == truth.handed
        assert counts.received - counts.duplicates - counts.disordered + counts.missed == truth.due


def test_unplug_and_stall_in_real_time():
    faults = Faults.parse("unplug@0.5+0.5,stall@2+9")
    device = SyntheticDevice(SyntheticOptions(size=(24, 32), depth_size=(24, 32), faults=faults))
    changes: list[StateChange] = []
    with DeviceCamera(device, CameraOptions(stall_timeout=0.3), on_state=changes.append) as camera:
        wait_for(lambda: camera.statistics.reconnects == 2, 6)
        back = [change.at * 1e-9 for change in changes if change.state is CameraState.STREAMING][1]
        assert 0 <= back - (device.opened_at + 1.0) < 1.0
        assert camera.statistics.stalls == 1
        assert np.isfinite(camera.read().temperature)


@pytest.mark.parametrize("live", [True, False])
def test_without_reconnection_and_for_recordings_a_loss_is_final(live):
    def lose(number: int):
        if number == 3:
            raise DeviceDisconnectedError("cable pulled")

    device = ScriptedDevice(lose, live=live)
    with DeviceCamera(device, CameraOptions(reconnect=not live)) as camera:
        with pytest.raises(DeviceDisconnectedError, match="cable pulled"):
            [camera.read() for _ in range(5)]
        assert camera.state is CameraState.FAILED
    assert device.opens == 1
