"""What the synthetic camera shows and how."""

import re
from dataclasses import dataclass, field

from rgbd_devices.address import Address
from rgbd_devices.synthetic.faults import Faults
from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_choice, check_range
from rgbd_seg.samples import sample_names

NOISES = ("tof", "stereo", "none")
ADDRESS_OPTIONS = {
    "size": "640x480", "depth_size": "320x240", "rate": "30", "noise": "tof", "motion": "1", "realtime": "1",
    "seed": "0", "frames": "0", "faults": "",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SyntheticOptions:
    """Sizes are (height, width)."""

    sample: str = "wave"
    size: tuple[int, int] = (480, 640)
    depth_size: tuple[int, int] = (240, 320)
    rate: float = 30.0
    noise: str = "tof"  # tof: flying pixels, confidence and infrared; stereo: grows with the square, shadows; none
    motion: float = 1.0  # of the camera; 0: still
    realtime: bool = True  # False: as fast as it is read, on a clock of its own
    frames: int = 0  # after so many it ends like a recording; 0: endless
    seed: int = 0
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        check_choice("sample", self.sample, sample_names())
        check_choice("noise", self.noise, NOISES)
        check_range("rate", self.rate, 0.1, 1000)
        check_range("motion", self.motion, 0, 10)
        check_range("frames", self.frames, 0, 1 << 62)
        for height, width in (self.size, self.depth_size):
            check_range("height", height, 16, 1 << 13)
            check_range("width", width, 16, 1 << 13)

    @staticmethod
    def from_address(text: str) -> "SyntheticOptions":
        """From what stands behind ``synthetic:``, such as ``bob?size=1280x720&noise=stereo``.

        Raises:
            ConfigError: an unknown option, or a value out of its range.
        """
        address = Address.parse(text, ADDRESS_OPTIONS)
        seed = round(address.number("seed"))
        return SyntheticOptions(
            sample=address.place or "wave",
            size=_size(address.options["size"]),
            depth_size=_size(address.options["depth_size"]),
            rate=address.number("rate"),
            noise=address.options["noise"],
            motion=address.number("motion"),
            realtime=address.number("realtime") != 0,
            frames=round(address.number("frames")),
            seed=seed,
            faults=Faults.parse(address.options["faults"], seed=seed),
        )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", text)
    if found is None:
        raise ConfigError(f"size is {text!r}; expected WIDTHxHEIGHT, as 1280x720")
    return int(found[2]), int(found[1])
