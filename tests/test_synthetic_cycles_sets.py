"""Sets by Cycles: scenes of the ray caster's kind, pictures by a stand-in for Blender."""

import json
import stat
import sys

import numpy as np
import pytest

from rgbd_seg.errors import ConfigError
from rgbd_seg.training.shards import read_shards
from rgbd_seg.training.synthetic.cycles import BlenderPython, CyclesOptions
from rgbd_seg.training.synthetic.cycles.blender_python import BlenderError
from rgbd_seg.training.synthetic.cycles.generation import generate_with_cycles
from rgbd_seg.training.synthetic.generation import SynthOptions

pytest.importorskip("open3d")

QUICK = CyclesOptions(samples=2, matte_samples=2, blur_aperture=0.02)
RENDERS = """
import json, sys
from pathlib import Path
import numpy as np
folder = Path(sys.argv[3])
calls = Path({calls!r})
calls.write_text(calls.read_text() + folder.name + chr(10))
if calls.read_text().count(chr(10)) == {fails}:
    sys.exit("out of memory")
job = json.loads((folder / "job.json").read_text())
h, w = job["camera"]["height"], job["camera"]["width"]
front = np.zeros((h, w, 3), np.float32)
front[h // 4 :, w // 3 : w // 2, 0] = 1
channels = dict(color=3, color_noisy=3, blurred=3, blurred_noisy=3, foreground=4, roles_b=3, hair=3)
for name, c in channels.items():
    np.save(folder / f"{{name}}.npy", np.full((h, w, c), 0.1, np.float32))
np.save(folder / "roles_a.npy", front)
np.save(folder / "depth.npy", np.full((h, w, 1), 1.5, np.float32))
"""


@pytest.fixture(scope="module")
def assets(shared):
    path = shared / "assets" / "makehuman.tar.xz"
    if not path.is_file():
        pytest.skip("MakeHuman's assets are not on this machine")
    return path


def options(assets, count=2):
    return SynthOptions(assets=assets, count=count, size=(64, 48), views=2, scenes_per_shard=1, sensor="tof")


def stand_in(folder, fails=0) -> BlenderPython:
    """Renders grey pictures; the call number ``fails`` fails."""
    calls = folder / "calls.txt"
    calls.write_text("")
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\n{RENDERS.format(calls=str(calls), fails=fails)}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return BlenderPython(executable=path, version=(4, 5, 0))


@pytest.fixture(scope="module")
def whole(assets, tmp_path_factory):
    """A set made in one go."""
    folder = tmp_path_factory.mktemp("whole")
    assert generate_with_cycles(options(assets), folder / "set", stand_in(folder), QUICK) == 2
    return folder / "set"


def test_a_set_has_pictures_sensors_and_blur_truth(whole):
    samples = list(read_shards(whole, skipped=pytest.fail))
    assert len(samples) == 2
    assert all(s.sensor is not None and s.sensor.kind == "tof" and s.registered is not None for s in samples)
    assert all(0.05 < s.alpha.mean() < 0.3 for s in samples)
    truth = np.load(whole / "blurred" / f"{samples[0].key}.npz")
    assert truth["blurred"].shape == truth["sharp"].shape == (*samples[0].alpha.shape, 3)
    assert float(truth["aperture"]) == QUICK.blur_aperture
    assert not (whole / "cycles-work").exists()


def test_a_run_that_failed_goes_on_where_it_was(assets, whole, tmp_path):
    output = tmp_path / "set"
    with pytest.raises(BlenderError, match="out of memory"):
        generate_with_cycles(options(assets), output, stand_in(tmp_path, fails=2), QUICK)
    assert generate_with_cycles(options(assets), output, stand_in(tmp_path), QUICK) == 2
    assert len((tmp_path / "calls.txt").read_text().split()) == 1  # the first picture was kept
    assert [p.read_bytes() for p in sorted(whole.glob("*.tar"))] == [
        p.read_bytes() for p in sorted(output.glob("*.tar"))
    ]


def test_sets_of_two_renderers_or_qualities_are_not_mixed(assets, whole, tmp_path):
    with pytest.raises(ConfigError, match="renderer"):
        generate_with_cycles(options(assets), whole, stand_in(tmp_path), CyclesOptions(samples=3))
    assert "cycles" in json.loads((whole / "synth.json").read_text())["renderer"]


def test_clips_are_refused(assets, tmp_path):
    clips = SynthOptions(assets=assets, count=2, video=True)
    with pytest.raises(ConfigError, match="single pictures"):
        generate_with_cycles(clips, tmp_path / "set", stand_in(tmp_path), QUICK)


def test_the_command_needs_blenders_python(assets, tmp_path):
    from rgbd_seg.cli.main import main

    common = ["synth", "-o", str(tmp_path / "set"), "--assets", str(assets), "-n", "1"]
    assert main([*common, "--renderer", "cycles"]) == 2
    assert main([*common, "--renderer", "povray"]) == 2
    assert main([*common, "--renderer", "cycles", "--blender-python", str(tmp_path / "none")]) == 2
