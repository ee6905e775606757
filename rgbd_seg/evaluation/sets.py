"""Sets of pictures whose answer is known, by name or path."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rgbd_seg.errors import ConfigError
from rgbd_seg.evaluation.bundled_samples import BUNDLED, bundled_samples
from rgbd_seg.evaluation.picture_folder import PictureFolder
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.shards import SHARD_SUFFIX, Skipped, read_shards, shard_paths

Clip = tuple[PortraitSample, ...]


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """A named source of clips; a still is a clip of one frame."""

    name: str
    fingerprint: str  # changes when the set's files change
    may_be_shown: bool  # rendered: its pictures may be shown to anyone
    samples: Callable[[Skipped], Iterator[PortraitSample]]

    def clips(self, skipped: Skipped) -> Iterator[Clip]:
        """Neighbouring samples of one clip together; ``skipped`` is told what was damaged."""
        clip: list[PortraitSample] = []
        for sample in self.samples(skipped):
            if clip and (sample.clip is None or sample.clip != clip[-1].clip):
                yield tuple(clip)
                clip = []
            clip.append(sample)
        if clip:
            yield tuple(clip)


def open_set(text: str) -> EvaluationSet:
    """What ``--set`` names: ``samples`` (bundled), a shard, a folder of shards, or a folder of pictures and masks.

    ``NAME=PATH`` gives it a name for the report; else it is called like its folder.

    Raises:
        ConfigError: there is no such set, or none of its pictures has a mask.
    """
    if text == BUNDLED:
        return EvaluationSet(name=BUNDLED, fingerprint="", may_be_shown=True, samples=lambda _: bundled_samples())
    whole = "=" not in text or Path(text).expanduser().exists()
    name, given = ("", text) if whole else text.split("=", 1)
    path = Path(given).expanduser()
    if not path.exists():
        raise ConfigError(
            f"there is no set {given!r}; expected {BUNDLED}, a {SHARD_SUFFIX} shard, a folder of shards, or a folder "
            "of pictures with masks"
        )
    name = name or path.stem or path.resolve().name
    if path.is_file() or any(path.glob(f"*{SHARD_SUFFIX}")):
        files = shard_paths(path)
        return EvaluationSet(
            name=name,
            fingerprint=_fingerprint(files),
            may_be_shown=True,
            samples=lambda skipped: read_shards(path, skipped),
        )
    folder = PictureFolder(path)
    return EvaluationSet(
        name=name,
        fingerprint=_fingerprint(folder.files()),
        may_be_shown=folder.is_rendered(),
        samples=folder.samples,
    )


def _fingerprint(files: list[Path]) -> str:
    facts = [(file.name, stat.st_size, stat.st_mtime_ns) for file in files if (stat := file.stat())]
    return repr(facts)
