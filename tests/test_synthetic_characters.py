"""Whole characters, built from the real MakeHuman assets where they are at hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.characters.builder import build_character
from rgbd_seg.training.synthetic.characters.character import Character
from rgbd_seg.training.synthetic.characters.hair_styles import STYLES
from rgbd_seg.training.synthetic.characters.pose_sampling import POSES
from rgbd_seg.training.synthetic.characters.sampling import CharacterWishes, sample_character
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec, GarmentSpec, HairSpec
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets, open_assets
from rgbd_seg.training.synthetic.roles import Role

FEW = 400  # strands: enough to see where hair is


@pytest.fixture(scope="module")
def assets(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> MakeHumanAssets:
    """The real assets, unpacked."""
    archive = shared / "assets" / "makehuman.tar.xz"
    if not archive.is_file():
        pytest.skip("the MakeHuman assets of ../shared are not on this machine")
    return open_assets(archive, cache=tmp_path_factory.mktemp("cache"))


def _spec(seed: int, **wishes: object) -> CharacterSpec:
    return sample_character(np.random.default_rng(seed), CharacterWishes(strands=FEW, **wishes))  # type: ignore[arg-type]


def _points(character: Character) -> np.ndarray:
    return np.concatenate([mesh.vertices for mesh in character.meshes])


def _head_coordinates(character: Character, points: np.ndarray) -> np.ndarray:
    return character.anchors["face"].inverse().apply(points.astype(np.float64))


@pytest.mark.parametrize("pose", POSES)
def test_every_pose_stands_on_the_floor_and_faces_forward(assets: MakeHumanAssets, pose: str) -> None:
    character = build_character(assets, _spec(len(pose), pose=pose, held="", years=30))
    for mesh in character.meshes:
        assert np.isfinite(mesh.vertices).all(), mesh.name
        assert np.isfinite(mesh.texture_coordinates).all(), mesh.name
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-3, err_msg=mesh.name)
        assert mesh.triangles.min() >= 0
        assert mesh.triangles.max() < len(mesh.vertices)
        assert mesh.role == Role.SUBJECT
    for strand in character.strands:
        assert np.isfinite(strand.points).all()
        assert len(strand.colors) == len(strand.points)
    low = _points(character)[:, 1].min()
    assert -0.02 < low < 0.02, "shoes are on the floor"
    feet = [character.anchors[f"{side}_foot"].translation for side in ("left", "right")]
    assert all(abs(foot[1]) < 1e-9 for foot in feet)
    if pose not in ("posing", "sport"):
        assert character.anchors["pelvis"].rotation[2, 2] > 0.7
        assert feet[0][0] > feet[1][0], "left is +x"


def test_the_same_spec_builds_the_same_character(assets: MakeHumanAssets) -> None:
    spec = _spec(5)
    first, second = build_character(assets, spec), build_character(assets, spec)
    fresh = build_character(open_assets(assets.folder.root, cache=assets.folder.cache), spec)
    for other in (second, fresh):
        for a, b in zip(first.meshes, other.meshes, strict=True):
            np.testing.assert_array_equal(a.vertices, b.vertices)
            np.testing.assert_array_equal(a.material.texture, b.material.texture)
        for c, d in zip(first.strands, other.strands, strict=True):
            np.testing.assert_array_equal(c.points, d.points)


def test_moments_of_a_clip_share_their_triangles(assets: MakeHumanAssets) -> None:
    spec = _spec(6, pose="waving", held="")
    frames = [build_character(assets, spec, moment=k / 30) for k in range(3)]
    for other in frames[1:]:
        for a, b in zip(frames[0].meshes, other.meshes, strict=True):
            np.testing.assert_array_equal(a.triangles, b.triangles)
            assert np.abs(a.vertices - b.vertices).max() < 0.10
        for c, d in zip(frames[0].strands, other.strands, strict=True):
            assert c.points.shape == d.points.shape
            assert np.median(np.linalg.norm(c.points - d.points, axis=2)) < 0.03
    assert np.abs(frames[0].meshes[0].vertices - frames[2].meshes[0].vertices).max() > 1e-3, "and they move"


def test_held_things_have_their_role_and_lie_in_the_hand(assets: MakeHumanAssets) -> None:
    for kind in ("phone", "mug", "book", "bag", "ball", "open book"):
        spec = _spec(11, pose="standing", held=kind, years=35)
        assert spec.held is not None
        subject = build_character(assets, spec)
        held = [mesh for mesh in subject.meshes if mesh.role == Role.HELD]
        assert {mesh.name for mesh in held} == {kind}
        sides = ("left", "right") if spec.held.hand == "both" else (spec.held.hand,)
        thing = np.concatenate([mesh.vertices[mesh.triangles].mean(1) for mesh in held])
        for side in sides:
            palm = subject.anchors[f"{side}_hand"].translation
            assert np.linalg.norm(thing - palm, axis=1).min() < 0.10, f"{kind} in the {side} hand"
        other = build_character(assets, spec, role=Role.OTHER_PERSON)
        assert {mesh.role for mesh in other.meshes} == {Role.OTHER_PERSON}


def test_fingers_touch_what_they_hold(assets: MakeHumanAssets) -> None:
    spec = _spec(13, pose="standing", held="mug", years=35, accessories=False)
    assert spec.held is not None
    character = build_character(assets, spec)
    mug = np.concatenate([m.vertices for m in character.meshes if m.role == Role.HELD])
    skin = next(m for m in character.meshes if m.name == "skin").vertices
    palm = character.anchors[f"{spec.held.hand}_hand"].translation
    hand = skin[np.linalg.norm(skin - palm, axis=1) < 0.13]
    gap, _ = cKDTree(mug).query(hand)
    assert (gap < 0.012).mean() > 0.10


def test_children_are_smaller_with_larger_heads(assets: MakeHumanAssets) -> None:
    child = build_character(assets, _spec(21, pose="standing", years=6, held="", accessories=False))
    adult = build_character(assets, _spec(21, pose="standing", years=30, held="", accessories=False))
    heights = [character.anchors["face"].translation[1] for character in (child, adult)]
    assert 0.85 < heights[0] < 1.2
    assert 1.35 < heights[1] < 1.95
    share = [
        (c.anchors["face"].translation[1] - c.anchors["head"].translation[1] + 0.1) / c.anchors["face"].translation[1]
        for c in (child, adult)
    ]
    assert share[0] > share[1]


@pytest.mark.parametrize("style", [s for s in STYLES if s not in ("long fringe",)])
def test_no_hair_hangs_over_the_face(assets: MakeHumanAssets, style: str) -> None:
    spec = _spec(31, pose="standing", held="", accessories=False, years=28, masculine=False)
    low, high = STYLES[style].lengths
    hair = HairSpec(style=style, length=(low + high) / 2, curl=1.0 if style in ("curly", "afro") else 0.0)
    character = build_character(assets, replace(spec, hair=hair))
    points = np.concatenate([s.points[:, 1:].reshape(-1, 3) for s in character.strands if s.name == "hair"])
    x, y, z = _head_coordinates(character, points).T
    face = (np.abs(x) < 0.045) & (y < 0.020) & (y > -0.11) & (z > 0.0)
    assert face.mean() < 0.002
    roots = np.concatenate([s.points[:, 0] for s in character.strands if s.name == "hair"])
    skin = next(m for m in character.meshes if m.name == "skin").vertices
    gap, _ = cKDTree(skin).query(roots)
    assert np.quantile(gap, 0.5) < 0.02, "hair grows from the skin"


def test_clothes_cover_the_skin_below_them(assets: MakeHumanAssets) -> None:
    for name in ("pullover", "male_casualsuit03"):
        spec = replace(
            _spec(41, pose="standing", held="", years=30), accessories=(), garments=(GarmentSpec(name=name),)
        )
        character = build_character(assets, spec)
        skin = next(m for m in character.meshes if m.name == "skin").vertices
        pelvis, face = character.anchors["pelvis"].translation, character.anchors["face"].translation
        chest = (skin[:, 1] > pelvis[1] + 0.15) & (skin[:, 1] < face[1] - 0.35) & (np.abs(skin[:, 0]) < 0.10)
        assert chest.sum() < 30, f"{name}: the chest's skin is left out"


def test_seats_and_faces_are_where_anchors_say(assets: MakeHumanAssets) -> None:
    character = build_character(assets, _spec(51, pose="seated", held="", years=30))
    seat = character.anchors["seat"].translation
    assert 0.25 < seat[1] < 0.55
    below = _points(character)[:, 1] < seat[1] - 0.04
    legs = _points(character)[below]
    assert np.median(legs[:, 2]) > seat[2] + 0.15, "what is below the seat is in front of it"
    eyes = next(m for m in character.meshes if m.name == "eyes").vertices
    np.testing.assert_allclose(eyes.mean(0), character.anchors["face"].translation, atol=0.012)


def test_unknown_clothes_are_an_error_that_names_the_file(assets: MakeHumanAssets) -> None:
    spec = replace(_spec(61), garments=(GarmentSpec(name="spacesuit"),))
    with pytest.raises(ConfigError, match=r"clothes/spacesuit/spacesuit\.mhclo"):
        build_character(assets, spec)


def test_many_random_people_build(assets: MakeHumanAssets) -> None:
    for seed in range(100, 112):
        character = build_character(assets, _spec(seed))
        height = _points(character)[:, 1].max()
        assert 0.5 < height < 2.5
        names = [mesh.name for mesh in character.meshes]
        assert {"skin", "eyes"} <= set(names)
        assert {s.name for s in character.strands} >= {"brows", "lashes"}
