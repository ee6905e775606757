"""What a foreign file does not say and the user must."""

from dataclasses import dataclass

from rgbd_seg.errors import CalibrationFileError, ConfigError


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Facts that complete a foreign calibration file. Each is needed only by formats that lack it."""

    metres_per_unit: float | None = None  # raw depth × this = metres
    color_size: tuple[int, int] | None = None  # (width, height) of the colour pictures
    depth_size: tuple[int, int] | None = None  # (width, height) of the depth pictures

    def __post_init__(self) -> None:
        if self.metres_per_unit is not None and not 0 < self.metres_per_unit < 1:
            raise ConfigError(f"metres_per_unit is {self.metres_per_unit}; expected a length below 1 m, such as 0.001")
        for name, size in (("color_size", self.color_size), ("depth_size", self.depth_size)):
            if size is not None and min(size) < 1:
                raise ConfigError(f"{name} is {size[0]}×{size[1]}; expected at least 1×1")

    def depth_unit(self, stored: object, source: str) -> float:
        """The user's unit of raw depth if given, else the file's own.

        Raises:
            CalibrationFileError: neither says it.
        """
        if self.metres_per_unit is not None:
            return self.metres_per_unit
        if stored is None:
            raise CalibrationFileError(
                f"{source} does not say how long one unit of raw depth is; give --metres-per-unit (0.001 = millimetres)"
            )
        return float(stored)  # type: ignore[arg-type]
