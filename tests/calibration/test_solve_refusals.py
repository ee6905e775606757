"""Bad input: each is refused with a clear reason, and which motion or file is to blame."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from simulated_rigs import registered, rig, views

from rgbd_calibration.board import parse_board
from rgbd_calibration.folder import find_pictures, load_pictures, solve_folder
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.rotations import exponential
from rgbd_calibration.simulate import SimulatedRig
from rgbd_calibration.solve import solve
from rgbd_calibration.views import Corners, DepthSamples
from rgbd_seg.errors import CalibrationError, CalibrationRejectedError
from rgbd_seg.transform import RigidTransform

QUICK = SolveOptions(models=("brown_conrady_5",), bend=False, square=True)


def test_too_few_views_are_counted_and_explained() -> None:
    true = rig()
    some = views(true, 9, np.random.default_rng(0))
    none = np.zeros(0, dtype=np.int64)
    empty = [replace(view, color=Corners(ids=none, pixels=np.empty((0, 2)))) for view in some[3:]]
    with pytest.raises(CalibrationRejectedError, match=r"3 usable views of 9, at least 6.*no board seen"):
        solve(true.inputs([*some[:3], *empty]), QUICK)


def test_parallel_views_name_the_missing_motion() -> None:
    true = rig()
    with pytest.raises(CalibrationRejectedError, match=r"same tilt.*Missing motion: tilt the board"):
        solve(true.inputs(views(true, 12, np.random.default_rng(1), tilt_deg=0.5)), QUICK)


def test_tilt_about_one_axis_is_a_warning() -> None:
    true, random = rig(), np.random.default_rng(2)
    tilted = []
    for index in range(12):
        turn = exponential(np.array([0.0, np.deg2rad(-40 + 7 * index), 0.0]))
        place = np.array([*random.uniform(-0.1, 0.1, 2), 0.5])
        pose = RigidTransform(rotation=turn, translation=place - turn @ true.board.center())
        tilted.append(true.view(str(index), pose, random, noise_px=0.1, infrared=False))
    result = solve(true.inputs(tilted), QUICK)
    assert any("one axis only; tilt it up and down" in warning for warning in result.warnings)


def test_a_rig_that_moved_is_told_from_bad_views() -> None:
    true, random = rig(), np.random.default_rng(3)
    bumped = SimulatedRig(
        board=true.board,
        color=true.color,
        depth=true.depth,
        T_color_depth=RigidTransform.from_rotation_vector([0.01, -0.02, 0.012], [0.055, 0.001, -0.003]),
    )
    with pytest.raises(CalibrationRejectedError, match="the rig moved"):
        solve(true.inputs([*views(true, 10, random), *views(bumped, 5, random)]), QUICK)


def test_a_wrong_unit_is_not_corrected_away() -> None:
    true, random = registered(rig()), np.random.default_rng(4)
    tenfold = [
        replace(view, depth=DepthSamples(pixels=view.depth.pixels, metres=10 * view.depth.metres))
        for view in views(true, 8, random, infrared=False, depth_samples=50)
        if view.depth is not None
    ]
    with pytest.raises(CalibrationRejectedError, match=r"10.* times the board's distance.*metres_per_unit"):
        solve(true.inputs(tenfold), QUICK)


def test_a_slightly_wrong_square_is_a_warning() -> None:
    true, random = registered(rig()), np.random.default_rng(5)
    inputs = true.inputs(views(true, 10, random, infrared=False, depth_samples=50))
    result = solve(replace(inputs, board=inputs.board.replace(":0.025:", ":0.0265:")), QUICK)
    assert any("measure the printed squares" in warning for warning in result.warnings)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight rendered pairs of a small registered rig."""
    small = rig(width=640)
    true = registered(
        SimulatedRig(
            board=small.board,
            color=small.color,
            depth=small.color,
            T_color_depth=RigidTransform.identity(),
            errors=small.errors,
        )
    )
    folder, random = tmp_path_factory.mktemp("pairs"), np.random.default_rng(6)
    for index, pose in enumerate(true.poses(8, random)):
        pair = true.pictures(str(index), pose, random)
        assert pair.color is not None
        assert pair.raw_depth is not None
        cv2.imwrite(str(folder / f"rgb_{index}.png"), pair.color[:, :, ::-1])
        cv2.imwrite(str(folder / f"depth_{index}.png"), pair.raw_depth)
    return folder


@pytest.fixture
def folder(pictures: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    for path in pictures.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def _solve(folder: Path, **changes: str) -> object:
    arguments = {"board": rig().board.text(), "color": "rgb_*.png", "depth": "depth_*.png"} | changes
    return solve_folder(
        folder,
        board=parse_board(arguments["board"]),
        color=arguments["color"],
        depth=arguments["depth"],
        metres_per_unit=1e-4,
        options=QUICK,
    )


def test_a_folder_is_solved_and_an_unreadable_picture_listed(folder: Path) -> None:
    (folder / "rgb_3.png").write_bytes(b"not a picture")
    (folder / "depth_5.png").write_bytes(b"")
    done: list[tuple[int, int]] = []
    result = solve_folder(
        folder,
        board=rig().board,
        color="rgb_*.png",
        depth="depth_*.png",
        metres_per_unit=1e-4,
        options=QUICK,
        progress=lambda now, of: done.append((now, of)),
    )
    assert done[-1] == (8, 8)
    assert result.calibration.color.fx == pytest.approx(911.3 / 2, rel=5e-3)
    assert result.depth_geometry == "registered"
    reasons = {view.name: view.reason for view in result.views if not view.used}
    assert reasons.keys() == {"3", "5"}
    assert "rgb_3.png is not a readable colour picture" in reasons["3"]
    assert "depth_5.png is not a readable depth picture" in reasons["5"]


def _shrink(folder: Path) -> None:
    picture = cv2.imread(str(folder / "rgb_2.png"))
    assert picture is not None
    cv2.imwrite(str(folder / "rgb_2.png"), picture[::2, ::2])


SPOILT: dict[str, tuple[Callable[[Path], object], dict[str, str], str]] = {
    "mixed sizes": (_shrink, {}, r"colour pictures have different sizes: 7 of 640×360 but 2 is 320×180"),
    "swapped": (lambda folder: None, {"color": "depth_*.png", "depth": "rgb_*.png"}, "look swapped"),
    "depth is 8-bit": (lambda folder: None, {"depth": "rgb_*.png"}, "16-bit picture of one channel"),
    "wrong board": (
        lambda folder: None,
        {"board": "charuco:9x6:0.03:0.02:4X4_50"},
        r"in none of 8 colour pictures; it shows \d+ markers of 5X5",
    ),
    "no such pictures": (lambda folder: None, {"color": "image_*.jpg"}, r"is called 'image_\*.jpg'; it holds depth_0"),
    "no star": (lambda folder: None, {"color": "rgb.png"}, "expected one, as in"),
    "nothing belongs together": (
        lambda folder: [p.rename(p.with_name(p.name.replace("depth_", "depth_9"))) for p in folder.glob("depth_*")],
        {},
        "no depth picture belongs to a colour picture",
    ),
    "bad temperatures": (lambda folder: (folder / "temperatures.csv").write_text("0,warm\n"), {}, "temperatures.csv"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_folder_is_refused(folder: Path, name: str) -> None:
    spoil, arguments, reason = SPOILT[name]
    spoil(folder)
    with pytest.raises(CalibrationError, match=reason):
        _solve(folder, **arguments)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="is not a folder"):
        _solve(tmp_path / "none")


def test_temperatures_are_read(folder: Path) -> None:
    (folder / "temperatures.csv").write_text("# name, celsius\n0, 31.5\n1, 33\n")
    files = find_pictures(folder, "rgb_*.png", "depth_*.png")
    assert [entry.temperature for entry in files[:3]] == [31.5, 33.0, None]
    assert load_pictures(files[0]).temperature == 31.5
