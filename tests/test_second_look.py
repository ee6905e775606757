"""A photograph is looked at again: mirrored, and cut out around whom was found."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.arrays import Float32
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.pipeline import Pipeline
from rgbd_seg.pipeline_options import LIVE, PipelineOptions
from rgbd_seg.second_look import looked_again
from tests.scenes import SIZE, body, iou, scene

WALL = (90, 120, 140)


class Pixelwise:
    """Answers each pixel by itself, from depth where there is some, at the size of what it is shown or at ``side``."""

    name, needs_depth = "pixelwise", False

    def __init__(self, side: int | None = None) -> None:
        self.side = side
        self.shown: list[RgbdFrame] = []

    def segment(self, frame: RgbdFrame) -> Segmentation:
        self.shown.append(frame)
        probability = self.said(frame)
        return Segmentation(value=probability, probability=probability, people=probability, held=1 - probability)

    def said(self, frame: RgbdFrame) -> Float32:
        if frame.depth is not None:
            return np.asarray(np.clip((2.2 - frame.depth) / 1.2, 0.02, 0.98), np.float32)
        picture = frame.color
        if self.side is not None:
            picture = cv2.resize(picture, (self.side, self.side), interpolation=cv2.INTER_AREA)
        other = np.abs(picture.astype(np.float32) - WALL).sum(axis=2)
        return np.asarray(np.clip(other / 120, 0.02, 0.98), np.float32)


def again(segmenter: Pixelwise, frame: RgbdFrame) -> tuple[Segmentation, Segmentation]:
    found = segmenter.segment(frame)
    segmenter.shown.clear()
    return found, looked_again(segmenter, frame, found, found.probability > 0.5, frame.size)


@given(center=st.integers(30, 225), width=st.integers(20, 90), scale=st.sampled_from([0.5, 0.37, 1.0]))
@settings(max_examples=40, deadline=None)
def test_every_look_lands_where_it_was_directed(center: int, width: int, scale: float) -> None:
    """Someone who answers pixel by pixel says the same in every view, so nothing may change but by interpolation."""
    person = cv2.GaussianBlur(body(center, width, 0.8).astype(np.float32), (0, 0), 3)
    depth = cv2.resize(np.float32(2.2) - 1.2 * person, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frame = RgbdFrame(color=np.full((*SIZE, 3), 128, np.uint8), depth=depth)
    found, joined = again(Pixelwise(), frame)
    whole = cv2.resize(found.probability, SIZE[::-1], interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(joined.probability, whole, atol=0.06)
    np.testing.assert_allclose(joined.value, whole, atol=0.06)
    assert joined.people is not None
    assert joined.held is not None
    np.testing.assert_allclose(joined.people, joined.probability, atol=1e-6)
    np.testing.assert_allclose(joined.held, 1 - joined.probability, atol=1e-4)


def test_somebody_small_is_seen_with_all_of_the_networks_pixels() -> None:
    person = body(60, 18, 0.45)
    color = np.where(person[..., None], np.uint8([190, 60, 60]), np.uint8(WALL))
    seen: dict[bool, Float32] = {}
    for second in (False, True):
        stages: dict[str, np.ndarray] = {}
        chosen = PipelineOptions(check_presence=False, foreground=False, second_look=second)
        Pipeline(Pixelwise(side=16), chosen).matte(RgbdFrame(color=color), stages.__setitem__)
        seen[second] = stages["probability"]
    assert PipelineOptions().second_look
    assert iou(seen[True], person) > iou(seen[False], person) + 0.03


class LeftSided(Pixelwise):
    """Takes the left edge of whatever it is shown for a part of the person."""

    def said(self, frame: RgbdFrame) -> Float32:
        probability = super().said(frame)
        probability[:, : probability.shape[1] // 10] = 0.6
        return probability


def test_what_only_one_side_believes_is_outvoted() -> None:
    room = scene(center=170)
    found, joined = again(LeftSided(), RgbdFrame(color=room.color))
    assert (found.probability[:, :20] > 0.5).all()
    assert not (joined.probability[:, :20] > 0.5).any()
    assert iou(joined.probability[:, 60:], room.person[:, 60:]) > 0.95


@pytest.mark.parametrize(("person", "looks"), [("nobody", 0), ("all of it", 1), ("somebody", 3)])
def test_no_more_looks_than_show_something_new(person: str, looks: int) -> None:
    color = np.full((*SIZE, 3), WALL, np.uint8)
    if person == "all of it":
        color[:] = 200
    elif person == "somebody":
        color[body(60, 30)] = (200, 60, 60)
    segmenter = Pixelwise()
    found, joined = again(segmenter, RgbdFrame(color=color))
    assert len(segmenter.shown) == looks
    if not looks:
        assert joined is found


def test_a_large_photograph_is_shown_reduced_and_the_cut_out_in_full() -> None:
    color = np.full((3000, 4000, 3), WALL, np.uint8)
    color[1000:1400, 500:800] = (200, 60, 60)
    segmenter = Pixelwise(side=64)
    found = segmenter.segment(RgbdFrame(color=color))
    segmenter.shown.clear()
    joined = looked_again(segmenter, RgbdFrame(color=color), found, found.probability > 0.5, (384, 512))
    assert joined.probability.shape == (384, 512)
    assert [max(frame.size) for frame in segmenter.shown] == [1024, *[frame.size[0] for frame in segmenter.shown[1:]]]
    assert all(400 <= frame.size[0] <= 700 for frame in segmenter.shown[1:])


def test_video_is_looked_at_once() -> None:
    segmenter = Pixelwise()
    Pipeline(segmenter, LIVE).matte(RgbdFrame(color=scene().color))
    assert len(segmenter.shown) == 1
