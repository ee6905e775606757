"""The bundled samples are whole and mean what their README says."""

import hashlib
import json

import numpy as np
import pytest

from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.samples import load_sample, sample_names, samples_folder


def test_every_file_is_listed_with_its_hash():
    folder = samples_folder()
    listed = json.loads((folder / "manifest.json").read_text())["sha256"]
    found = {p.relative_to(folder).as_posix(): p for p in folder.glob("*/*")}
    assert set(listed) == set(found)
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()} == listed


def test_there_are_at_least_four_and_they_are_small():
    assert len(sample_names()) >= 4
    assert sum(p.stat().st_size for p in samples_folder().rglob("*") if p.is_file()) < 12e6


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_has_a_separate_depth_camera_and_a_true_matte(name):
    sample = load_sample(name)
    calibration = sample.frame.calibration
    assert sample.frame.color.shape[:2] == calibration.color.size == sample.alpha.shape == sample.true_depth.shape
    assert sample.frame.raw_depth.shape == calibration.depth.size
    assert np.linalg.norm(calibration.T_color_depth.translation) > 0.01
    assert 0.05 < sample.alpha.mean() < 0.8
    measured = sample.frame.raw_depth[sample.frame.raw_depth > 0] * calibration.metres_per_unit
    assert abs(np.median(measured) - np.median(sample.true_depth)) < 0.3


def test_an_unknown_sample_is_refused_with_the_known_names():
    with pytest.raises(ConfigError, match="curls"):
        load_sample("nobody")


def test_a_damaged_sample_is_refused(tmp_path, monkeypatch):
    import shutil

    from rgbd_seg import samples

    shutil.copytree(samples_folder(), tmp_path / "sample_data")
    (tmp_path / "sample_data" / "curls" / "alpha.png").write_bytes(b"damaged")
    monkeypatch.setattr(samples, "samples_folder", lambda: tmp_path / "sample_data")
    with pytest.raises(FrameError, match="damaged"):
        load_sample("curls")
