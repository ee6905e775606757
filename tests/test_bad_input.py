"""Every bad input that a user can have, met at the command line: one line, exit code 2, nothing half written."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from rgbd_seg.cli.main import main
from rgbd_seg.samples import samples_folder
from tests.test_cli import pair  # noqa: F401

SAMPLE = samples_folder() / "wave"

pytestmark = pytest.mark.usefixtures("no_networks")


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line with which the command refuses."""
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert code == 2, err
    assert out == ""
    assert err.startswith("rgbd-seg: error: ")
    assert err.count("\n") == 1, err
    return err


def with_depth(folder: Path, color: np.ndarray, raw: np.ndarray) -> list[str]:
    """A picture and depth of one camera, with their calibration, as command line arguments."""
    from rgbd_seg.calibration import Calibration
    from rgbd_seg.camera import Intrinsics
    from rgbd_seg.transform import RigidTransform

    height, width = color.shape[:2]
    camera = Intrinsics.from_field_of_view(width, height, 60)
    depth = camera.resized(raw.shape[1], raw.shape[0])
    calibration = Calibration(color=camera, depth=depth, T_color_depth=RigidTransform.identity(), metres_per_unit=0.001)
    calibration.save(folder / "depth.json")
    cv2.imwrite(str(folder / "depth.png"), raw)
    Image.fromarray(color).save(folder / "color.png")
    return [str(folder / "color.png"), "--depth", str(folder / "depth.png")]


@pytest.mark.parametrize("keep", [0, 1, 7, 100, 0.5, -30])
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_truncated_files(keep, suffix, tmp_path, capsys):
    whole = tmp_path / f"whole{suffix}"
    cv2.imwrite(str(whole), cv2.imread(str(SAMPLE / "color.png")))
    data = whole.read_bytes()
    (tmp_path / f"cut{suffix}").write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    assert f"cut{suffix}" in refused(capsys, "matte", tmp_path / f"cut{suffix}", "-o", tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_a_decompression_bomb(tmp_path, capsys):
    Image.new("1", (12_000, 12_000)).save(tmp_path / "bomb.png")
    assert "megapixels" in refused(capsys, "matte", tmp_path / "bomb.png", "-o", tmp_path / "a.png")


def test_depth_that_is_one_hole_is_no_depth(tmp_path, capsys):
    color = cv2.cvtColor(cv2.imread(str(SAMPLE / "color.png")), cv2.COLOR_BGR2RGB)
    photo = with_depth(tmp_path, color, np.zeros((120, 160), np.uint16))
    assert "without depth" in refused(capsys, "matte", *photo, "-o", tmp_path / "a.png")


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3)])
@pytest.mark.parametrize("command", ["matte", "bokeh", "blur", "replace", "whiten", "grayscale", "beautify"])
def test_pictures_of_hardly_any_pixels_are_processed(size, command, tmp_path, capsys):
    photo = with_depth(tmp_path, np.full((*size, 3), 90, np.uint8), np.full(size, 1000, np.uint16))
    assert main([command, *photo, "-o", str(tmp_path / "out.png")]) == 0, capsys.readouterr().err
    assert cv2.imread(str(tmp_path / "out.png")).shape[:2] == size


@pytest.mark.parametrize("kind", ["grey", "alpha", "palette", "sixteen", "sixteen-rgb", "cmyk"])
def test_unusual_pictures_are_processed(kind, tmp_path, capsys):
    picture = Image.open(SAMPLE / "color.png").convert("RGB")
    color, path = np.asarray(picture), tmp_path / ("cmyk.jpg" if kind == "cmyk" else "color.png")
    photo = with_depth(tmp_path, color, np.full((60, 80), 1000, np.uint16))
    if kind.startswith("sixteen"):
        wide = color[..., ::-1].astype(np.uint16) * 257
        cv2.imwrite(str(path), wide if kind == "sixteen-rgb" else wide[..., 0])
    else:
        picture.convert({"grey": "L", "alpha": "RGBA", "palette": "P", "cmyk": "CMYK"}[kind]).save(path)
    photo[0] = str(path)
    assert main(["blur", *photo, "-o", str(tmp_path / "out.png")]) == 0, capsys.readouterr().err
    assert cv2.imread(str(tmp_path / "out.png")).shape == color.shape


def test_one_stray_sample_at_a_millimetre_does_not_blur_the_picture(tmp_path, capsys):
    color = cv2.cvtColor(cv2.imread(str(SAMPLE / "color.png")), cv2.COLOR_BGR2RGB)
    raw = np.full((240, 320), 2000, np.uint16)
    raw[60:, 120:200] = 1000
    raw[5:8, 5:8] = 1
    photo = with_depth(tmp_path, color, raw)
    assert main(["bokeh", *photo, "-o", str(tmp_path / "out.png")]) == 0, capsys.readouterr().err
    inside = cv2.imread(str(tmp_path / "out.png"))[300:400, 290:350, ::-1]
    np.testing.assert_array_equal(inside, color[300:400, 290:350])


@pytest.mark.parametrize("place", ["file/a.png", "nowhere/a.png", "taken.png"])
def test_unwritable_places_are_refused_before_the_photo_is_read(place, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken.png").mkdir()
    assert "cannot write" in refused(capsys, "matte", tmp_path / "missing.jpg", "-o", tmp_path / place)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(pair, tmp_path, capsys, monkeypatch):  # noqa: F811
    target = tmp_path / "out.png"
    target.write_bytes(b"old")
    write = Path.write_bytes

    def half(self: Path, data: bytes) -> int:
        write(self, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    assert "No space left" in refused(capsys, "blur", *pair, "-o", target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interruption_leaves_the_old_file_and_nothing_else(pair, tmp_path, capsys, monkeypatch):  # noqa: F811
    target = tmp_path / "out.png"
    target.write_bytes(b"old")
    write = Path.write_bytes

    def half(self: Path, data: bytes) -> int:
        write(self, data[: len(data) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    assert main(["blur", *pair, "-o", str(target)]) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interruption_before_the_command_has_begun(monkeypatch, capsys):
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rgbd_seg.cli.main._plugin", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == ""


def test_a_picture_that_does_not_fit_in_memory(pair, tmp_path, capsys, monkeypatch):  # noqa: F811
    def starved(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("rgbd_seg.pipeline.Pipeline.matte", starved)
    assert "memory" in refused(capsys, "blur", *pair, "-o", tmp_path / "out.png")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_that_takes_nothing():
    command = [sys.executable, "-m", "rgbd_seg.cli", "info", str(SAMPLE / "color.png")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr


def test_without_a_command_the_help_is_shown_and_nothing_empty_said(capsys):
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert "Usage" in out + err
    assert "error:" not in err


def test_a_calibration_without_its_depth(tmp_path, capsys):
    arguments = (SAMPLE / "color.png", "--calibration", SAMPLE / "calibration.json")
    assert "without depth" in refused(capsys, "info", *arguments)


def test_results_do_not_go_where_the_photos_are(tmp_path, capsys):
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (8, 8)).save(photo)
    before = photo.read_bytes()
    assert "another folder" in refused(capsys, "blur", tmp_path, "-o", tmp_path)
    assert photo.read_bytes() == before
