"""Depth brought to the colour camera's view at the depth sensor's own resolution."""

from dataclasses import replace

from rgbd_seg.calibration import Calibration
from rgbd_seg.frames import FrameSet, RgbdFrame
from rgbd_seg.registration import Registration


class LiveRegistration:
    """Registers to a colour picture no finer than the sensor: a larger depth map would cost time and tell no more."""

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration
        color, sensor = calibration.color, calibration.depth
        shrink = min(1.0, sensor.fx / color.fx)
        size = max(round(color.width * shrink), 1), max(round(color.height * shrink), 1)
        self._registration = Registration(replace(calibration, color=color.resized(*size)))

    def register(self, frame: FrameSet) -> RgbdFrame:
        """``frame`` with its depth and confidence over the colour picture's field of view.

        Raises:
            FrameError: colour is not of the calibration's size.
            CalibrationMismatchError: depth is not of the calibration's size.
        """
        depth, shadow = self._registration(frame.raw_depth)
        confidence = None if frame.confidence is None else self._registration.confidence(frame.confidence, depth)
        return RgbdFrame(
            color=frame.color,
            depth=depth,
            shadow=shadow,
            confidence=confidence,
            intrinsics=self.calibration.color,
            timestamp=frame.color_timestamp,
        )
