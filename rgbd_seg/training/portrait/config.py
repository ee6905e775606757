"""A training run as one TOML file; every key is known, every value checked."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_choice, check_range

_T = TypeVar("_T")
_EXTENDS = "extends"


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Which network, and what it starts from."""

    size: str = "base"
    start: str = ""  # a checkpoint or an exported file whose weights are taken; empty: random
    norms: str = "batch"  # "frozen": batch norms keep the statistics of the start; a step is a sixth faster
    fine_levels: str = "trained"  # "frozen": those down to 1/8 keep the weights of the start; two thirds of the time
    keep_start: float = 0.0  # share of the start in the delivered weights; the rest is what the run came to

    def __post_init__(self) -> None:
        check_choice("network.size", self.size, ("tiny", "base", "large"))
        check_choice("network.norms", self.norms, ("batch", "frozen"))
        check_choice("network.fine_levels", self.fine_levels, ("trained", "frozen"))
        if self.fine_levels == "frozen" and self.norms != "frozen":
            raise ConfigError("network.fine_levels is 'frozen' and network.norms is not; expected both or neither")
        check_range("network.keep_start", self.keep_start, 0, 1)


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Packed sets (made with ``rgbd-seg pack``) and how they are mixed."""

    train: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()  # how often each set is drawn, relative; empty: by the number of its pictures
    validate: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()  # folders of pictures without people, or packed sets of them
    image_size: int = 192
    depth_dropout: float = 0.5  # share of examples that have no depth
    imagined_depth: float = 0.5  # share of the photographs without depth that are given some, after the dropout
    previous_share: float = 0.25  # share of examples that have the previous frame's alpha
    composite: float = 0.4  # share of examples with a known alpha that are put before another background
    afar: float = 0.0  # share of those of them that are photographs without depth and are shown further away
    afar_rendered: float = 0.0  # share of those of them that have depth, which they lose; it may be imagined anew
    misregistration_px: float = 5.0  # at 256 pixels of width

    def __post_init__(self) -> None:
        if self.image_size < 64 or self.image_size % 32:
            raise ConfigError(f"data.image_size is {self.image_size}; expected a multiple of 32 from 64 up")
        if self.weights and len(self.weights) != len(self.train):
            raise ConfigError(f"data.weights has {len(self.weights)} numbers for {len(self.train)} training sets")
        for name in ("depth_dropout", "imagined_depth", "previous_share", "composite", "afar", "afar_rendered"):
            check_range(f"data.{name}", getattr(self, name), 0, 1)
        check_range("data.misregistration_px", self.misregistration_px, 0, 50)


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Weights of the parts of the loss; 0 leaves one out."""

    bce: float = 1.0
    l1: float = 1.0
    laplacian: float = 1.0
    gradient: float = 1.0
    composition: float = 0.5
    agreement: float = 0.2  # between depth on and off
    semantic: float = 0.3  # the semantic branch's own answer
    semantic_held: float = 0.0  # and its own answer to what is held, relative to `held`
    people: float = 0.3
    held: float = 0.5
    held_emphasis: float = 0.0  # what the subject holds is a hundredth of the picture: it counts 1 + this in bce and l1
    held_balance: float = 0.0  # and 1 + this in the output for held objects, which else learns that there are none

    def __post_init__(self) -> None:
        for part in dataclasses.fields(self):
            check_range(f"loss.{part.name}", getattr(self, part.name), 0, 100)


@dataclass(frozen=True, kw_only=True)
class OptimiserConfig:
    """How the weights move."""

    name: str = "adamw"
    learning_rate: float = 3e-3
    schedule: str = "cosine"
    warmup_steps: int = 100
    weight_decay: float = 0.02
    clip_norm: float = 2.0
    average: float = 0.998  # exponential moving average of the weights; 0: none

    def __post_init__(self) -> None:
        check_choice("optimiser.name", self.name, ("adam", "adamw"))
        check_choice("optimiser.schedule", self.schedule, ("cosine", "constant"))
        check_range("optimiser.learning_rate", self.learning_rate, 1e-8, 1)
        check_range("optimiser.warmup_steps", self.warmup_steps, 0, 10**6)
        check_range("optimiser.weight_decay", self.weight_decay, 0, 1)
        check_range("optimiser.clip_norm", self.clip_norm, 1e-3, 1e6)
        check_range("optimiser.average", self.average, 0, 0.99999)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """How long, on what, and what is written."""

    batch: int = 16
    full_size: float = 1.0  # share of a batch whose full-size answer is computed; of the rest the semantic branch's own
    epochs: float = 16
    precision: str = "auto"
    seed: int = 0
    workers: int = 1  # processes that prepare examples
    threads: int = 2
    checkpoint_minutes: float = 3.0
    validate_every: int = 500  # steps
    patience: int = 0  # validations without gain after which it stops; 0: never

    def __post_init__(self) -> None:
        check_choice("run.precision", self.precision, ("auto", "float32", "bfloat16"))
        check_range("run.batch", self.batch, 2, 65536)
        check_range("run.full_size", self.full_size, 1e-3, 1)
        check_range("run.epochs", self.epochs, 1e-3, 1e5)
        check_range("run.workers", self.workers, 0, 256)
        check_range("run.threads", self.threads, 1, 1024)
        check_range("run.checkpoint_minutes", self.checkpoint_minutes, 0, 1440)
        check_range("run.validate_every", self.validate_every, 1, 10**9)
        check_range("run.patience", self.patience, 0, 10**6)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything a run depends on."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: DataConfig = field(default_factory=DataConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        if self.loss.agreement and self.run.full_size < 1:
            raise ConfigError(
                f"run.full_size is {self.run.full_size} and loss.agreement {self.loss.agreement}: what is compared are "
                "full-size answers; expected 1, or no agreement"
            )

    @staticmethod
    def load(path: Path) -> "TrainingConfig":
        """Read a TOML file; paths in it are relative to its folder.

        ``extends = "other.toml"``, before the first section, takes from another file what this one does not say.

        Raises:
            ConfigError: it cannot be read, or holds an unknown key or a wrong value; the message says which.
        """
        try:
            return TrainingConfig.from_dict(_content(path, ()))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    @staticmethod
    def from_dict(content: dict[str, Any]) -> "TrainingConfig":
        """The inverse of `to_dict`; keys that are left out have their defaults.

        Raises:
            ConfigError: an unknown key or a wrong value.
        """
        known = get_type_hints(TrainingConfig)
        _refuse_unknown(content, known, "the configuration")
        return TrainingConfig(**{name: _section(known[name], values, name) for name, values in content.items()})

    def to_dict(self) -> dict[str, Any]:
        """As in the file, defaults included."""
        return dataclasses.asdict(self)


def _content(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """What a file says, over what the one it extends says; ``above`` are the files that led here."""
    if path.resolve() in above:
        raise ConfigError(f"the training configuration {path} extends itself; remove an 'extends'")
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the training configuration {path}: {error}") from error
    other = own.pop(_EXTENDS, None)
    if other is None:
        return own
    if not isinstance(other, str):
        raise ConfigError(f"{_EXTENDS} is {other!r}; expected the name of a file")
    merged = _content(path.parent / other, (*above, path.resolve()))
    for name, section in own.items():
        both = isinstance(section, dict) and isinstance(merged.get(name), dict)
        merged[name] = merged[name] | section if both else section
    return merged


def _section(kind: type[_T], values: object, name: str) -> _T:
    if not isinstance(values, dict):
        raise ConfigError(f"{name} is {values!r}; expected a section [{name}]")
    hints = get_type_hints(kind)
    _refuse_unknown(values, hints, f"[{name}]")
    return kind(**{key: _checked(value, hints[key], f"{name}.{key}") for key, value in values.items()})


def _refuse_unknown(content: dict[str, Any], known: dict[str, Any], where: str) -> None:
    if unknown := sorted(set(content) - set(known)):
        raise ConfigError(f"{where} has the unknown key {', '.join(unknown)}; it may have {', '.join(known)}")


def _checked(value: Any, kind: Any, name: str) -> Any:
    inner = get_args(kind)
    if inner:  # a tuple of one kind
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{name} is {value!r}; expected a list")
        return tuple(_checked(part, inner[0], name) for part in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(f"{name} is {value!r}; expected {kind.__name__}")
    return value
