"""What a folder of shards was made with, so that a later run goes on with the same or refuses."""

import json
from pathlib import Path
from typing import Any

from rgbd_seg.atomic import write_bytes
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.generation.options import SynthOptions

FILE = "synth.json"
VERSION = 2  # raised whenever equal options would give other files


def check(options: SynthOptions, output: Path) -> None:
    """Compare with what is there, and write down what is made from now on.

    Raises:
        ConfigError: another set is in the folder.
        OutputError: nothing may be written.
    """
    path = output / FILE
    wanted = options.identity() | {"version": VERSION}
    if path.exists():
        found = _read(path)
        differing = [k for k in wanted if found.get(k) != wanted[k]]
        if differing:
            name = differing[0]
            raise ConfigError(
                f"{output} holds a set made with {name} {found.get(name)!r}, now {wanted[name]!r} is asked for; "
                "choose another folder, or the same options to go on"
            )
        _extend(options, output, int(found.get("count", 0)))
    elif any(output.glob("*.tar")):
        raise ConfigError(f"{output} holds shards but no {FILE}; choose an empty folder")
    text = json.dumps(wanted | {"count": options.count}, indent=1, sort_keys=True)
    write_bytes(path, text.encode())


def _extend(options: SynthOptions, output: Path, before: int) -> None:
    """More samples than before: the shard that ended early is made anew."""
    from rgbd_seg.training.synthetic.generation.run import shard_path

    if options.count < before:
        raise ConfigError(f"{output} holds a set of {before} samples; expected -n {before} or more")
    per_shard = options.per_scene * options.scenes_per_shard
    if options.count > before and before % per_shard:
        shard_path(options, output, before // per_shard).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); choose another folder") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path} is not what rgbd-seg synth writes; choose another folder")
    return found
