"""Depth that lies far beside colour is put back; depth that lies where it should stays."""

import numpy as np
import pytest

from rgbd_seg.arrays import Float32
from rgbd_seg.depth_alignment import find_jump, find_shift
from rgbd_seg.depth_probability import depth_levels, depth_probability
from rgbd_seg.pipeline import Pipeline
from rgbd_seg.pipeline_options import PipelineOptions
from rgbd_seg.shared_information import explained
from tests.scenes import SIZE, FixedSegmenter, body, iou, scene, unsure


def _late(columns: int, rows: int = 0) -> Float32:
    """Depth of a moment when the subject stood elsewhere; the wall has not moved."""
    room = scene()
    away = np.roll(room.person, (rows, columns), axis=(0, 1))
    depth = np.where(room.person, np.float32(3), room.depth)
    return np.where(away, np.float32(np.median(room.depth[room.person])), depth).astype(np.float32)


@pytest.mark.parametrize("columns", [12, -20, 30])
def test_a_subject_that_moved_on_is_found(columns: int) -> None:
    hint = unsure(scene().person)
    right, down = find_jump(depth_levels(_late(columns), hint), hint)
    assert abs(right + columns) <= 4
    assert abs(down) <= 4


def test_depth_of_a_tenth_of_a_second_ago_is_better_than_none() -> None:
    room = scene()
    frame = room.frame.__class__(color=room.color, depth=_late(24))
    options = PipelineOptions(check_presence=False, second_look=False)
    segmenter = FixedSegmenter(unsure(room.person))
    alone = Pipeline(segmenter, options).matte(room.frame.__class__(color=room.color)).alpha
    assert iou(Pipeline(segmenter, options).matte(frame).alpha, room.person) > iou(alone, room.person) - 0.01


def test_aligned_depth_stays_where_it_is() -> None:
    room = scene(behind=True)
    for seen in (room.person, room.person | room.other):
        hint = unsure(seen)
        assert find_jump(depth_levels(room.depth, hint), hint) == (0, 0)


def test_a_person_without_depth_of_their_own_moves_nothing() -> None:
    """A poster: colour sees somebody where depth shows the wall, and the subject elsewhere."""
    room = scene(center=80)
    hint = unsure(room.person | body(200, 30))
    assert find_jump(depth_levels(room.depth, hint), hint) == (0, 0)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 48)])
def test_tiny_and_unmeasured_maps_move_nothing(shape: tuple[int, int]) -> None:
    hint = np.zeros(shape, np.float32)
    hint[: shape[0] // 2] = 0.9
    for depth in (np.full(shape, np.nan, np.float32), np.full(shape, 2, np.float32)):
        assert find_jump(depth_levels(depth, hint), hint) == (0, 0)


def test_a_small_shift_needs_the_depths_consent() -> None:
    """The outline of the opinion alone asks for a shift; where the subject's depths are says that nothing moved."""
    room = scene()
    hint = unsure(room.person, 1.0)
    opinion = depth_probability(room.depth, hint)
    displaced = np.roll(opinion, 5, axis=1)
    assert find_shift(displaced, hint) != (0.0, 0.0)
    assert find_shift(displaced, hint, depth_levels(room.depth, hint)) == (0.0, 0.0)
    assert opinion.shape == SIZE


def test_a_face_at_arms_length_that_left_where_it_was_is_found() -> None:
    """So far beside itself that colour's person has the depth of the wall; only every shift's own account tells."""
    person = np.zeros((256, 192), bool)
    rows, columns = np.mgrid[:256, :192]
    person |= ((rows - 100) / 60) ** 2 + ((columns - 90) / 42) ** 2 < 1
    person |= rows > 175 - 12 * np.cos((columns - 90) / 40)
    room = (1.6 + 0.5 * columns / 192 + 0.6 * np.sin(rows / 30)).astype(np.float32)
    face = np.where(rows < 175, 0.35, 0.45 + 0.0004 * rows).astype(np.float32)
    jump = 62
    depth = np.where(np.roll(person, jump, axis=1) & (columns >= jump), np.roll(face, jump, axis=1), room)
    hint = np.where(person, np.float32(0.995), np.float32(0.005))
    assert find_jump(depth_levels(np.where(person, face, room), hint), hint) == (0, 0)
    right, down = find_jump(depth_levels(depth.astype(np.float32), hint), hint)
    assert abs(right + jump) <= 5
    assert abs(down) <= 5


def test_depth_that_says_nothing_of_the_person_explains_nothing() -> None:
    """And depth that says all of them, all; holes are one more depth."""
    person = body(128, 20)
    hint = person.astype(np.float32)
    noise = np.random.default_rng(1).random(SIZE, np.float32)
    assert np.abs(explained(noise, hint, 4)).max() < 0.01
    told = explained(np.where(person, np.float32(0.8), np.float32(np.nan)), hint, 4)
    assert told[4, 4] == told.max() > 0.99
    assert told[4, 0] < 0.9
