"""The other Python that has Blender in it: found, checked and run."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rgbd_seg.errors import BackendMissingError, RgbdSegError

_SIDE = Path(__file__).parent / "blender_side"
_OLDEST, _NEWEST = (4, 2), (4, 5)  # the names of nodes and properties differ outside
_GET_IT = "python3.11 -m venv blender && blender/bin/pip install bpy==4.5.15, then --blender-python blender/bin/python"
_CHECK = "import bpy, json; print('BLENDER', json.dumps(list(bpy.app.version)))"
_CHECK_SECONDS = 120.0


class BlenderError(RgbdSegError, RuntimeError):
    """Blender started but did not render."""


@dataclass(frozen=True, kw_only=True)
class BlenderPython:
    """A Python interpreter that can import ``bpy``; this package never does so itself."""

    executable: Path
    version: tuple[int, int, int]

    @staticmethod
    def at(executable: Path) -> "BlenderPython":
        """Check that it is there, has Blender in it, and a version that this package knows.

        Raises:
            BackendMissingError: it is not so.
        """
        if not executable.is_file() or not os.access(executable, os.X_OK):
            raise BackendMissingError(f"{executable} is no program; expected Blender's Python. To get one: {_GET_IT}")
        try:
            done = subprocess.run(
                [str(executable), "-c", _CHECK], capture_output=True, text=True, timeout=_CHECK_SECONDS, env=_clean()
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BackendMissingError(f"{executable} cannot be run: {error}. To get one: {_GET_IT}") from error
        answers = [line for line in done.stdout.splitlines() if line.startswith("BLENDER ")]
        if done.returncode != 0 or not answers:
            reason = _last_line(done.stderr) or f"exit code {done.returncode}"
            raise BackendMissingError(f"{executable} has no usable bpy ({reason}). To get one: {_GET_IT}")
        version = tuple(json.loads(answers[0].removeprefix("BLENDER ")))
        if not _OLDEST <= version[:2] <= _NEWEST:
            raise BackendMissingError(
                f"{executable} has Blender {'.'.join(map(str, version))}; expected "
                f"{'.'.join(map(str, _OLDEST))} to {'.'.join(map(str, _NEWEST))}. To get one: {_GET_IT}"
            )
        return BlenderPython(executable=executable, version=(version[0], version[1], version[2]))

    def render(self, folder: Path, timeout: float) -> None:
        """Render the scene exported to ``folder``; what Blender says goes to ``blender.log`` there.

        Raises:
            BlenderError: it crashed, failed, or took longer than ``timeout`` seconds. What is done stays.
        """
        log = folder / "blender.log"
        command = [str(self.executable), "-m", "rgbd_cycles", str(folder)]
        with log.open("w", encoding="utf-8") as stream:
            try:
                done = subprocess.run(
                    command, stdout=stream, stderr=subprocess.STDOUT, timeout=timeout, env=_clean(_SIDE)
                )
            except subprocess.TimeoutExpired as error:
                raise BlenderError(
                    f"Blender was still rendering {folder.name} after {timeout:g} s and was stopped; run again to go "
                    "on from the finished passes, with fewer samples or more time"
                ) from error
        if done.returncode != 0:
            what = f"crashed (signal {-done.returncode})" if done.returncode < 0 else f"failed ({done.returncode})"
            last = _last_line(log.read_text(encoding="utf-8", errors="replace")) or "it said nothing"
            raise BlenderError(f"Blender {what} on {folder.name}: {last}; all it said is in {log}")


def _clean(path: Path | None = None) -> dict[str, str]:
    """This process's environment without what belongs to this Python: its packages must not meet Blender's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    kept["PYTHONNOUSERSITE"] = "1"
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    if path is not None:
        kept["PYTHONPATH"] = str(path)
    return kept


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
