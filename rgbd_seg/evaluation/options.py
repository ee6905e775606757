"""What is evaluated, and how much of it."""

from dataclasses import dataclass
from pathlib import Path

from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_range


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions:
    """Sets and models by name or path; counts are per set."""

    sets: tuple[str, ...]
    models: tuple[str, ...] = ()  # names or files; none: all that are installed, and depth layers
    models_folder: Path | None = None
    limit: int | None = None  # samples
    sweep_limit: int | None = 200  # samples of every sweep; None: all
    sweep_models: tuple[str, ...] = ()  # none: the best network that is here
    sweep_methods: tuple[str, ...] = ("odds",)
    timed: int = 12  # samples on which time is taken, before anything runs in parallel
    worst: int = 6  # pictures in the grid of the worst
    workers: int = 2

    def __post_init__(self) -> None:
        if not self.sets:
            raise ConfigError("no set was given; expected at least one, such as --set samples")
        for name, low in (("limit", 1), ("sweep_limit", 0)):
            if (value := getattr(self, name)) is not None:
                check_range(name, value, low, 10**9)
        check_range("timed", self.timed, 0, 10**6)
        check_range("worst", self.worst, 0, 100)
        check_range("workers", self.workers, 1, 256)
