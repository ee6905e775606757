"""Samples survive shards; damage is left out and said."""

from pathlib import Path

import numpy as np
import pytest

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.portrait_sample import PortraitSample, SensorReading
from rgbd_seg.training.shards import read_shards, write_shard
from rgbd_seg.transform import RigidTransform


def _sample(key: str) -> PortraitSample:
    rng = np.random.default_rng(len(key))
    size = (12, 16)
    depth = rng.uniform(0.3, 20, size).astype(np.float32)
    depth[0, 0] = np.nan
    camera = Intrinsics.from_field_of_view(16, 12, 60)
    calibration = Calibration(
        color=camera,
        depth=Intrinsics.from_field_of_view(8, 6, 70),
        T_color_depth=RigidTransform(rotation=np.eye(3), translation=np.array([0.02, 0, 0])),
        metres_per_unit=0.001,
    )
    return PortraitSample(
        key=key,
        color=rng.integers(0, 256, (*size, 3), np.uint8),
        alpha=(rng.integers(0, 256, size) / 255).astype(np.float32),
        depth=depth,
        others=np.zeros(size, np.float32),
        sensor=SensorReading(
            kind="tof",
            raw_depth=rng.integers(0, 5000, (6, 8), np.uint16),
            confidence=(rng.integers(0, 256, (6, 8)) / 255).astype(np.float32),
            calibration=calibration,
            true_calibration=calibration,
            delay=0.01,
        ),
        flow=rng.normal(size=(*size, 2)).astype(np.float16).astype(np.float32),
        registered_shadow=rng.random(size) < 0.2,
        intrinsics=camera,
        clip="c",
        frame_index=3,
        tags={"place": "office"},
    )


def test_round_trip(tmp_path: Path) -> None:
    samples = [_sample("a0"), _sample("b01")]
    assert write_shard(tmp_path / "s.tar", samples) == 2
    skipped: list[str] = []
    back = list(read_shards(tmp_path, skipped.append))
    assert skipped == []
    for sample, read in zip(samples, back, strict=True):
        assert read.key == sample.key
        assert (read.color == sample.color).all()
        assert np.abs(read.alpha - sample.alpha).max() < 1e-6
        assert sample.depth is not None
        assert read.depth is not None
        assert np.nanmax(np.abs(read.depth - sample.depth)) <= 0.00026
        assert (np.isnan(read.depth) == np.isnan(sample.depth)).all()
        assert sample.sensor is not None
        assert read.sensor is not None
        assert (read.sensor.raw_depth == sample.sensor.raw_depth).all()
        assert read.sensor.calibration.to_dict() == sample.sensor.calibration.to_dict()
        assert np.array_equal(read.flow, sample.flow)  # type: ignore[arg-type]
        assert read.intrinsics == sample.intrinsics
        assert (read.clip, read.frame_index, read.tags) == ("c", 3, {"place": "office"})
        assert read.people is None


def test_same_samples_same_bytes(tmp_path: Path) -> None:
    for name in ("one.tar", "two.tar"):
        write_shard(tmp_path / name, [_sample("a"), _sample("b")])
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_damaged_shards_are_left_out_and_said(tmp_path: Path) -> None:
    write_shard(tmp_path / "1.tar", [_sample("a"), _sample("bb")])
    whole = (tmp_path / "1.tar").read_bytes()
    (tmp_path / "1.tar").write_bytes(whole[: len(whole) * 2 // 3])
    (tmp_path / "2.tar").write_bytes(b"no tar at all" * 100)
    spoiled = bytearray(whole)
    start = spoiled.find(b"IDAT")
    spoiled[start + 4 : start + 200] = bytes(196)
    (tmp_path / "3.tar").write_bytes(bytes(spoiled))
    skipped: list[str] = []
    keys = [sample.key for sample in read_shards(tmp_path, skipped.append)]
    assert keys == ["a", "bb"]  # the whole one of the first shard, and of the third what was not spoiled
    assert len(skipped) == 3


def test_no_shards(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rgbd-seg synth"):
        list(read_shards(tmp_path, print))
