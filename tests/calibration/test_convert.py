"""Foreign calibration files: exact round trips, golden values, and refusals that say why."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_calibration.convert.formats import NAMES, read_calibration, write_calibration
from rgbd_calibration.convert.options import ReadOptions
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.depth_correction import DepthCorrection
from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion
from rgbd_seg.errors import CalibrationError, CalibrationFileError, ConfigError
from rgbd_seg.transform import RigidTransform

FOREIGN = tuple(name for name in NAMES if name != "rgbd-seg")
SUFFIX = {"ros": "", "opencv": ".yml", "kalibr": ".yaml", "azure-kinect": ".json", "realsense": ".json"}
RATIONAL = BrownConrady((0.51, -2.5, 8e-5, -2e-4, 1.45, 0.38, -2.3, 1.37))
PLAIN = BrownConrady((0.1, -0.2, 1e-3, -2e-3, 0.05))
RADTAN = BrownConrady((0.1, -0.2, 1e-3, -2e-3))
TILTED = BrownConrady((0.1, -0.2, 0, 0, 0.05, 0, 0, 0, 0, 0, 0, 0, 0.01, -0.02))
FISHEYE = KannalaBrandt((0.01, -0.002, 0.0003, -0.00004))


def calibration(lens: Distortion, **changes: object) -> Calibration:
    """Sizes that are modes of an Azure Kinect, so that every format can hold them."""
    values: dict[str, object] = {
        "color": Intrinsics(width=1280, height=720, fx=607.1, fy=606.9, cx=639.3, cy=366.8, distortion=lens),
        "depth": Intrinsics(width=640, height=576, fx=504.7, fy=504.6, cx=332.9, cy=332.8, distortion=lens),
        "T_color_depth": RigidTransform.from_rotation_vector((0.09, 0.001, -0.02), (-0.032, -0.002, 0.004)),
        "metres_per_unit": 0.00025,
    }
    return Calibration(**(values | changes))  # type: ignore[arg-type]


def assert_same(a: Calibration, b: Calibration) -> None:
    for one, other in ((a.color, b.color), (a.depth, b.depth)):
        assert one.size == other.size
        np.testing.assert_allclose(
            (one.fx, one.fy, one.cx, one.cy), (other.fx, other.fy, other.cx, other.cy), rtol=0, atol=1e-9
        )
        np.testing.assert_allclose(padded(one.distortion), padded(other.distortion), rtol=0, atol=1e-12)
        assert isinstance(one.distortion, KannalaBrandt) == isinstance(other.distortion, KannalaBrandt)
    np.testing.assert_allclose(a.T_color_depth.matrix(), b.T_color_depth.matrix(), rtol=0, atol=1e-9)
    assert abs(a.metres_per_unit - b.metres_per_unit) < 1e-12


def padded(lens: Distortion) -> list[float]:
    terms = getattr(lens, "terms", ())
    return [*terms, *[0.0] * (14 - len(terms))]


def round_trip(folder: Path, name: str, original: Calibration) -> Calibration:
    path = folder / f"{name}{SUFFIX[name]}"
    write_calibration(path, name, original)
    # Azure Kinect's file has no unit and no picture size; the others carry both.
    options = ReadOptions(metres_per_unit=original.metres_per_unit) if name == "azure-kinect" else ReadOptions()
    return read_calibration(path, name, options)


@pytest.mark.parametrize(
    ("name", "lens"),
    [
        *[(name, NoDistortion()) for name in FOREIGN],
        *[(name, RADTAN) for name in FOREIGN],
        *[(name, PLAIN) for name in ("ros", "opencv", "azure-kinect", "realsense")],
        *[(name, RATIONAL) for name in ("ros", "opencv", "azure-kinect")],
        ("opencv", TILTED),
        *[(name, FISHEYE) for name in ("ros", "opencv", "kalibr", "realsense")],
    ],
)
def test_round_trip_is_exact(tmp_path: Path, name: str, lens: Distortion) -> None:
    original = calibration(lens)
    assert_same(original, round_trip(tmp_path, name, original))


@settings(max_examples=15, deadline=None)
@given(
    focal=st.floats(100, 5000),
    vector=st.tuples(*[st.floats(-1.5, 1.5)] * 3),
    shift=st.tuples(*[st.floats(-1, 1)] * 3),
    terms=st.tuples(*[st.floats(-1, 1)] * 4),
)
@pytest.mark.parametrize("name", FOREIGN)
def test_round_trip_of_any_numbers(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    focal: float,
    vector: tuple[float, ...],
    shift: tuple[float, ...],
    terms: tuple[float, ...],
) -> None:
    color = Intrinsics(width=1280, height=720, fx=focal, fy=focal / 3, cx=640, cy=-3, distortion=BrownConrady(terms))
    original = calibration(
        NoDistortion(), color=color, T_color_depth=RigidTransform.from_rotation_vector(vector, shift)
    )
    assert_same(original, round_trip(tmp_path_factory.mktemp("any"), name, original))


@pytest.mark.parametrize(
    ("name", "lens", "complaint"),
    [
        ("ros", TILTED, "rational_polynomial.*τx=0.01"),
        ("ros", BrownConrady((0.1, 0, 0, 0, 0, 0, 0, 0, 0.001, 0, 0, 0)), "s1=0.001"),
        ("kalibr", PLAIN, "radtan.*k3=0.05"),
        ("azure-kinect", TILTED, "Azure Kinect JSON.*τx"),
        ("azure-kinect", FISHEYE, "kannala_brandt"),
        ("realsense", RATIONAL, "k4=0.38"),
    ],
)
def test_a_lens_that_cannot_be_expressed_is_refused_and_nothing_written(
    tmp_path: Path, name: str, lens: Distortion, complaint: str
) -> None:
    with pytest.raises(CalibrationError, match=complaint):
        write_calibration(tmp_path / f"out{SUFFIX[name]}", name, calibration(lens))
    assert list(tmp_path.iterdir()) == []


def test_opencv_reads_the_file_as_its_own(tmp_path: Path) -> None:
    path = tmp_path / "stereo.yml"
    write_calibration(path, "opencv", calibration(PLAIN))
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    K, D, R, T = (storage.getNode(key).mat() for key in ("M2", "D2", "R", "T"))
    point_depth = np.array([[0.1, -0.2, 1.5]])
    # OpenCV's own projection of a depth-camera point into the colour picture must equal ours.
    theirs = cv2.projectPoints(point_depth, cv2.Rodrigues(R)[0], T, K, D)[0].ravel()
    ours, _ = calibration(PLAIN).color.project(calibration(PLAIN).T_color_depth.apply(point_depth))
    np.testing.assert_allclose(theirs, ours.ravel(), atol=1e-9)


@pytest.mark.parametrize("lens", [PLAIN, FISHEYE, NoDistortion()])
def test_librealsense_projects_the_same(tmp_path: Path, lens: Distortion) -> None:
    rs = pytest.importorskip("pyrealsense2", exc_type=ImportError)
    original = calibration(lens)
    write_calibration(tmp_path / "rs.json", "realsense", original)
    content = json.loads((tmp_path / "rs.json").read_text())
    theirs = rs.intrinsics()
    for key in ("width", "height", "fx", "fy", "ppx", "ppy", "coeffs"):
        setattr(theirs, key, content["color"][key])
    theirs.model = getattr(rs.distortion, content["color"]["model"])
    pose = rs.extrinsics()
    pose.rotation, pose.translation = content["depth_to_color"]["rotation"], content["depth_to_color"]["translation"]
    point = [0.1, -0.2, 1.5]
    pixel = rs.rs2_project_point_to_pixel(theirs, rs.rs2_transform_point_to_point(pose, point))
    ours, _ = original.color.project(original.T_color_depth.apply(np.array(point)))
    np.testing.assert_allclose(pixel, ours, atol=2e-3)  # librealsense computes in single precision


@pytest.mark.parametrize("model", ["inverse_brown_conrady", "Inverse Brown Conrady", "distortion.ftheta"])
def test_realsense_models_without_an_equal_are_refused(tmp_path: Path, model: str) -> None:
    write_calibration(tmp_path / "rs.json", "realsense", calibration(PLAIN))
    content = json.loads((tmp_path / "rs.json").read_text())
    content["color"]["model"] = model
    (tmp_path / "rs.json").write_text(json.dumps(content))
    with pytest.raises(CalibrationFileError, match="no equal"):
        read_calibration(tmp_path / "rs.json", "realsense")


def test_realsense_inverse_model_without_coefficients_is_a_pinhole(tmp_path: Path) -> None:
    write_calibration(tmp_path / "rs.json", "realsense", calibration(NoDistortion()))
    text = (tmp_path / "rs.json").read_text().replace('"none"', '"Inverse Brown Conrady"')
    (tmp_path / "rs.json").write_text(text)
    assert read_calibration(tmp_path / "rs.json", "realsense").color.distortion == NoDistortion()


def test_real_azure_kinect(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/azure_kinect_mug/calibration.json"
    if not path.exists():
        pytest.skip("the Azure Kinect recording is not on this machine")
    stored = json.loads(path.read_text())["CalibrationInformation"]["Cameras"]
    result = read_calibration(path, "azure-kinect", ReadOptions())
    # mode_specific_calibration.c: unit parameter × sensor size − crop − 0.5
    assert result.depth.cx == pytest.approx(0.51296979188919067 * 1024 - 192 - 0.5, abs=1e-9)
    assert result.color.fy == pytest.approx(0.63742393255233765 * 960, abs=1e-9)
    np.testing.assert_allclose(result.T_color_depth.translation, stored[1]["Rt"]["Translation"], atol=1e-9)
    again = tmp_path / "again.json"
    write_calibration(again, "azure-kinect", result)
    written = json.loads(again.read_text())["CalibrationInformation"]["Cameras"]
    for one, other in zip(stored, written, strict=True):
        np.testing.assert_allclose(
            one["Intrinsics"]["ModelParameters"], other["Intrinsics"]["ModelParameters"], rtol=0, atol=1e-9
        )
    assert_same(result, read_calibration(again, "azure-kinect", ReadOptions()))


def test_real_azure_kinect_lines_up(shared: Path) -> None:
    """The edge of the mug's handle, measured by depth, lies on its edge in colour: the mapping means what we think."""
    folder = shared / "data/azure_kinect_mug"
    if not folder.exists():
        pytest.skip("the Azure Kinect recording is not on this machine")
    rig = read_calibration(folder / "calibration.json", "azure-kinect", ReadOptions())
    depth = cv2.imread(str(folder / "depth_mm_640x576.png"), cv2.IMREAD_UNCHANGED) * rig.metres_per_unit
    gray = cv2.GaussianBlur(cv2.imread(str(folder / "color_1280x720.jpg"), cv2.IMREAD_GRAYSCALE), (0, 0), 2)
    strength = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    near = np.where(depth > 0, depth, 9).astype(np.float32)
    jump = (cv2.dilate(near, np.ones((3, 3))) - near > 0.05) & (near < 1.0)
    pixels = np.argwhere(jump)[:, ::-1].astype(np.float64)
    points, ok = rig.depth.deproject(pixels, near[jump].astype(np.float64))
    in_color, seen = rig.color.project(rig.T_color_depth.apply(points[ok]))
    in_color = in_color[seen]
    handle = np.all((in_color > (510, 400)) & (in_color < (600, 620)), axis=1)
    in_color = in_color[handle]

    def mean_strength(shift: int) -> float:
        u, v = np.round(in_color + np.array([shift, 0])).astype(int).T
        return float(strength[v, u].mean())

    assert len(in_color) > 100
    assert max(mean_strength(shift) for shift in range(-3, 4)) > 1.5 * max(mean_strength(-25), mean_strength(25))


def test_other_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown format 'x'; expected one of"):
        read_calibration(tmp_path, "x")
    with pytest.raises(CalibrationFileError, match="no such file"):
        read_calibration(tmp_path / "none.yml", "opencv")
    (tmp_path / "bad.yml").write_text("a: [1, 2")
    for name in ("kalibr", "opencv", "realsense", "azure-kinect"):
        with pytest.raises(CalibrationFileError, match=r"bad\.yml"):
            read_calibration(tmp_path / "bad.yml", name)
    with pytest.raises(CalibrationFileError, match="not a folder"):
        read_calibration(tmp_path / "bad.yml", "ros")
    with pytest.raises(CalibrationError, match=r"ends in '\.bin'"):
        write_calibration(tmp_path / "x.bin", "opencv", calibration(PLAIN))


def test_unit_must_come_from_somewhere(tmp_path: Path) -> None:
    write_calibration(tmp_path / "c.yaml", "kalibr", calibration(RADTAN))
    text = "\n".join(line for line in (tmp_path / "c.yaml").read_text().splitlines() if "metres" not in line)
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(CalibrationFileError, match="--metres-per-unit"):
        read_calibration(tmp_path / "c.yaml", "kalibr")
    assert read_calibration(tmp_path / "c.yaml", "kalibr", ReadOptions(metres_per_unit=0.001)).metres_per_unit == 0.001


def test_azure_kinect_sizes_must_be_modes(tmp_path: Path) -> None:
    odd = Intrinsics(width=800, height=600, fx=600, fy=600, cx=400, cy=300)
    with pytest.raises(CalibrationError, match="800×600 is no picture size of an Azure Kinect"):
        write_calibration(tmp_path / "a.json", "azure-kinect", calibration(NoDistortion(), color=odd))


@pytest.mark.parametrize("name", FOREIGN)
def test_a_depth_correction_is_never_lost_silently(tmp_path: Path, name: str) -> None:
    corrected = calibration(
        NoDistortion(), depth_correction=DepthCorrection(size=(576, 640), scale=1.01, offset=-0.002)
    )
    path = tmp_path / f"out{SUFFIX[name]}"
    with pytest.raises(CalibrationError, match=r"corrects depth, which .* cannot express"):
        write_calibration(path, name, corrected)
    assert not path.exists()
    write_calibration(path, name, corrected, drop_depth_correction=True)
    assert path.exists()
