"""What is said about a network when it is shipped."""

from dataclasses import dataclass
from pathlib import Path

from rgbd_seg.errors import ConfigError
from rgbd_seg.models.passport import check_name


@dataclass(frozen=True, kw_only=True)
class ReleaseOptions:
    """How a network is written, and what its passport says that the checkpoint does not know."""

    name: str
    title: str = ""
    licence: str = "Apache-2.0"
    source: str = ""  # page that describes the network
    rank: int = 1000  # of the float32 file in the automatic choice; the int8 file comes after it
    side: int = 256
    threads: int = 0  # 0: all cores
    previous_alpha: bool = False  # video gains by the frame before: see benchmarks/previous_alpha.py
    int8: bool = False
    calibration_sets: tuple[Path, ...] = ()  # from which int8 takes its ranges; never held out
    held_out: tuple[Path, ...] = ()  # on which the files are scored
    most_pictures: int = 300  # of each held-out set
    root: Path = Path()  # what paths in the run's configuration are relative to
    origins: Path | None = None
    hardware: str = ""
    command: str = ""
    known_failures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.side % 32 or not 64 <= self.side <= 1024:
            raise ConfigError(f"side is {self.side}; expected a multiple of 32 from 64 to 1024")
        if self.int8 and not (self.calibration_sets and self.held_out):
            raise ConfigError("int8 needs packed sets to take its ranges from and others to measure its loss on")
