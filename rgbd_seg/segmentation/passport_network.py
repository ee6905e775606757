"""What every segmenter that is a network with a passport has in common."""

from pathlib import Path

from rgbd_seg.models.passport import Passport
from rgbd_seg.segmentation.engine import Engine, Execution, load_engine


class PassportNetwork:
    """A loaded network and where it comes from."""

    def __init__(self, passport: Passport, path: Path, *, device: str = "cpu") -> None:
        """
        Raises:
            ModelError: the file cannot be loaded.
            DeviceNotFoundError: the device is not there.
        """
        self._passport = passport
        self._engine: Engine = load_engine(passport, path, device)

    @property
    def name(self) -> str:
        """As in its passport."""
        return self._passport.name

    @property
    def needs_depth(self) -> bool:
        """False: colour is enough."""
        return False

    @property
    def passport(self) -> Passport:
        """Where the network comes from and how it is fed."""
        return self._passport

    @property
    def execution(self) -> Execution:
        """The engine and device that really run it."""
        return self._engine.execution
