"""The way to Blender and back; with the variable RGBD_SEG_BLENDER_PYTHON set, also Cycles against the ray caster."""

import json
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from analytic_scene import looking_ahead

from rgbd_seg.distortion import BrownConrady
from rgbd_seg.errors import BackendMissingError, ConfigError, FrameError, OutputError
from rgbd_seg.training.synthetic.cycles import BlenderPython, CyclesOptions, render_with_cycles
from rgbd_seg.training.synthetic.cycles.blender_python import BlenderError
from rgbd_seg.training.synthetic.cycles.exporting import export_scene
from rgbd_seg.training.synthetic.cycles.reading import _with_strands, read_picture
from rgbd_seg.training.synthetic.geometry import Mesh, Strands
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.scene import Light, Scene

SIZE = (48, 64)
QUICK = CyclesOptions(samples=16, matte_samples=64, threads=2)


def plain(*color: int, **numbers: float) -> Material:
    return Material(texture=np.array([[color]], np.uint8), **numbers)


def rectangle(name, corner, across, along, material, role=Role.PLACE) -> Mesh:
    a, u, v = (np.asarray(x, float) for x in (corner, across, along))
    normal = np.cross(u, v) / np.linalg.norm(np.cross(u, v))
    return Mesh(
        name=name,
        vertices=np.array([a, a + u, a + u + v, a + v], np.float32),
        normals=np.tile(normal, (4, 1)).astype(np.float32),
        texture_coordinates=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        material=material,
        role=role,
    )


def ball(name, center, radius, material, role, n=40) -> Mesh:
    polar, around = np.meshgrid(np.linspace(0, np.pi, n), np.linspace(0, 2 * np.pi, n), indexing="ij")
    normals = np.stack([np.sin(polar) * np.cos(around), np.cos(polar), np.sin(polar) * np.sin(around)], -1)
    normals = normals.reshape(-1, 3)
    i = np.arange((n - 1) * n).reshape(n - 1, n)[:, :-1].ravel()
    return Mesh(
        name=name,
        vertices=(normals * radius + center).astype(np.float32),
        normals=normals.astype(np.float32),
        texture_coordinates=np.stack([around.ravel() / 6.28, 1 - polar.ravel() / 3.14], -1).astype(np.float32),
        triangles=np.concatenate([np.stack([i, i + 1, i + n], 1), np.stack([i + 1, i + n + 1, i + n], 1)]).astype(
            np.int32
        ),
        material=material,
        role=role,
    )


def scene(size=SIZE, strands=400) -> Scene:
    """A ball with hair that holds another, one more behind, a mirror, a post in front."""
    random = np.random.default_rng(1)
    direction = random.normal(size=(strands, 3))
    direction[:, 1] = np.abs(direction[:, 1])
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    along = np.linspace(0, 1, 5)[None, :, None]
    points = np.array([0, -0.1, -1.2]) + direction[:, None] * (0.295 + 0.12 * along)
    checks = random.integers(60, 220, (16, 16, 3)).astype(np.uint8)
    return Scene(
        meshes=(
            rectangle("wall", (-4, -3, -3), (8, 0, 0), (0, 6, 0), plain(150, 150, 140)),
            ball("body", (0, -0.1, -1.2), 0.3, plain(220, 160, 130, subsurface=0.4), Role.SUBJECT),
            ball("mask", (0.25, -0.2, -1.0), 0.07, Material(texture=checks, bump=0.002), Role.HELD),
            ball("friend", (-0.8, 0, -2.2), 0.35, plain(60, 90, 180), Role.OTHER_PERSON),
            rectangle("post", (-0.5, -1, -0.9), (0.05, 0, 0), (0, 2, 0), plain(90, 60, 40), Role.FOREGROUND),
        ),
        strands=(
            Strands(
                name="hair",
                points=points.astype(np.float32),
                radius=0.002,
                colors=np.full((strands, 3), 0.05, np.float32),
                melanin=0.7,
            ),
        ),
        lights=(Light(position=np.array([1.5, 1.8, 0.0]), color=np.array([6.0, 5.5, 5.0]), size=0.6),),
        ambient=np.array([0.25, 0.27, 0.3], np.float32),
        view=looking_ahead(size[1], size[0]),
    )


def program(path: Path, body: str) -> Path:
    """A stand-in for Blender's Python: it understands ``-c`` and ``-m rgbd_cycles FOLDER``."""
    path.write_text(f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def stand_in(path: Path, job: str) -> BlenderPython:
    return BlenderPython(executable=program(path, f"folder = Path(sys.argv[3])\n{job}"), version=(4, 5, 0))


RENDERS = """
import json
import numpy as np
job = json.loads((folder / "job.json").read_text())
h, w = job["camera"]["height"], job["camera"]["width"]
for name, c in dict(color=3, color_noisy=3, foreground=4, roles_a=3, roles_b=3, hair=3, front=3, depth=1).items():
    np.save(folder / f"{name}.npy", np.full((h, w, c), 0.25, np.float32))
"""


def test_the_package_never_imports_blender():
    import subprocess

    code = "import sys, rgbd_seg.training.synthetic.cycles; sys.exit('bpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_missing_program_is_refused_with_how_to_get_it(tmp_path):
    with pytest.raises(BackendMissingError, match=r"pip install bpy"):
        BlenderPython.at(tmp_path / "nothing")


def test_a_python_without_blender_is_refused(tmp_path):
    path = program(tmp_path / "python", "sys.exit('No module named bpy')")
    with pytest.raises(BackendMissingError, match=r"no usable bpy \(No module named bpy"):
        BlenderPython.at(path)


@pytest.mark.parametrize("version", [[3, 6, 0], [5, 0, 1]])
def test_a_version_it_does_not_know_is_refused(tmp_path, version):
    path = program(tmp_path / "python", f"print('BLENDER', {json.dumps(version)})")
    with pytest.raises(BackendMissingError, match=r"expected 4\.2 to 4\.5"):
        BlenderPython.at(path)


def test_a_known_version_is_taken(tmp_path):
    path = program(tmp_path / "python", "print('noise')\nprint('BLENDER', [4, 5, 15])")
    assert BlenderPython.at(path).version == (4, 5, 15)


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "crashed .signal 11"),
        ("print('out of ideas')\nsys.exit(3)", "failed .3. on .*: out of ideas"),
    ],
)
def test_a_crash_is_one_clear_error(tmp_path, job, message):
    with pytest.raises(BlenderError, match=message):
        render_with_cycles(scene(), stand_in(tmp_path / "python", job), tmp_path / "scene", QUICK)


def test_a_render_that_takes_too_long_is_stopped(tmp_path):
    blender = stand_in(tmp_path / "python", "import time\ntime.sleep(60)")
    with pytest.raises(BlenderError, match="was stopped"):
        render_with_cycles(scene(), blender, tmp_path / "scene", replace(QUICK, timeout=1.0))


def test_nothing_of_this_python_reaches_blenders(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/venv")
    seen = tmp_path / "seen.json"
    job = f"import json, os\nPath({str(seen)!r}).write_text(json.dumps(dict(os.environ)))\n{RENDERS}"
    render_with_cycles(scene(), stand_in(tmp_path / "python", job), tmp_path / "scene", QUICK)
    found = json.loads(seen.read_text())
    assert found["PYTHONPATH"].endswith("blender_side")
    assert "VIRTUAL_ENV" not in found


def test_passes_become_a_picture(tmp_path):
    picture = render_with_cycles(scene(), stand_in(tmp_path / "python", RENDERS), tmp_path / "scene", QUICK)
    rendered = picture.rendered
    assert rendered.color.shape == (*SIZE, 3)
    assert np.allclose(rendered.coverage.sum(axis=-1), 1, atol=1e-6)
    assert np.allclose(rendered.alpha, rendered.coverage[..., [Role.SUBJECT, Role.HELD]].sum(-1))
    assert np.allclose(rendered.depth, 0.25)
    assert picture.blurred is None


def test_the_front_person_alone_needs_one_pass(tmp_path):
    options = replace(QUICK, all_roles=False)
    folder = tmp_path / "scene"
    picture = render_with_cycles(scene(), stand_in(tmp_path / "python", RENDERS), folder, options)
    assert np.allclose(picture.rendered.alpha, 0.25)
    assert np.allclose(picture.rendered.coverage.sum(axis=-1), 1)
    assert np.allclose(picture.rendered.hair, 0.25)


def test_a_damaged_pass_is_named(tmp_path):
    folder = tmp_path / "scene"
    render_with_cycles(scene(), stand_in(tmp_path / "python", RENDERS), folder, QUICK)
    (folder / "depth.npy").write_bytes(b"half")
    with pytest.raises(FrameError, match=r"depth\.npy is missing or damaged"):
        read_picture(folder, SIZE)


def test_noise_stays_where_hair_is_and_goes_elsewhere(tmp_path):
    folder = tmp_path / "scene"
    render_with_cycles(scene(), stand_in(tmp_path / "python", RENDERS), folder, QUICK)
    front = np.zeros((*SIZE, 3), np.float32)
    front[10:30, 10:40, 0] = 1
    front[20, 40:50, 0] = 0.4  # a strand
    np.save(folder / "roles_a.npy", front)
    np.save(folder / "roles_b.npy", 0 * front)
    strand = np.zeros((*SIZE, 3), np.float32)
    strand[20, 40:50, 0] = 0.4
    np.save(folder / "hair.npy", strand)
    np.save(folder / "color.npy", np.full((*SIZE, 3), 0.6, np.float32))
    noisy = np.full((*SIZE, 3), 0.66, np.float32)
    noisy[20, 46] = 50  # a sample that met a lamp by chance
    np.save(folder / "color_noisy.npy", noisy)
    color = read_picture(folder, SIZE).rendered.color
    assert np.allclose(color[20, 41:44], 0.66, atol=0.05)
    assert color[20, 46].max() < 0.85
    assert np.allclose(color[40:, :], 0.6)
    assert np.allclose(color[15, 20], 0.6)


def test_strands_that_the_denoiser_erased_come_back_and_noise_does_not():
    random = np.random.default_rng(0)
    alpha = np.zeros((60, 80), np.float32)
    alpha[:, :30] = 1
    alpha[::3, 30:60] = 0.7  # strands
    dark, light = np.float32([0.05, 0.03, 0.02]), np.float32([0.5, 0.4, 0.3])
    truth = alpha[..., None] * dark + (1 - alpha[..., None]) * light
    erased = cv2.GaussianBlur(truth, (0, 0), 2)
    sampled = truth + random.normal(0, 0.08, truth.shape).astype(np.float32)
    band = np.s_[5:-5, 34:56]
    found = _with_strands(sampled, erased, alpha)
    error = [float(np.abs(picture - truth)[band].mean()) for picture in (found, sampled, erased)]
    assert error[0] < 0.6 * min(error[1:])


def test_a_lens_with_distortion_is_refused(tmp_path):
    bent = scene()
    intrinsics = replace(bent.view.intrinsics, distortion=BrownConrady((-0.1, 0, 0, 0, 0)))
    with pytest.raises(ConfigError, match="ideal lens"):
        export_scene(replace(bent, view=replace(bent.view, intrinsics=intrinsics)), QUICK, tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        export_scene(scene(), QUICK, tmp_path / "file" / "scene")


def test_the_digest_follows_the_scene_and_the_options_but_not_the_threads(tmp_path):
    def digest(what, options):
        export_scene(what, options, tmp_path)
        return json.loads((tmp_path / "job.json").read_text())["digest"]

    first = digest(scene(), QUICK)
    assert digest(scene(), QUICK) == first
    assert digest(scene(), replace(QUICK, threads=1, timeout=9.0)) == first
    assert digest(scene(), replace(QUICK, samples=17)) != first
    moved = scene()
    moved.meshes[1].vertices[0, 0] += 0.01
    assert digest(moved, QUICK) != first


def test_bad_options_are_refused():
    with pytest.raises(ConfigError, match="samples"):
        CyclesOptions(samples=0)
    with pytest.raises(ConfigError, match="blur_focus"):
        CyclesOptions(blur_focus=0.0)


@pytest.fixture(scope="module")
def blender() -> BlenderPython:
    path = os.environ.get("RGBD_SEG_BLENDER_PYTHON")
    if not path:
        pytest.skip("RGBD_SEG_BLENDER_PYTHON does not name a Python with bpy")
    return BlenderPython.at(Path(path))


def test_cycles_and_the_ray_caster_agree(blender, tmp_path):
    pytest.importorskip("open3d")
    from rgbd_seg.training.synthetic.compile import compile_scene
    from rgbd_seg.training.synthetic.render import RenderOptions, render

    big = scene((240, 320), strands=120)  # a coarse picture of single hairs depends on the pixel's shape
    options = replace(QUICK, samples=1, foreground=False, denoise=False)
    ours = render_with_cycles(big, blender, tmp_path, options).rendered
    theirs = render(
        compile_scene(big), big.view, big.lights, big.ambient,
        rng=np.random.default_rng(0), options=RenderOptions(edge_share=1.0),
    )  # fmt: skip
    assert np.nanmedian(np.abs(ours.depth - theirs.depth)) < 0.001
    union = ((ours.alpha > 0.5) | (theirs.alpha > 0.5)).sum()
    assert ((ours.alpha > 0.5) & (theirs.alpha > 0.5)).sum() / union > 0.98
    for role in Role:
        assert abs(ours.coverage[..., role].mean() - theirs.coverage[..., role].mean()) < 0.002


def test_lamps_sun_and_surroundings_give_the_light_they_state(blender, tmp_path):
    wall = rectangle("wall", (-50, -50, -2), (100, 0, 0), (0, 100, 0), plain(255, 255, 255, roughness=1, specular=0))
    quiet = replace(QUICK, samples=64, matte_samples=1, foreground=False, denoise=False)
    dark, color = np.zeros(3, np.float32), np.array([1.0, 0.5, 0.2])
    cases = {
        "lamp": ((Light(position=np.array([0, 0, 1.0]), color=color * 9, size=0.1),), dark, color / np.pi),
        "sun": ((Light(position=np.array([0, 0, 1.0]), color=color, distant=True),), dark, color / np.pi),
        "all around": ((), np.array([0.3, 0.2, 0.1], np.float32), np.array([0.3, 0.2, 0.1])),
    }
    for name, (lights, ambient, expected) in cases.items():
        lit = Scene(meshes=(wall,), strands=(), lights=lights, ambient=ambient, view=looking_ahead(32, 24))
        found = render_with_cycles(lit, blender, tmp_path / name.replace(" ", "_"), quiet).rendered.color[12, 16]
        assert found == pytest.approx(expected, rel=0.03)


def test_finished_passes_are_kept_and_lost_ones_made_again(blender, tmp_path):
    options = replace(QUICK, samples=2, matte_samples=2, blur_aperture=0.02)
    first = render_with_cycles(scene(), blender, tmp_path, options)
    assert first.blurred is not None
    kept = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("*.npy")}
    (tmp_path / "hair.npy").unlink()
    again = render_with_cycles(scene(), blender, tmp_path, options)
    assert np.array_equal(first.rendered.hair, again.rendered.hair)
    now = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("*.npy")}
    assert {name for name in now if now[name] != kept[name]} == {"hair.npy"}


def test_the_lens_blurs_as_a_thin_lens_does(blender, tmp_path):
    radius = 0.02
    spark = ball("spark", (0.0, 0.0, -3.0), radius, plain(255, 255, 255, emission=50.0), Role.PLACE, n=12)
    view = looking_ahead(160, 120)
    dark = Scene(meshes=(spark,), strands=(), lights=(), ambient=np.zeros(3, np.float32), view=view)
    aperture, focus = 0.2, 1.0
    options = replace(
        QUICK, samples=256, noise_threshold=0, matte_samples=1, foreground=False, denoise=False,
        blur_aperture=aperture, blur_focus=focus,
    )  # fmt: skip
    blurred = render_with_cycles(dark, blender, tmp_path, options).blurred
    light = blurred[..., 1] / blurred[..., 1].sum()
    v, u = np.indices(light.shape)
    spread = (light * ((u - (light * u).sum()) ** 2 + (v - (light * v).sum()) ** 2)).sum()
    own = (view.intrinsics.fx * radius / 3.0) ** 2 / 2  # a disc of diameter d has the moment d² / 8
    expected = aperture * view.intrinsics.fx * abs(1 / focus - 1 / 3.0)
    assert np.sqrt(8 * (spread - own)) == pytest.approx(expected, rel=0.04)
