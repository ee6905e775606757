"""Sets of samples as WebDataset shards: tar files that hold ``KEY.alpha.png``, ``KEY.color.png``, …, ``KEY.json``."""

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from rgbd_seg.atomic import replacing
from rgbd_seg.errors import ConfigError, FrameError
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.sample_coding import decode, encode

SHARD_SUFFIX = ".tar"
Skipped = Callable[[str], None]  # is told what was left out and why
EncodedSample = tuple[str, Mapping[str, bytes]]  # key; file extension → content


def write_shard(path: Path, samples: Iterable[PortraitSample]) -> int:
    """All samples as one tar file, whole or not at all; the same samples give the same bytes. Returns their number.

    Raises:
        OutputError: it cannot be written, or the disk is full.
    """
    return write_encoded(path, ((sample.key, encode(sample)) for sample in samples))


def write_encoded(path: Path, samples: Iterable[EncodedSample]) -> int:
    """The same for samples that were encoded elsewhere, in another process say.

    Raises:
        OutputError: it cannot be written, or the disk is full.
    """
    count = 0
    with replacing(path) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar:
        for key, files in samples:
            for extension, data in sorted(files.items()):
                entry = tarfile.TarInfo(f"{key}.{extension}")  # no time, no owner: equal seeds, equal files
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
            count += 1
    return count


def shard_paths(source: Path) -> list[Path]:
    """One shard, or all of a folder in order of their names.

    Raises:
        ConfigError: there is none.
    """
    paths = sorted(source.glob(f"*{SHARD_SUFFIX}")) if source.is_dir() else [source]
    if not paths or not paths[0].is_file():
        raise ConfigError(f"{source} holds no {SHARD_SUFFIX} shards; make some with: rgbd-seg synth -o {source}")
    return paths


def read_shards(source: Path, skipped: Skipped) -> Iterator[PortraitSample]:
    """Samples one after another; a damaged sample or the rest of a damaged shard is left out and reported.

    Raises:
        ConfigError: there are no shards.
    """
    for path in shard_paths(source):
        yield from _read_shard(path, skipped)


def _read_shard(path: Path, skipped: Skipped) -> Iterator[PortraitSample]:
    key, files = "", dict[str, bytes]()
    try:
        with tarfile.open(path) as tar:
            for entry in tar:
                member = tar.extractfile(entry)
                if member is None:
                    continue
                stem, _, extension = Path(entry.name).name.partition(".")
                if stem != key:
                    yield from _decoded(key, files, skipped)
                    key, files = stem, {}
                files[extension] = member.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        skipped(f"{path}: damaged after sample {key or 'none'}: {error}")
        return
    yield from _decoded(key, files, skipped)


def _decoded(key: str, files: dict[str, bytes], skipped: Skipped) -> Iterator[PortraitSample]:
    if not files:
        return
    try:
        sample = decode(key, files)
    except FrameError as error:
        skipped(str(error))
        return
    yield sample
