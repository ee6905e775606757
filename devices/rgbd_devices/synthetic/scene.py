"""A sample as a colour and a depth camera on one swaying rig see it."""

import numpy as np

from rgbd_devices.synthetic.sensor_noise import NoiseModel
from rgbd_seg.arrays import Float32, Float64, UInt8, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.samples import load_sample
from rgbd_seg.transform import RigidTransform

_BASELINE = 0.025  # metres from colour to depth camera
_UNIT = 0.001
_YAW, _PITCH = np.deg2rad(1.6), np.deg2rad(0.8)  # of the sway
_YAW_PERIOD, _PITCH_PERIOD = 7.0, 5.0  # seconds


class Scene:
    """Renders any moment. The rig only turns, so that one picture and one depth map hold the whole truth."""

    def __init__(
        self, sample: str, size: tuple[int, int], depth_size: tuple[int, int], *, noise: str, motion: float, seed: int
    ) -> None:
        import cv2

        source = load_sample(sample)
        color, depth = source.frame.calibration.color, source.true_depth
        picture, depth, camera = _cropped(source.frame.color, depth, color, size)
        self._picture = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA if size[0] < 480 else 1)
        color = camera.resized(size[1], size[0])
        sensor = _sensor(camera, depth_size)
        self.calibration = Calibration(
            color=color,
            depth=sensor,
            T_color_depth=RigidTransform(rotation=np.eye(3), translation=np.array([_BASELINE, 0.0, 0.0])),
            metres_per_unit=_UNIT,
        )
        self._depth = seen_from_sensor(depth, camera, self.calibration)
        self._noise = NoiseModel(noise, self._depth, sensor, _BASELINE, seed=seed)
        self._motion = motion

    def color(self, seconds: float) -> UInt8:
        """(H, W, 3) the colour picture of a moment."""
        import cv2

        K, R = self.calibration.color.matrix(), self._turn(seconds)
        warp = K @ R @ np.linalg.inv(K)
        size = self.calibration.color.size[::-1]
        return np.asarray(
            cv2.warpPerspective(
                self._picture, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
            ),
            dtype=np.uint8,
        )  # fmt: skip

    def depth(self, seconds: float, shot: int, scale: float = 1.0) -> tuple[UInt16, Float32 | None, UInt16 | None]:
        """(h, w) raw depth, confidence and infrared of a moment; ``shot`` chooses the noise, ``scale`` is an error."""
        import cv2

        K, R = self.calibration.depth.matrix(), self._turn(seconds)
        back = R.T @ np.linalg.inv(K)
        height, width = self.calibration.depth.size
        warp = K @ back
        source = cv2.warpPerspective(
            self._noise.mean, np.linalg.inv(warp), (width, height), flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REFLECT_101,
        )  # fmt: skip
        # A point's z in the turned camera, from its z before the turn: linear in the pixel.
        u, v = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        stretch = np.float32(back[2, 0]) * u + (np.float32(back[2, 1]) * v + np.float32(back[2, 2]))
        exact = np.asarray(np.asarray(source, np.float32) / stretch, np.float32)
        return self._noise.measured(exact, shot, scale / _UNIT)

    def _turn(self, seconds: float) -> Float64:
        yaw = self._motion * _YAW * np.sin(2 * np.pi * seconds / _YAW_PERIOD)
        pitch = self._motion * _PITCH * np.sin(2 * np.pi * seconds / _PITCH_PERIOD)
        return RigidTransform.from_rotation_vector((pitch, yaw, 0.0)).rotation


def seen_from_sensor(depth: Float32, camera: Intrinsics, calibration: Calibration) -> Float32:
    """Exact depth moved from the colour camera's grid to the depth camera's.

    Args:
        depth: (H, W) z-depth in metres, NaN or 0 = not known.
        camera: of ``depth``; only its field of view must be that of ``calibration.color``.
    Returns:
        (h, w) z-depth in metres; NaN where the colour camera saw nothing.
    """
    import cv2

    sensor = calibration.depth
    fine = max(1.0, 1.5 * sensor.fx / camera.fx)  # denser than the target, or the nearest surface gets cracks
    width, height = round(camera.width * fine), round(camera.height * fine)
    dense = cv2.resize(np.nan_to_num(depth), (width, height), interpolation=cv2.INTER_NEAREST)
    u, v = np.meshgrid(np.arange(width), np.arange(height))
    camera = camera.resized(width, height)
    z = dense.astype(np.float64)
    points = np.stack([(u - camera.cx) / camera.fx * z, (v - camera.cy) / camera.fy * z, z], axis=-1)[z > 0]
    points = calibration.T_color_depth.inverse().apply(points)
    pixels, valid = sensor.project(points)
    valid &= sensor.contains(pixels)
    target = np.round(pixels[valid]).astype(np.int64).clip(0, (sensor.width - 1, sensor.height - 1))
    result = np.full(sensor.size, np.inf, np.float32)
    np.minimum.at(result, (target[:, 1], target[:, 0]), points[valid, 2].astype(np.float32))
    return np.where(np.isfinite(result), result, np.nan).astype(np.float32)


def _cropped(
    picture: UInt8, depth: Float32, camera: Intrinsics, size: tuple[int, int]
) -> tuple[UInt8, Float32, Intrinsics]:
    """The largest window of the wanted proportions."""
    height, width = picture.shape[:2]
    scale = min(height / size[0], width / size[1])
    rows, columns = round(size[0] * scale), round(size[1] * scale)
    top, left = (height - rows) // 8, (width - columns) // 2  # heads are above the middle
    window = np.s_[top : top + rows, left : left + columns]
    return picture[window], depth[window], camera.cropped(left, top, columns, rows)


def _sensor(camera: Intrinsics, size: tuple[int, int]) -> Intrinsics:
    """A depth camera that covers the colour camera's field of view."""
    focal = min(size[0] * camera.fy / camera.height, size[1] * camera.fx / camera.width)
    height, width = size
    return Intrinsics(width=width, height=height, fx=focal, fy=focal, cx=(width - 1) / 2, cy=(height - 1) / 2)
