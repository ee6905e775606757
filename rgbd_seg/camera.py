"""A camera's intrinsics: pixels to rays and back, true after resize, crop, turn and mirror."""

from dataclasses import dataclass, field, replace

import numpy as np

from rgbd_seg.arrays import Bool, Float64
from rgbd_seg.distortion import Distortion, NoDistortion
from rgbd_seg.errors import CalibrationError, ConfigError


@dataclass(frozen=True, kw_only=True)
class Intrinsics:
    """Image size, focal lengths, principal point and lens distortion; they travel together.

    Integer ``(u, v)`` is the centre of a pixel. Lengths are in pixels.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: Distortion = field(default_factory=NoDistortion)

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise CalibrationError(f"image size is {self.width}×{self.height}; expected at least 1×1")
        numbers = (self.fx, self.fy, self.cx, self.cy)
        if not np.isfinite(numbers).all() or self.fx <= 0 or self.fy <= 0:
            raise CalibrationError(
                f"fx={self.fx}, fy={self.fy}, cx={self.cx}, cy={self.cy}; "
                "expected finite numbers and positive focal lengths (pixels)"
            )

    @staticmethod
    def from_field_of_view(width: int, height: int, horizontal_degrees: float) -> "Intrinsics":
        """An ideal pinhole with square pixels and its axis through the centre of the picture."""
        if not 0 < horizontal_degrees < 180:
            raise ConfigError(f"field of view is {horizontal_degrees}°; expected between 0 and 180")
        f = width / 2 / np.tan(np.deg2rad(horizontal_degrees) / 2)
        return Intrinsics(width=width, height=height, fx=f, fy=f, cx=(width - 1) / 2, cy=(height - 1) / 2)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), as in an array's shape."""
        return self.height, self.width

    def matrix(self) -> Float64:
        """The 3×3 matrix K."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]])

    def project(self, points: Float64) -> tuple[Float64, Bool]:
        """Points in the camera's frame → pixels.

        Args:
            points: (..., 3) metres; x right, y down, z forward.
        Returns:
            (..., 2) pixels (u, v), not limited to the picture; (...) True where the point is in front of the
            camera and inside the lens model's one-to-one region. Other pixels are NaN.
        """
        points = np.asarray(points, dtype=np.float64)
        z = points[..., 2]
        in_front = z > 0
        xy = points[..., :2] / np.where(in_front, z, np.nan)[..., None]
        with np.errstate(all="ignore"):
            valid = in_front & self.distortion.in_domain(xy)
            bent = self.distortion.distort(xy)
        pixels = bent * (self.fx, self.fy) + (self.cx, self.cy)
        return np.where(valid[..., None], pixels, np.nan), valid

    def rays(self, pixels: Float64) -> tuple[Float64, Bool]:
        """Pixels → ideal normalised coordinates (X/Z, Y/Z).

        Args:
            pixels: (..., 2) pixels (u, v).
        Returns:
            (..., 2) normalised coordinates, NaN where the lens model cannot be inverted; (...) True elsewhere.
        """
        bent = (np.asarray(pixels, dtype=np.float64) - (self.cx, self.cy)) / (self.fx, self.fy)
        xy, valid = self.distortion.undistort(bent)
        return np.where(valid[..., None], xy, np.nan), valid

    def deproject(self, pixels: Float64, depth: Float64) -> tuple[Float64, Bool]:
        """Pixels and their z-depth → points in the camera's frame.

        Args:
            pixels: (..., 2) pixels (u, v).
            depth: (...) z-depth in metres, NaN = not measured.
        Returns:
            (..., 3) metres; (...) True where depth is measured (finite, positive) and the lens model invertible.
            Other points are NaN.
        """
        depth = np.asarray(depth, dtype=np.float64)
        xy, valid = self.rays(pixels)
        valid = valid & np.isfinite(depth) & (depth > 0)
        points = np.concatenate([xy * depth[..., None], depth[..., None]], axis=-1)
        return np.where(valid[..., None], points, np.nan), valid

    def contains(self, pixels: Float64) -> Bool:
        """(..., 2) pixels → (...) True inside the picture, edges of the outermost pixels included."""
        u, v = pixels[..., 0], pixels[..., 1]
        inside: Bool = (u >= -0.5) & (u <= self.width - 0.5) & (v >= -0.5) & (v <= self.height - 0.5)
        return inside

    def pixel_grid(self) -> Float64:
        """(H, W, 2) pixels (u, v) of every pixel centre."""
        u, v = np.meshgrid(np.arange(self.width), np.arange(self.height))
        return np.stack([u, v], axis=-1).astype(np.float64)

    def resized(self, width: int, height: int) -> "Intrinsics":
        """Intrinsics of the picture scaled to ``width`` × ``height`` (pixel areas keep their edges)."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=(self.cx + 0.5) * sx - 0.5,
            cy=(self.cy + 0.5) * sy - 0.5,
        )

    def cropped(self, left: int, top: int, width: int, height: int) -> "Intrinsics":
        """Intrinsics of the window that starts at pixel (left, top)."""
        return replace(self, width=width, height=height, cx=self.cx - left, cy=self.cy - top)

    def rotated(self, quarter_turns: int) -> "Intrinsics":
        """Intrinsics of the picture turned clockwise by ``quarter_turns`` × 90° (``np.rot90(…, -quarter_turns)``).

        Raises:
            CalibrationError: the lens model has a sensor tilt, which cannot be turned by 90°.
        """
        result = self
        for _ in range(quarter_turns % 4):
            result = Intrinsics(
                width=result.height,
                height=result.width,
                fx=result.fy,
                fy=result.fx,
                cx=result.height - 1 - result.cy,
                cy=result.cx,
                distortion=result.distortion.quarter_turned(),
            )
        return result

    def mirrored(self) -> "Intrinsics":
        """Intrinsics of the picture flipped left to right, for the world flipped alike."""
        return replace(self, cx=self.width - 1 - self.cx, distortion=self.distortion.mirrored())

    def undistorted(self) -> "Intrinsics":
        """The same camera with an ideal lens."""
        return replace(self, distortion=NoDistortion())
