"""Raw depth, moved into the colour camera's picture."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt16, describe
from rgbd_seg.bands import Bands
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationMismatchError, ConfigError, FrameError
from rgbd_seg.frames import FrameSet, RawFrame, RgbdFrame
from rgbd_seg.options import check_range
from rgbd_seg.registration_geometry import RegistrationGeometry
from rgbd_seg.registration_layout import BLOCK, GROUP, NODE

_CORRECTED_UNIT = 2e-4  # metres: finer than any sensor's noise, and 16 bits still reach 13 m


@dataclass(frozen=True, kw_only=True)
class RegistrationOptions:
    """How registration decides what belongs together, and how many threads it takes."""

    surface_step: float = 0.02  # neighbours whose depths differ by less than this fraction are one surface
    threads: int | None = None  # None: all cores

    def __post_init__(self) -> None:
        check_range("surface_step", self.surface_step, 0.001, 0.5)
        if self.threads is not None:
            check_range("threads", self.threads, 1, 1024)


class Registration:
    """Registers the depth of one calibrated pair of cameras, frame after frame.

    Depth pixel → depth camera → colour camera → colour pixel, lens distortion of both honoured. The nearest
    surface wins; a surface stays whole however many colour pixels it covers, and nothing is drawn between two
    surfaces. The result does not depend on the number of threads. Making one takes longer than using it: keep it.
    """

    def __init__(self, calibration: Calibration, options: RegistrationOptions | None = None) -> None:
        self.calibration = calibration
        self.options = options or RegistrationOptions()
        self._geometry = RegistrationGeometry.of(calibration, block=BLOCK, group=GROUP, node=NODE)
        self._bands = Bands(self.options.threads)
        # A coarse sensor sees steeper steps between its pixels on the same slanted surface (up to 80°).
        coarse = 6.0 / min(calibration.depth.fx, calibration.depth.fy)
        self._step = np.float32(max(self.options.surface_step, min(coarse, 0.1)))

    def __call__(
        self, raw_depth: UInt16, *, temperature: float | None = None, out: tuple[Float32, Bool] | None = None
    ) -> tuple[Float32, Bool]:
        """Depth as the colour camera would have measured it, put right first if the calibration says how.

        The second result is the depth camera's shadow: pixels that it cannot see, because something nearer
        hides them from it or because they lie outside its picture. A pixel that it could see but did not
        measure is no shadow. Pixels without depth are judged as if they lay on the farther of the surfaces
        left and right of them (infinitely far if there is none).

        Args:
            raw_depth: (h, w) sensor units, 0 = not measured.
            temperature: of the depth sensor, °C, for the calibration's correction.
            out: arrays to write into, as returned by an earlier call; new ones are made if None.
        Returns:
            (H, W) z-depth in metres, NaN = not measured; (H, W) True where the depth camera is blind.
        Raises:
            FrameError: ``raw_depth`` is no (h, w) uint16 array.
            CalibrationMismatchError: ``raw_depth`` is not the size the calibration was made for.
        """
        # Imported here: the compiler takes half a second to load.
        from rgbd_seg.registration_kernels import draw_band, tile_bounds
        from rgbd_seg.shadow_kernels import finish_band

        self._check_raw(raw_depth)
        depth, shadow = self._outputs(out)
        geometry = self._geometry
        metres = np.float32(self.calibration.metres_per_unit)
        if self.calibration.depth_correction is not None:
            raw_depth, metres = self._corrected(raw_depth, temperature), np.float32(_CORRECTED_UNIT)
        native = np.require(raw_depth, requirements=["C", "W"])  # read-only arrays would be compiled for anew
        turned = np.ascontiguousarray(np.rot90(native, geometry.turns))
        color, sensor = geometry.color_lens, geometry.depth_lens
        bounds = tile_bounds(
            turned, metres, geometry.corners, geometry.move, color.kind, color.terms, color.radial,
            geometry.footprints, depth.shape[1],
        )  # fmt: skip

        def band(first: int, last: int) -> None:
            draw_band(
                turned, metres, self._step, geometry.directions, geometry.rays, geometry.move, color.kind,
                color.terms, color.radial, geometry.footprints, bounds, first, last, depth,
            )  # fmt: skip
            finish_band(
                native, metres, self._step, geometry.color_nodes, geometry.back, sensor.kind, sensor.terms,
                sensor.radial, first, last, depth, shadow,
            )  # fmt: skip

        self._bands.run(band, depth.shape[0])
        return depth, shadow

    def confidence(self, confidence: Float32, depth: Float32) -> Float32:
        """The sensor's confidence where ``depth``, a result of this registration, was measured; 0 elsewhere.

        Args:
            confidence: (h, w) in [0, 1], in the sensor's grid.
            depth: (H, W) registered z-depth in metres.
        Returns:
            (H, W) in [0, 1].
        Raises:
            CalibrationMismatchError: one of them is not the size the calibration was made for.
        """
        from rgbd_seg.shadow_kernels import look_up_band

        _check_size("confidence", confidence, np.float32, self.calibration.depth.size)
        _check_size("depth", depth, np.float32, self.calibration.color.size)
        geometry, sensor = self._geometry, self._geometry.depth_lens
        values, registered = np.require(confidence, requirements=["C", "W"]), np.require(depth, requirements=["C", "W"])
        result = np.empty(depth.shape, np.float32)
        self._bands.run(
            lambda first, last: look_up_band(
                values, geometry.color_nodes, geometry.back, sensor.kind, sensor.terms, sensor.radial, first, last,
                registered, result,
            ),
            depth.shape[0],
        )  # fmt: skip
        return result

    def register(self, frame: RawFrame) -> RgbdFrame:
        """``frame`` with its depth and confidence in the colour picture.

        Raises:
            CalibrationMismatchError: colour or depth is not the size the calibration was made for.
        """
        color = self.calibration.color
        if frame.color.shape[:2] != color.size:
            raise CalibrationMismatchError(
                f"colour is {frame.color.shape[1]}×{frame.color.shape[0]}, the calibration is for "
                f"{color.width}×{color.height}; use the calibration of this stream, or resize its intrinsics"
            )
        temperature = frame.temperature if isinstance(frame, FrameSet) else None
        depth, shadow = self(frame.raw_depth, temperature=temperature)
        confidence = None if frame.confidence is None else self.confidence(frame.confidence, depth)
        return RgbdFrame(
            color=frame.color,
            depth=depth,
            confidence=confidence,
            shadow=shadow,
            intrinsics=color,
            timestamp=frame.color_timestamp,
        )

    def _corrected(self, raw: UInt16, temperature: float | None) -> UInt16:
        """Raw depth after the calibration's correction, in units of ``_CORRECTED_UNIT``."""
        measured = np.where(raw > 0, raw * np.float32(self.calibration.metres_per_unit), np.float32(np.nan))
        units = np.round(self.calibration.correct(measured, temperature) / np.float32(_CORRECTED_UNIT))
        known = (units >= 1) & (units <= np.iinfo(np.uint16).max)  # false for NaN
        return np.where(known, units, 0).astype(np.uint16)

    def _check_raw(self, raw: UInt16) -> None:
        if not isinstance(raw, np.ndarray) or raw.ndim != 2 or raw.dtype != np.uint16:
            raise FrameError(f"raw depth is {describe(raw)}; expected an (h, w) uint16 array")
        _check_size("raw depth", raw, np.uint16, self.calibration.depth.size)

    def _outputs(self, out: tuple[Float32, Bool] | None) -> tuple[Float32, Bool]:
        size = self.calibration.color.size
        if out is None:
            return np.empty(size, np.float32), np.empty(size, np.bool_)
        depth, shadow = out
        for array, kind in ((depth, np.float32), (shadow, np.bool_)):
            if array.shape != size or array.dtype != kind or not array.flags.c_contiguous or not array.flags.writeable:
                raise ConfigError(
                    f"out holds {describe(array)}; expected a writable contiguous {np.dtype(kind).name} array of "
                    f"shape {size}"
                )
        return depth, shadow


def registered_depth(raw: UInt16, calibration: Calibration) -> tuple[Float32, Bool]:
    """Depth as the colour camera would have measured it, once; keep a `Registration` for many frames.

    Args:
        raw: (h, w) sensor units, 0 = not measured.
    Returns:
        (H, W) z-depth in metres, NaN = not measured; (H, W) True where the depth camera is blind.
    Raises:
        CalibrationMismatchError: ``raw`` is not the size the calibration was made for.
    """
    return Registration(calibration)(raw)


def register(frame: RawFrame) -> RgbdFrame:
    """``frame`` registered with its own calibration, once; keep a `Registration` for many frames.

    Raises:
        CalibrationMismatchError: colour or depth is not the size the calibration was made for.
    """
    return Registration(frame.calibration).register(frame)


def _check_size(name: str, values: np.ndarray, dtype: type, size: tuple[int, int]) -> None:
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype != dtype:
        raise FrameError(f"{name} is {describe(values)}; expected a two-dimensional {np.dtype(dtype).name} array")
    if values.shape != size:
        raise CalibrationMismatchError(
            f"{name} is {values.shape[1]}×{values.shape[0]}, the calibration is for {size[1]}×{size[0]}; "
            "use the calibration of this stream, or resize its intrinsics"
        )
