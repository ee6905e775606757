"""Places, furniture and textures: closed, in scale, and nothing stands where people do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.training.synthetic import shapes, surfaces, textures
from rgbd_seg.training.synthetic.furniture import decor, outdoors, storage, tables
from rgbd_seg.training.synthetic.furniture.item import Item, solid_box
from rgbd_seg.training.synthetic.furniture.seats import SEATS
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.places.exterior import exterior
from rgbd_seg.training.synthetic.places.floor_plan import FloorPlan, overlap
from rgbd_seg.training.synthetic.places.interior import interior
from rgbd_seg.training.synthetic.places.lighting import INDOORS, OUTDOORS
from rgbd_seg.training.synthetic.places.photographs import find_photographs, photograph
from rgbd_seg.training.synthetic.places.place import PicturedMaterial, Place, Surroundings
from rgbd_seg.training.synthetic.roles import Role

GREY = surfaces.paint((0.5, 0.5, 0.5))
seeds = st.integers(0, 10_000)
FURNITURE = [storage.bookshelf, storage.cupboard, storage.shop_shelf, storage.clothes_rack, tables.desk, tables.table,
             decor.plant, decor.floor_lamp, decor.mirror, decor.picture, decor.partition, outdoors.tree, outdoors.bush,
             outdoors.hedge, outdoors.car, outdoors.lamp_post, outdoors.railing]  # fmt: skip


def _check_mesh(mesh: Mesh) -> None:
    assert np.isfinite(mesh.vertices).all()
    assert mesh.triangles.min() >= 0
    assert mesh.triangles.max() < len(mesh.vertices)
    assert len(mesh.vertices) == len(mesh.normals) == len(mesh.texture_coordinates)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("make", FURNITURE, ids=lambda make: make.__name__)
def test_furniture_stands_on_the_floor_and_has_a_body(make) -> None:  # type: ignore[no-untyped-def]
    for seed in range(4):
        made = make(np.random.default_rng(seed))
        for mesh in made.meshes:
            _check_mesh(mesh)
        low, high = shapes.bounds(made.meshes)
        assert low[1] > -1.3
        assert (high - low).max() < 12
        assert made.solids
        again = make(np.random.default_rng(seed))
        assert all((a.vertices == b.vertices).all() for a, b in zip(made.meshes, again.meshes, strict=True))


def _faces_outwards(mesh: Mesh) -> float:
    """Share of triangles whose own normal agrees with their vertices' normals."""
    a, b, c = (mesh.vertices[mesh.triangles[:, i]] for i in range(3))
    own = np.cross(b - a, c - a)
    given_normal = mesh.normals[mesh.triangles].mean(axis=1)
    return float((np.einsum("ij,ij->i", own, given_normal) >= 0).mean())


@given(size=st.tuples(*[st.floats(0.05, 3)] * 3), bevel=st.sampled_from([0.0, 0.01, 0.5]))
@settings(max_examples=20)
def test_boxes_are_closed_and_as_large_as_asked(size: tuple[float, float, float], bevel: float) -> None:
    made = shapes.box("box", size, (1, 2, 3), GREY, bevel=bevel)
    _check_mesh(made)
    low, high = shapes.bounds([made])
    np.testing.assert_allclose(high - low, size, atol=1e-4)
    np.testing.assert_allclose((high + low) / 2, (1, 2, 3), atol=1e-4)
    assert _faces_outwards(made) == 1.0
    a, b, c = (made.vertices[made.triangles[:, i]].astype(np.float64) for i in range(3))
    volume = np.einsum("ij,ij->i", a - (1, 2, 3), np.cross(b - a, c - a)).sum() / 6  # Gauss: only closed bodies have it
    assert 0.2 * np.prod(size) < volume <= np.prod(size) * 1.001


def test_round_bodies_face_outwards() -> None:
    for made in (shapes.cylinder("c", 0.2, (0, 0, 0), 1.0, GREY), shapes.ellipsoid("e", (1, 2, 3), (0, 0, 0), GREY),
                 shapes.rod("r", (0, 0, 0), (1, 2, 0.5), 0.1, GREY)):  # fmt: skip
        assert _faces_outwards(made) > 0.95


@pytest.mark.parametrize("kind", SEATS)
def test_seats_have_their_surface_at_the_height_asked_for(kind: str) -> None:
    for seed, height in ((0, 0.3), (1, 0.46), (2, 0.55)):
        seat = SEATS[kind](np.random.default_rng(seed), height)
        over = [mesh for mesh in seat.meshes if mesh.name in ("seat", "cushion", "slat")]
        tops = [float(mesh.vertices[:, 1].max()) for mesh in over if mesh.vertices[:, 1].max() < height + 0.08]
        assert max(tops) == pytest.approx(height, abs=0.006)


@given(seed=seeds, x=st.floats(-2, 2), z=st.floats(-2, 2))
@settings(max_examples=40)
def test_outlines_overlap_as_sampled_points_say(seed: int, x: float, z: float) -> None:
    rng = np.random.default_rng(seed)
    first = solid_box((-0.5, 0, -0.3), (0.5, 1, 0.3))
    placed = Item(name="a", meshes=(), solids=(first,)).moved(shapes.at(x, 0, z, rng.uniform(0, 360))).solids[0]
    points = rng.uniform(-0.5, 0.5, (4000, 3)) * (1, 0, 0.6) + (0, 0.5, 0)
    shared = placed.contains(points.astype(np.float32)).any()
    if shared:
        assert overlap(first.outline(), placed.outline())
    if not overlap(first.outline(), placed.outline()):
        assert not shared


@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_furniture_leaves_people_and_the_camera_room(seed: int) -> None:
    rng = np.random.default_rng(seed)
    discs = [(0.0, 0.0, 0.5), (1.0, -1.5, 0.4)]
    plan = FloorPlan((-3, 3, -4, 3), discs, view_reach=3.0)
    for _ in range(6):
        plan.scatter(tables.table(rng), rng, behind=False)
    for item in plan.items:
        for x, z, radius in discs:
            ring = np.stack([x + 0.95 * radius * np.cos(a := np.linspace(0, 6.3, 40)), np.full(40, 0.3),
                             z + 0.95 * radius * np.sin(a)], axis=1)  # fmt: skip
            assert not item.holds(ring.astype(np.float32), margin=0)
        way = np.stack([np.zeros(30), np.full(30, 0.3), np.linspace(0, 2.9, 30)], axis=1)
        assert not item.holds(way.astype(np.float32), margin=0)
    outlines = [item.solids[0].outline() for item in plan.items]
    assert not any(overlap(a, b) for k, a in enumerate(outlines) for b in outlines[:k])


def _surroundings(light: str, **more: object) -> Surroundings:
    return Surroundings(discs=((0.0, 0.0, 0.5), (0.8, -1.4, 0.4)), view_reach=2.5, light=light, **more)


def _check_place(place: Place) -> None:
    for mesh in (*place.shell, *(m for item in place.items for m in item.meshes)):
        _check_mesh(mesh)
        assert mesh.role in (Role.PLACE, Role.PICTURED_PERSON)
    assert place.lights or place.ambient.max() < 0.2  # by flash, the light comes with the camera
    assert all((light.color >= 0).all() for light in place.lights)
    assert (place.ambient >= 0).all()


@pytest.mark.parametrize("kind", ["home", "office", "shop", "studio"])
def test_rooms_are_closed(kind: str) -> None:
    pytest.importorskip("open3d", reason="Open3D (extra open3d) is not installed")
    from rgbd_seg.training.synthetic.open3d_caster import Open3dCaster

    for seed, light in enumerate(INDOORS):
        place = interior(kind, _surroundings(light), np.random.default_rng(seed))
        _check_place(place)
        starts = np.cumsum([0] + [len(mesh.vertices) for mesh in place.shell])
        vertices = np.concatenate([mesh.vertices for mesh in place.shell])
        triangles = np.concatenate([mesh.triangles + s for mesh, s in zip(place.shell, starts, strict=False)])
        direction = np.random.default_rng(seed).normal(size=(3000, 3))
        rays = np.concatenate([np.tile((0, 1.2, 0.3), (3000, 1)), direction], axis=1).astype(np.float32)
        hits = Open3dCaster(vertices, triangles.astype(np.int32)).cast(rays)
        assert (hits.triangle >= 0).mean() > 0.97  # what is left goes past a window's painted view


@pytest.mark.parametrize("kind", ["street", "park"])
def test_open_air_places(kind: str) -> None:
    for seed, light in enumerate(OUTDOORS):
        _check_place(exterior(kind, _surroundings(light), np.random.default_rng(seed)))


def test_posters_show_their_person_and_nothing_more() -> None:
    person = np.zeros((12, 8), bool)
    person[3:9, 2:6] = True
    pictured = PicturedMaterial(material=GREY, person=person, aspect=8 / 12)
    indoors = interior("home", _surroundings("ceiling", pictures=(pictured,)), np.random.default_rng(1))
    street = exterior("street", _surroundings("sun", pictures=(pictured,)), np.random.default_rng(1))
    for place in (indoors, street):
        parts = [m for item in place.items for m in item.meshes if m.name in ("picture", "pictured person")]
        shown = [m for m in parts if m.role == Role.PICTURED_PERSON]
        assert len(shown) == 1
        assert len(shown[0].triangles) == 2 * person.sum()


@pytest.mark.parametrize("make", [textures.plaster, textures.wood, textures.brick, textures.tiles, textures.wallpaper])
def test_textures_are_seeded_and_never_quite_black_or_white(make) -> None:  # type: ignore[no-untyped-def]
    for seed in range(3):
        made = make(np.random.default_rng(seed), (0.9, 0.4, 0.02))
        assert made.dtype == np.uint8
        assert made.shape == (256, 256, 3)
        assert 5 <= made.min() <= made.max() <= 248
        assert (made == make(np.random.default_rng(seed), (0.9, 0.4, 0.02))).all()


def test_backgrounds_are_split_and_checked(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import cv2

    with pytest.raises(ConfigError, match="expected at least four"):
        find_photographs(tmp_path, held_out=False)
    for k in range(8):
        cv2.imwrite(str(tmp_path / f"{k}.jpg"), np.full((30, 1200, 3), 20 * k, np.uint8))
    kept, held = find_photographs(tmp_path, held_out=False), find_photographs(tmp_path, held_out=True)
    assert len(kept) == 6
    assert len(held) == 2
    assert not set(kept) & set(held)
    assert photograph(kept[0]).shape == (13, 512, 3)
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(FrameError, match="cannot be decoded"):
        photograph(str(tmp_path / "bad.png"))


def test_materials_shine_in_infrared_as_leaves_do() -> None:
    leaf = surfaces.leaf(np.random.default_rng(0))
    assert isinstance(leaf, Material)
    assert leaf.infrared is not None
    assert leaf.infrared > 0.4
