"""Rendering whole sets of real characters, and what clips say about motion."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from ray_scenes import camera, paint, scene, shifted, wall

from rgbd_seg.cli.main import main
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.shards import read_shards
from rgbd_seg.training.synthetic.generation import SynthOptions, generate
from rgbd_seg.training.synthetic.generation.scene_samples import subject_share
from rgbd_seg.training.synthetic.roles import Role


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.tar"))}


def test_flow_is_where_the_surface_goes() -> None:
    pytest.importorskip("open3d", reason="Open3D (extra open3d) is not installed")
    from rgbd_seg.training.synthetic.compile import compile_scene
    from rgbd_seg.training.synthetic.generation.clips import optical_flow, swaying

    still, mover = wall(2.0, paint(90, 90, 90)), wall(1.0, paint(200, 0, 0), Role.SUBJECT, x=(-0.2, 0.2))
    now, then = scene([still, mover]), scene([still, mover.moved(shifted(0.05))])
    flow = optical_flow(compile_scene(now), now.view, compile_scene(then), then.view)
    fx = now.view.intrinsics.fx
    np.testing.assert_allclose(flow[24, 32], (0.05 * fx, 0), atol=1e-3)
    np.testing.assert_allclose(flow[24, 2], 0, atol=1e-3)
    view = camera(velocity=(0.1, 0.0, 0.0, 0.0, 0.0, 0.0))
    moved = swaying(view, 0.1)
    flow = optical_flow(compile_scene(now), view, compile_scene(now), moved)
    way = -(moved.T_camera_world.inverse().translation - view.T_camera_world.inverse().translation)[0]
    np.testing.assert_allclose(flow[24, 32], (way * fx, 0), atol=1e-3)
    np.testing.assert_allclose(flow[24, 2], (way * fx / 2, 0), atol=1e-3)  # twice as far, half as fast


def test_the_subjects_share_of_the_picture() -> None:
    pytest.importorskip("open3d", reason="Open3D (extra open3d) is not installed")
    from rgbd_seg.training.synthetic.compile import compile_scene

    made = scene(
        [wall(2.0, paint(90, 90, 90)), wall(1.0, paint(200, 0, 0), Role.SUBJECT, x=(-50, 0.0))], camera(256, 192)
    )
    assert subject_share(compile_scene(made), made.view) == pytest.approx(0.5, abs=0.02)


@pytest.fixture(scope="module")
def archive(shared: Path) -> Path:
    pytest.importorskip("open3d", reason="Open3D (extra open3d) is not installed")
    found = shared / "assets" / "makehuman.tar.xz"
    if not found.is_file():
        pytest.skip("the MakeHuman assets of ../shared are not on this machine")
    return found


def _check_truth(sample: PortraitSample) -> None:
    assert sample.people is not None
    assert sample.depth is not None
    assert sample.held is not None
    assert sample.others is not None
    assert (sample.people >= sample.alpha - 0.01).all()
    assert (sample.held <= sample.alpha + 0.01).all()
    np.testing.assert_allclose(sample.people, np.minimum(sample.alpha + sample.others, 1), atol=0.02)
    assert np.nanmin(sample.depth) > 0.1
    assert sample.foreground is not None
    assert (sample.foreground[sample.alpha == 0] == 0).all()
    assert sample.sensor is not None
    assert sample.registered is not None
    assert sample.intrinsics is not None
    assert sample.intrinsics.size == sample.color.shape[:2]


def test_real_people_are_the_same_on_one_and_two_workers(archive: Path, tmp_path: Path) -> None:
    options = SynthOptions(assets=archive, count=4, views=2, size=(64, 48), scenes_per_shard=1, seed=5)
    for workers in (1, 2):
        generate(options, tmp_path / str(workers), workers=workers)
    assert _digests(tmp_path / "1") == _digests(tmp_path / "2")
    samples = list(read_shards(tmp_path / "1", pytest.fail))
    assert len(samples) == 4
    for sample in samples:
        _check_truth(sample)
        assert sample.alpha.mean() > 0.01


def test_clips_have_frames_and_flow(archive: Path, tmp_path: Path) -> None:
    command = [
        "synth",
        "--assets",
        str(archive),
        "-n",
        "2",
        "-o",
        str(tmp_path),
        "--video",
        "--frames",
        "2",
        "--size",
        "64x48",
    ]
    assert main(command) == 0
    first, second = read_shards(tmp_path, pytest.fail)
    assert first.clip == second.clip is not None
    assert (first.frame_index, second.frame_index) == (0, 1)
    assert first.flow is not None
    assert np.abs(first.flow).max() < 20
    assert (first.color != second.color).any()
    assert (tmp_path / "contact_sheet.png").stat().st_size > io.DEFAULT_BUFFER_SIZE
