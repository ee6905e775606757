"""A known surface seen exactly by any camera: ground truth for registration.

A depth picture becomes a triangle mesh, cut where the surface breaks, before a wall; each camera's view is drawn by
projecting the vertices through its own lens and filling triangles at pixel centres.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numba import njit

from rgbd_seg.arrays import Float32, Float64, UInt8
from rgbd_seg.camera import Intrinsics
from rgbd_seg.transform import RigidTransform

RENDERED = Path(__file__).parents[2] / "shared" / "data" / "rendered"
_BREAK = 0.02  # relative step of depth where the mesh is cut


class Relief:
    """Vertices (n, 3) in metres and triangles (m, 3) in the frame of the picture they came from."""

    def __init__(self, depth: Float64, camera: Intrinsics, wall: float) -> None:
        points, _ = camera.deproject(camera.pixel_grid(), depth)
        height, width = depth.shape
        index = np.arange(height * width).reshape(height, width)
        corners = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]], axis=-1).reshape(-1, 4)
        triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [1, 3, 2]]])
        z = depth.ravel()[triangles]
        whole = z.max(axis=1) - z.min(axis=1) < _BREAK * z.min(axis=1)
        wall_points, wall_triangles = _wall(wall)
        self.vertices = np.concatenate([points.reshape(-1, 3), wall_points])
        self.triangles = np.concatenate([triangles[whole], wall_triangles + height * width])

    def seen_by(self, camera: Intrinsics, T_camera_scene: RigidTransform) -> Float32:
        """(H, W) true z-depth in metres, NaN where the camera sees nothing."""
        points = T_camera_scene.apply(self.vertices)
        pixels, valid = camera.project(points)
        inverse = np.where(valid, 1 / points[:, 2], np.nan)
        nearest = np.zeros(camera.size, np.float64)
        _fill(pixels, inverse, self.triangles, nearest)
        with np.errstate(divide="ignore"):
            return np.where(nearest > 0, 1 / nearest, np.nan).astype(np.float32)


def rendered_relief(name: str) -> Relief | None:
    """One of the rendered people, or None where the shared data is not there."""
    folder = RENDERED / name
    if not (folder / "depth.png").is_file():
        return None
    import json

    depth = cv2.imread(str(folder / "depth.png"), cv2.IMREAD_UNCHANGED).astype(np.float64) / 1000
    K = np.array(json.loads((folder / "meta.json").read_text())["K"])
    height, width = depth.shape
    camera = Intrinsics(width=width, height=height, fx=K[0, 0], fy=K[1, 1], cx=K[0, 2], cy=K[1, 2])
    depth[depth <= 0] = np.nan
    return Relief(depth, camera, wall=float(np.nanmax(depth)) + 0.3)


def procedural_relief() -> Relief:
    """A head, shoulders, a raised hand and a slanted floor, made of spheres, boxes and planes."""
    camera = Intrinsics.from_field_of_view(640, 480, 60)
    rays, _ = camera.rays(camera.pixel_grid())
    depth = np.minimum(np.full(camera.size, 4.0), 1.2 / np.maximum(rays[..., 1], 0.05))  # a wall and a floor
    for x, y, z, radius in ((0, -0.15, 1.1, 0.14), (-0.02, 0.45, 1.15, 0.33), (0.33, -0.05, 0.8, 0.07)):
        depth = np.fmin(depth, _sphere(rays, np.array([x, y, z]), radius))
    for k in range(4):
        finger = (np.abs(rays[..., 0] - 0.37 - 0.035 * k) < 0.009) & (rays[..., 1] > -0.28) & (rays[..., 1] < -0.06)
        depth = np.where(finger, 0.78 + 0.01 * k, depth)
    return Relief(depth, camera, wall=4.3)


def picture_of(depth: Float32) -> UInt8:
    """Depth as a grey picture; NaN is red."""
    near, far = np.nanpercentile(depth, (1, 99))
    grey = np.clip(255 * (far - depth) / max(far - near, 1e-6), 0, 255)
    missing = np.isnan(depth)
    picture = np.repeat(np.where(missing, 0, grey).astype(np.uint8)[..., None], 3, axis=2)
    picture[missing] = (200, 0, 0)
    return picture


def _sphere(rays: Float64, center: Float64, radius: float) -> Float64:
    direction = np.concatenate([rays, np.ones_like(rays[..., :1])], axis=-1)
    a, b = (direction**2).sum(-1), direction @ center
    inside = b * b - a * (center @ center - radius**2)
    with np.errstate(invalid="ignore"):
        return np.where(inside > 0, (b - np.sqrt(inside)) / a, np.nan)


def _wall(z: float) -> tuple[Float64, Any]:
    count, reach = 160, 6 * z
    x, y = np.meshgrid(np.linspace(-reach, reach, count), np.linspace(-reach, reach, count))
    points = np.stack([x, y, np.full_like(x, z)], axis=-1).reshape(-1, 3)
    index = np.arange(count * count).reshape(count, count)
    corners = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]], axis=-1).reshape(-1, 4)
    return points, np.concatenate([corners[:, [0, 1, 2]], corners[:, [1, 3, 2]]])


@njit(cache=True, error_model="numpy")
def _fill(pixels: Any, inverse: Any, triangles: Any, nearest: Any) -> None:
    height, width = nearest.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = (
            pixels[a, 0], pixels[a, 1], pixels[b, 0], pixels[b, 1], pixels[c, 0], pixels[c, 1],
        )  # fmt: skip
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if not abs(area) > 1e-12:
            continue
        u0, u1 = max(0.0, np.ceil(min(ax, bx, cx) - 1e-9)), min(width - 1.0, np.floor(max(ax, bx, cx) + 1e-9))
        v0, v1 = max(0.0, np.ceil(min(ay, by, cy) - 1e-9)), min(height - 1.0, np.floor(max(ay, by, cy) + 1e-9))
        for v in range(int(v0), int(v1) + 1):
            for u in range(int(u0), int(u1) + 1):
                wb = ((u - ax) * (cy - ay) - (v - ay) * (cx - ax)) / area
                wc = ((bx - ax) * (v - ay) - (by - ay) * (u - ax)) / area
                if wb >= -1e-9 and wc >= -1e-9 and wb + wc <= 1 + 1e-9:
                    near = inverse[a] + wb * (inverse[b] - inverse[a]) + wc * (inverse[c] - inverse[a])
                    nearest[v, u] = max(nearest[v, u], near)
