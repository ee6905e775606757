"""``verify`` as a factory runs it: a true calibration passes, a wrong one does not, and nothing is overwritten."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from rgbd_calibration import cameras
from rgbd_calibration.board import parse_board
from rgbd_calibration.cli.main import main
from rgbd_calibration.simulate import DepthErrors, SimulatedRig
from rgbd_calibration.station_log import StationLog
from rgbd_calibration.verdict import Outcome
from rgbd_calibration.verify_run import live_pictures
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.devices import CameraState, CameraStatistics, Capabilities, DeviceInfo
from rgbd_seg.errors import CalibrationError, DeviceTimeoutError
from rgbd_seg.frames import FrameSet, RawFrame
from rgbd_seg.transform import RigidTransform

BOARD = "charuco:9x6:0.03:0.022:5X5_100:new"
RIG = SimulatedRig(
    board=parse_board(BOARD),
    color=Intrinsics(width=640, height=480, fx=520, fy=520, cx=318, cy=242),
    depth=Intrinsics(width=320, height=240, fx=260, fy=260, cx=160, cy=119),
    T_color_depth=RigidTransform.from_rotation_vector((0.01, -0.005, 0.002), (-0.03, 0.001, 0.002)),
    errors=DepthErrors(noise=0.0005),
)
TRUTH = Calibration(
    color=RIG.color, depth=RIG.depth, T_color_depth=RIG.T_color_depth, metres_per_unit=RIG.metres_per_unit
)


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three views of a rig whose truth is known."""
    folder = tmp_path_factory.mktemp("A9")
    rng = np.random.default_rng(5)
    for number, pose in enumerate(RIG.poses(3, rng, tilt_deg=35)):
        pictures = RIG.pictures(f"{number}", pose, rng)
        assert pictures.color is not None
        cv2.imwrite(str(folder / f"color_{number}.png"), pictures.color[..., ::-1])
        cv2.imwrite(str(folder / f"depth_{number}.png"), pictures.raw_depth)
    return folder


def scaled(camera: Intrinsics, factor: float) -> Intrinsics:
    return replace(camera, fx=factor * camera.fx, fy=factor * camera.fy)


def verify(unit: Path, stored: Calibration, output: Path, *more: str) -> int:
    output.mkdir(exist_ok=True)
    stored.save(output / "stored.json")
    command = ["verify", str(unit), "--calibration", str(output / "stored.json"), "-o", str(output)]
    return main([*command, "--board", BOARD, "--depth", "depth_*.png", *more])


def test_a_true_calibration_passes_and_is_logged(
    unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(unit, TRUTH, tmp_path, "--serial", "A9") == 0, capsys.readouterr().out
    content = json.loads((tmp_path / "verify.json").read_text())
    assert content["verdict"]["outcome"] == "pass"
    assert len(content["check"]["views"]) == 3
    html = (tmp_path / "verify.html").read_text()
    assert "PASS" in html
    assert "is the stored calibration still true" in html
    (run,) = StationLog(tmp_path / "station.sqlite").runs(kind="verify")
    assert (run.serial, run.outcome) == ("A9", Outcome.PASS)
    assert run.values["edge_error"].upper == 3.0
    assert Calibration.load(tmp_path / "stored.json").color == TRUTH.color  # a check changes nothing


@pytest.mark.parametrize(
    "wrong",
    [
        replace(TRUTH, color=scaled(TRUTH.color, 1.06), depth=scaled(TRUTH.depth, 1.06)),
        replace(TRUTH, color=scaled(TRUTH.color, 0.94)),
        replace(TRUTH, metres_per_unit=TRUTH.metres_per_unit * 1.05),
    ],
    ids=["factory file 6 % long", "colour 6 % short", "depth scale 5 % long"],
)
def test_a_wrong_calibration_fails(unit: Path, tmp_path: Path, wrong: Calibration) -> None:
    assert verify(unit, wrong, tmp_path) == 1
    (run,) = StationLog(tmp_path / "station.sqlite").runs()
    assert run.reasons
    assert "FAIL" in (tmp_path / "verify.html").read_text()


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--board", "charuco:9x6:0.03:0.022:6X6_100"], "is in none of 3 colour pictures"),
        (["--color", "none_*.png"], "no file in"),
        (["--calibration", "missing.json"], "cannot read calibration"),
        (["--camera", "webcam"], "either a folder of pictures or --camera"),
    ],
)
def test_what_cannot_be_judged_exits_2(
    unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], complaint: str
) -> None:
    assert verify(unit, TRUTH, tmp_path) == 0
    report = (tmp_path / "verify.html").read_bytes()
    assert verify(unit, TRUTH, tmp_path, *more) == 2
    assert complaint in capsys.readouterr().err
    assert (tmp_path / "verify.html").read_bytes() == report
    assert (tmp_path / "verify.refused.html").is_file()
    assert StationLog(tmp_path / "station.sqlite").runs()[-1].outcome is Outcome.UNJUDGED


def test_pictures_of_another_size_are_told(unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(unit, replace(TRUTH, color=TRUTH.color.resized(1280, 960)), tmp_path) == 2
    assert "640" in capsys.readouterr().err


class Still:
    """A camera that looks at one view, is slow to start, and whose sensor is warm."""

    def __init__(self, unit: Path, *, gaps: int = 1) -> None:
        self._color = cv2.imread(str(unit / "color_0.png"))[..., ::-1].copy()
        self._depth = cv2.imread(str(unit / "depth_0.png"), cv2.IMREAD_UNCHANGED)
        self._gaps = gaps

    def calibration(self) -> Calibration:
        return TRUTH

    def read(self, timeout: float = 1.0) -> RawFrame:
        self._gaps -= 1
        if self._gaps >= 0:
            raise DeviceTimeoutError("no frame set within 1 s; it is reconnecting")
        return FrameSet(color=self._color, raw_depth=self._depth, calibration=TRUTH, temperature=45.0)

    def __enter__(self) -> "Still":
        return self

    def __exit__(self, *details: object) -> None:
        return None


class StillColor(Still):
    """The same without depth, which says so; its frames hold zeros for depth."""

    info = DeviceInfo(driver="fake", serial="1", name="A webcam")
    capabilities = Capabilities(depth=False)
    state, statistics = CameraState.STREAMING, CameraStatistics()

    def read(self, timeout: float = 1.0) -> RawFrame:
        return replace(super().read(timeout), raw_depth=np.zeros_like(self._depth))

    def profiles(self) -> tuple[()]:
        return ()

    start = stop = lambda self: None


def test_a_live_camera_can_be_checked(unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first frame is late; its depth is true only at the sensor's temperature."""
    monkeypatch.setattr(cameras, "open_camera", lambda _: Still(unit))
    warmed = DepthCorrection(size=TRUTH.depth.size, scale=1 / 0.9, temperature_coefficient=0.1 / (45 - 25))
    replace(TRUTH, depth_correction=warmed).save(tmp_path / "stored.json")
    command = ["verify", "--camera", "fake", "--calibration", str(tmp_path / "stored.json"), "--board", BOARD]
    assert main([*command, "-o", str(tmp_path)]) == 0


def test_a_camera_that_never_delivers_says_so_in_its_own_words(unit: Path) -> None:
    with pytest.raises(DeviceTimeoutError, match="it is reconnecting"):
        live_pictures(Still(unit, gaps=10**9), RIG.board, 1, seconds=0.01)


def test_a_live_camera_without_depth_is_not_judged_by_it(
    unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cameras, "open_camera", lambda _: StillColor(unit))
    TRUTH.save(tmp_path / "stored.json")
    command = ["verify", "--camera", "fake", "--calibration", str(tmp_path / "stored.json"), "--board", BOARD]
    assert main([*command, "-o", str(tmp_path)]) == 0


def test_another_board_before_a_live_camera_is_told(unit: Path) -> None:
    other = parse_board("charuco:9x6:0.03:0.022:6X6_100")
    with pytest.raises(CalibrationError, match=r"seen in 0 of the \d+ frames that came within 0.2 s; expected it in 2"):
        live_pictures(Still(unit), other, 2, seconds=0.2)


def test_the_real_iphone_passes_and_a_wrong_focal_length_fails(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data/truedepth_charuco"
    camera = Intrinsics(width=640, height=480, fx=434.61, fy=434.61, cx=320.9, cy=240.6)
    rig = Calibration(color=camera, depth=camera, T_color_depth=RigidTransform.identity(), metres_per_unit=1e-4)
    wrong = replace(rig, color=scaled(camera, 1.06), depth=scaled(camera, 1.06))
    more = ["--board", "charuco:10x8:0.020875:0.0104375:ARUCO_ORIGINAL", "--color", "rgb_*.png"]
    assert verify(folder / "evaluation", rig, tmp_path, *more) == 0
    assert verify(folder / "evaluation", wrong, tmp_path, *more) == 1
