"""Photographs for training: labels of a teacher, scenes without people, clips kept together, imagined depth."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rgbd_seg.cli.main import main
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.training.portrait.config import DataConfig
from rgbd_seg.training.portrait.examples import Example, Examples
from rgbd_seg.training.portrait.imagined_depth import imagined
from rgbd_seg.training.portrait.packed import SIDE, PackedEntry, PackedPicture, PackedSet, write_packed
from rgbd_seg.training.portrait.packing import pack
from rgbd_seg.training.portrait.teacher import Teacher
from rgbd_seg.training.portrait.view import RandomView


class _BrightIsPerson:
    """A teacher's network that is sure of bright pixels, and changes its mind about red ones when mirrored."""

    name, needs_depth = "bright", False

    def __init__(self) -> None:
        self._asked = 0

    def segment(self, frame: RgbdFrame) -> Segmentation:
        self._asked += 1
        bright = (frame.color.min(axis=2) > 200).astype(np.float32)
        red = (frame.color[..., 0] > 200) & (frame.color[..., 1] < 50)
        probability = np.where(red, np.float32(self._asked % 2), bright).astype(np.float32)
        return Segmentation(value=probability, probability=probability)


def _disc(side: int = 128) -> np.ndarray:
    v, u = np.mgrid[:side, :side]
    return np.hypot(u - side / 2, v - side / 2) < side / 4


def _photo(path: Path) -> None:
    color = np.full((128, 128, 3), 30, np.uint8)
    color[_disc()] = 250
    color[56:72, 56:72] = (250, 0, 0)
    Image.fromarray(color).save(path)


def test_the_teacher_is_ignored_where_it_contradicts_itself(tmp_path: Path) -> None:
    _photo(tmp_path / "someone.png")
    (picture,) = pack(tmp_path, Teacher(_BrightIsPerson()), pytest.fail)
    alpha, unsure = picture.alpha / 255, picture.unsure / 255
    assert not picture.entry.exact
    assert alpha[SIDE // 2, SIDE // 2 - 40] > 0.95
    assert alpha[10, 10] < 0.05
    assert unsure[SIDE // 2, SIDE // 2] == 1
    assert unsure[10, 10] == unsure[SIDE // 2, SIDE // 2 - 40] == 0


def test_scenes_without_people_need_no_masks(tmp_path: Path) -> None:
    _photo(tmp_path / "lamp.png")
    (picture,) = pack(tmp_path, None, pytest.fail, nobody=True)
    assert not picture.alpha.any()
    assert not picture.unsure.any()


def test_masks_and_depth_are_no_photographs(tmp_path: Path) -> None:
    for name in ("a.png", "a.alpha.png", "a.depth.png", "a.confidence.png", "b.tif", ".hidden.png"):
        _photo(tmp_path / name)
    assert [picture.entry.key for picture in pack(tmp_path, None, pytest.fail, nobody=True)] == ["a.png", "b.tif"]


def test_a_source_that_is_none_is_told_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "note.txt").write_text("x", encoding="utf-8")
    for source in ("absent", "note.txt"):
        assert main(["pack", str(tmp_path / source), "-o", str(tmp_path / "out"), "--nobody"]) == 2
        assert f"there is no {tmp_path / source}" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def test_numbered_frames_of_a_clip_share_a_group(tmp_path: Path) -> None:
    for name in ("wave_1", "wave_12", "walk_1", "007", "C001039", "F000468"):
        _photo(tmp_path / f"{name}.png")
    groups = [picture.entry.group for picture in pack(tmp_path, None, pytest.fail, nobody=True)]
    assert groups == ["007", "C001039", "F000468", "walk", "wave", "wave"]


@pytest.mark.parametrize("seed", range(20))
def test_imagined_depth_has_the_person_before_most_of_the_rest(seed: int) -> None:
    alpha = _disc().astype(np.float32)
    depth = imagined(np.random.default_rng(seed), alpha)
    assert np.isfinite(depth).all()
    assert depth.min() > 0.2
    assert depth.max() < 13
    person = np.median(depth[alpha > 0])
    assert np.mean(depth[alpha == 0] > 0.95 * person) > 0.3


def test_photographs_are_given_depth_as_often_as_the_configuration_says(tmp_path: Path) -> None:
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[64:192, 64:192] = 255
    zeros = np.zeros_like(alpha)
    picture = PackedPicture(
        entry=PackedEntry(key="a", group="a", width=4, height=3, has_depth=False, exact=False),
        color=np.full((SIDE, SIDE, 3), 128, np.uint8),
        alpha=alpha,
        people=alpha,
        held=zeros,
        unsure=zeros,
        depth=zeros.astype(np.uint16),
    )
    write_packed(tmp_path / "photos", [picture], lambda: None)
    for share, least, most in ((0.0, 0, 0), (0.5, 8, 22), (1.0, 30, 30)):
        config = DataConfig(train=("photos",), image_size=64, depth_dropout=0, imagined_depth=share)
        examples = Examples([PackedSet(tmp_path / "photos")], [], config, 0)
        shown = sum(bool(examples[i].inputs[4].any()) for i in range(30))
        assert least <= shown <= most


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_from_afar_a_person_is_small_and_all_there(cut: bool, seed: int) -> None:
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[60 : SIDE if cut else 200, 80:160] = 255
    entry = PackedEntry(key="a", group="a", width=300, height=400, has_depth=False, exact=False)
    view = RandomView.from_afar(np.random.default_rng(seed), entry, 128, on_edge=cut)
    shown = view.of(alpha)
    area = (alpha > 127).mean()
    assert 0.02 * area < (shown > 127).mean() < 0.7 * area
    # Nothing is cut that was not; what was cut still is, by the lower edge.
    assert not shown[0].any()
    assert bool((shown[-1] > 127).any()) == cut
    rows = np.flatnonzero((shown > 127).any(axis=1))
    assert np.array_equal(rows, np.arange(rows[0], rows[-1] + 1))


def test_only_who_is_cut_out_is_shown_from_afar(tmp_path: Path) -> None:
    zeros = np.zeros((SIDE, SIDE), np.uint8)
    alpha = zeros.copy()
    alpha[60:, 80:180] = 255

    def shown(has_depth: bool, composite: float = 1.0, **share: float) -> list[Example]:
        entry = PackedEntry(key="a", group="a", width=3, height=3, has_depth=has_depth, exact=False)
        picture = PackedPicture(
            entry=entry,
            color=np.full((SIDE, SIDE, 3), 128, np.uint8),
            alpha=alpha,
            people=alpha,
            held=zeros,
            unsure=zeros,
            depth=np.full((SIDE, SIDE), 900 * has_depth, np.uint16),
        )
        folder = tmp_path / f"{has_depth}-{composite}-{share}"
        write_packed(folder, [picture], lambda: None)
        config = DataConfig(
            train=("photos",), image_size=64, composite=composite, depth_dropout=0.0, imagined_depth=0.0, **share
        )
        examples = Examples([PackedSet(folder)], [np.full((64, 64, 3), 90, np.uint8)], config, 0)
        return [examples[i] for i in range(40)]

    def least(examples: list[Example]) -> float:
        """The smallest share of a picture that the person takes."""
        return float(min(example.targets[0].mean() for example in examples))

    assert least(shown(False, afar=1.0)) < 0.1
    assert least(shown(False, afar=0.0, afar_rendered=1.0)) > 0.15
    assert least(shown(True, afar=1.0)) > 0.15
    assert least(shown(True, composite=0.0, afar_rendered=1.0)) > 0.15
    rendered = shown(True, afar_rendered=1.0)
    assert least(rendered) < 0.1
    assert not any(example.inputs[3:5].any() for example in rendered)  # its depth was that of somebody near


def test_nobody_and_a_teacher_contradict_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _photo(tmp_path / "a.png")
    line = ["pack", str(tmp_path), "-o", str(tmp_path / "out"), "--nobody", "--teacher", "mediapipe-selfie"]
    assert main(line) == 2
    assert "give one of them" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_where_nobody_is_something_else_often_stands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = np.zeros((96, 96), np.float32)
    monkeypatch.setattr("rgbd_seg.training.portrait.imagined_depth._THINGS", 0)

    def standing_out(share: float) -> int:
        """Pictures of 60 with an outline in depth: a step by a tenth in at least 40 places."""
        monkeypatch.setattr("rgbd_seg.training.portrait.imagined_depth._SUBJECT_SHARE", share)
        depth = np.stack([imagined(np.random.default_rng(seed), nobody) for seed in range(60)])
        return int(((np.abs(np.diff(np.log(depth), axis=2)) > 0.1).sum((1, 2)) > 40).sum())

    assert standing_out(0.0) == 0
    assert 15 < standing_out(0.6) < standing_out(1.0)
