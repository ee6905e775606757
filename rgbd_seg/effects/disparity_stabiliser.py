"""Disparity steady in time, so that the noise of a depth camera does not make the blur flicker.

Every cell follows a running mean. What moves is let through: where the picture changed, or where disparity changed
together with its surroundings, the mean starts anew.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.depth_completion import DisparitySheets

_STEADY = 0.08  # of a new value, where nothing moves: the mean of about 25 frames
_COARSER = 4  # times, the grid on which the picture is compared
_STILL, _MOVED = 2.0, 8.0  # 8-bit steps of change of a cell's mean colour: none, and surely moved
_NEAR, _FAR = 0.03, 0.12  # change of disparity with its surroundings, as a share: noise, and another thing
_AROUND = 5  # cells
_CUT = 24.0  # 8-bit steps, mean change of the whole picture: another scene


class DisparityStabiliser:
    """Filters the sheets of a stream of frames; one per stream."""

    def __init__(self) -> None:
        self._color: Float32 | None = None
        self._sheets: DisparitySheets | None = None

    def reset(self) -> None:
        """Forget the frames before."""
        self._color = self._sheets = None

    def __call__(self, sheets: DisparitySheets, color: UInt8) -> DisparitySheets:
        """The sheets of the next frame, steady; ``sheets`` itself where the mean of all starts anew.

        Args:
            color: (H, W, 3) the frame's picture.
        """
        rows, columns = sheets.background.shape
        size = max(1, columns // _COARSER), max(1, rows // _COARSER)
        small = np.asarray(cv2.resize(color, size, interpolation=cv2.INTER_AREA), np.float32)
        before, old = self._color, self._sheets
        self._color = small
        if before is None or old is None or not _continues(before, small, old, sheets):
            self._sheets = sheets
            return sheets
        moved = _ramp(np.abs(small - before).max(axis=2), _STILL, _MOVED)
        moved = cv2.resize(cv2.dilate(moved, np.ones((3, 3), np.uint8)), (columns, rows))
        # A cell that was the subject's and is not any more has a past that is not its own.
        changed = np.asarray(moved, np.float32)
        self._sheets = DisparitySheets(
            _followed(old.background, sheets.background, changed),
            _followed(old.subject, sheets.subject, np.maximum(changed, old.solid != sheets.solid)),
            sheets.solid,
            sheets.measured,
        )
        return self._sheets


def _continues(before: Float32, small: Float32, old: DisparitySheets, new: DisparitySheets) -> bool:
    """Whether a frame shows the same scene as the one before."""
    if before.shape != small.shape or old.background.shape != new.background.shape or old.measured != new.measured:
        return False
    return float(np.abs(small - before).mean()) < _CUT


def _followed(old: Float32, new: Float32, moved: Float32) -> Float32:
    """The running mean, nearer to the new value the more a cell moved."""
    if old.shape != new.shape:
        return new
    apart = cv2.blur(new - old, (_AROUND, _AROUND))
    jump = _ramp(np.abs(apart) / np.maximum(np.abs(old), 1e-6), _NEAR, _FAR)
    share = _STEADY + (1 - _STEADY) * np.maximum(jump, moved)
    return (old + share * (new - old)).astype(np.float32)


def _ramp(values: Float32, low: float, high: float) -> Float32:
    return np.asarray(np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)
