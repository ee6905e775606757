"""Rays from the camera: where in the pixel, where on the lens and when, for every sample."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, Float64, Int32
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
    return _aimed(view, pixel, _stratified(height * width, side, side, rng), rng)


def additional(view: View, pixels: Int32, rng: np.random.Generator) -> PrimaryRays:
    """Twelve more samples in each of ``pixels``."""
    return _aimed(view, np.repeat(pixels, 12), _stratified(len(pixels), 4, 3, rng), rng)


def centres(view: View) -> PrimaryRays:
    """One ray through the middle of every pixel, with a pinhole and at the moment of the picture."""
    height, width = view.intrinsics.size
    pixel = np.arange(height * width, dtype=np.int32)
    origin, directions = _pinhole(view, pixel, np.full((len(pixel), 2), 0.5, np.float32), view.T_camera_world)
    return PrimaryRays(pixel=pixel, rays=_rays(origin, directions))


def _stratified(pixels: int, columns: int, rows: int, rng: np.random.Generator) -> Float32:
    """(pixels · columns · rows, 2) places within the pixel, in [0, 1)."""
    cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    jitter = rng.random((pixels, columns * rows, 2), dtype=np.float32)
    places = (jitter + cell.astype(np.float32)) / np.array([columns, rows], np.float32)
    return places.reshape(-1, 2).astype(np.float32)


def _aimed(view: View, pixel: Int32, within: Float32, rng: np.random.Generator) -> PrimaryRays:
    if view.shutter > 0 and any(view.velocity):
        return _moving(view, pixel, within, rng)
    origin, directions = _pinhole(view, pixel, within, view.T_camera_world)
    rays = _rays(origin, directions)
    if view.aperture > 0:
        _through_lens(view, rays, rng)
    return PrimaryRays(pixel=pixel, rays=rays)


def _moving(view: View, pixel: Int32, within: Float32, rng: np.random.Generator) -> PrimaryRays:
    """The camera moves while the shutter is open; every sample has one of eight moments."""
    moment = rng.integers(0, 8, len(pixel))
    rays = np.empty((len(pixel), 6), np.float32)
    for index in range(8):
        chosen = moment == index
        pose = moved_camera(view, view.shutter * ((index + 0.5) / 8 - 0.5))
        origin, directions = _pinhole(view, pixel[chosen], within[chosen], pose)
        rays[chosen] = _rays(origin, directions)
    if view.aperture > 0:
        _through_lens(view, rays, rng)
    return PrimaryRays(pixel=pixel, rays=rays)


def moved_camera(view: View, seconds: float) -> RigidTransform:
    """T_camera_world that many seconds after the moment of the picture."""
    v = np.asarray(view.velocity, np.float64) * seconds
    T_camera_moved = RigidTransform.from_rotation_vector(v[3:], v[:3])
    return T_camera_moved.inverse() @ view.T_camera_world


def _pinhole(view: View, pixel: Int32, within: Float32, T_camera_world: RigidTransform) -> tuple[Float64, Float32]:
    K = view.intrinsics
    x = (pixel % K.width + within[:, 0] - 0.5 - np.float32(K.cx)) / np.float32(K.fx)
    y = (pixel // K.width + within[:, 1] - 0.5 - np.float32(K.cy)) / np.float32(K.fy)
    in_camera = np.stack([x, y, np.ones_like(x)], axis=1).astype(np.float32)
    return T_camera_world.inverse().translation, in_camera @ T_camera_world.rotation.astype(np.float32)


def _through_lens(view: View, rays: Float32, rng: np.random.Generator) -> None:
    """Start on a disc as wide as the aperture; all rays of a pixel meet again at the focus distance."""
    radius = np.sqrt(rng.random(len(rays), dtype=np.float32)) * np.float32(view.aperture / 2)
    angle = rng.random(len(rays), dtype=np.float32) * np.float32(2 * np.pi)
    axes = view.T_camera_world.rotation.astype(np.float32)
    offset = (radius * np.cos(angle))[:, None] * axes[0] + (radius * np.sin(angle))[:, None] * axes[1]
    rays[:, :3] += offset
    rays[:, 3:] -= offset / np.float32(view.focus_distance)


def _rays(origin: Float64, directions: Float32) -> Float32:
    rays = np.empty((len(directions), 6), np.float32)
    rays[:, :3] = origin
    rays[:, 3:] = directions
    return rays
