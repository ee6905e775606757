"""What registration can work out once per calibration: rays, lens tables and footprints."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Float64
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import NoDistortion
from rgbd_seg.lens_tables import LensTable
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class RegistrationGeometry:
    """Tables for the kernels. Depth rows here are *turned*: ``np.rot90(raw, turns)`` runs along colour rows."""

    turns: int
    directions: Float64  # (3, 3) ray of turned pixel (i, j) = [0] + i [1] + j [2], colour frame; ideal lens only
    rays: Float32  # (3, h, w) the same as a table, colour frame; (3, 0, 0) for an ideal lens
    corners: Float32  # (groups + 1, blocks + 1, 3) rays at the corners of tiles
    footprints: Float32  # (groups, blocks, 3) half width, half height, slope of a depth pixel, colour pixels
    move: Float32  # (3,) depth camera's origin in the colour frame, metres
    color_lens: LensTable
    depth_lens: LensTable
    color_nodes: Float32  # (H/NODE + 2, W/NODE + 2, 3) rays of colour pixels in the depth frame
    back: Float32  # (3,) colour camera's origin in the depth frame, metres

    @staticmethod
    def of(calibration: Calibration, *, block: int, group: int, node: int) -> "RegistrationGeometry":
        """For tiles of ``group`` × ``block`` depth pixels and colour nodes ``node`` pixels apart."""
        color, depth, motion = calibration.color, calibration.depth, calibration.T_color_depth
        turns = _turns(motion)
        pixels = _TurnedPixels(depth.size, turns)
        back = motion.inverse()
        return RegistrationGeometry(
            turns=turns,
            directions=_affine_rays(depth, motion, pixels),
            rays=_ray_table(depth, motion, pixels),
            corners=_corner_rays(depth, motion, pixels, block, group),
            footprints=_footprints(color, depth, motion, pixels, block, group),
            move=motion.translation.astype(np.float32),
            color_lens=LensTable.of(color),
            depth_lens=LensTable.of(depth),
            color_nodes=_color_nodes(color, back, node),
            back=back.translation.astype(np.float32),
        )


@dataclass(frozen=True)
class _TurnedPixels:
    """Where pixels of the turned depth picture are in the sensor's own grid."""

    size: tuple[int, int]  # of the sensor's grid (h, w)
    turns: int

    @property
    def turned_size(self) -> tuple[int, int]:
        return self.size if self.turns % 2 == 0 else (self.size[1], self.size[0])

    def native(self, i: Float64, j: Float64) -> Float64:
        """Turned (i, j) → (..., 2) native pixels (u, v)."""
        height, width = self.size
        i, j = np.broadcast_arrays(i, j)
        u, v = {
            0: (i, j),
            1: (width - 1 - j, i),
            2: (width - 1 - i, height - 1 - j),
            3: (j, height - 1 - i),
        }[self.turns]
        return np.stack([u, v], axis=-1).astype(np.float64)


def _turns(motion: RigidTransform) -> int:
    """Quarter turns that bring the depth rows closest to the colour rows."""
    along = {0: (1, 0), 1: (0, 1), 2: (-1, 0), 3: (0, -1)}  # native direction of the turned row, see `native`
    reach = {turns: float(motion.rotation[0, :2] @ direction) for turns, direction in along.items()}
    return max(reach, key=lambda turns: (round(reach[turns], 6), -turns))


def _rotated_rays(depth: Intrinsics, motion: RigidTransform, pixels: Float64) -> Float64:
    xy, _ = depth.rays(pixels)
    rays: Float64 = np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1) @ motion.rotation.T
    return rays


def _affine_rays(depth: Intrinsics, motion: RigidTransform, pixels: _TurnedPixels) -> Float64:
    origin, right, down = _rotated_rays(
        depth.undistorted(), motion, pixels.native(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    )
    return np.stack([origin, right - origin, down - origin])


def _ray_table(depth: Intrinsics, motion: RigidTransform, pixels: _TurnedPixels) -> Float32:
    if isinstance(depth.distortion, NoDistortion):
        return np.empty((3, 0, 0), np.float32)
    height, width = pixels.turned_size
    native = pixels.native(np.arange(width, dtype=np.float64)[None, :], np.arange(height, dtype=np.float64)[:, None])
    rays = _rotated_rays(depth, motion, native)
    return np.ascontiguousarray(np.moveaxis(rays, -1, 0).astype(np.float32))


def _tile_lines(length: int, tile: int) -> Float64:
    """Pixel coordinates of the lines between tiles, the picture's outer edges included."""
    count = -(-length // tile)
    return np.minimum(np.arange(count + 1) * tile, length) - 0.5


def _corner_rays(depth: Intrinsics, motion: RigidTransform, pixels: _TurnedPixels, block: int, group: int) -> Float32:
    height, width = pixels.turned_size
    native = pixels.native(_tile_lines(width, block)[None, :], _tile_lines(height, group)[:, None])
    return _rotated_rays(depth, motion, native).astype(np.float32)


def _footprints(
    color: Intrinsics, depth: Intrinsics, motion: RigidTransform, pixels: _TurnedPixels, block: int, group: int
) -> Float32:
    """Of a pixel in the middle of each tile, at infinity; that of near pixels is scaled from it."""
    height, width = pixels.turned_size
    columns, rows = _tile_lines(width, block), _tile_lines(height, group)
    i, j = (columns[:-1] + columns[1:])[None, :] / 2, (rows[:-1] + rows[1:])[:, None] / 2
    ends = []
    for di, dj in ((-0.5, 0), (0.5, 0), (0, -0.5), (0, 0.5)):
        points, _ = color.project(_rotated_rays(depth, motion, pixels.native(i + di, j + dj)))
        ends.append(points)
    along, down = ends[1] - ends[0], ends[3] - ends[2]
    slope = along[..., 1] / along[..., 0]
    tall = down[..., 1] - slope * down[..., 0]  # at a fixed colour column
    result = np.stack([along[..., 0] / 2, tall / 2, slope], axis=-1)
    # Tiles that no colour pixel shows at infinity take the scale of the axis.
    typical = np.array([color.fx / depth.fx / 2, color.fy / depth.fy / 2, 0.0])
    usable = np.isfinite(result).all(axis=-1) & (result[..., 0] > 0) & (result[..., 1] > 0)
    return np.where(usable[..., None], result, typical).astype(np.float32)


def _color_nodes(color: Intrinsics, back: RigidTransform, node: int) -> Float32:
    columns = np.arange(color.width // node + 2) * float(node)
    rows = np.arange(color.height // node + 2) * float(node)
    u, v = np.meshgrid(columns, rows)
    xy, _ = color.rays(np.stack([u, v], axis=-1))
    rays = np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1) @ back.rotation.T
    return rays.astype(np.float32)
