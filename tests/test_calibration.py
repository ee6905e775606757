"""The calibration file: what is written is read, and what is damaged is refused with the reason."""

import json
from pathlib import Path

import numpy as np
import pytest
from lenses import LENSES

from rgbd_seg.calibration import VERSION, Calibration, _checksum
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationError, CalibrationFileError, OutputError
from rgbd_seg.transform import RigidTransform


def calibration(color: str = "brown8", depth: str = "pinhole") -> Calibration:
    return Calibration(
        color=Intrinsics(width=1280, height=720, fx=921.37, fy=920.11, cx=641.2, cy=358.7, distortion=LENSES[color]),
        depth=Intrinsics(width=640, height=480, fx=385.1, fy=384.9, cx=320.3, cy=241.9, distortion=LENSES[depth]),
        T_color_depth=RigidTransform.from_rotation_vector((0.01, -0.02, 0.003), (0.0149, 0.0002, -0.0003)),
        metres_per_unit=0.00025,
    )


def same(a: Calibration, b: Calibration) -> None:
    assert a.color == b.color
    assert a.depth == b.depth
    assert a.metres_per_unit == b.metres_per_unit
    np.testing.assert_array_equal(a.T_color_depth.matrix(), b.T_color_depth.matrix())


def edited(path: Path, change: dict, *, seal: bool = True) -> Path:
    """The file with some keys replaced (None removes), with a fitting checksum if ``seal``."""
    content = json.loads(path.read_text())
    for dotted, value in change.items():
        *parents, key = dotted.split(".")
        place = content
        for parent in parents:
            place = place[parent]
        if value is None:
            del place[key]
        else:
            place[key] = value
    if seal:
        content["checksum"] = _checksum({k: v for k, v in content.items() if k != "checksum"})
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    calibration().save(tmp_path / "pair.json")
    return tmp_path / "pair.json"


@pytest.mark.parametrize("lens", sorted(LENSES))
def test_round_trip_is_exact(lens: str, tmp_path: Path) -> None:
    original = calibration(lens, lens)
    original.save(tmp_path / "pair.json")
    same(Calibration.load(tmp_path / "pair.json"), original)
    same(Calibration.from_dict(original.to_dict()), original)


def test_file_has_the_promised_keys(saved: Path) -> None:
    content = json.loads(saved.read_text())
    for camera in ("color", "depth"):
        assert set(content[camera]["intrinsics"]) == {"model", "width", "height", "fx", "fy", "cx", "cy", "distortion"}
    assert np.shape(content["T_color_depth"]) == (4, 4)
    assert content["metres_per_unit"] == 0.00025
    assert content["version"] == VERSION


def test_reformatting_the_file_does_not_damage_it(saved: Path) -> None:
    saved.write_text(json.dumps(dict(reversed(json.loads(saved.read_text()).items())), indent=7))
    same(Calibration.load(saved), calibration())


@pytest.mark.parametrize("cut", [0, 1, 100, -3])
def test_truncated_file_is_refused(saved: Path, cut: int) -> None:
    saved.write_text(saved.read_text()[:cut])
    with pytest.raises(CalibrationFileError, match=r"pair\.json is not JSON"):
        Calibration.load(saved)


def test_one_changed_digit_is_noticed(saved: Path) -> None:
    saved.write_text(saved.read_text().replace("921.37", "921.38"))
    with pytest.raises(CalibrationFileError, match=r"checksum is .* damaged or edited by hand"):
        Calibration.load(saved)


def test_missing_checksum_is_noticed(saved: Path) -> None:
    with pytest.raises(CalibrationFileError, match="checksum is None"):
        Calibration.load(edited(saved, {"checksum": None}, seal=False))


def test_file_from_the_future_is_refused(saved: Path) -> None:
    with pytest.raises(CalibrationFileError, match=f"version is {VERSION + 1}, this package reads up to {VERSION}"):
        Calibration.load(edited(saved, {"version": VERSION + 1}))


@pytest.mark.parametrize("version", ["1", 0, -1, 1.5, True])
def test_strange_versions_are_refused(saved: Path, version: object) -> None:
    with pytest.raises(CalibrationFileError, match="expected a whole number"):
        Calibration.load(edited(saved, {"version": version}))


@pytest.mark.parametrize(
    "key",
    ["color", "depth", "color.intrinsics", "depth.intrinsics.fx", "color.intrinsics.model", "T_color_depth",
     "metres_per_unit"],
)  # fmt: skip
def test_missing_keys_are_named(saved: Path, key: str) -> None:
    with pytest.raises(CalibrationFileError, match=key.split(".")[-1]):
        Calibration.load(edited(saved, {key: None}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"color.intrinsics.model": "anamorphic"}, "unknown lens model 'anamorphic'"),
        ({"color.intrinsics.model": 7}, "unknown lens model"),
        ({"color.intrinsics.distortion": [1, 2, 3]}, "3 distortion terms"),
        ({"color.intrinsics.distortion": "none"}, "wrong"),
        ({"color.intrinsics.distortion": None, "color.intrinsics.model": "radial_table"}, "wrong"),
        ({"color.intrinsics.width": 0}, "at least 1×1"),
        ({"color.intrinsics.width": 640.5}, "width"),
        ({"color.intrinsics.fx": -1}, "positive focal"),
        ({"color.intrinsics.fx": "wide"}, "wrong"),
        ({"color": [1, 2]}, "wrong"),
        ({"color.intrinsics": "x"}, "wrong"),
        ({"T_color_depth": [[1, 0], [0, 1]]}, "shape"),
        ({"T_color_depth": (2 * np.eye(4)).tolist()}, "last row"),
        ({"T_color_depth": "identity"}, "wrong"),
        ({"metres_per_unit": 0}, "metres_per_unit is 0"),
        ({"metres_per_unit": 1000}, "metres_per_unit"),
        ({"metres_per_unit": "mm"}, "wrong"),
    ],
)
def test_wrong_values_are_explained(saved: Path, change: dict, message: str) -> None:
    with pytest.raises(CalibrationFileError, match=message):
        Calibration.load(edited(saved, change))


@pytest.mark.parametrize("content", ["[]", "3", "null", '{"format": "other"}', "{}"])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(CalibrationFileError, match="not a calibration"):
        Calibration.load(tmp_path / "x.json")


def test_unreadable_paths_are_explained(tmp_path: Path) -> None:
    with pytest.raises(CalibrationFileError, match=r"cannot read calibration .*No such file"):
        Calibration.load(tmp_path / "missing.json")
    with pytest.raises(CalibrationFileError, match="cannot read calibration"):
        Calibration.load(tmp_path)
    (tmp_path / "binary.json").write_bytes(b"\xff\xd8\xff\x00")
    with pytest.raises(CalibrationFileError, match="not JSON"):
        Calibration.load(tmp_path / "binary.json")


def test_failed_save_keeps_the_old_file(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(OutputError):
        calibration().save(saved.parent / "missing" / "pair.json")
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["pair.json"]


def test_impossible_unit_is_refused() -> None:
    with pytest.raises(CalibrationError, match=r"such as 0\.001"):
        Calibration(
            color=calibration().color,
            depth=calibration().depth,
            T_color_depth=RigidTransform.identity(),
            metres_per_unit=float("nan"),
        )
