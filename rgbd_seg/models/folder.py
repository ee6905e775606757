"""Where network files lie on this machine: in the package, and in a folder where files are recognised by their hash."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rgbd_seg.atomic import replacing
from rgbd_seg.errors import ModelError, OutputError
from rgbd_seg.models.download import download
from rgbd_seg.models.fingerprint import matches, sha256_of, verify
from rgbd_seg.models.passport import Passport, load_passport
from rgbd_seg.models.registry import known_passports, shipped_path

VARIABLE = "RGBD_SEG_MODELS"
NETWORK_SUFFIXES = (".onnx", ".tflite")
Progress = Callable[[int, int], None]  # bytes done, bytes in all


def network_file(text: str, suffixes: tuple[str, ...] = NETWORK_SUFFIXES) -> Path | None:
    """The file that a user means, or None where it is the name of a network: names may have dots, too."""
    path = Path(text).expanduser()
    return path if path.is_file() or len(path.parts) > 1 or path.suffix in suffixes else None


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """A network this machine could run, and its file if it is here."""

    passport: Passport
    path: Path | None
    built_in: bool = False  # its file is part of the package


class ModelFolder:
    """The package's own networks, and the folder of others: ``RGBD_SEG_MODELS``, or one in the user's cache."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = Path(folder) if folder is not None else default_folder()

    @property
    def path(self) -> Path:
        """The folder itself; it need not exist yet."""
        return self._folder

    def list(self) -> tuple[ModelEntry, ...]:
        """Every network known by name, best first, and the user's own, which have a passport beside them.

        Raises:
            ModelError: the folder cannot be read.
        """
        entries = [
            ModelEntry(passport=passport, path=self._locate(passport), built_in=shipped_path(passport) is not None)
            for passport in known_passports()
        ]
        entries.extend(entry for entry in self._own() if isinstance(entry, ModelEntry))
        return tuple(sorted(entries, key=lambda entry: (entry.passport.rank, entry.passport.name)))

    def problems(self) -> tuple[str, ...]:
        """What is wrong with files that can therefore not be used."""
        damaged = (_incomplete(e.passport) for e in self.list() if e.built_in and e.path is None)
        return (*damaged, *(entry for entry in self._own() if isinstance(entry, str)))

    def find(self, name: str) -> tuple[Passport, Path]:
        """The network called ``name``.

        Raises:
            ModelError: there is no such network, or its file is not in the folder.
        """
        entries = self.list()
        for entry in entries:
            if entry.passport.name == name:
                if entry.path is None:
                    raise ModelError(self._absent(entry.passport))
                return entry.passport, entry.path
        known = ", ".join(entry.passport.name for entry in entries)
        left_out = "".join(f"; left out: {problem}" for problem in self.problems())
        raise ModelError(f"there is no network {name!r}; known are {known}{left_out}")

    def best(self) -> tuple[Passport, Path] | None:
        """The best network whose file is here, or None.

        Raises:
            ModelError: the package's own file is damaged or missing: nothing else silently takes its place.
        """
        for entry in self.list():
            if entry.path is not None:
                return entry.passport, entry.path
            if entry.built_in:
                raise ModelError(_incomplete(entry.passport))
        return None

    def add(self, name_or_path: str | Path, *, progress: Progress | None = None) -> Path:
        """Bring a network into the folder: a known name is downloaded, a file is copied with its passport.

        Returns:
            Where the file lies now. A file that is already there is left as it is.
        Raises:
            ModelError: unknown name, no network, a wrong hash, or a file without a passport.
            OutputError: the folder cannot be written.
        """
        known = {passport.name: passport for passport in known_passports()}
        passport = known.get(str(name_or_path))
        if passport is not None:
            return self._add_download(passport, progress)
        path = Path(name_or_path)
        if not path.is_file():
            raise ModelError(
                f"{str(name_or_path)!r} is neither a file nor a known network; known are {', '.join(known)}"
            )
        return self._add_file(path)

    def _add_download(self, passport: Passport, progress: Progress | None) -> Path:
        present = self._locate(passport)
        if present is not None:
            return present
        target = self._made() / passport.file
        download(passport, target, progress)
        return target

    def _add_file(self, path: Path) -> Path:
        passport = identify(path)
        target = self._locate(passport)
        if target is None:
            target = self._made() / passport.file
            self._check_free(target, passport)
            with replacing(target) as temporary:
                shutil.copyfile(path, temporary)
                verify(temporary, passport)
        if passport_path(path).is_file() and not passport_path(target).exists():
            with replacing(passport_path(target)) as temporary:
                shutil.copyfile(passport_path(path), temporary)
        return target

    def _check_free(self, target: Path, passport: Passport) -> None:
        """Refuse to put a network over another one, or beside one of the same name."""
        for entry in self.list():
            if entry.path == target or (entry.path is not None and entry.passport.name == passport.name):
                raise ModelError(
                    f"{entry.path} is already there as {entry.passport.name}; "
                    f"give {passport.name} another name and file in its passport"
                )

    def _made(self) -> Path:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot make the models folder {self._folder}: {error.strerror or error}; set {VARIABLE} to another"
            ) from error
        return self._folder

    def _files(self) -> tuple[Path, ...]:
        try:
            files = [path for path in self._folder.iterdir() if path.is_file() and not path.name.startswith(".")]
            return tuple(sorted(files))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ModelError(
                f"cannot read the models folder {self._folder}: {error.strerror or error}; set {VARIABLE} to another"
            ) from error

    def _locate(self, passport: Passport) -> Path | None:
        own = shipped_path(passport)
        files = self._files() if own is None else (own, *self._files())
        return next((path for path in files if matches(path, passport)), None)

    def _own(self) -> tuple[ModelEntry | str, ...]:
        """The user's own networks, and what is wrong with those that cannot be used."""
        found: tuple[ModelEntry | str, ...] = ()
        names = {passport.name for passport in known_passports()}
        for path in self._files():
            if path.suffix == ".json" or not passport_path(path).is_file():
                continue
            try:
                passport = load_passport(passport_path(path))
            except ModelError as error:
                found += (str(error),)
                continue
            if passport.name in names:
                found += (f"{passport_path(path)} has the name {passport.name!r}, which is taken; give it another",)
                continue
            names.add(passport.name)
            found += (ModelEntry(passport=passport, path=path),)
        return found

    def _absent(self, passport: Passport) -> str:
        if shipped_path(passport) is not None:
            return _incomplete(passport)
        same_name = self._folder / passport.file
        if same_name.is_file():
            return (
                f"{same_name} is not the file of {passport.name}: sha256 {sha256_of(same_name)}, expected "
                f"{passport.sha256}; it is damaged or another version, delete it and run "
                f"'rgbd-seg models add {passport.name}'"
            )
        return (
            f"the file of {passport.name} is not in the models folder {self._folder}; "
            f"run 'rgbd-seg models add {passport.name}' or set {VARIABLE} to the folder that has it"
        )


def _incomplete(passport: Passport) -> str:
    path = shipped_path(passport)
    found = f"has the sha256 {sha256_of(path)}" if path is not None and path.is_file() else "is not there"
    return (
        f"{path}, which came with rgbd-seg, {found}; its passport expects {passport.sha256}. "
        "Install rgbd-seg again, or name another segmenter"
    )


def default_folder() -> Path:
    """``RGBD_SEG_MODELS`` if set, else ``rgbd-seg/models`` in the user's cache folder."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    if os.name == "nt":
        cache = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "rgbd-seg" / "models"


def passport_path(path: Path) -> Path:
    """The passport beside a network file: ``net.onnx`` has ``net.onnx.json``."""
    return path.with_name(path.name + ".json")


def identify(path: Path) -> Passport:
    """The passport of a network file: the one beside it, else a known one with this hash.

    Raises:
        ModelError: the file is missing, is not what its passport says, or nothing describes it.
    """
    if not path.is_file():
        raise ModelError(f"there is no network file {path}; give the path of an .onnx or .tflite file")
    beside = passport_path(path)
    if beside.is_file():
        passport = load_passport(beside)
        verify(path, passport)
        return passport
    found = sha256_of(path)
    for passport in known_passports():
        if found == passport.sha256:
            return passport
        if path.name == passport.file:
            verify(path, passport)
    example = resources.files("rgbd_seg.models") / "passports" / "sinet.json"
    raise ModelError(
        f"nothing is known of {path} (sha256 {found}); write its passport as {beside.name} beside it, "
        f"in the form of {example}"
    )
