"""Rays from the camera: where in the pixel, where on the lens and when, for every sample."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Int32
from rgbd_seg.training.synthetic.ray_kernels import camera_rays, through_lens
from rgbd_seg.training.synthetic.scene import View
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class PrimaryRays:
    """Directions reach from one depth to the next: distance along them is z-depth in metres."""

    pixel: Int32  # (n,) row · width + column
    rays: Float32  # (n, 6) origin, direction


def regular(view: View, side: int, rng: np.random.Generator) -> PrimaryRays:
    """``side`` × ``side`` samples in every pixel, one in each cell, pixel after pixel."""
    height, width = view.intrinsics.size
    pixel = np.repeat(np.arange(height * width, dtype=np.int32), side * side)
    within = _stratified(height * width, side, side, rng)
    if view.shutter > 0 and any(view.velocity):
        rays = _moving(view, pixel, within, _shuffled(height * width, side, rng)[:, 0])
    else:
        rays = _pinhole(view, pixel, within, view.T_camera_world)
    if view.aperture > 0:
        axes = view.T_camera_world.rotation.astype(np.float32)
        places = _shuffled(height * width, side, rng)
        through_lens(places, view.aperture / 2, view.focus_distance, axes[0], axes[1], rays)
    return PrimaryRays(pixel=pixel, rays=rays)


def first(view: View, cells: Int32, rng: np.random.Generator) -> PrimaryRays:
    """One sample in every pixel of a sharp picture, in that of its 2×2 cells (0 … 3) which ``cells`` (pixels,) says."""
    return _in_cells(view, np.arange(len(cells), dtype=np.int32), cells, rng)


def remaining(view: View, cells: Int32, pixels: Int32, rng: np.random.Generator) -> PrimaryRays:
    """The samples in the other three cells of ``pixels``."""
    others = (np.repeat(cells[pixels], 3) + np.tile(np.arange(1, 4, dtype=np.int32), len(pixels))) % 4
    return _in_cells(view, np.repeat(pixels, 3), others, rng)


def _in_cells(view: View, pixel: Int32, cell: Int32, rng: np.random.Generator) -> PrimaryRays:
    within = rng.random((len(pixel), 2), dtype=np.float32)
    within[:, 0] = (within[:, 0] + cell % 2) * np.float32(0.5)
    within[:, 1] = (within[:, 1] + cell // 2) * np.float32(0.5)
    return PrimaryRays(pixel=pixel, rays=_pinhole(view, pixel, within, view.T_camera_world))


def additional(view: View, pixels: Int32, rng: np.random.Generator) -> PrimaryRays:
    """Twelve more samples in each of ``pixels``, of a picture that is sharp everywhere."""
    pixel = np.repeat(pixels, 12)
    within = _stratified(len(pixels), 4, 3, rng)
    return PrimaryRays(pixel=pixel, rays=_pinhole(view, pixel, within, view.T_camera_world))


def centres(view: View) -> PrimaryRays:
    """One ray through the middle of every pixel, with a pinhole and at the moment of the picture."""
    height, width = view.intrinsics.size
    pixel = np.arange(height * width, dtype=np.int32)
    middle = np.full((len(pixel), 2), 0.5, np.float32)
    return PrimaryRays(pixel=pixel, rays=_pinhole(view, pixel, middle, view.T_camera_world))


def _stratified(pixels: int, columns: int, rows: int, rng: np.random.Generator) -> Float32:
    """(pixels · columns · rows, 2) places within the pixel, in [0, 1)."""
    cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    jitter = rng.random((pixels, columns * rows, 2), dtype=np.float32)
    places = (jitter + cell.astype(np.float32)) / np.array([columns, rows], np.float32)
    return places.reshape(-1, 2).astype(np.float32)


def _shuffled(pixels: int, side: int, rng: np.random.Generator) -> Float32:
    """(pixels · side², 2) places in the unit square, one in each cell, in another order in every pixel."""
    count = side * side
    stride = next(k for k in range(count // 2 + 1, 2 * count + 2) if np.gcd(k, count) == 1)
    start = rng.integers(0, count, (pixels, 1), dtype=np.int32)
    cell = (np.arange(count, dtype=np.int32) * np.int32(stride) + start) % count
    places = rng.random((pixels, count, 2), dtype=np.float32)
    places[..., 0] += cell % side
    places[..., 1] += cell // side
    return (places / np.float32(side)).reshape(-1, 2)


def _moving(view: View, pixel: Int32, within: Float32, moment: Float32) -> Float32:
    """The camera moves evenly while the shutter is open; ``moment``: (n,) when within that time, in [0, 1)."""
    poses = [moved_camera(view, view.shutter * share) for share in (-0.5, 0.5)]
    first, last = (_pinhole(view, pixel, within, pose) for pose in poses)
    last -= first
    last *= moment[:, None]
    first += last
    return first


def moved_camera(view: View, seconds: float) -> RigidTransform:
    """T_camera_world that many seconds after the moment of the picture."""
    v = np.asarray(view.velocity, np.float64) * seconds
    T_camera_moved = RigidTransform.from_rotation_vector(v[3:], v[:3])
    return T_camera_moved.inverse() @ view.T_camera_world


def _pinhole(view: View, pixel: Int32, within: Float32, T_camera_world: RigidTransform) -> Float32:
    K = view.intrinsics
    rays = np.empty((len(pixel), 6), np.float32)
    rotation, origin = T_camera_world.rotation.astype(np.float32), T_camera_world.inverse().translation
    camera_rays(pixel, within, K.width, K.fx, K.fy, K.cx, K.cy, rotation, origin.astype(np.float32), rays)
    return rays
