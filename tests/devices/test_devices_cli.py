"""``rgbd-seg devices …`` and ``live`` as users meet them; drivers by name, serial, URI and file."""

import itertools
import json
import signal
import time

import pytest

from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.cli import recorders
from rgbd_devices.cli.live import main as live
from rgbd_devices.cli.pace import frames_of, frames_waiting
from rgbd_devices.live.loop import LiveLoop
from rgbd_devices.recording import Recorder
from rgbd_devices.registry import find_device, list_cameras, open_camera
from rgbd_devices.synthetic import SyntheticDevice
from rgbd_seg.cli.main import main
from rgbd_seg.devices import CameraState
from rgbd_seg.errors import ConfigError, DeviceNotFoundError

SMALL = "synthetic:wave?size=64x48&depth_size=64x48&rate=60"

pytestmark = pytest.mark.usefixtures("no_networks")


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("command", ["", "list", "info", "check", "record", "play", "view"])
def test_every_command_explains_itself(capsys, command):
    code, out, _ = run(capsys, "devices", *command.split(), "--help")
    assert code == 0
    assert "Usage" in out


def test_live_explains_itself(capsys):
    code, out, _ = run(capsys, "live", "--help")
    assert code == 0
    assert "--effect" in out


def test_list_names_the_synthetic_cameras(capsys):
    code, out, _ = run(capsys, "devices", "list", "--json")
    assert code == 0
    assert "synthetic:wave" in [camera["uri"] for camera in json.loads(out)["cameras"]]
    code, out, _ = run(capsys, "devices", "list")
    assert "synthetic:bob" in out


def test_info_tells_profiles_and_calibration(capsys):
    code, out, _ = run(capsys, "devices", "info", SMALL, "--json")
    assert code == 0
    content = json.loads(out)
    assert content["running"] == ["color 64x48@60/rgb8", "depth 64x48@60/z16"]
    assert content["calibration"]["color"]["width"] == 64
    assert content["capabilities"]["confidence"] is True
    code, out, _ = run(capsys, "devices", "info", SMALL)
    assert "metres_per_unit" in out


def test_check_prints_a_sheet_and_its_exit_code_is_the_verdict(capsys):
    """That it passes a right camera, and its JSON, is shown by the example driver's test."""
    camera = f"{SMALL}&faults=wrong_size=0.1"
    code, out, _ = run(capsys, "devices", "check", camera, "--seconds", "0.5", "--restarts", "2")
    assert code == 1
    lines = out.splitlines()
    assert any(line.startswith("✗ size") for line in lines)
    assert any(line.startswith("✓ units") for line in lines)
    assert lines[-1].startswith("Synthetic camera (wave, tof noise) (synthetic:wave): FAIL: size")


def test_play_runs_through(capsys):
    code, out, _ = run(capsys, "devices", "play", f"{SMALL}&frames=30&realtime=0")
    assert code == 0
    assert "30 frame sets, 0 dropped" in out


def test_profiles_are_chosen_explicitly(capsys):
    code, out, _ = run(capsys, "devices", "info", SMALL, "--color", "1280x720@30", "--depth", "320x240@30", "--json")
    assert code == 0
    assert json.loads(out)["running"] == ["color 1280x720@30/rgb8", "depth 320x240@30/z16"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("devices", "info", "nosuch"), ("nosuch", "drivers:")),
        (("devices", "check", "synthetic:nobody"), ("nobody", "expected one of")),
        (("devices", "info", SMALL, "--color", "9x9"), ("no color profile 9x9", "64x48@60")),
        (("devices", "info", SMALL, "--color", "big"), ("WIDTHxHEIGHT",)),
        (("devices", "info", f"{SMALL}&faults=unplug@0+9"), ("unplugged",)),
        (("devices", "record", SMALL, "-o", "x.avi"), ("x.avi", ".mkv")),
        (("devices", "view", SMALL, "-o", "x.png"), (".rrd",)),
        (("live", "--camera", SMALL, "-o", "x.txt"), ("x.txt", ".mp4")),
        (("live", "--camera", SMALL, "--effect", "sparkle"), ("sparkle", "replace")),
        (("live",), ("--camera",)),
    ],
)
def test_every_error_is_one_line_with_exit_code_2(capsys, command, words):
    code, _, err = run(capsys, *command)
    lines = [line for line in err.splitlines() if line.startswith("rgbd-seg: error:")]
    assert code == 2, err
    assert len(lines) == 1, err
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("effect", ["replace", "blur", "grayscale"])
def test_live_writes_a_video_of_the_effect(tmp_path, capsys, effect):
    av = pytest.importorskip("av", reason="writing video needs PyAV")
    target = tmp_path / "live.mp4"
    camera = "synthetic:wave?size=160x120&depth_size=80x60"
    arguments = ["--camera", camera, "--effect", effect, "-o", str(target), "--seconds", "1", "--json"]
    assert live(arguments) == 0
    report = json.loads(capsys.readouterr().out)
    with av.open(str(target)) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(frames) == report["frames"]
    assert frames[0].shape == (120, 160, 3)
    assert report["latency p95 ms"] > 0
    if effect == "replace":
        assert (frames[-1][:20, :20] > 240).all()  # the wall has become white


def test_live_rides_out_an_unplugged_camera(tmp_path, capsys):
    pytest.importorskip("av", reason="writing video needs PyAV")
    camera = "synthetic:wave?size=64x48&depth_size=64x48&faults=unplug@1.5+0.3"
    assert live(["--camera", camera, "-o", str(tmp_path / "live.mp4"), "--seconds", "3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["losses"] == 1
    assert report["frames"] > 10


def test_live_takes_every_picture_of_a_recording_and_states_no_latency(tmp_path, capsys):
    av = pytest.importorskip("av", reason="recording needs PyAV")
    recording, target = tmp_path / "small.mkv", tmp_path / "live.mp4"
    assert run(capsys, "devices", "record", f"{SMALL}&frames=9&realtime=0", "-o", recording)[0] == 0
    code, out, _ = run(capsys, "live", "--camera", recording, "-o", target, "--json")
    assert code == 0
    report = json.loads(out)
    assert report["latency p95 ms"] is None
    assert report["frames"] == 9
    with av.open(str(target)) as video:
        assert len(list(video.decode(video=0))) == 9


def interrupting(function, number: int, before=lambda: None):
    """``function``, during whose call of that number ^C is pressed."""
    calls = itertools.count(1)

    def interrupted(*arguments):
        if next(calls) == number:
            before()
            signal.raise_signal(signal.SIGINT)
        return function(*arguments)

    return interrupted


def test_an_interrupt_ends_live_with_its_report(tmp_path, capsys, monkeypatch):
    av = pytest.importorskip("av", reason="writing video needs PyAV")
    target = tmp_path / "live.mp4"
    usual = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(LiveLoop, "picture", interrupting(LiveLoop.picture, 5))
    code, out, _ = run(capsys, "live", "--camera", SMALL, "-o", target, "--json")
    assert code == 0
    assert json.loads(out)["frames"] == 4  # the first was to warm up; the one at hand is finished
    with av.open(str(target)) as video:
        assert len(list(video.decode(video=0))) == 4
    assert signal.getsignal(signal.SIGINT) is usual


def test_an_interrupt_ends_recording_with_what_was_queued(tmp_path, capsys, monkeypatch):
    pytest.importorskip("av", reason="recording needs PyAV")
    cameras = []

    def wait_until_all_is_queued() -> None:
        deadline = time.monotonic() + 10
        while cameras[0].state is not CameraState.CLOSED and time.monotonic() < deadline:
            time.sleep(0.01)

    opening = recorders.open_recorder
    monkeypatch.setattr(recorders, "open_recorder", lambda *given: cameras.append(given[1]) or opening(*given))
    monkeypatch.setattr(Recorder, "write", interrupting(Recorder.write, 3, wait_until_all_is_queued))
    target = tmp_path / "a.mkv"
    code, out, _ = run(capsys, "devices", "record", f"{SMALL}&frames=20&realtime=0", "-o", target)
    assert code == 0
    assert "20 frame sets, 0 dropped" in out
    assert "20 frame sets" in run(capsys, "devices", "play", target)[1]


def test_the_picture_at_which_the_sink_had_enough_counts(monkeypatch):
    class Three:
        taken = 0

        def write(self, picture, timestamp):
            self.taken += 1
            return self.taken < 3

    sink = Three()
    loop = LiveLoop(None, None)
    monkeypatch.setattr(loop, "picture", lambda frame: frame.color)
    with open_camera(f"{SMALL}&frames=9&realtime=0") as camera:
        assert loop.run(frames_of(camera, 0.0), sink).frames == sink.taken == 3


def test_a_second_interrupt_does_not_wait(tmp_path, capsys, monkeypatch):
    pytest.importorskip("av", reason="recording needs PyAV")
    monkeypatch.setattr(Recorder, "write", interrupting(Recorder.write, 3, lambda: signal.raise_signal(signal.SIGINT)))
    assert run(capsys, "devices", "record", SMALL, "-o", tmp_path / "a.mkv")[0] == 130


def test_a_window_without_display_is_an_error_not_a_crash(capsys, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    code, _, err = run(capsys, "live", "--camera", SMALL, "--seconds", "0.5")
    assert code == 2
    assert "no window can be shown" in err


def test_a_recorder_gets_what_still_waits_when_time_is_up():
    with open_camera(f"{SMALL}&frames=20&realtime=0", CameraOptions(queue_size=60)) as camera:
        deadline = time.monotonic() + 10
        while camera.state is not CameraState.CLOSED and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(list(frames_waiting(camera))) == 20


def test_view_writes_a_rerun_file(tmp_path, capsys):
    pytest.importorskip("rerun", reason="the viewer needs rerun-sdk")
    target = tmp_path / "view.rrd"
    code, _, err = run(capsys, "devices", "view", SMALL, "-o", target, "--seconds", "0.5")
    assert code == 0, err
    assert target.stat().st_size > 10_000


def test_a_camera_is_found_by_driver_uri_and_serial():
    for name in ("synthetic", "synthetic:bob", "bob"):
        assert isinstance(find_device(name), SyntheticDevice)
    assert find_device("bob").options.sample == "bob"


def test_a_model_that_is_there_six_times_must_be_told_apart():
    with pytest.raises(DeviceNotFoundError, match="several cameras: synthetic:bob"):
        find_device("Synthetic camera")


def test_opening_starts_nothing_and_a_wrong_address_is_told_at_once():
    assert open_camera(SMALL).state.value == "closed"
    with pytest.raises(ConfigError, match="sise"):
        open_camera("synthetic:wave?sise=3")


def test_listing_never_fails_because_one_driver_cannot_look():
    cameras, silent = list_cameras()
    assert {info.driver for info in cameras} >= {"synthetic"}
    assert all(reason for reason in silent.values())


def test_the_calibration_tool_gets_the_same_cameras():
    from rgbd_calibration.cameras import open_camera as calibrations_open

    with calibrations_open(SMALL) as camera:
        frame = camera.read()
        assert frame.color.shape[:2] == camera.calibration().color.size


def test_what_an_sdk_prints_stays_out_of_results(capfd: pytest.CaptureFixture[str]) -> None:
    import os

    from rgbd_devices.cli.native_output import native_output_on_stderr

    with native_output_on_stderr():
        os.write(1, b"native chatter\n")
    os.write(1, b"result\n")
    out, err = capfd.readouterr()
    assert out == "result\n"
    assert "native chatter" in err
