"""Azure Kinect's calibration: one reading for recordings and for files, old units and new."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rgbd_calibration.convert.formats import read_calibration, write_calibration
from rgbd_calibration.convert.options import ReadOptions
from rgbd_devices.drivers.azure_calibration import azure_calibration
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.errors import CalibrationFileError
from rgbd_seg.io.azure_kinect import COLOR_MODES, DEPTH_MODES, AzureMode, parse_azure_kinect
from rgbd_seg.transform import RigidTransform

LENS = BrownConrady((0.5, -2.5, 8e-5, -2e-4, 1.5, 0.4, -2.3, 1.4))
RIG = Calibration(
    color=Intrinsics(width=4096, height=3072, fx=1950, fy=1951, cx=2040, cy=1560, distortion=LENS),
    depth=Intrinsics(width=1024, height=1024, fx=504, fy=505, cx=520, cy=519, distortion=LENS),
    T_color_depth=RigidTransform.from_rotation_vector((0.09, 0.001, -0.02), (-0.032, -0.002, 0.004)),
    metres_per_unit=0.001,
)


@pytest.fixture
def content(tmp_path: Path) -> dict[str, Any]:
    """The file of a unit, the whole of both sensors."""
    write_calibration(tmp_path / "written.json", "azure-kinect", RIG)
    return json.loads((tmp_path / "written.json").read_text())


def camera(content: dict[str, Any], number: int) -> Any:
    return content["CalibrationInformation"]["Cameras"][number]


def parse(content: object) -> Calibration:
    return parse_azure_kinect(json.dumps(content).encode() + b"\0", color=COLOR_MODES[-1], depth=DEPTH_MODES[-1])


def calibrated_in_16_9(content: dict[str, Any]) -> None:
    """The same colour camera as old units' files describe it: by the middle 2304 of its 3072 rows."""
    color = camera(content, 1)
    color["SensorHeight"] = 2304
    values = color["Intrinsics"]["ModelParameters"]
    values[1], values[3] = (values[1] * 3072 - 384) / 2304, values[3] * 3072 / 2304


@pytest.mark.parametrize("mode", COLOR_MODES, ids=lambda mode: mode.name)
def test_old_units_were_calibrated_in_16_9(content: dict[str, Any], tmp_path: Path, mode: AzureMode) -> None:
    calibrated_in_16_9(content)
    (tmp_path / "old.json").write_text(json.dumps(content))
    found = read_calibration(tmp_path / "old.json", "azure-kinect", ReadOptions(color_size=mode.size)).color
    scale = mode.size[0] / 4096
    assert (found.fx, found.fy) == pytest.approx((1950 * scale, 1951 * scale))
    assert found.cx == pytest.approx((2040 + 0.5) * scale - 0.5)
    assert found.cy == pytest.approx((1560 + 0.5) * scale - mode.crop[1] - 0.5)


@pytest.mark.parametrize("old", [False, True])
def test_recordings_and_files_are_read_alike(content: dict[str, Any], tmp_path: Path, old: bool) -> None:
    if old:
        calibrated_in_16_9(content)
    data = json.dumps(content).encode()
    (tmp_path / "file.json").write_bytes(data)
    recorded = azure_calibration(data, depth_mode="NFOV_UNBINNED", color_mode="720P")
    assert recorded.to_dict() == read_calibration(tmp_path / "file.json", "azure-kinect").to_dict()


def test_the_whole_sensors_come_back(content: dict[str, Any]) -> None:
    found = parse(content)
    for ours, theirs in ((found.color, RIG.color), (found.depth, RIG.depth)):
        values = (ours.fx, ours.fy, ours.cx, ours.cy)
        assert values == pytest.approx((theirs.fx, theirs.fy, theirs.cx, theirs.cy))
        assert ours.distortion == LENS
    np.testing.assert_allclose(found.T_color_depth.matrix(), RIG.T_color_depth.matrix(), atol=1e-12)


def test_the_early_lens_model_differs_only_in_tangential_terms(content: dict[str, Any]) -> None:
    lens = camera(content, 0)["Intrinsics"]
    lens["ModelType"] = "CALIBRATION_LensDistortionModelRational6KT"
    with pytest.raises(CalibrationFileError, match=r"Rational6KT .*expected Brown–Conrady"):
        parse(content)
    lens["ModelParameters"][12:] = 0, 0
    assert parse(content).depth.distortion == BrownConrady((0.5, -2.5, 0, 0, 1.5, 0.4, -2.3, 1.4))


def _of_another_shape(content: dict[str, Any]) -> None:
    camera(content, 1)["SensorHeight"] = 4096


def _without_width(content: dict[str, Any]) -> None:
    camera(content, 1)["SensorWidth"] = 0


def _moved_centre(content: dict[str, Any]) -> None:
    camera(content, 1)["Intrinsics"]["ModelParameters"][10] = 0.1


def _too_few_parameters(content: dict[str, Any]) -> None:
    camera(content, 1)["Intrinsics"]["ModelParameters"].pop()


def _no_rotation(content: dict[str, Any]) -> None:
    camera(content, 1)["Rt"]["Rotation"][0] = 3


def _no_number(content: dict[str, Any]) -> None:
    camera(content, 1)["Rt"]["Rotation"][0] = float("nan")


def _one_camera(content: dict[str, Any]) -> None:
    del content["CalibrationInformation"]["Cameras"][1]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_of_another_shape, "4096×4096 pixels; expected 4096:3072 or 16:9"),
        (_without_width, "damaged.*ZeroDivisionError"),
        (_moved_centre, r"centre \(0.1, 0.0\)"),
        (_too_few_parameters, "damaged.*not enough values"),
        (_no_rotation, "expected a rotation matrix"),
        (_no_number, "damaged|rotation"),
        (_one_camera, "damaged.*PV0"),
    ],
)
def test_what_is_damaged_is_said(content: dict[str, Any], spoil: Any, complaint: str) -> None:
    spoil(content)
    with pytest.raises(CalibrationFileError, match=complaint):
        parse(content)


@pytest.mark.parametrize("content", [[], {}, {"CalibrationInformation": {"Cameras": [3]}}, None])
def test_what_is_no_calibration_is_refused(content: object) -> None:
    with pytest.raises(CalibrationFileError, match="expected Azure Kinect's"):
        parse(content)
