"""Scenes as they are sampled and staged: seeded, split, plausible."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.composition.centrepiece import CENTREPIECES, centrepiece
from rgbd_seg.training.synthetic.composition.placing_cameras import (
    Stand,
    crosses_any,
    elsewhere,
    inside_any,
    place_camera,
)
from rgbd_seg.training.synthetic.composition.presets import PRESETS
from rgbd_seg.training.synthetic.composition.props import seat_under
from rgbd_seg.training.synthetic.composition.sampling import sample_scene
from rgbd_seg.training.synthetic.composition.spec import SceneSpec
from rgbd_seg.training.synthetic.composition.staging import Stage, stage
from rgbd_seg.training.synthetic.furniture.item import solid_box
from rgbd_seg.training.synthetic.furniture.seats import SEATS
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets, open_assets
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.shapes import at

seeds = st.integers(0, 100_000)


@given(seed=seeds, preset=st.sampled_from(sorted(PRESETS)))
@settings(max_examples=40, deadline=None)
def test_equal_seeds_give_equal_scenes(seed: int, preset: str) -> None:
    first, second = sample_scene(seed, preset, views=3), sample_scene(seed, preset, views=3)
    assert first == second
    assert json.loads(json.dumps(first.tags())) == first.tags()
    assert len(first.cameras) == 3


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_held_out_scenes_are_of_another_half(seed: int) -> None:
    train, held = sample_scene(seed), sample_scene(seed, held_out=True)
    assert train.seed != held.seed
    assert train.subject is None or held.subject is None or train.subject.character != held.subject.character
    assert sample_scene(seed, "test").seed[0] == 1
    assert not set(train.posters + train.screens) & set(held.posters + held.screens)


def test_presets_are_what_they_say() -> None:
    def many(preset: str) -> list[SceneSpec]:
        return [sample_scene(seed, preset, views=2) for seed in range(40)]

    assert all(spec.subject is None and not spec.centrepiece for spec in many("empty"))
    assert all(spec.subject is None and spec.centrepiece for spec in many("still-life"))
    assert not any(spec.centrepiece for spec in many("mixed"))
    assert all(spec.subject is None and spec.mannequin is not None for spec in many("mannequins"))
    subjects = [spec.subject.character for spec in many("held") if spec.subject]
    assert all(s.held for s in subjects if not s.pose.file and s.pose.name not in ("waving", "sport"))
    assert sum(bool(s.held) for s in subjects) > 20
    assert all(spec.others for spec in many("crowd") if spec.subject)
    assert all(camera.framing == "selfie" for spec in many("selfie") for camera in spec.cameras)
    assert sum(spec.subject.character.pose.sitting for spec in many("desk") if spec.subject) > 20
    mixed = many("mixed")
    assert len({spec.place for spec in mixed}) >= 5
    assert len({spec.light for spec in mixed}) >= 7
    assert {camera.upright for spec in mixed for camera in spec.cameras} == {True, False}
    assert not any(spec.place == "photograph" for spec in mixed)  # none were given
    with pytest.raises(ConfigError, match="preset is 'nice'"):
        sample_scene(0, "nice")


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_the_subject_is_always_the_nearest(seed: int) -> None:
    spec = sample_scene(seed, "crowd", views=1)
    assert all(other.z <= -0.2 for other in spec.others)
    places = [(p.x, p.z) for p in spec.others] + [(0.0, 0.0)]
    apart = [np.hypot(a[0] - b[0], a[1] - b[1]) for k, a in enumerate(places) for b in places[:k]]
    assert all(gap > 0.6 for gap in apart)


@given(seed=seeds, start=st.tuples(*[st.floats(-2, 2)] * 3), end=st.tuples(*[st.floats(-2, 2)] * 3))
@settings(max_examples=60)
def test_a_line_crosses_a_box_where_points_on_it_are_inside(
    seed: int, start: tuple[float, ...], end: tuple[float, ...]
) -> None:
    rng = np.random.default_rng(seed)
    box = solid_box((-0.5, -0.4, -0.3), (0.5, 0.4, 0.3))
    box = replace(box, T_world_solid=at(0.3, 0.2, -0.1, rng.uniform(0, 360)) @ box.T_world_solid)
    a, b = np.array(start), np.array(end)
    points = (a + np.linspace(0, 1, 400)[:, None] * (b - a)).astype(np.float32)
    inside = box.contains(points, -0.01).any()
    outside = not box.contains(points, 0.01).any()
    stand = Stand(
        face=a, low=0.0, area=(-9, 9, -9, 9), ceiling=9.0, reach=9.0, solids=[solid_box((5, 5, 5), (6, 6, 6)), box]
    )
    assert crosses_any(stand, a, b) or not inside
    assert not crosses_any(stand, a, b) or not outside
    assert inside_any(stand, a, 0.01) == bool(box.contains(a[None].astype(np.float32), 0.01)[0])


@given(seed=seeds, size=st.sampled_from([(256, 192), (640, 480), (100, 100)]), attempt=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_cameras_stay_in_the_room_and_see_the_face(seed: int, size: tuple[int, int], attempt: int) -> None:
    spec = sample_scene(seed, views=1)
    area = (-1.5, 1.5, -2.0, spec.view_reach + 0.5)
    cupboard = solid_box((0.4, 0, 0.8), (1.4, 2.2, 1.6))
    stand = Stand(
        face=np.array([0.05, 1.55, 0.1]), low=0.0, area=area, ceiling=2.5, reach=spec.view_reach, solids=[cupboard]
    )
    camera = replace(elsewhere(spec.cameras[0], attempt), roll=0.0)
    view = place_camera(camera, stand, size)
    position = view.T_camera_world.inverse().translation
    assert area[0] < position[0] < area[1]
    assert area[2] < position[2] < area[3]
    assert 0 < position[1] < 2.5
    assert not crosses_any(stand, position, stand.face)
    assert sorted(view.intrinsics.size) == sorted(size)
    pixel, valid = view.intrinsics.project(view.T_camera_world.apply(stand.face))
    assert valid
    assert view.intrinsics.contains(pixel)


@pytest.mark.parametrize("kind", SEATS)
def test_a_seat_touches_who_sits_on_it(kind: str) -> None:
    rng = np.random.default_rng(3)
    hips = np.array([0.1, 0.52, -0.05])
    body = (hips + rng.uniform(-1, 1, (4000, 3)) * (0.18, 0.08, 0.2) + (0, 0.02, 0)).astype(np.float32)
    seat = seat_under(kind, body, hips, 20.0, rng)
    top = max(
        m.vertices[:, 1].max()
        for m in seat.meshes
        if m.name in ("seat", "cushion", "slat") and m.vertices[:, 1].max() < 0.6
    )
    assert 0 <= top - body[:, 1].min() < 0.03
    assert all(mesh.role == Role.PROP for mesh in seat.meshes)


@pytest.mark.parametrize("kind", sorted(set(CENTREPIECES)))
@pytest.mark.parametrize("seed", range(3))
def test_a_centrepiece_stands_in_the_picture_and_is_nobody(kind: str, seed: int) -> None:
    things, face = centrepiece(kind, np.random.default_rng(seed))
    again, _ = centrepiece(kind, np.random.default_rng(seed))
    meshes = [mesh for thing in things for mesh in thing.meshes]
    points = np.concatenate([mesh.vertices for mesh in meshes])
    assert np.isfinite(points).all()
    assert np.array_equal(points, np.concatenate([mesh.vertices for thing in again for mesh in thing.meshes]))
    assert abs(points[:, 1].min()) < 0.02  # it stands on the floor
    assert 0.3 < face[1] < points[:, 1].max() < 2.2
    assert (np.hypot(points[:, 0], points[:, 2]).min()) < 0.3  # where the camera looks
    roles = {mesh.role for mesh in meshes}
    assert roles <= ({Role.PROP, Role.PICTURED_PERSON} if kind == "bust" else {Role.PROP})


@pytest.fixture(scope="module")
def assets(shared: Path) -> MakeHumanAssets:
    archive = shared / "assets" / "makehuman.tar.xz"
    if not archive.is_file():
        pytest.skip("the MakeHuman assets of ../shared are not on this machine")
    return open_assets(archive)


@pytest.fixture(scope="module")
def stages(assets: MakeHumanAssets) -> list[Stage]:
    """A few of the hard ones."""
    return [stage(assets, sample_scene(seed, "hard", views=2)) for seed in range(4)]


def test_nobody_stands_inside_furniture(stages: list[Stage]) -> None:
    for made in stages:
        seats = (*SEATS, "desk", "plant", "partition", "mannequin")
        for item in made.things:
            if item.name.split(" with")[0] in seats:
                continue
            assert not any(item.holds(person.points()) for person in made.people), item.name


def test_the_seated_sit(assets: MakeHumanAssets) -> None:
    spec = next(
        s
        for seed in range(60)
        if (s := sample_scene(seed, "desk", views=1)).subject and s.subject.character.pose.sitting
    )
    made = stage(assets, spec)
    assert any(item.name in ("chair", "office chair", "stool", "armchair", "sofa") for item in made.things)


def test_roles_are_as_they_should_be(stages: list[Stage]) -> None:
    for made in stages:
        roles = {mesh.role for person in made.people[1:] for mesh in person.meshes}
        assert roles <= {Role.OTHER_PERSON}
        if made.spec.subject:
            own = {mesh.role for mesh in made.people[0].meshes}
            assert Role.SUBJECT in own
            assert own <= {Role.SUBJECT, Role.HELD}
        scene = made.scene(0)
        assert json.dumps(scene.tags)
        assert len(scene.lights) <= 5


def test_a_moment_later_the_triangles_are_the_same(stages: list[Stage], assets: MakeHumanAssets) -> None:
    made = next(s for s in stages if s.spec.subject)
    later = made.at_moment(assets, 0.4)
    for before, after in zip(made.meshes, later.meshes, strict=True):
        assert (before.triangles == after.triangles).all()
        assert before.vertices.shape == after.vertices.shape
    assert np.abs(made.people[0].points() - later.people[0].points()).max() > 1e-4
