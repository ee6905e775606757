"""The ray-cast picture and its truth, against what geometry says."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ray_scenes import AMBIENT, LAMP, camera, paint, scene, wall

from rgbd_seg.errors import BackendMissingError, ConfigError
from rgbd_seg.training.synthetic.compile import compile_scene
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.develop import developed
from rgbd_seg.training.synthetic.geometry import Strands
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.render import Rendered, RenderOptions, render
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.scene import Light, Scene
from rgbd_seg.training.synthetic.shapes import ellipsoid

pytest.importorskip("open3d", reason="Open3D (extra open3d) is not installed")
GREY, RED, BLUE = paint(128, 128, 128), paint(200, 40, 40), paint(40, 60, 200)


def _rendered(made: Scene, seed: int = 0, options: RenderOptions | None = None) -> Rendered:
    rng = np.random.default_rng(seed)
    return render(compile_scene(made), made.view, made.lights, made.ambient, rng=rng, options=options)


def test_depth_is_z_depth_of_the_surface() -> None:
    rendered = _rendered(scene([wall(2.5, GREY)]))
    np.testing.assert_allclose(rendered.depth, 2.5, atol=1e-5)


def test_depth_of_a_ball() -> None:
    rendered = _rendered(scene([ellipsoid("ball", (0.5, 0.5, 0.5), (0, 0, -2), GREY, role=Role.SUBJECT)]))
    assert abs(np.nanmin(rendered.depth) - 1.5) < 0.02  # of 14 rings
    assert np.isnan(rendered.depth[0, 0])


def test_what_is_far_has_no_depth() -> None:
    rendered = _rendered(scene([wall(40.0, GREY)]))
    assert np.isnan(rendered.depth).all()
    assert rendered.color.mean() > 0


@settings(max_examples=12, deadline=None)
@given(edge=st.floats(-0.4, 0.4))
def test_alpha_is_the_covered_area(edge: float) -> None:
    made = scene([wall(2.0, GREY), wall(1.0, RED, Role.SUBJECT, x=(-50, edge))], camera(32, 24))
    alpha = _rendered(made).alpha
    left = np.tan(np.deg2rad(30))
    assert abs(alpha.mean() - np.clip((edge + left) / (2 * left), 0, 1)) < 0.004
    column = alpha[:, alpha.shape[1] // 2]
    assert np.ptp(alpha.mean(axis=0)) > 0.9
    assert column.std() < 0.2


def test_depth_is_never_between_two_surfaces() -> None:
    made = scene([wall(2.0, GREY), wall(1.0, RED, Role.SUBJECT, x=(-50, 0.017))])
    rendered = _rendered(made)
    assert (np.minimum(abs(rendered.depth - 1), abs(rendered.depth - 2)) < 1e-4).all()
    agree = (rendered.depth < 1.5) == (rendered.alpha >= 0.5)
    assert agree.mean() > 0.97


def test_coverage_adds_up_to_one() -> None:
    made = scene(
        [wall(2.0, GREY), wall(1.0, RED, Role.HELD, x=(0, 0.3)), wall(1.5, BLUE, Role.OTHER_PERSON, x=(-1, 0.1))]
    )
    np.testing.assert_allclose(_rendered(made).coverage.sum(axis=-1), 1, atol=1e-5)


def test_picture_is_foreground_over_background() -> None:
    front = wall(1.0, paint(255, 255, 255, emission=1.0), Role.SUBJECT, x=(-50, 0.1))
    rear = wall(2.0, paint(0, 0, 0))
    made = Scene(meshes=(front, rear), strands=(), lights=(), ambient=np.zeros(3, np.float32), view=camera())
    rendered = _rendered(made)
    np.testing.assert_allclose(rendered.color, rendered.foreground * rendered.alpha[..., None], atol=2e-3)
    assert (abs(rendered.foreground[rendered.alpha > 0] - 1) < 1e-3).all()
    assert (rendered.foreground[rendered.alpha == 0] == 0).all()


def test_glass_counts_by_its_opacity() -> None:
    lens = wall(0.9, paint(20, 20, 20, opacity=0.25), Role.SUBJECT)
    rendered = _rendered(scene([wall(2.0, GREY), lens]))
    np.testing.assert_allclose(rendered.alpha, 0.25, atol=1e-5)
    np.testing.assert_allclose(rendered.depth, 2.0, atol=2e-3)  # one sees through it


def test_person_in_a_mirror_is_pictured() -> None:
    person = wall(-1.0, RED, Role.SUBJECT)  # behind the camera
    person = type(person)(**(vars(person) | {"normals": -person.normals}))
    rendered = _rendered(scene([wall(2.0, paint(250, 250, 250, mirror=0.9)), person]))
    assert rendered.alpha.max() == 0
    assert rendered.coverage[..., Role.PICTURED_PERSON].min() > 0.99
    np.testing.assert_allclose(rendered.depth, 2.0, atol=1e-4)
    assert (rendered.color[..., 0] > 2 * rendered.color[..., 2]).all()


def _fringe(count: int, radius: float) -> Strands:
    x = np.random.default_rng(3).uniform(-0.5, 0.5, count)
    points = np.stack([np.stack([np.full(count, v), np.full(count, y), np.full(count, -1.0)], -1)
                       for y, v in ((-0.6, 0.0), (0.0, 0.0), (0.6, 0.0))], axis=1)  # fmt: skip
    points[..., 0] += x[:, None]
    return Strands(
        name="hair", points=points.astype(np.float32), radius=radius, colors=np.full((count, 3), 0.1, np.float32)
    )


def test_thin_hair_covers_its_share() -> None:
    radius, count = 0.0004, 250
    made = scene([wall(2.0, GREY)], camera(), (_fringe(count, radius),))
    rendered = _rendered(made)
    middle = rendered.alpha[20:28, 16:48]  # half of the picture's width: 0.577 m
    expected = 1 - np.exp(
        -count * 2 * radius * 0.625
    )  # of a metre; a strand at its middle has 0.625 of its root's width
    assert abs(middle.mean() - expected) < 0.03
    assert ((middle > 0.02) & (middle < 0.98)).mean() > 0.5
    assert np.abs(rendered.hair - rendered.alpha).max() < 1e-5


def test_far_texture_is_its_mean() -> None:
    checks = np.kron(np.indices((32, 32)).sum(axis=0) % 2, np.ones((8, 8)))[..., None] * np.full(3, 255)
    board = wall(8.0, Material(texture=checks.astype(np.uint8)))
    board = type(board)(**(vars(board) | {"texture_coordinates": board.vertices[:, :2] * 4}))
    made = Scene(meshes=(board,), strands=(), lights=(), ambient=AMBIENT, view=camera())
    grey = _rendered(made).color[10:-10, 10:-10, 0]
    assert grey.std() < 0.03 * grey.mean()


def test_lamp_falls_off_with_the_square_of_distance() -> None:
    lamp = Light(position=np.zeros(3, np.float32), color=np.full(3, np.pi, np.float32), size=0.01)
    levels = []
    for z in (1.0, 2.0):
        made = Scene(meshes=(wall(z, paint(255, 255, 255, roughness=1.0, specular=0.0)),), strands=(), lights=(lamp,),
                     ambient=np.zeros(3, np.float32), view=camera())  # fmt: skip
        levels.append(_rendered(made).color[24, 32, 0])
    assert levels[0] == pytest.approx(1.0, abs=0.03)  # albedo / π × irradiance
    assert levels[0] / levels[1] == pytest.approx(4, rel=0.03)


def test_shadow_hides_the_lamp() -> None:
    lamp = Light(position=np.array([0, 3.0, -0.5], np.float32), color=np.full(3, 20, np.float32), size=0.05)
    roof = wall(0, GREY)
    roof = type(roof)(
        **(vars(roof) | {"vertices": np.array([(-9, 2, -9), (9, 2, -9), (9, 2, 9), (-9, 2, 9)], np.float32)})
    )
    dark = np.zeros(3, np.float32)
    lit = _rendered(Scene(meshes=(wall(2, GREY),), strands=(), lights=(lamp,), ambient=dark, view=camera()))
    hidden = _rendered(Scene(meshes=(wall(2, GREY), roof), strands=(), lights=(lamp,), ambient=dark, view=camera()))
    assert hidden.color.max() < 0.01 * lit.color.max()


def test_lens_blur_has_the_thin_lens_width() -> None:
    focus, far, aperture = 1.0, 3.0, 0.05
    bright = wall(far, paint(255, 255, 255, emission=1.0), x=(-50, 0.0))
    view = camera(128, 32, 40, aperture=aperture, focus_distance=focus)
    dark = wall(far + 0.01, paint(0, 0, 0))
    made = Scene(meshes=(bright, dark), strands=(), lights=(), ambient=np.zeros(3, np.float32), view=view)
    profile = _rendered(made, options=RenderOptions(blurred_side=6)).color[..., 0].mean(axis=0)
    width = aperture * view.intrinsics.fx * abs(1 / focus - 1 / far)
    ramp = np.flatnonzero((profile > 0.02) & (profile < 0.98))
    assert np.ptp(ramp) + 1 == pytest.approx(width, abs=1.6)


def test_sharp_where_focused_and_depth_does_not_blur() -> None:
    view = camera(aperture=0.04, focus_distance=1.0)
    rendered = _rendered(scene([wall(2.0, GREY), wall(1.0, RED, Role.SUBJECT, x=(-50, 0.0))], view))
    assert ((rendered.alpha > 0.05) & (rendered.alpha < 0.95)).mean() < 0.03
    assert (np.minimum(abs(rendered.depth - 1), abs(rendered.depth - 2)) < 1e-4).all()


def test_motion_blur_spans_the_way_of_the_shutter() -> None:
    view = camera(128, 32, 60, shutter=0.1, velocity=(0, 0, 0, 0, 0.5, 0))  # 0.05 rad
    made = scene([wall(2.0, GREY), wall(1.0, RED, Role.SUBJECT, x=(-50, 0.0))], view)
    alpha = _rendered(made, options=RenderOptions(blurred_side=6)).alpha.mean(axis=0)
    ramp = np.flatnonzero((alpha > 0.04) & (alpha < 0.96))
    assert np.ptp(ramp) + 1 == pytest.approx(0.05 * view.intrinsics.fx, abs=2)


def test_same_seed_same_picture() -> None:
    made = scene([wall(2.0, GREY), ellipsoid("ball", (0.3, 0.3, 0.3), (0, 0, -1.2), RED, role=Role.SUBJECT)])
    first, second = (developed(_rendered(made), made.view, np.random.default_rng(5))[0] for _ in range(2))
    assert (first == second).all()


def test_exposure_brings_faces_to_mid_grey() -> None:
    for strength in (0.01, 1.0, 300.0):
        lamp = Light(position=LAMP.position, color=LAMP.color * np.float32(strength), size=0.2)
        made = Scene(meshes=(wall(2.0, GREY),), strands=(), lights=(lamp,), ambient=AMBIENT * np.float32(strength),
                     view=camera(noise=0.0))  # fmt: skip
        picture, _ = developed(_rendered(made), made.view, np.random.default_rng(0))
        assert 90 < picture.mean() < 150


def test_geometry_alone_has_no_colour() -> None:
    made = scene([wall(2.0, GREY)])
    compiled = CompiledScene(**(vars(compile_scene(made)) | {"appearance": None}))
    with pytest.raises(ConfigError, match="geometry only"):
        render(compiled, made.view, made.lights, made.ambient, rng=np.random.default_rng(0))


def test_empty_scene_is_refused() -> None:
    with pytest.raises(ConfigError, match="no triangles"):
        compile_scene(scene([]))


def test_without_open3d_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open3d", None)
    monkeypatch.delitem(sys.modules, "rgbd_seg.training.synthetic.open3d_caster", raising=False)
    with pytest.raises(BackendMissingError, match=r"pip install 'rgbd-seg\[open3d\]'"):
        compile_scene(scene([wall(2.0, GREY)]))
