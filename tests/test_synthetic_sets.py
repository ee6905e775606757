"""Sets of samples: the same with any number of workers, resumed after any stop, refused when mixed up."""

import hashlib
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

from rgbd_seg.cli.main import main
from rgbd_seg.cli.synth import synth
from rgbd_seg.errors import BackendMissingError, ConfigError, OutputError, RgbdSegError
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.sample_coding import encode
from rgbd_seg.training.shards import EncodedSample, read_shards
from rgbd_seg.training.synthetic.composition.presets import PRESETS
from rgbd_seg.training.synthetic.generation import SynthOptions, generate, run

NOWHERE = Path("no-assets")


def _options(**changes: object) -> SynthOptions:
    return SynthOptions(
        **({"assets": NOWHERE, "count": 11, "views": 2, "scenes_per_shard": 2, "size": (32, 32)} | changes)
    )


def plain_scene(options: SynthOptions, number: int) -> list[EncodedSample]:
    """Stands in for rendering: pictures that depend on seed, scene and view alone."""
    samples = []
    for index in range(options.samples_of(number)):
        rng = np.random.default_rng((options.seed, number, index))
        color = rng.integers(0, 256, (8, 8, 3), np.uint8)
        sample = PortraitSample(
            key=f"{options.preset}_{number}_{index}", color=color, alpha=np.zeros((8, 8), np.float32)
        )
        samples.append((sample.key, encode(sample)))
    return samples


def failing_scene(options: SynthOptions, number: int) -> list[EncodedSample]:
    """Fails like missing assets would."""
    if number == 3:
        raise ConfigError("an asset is missing")
    return plain_scene(options, number)


def dying_scene(options: SynthOptions, number: int) -> list[EncodedSample]:
    """Ends like a process that the system kills."""
    import os

    os._exit(9)


def unreachable_scene(options: SynthOptions, number: int) -> list[EncodedSample]:
    """Must not be asked for."""
    raise AssertionError("rendered again")


class _Progress:
    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, wanted: int) -> None:
        self.told.append((done, wanted))


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.tar"))}


def test_one_and_two_workers_write_the_same_files(tmp_path: Path) -> None:
    for workers in (1, 2):
        progress = _Progress()
        made = generate(_options(), tmp_path / str(workers), workers=workers, progress=progress, make_scene=plain_scene)
        assert made == 11
        assert progress.told[0] == (0, 11)
        assert progress.told[-1] == (11, 11)
    assert _digests(tmp_path / "1") == _digests(tmp_path / "2")
    assert len(_digests(tmp_path / "1")) == 3
    samples = list(read_shards(tmp_path / "1", pytest.fail))
    assert len({sample.key for sample in samples}) == 11


def test_finished_shards_are_not_made_again(tmp_path: Path) -> None:
    generate(_options(), tmp_path, make_scene=plain_scene)
    whole = _digests(tmp_path)
    assert generate(_options(), tmp_path, make_scene=unreachable_scene) == 0
    (tmp_path / "mixed-00001.tar").unlink()
    assert generate(_options(), tmp_path, make_scene=plain_scene) == 4
    assert _digests(tmp_path) == whole


def test_a_set_can_grow(tmp_path: Path) -> None:
    generate(_options(), tmp_path, make_scene=plain_scene)
    generate(_options(count=19), tmp_path, make_scene=plain_scene)
    generate(_options(count=19), tmp_path / "new", make_scene=plain_scene)
    assert _digests(tmp_path) == _digests(tmp_path / "new")
    with pytest.raises(ConfigError, match="set of 19 samples; expected -n 19 or more"):
        generate(_options(count=5), tmp_path, make_scene=plain_scene)


@pytest.mark.parametrize("change", [{"seed": 1}, {"preset": "hard"}, {"views": 3}, {"split": "test"}, {"video": True}])
def test_another_set_in_the_folder_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    generate(_options(), tmp_path, make_scene=plain_scene)
    before = _digests(tmp_path)
    with pytest.raises(ConfigError, match=f"made with {next(iter(change))}"):
        generate(_options(**change), tmp_path, make_scene=plain_scene)
    assert _digests(tmp_path) == before


def test_foreign_files_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "theirs.tar").write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"holds shards but no synth\.json"):
        generate(_options(), tmp_path, make_scene=plain_scene)
    (tmp_path / "theirs.tar").unlink()
    (tmp_path / "synth.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        generate(_options(), tmp_path, make_scene=plain_scene)


def test_a_failure_in_a_worker_is_told_and_what_is_done_stays(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="an asset is missing"):
        generate(_options(), tmp_path, workers=2, make_scene=failing_scene)
    assert list(_digests(tmp_path)) == ["mixed-00000.tar"]
    assert generate(_options(), tmp_path, make_scene=plain_scene) == 7


def test_a_killed_worker_is_told(tmp_path: Path) -> None:
    with pytest.raises(RgbdSegError, match="fewer --workers"):
        generate(_options(), tmp_path, make_scene=dying_scene)


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = run.write_encoded
    written = 0

    def full(path: Path, samples: list[EncodedSample]) -> int:
        nonlocal written
        written += 1
        if written == 2:
            raise OutputError(f"cannot write {path}: No space left on device")
        return genuine(path, samples)

    monkeypatch.setattr(run, "write_encoded", full)
    with pytest.raises(OutputError, match=r"No space left.*finished shards are kept"):
        generate(_options(), tmp_path, make_scene=plain_scene)
    assert list(_digests(tmp_path)) == ["mixed-00000.tar"]
    assert generate(_options(), tmp_path, make_scene=plain_scene) == 7
    generate(_options(), tmp_path / "new", make_scene=plain_scene)
    assert _digests(tmp_path) == _digests(tmp_path / "new")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count is 0"),
        ({"preset": "nice"}, "preset is 'nice'"),
        ({"split": "val"}, "split is 'val'"),
        ({"size": (192, 256)}, "longer side first"),
        ({"sensor": "sonar"}, "sensor"),
    ],
)
def test_bad_options_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _options(**change)


def test_the_help_names_every_preset() -> None:
    (option,) = get_type_hints(synth, include_extras=True)["preset"].__metadata__
    described = str(option.help).rstrip(".").replace(" or ", ", ")
    assert set(described.split(", ")) == set(PRESETS)


def test_missing_assets_are_told_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["synth", "--assets", str(tmp_path / "none"), "-n", "1", "-o", str(tmp_path / "out")])
    assert code == 2
    error = capsys.readouterr().err
    assert "none" in error
    assert "makehuman" in error.lower()


def test_a_bad_size_is_told_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", "--assets", str(tmp_path), "-o", str(tmp_path / "out"), "--size", "big"]) == 2
    assert "expected something like 256x192" in capsys.readouterr().err


def test_without_open3d_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_open3d_is_there", lambda: False)
    with pytest.raises(BackendMissingError, match=r"pip install 'rgbd-seg\[open3d\]'"):
        generate(_options(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
