"""How a depth camera's measurements are put right: terms found by calibration, applied fast."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rgbd_seg.arrays import Float32, Float64, check_map
from rgbd_seg.errors import CalibrationError, CalibrationFileError

_TABLE_REACH = 16.0  # metres; beyond, the last table entry's shift is used
_TABLE_STEP = 0.002  # metres; a wiggle of 8 mm over 0.3 m is off by 2 µm between two entries


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthCorrection:
    """Depth error by distance, by pixel and by temperature.

    With ``z`` the measurement brought to the reference temperature, ``z = measured · (1 − k · (T − T₀))``::

        corrected = scale · z + offset + wiggle(z) + surface(u, v)

    ``wiggle`` is a uniform cubic B-spline over ``wiggle_range`` – repeated without end when ``wiggle_periodic``,
    held at its end values otherwise; ``surface`` one over the picture, edge to edge.
    """

    size: tuple[int, int]  # (height, width) of the depth picture
    scale: float = 1.0
    offset: float = 0.0  # metres
    wiggle: tuple[float, ...] = ()  # spline coefficients, metres
    wiggle_range: tuple[float, float] = (0.0, 1.0)  # metres; one period when periodic
    wiggle_periodic: bool = False
    surface: tuple[tuple[float, ...], ...] = ()  # spline coefficients, rows of columns, metres
    temperature_coefficient: float = 0.0  # k, relative error per °C
    reference_temperature: float = 25.0  # T₀, °C

    def __post_init__(self) -> None:
        shortest = 1 if self.wiggle_periodic else 4
        if self.wiggle and len(self.wiggle) < shortest:
            raise CalibrationError(f"wiggle has {len(self.wiggle)} coefficients; expected at least {shortest}")
        if self.wiggle and not self.wiggle_range[0] < self.wiggle_range[1]:
            raise CalibrationError(f"wiggle_range is {self.wiggle_range}; expected its start before its end")
        if self.surface and (len(self.surface) < 4 or len({len(row) for row in self.surface}) != 1):
            raise CalibrationError("surface is not a table of at least 4×4 coefficients")
        if self.surface and len(self.surface[0]) < 4:
            raise CalibrationError(f"surface has {len(self.surface[0])} columns; expected at least 4")
        if not np.isfinite(self._numbers()).all() or self.scale <= 0:
            raise CalibrationError("the depth correction holds NaN or infinity, or its scale is not positive")

    def apply(self, depth: Float32, temperature: float | None = None) -> Float32:
        """Corrected depth.

        Args:
            depth: (h, w) z-depth in metres, NaN = not measured, in the depth camera's own grid.
            temperature: of the depth sensor, °C; None: as at the reference temperature.
        Returns:
            (h, w) z-depth in metres, NaN where ``depth`` is not a positive number.
        Raises:
            FrameError: ``depth`` is not float32 or not of this size.
        """
        from rgbd_seg.depth_correction_kernel import corrected

        check_map(depth, self.size, "depth")
        warming = self.warming(temperature)
        table, surface = self._table, self._surface_map
        result = np.empty(self.size, dtype=np.float32)
        corrected(np.ascontiguousarray(depth), np.float32(warming), table, np.float32(1 / _TABLE_STEP), surface, result)
        return result

    def corrected_metres(self, metres: Float64, pixels: Float64, temperature: Float64 | float | None = None) -> Float64:
        """(n,) corrected depth at some (n, 2) pixels (u, v); for fitting and reports. No tables, full precision."""
        z = metres * self.warming(temperature)
        corrected: Float64 = self.scale * z + self.offset + self.wiggle_at(z) + self.surface_at(pixels)
        return corrected

    def warming(self, temperature: Float64 | float | None) -> Any:
        """The factor that brings a measurement at ``temperature`` to the reference temperature."""
        if temperature is None:
            return 1.0
        return 1.0 - self.temperature_coefficient * (temperature - self.reference_temperature)

    def wiggle_at(self, z: Float64) -> Float64:
        """(n,) metres added for the distance-dependent error."""
        if not self.wiggle:
            return np.zeros_like(z)
        start, end = self.wiggle_range
        basis = spline_basis((z - start) / (end - start), len(self.wiggle), periodic=self.wiggle_periodic)
        return np.asarray(basis @ np.array(self.wiggle))

    def surface_at(self, pixels: Float64) -> Float64:
        """(n,) metres added for the per-pixel error."""
        if not self.surface:
            return np.zeros(len(pixels))
        coefficients = np.array(self.surface)
        down = spline_basis((pixels[:, 1] + 0.5) / self.size[0], coefficients.shape[0])
        along = spline_basis((pixels[:, 0] + 0.5) / self.size[1], coefficients.shape[1])
        return np.asarray(np.einsum("ni,ij,nj->n", down, coefficients, along))

    @cached_property
    def _table(self) -> Float32:
        z = np.arange(0.0, _TABLE_REACH, _TABLE_STEP)
        return (self.scale * z + self.offset + self.wiggle_at(z)).astype(np.float32)

    @cached_property
    def _surface_map(self) -> Float32:
        if not self.surface:
            return np.zeros((1, 1), dtype=np.float32)
        h, w = self.size
        coefficients = np.array(self.surface)
        down = spline_basis((np.arange(h) + 0.5) / h, coefficients.shape[0])
        along = spline_basis((np.arange(w) + 0.5) / w, coefficients.shape[1])
        return np.asarray(down @ coefficients @ along.T, dtype=np.float32)

    def _numbers(self) -> Float64:
        return np.array(
            [
                *(self.scale, self.offset, *self.wiggle, *self.wiggle_range),
                *(value for row in self.surface for value in row),
                *(self.temperature_coefficient, self.reference_temperature),
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; the ``depth_correction`` object of the calibration file."""
        return {
            "size": list(self.size),
            "scale": self.scale,
            "offset": self.offset,
            "wiggle": list(self.wiggle),
            "wiggle_range": list(self.wiggle_range),
            "wiggle_periodic": self.wiggle_periodic,
            "surface": [list(row) for row in self.surface],
            "temperature_coefficient": self.temperature_coefficient,
            "reference_temperature": self.reference_temperature,
        }

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> "DepthCorrection":
        """The inverse of `to_dict`.

        Raises:
            CalibrationFileError: a key is missing or of the wrong kind.
        """
        try:
            start, end = map(float, content["wiggle_range"])
            height, width = map(int, content["size"])
            return DepthCorrection(
                size=(height, width),
                scale=float(content["scale"]),
                offset=float(content["offset"]),
                wiggle=tuple(map(float, content["wiggle"])),
                wiggle_range=(start, end),
                wiggle_periodic=bool(content["wiggle_periodic"]),
                surface=tuple(tuple(map(float, row)) for row in content["surface"]),
                temperature_coefficient=float(content["temperature_coefficient"]),
                reference_temperature=float(content["reference_temperature"]),
            )
        except KeyError as error:
            raise CalibrationFileError(f"the depth correction lacks the key {error}") from error
        except TypeError as error:
            raise CalibrationFileError(f"the depth correction holds a value of the wrong kind: {error}") from error


def spline_basis(position: Float64, count: int, *, periodic: bool = False) -> Float64:
    """(n, count) weights of a uniform cubic B-spline's coefficients.

    Args:
        position: (n,) from 0 at the start to 1 at the end; outside, held at the ends, or wrapped when periodic.
    """
    pieces = count if periodic else count - 3
    x = np.mod(position, 1.0) if periodic else np.clip(position, 0.0, 1.0)
    piece = np.minimum(np.nan_to_num(x * pieces).astype(int), pieces - 1)
    t = x * pieces - piece
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]) / 6
    basis = np.zeros((len(position), count))
    rows = np.arange(len(position))
    for k in range(4):
        np.add.at(basis, (rows, (piece + k) % count), weights[k])
    return basis
