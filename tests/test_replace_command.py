"""``rgbd-seg replace`` with everything it can place, and every way to ask for it wrongly."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from rgbd_seg.cli.main import main
from rgbd_seg.cli.place_argument import placed_picture_of
from rgbd_seg.cli.replace import background_of
from rgbd_seg.effects import VideoBackground
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.io.pictures import read_cutout
from rgbd_seg.samples import samples_folder

WAVE = samples_folder() / "wave"

pytestmark = pytest.mark.usefixtures("no_networks")


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A red picture whose right half is transparent."""
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[..., 2], pixels[:, :30, 3] = 255, 255
    cv2.imwrite(str(tmp_path / "card@2x.png"), pixels)
    return tmp_path / "card@2x.png"


def replaced(tmp_path: Path, *arguments: str) -> tuple[int, np.ndarray]:
    target = tmp_path / "out.png"
    photo = [str(WAVE / "color.png"), "--depth", str(WAVE / "raw_depth.png")]
    code = main(["replace", *photo, *map(str, arguments), "-o", str(target)])
    return code, cv2.imread(str(target))[..., ::-1] if target.is_file() else np.zeros((0, 0, 3), np.uint8)


def test_a_card_stands_behind_the_subject_in_its_own_room(card: Path, tmp_path: Path) -> None:
    original = cv2.imread(str(WAVE / "color.png"))[..., ::-1]
    code, near = replaced(tmp_path, "-b", "own", "--place", f"{card}@0.3m:h=480px:x=320px:y=240px")
    assert code == 0
    assert np.all(near[5:475, 10:305] == (255, 0, 0))
    assert np.array_equal(near[:, 335:], original[:, 335:])  # the transparent half
    code, behind = replaced(tmp_path, "-b", "own", "--place", f"{card}@1.5m:h=480px:x=320px:y=240px")
    assert code == 0
    truth = cv2.imread(str(WAVE / "alpha.png"), cv2.IMREAD_GRAYSCALE)
    solid = cv2.erode((truth == 255).astype(np.uint8), np.ones((9, 9))) > 0
    assert (behind[solid] == original[solid]).all(axis=1).mean() > 0.98
    clear = cv2.dilate(truth, np.ones((15, 15)))[:, :300] == 0
    assert (behind[:, :300][clear] == (255, 0, 0)).all(axis=1).mean() > 0.5  # but the woman at the left is nearer


def test_a_background_with_depth_and_every_option(tmp_path: Path) -> None:
    other = samples_folder() / "curls"
    depth = ["--background-depth", str(other / "raw_depth.png")]
    light = ["--match", "0.5", "--light-wrap", "0.3", "--blur", "0.2", "--framing", "fit"]
    code, far = replaced(tmp_path, "-b", str(other / "color.png"), *depth, *light, "--subject-distance", "9")
    assert code == 0
    code, near = replaced(tmp_path, "-b", str(other / "color.png"), *depth, *light, "--subject-distance", "0.3")
    assert code == 0
    assert np.abs(far.astype(int) - near).mean() > 5


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("@2.5m", "distance", 2.5),
        ("@2m:h=0.6m", "height", 0.6),
        ("@2m:h=200px", "height_px", 200.0),
        ("@2m:x=0.4m", "center", (0.4, 0.0)),
        ("@2m:y=-.2m:x=1m", "center", (1.0, -0.2)),
        ("@2m:x=320px:y=10px", "center_px", (320.0, 10.0)),
    ],
)
def test_places(text: str, field: str, value: object, card: Path) -> None:
    placed = placed_picture_of(f"{card}{text}")
    assert getattr(placed, field) == value
    assert placed.alpha is not None
    assert placed.alpha.mean() == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "@2",
        "@m",
        "@2px",
        "@2m:h",
        "@2m:h=1",
        "@2m:w=1m",
        "@2m:x=1m:y=2px",
        "@2m:x=1px",
        "@2m:h=1m:h=2m",
        "@1e3m",
    ],
)
def test_places_of_another_form_are_refused(text: str, card: Path) -> None:
    plain = card.rename(card.with_name("card.png"))
    with pytest.raises(ConfigError, match="--place"):
        placed_picture_of(f"{plain}{text}")


def test_a_place_needs_a_picture_and_a_distance_ahead(card: Path) -> None:
    with pytest.raises(FrameError, match="nothing"):
        placed_picture_of("nothing.png@1m")
    with pytest.raises(ConfigError, match="distance"):
        placed_picture_of(f"{card}@-1m")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-b", "none.mp4"], "none.mp4"),
        (["-b", "own", "--background-depth", "own"], "photo's own depth"),
        (["-b", "#2060a0", "--background-depth", "own"], "expected a picture that has depth"),
        (["-b", "clip.mp4", "--background-depth", "own"], "expected a picture that has depth"),
        (["-b", str(WAVE / "color.png"), "--background-depth", "own"], "has no depth"),
        (["--match", "2"], "match"),
        (["--framing", "zoom"], "zoom"),
        (["--subject-distance", "-1"], "subject_distance"),
        (["--place", "x.png"], "--place"),
    ],
)
def test_wrong_questions_get_one_line(arguments: list[str], word: str, tmp_path: Path, capsys) -> None:
    code, _ = replaced(tmp_path, *arguments)
    lines = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("rgbd-seg: error: ")
    assert word in lines[0]


def test_a_video_is_a_background_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for _ in range(3):
        writer.write(np.full((48, 64, 3), (200, 100, 0), np.uint8))
    writer.release()
    assert isinstance(background_of(str(path)), VideoBackground)
    code, out = replaced(tmp_path, "-b", str(path))
    assert code == 0
    assert np.abs(out[3, 3].astype(int) - (0, 100, 200)).max() < 12
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(FrameError, match="cannot be decoded"):
        background_of(str(path))


def test_transparency_is_read_as_coverage(card: Path, tmp_path: Path) -> None:
    color, alpha = read_cutout(card)
    assert color.shape == (40, 60, 3)
    assert alpha is not None
    assert set(np.unique(alpha)) == {0.0, 1.0}
    cv2.imwrite(str(tmp_path / "opaque.jpg"), np.zeros((4, 4, 3), np.uint8))
    assert read_cutout(tmp_path / "opaque.jpg")[1] is None
