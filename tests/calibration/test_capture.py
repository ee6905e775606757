"""Guidance and capture with a rendered board before a camera that moves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import pytest

from rgbd_calibration import cameras
from rgbd_calibration.board import Board, parse_board
from rgbd_calibration.board_drawing import draw_board
from rgbd_calibration.capture import CaptureOptions, capture
from rgbd_calibration.capture_facts import pattern, read_facts
from rgbd_calibration.capture_picture import WIDTH, progress_picture
from rgbd_calibration.cli.main import main
from rgbd_calibration.detection import BoardDetector
from rgbd_calibration.guidance import Guidance, GuidanceOptions
from rgbd_calibration.measures import solve_measures
from rgbd_calibration.result import SolveResult
from rgbd_calibration.view_checks import blur_px, moved_px
from rgbd_calibration.views import Corners
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.devices import CameraState, CameraStatistics, Capabilities, DeviceInfo
from rgbd_seg.errors import DeviceDisconnectedError, DeviceTimeoutError, FrameError, StreamClosedError
from rgbd_seg.frames import FrameSet
from rgbd_seg.transform import RigidTransform

BOARD = parse_board("charuco:9x6:0.03:0.022:5X5_100:new")
CAMERA = Intrinsics(width=640, height=480, fx=600, fy=600, cx=319.5, cy=239.5)
_DOTS_PER_METRE = 3000.0
_TEXTURE = draw_board(BOARD, _DOTS_PER_METRE, 0.02)


def render(pose: RigidTransform) -> np.ndarray:
    """(480, 640, 3) picture of the board before grey; drawn three times finer, so that edges are where they belong."""
    shift = 0.5 - 0.02 * _DOTS_PER_METRE
    to_board = np.array([[1, 0, shift], [0, 1, shift], [0, 0, 1.0]])
    to_board[:2] /= _DOTS_PER_METRE
    fine = CAMERA.resized(3 * CAMERA.width, 3 * CAMERA.height)
    onto_picture = fine.matrix() @ np.column_stack([pose.rotation[:, :2], pose.translation]) @ to_board
    gray = cv2.warpPerspective(
        _TEXTURE, onto_picture, (fine.width, fine.height), borderMode=cv2.BORDER_CONSTANT, borderValue=128
    )
    gray = cv2.resize(gray, (CAMERA.width, CAMERA.height), interpolation=cv2.INTER_AREA)
    return np.repeat(cv2.GaussianBlur(gray, (0, 0), 0.7)[..., None], 3, axis=2)


def pose(tilt: tuple[float, float] = (0, 0), at: tuple[float, float] = (0, 0), distance: float = 0.5) -> RigidTransform:
    """The board's middle at ``at`` (shares of half the picture) and so far away, turned about x and y (degrees)."""
    turn = RigidTransform.from_rotation_vector(np.deg2rad([tilt[0], tilt[1], 0]))
    middle = np.array([at[0] * 319 / 600, at[1] * 239 / 600, 1]) * distance
    return RigidTransform(rotation=turn.rotation, translation=middle - turn.rotation @ BOARD.center())


def seen(where: RigidTransform) -> tuple[np.ndarray, Corners]:
    gray = render(where)[..., 0]
    return gray, BoardDetector(BOARD).find(gray)


def depth_of(where: RigidTransform) -> np.ndarray:
    """(480, 640) z-depth of the board's endless plane in millimetres, 0 where the ray does not meet it."""
    xy, _ = CAMERA.rays(CAMERA.pixel_grid())
    normal = where.rotation[:, 2]
    along = xy @ normal[:2] + normal[2]
    z = np.where(along > 1e-3, normal @ where.translation / np.maximum(along, 1e-3), 0)
    return np.round(1000 * np.clip(z, 0, 60)).astype(np.uint16)


class MovingBoard:
    """A camera before which the board takes one pose after another, each held for two frames."""

    def __init__(self, poses: Iterator[RigidTransform]) -> None:
        self._reads = 0
        self._frames = (frame for where in poses for frame in [(render(where), depth_of(where))] * 2)

    def calibration(self) -> Calibration:
        return Calibration(color=CAMERA, depth=CAMERA, T_color_depth=RigidTransform.identity(), metres_per_unit=0.001)

    def read(self, timeout: float = 1.0) -> FrameSet:
        self._reads += 1
        if self._reads % 7 == 0:
            raise DeviceTimeoutError("the cable has a loose contact")
        frame = next(self._frames, None)
        if frame is None:
            raise StreamClosedError("the poses are at an end")
        return FrameSet(
            color=frame[0],
            raw_depth=frame[1],
            infrared=257 * frame[0][..., 0].astype(np.uint16),
            temperature=31.5,
            calibration=self.calibration(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        return None


class ColorOnly(MovingBoard):
    """One without depth, which says so, as every driver's camera does; its frames hold zeros for depth."""

    info = DeviceInfo(driver="fake", serial="1", name="A webcam")
    capabilities = Capabilities(depth=False)
    state, statistics = CameraState.STREAMING, CameraStatistics()

    def read(self, timeout: float = 1.0) -> FrameSet:
        return replace(super().read(timeout), raw_depth=np.zeros((480, 640), np.uint16), infrared=None)

    def profiles(self) -> tuple[()]:
        return ()

    start = stop = lambda self: None


def good_poses() -> Iterator[RigidTransform]:
    rng = np.random.default_rng(3)
    for _ in range(150):
        distance = rng.uniform(0.3, 0.9)
        yield pose(tuple(rng.uniform(-32, 32, 2)), tuple(rng.uniform(-0.7, 0.7, 2)), distance)


def test_capture_ends_by_itself_and_leaves_a_folder_to_solve(tmp_path: Path) -> None:
    calls = []
    options = CaptureOptions(guidance=GuidanceOptions(focal_interval_percent=0.6))
    result = capture(
        MovingBoard(good_poses()),
        BOARD,
        tmp_path / "unit",
        options=options,
        watch=lambda *state: calls.append(state) or True,
    )
    assert result.complete, result.missing
    assert not result.missing
    assert 15 <= result.views < 50
    colors = sorted((tmp_path / "unit").glob("color_*.png"))
    depths = sorted((tmp_path / "unit").glob("depth_*.png"))
    assert len(colors) == len(depths) == result.views
    assert cv2.imread(str(depths[0]), cv2.IMREAD_UNCHANGED).dtype == np.uint16
    assert (tmp_path / "unit" / "capture.json").is_file()
    picture = progress_picture(calls[-1][0].color, *calls[-1][1:])
    assert picture.shape[1] == WIDTH
    with pytest.raises(FrameError, match="already holds"):
        capture(MovingBoard(good_poses()), BOARD, tmp_path / "unit")


def test_from_the_camera_to_the_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two commands an operator types, with a camera whose truth is known."""
    monkeypatch.setattr(cameras, "open_camera", lambda _: MovingBoard(good_poses()))
    unit, out = str(tmp_path / "B7"), tmp_path / "out"
    assert main(["capture", "fake", "-o", unit, "--board", BOARD.text(), "--no-window"]) == 0
    spoken = capsys.readouterr().out
    assert "Tilt the board" in spoken
    assert "Keep a middle distance." in spoken
    assert (tmp_path / "B7" / "progress.png").is_file()
    views = len(list((tmp_path / "B7").glob("infrared_*.png")))
    assert len((tmp_path / "B7" / "temperatures.csv").read_text().splitlines()) == views > 0
    assert main(["solve", unit, "-o", str(out), "-q"]) == 0
    assert SolveResult.load(out / "result.json").depth_geometry == "infrared"
    solved = Calibration.load(out / "calibration.json")
    # Guidance ends when the focal length is known to 0.3 %; the solver then is at least as good.
    assert solved.color.fx == pytest.approx(CAMERA.fx, rel=3e-3)
    assert solved.depth.fx == pytest.approx(CAMERA.fx, rel=3e-3)
    assert np.abs(solved.T_color_depth.translation).max() < 5e-4
    assert solved.color.cx == pytest.approx(CAMERA.cx, abs=1)
    assert solved.metres_per_unit == 0.001


@pytest.mark.parametrize("end", [KeyboardInterrupt(), DeviceDisconnectedError("unplugged")])
def test_what_was_taken_before_an_early_end_can_be_solved(tmp_path: Path, end: BaseException) -> None:
    def watch(_: object, __: object, state: Guidance, ___: object) -> bool:
        if len(state.kept) == 2:
            raise end
        return True

    with pytest.raises(type(end)):
        capture(MovingBoard(good_poses()), BOARD, tmp_path, watch=watch)
    facts = read_facts(tmp_path)
    assert parse_board(facts["board"]) == BOARD
    assert facts["metres_per_unit"] == 0.001
    for kind in ("color", "depth", "infrared"):
        assert len(list(tmp_path.glob(facts[kind]))) == 2


def test_facts_are_there_before_the_first_view(tmp_path: Path) -> None:
    def unplugged() -> Iterator[RigidTransform]:
        raise DeviceDisconnectedError("unplugged")
        yield

    with pytest.raises(DeviceDisconnectedError):
        capture(MovingBoard(unplugged()), BOARD, tmp_path)
    assert set(read_facts(tmp_path)) == {"board", "metres_per_unit", "color", "depth"}


def test_a_camera_without_depth_is_calibrated_without(tmp_path: Path) -> None:
    result = capture(ColorOnly(good_poses()), BOARD, tmp_path / "unit", options=CaptureOptions(most_views=12))
    assert result.views == 12
    assert set(read_facts(tmp_path / "unit")) == {"board", "metres_per_unit", "color"}
    assert not list((tmp_path / "unit").glob("depth_*"))
    main(["solve", str(tmp_path / "unit"), "-o", str(tmp_path / "out"), "-q", "--lens", "pinhole"])
    solved = SolveResult.load(tmp_path / "out" / "result.json")
    assert solved.depth_geometry == "none"
    assert "depth_seen" not in solve_measures(solved)


def test_an_empty_pattern_says_that_there_are_none() -> None:
    facts = {"depth": "depth_*.png"}
    assert pattern(None, facts, "depth") == "depth_*.png"
    assert pattern("z_*.png", facts, "depth") == "z_*.png"
    assert pattern("", facts, "depth") is None
    assert pattern(None, facts, "infrared") is None


def test_a_window_is_refused_where_there_is_no_display(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cameras, "open_camera", lambda _: MovingBoard(good_poses()))
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["capture", "fake", "-o", str(tmp_path), "--board", BOARD.text(), "--window"]) == 2
    assert "there is no display" in capsys.readouterr().err


def test_capture_says_what_is_missing_when_all_views_are_parallel(tmp_path: Path) -> None:
    flat = (pose((0, 0), (x, y), d) for d in (0.35, 0.6, 0.9) for x in (-0.4, 0, 0.4) for y in (-0.3, 0.3))
    result = capture(MovingBoard(flat), BOARD, tmp_path)
    assert not result.complete
    assert any(advice.startswith("Tilt the board") for advice in result.missing)


def test_capture_stops_when_told(tmp_path: Path) -> None:
    result = capture(MovingBoard(good_poses()), BOARD, tmp_path, watch=lambda *_: False)
    assert result.views <= 1
    options = CaptureOptions(most_views=3)
    assert capture(MovingBoard(good_poses()), BOARD, tmp_path / "few", options=options).views == 3


def guidance(board: Board = BOARD) -> Guidance:
    return Guidance(board, (480, 640), camera=CAMERA)


def test_the_same_view_is_not_kept_twice() -> None:
    state = guidance()
    assert state.consider(*seen(pose())).kept
    again = state.consider(*seen(pose()))
    assert not again.kept
    assert "already" in again.reason


def test_a_moving_board_is_refused() -> None:
    state = guidance()
    state.consider(*seen(pose()))
    assert state.consider(*seen(pose(at=(0.3, 0.0)))).reason == "Hold the board still."
    assert state.consider(*seen(pose(at=(0.3, 0.0)))).kept


def test_a_blurred_picture_is_refused() -> None:
    gray, corners = seen(pose())
    blurred = cv2.GaussianBlur(gray, (0, 0), 3)
    assert "blurred" in guidance().consider(blurred, corners).reason
    assert guidance().consider(gray, corners).kept


def test_a_hidden_board_is_refused() -> None:
    gray, corners = seen(pose())
    assert guidance().consider(gray, corners.only(corners.ids < 0)).reason == "The board is not seen."
    assert "Only 8 of 40" in guidance().consider(gray, corners.only(corners.ids < 8)).reason


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
def test_blur_is_measured_in_pixels(sigma: float) -> None:
    sharp = cv2.resize(render(pose())[..., 0], None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    sharp = cv2.threshold(sharp, 100, 255, cv2.THRESH_BINARY)[1]
    gray = cv2.resize(sharp, (640, 480), interpolation=cv2.INTER_AREA)
    corners = BoardDetector(BOARD).find(gray)
    found = blur_px(cv2.GaussianBlur(gray, (0, 0), sigma), corners)
    assert found == pytest.approx(np.hypot(sigma, 0.6), rel=0.35)


def test_moved_px() -> None:
    _, corners = seen(pose())
    shifted = Corners(ids=corners.ids[5:], pixels=corners.pixels[5:] + np.array([3.0, 4.0]))
    assert moved_px(corners, shifted) == pytest.approx(5)
    assert moved_px(None, corners) == np.inf


@pytest.mark.parametrize("tilt", [(0, 25), (0, -25), (-25, 0), (25, 0)])
def test_tilt_directions_are_called_by_their_right_names(tilt: tuple[float, float]) -> None:
    """The edge that is further from the camera is the one named."""
    where = pose(tilt)
    depth = where.apply(BOARD.points())[:, 2].reshape(BOARD.rows - 1, BOARD.columns - 1)
    further = [
        depth[:, 0].mean() > depth[:, -1].mean() + 0.01,
        depth[:, -1].mean() > depth[:, 0].mean() + 0.01,
        depth[0].mean() > depth[-1].mean() + 0.01,
        depth[-1].mean() > depth[0].mean() + 0.01,
    ]
    name = ("left", "right", "top", "bottom")[int(np.argmax(further))]
    state = Guidance(BOARD, (480, 640), camera=CAMERA, options=GuidanceOptions(views_per_tilt=1))
    assert state.consider(*seen(where)).kept
    need = next(need for need in state.needs() if need.name == "tilts")
    assert sum(further) == 1
    assert need.progress == 0.25
    assert not need.advice.startswith(f"Tilt the board: {name}")
