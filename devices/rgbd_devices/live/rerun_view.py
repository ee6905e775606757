"""Frame sets in the Rerun viewer, or in its file."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rgbd_devices.backend import load_backend
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import ConfigError, OutputError
from rgbd_seg.frames import FrameSet
from rgbd_seg.pipeline import Pipeline
from rgbd_seg.registration import register

_JPEG_QUALITY = 85


class RerunView:
    """Colour, raw depth in space, matte, temperature, over the camera's time; use it as a context."""

    def __init__(self, output: Path | None, pipeline: Pipeline | None) -> None:
        """A viewer window, or ``output``; ``pipeline`` finds the matte, None shows none.

        Raises:
            BackendMissingError: the Rerun SDK is not installed.
            ConfigError: the output's name does not end in .rrd.
        """
        if output is not None and output.suffix.lower() != ".rrd":
            raise ConfigError(f"the output is {output}; expected a name that ends in .rrd")
        if output is not None and not output.parent.is_dir():
            raise OutputError(f"there is no folder {output.parent}; make it first")
        self._rerun = load_backend("rerun", package="rerun-sdk", extra="view")
        self._output, self._pipeline = output, pipeline
        self._stream: Any = None
        self._session = -1

    def write(self, frame: FrameSet) -> None:
        """Show one frame set."""
        rerun, stream = self._rerun, self._stream
        if frame.session != self._session:
            self._session = frame.session
            self._log_cameras(frame)
        stream.set_time("camera", duration=frame.color_timestamp.nanoseconds * 1e-9)
        stream.log("color", rerun.Image(frame.color).compress(jpeg_quality=_JPEG_QUALITY))
        stream.log("depth", rerun.DepthImage(frame.raw_depth, meter=1 / frame.calibration.metres_per_unit))
        if self._pipeline is not None:
            stream.log("matte", rerun.Image((self._pipeline.matte(register(frame)).alpha * 255).astype("uint8")))
        if frame.temperature is not None:
            stream.log("temperature", rerun.Scalars(frame.temperature))

    def __enter__(self) -> Self:
        """Raises:
        OutputError: the file cannot be written.
        """
        self._stream = self._rerun.RecordingStream("rgbd-seg")
        try:
            if self._output is None:
                self._stream.spawn()
            else:
                self._stream.save(self._output)
        except (OSError, RuntimeError) as error:
            raise OutputError(f"Rerun could not be started: {error}; use --output FILE.rrd on this machine") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.flush()
        self._stream.disconnect()

    def _log_cameras(self, frame: FrameSet) -> None:
        calibration = frame.calibration
        pose = calibration.T_color_depth
        self._stream.log("color", self._pinhole(calibration.color), static=True)
        self._stream.log(
            "depth",
            self._rerun.Transform3D(translation=pose.translation, mat3x3=pose.rotation),
            self._pinhole(calibration.depth),
            static=True,
        )

    def _pinhole(self, camera: Intrinsics) -> Any:
        return self._rerun.Pinhole(image_from_camera=camera.matrix(), width=camera.width, height=camera.height)
