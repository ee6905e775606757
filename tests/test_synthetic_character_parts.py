"""The parts that characters are made of, without any assets: geometry, cloth, goals of limbs, random choices."""

import dataclasses
import json
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.characters.accessories import ACCESSORY_KINDS
from rgbd_seg.training.synthetic.characters.child_hair import without_strays
from rgbd_seg.training.synthetic.characters.clipped_surface import clipped
from rgbd_seg.training.synthetic.characters.color import hair_color, skin_color
from rgbd_seg.training.synthetic.characters.fabric import KINDS, fabric_material, fabric_texture
from rgbd_seg.training.synthetic.characters.face_regions import beard_density, brow_center, hairline
from rgbd_seg.training.synthetic.characters.head_envelope import CENTER, HeadEnvelope, directions
from rgbd_seg.training.synthetic.characters.head_frame import HeadFrame
from rgbd_seg.training.synthetic.characters.head_wear import beanie, cap, headscarf, hood
from rgbd_seg.training.synthetic.characters.held_things import HELD_KINDS, held_object
from rgbd_seg.training.synthetic.characters.limb import reach
from rgbd_seg.training.synthetic.characters.motion import motion_at
from rgbd_seg.training.synthetic.characters.pose_sampling import POSES
from rgbd_seg.training.synthetic.characters.primitives import Shape, ball, box, tube, turned
from rgbd_seg.training.synthetic.characters.rotations import about, between, euler, limited, swing_twist, unit
from rgbd_seg.training.synthetic.characters.sampling import CharacterWishes, sample_character
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec, FabricSpec, HeldSpec, PoseSpec
from rgbd_seg.training.synthetic.makehuman.rig import Rig

angles = st.floats(-170, 170)
components = st.floats(-1, 1)


def vectors() -> st.SearchStrategy[Float64]:
    """Directions of some length."""
    return st.tuples(components, components, components).map(np.array).filter(lambda v: np.linalg.norm(v) > 0.1)


@given(axis=vectors(), other=vectors(), angle=angles, twist=angles)
def test_swing_and_twist_make_up_the_rotation(axis: Float64, other: Float64, angle: float, twist: float) -> None:
    rotation = about(other, angle * 0.95) @ about(axis, twist)
    swing, degrees = swing_twist(rotation, axis)
    np.testing.assert_allclose(swing @ about(axis, degrees), rotation, atol=1e-6)


@given(start=vectors(), end=vectors())
def test_shortest_turn_leads_to_its_end(start: Float64, end: Float64) -> None:
    np.testing.assert_allclose(between(start, end) @ unit(start), unit(end), atol=1e-6)


@given(axis=vectors(), angle=st.floats(1, 170), limit=st.floats(5, 90), gain=st.floats(0.1, 1))
def test_limited_turn_keeps_axis_and_limit(axis: Float64, angle: float, limit: float, gain: float) -> None:
    np.testing.assert_allclose(
        limited(about(axis, angle), limit, gain=gain), about(axis, min(gain * angle, limit)), atol=1e-6
    )


def _arm() -> tuple[Skeleton, dict[str, Float64]]:
    """A shoulder, an elbow, a wrist and their helpers on a base mesh of one vertex per joint."""
    joints = {
        "upperarm01": (0, 1.4, 0),
        "lowerarm01": (0.2, 1.2, 0),
        "wrist": (0.35, 1.05, 0.12),
        "tip": (0.4, 1, 0.16),
    }
    names = ("root", "upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")
    order = (0, 0, 0, 1, 1, 2)
    rig = Rig(
        names=names,
        index={n: k for k, n in enumerate(names)},
        parents=(-1, 0, 1, 2, 3, 4),
        heads=tuple((k,) for k in order),
        tails=((0,), (1,), (1,), (2,), (2,), (3,)),
        weights=sparse.csr_array(np.eye(4, 6, dtype=np.float32)),
    )
    body = np.array(list(joints.values()), np.float32)
    return Skeleton(rig, body), {k: np.array(v) for k, v in joints.items()}


@settings(max_examples=60)
@given(direction=vectors(), share=st.floats(0.4, 0.95), pole=vectors(), turned_by=angles)
def test_a_hand_gets_where_it_should(direction: Float64, share: float, pole: Float64, turned_by: float) -> None:
    skeleton, joints = _arm()
    if np.linalg.norm(np.cross(unit(direction), unit(pole))) < 0.05:
        return
    skeleton.turn("root", euler(0.3 * turned_by, turned_by, 10))
    skeleton.shift(np.array([0.3, -0.2, 1.0]))
    upper, lower = joints["lowerarm01"] - joints["upperarm01"], joints["wrist"] - joints["lowerarm01"]
    length = float(np.linalg.norm(upper) + np.linalg.norm(lower))
    shoulder = skeleton.posed_head("upperarm01")
    goal = shoulder + unit(direction) * length * share
    reach(skeleton, "upperarm01", "lowerarm01", "wrist", goal, pole, unit(np.cross(upper, lower)))
    np.testing.assert_allclose(skeleton.posed_head("wrist"), goal, atol=1e-4)
    elbow = skeleton.posed_head("lowerarm01") - shoulder
    assert np.linalg.norm(elbow) == pytest.approx(np.linalg.norm(upper), abs=1e-5)
    assert elbow @ (pole - (pole @ unit(direction)) * unit(direction)) > 0
    hinge = skeleton.matrix("upperarm02")[:3, :3] @ np.cross(upper, lower)
    assert hinge @ np.cross(elbow, goal - shoulder - elbow) > 0, "the elbow bends the way elbows do"


def test_a_goal_out_of_reach_is_approached() -> None:
    skeleton, joints = _arm()
    upper, lower = joints["lowerarm01"] - joints["upperarm01"], joints["wrist"] - joints["lowerarm01"]
    goal = joints["upperarm01"] + np.array([5.0, 0, 0])
    reach(skeleton, "upperarm01", "lowerarm01", "wrist", goal, np.array([0, -1.0, 0]), unit(np.cross(upper, lower)))
    away = skeleton.posed_head("wrist") - joints["upperarm01"]
    assert away[0] > 0.99 * (np.linalg.norm(upper) + np.linalg.norm(lower))


def _closed_volume(shape: Shape) -> float:
    a, b, c = (shape.vertices[shape.triangles[:, k]].astype(np.float64) for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize(
    ("shape", "volume"),
    [
        (box((0.2, 0.3, 0.4), (1, 2, 3)), 0.024),
        (ball(0.5, 80), 4 / 3 * np.pi * 0.125),
        (turned([(0.001, 0), (0.2, 0), (0.2, 1), (0.001, 1)], 80), np.pi * 0.04),
    ],
)
def test_shapes_are_closed_and_face_outwards(shape: Shape, volume: float) -> None:
    assert _closed_volume(shape) == pytest.approx(volume, rel=0.02)
    corners = shape.vertices[shape.triangles]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    smooth = shape.normals[shape.triangles].mean(1)
    large = np.linalg.norm(flat, axis=1) > 1e-9
    assert ((flat * smooth).sum(1)[large] > 0).all()


def test_a_tube_keeps_its_radius() -> None:
    path = np.stack([np.cos(np.linspace(0, 3, 40)), np.sin(np.linspace(0, 3, 40)), np.linspace(0, 1, 40)], axis=1)
    shape = tube(path, 0.05, 12)
    rings = shape.vertices.reshape(40, 13, 3)
    np.testing.assert_allclose(np.linalg.norm(rings - path[:, None], axis=2), 0.05, rtol=1e-4)
    outwards = ((rings - path[:, None]) * shape.normals.reshape(40, 13, 3)).sum(2)
    assert abs(outwards).min() > 0.04
    assert len(set(np.sign(outwards).ravel())) == 1


@settings(max_examples=30)
@given(height=st.floats(0.05, 0.95))
def test_clipping_cuts_at_the_edge(height: float) -> None:
    x, y = np.meshgrid(np.linspace(0, 1, 7), np.linspace(0, 1, 7))
    points = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1).astype(np.float32)
    index = np.arange(49).reshape(7, 7)
    a, b, c, d = (index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel())
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    surface = clipped(triangles, points[:, 1] - np.float32(height))
    kept = surface.at(points)
    assert kept[:, 1].min() == pytest.approx(height, abs=1e-5)
    corners = kept[surface.triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] / 2
    assert area.sum() == pytest.approx(1 - height, abs=1e-4)
    assert (area > -1e-7).all()


@pytest.mark.parametrize("kind", KINDS)
def test_cloth_repeats_without_a_seam(kind: str) -> None:
    fabric = FabricSpec(kind=kind, colors=((0.7, 0.2, 0.1), (0.1, 0.3, 0.6), (0.9, 0.9, 0.8)), seed=5)
    texture = fabric_texture(fabric)
    assert texture.shape == (512, 512, 3)
    assert texture.min() >= 0
    assert texture.max() <= 1
    for axis in (0, 1):
        inner = np.abs(np.diff(texture, axis=axis)).mean((1 - axis, 2))
        seam = np.abs(np.take(texture, 0, axis) - np.take(texture, -1, axis)).mean()
        assert seam <= 1.5 * inner.max() + 0.02, f"a seam along axis {axis}"
    np.testing.assert_array_equal(texture, fabric_texture(fabric))
    assert fabric_material(fabric).bump > 0


def test_leather_shines_and_wool_does_not() -> None:
    leather, wool = (fabric_material(FabricSpec(kind=k)) for k in ("leather", "knit"))
    assert leather.roughness < 0.6 < wool.roughness
    assert wool.bump > leather.bump


@given(tone=st.floats(0, 0.99))
def test_skin_darkens_with_its_tone(tone: float) -> None:
    assert sum(skin_color(tone + 0.01)) < sum(skin_color(tone))
    red, green, blue = skin_color(tone)
    assert red > green > blue


@given(melanin=st.floats(0.05, 0.95), redness=st.floats(0, 1))
def test_hair_darkens_with_melanin(melanin: float, redness: float) -> None:
    assert (hair_color(melanin + 0.05, redness) <= hair_color(melanin, redness) + 1e-7).all()
    assert 0 < hair_color(melanin, redness).min() <= hair_color(melanin, redness).max() < 0.7


def test_regions_of_the_face() -> None:
    forehead, crown, neck = np.array([[0, 0.03, 0.02]]), np.array([[0, 0.12, -0.08]]), np.array([[0, -0.05, -0.19]])
    assert hairline(np.concatenate([forehead, crown, neck]).astype(np.float32)).tolist() == [0, 1, 1]
    chin, cheekbone, eye = np.array([[0, -0.105, 0.02]]), np.array([[0.05, -0.02, 0]]), np.array([[0.03, 0, 0]])
    beard = beard_density(np.concatenate([chin, cheekbone, eye]).astype(np.float32))
    assert beard[0] > 0.5
    assert beard[1:].tolist() == [0, 0]


def test_brows_do_not_frown() -> None:
    _, height = brow_center(np.linspace(0, 1, 50, dtype=np.float32))
    assert height[0] > height[-1] - 0.002, "inner ends lie not lower than the outer ones"
    assert height.argmax() > 15, "the arch is in the outer half"


def test_hairs_that_cross_the_face_give_way_to_those_that_do_not() -> None:
    frame = HeadFrame(origin=np.array([0.0, 1.5, 0.0]), rotation=np.eye(3), scale=1.0)
    beside = np.linspace((0.07, 0.05, -0.05), (0.08, -0.2, -0.02), 8)
    across = np.linspace((0.05, 0.06, 0.0), (-0.05, -0.02, 0.02), 8)
    hair = frame.to_character(np.stack([beside, across, beside]).reshape(-1, 3)).reshape(3, 8, 3)
    kept = without_strays(hair, hair[:, 0], frame, fringe=False)
    np.testing.assert_array_equal(kept, hair[[0, 2, 2]])


def _head() -> HeadEnvelope:
    points = CENTER + directions(*np.meshgrid(np.linspace(-180, 180, 60), np.linspace(-89, 89, 40))).reshape(-1, 3) * (
        0.075,
        0.11,
        0.095,
    )
    frame = HeadFrame(origin=np.zeros(3), rotation=np.eye(3), scale=1.0)
    return HeadEnvelope.of(points.astype(np.float32), frame)


def test_the_envelope_of_an_ellipsoid_is_that_ellipsoid() -> None:
    surface = _head().surface(directions(np.linspace(-180, 180, 33), np.linspace(-80, 80, 33)), 0.0) - CENTER
    distance = np.linalg.norm(surface / (0.075, 0.11, 0.095), axis=1)
    assert distance.min() > 0.97
    assert distance.max() < 1.05


@pytest.mark.parametrize("make", [beanie, cap, hood, headscarf])
@pytest.mark.parametrize("variant", [0.0, 0.5, 1.0])
def test_hats_leave_the_face_free_and_stay_outside_the_head(make: object, variant: float) -> None:
    shape = make(_head(), variant)  # type: ignore[operator]
    inside = np.linalg.norm((shape.vertices - CENTER) / (0.075, 0.11, 0.095), axis=1) < 0.99
    assert not inside.any()
    x, y, z = shape.vertices.T
    face = (np.abs(x) < 0.03) & (y < 0.01) & (y > -0.05) & (z > 0)
    assert not face.any()
    assert np.isfinite(shape.normals).all()


@pytest.mark.parametrize("kind", HELD_KINDS)
def test_held_things_know_how_far_every_point_is(kind: str) -> None:
    held = held_object(HeldSpec(kind=kind, fabric=FabricSpec(colors=((0.2, 0.3, 0.4), (0.9, 0.9, 0.9)))))
    points = np.random.default_rng(0).uniform(-0.4, 0.4, (400, 3))
    distance = held.distance(points)
    nudged = held.distance(points + 1e-4)
    assert (np.abs(nudged - distance) <= 1e-4 * np.sqrt(3) + 1e-9).all(), "no distance grows faster than one moves"
    assert held.distance(np.array([[2.0, 2.0, 2.0]]))[0] > 1
    for shape, material in held.parts:
        assert np.isfinite(shape.vertices).all()
        assert shape.triangles.max() < len(shape.vertices)
        assert material.texture.dtype == np.uint8


def test_unknown_things_and_wishes_are_errors() -> None:
    with pytest.raises(ConfigError, match=r"anvil.*phone"):
        held_object(HeldSpec(kind="anvil"))
    with pytest.raises(ConfigError, match=r"hovering.*standing"):
        CharacterWishes(pose="hovering")
    with pytest.raises(ConfigError, match="years"):
        CharacterWishes(years=140)
    with pytest.raises(ConfigError, match="strands"):
        CharacterWishes(strands=3)


def _specs() -> Iterator[CharacterSpec]:
    return (sample_character(np.random.default_rng(seed)) for seed in range(300))


def test_the_same_seed_chooses_the_same_character() -> None:
    for seed in range(10):
        first, second = (sample_character(np.random.default_rng(seed)) for _ in range(2))
        assert first == second
    assert sample_character(np.random.default_rng(1)) != sample_character(np.random.default_rng(2))


def test_all_kinds_of_people_come_up() -> None:
    specs = list(_specs())
    tags = [spec.tags() for spec in specs]
    assert {t["age"] for t in tags} == {"child", "teenager", "adult", "old"}
    assert {t["ancestry"] for t in tags} == {"african", "asian", "european"}
    assert {t["pose"] for t in tags} == set(POSES)
    assert {a for t in tags for a in t["accessories"]} >= set(ACCESSORY_KINDS) - {"fedora"}
    assert {t["held"] for t in tags} >= {"", "phone", "mug", "book", "bag", "ball"}
    assert {f for t in tags for f in t["fabrics"]} >= {"knit", "printed", "checked", "floral", "leather", "shiny"}
    assert {t["hair"] for t in tags} >= {"long", "long curly", "ponytail", "afro", "crop", "bald", "bun"}
    assert {t["beard"] for t in tags} >= {"", "stubble", "full"}


def test_specs_are_plain_data() -> None:
    for spec in list(_specs())[:40]:
        text = json.dumps(spec.to_json())
        assert json.loads(text)["body"]["years"] == spec.body.years
        assert json.dumps(spec.tags())
        assert dataclasses.asdict(spec) == spec.to_json()


def test_wishes_are_kept() -> None:
    for pose in POSES:
        wishes = CharacterWishes(pose=pose, years=8, masculine=False, held="mug", accessories=False, strands=500)
        spec = sample_character(np.random.default_rng(4), wishes)
        assert (spec.pose.name, spec.body.years, spec.strands, spec.accessories) == (pose, 8, 500, ())
        assert spec.body.masculine < 0.5
        assert spec.held is not None
        assert spec.held.kind == "mug"
        assert not spec.hair.beard


def test_motion_starts_at_the_pose_and_is_small_and_smooth() -> None:
    spec = CharacterSpec(seed=3, pose=PoseSpec(waving=True))
    assert motion_at(spec, 0.0) == motion_at(dataclasses.replace(spec, seed=9), 0.0)
    times = np.arange(0, 6, 1 / 30)
    heads = np.array([motion_at(spec, float(t)).head for t in times])
    assert np.abs(heads[1]).max() < 1.0, "begins where the pose is"
    assert np.abs(np.diff(heads, axis=0)).max() < 1.0, "degrees per frame"
    assert np.abs(heads).max() < 25
    assert np.ptp(heads, axis=0).min() > 0.3
    blinks = np.array([motion_at(spec, float(t)).blink for t in times])
    assert 0.02 < (blinks > 0).mean() < 0.2
