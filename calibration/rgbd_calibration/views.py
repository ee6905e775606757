"""What one pair of pictures of the board says: corners in colour (and infrared), depth on the board."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float64
from rgbd_seg.errors import CalibrationError

Ids = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Corners:
    """Corners of the board found in one picture; ``ids`` index `Board.points`."""

    ids: Ids  # (n,)
    pixels: Float64  # (n, 2) pixels (u, v)

    def __post_init__(self) -> None:
        ids = np.asarray(self.ids, dtype=np.int64).reshape(-1)
        pixels = np.asarray(self.pixels, dtype=np.float64).reshape(-1, 2)
        if len(ids) != len(pixels) or len(np.unique(ids)) != len(ids):
            raise CalibrationError(f"{len(pixels)} corners with {len(np.unique(ids))} ids; expected one id each")
        if not np.isfinite(pixels).all():
            raise CalibrationError("corner positions hold NaN or infinity; expected finite pixels")
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "pixels", pixels)

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, keep: NDArray[np.bool_]) -> "Corners":
        """The corners where ``keep`` (n,) is True."""
        return Corners(ids=self.ids[keep], pixels=self.pixels[keep])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"ids": self.ids.tolist(), "pixels": np.round(self.pixels, 5).tolist()}

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> "Corners":
        """The inverse of `to_dict`."""
        return Corners(ids=np.asarray(content["ids"]), pixels=np.asarray(content["pixels"]))


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthSamples:
    """Measured depth at some pixels of the depth picture that lie on the board."""

    pixels: Float64  # (m, 2) pixels (u, v) of the depth camera
    metres: Float64  # (m,) z-depth as measured, before any correction

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", np.asarray(self.pixels, dtype=np.float64).reshape(-1, 2))
        object.__setattr__(self, "metres", np.asarray(self.metres, dtype=np.float64).reshape(-1))
        if len(self.pixels) != len(self.metres):
            raise CalibrationError(f"{len(self.metres)} depths at {len(self.pixels)} pixels; expected as many")

    def __len__(self) -> int:
        return len(self.metres)

    def only(self, keep: NDArray[np.bool_]) -> "DepthSamples":
        """The samples where ``keep`` (m,) is True."""
        return DepthSamples(pixels=self.pixels[keep], metres=self.metres[keep])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; a hundredth of a millimetre is finer than any sensor's unit."""
        return {"pixels": np.round(self.pixels, 3).tolist(), "metres": np.round(self.metres, 6).tolist()}

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> "DepthSamples":
        """The inverse of `to_dict`."""
        return DepthSamples(pixels=np.asarray(content["pixels"]), metres=np.asarray(content["metres"]))


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """One pair of pictures, reduced to what the solver needs."""

    name: str
    color: Corners
    infrared: Corners | None = None  # in the depth camera's grid
    depth: DepthSamples | None = None
    temperature: float | None = None  # of the depth sensor, °C
    problem: str = ""  # why its pictures could not be used, if they could not

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "color": self.color.to_dict(),
            "infrared": None if self.infrared is None else self.infrared.to_dict(),
            "depth": None if self.depth is None else self.depth.to_dict(),
            "temperature": self.temperature,
            "problem": self.problem,
        }

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> "View":
        """The inverse of `to_dict`."""
        infrared, depth, temperature = content.get("infrared"), content.get("depth"), content.get("temperature")
        return View(
            name=str(content["name"]),
            color=Corners.from_dict(content["color"]),
            infrared=None if infrared is None else Corners.from_dict(infrared),
            depth=None if depth is None else DepthSamples.from_dict(depth),
            temperature=None if temperature is None else float(temperature),
            problem=str(content.get("problem", "")),
        )
