"""Depth from two colour pictures: semi-global matching, left-right check, edge-aware smoothing, confidence."""

from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, Distortion, NoDistortion
from rgbd_seg.errors import CalibrationError, FrameError
from rgbd_seg.options import check_range
from rgbd_seg.transform import RigidTransform

_DISPARITY_UNITS = 16  # StereoSGBM counts sixteenths of a pixel


@dataclass(frozen=True, kw_only=True)
class StereoOptions:
    """Sizes are in pixels of the matched pictures."""

    disparities: int = 64  # searched; the nearest distance is focal length × baseline / this
    block: int = 5
    downscale: int = 2  # matching at half the size is four times as fast
    left_right_limit: float = 1.5  # both directions must agree this well
    smoothing: float = 8000.0  # WLS λ
    edge_sensitivity: float = 1.5  # WLS σ of colour
    metres_per_unit: float = 0.001

    def __post_init__(self) -> None:
        check_range("disparities", self.disparities, 16, 1024)
        check_range("block", self.block, 1, 31)
        check_range("downscale", self.downscale, 1, 8)
        check_range("left_right_limit", self.left_right_limit, 0, 100)
        check_range("metres_per_unit", self.metres_per_unit, 1e-6, 0.1)


class StereoMatcher:
    """Depth in the rectified left camera, for one pair of cameras."""

    def __init__(self, rig: Calibration, options: StereoOptions | None = None) -> None:
        """Prepare rectification.

        Args:
            rig: of the two cameras; its ``color`` is the left one, its ``depth`` the right one.
            options: None: the defaults.
        Raises:
            CalibrationError: the sizes differ, a lens is not a pinhole or Brown–Conrady one, or there is no baseline.
        """
        self._options = options or StereoOptions()
        self._rig = rig
        size = rig.color.size
        if rig.depth.size != size:
            raise CalibrationError(f"left is {size}, right {rig.depth.size} (h, w); expected equal sizes")
        pose = rig.T_color_depth.inverse()  # left → right
        self._size = round(size[1] / self._options.downscale), round(size[0] / self._options.downscale)
        left, right = (camera.resized(*self._size) for camera in (rig.color, rig.depth))
        turn_left, turn_right, new_left, new_right, *_ = cv2.stereoRectify(
            left.matrix(),
            _terms(left),
            right.matrix(),
            _terms(right),
            self._size,
            pose.rotation,
            pose.translation.reshape(3, 1),
            flags=cv2.CALIB_ZERO_DISPARITY,
            alpha=0,
        )
        self._baseline = float(-new_right[0, 3] / new_right[0, 0])
        if not self._baseline > 0:
            raise CalibrationError(
                f"the right camera is {self._baseline:.3g} m right of the left one; expected a level pair, left first"
            )
        self._maps = [
            cv2.initUndistortRectifyMap(camera.matrix(), _terms(camera), turn, new, self._size, cv2.CV_16SC2)
            for camera, turn, new in ((left, turn_left, new_left), (right, turn_right, new_right))
        ]
        self._rectified = Intrinsics(
            width=self._size[0],
            height=self._size[1],
            fx=float(new_left[0, 0]),
            fy=float(new_left[1, 1]),
            cx=float(new_left[0, 2]),
            cy=float(new_left[1, 2]),
        )
        self._turn = turn_left
        self._prepare_matchers()

    @property
    def calibration(self) -> Calibration:
        """Of the left picture as it is, and the depth that `match` gives."""
        back = RigidTransform(rotation=self._turn.T, translation=np.zeros(3))
        return Calibration(
            color=self._rig.color,
            depth=self._rectified,
            T_color_depth=back,
            metres_per_unit=self._options.metres_per_unit,
        )

    def match(self, left: UInt8, right: UInt8) -> tuple[UInt16, Float32]:
        """Raw depth and confidence.

        Args:
            left: (H, W, 3) RGB.
            right: (H, W, 3) RGB of the same moment.
        Returns:
            (h, w) depth units, 0 = not measured; (h, w) confidence in [0, 1].
        Raises:
            FrameError: a picture does not have the calibration's size.
        """
        for name, picture in (("left", left), ("right", right)):
            if picture.shape[:2] != self._rig.color.size:
                raise FrameError(f"{name} has (h, w) {picture.shape[:2]}; the rig is for {self._rig.color.size}")
        color_left, color_right = self._rectify(left, 0), self._rectify(right, 1)
        grey_left, grey_right = (cv2.cvtColor(color, cv2.COLOR_RGB2GRAY) for color in (color_left, color_right))
        disparity_left = self._left.compute(grey_left, grey_right)
        disparity_right = self._right.compute(grey_right, grey_left)
        smooth = self._filter.filter(disparity_left, color_left, disparity_map_right=disparity_right)
        agreed = self._agreed(disparity_left, disparity_right)
        confidence = np.where(agreed, self._filter.getConfidenceMap() / np.float32(255), np.float32(0))
        return self._depth(smooth, agreed), confidence.astype(np.float32)

    def _prepare_matchers(self) -> None:
        options = self._options
        searched = -(-options.disparities // 16) * 16  # SGBM wants a multiple of 16
        area = options.block**2
        self._left = cv2.StereoSGBM.create(
            minDisparity=0,
            numDisparities=searched,
            blockSize=options.block,
            P1=8 * area,
            P2=32 * area,
            preFilterCap=31,
            uniquenessRatio=5,
            speckleWindowSize=50,
            speckleRange=2,
            mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
        )
        self._right = cv2.ximgproc.createRightMatcher(self._left)
        self._filter = cv2.ximgproc.createDisparityWLSFilter(self._left)
        self._filter.setLambda(options.smoothing)
        self._filter.setSigmaColor(options.edge_sensitivity)

    def _rectify(self, picture: UInt8, side: int) -> UInt8:
        small = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.remap(small, *self._maps[side], cv2.INTER_LINEAR))

    def _agreed(self, left: np.ndarray, right: np.ndarray) -> Bool:
        """True where the right picture's own match leads back to the same pixel."""
        rows, columns = np.indices(left.shape)
        there = np.clip(columns - np.rint(left / _DISPARITY_UNITS).astype(np.intp), 0, left.shape[1] - 1)
        difference = np.abs(left + right[rows, there])  # the right matcher's disparities are negative
        agreed: Bool = (left > 0) & (difference <= self._options.left_right_limit * _DISPARITY_UNITS)
        return agreed

    def _depth(self, disparity: np.ndarray, agreed: Bool) -> UInt16:
        pixels = disparity.astype(np.float32) / _DISPARITY_UNITS
        usable = agreed & (pixels > 0)
        metres = self._rectified.fx * self._baseline / np.where(usable, pixels, 1)
        units = np.rint(metres / self._options.metres_per_unit)
        return np.where(usable & (units <= np.iinfo(np.uint16).max), units, 0).astype(np.uint16)


def _terms(camera: Intrinsics) -> np.ndarray:
    lens: Distortion = camera.distortion
    match lens:
        case NoDistortion():
            return np.zeros(5)
        case BrownConrady(terms=terms):
            return np.asarray(terms)
    raise CalibrationError(f"a stereo camera has the lens model {lens.name}; expected pinhole or brown_conrady")
