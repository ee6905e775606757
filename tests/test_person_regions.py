"""Who is the subject: people behind, beside and in pictures, obstacles before the subject, and holes."""

import cv2
import numpy as np
import pytest

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.depth_probability import depth_probability, subject_share
from tests.scenes import SIZE, body, scene, unsure


def _hint(mask: Bool) -> Float32:
    return unsure(mask, 1.5)


def _share(depth: Float32, seen: Bool, **options: object) -> Float32:
    return subject_share(depth, _hint(seen), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("grid", [128, 256])
def test_a_person_behind_is_another_one_even_where_depth_has_holes(grid: int) -> None:
    drawn = scene(behind=True)
    depth = drawn.depth.copy()
    holes = np.zeros(SIZE, bool)
    holes[80:110, 195:215] = True
    depth[holes] = np.nan
    share = _share(depth, drawn.person | drawn.other, grid=grid)
    assert share[drawn.person].mean() > 0.97
    assert share[drawn.other].mean() < 0.08
    assert share[holes & drawn.other].mean() < 0.05


def test_without_others_nothing_is_ruled_out() -> None:
    drawn = scene()
    assert (_share(drawn.depth, drawn.person) == 1).all()
    assert (_share(np.full(SIZE, np.nan, np.float32), drawn.person) == 1).all()
    everyone = scene(behind=True)
    assert (_share(everyone.depth, everyone.person | everyone.other, people="all") == 1).all()


def test_head_before_the_chest_is_the_same_person() -> None:
    """Arm's length: the face at 35 cm, the chest at 60, nothing in between."""
    person = body(128, 20)
    depth = np.full(SIZE, 2.5, np.float32)
    depth[person] = 0.6
    head = person.copy()
    head[66:] = False
    depth[head] = 0.35
    assert _share(depth, person)[person].mean() > 0.99


def test_legs_behind_a_table_are_the_same_person() -> None:
    person = body(128, 20)
    depth = np.full(SIZE, 3.0, np.float32)
    depth[person] = 1.6
    depth[150:] = np.where(person[150:], 1.4, 3.0)
    table = np.zeros(SIZE, bool)
    table[135:150] = True
    depth[table] = 1.0
    people = person & ~table
    assert _share(depth, people)[people].mean() > 0.97


def test_a_picture_on_the_wall_is_nobody() -> None:
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    wall = (1 / (0.35 + 0.0006 * columns + 0.0003 * rows)).astype(np.float32)  # any plane is linear in 1/z
    pictured = body(190, 40, 0.6)
    pictured[150:] = False
    assert _share(wall, pictured)[pictured].mean() < 0.05
    standing = np.where(pictured, np.float32(1.1) + 0.1 * np.cos(columns / 9), wall).astype(np.float32)
    assert _share(standing, pictured)[pictured].mean() > 0.95


def test_a_box_before_the_subject_takes_nobodys_place() -> None:
    person = body(128, 20)
    depth = np.full(SIZE, 3.0, np.float32)
    depth[person] = 1.6
    box = np.zeros(SIZE, bool)
    box[120:, 60:200] = True
    depth[box] = 0.7
    people = person | box
    asked: list[float] = []

    def is_person(mask: Bool) -> bool:
        rows = np.nonzero(mask)[0] / mask.shape[0]
        asked.append(float(rows.mean()))
        return bool(rows.mean() < 0.6)  # the box is low

    seen = person & ~box
    assert _share(depth, people)[seen].mean() < 0.1  # taken for the front person
    share = _share(depth, people, is_person=is_person)
    assert asked
    assert share[seen].mean() > 0.97
    assert share[box].mean() == 1  # nothing nearer is ruled out: colour may judge


def test_depth_alone_finds_nobody() -> None:
    """Colour doubts everything: depth may confirm a doubt, never make a person of it."""
    drawn = scene()
    doubt = np.where(drawn.person, 0.35, 0.05).astype(np.float32)
    opinion = depth_probability(drawn.depth, doubt)
    assert opinion.max() <= 0.5


def test_scattered_measurements_do_not_decide_for_a_region() -> None:
    """A head that the sensor did not see, but for specks of the wall behind it."""
    drawn = scene()
    depth = drawn.depth.copy()
    head = drawn.person.copy()
    head[70:] = False
    depth[head] = np.nan
    specks = head & (np.random.default_rng(0).random(SIZE) < 0.05)
    depth[specks] = 2.8
    assert _share(depth, drawn.person)[head & ~specks].mean() > 0.9


def test_someone_beside_at_the_same_depth_is_another_one() -> None:
    drawn = scene(center=110)
    neighbour = body(225, 40, 0.8)
    depth = np.where(neighbour, np.float32(1.2), drawn.depth)
    share = _share(depth, drawn.person | neighbour)
    assert share[drawn.person].mean() > 0.97
    assert share[neighbour & ~drawn.person].mean() < 0.1


def test_a_hand_past_an_obstacle_stays() -> None:
    drawn = scene(center=100)
    hand = np.zeros(SIZE, bool)
    hand[140:158, 158:172] = True
    hand &= ~drawn.person
    depth = np.where(hand, np.float32(1.1), drawn.depth)
    assert _share(depth, drawn.person | hand)[hand].mean() > 0.9


def test_knee_and_belly_of_one_body_are_joined_by_what_lies_between() -> None:
    """A leg towards the camera: 0.5 m at the knee, 1.2 m at the hip, no step anywhere."""
    person = body(128, 20)
    depth = np.full(SIZE, 3.0, np.float32)
    rows = np.broadcast_to(np.arange(SIZE[0], dtype=np.float32)[:, None], SIZE)
    depth[person] = (1.2 - 0.7 * np.clip((rows - 120) / 60, 0, 1))[person]
    assert _share(depth, person)[person].mean() > 0.97


def test_a_poster_beyond_the_sensors_reach_is_nobody() -> None:
    drawn = scene(center=90)
    poster = body(205, 40, 0.6)
    poster[140:] = False
    depth = drawn.depth.copy()
    depth[~drawn.person] = np.nan  # the sensor sees no farther than the subject
    share = _share(depth, drawn.person | poster)
    assert share[drawn.person].mean() > 0.97
    assert share[poster].mean() < 0.1


def test_hair_that_the_sensor_does_not_see_stays() -> None:
    drawn = scene()
    depth = drawn.depth.copy()
    hair = drawn.person.copy()
    hair[40:] = False
    depth[hair] = np.nan
    assert _share(depth, drawn.person)[hair].mean() > 0.97


def test_the_pale_shape_of_a_person_far_behind_is_ruled_out() -> None:
    drawn = scene(behind=True, center=80)
    hint = np.where(drawn.other, np.float32(0.35), _hint(drawn.person))
    share = subject_share(drawn.depth, hint)
    far = drawn.other.copy()
    far[:, :140] = False
    assert share[far].mean() < 0.1
    assert share[drawn.person].mean() > 0.97


def test_a_person_on_a_blurred_patch_of_depth_is_no_picture() -> None:
    """A coarse sensor: what is around the person seems as near as they are, and they seem nearly flat."""
    drawn = scene()
    depth = np.full(SIZE, 3.0, np.float32)
    patch = cv2.dilate(drawn.person.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    depth[patch] = (1.5 + 0.09 * np.sin(rows / 19) * np.cos(columns / 17))[patch]
    assert _share(depth, drawn.person)[drawn.person].mean() > 0.95


def _two_who_touch(gap: float, beside: int = 70) -> tuple[Float32, Bool, Bool]:
    """The subject at 1.6 m, somebody as tall beside and behind them, and colour's bridge between the two."""
    subject, other = body(90, 25), body(90 + beside, 25)
    other &= ~subject
    depth = np.full(SIZE, 3.5, np.float32)
    depth[other], depth[subject] = 1.6 + gap, 1.6
    return depth, subject, other


@pytest.mark.parametrize("metric", [True, False])
def test_someone_who_touches_the_subject_from_behind_is_another_one(metric: bool) -> None:
    """No valley in the histogram of all depths parts them: each body's own relief is as wide as the step."""
    depth, subject, other = _two_who_touch(0.45)
    relief = 0.16 * np.sin(np.arange(SIZE[0], dtype=np.float32) / 18)[:, None]
    depth = np.where(subject | other, depth + relief, depth).astype(np.float32)
    share = _share(depth if metric else depth * 0.37, subject | other, metric=metric)
    assert share[subject].mean() > 0.97
    assert share[other].mean() < 0.08


def test_an_arm_held_out_before_somebody_does_not_make_them_one() -> None:
    depth, subject, other = _two_who_touch(0.5, 80)
    arm = np.zeros(SIZE, bool)
    arm[100:114, 90:185] = True
    arm &= ~subject
    depth[arm] = 1.5
    share = _share(depth, subject | other | arm)
    assert share[subject | arm].mean() > 0.95
    assert share[other & ~arm].mean() < 0.1


def test_a_torso_behind_the_leg_of_one_who_sits_is_the_same_person() -> None:
    torso, leg = body(128, 20), np.zeros(SIZE, bool)
    torso[130:] = False
    leg[118:190, 132:160] = True
    depth = np.full(SIZE, 3.0, np.float32)
    depth[torso], depth[leg] = 1.85, 1.45
    assert _share(depth, torso | leg)[torso | leg].mean() > 0.97


def test_a_near_subject_of_whom_colour_is_less_sure_is_the_front_person() -> None:
    near, far = body(100, 15), body(215, 60, 0.7)
    far &= ~near
    depth = np.full(SIZE, 4.0, np.float32)
    depth[far], depth[near] = 2.8, 1.0
    hint = np.where(near, np.float32(0.8), np.where(far, np.float32(0.99), np.float32(0.02)))
    share = subject_share(depth, hint)
    assert share[near].mean() > 0.97
    assert share[far].mean() < 0.1


def test_a_thin_thing_held_before_the_subject_cuts_nobody_in_two() -> None:
    """A rod at half the distance: to the left and the right of it is the same body, at nearly the same depth."""
    person = body(128, 20)
    rod = np.zeros(SIZE, bool)
    rod[20:, 124:132] = True
    columns = np.broadcast_to(np.arange(SIZE[1], dtype=np.float32), SIZE)
    depth = np.where(person, 0.8 + 0.0004 * columns, 3.0).astype(np.float32)
    depth[rod] = 0.4
    assert _share(depth, person | rod)[person].mean() > 0.97
