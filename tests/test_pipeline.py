"""The whole way from a frame to its alpha."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.frames import RgbdFrame, Segmentation, Timestamp
from rgbd_seg.fusion import FUSION_MODES
from rgbd_seg.io import read_photo
from rgbd_seg.pipeline import Pipeline
from rgbd_seg.pipeline_options import LIVE, PipelineOptions
from rgbd_seg.presence import AGREEMENT, person_agreement
from rgbd_seg.segmentation import create_segmenter
from rgbd_seg.segmentation.depth_layers import DepthLayers
from tests.scenes import SIZE, FixedSegmenter, body, iou, scene, unsure

UNCHECKED = PipelineOptions(check_presence=False, second_look=False)  # views mean nothing to fixed answers


def test_depth_improves_what_colour_saw() -> None:
    room = scene(behind=True)
    hint = unsure(room.person | room.other)
    segmenter = FixedSegmenter(hint)
    matte = Pipeline(segmenter, UNCHECKED).matte(room.frame)
    assert matte.alpha.shape == SIZE
    assert iou(matte.alpha, room.person) > 0.97
    assert matte.foreground is not None
    alone = Pipeline(segmenter, UNCHECKED).matte(RgbdFrame(color=room.color))
    assert iou(alone.alpha, room.person) < 0.85


@pytest.mark.parametrize("fusion", FUSION_MODES)
@pytest.mark.parametrize("probability", ["layer", "linear"])
def test_unmeasured_depth_is_the_same_as_none(fusion: str, probability: str) -> None:
    room = scene()
    segmenter = FixedSegmenter(unsure(room.person))
    options = replace(UNCHECKED, fusion=fusion, depth_probability=probability)
    stages: list[dict[str, np.ndarray]] = [{}, {}]
    nothing = np.full(SIZE, np.nan, np.float32)
    without = Pipeline(segmenter, options).matte(RgbdFrame(color=room.color), stages[0].__setitem__)
    holes = Pipeline(segmenter, options).matte(RgbdFrame(color=room.color, depth=nothing), stages[1].__setitem__)
    np.testing.assert_array_equal(stages[0]["fused"], stages[1]["fused"])
    np.testing.assert_array_equal(without.alpha, holes.alpha)


def test_near_things_that_colour_does_not_see_leave_no_ghost() -> None:
    room = scene()
    corner = np.zeros(SIZE, bool)
    corner[:40, :40] = True
    hint = unsure(room.person)
    hint[corner] = 0.1
    frame = RgbdFrame(color=room.color, depth=np.where(corner, np.float32(0.4), room.depth))
    stages: dict[str, np.ndarray] = {}
    options = replace(UNCHECKED, depth_probability="linear")
    matte = Pipeline(FixedSegmenter(hint), options).matte(frame, stages.__setitem__)
    assert stages["depth_probability"][corner].min() > 0.8  # twice that against 0.1 is a person
    assert not matte.alpha[corner].any()
    assert iou(matte.alpha, room.person) > 0.9


def test_the_matte_carries_the_frames_time() -> None:
    room = scene()
    time = Timestamp(123, "device")
    frame = RgbdFrame(color=room.color, depth=room.depth, timestamp=time)
    assert Pipeline(FixedSegmenter(unsure(room.person))).matte(frame).timestamp == time


def test_every_stage_is_reported_in_order() -> None:
    room = scene()
    seen: list[str] = []
    Pipeline(FixedSegmenter(unsure(room.person))).matte(room.frame, lambda name, values: seen.append(name))
    expected = ["segmentation", "probability", "depth", "depth_probability", "fused", "trimap", "alpha", "foreground"]
    assert seen == expected
    seen.clear()
    Pipeline(DepthLayers(), PipelineOptions(foreground=False)).matte(room.frame, lambda name, values: seen.append(name))
    assert "depth_probability" not in seen  # depth is not counted twice
    assert "foreground" not in seen


def test_depth_of_another_resolution_and_confidence_are_accepted() -> None:
    room = scene()
    color = cv2.resize(room.color, None, fx=3, fy=3)
    frame = RgbdFrame(color=color, depth=room.depth, confidence=np.full(SIZE, 0.9, np.float32))
    matte = Pipeline(FixedSegmenter(unsure(room.person)), UNCHECKED).matte(frame)
    assert matte.alpha.shape == color.shape[:2]
    assert iou(matte.alpha, cv2.resize(room.person.astype(np.uint8), None, fx=3, fy=3) > 0) > 0.96


def test_a_small_shift_of_depth_is_undone() -> None:
    room = scene()
    hint = unsure(room.person, 1.5)
    moved = cv2.warpAffine(room.depth, np.float32([[1, 0, 5], [0, 1, 0]]), SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
    frame = RgbdFrame(color=room.color, depth=moved)
    kept, undone = (
        Pipeline(FixedSegmenter(hint), replace(UNCHECKED, align=align)).matte(frame).alpha for align in (False, True)
    )
    assert iou(undone, room.person) > 0.97
    assert iou(undone, room.person) > iou(kept, room.person)


class BelievesDepth(FixedSegmenter):
    """What is near is the person, whatever colour shows; without depth, colour's own answer."""

    reads_depth = True

    def segment(self, frame: RgbdFrame) -> Segmentation:
        if frame.depth is None:
            return super().segment(frame)
        near = np.where(frame.depth < 1.6, np.float32(0.95), np.float32(0.05))
        return Segmentation(value=near, probability=near)


def test_a_segmenter_that_believes_depth_is_shown_it_where_colour_is() -> None:
    room = scene(center=70)
    moved = cv2.warpAffine(room.depth, np.float32([[1, 0, 36], [0, 1, 0]]), SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
    frame = RgbdFrame(color=room.color, depth=moved, confidence=np.ones(SIZE, np.float32))
    segmenter = BelievesDepth(unsure(room.person, 1.5))
    kept, undone = (Pipeline(segmenter, replace(UNCHECKED, align=align)).matte(frame).alpha for align in (False, True))
    assert iou(kept, room.person) < 0.5
    assert iou(undone, room.person) > 0.9
    still = Pipeline(segmenter, UNCHECKED).matte(RgbdFrame(color=room.color, depth=room.depth)).alpha
    assert iou(still, room.person) > 0.97


@pytest.mark.parametrize("kind", [FixedSegmenter, BelievesDepth])
def test_depth_of_fewer_pixels_than_colour_is_put_back_as_far(kind: type[FixedSegmenter]) -> None:
    room = scene(center=70)
    moved = cv2.warpAffine(room.depth, np.float32([[1, 0, 36], [0, 1, 0]]), SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
    large = cv2.resize(room.color, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    frame = RgbdFrame(color=large, depth=moved)
    alpha = Pipeline(kind(unsure(room.person, 1.5)), UNCHECKED).matte(frame).alpha
    assert iou(cv2.resize(alpha, SIZE[::-1], interpolation=cv2.INTER_AREA), room.person) > 0.9


def test_focus_is_a_pixel_of_the_picture() -> None:
    room = scene(behind=True)
    segmenter = FixedSegmenter(unsure(room.person | room.other))
    matte = Pipeline(segmenter, replace(UNCHECKED, focus=(205, 120))).matte(room.frame)
    assert iou(matte.alpha, room.other) > 0.85
    edge = Pipeline(segmenter, replace(UNCHECKED, focus=(255.9, 191.9))).matte(room.frame)
    assert iou(edge.alpha, room.other) > 0.85
    with pytest.raises(ConfigError, match="256×192"):
        Pipeline(segmenter, replace(UNCHECKED, focus=(256, 10))).matte(room.frame)


class TellsPeopleApart(FixedSegmenter):
    """As the portrait network: the front person, and beside it everyone."""

    def __init__(self, front: np.ndarray, people: np.ndarray) -> None:
        super().__init__(unsure(front))
        self._people = unsure(people)

    def segment(self, frame: RgbdFrame) -> Segmentation:
        found = super().segment(frame)
        return replace(found, people=self._people)


def two_apart() -> tuple[RgbdFrame, np.ndarray, np.ndarray]:
    """Two people who do not touch, the one on the right further back; and where either is."""
    room, second = scene(center=52), body(200, 50, 0.7)
    color = np.where(second[..., None], np.uint8([60, 60, 150]), room.color)
    return RgbdFrame(color=color, depth=np.where(second, np.float32(2), room.depth)), room.person, second


@pytest.mark.parametrize("depth", ["layer", "linear", None])
def test_everyone_and_someone_else_than_the_front_person(depth: str | None) -> None:
    frame, person, other = two_apart()
    shown = frame if depth else RgbdFrame(color=frame.color)
    segmenter = TellsPeopleApart(person, person | other)

    def found(**options: Any) -> np.ndarray:
        chosen = replace(UNCHECKED, depth_probability=depth or "layer", **options)
        return Pipeline(segmenter, chosen).matte(shown).alpha

    assert iou(found(), person) > 0.9
    assert iou(found(people="all"), person | other) > 0.9
    assert iou(found(focus=(200, 120)), other) > 0.9
    assert iou(found(focus=(52, 120)), person) > 0.9


class ChoseByDepth(FixedSegmenter):
    """A network that looks at depth itself, and says the same of every picture."""

    reads_depth = True


@pytest.mark.parametrize(("sureness", "kept"), [(0.97, True), (0.8, False)])
def test_what_a_network_that_looks_at_depth_is_sure_of_stays(sureness: float, kept: bool) -> None:
    """Legs below a table are another region than the chest: only a network that saw depth may know better."""
    frame, person, other = two_apart()
    claim = np.where(person, np.float32(0.99), np.where(other, np.float32(sureness), np.float32(0.01)))
    options = replace(UNCHECKED, align=False)

    def share(segmenter: FixedSegmenter, **changes: Any) -> float:
        return float((Pipeline(segmenter, replace(options, **changes)).matte(frame).alpha[other] > 0.5).mean())

    assert (share(ChoseByDepth(claim)) > 0.9) == kept
    assert share(FixedSegmenter(claim)) < 0.1  # colour alone cannot tell who stands in front
    assert share(ChoseByDepth(claim), focus=(52, 120)) < 0.1  # whoever is asked for was not the network's choice


def test_focus_reaches_a_segmenter_that_looks_at_depth_itself() -> None:
    room = scene(center=70)
    second = body(190, 30)
    frame = RgbdFrame(color=room.color, depth=np.where(second, np.float32(1.6), room.depth))
    matte = Pipeline(DepthLayers(), PipelineOptions(focus=(190, 130))).matte(frame)
    assert iou(matte.alpha, second & ~room.person) > 0.85


def test_a_person_seen_only_once_is_not_believed() -> None:
    room = scene()
    imagined = FixedSegmenter(unsure(room.person), only_whole=True)
    assert (Pipeline(imagined).matte(room.frame).alpha > 0.5).mean() < 0.01
    trusting = FixedSegmenter(unsure(room.person), only_whole=True)
    assert iou(Pipeline(trusting, UNCHECKED).matte(room.frame).alpha, room.person) > 0.9


class SeesInTheDark(FixedSegmenter):
    """Takes what is near for a person; colour says nothing to it."""

    def __init__(self, *, reads_depth: bool = True, fading: float = 1.0) -> None:
        super().__init__(np.zeros(SIZE, np.float32))
        self.reads_depth, self._fading = reads_depth, fading

    def segment(self, frame: RgbdFrame) -> Segmentation:
        if frame.depth is None:
            return Segmentation(value=np.zeros(SIZE, np.float32), probability=np.zeros(SIZE, np.float32))
        near = (frame.depth < 2) * np.float32(0.98 * (self._fading if self.asked else 1.0))
        self.asked += 1
        return Segmentation(value=near, probability=near)


@pytest.mark.parametrize(
    ("segmenter", "believed"),
    [
        (SeesInTheDark(), True),
        (SeesInTheDark(fading=0.6), False),  # less like a person as soon as it is seen otherwise
        (SeesInTheDark(reads_depth=False), False),
    ],
)
def test_in_the_dark_depth_vouches_for_a_person(segmenter: SeesInTheDark, believed: bool) -> None:
    room = scene()
    frame = replace(room.frame, color=np.full_like(room.color, 3))
    matte = Pipeline(segmenter, PipelineOptions(second_look=False)).matte(frame)
    if believed:
        assert iou(matte.alpha, room.person) > 0.9
    else:
        assert not (matte.alpha > 0.5).any()


def test_a_speck_seen_only_once_is_not_believed_either() -> None:
    """Of what a network imagines only a remainder may be sure: 0.3 % of a vase's picture."""
    speck = np.zeros(SIZE, bool)
    speck[100:116, 120:132] = True
    assert speck.mean() < 0.005
    claim = unsure(speck)
    imagined = FixedSegmenter(claim, only_whole=True)
    imagined.segment(scene().frame)
    assert (claim > 0.5).any()
    assert person_agreement(imagined, RgbdFrame(color=scene().color), claim) < AGREEMENT
    assert person_agreement(FixedSegmenter(claim), RgbdFrame(color=scene().color), claim) > AGREEMENT


def test_an_empty_claim_is_not_checked() -> None:
    silent = FixedSegmenter(np.zeros(SIZE, np.float32))
    assert person_agreement(silent, RgbdFrame(color=scene().color), np.zeros(SIZE, np.float32)) == 1
    assert silent.asked == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 2)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    color = np.full((*size, 3), 90, np.uint8)
    frame = RgbdFrame(color=color, depth=np.ones(size, np.float32))
    assert Pipeline(FixedSegmenter(np.full((16, 16), 0.7, np.float32))).matte(frame).alpha.shape == size


def test_everyone_is_more_than_depth_layers_can_find() -> None:
    with pytest.raises(ConfigError, match="finds one subject"):
        Pipeline(DepthLayers(), PipelineOptions(people="all"))


def test_a_segmenter_that_needs_depth_says_so() -> None:
    with pytest.raises(FrameError, match="without depth"):
        Pipeline(DepthLayers()).matte(RgbdFrame(color=scene().color))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fusion": "sum"}, "fusion is 'sum'"),
        ({"depth_probability": "x"}, "depth_probability is 'x'"),
        ({"people": "two"}, "people is 'two'"),
        ({"threshold": 1.0}, "threshold is 1"),
        ({"d_max": 0.0}, "d_max is 0"),
        ({"d_max": float("nan")}, "d_max is nan"),
        ({"working_size": 8}, "working_size is 8"),
        ({"focus": (-1, 2)}, "focus is"),
        ({"focus": (5, 5), "people": "all"}, "give one"),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PipelineOptions(**wrong)  # type: ignore[arg-type]


def test_live_options_work() -> None:
    room = scene()
    matte = Pipeline(FixedSegmenter(unsure(room.person)), LIVE).matte(room.frame)
    assert iou(matte.alpha, room.person) > 0.96


@pytest.mark.parametrize(("name", "floor"), [("standing_man.jpg", 0.984), ("selfie.heic", 0.993)])
def test_real_photos_beat_colour_alone(shared: Path, name: str, floor: float) -> None:
    segmenter = create_segmenter("mediapipe-selfie", models_folder=shared / "weights")
    photo = read_photo(shared / "data/iphone_portraits" / name)
    matte = photo.portrait_matte
    assert matte is not None
    options = PipelineOptions(foreground=False)
    scores = []
    for frame in (photo.frame, RgbdFrame(color=photo.frame.color)):
        alpha = Pipeline(segmenter, options).matte(frame).alpha
        here = cv2.resize(alpha, (matte.shape[1], matte.shape[0]), interpolation=cv2.INTER_AREA)
        scores.append(iou(here, matte > 0.5))
    assert scores[0] > floor
    assert scores[0] > scores[1]


def test_nobody_is_found_where_there_is_only_a_vase(shared: Path) -> None:
    segmenter = create_segmenter("mediapipe-selfie", models_folder=shared / "weights")
    photo = read_photo(shared / "data/iphone_portraits/vase_no_person.jpg")
    alpha = Pipeline(segmenter, PipelineOptions(foreground=False)).matte(photo.frame).alpha
    assert (alpha > 0.5).mean() <= 0.01
