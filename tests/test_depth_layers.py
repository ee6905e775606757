"""The subject from depth alone: on drawn scenes, spoiled ones, rendered people and real photos."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from rgbd_seg.errors import FrameError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import read_photo
from rgbd_seg.protocols import Segmenter
from rgbd_seg.segmentation import create_segmenter
from rgbd_seg.segmentation.depth_layers import DepthLayers
from rgbd_seg.segmentation.layer_candidates import best_candidate
from tests.scenes import SIZE, body, iou, scene


def test_it_is_a_segmenter_that_needs_depth() -> None:
    segmenter = create_segmenter("depth-layers")
    assert isinstance(segmenter, Segmenter)
    assert (segmenter.name, segmenter.needs_depth) == ("depth-layers", True)
    with pytest.raises(FrameError, match="without depth"):
        segmenter.segment(RgbdFrame(color=np.zeros((4, 4, 3), np.uint8)))


@pytest.mark.parametrize("center", [80, 128, 170])
@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("nearer", [False, True])
def test_the_front_person_is_found(center: int, behind: bool, nearer: bool) -> None:
    room = scene(behind=behind, nearer=nearer, center=center)
    found = DepthLayers().segment(room.frame)
    assert iou(found.probability, room.person) > 0.96
    assert (found.probability[room.other] > 0.5).mean() < 0.02 if room.other.any() else True


def test_both_outputs_are_probabilities_of_the_frames_shape() -> None:
    found = DepthLayers().segment(scene().frame)
    for values in (found.value, found.probability):
        assert values.dtype == np.float32
        assert values.shape == SIZE
        assert values.min() >= 0
        assert values.max() <= 1


def test_the_same_picture_gives_the_same_answer_mirrored() -> None:
    room = scene(behind=True, center=110)
    here = DepthLayers().segment(room.frame).probability
    frame = RgbdFrame(color=np.ascontiguousarray(room.color[:, ::-1]), depth=np.ascontiguousarray(room.depth[:, ::-1]))
    there = DepthLayers().segment(frame).probability[:, ::-1]
    assert iou(here, there > 0.5) > 0.97


def test_focus_chooses_another_subject() -> None:
    room = scene(center=70)
    second = body(190, 30)
    depth = np.where(second, np.float32(1.6), room.depth)
    frame = RgbdFrame(color=room.color, depth=depth)
    there = DepthLayers().segment_at(frame, (190 / 256, 0.7)).probability
    assert iou(there, second & ~room.person) > 0.9
    here = DepthLayers().segment_at(frame, (70 / 256, 0.7)).probability
    assert iou(here, room.person) > 0.9


@pytest.mark.parametrize("flat", [1.0, 0.4])
def test_a_wall_and_an_empty_room_hold_no_subject(flat: float) -> None:
    color = np.full((*SIZE, 3), 128, np.uint8)
    wall = np.full(SIZE, flat, np.float32)
    assert DepthLayers().segment(RgbdFrame(color=color, depth=wall)).probability.max() == 0
    rows = np.linspace(0, 1, SIZE[0], dtype=np.float32)[:, None]
    floor = np.broadcast_to(1 / (0.2 + 0.6 * rows), SIZE).copy()  # a plane, linear in inverse depth
    assert (DepthLayers().segment(RgbdFrame(color=color, depth=floor)).probability > 0.5).mean() < 0.01
    nothing = np.full(SIZE, np.nan, np.float32)
    assert DepthLayers().segment(RgbdFrame(color=color, depth=nothing)).probability.max() == 0


def test_holes_inside_the_person_are_closed() -> None:
    room = scene()
    depth = room.depth.copy()
    cv2.circle(depth, (128, 45), 14, float("nan"), -1)  # black hair
    cv2.circle(depth, (110, 120), 10, float("nan"), -1)
    found = DepthLayers().segment(RgbdFrame(color=room.color, depth=depth)).probability
    assert iou(found, room.person) > 0.95


def test_noise_and_a_coarse_sensor_cost_little() -> None:
    room = scene(behind=True)
    noise = np.random.default_rng(0).standard_normal(SIZE).astype(np.float32)
    noisy = room.depth + 0.01 * room.depth**2 * noise
    assert iou(DepthLayers().segment(RgbdFrame(color=room.color, depth=noisy)).probability, room.person) > 0.95
    coarse = cv2.resize(room.depth[2::4, 2::4], SIZE[::-1], interpolation=cv2.INTER_NEAREST)
    assert iou(DepthLayers().segment(RgbdFrame(color=room.color, depth=coarse)).probability, room.person) > 0.93


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 1), (9, 7)])
def test_tiny_pictures_do_not_fail(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    frame = RgbdFrame(
        color=random.integers(0, 255, (*size, 3), dtype=np.uint8), depth=(1 + random.random(size)).astype(np.float32)
    )
    assert DepthLayers().segment(frame).probability.shape == size


def test_a_candidate_is_scored_by_its_step_place_and_border() -> None:
    level = np.zeros((120, 160), np.float32)
    level[30:, 60:100] = 1.0
    central = best_candidate(level)
    assert central is not None
    assert central.outline > 0.99
    aside = np.zeros((120, 160), np.float32)
    aside[30:, :40] = 1.0
    edge = best_candidate(aside)
    assert edge is not None
    assert edge.score < 0.3 < central.score
    hanging = np.zeros((120, 160), np.float32)
    hanging[:60, 30:130] = 1.0  # a lamp or a lintel: cut off by the upper edge, free below
    lamp = best_candidate(hanging)
    assert lamp is not None
    assert lamp.score < 0.4
    assert best_candidate(np.zeros((120, 160), np.float32)) is None


@pytest.mark.parametrize(("name", "floor"), [("standing_man.jpg", 0.97), ("selfie.heic", 0.98)])
def test_real_photos_against_apples_matte(shared: Path, name: str, floor: float) -> None:
    photo = read_photo(shared / "data/iphone_portraits" / name)
    matte = photo.portrait_matte
    assert matte is not None
    found = DepthLayers().segment(photo.frame).probability
    here = cv2.resize(found, (matte.shape[1], matte.shape[0]), interpolation=cv2.INTER_LINEAR)
    assert iou(here, matte > 0.5) > floor


@pytest.mark.parametrize("number", [2, 4, 7, 10, 15, 21])
def test_rendered_people(shared: Path, number: int) -> None:
    folder = shared / "data/rendered" / str(number)
    color = cv2.cvtColor(cv2.imread(str(folder / "color.png")), cv2.COLOR_BGR2RGB)
    depth = cv2.imread(str(folder / "depth.png"), cv2.IMREAD_UNCHANGED).astype(np.float32) / 1000
    truth = cv2.imread(str(folder / "alpha.png"), cv2.IMREAD_GRAYSCALE)
    found = DepthLayers().segment(RgbdFrame(color=color, depth=depth)).probability
    here = cv2.resize(found, (truth.shape[1], truth.shape[0]), interpolation=cv2.INTER_LINEAR)
    assert iou(here, truth > 127) > 0.95
