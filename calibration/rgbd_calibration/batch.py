"""Many units at once: each in a process of its own, so that a bad one never stops the rest."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from rgbd_calibration.outputs import write_json
from rgbd_calibration.run_info import hash_files, software_version
from rgbd_seg import atomic
from rgbd_seg.errors import ConfigError, FrameError, RgbdSegError

STATE = "batch.json"
_COULD_NOT_JUDGE = 2
_CODES = (0, 1, 2)
_FILES = ("--board", "--initial", "--limits")  # options that may name a file which decides the outcome
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """How a batch runs."""

    jobs: int  # units at a time
    again: bool = False  # solve also what is solved already
    most_seconds: float = 600.0  # for one unit

    def __post_init__(self) -> None:
        if self.jobs < 1 or self.most_seconds <= 0:
            raise ConfigError(f"jobs is {self.jobs}, most_seconds {self.most_seconds}; expected at least 1, above 0")


@dataclass(frozen=True, kw_only=True)
class UnitOutcome:
    """What became of one unit."""

    serial: str
    exit_code: int  # 0 pass, 1 fail, 2 could not judge
    message: str  # the last line that solve said
    seconds: float
    key: str  # of its pictures, the options with their files, and the software: what this outcome is of
    skipped: bool = False  # it was solved before with the same key


def find_units(folder: Path, color: str) -> list[Path]:
    """Sub-folders that hold colour pictures, by name; each is one unit.

    Raises:
        FrameError: there is none.
    """
    if not folder.is_dir():
        raise FrameError(f"{folder} is not a folder; expected one with a sub-folder of pictures for each unit")
    units = sorted(path for path in folder.iterdir() if path.is_dir() and any(path.glob(color)))
    if not units:
        raise FrameError(f"no sub-folder of {folder} holds {color}; expected one sub-folder for each unit")
    return units


def run_batch(
    units: Sequence[Path],
    output: Path,
    arguments: Sequence[str],
    options: BatchOptions,
    *,
    done: Callable[[UnitOutcome], None] | None = None,
) -> list[UnitOutcome]:
    """Solve every unit into ``output/SERIAL``; units judged before are skipped.

    They are judged again when their pictures, an option, the content of a file that an option names (the board, the
    limits, the initial calibration) or the software has changed.

    Args:
        arguments: options passed to every `solve`.
        done: called in this thread as each unit ends.
    Returns:
        One outcome for each unit, in their order.
    Raises:
        OutputError: the output folder cannot be made.
    """
    atomic.make_folder(output)
    outcomes: dict[Path, UnitOutcome] = {}
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            tasks = {pool.submit(_run_unit, unit, output / unit.name, arguments, options): unit for unit in units}
            for task in as_completed(tasks):
                outcomes[tasks[task]] = task.result()
                if done is not None:
                    done(task.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)  # Ctrl-C: what has begun ends, the rest is for the next time
            raise
    return [outcomes[unit] for unit in units]


def _run_unit(unit: Path, output: Path, arguments: Sequence[str], options: BatchOptions) -> UnitOutcome:
    start = time.monotonic()
    key = ""
    try:
        key = _key(unit, arguments)
        known = None if options.again else _known(output / STATE, key)
        if known is not None:
            return known
        code, message = _solve(unit, output, arguments, options)
        outcome = UnitOutcome(
            serial=unit.name, exit_code=code, message=message, seconds=time.monotonic() - start, key=key
        )
        atomic.make_folder(output)
        write_json(output / STATE, asdict(outcome))
    except (RgbdSegError, OSError) as error:
        seconds = time.monotonic() - start
        outcome = UnitOutcome(
            serial=unit.name, exit_code=_COULD_NOT_JUDGE, message=str(error), seconds=seconds, key=key
        )
    return outcome


def _solve(unit: Path, output: Path, arguments: Sequence[str], options: BatchOptions) -> tuple[int, str]:
    command = [sys.executable, "-m", "rgbd_calibration.cli", "solve", str(unit), "-o", str(output), "--quiet"]
    threads = str(max(1, (os.cpu_count() or 1) // options.jobs))
    try:
        run = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=options.most_seconds,
            env=os.environ | dict.fromkeys(_THREAD_VARIABLES, threads),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _COULD_NOT_JUDGE, f"took longer than {options.most_seconds:g} s and was stopped"
    if run.returncode not in _CODES:
        return _COULD_NOT_JUDGE, f"solve ended with code {run.returncode}: {_last_line(run.stderr)}"
    return run.returncode, _last_line(run.stderr) or run.stdout.partition("\n")[0]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("rgbd-calibrate: error: ") if lines else ""


def _key(unit: Path, arguments: Sequence[str]) -> str:
    pictures = hash_files(path for path in unit.rglob("*") if path.is_file())
    named = [hash_files([Path(value)]) for name, value in pairwise(arguments) if _is_file(name, value)]
    return hashlib.sha256("\0".join([software_version(), pictures, *named, *arguments]).encode()).hexdigest()


def _is_file(name: str, value: str) -> bool:
    return name in _FILES and Path(value).is_file()


def _known(state: Path, key: str) -> UnitOutcome | None:
    try:
        content = json.loads(state.read_text(encoding="utf-8"))
        known = UnitOutcome(**{**content, "skipped": True})
    except (OSError, ValueError, TypeError):
        return None  # never finished, or damaged: solve it
    # What could not be judged is tried again: the cause may have been the machine, not the pictures.
    return known if known.key == key and known.exit_code in (0, 1) else None
