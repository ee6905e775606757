"""Ways in which depth can be worse than it should be, and how far each is driven."""

from dataclasses import dataclass

from rgbd_seg.options import check_choice, check_range

UNITS = {
    "holes": "share of the picture without depth",
    "noise": "times the noise of a time-of-flight camera",
    "offset": "m too far",
    "calibration": "px off, of a picture 640 px long",
    "delay": "s that depth is older than colour",
    "resolution": "samples along the longer side",
    "none": "no depth at all",
}
_LIMITS = {
    "holes": (0, 0.95),
    "noise": (1, 64),
    "offset": (-0.5, 0.5),
    "calibration": (0, 64),
    "delay": (0, 2),
    "resolution": (8, 8192),
    "none": (0, 0),
}


@dataclass(frozen=True, order=True)
class Fault:
    """One kind of damage and its degree."""

    kind: str
    level: float = 0.0

    def __post_init__(self) -> None:
        check_choice("fault", self.kind, tuple(UNITS))
        check_range(f"level of {self.kind}", self.level, *_LIMITS[self.kind])

    def is_none(self) -> bool:
        """True for the first step of a sweep: depth as it came."""
        return self.level == (1.0 if self.kind == "noise" else 0.0) and self.kind != "none"

    def __str__(self) -> str:
        return self.kind if self.kind == "none" else f"{self.kind} {self.level:g}"


SWEEPS: dict[str, tuple[Fault, ...]] = {
    kind: tuple(Fault(kind, level) for level in levels)
    for kind, levels in {
        "holes": (0.0, 0.15, 0.3, 0.45, 0.6),
        "noise": (1.0, 2.0, 4.0, 8.0),
        "offset": (0.0, 0.01, 0.02, 0.05),
        # 20 of 640 px are 8 of the 256 px that the rendered pictures and the networks have.
        "calibration": (0.0, 1.0, 2.0, 4.0, 8.0, 20.0),
        "delay": (0.0, 0.033, 0.067, 0.1, 0.2),
        "resolution": (256.0, 128.0, 64.0, 32.0),
        "none": (0.0,),
    }.items()
}
