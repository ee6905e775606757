"""From a camera's wishes to where it can stand: inside the place, outside of furniture, with a free view."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.training.synthetic.composition.spec import CameraSpec
from rgbd_seg.training.synthetic.furniture.item import Solid
from rgbd_seg.training.synthetic.scene import View
from rgbd_seg.transform import RigidTransform

_NEAREST = 0.3  # metres from the face
_TRIES = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Stand:
    """Where cameras may be, and what they look at."""

    face: Float64  # (3,) metres
    low: float  # metres: lowest point of the subject that counts, for full figures
    area: tuple[float, float, float, float]
    ceiling: float
    reach: float
    solids: Sequence[Solid] = ()

    @cached_property
    def boxes(self) -> tuple[Float64, Float64, Float64]:
        """The solids' rotations (s, 3, 3), middles (s, 3) and half sizes (s, 3)."""
        rotations = np.array([solid.T_world_solid.rotation for solid in self.solids]).reshape(-1, 3, 3)
        middles = np.array([solid.T_world_solid.translation for solid in self.solids]).reshape(-1, 3)
        return rotations, middles, np.array([solid.half for solid in self.solids]).reshape(-1, 3)


def place_camera(camera: CameraSpec, stand: Stand, size: tuple[int, int]) -> View:
    """The view of ``camera``; ``size``: the longer and the shorter side of the picture in pixels.

    Where the wished place is taken, the camera comes nearer and more to the front.
    """
    width, height = (min(size), max(size)) if camera.upright else (max(size), min(size))
    focal = max(size) / 2 / np.tan(np.deg2rad(camera.field_of_view) / 2)
    distance = float(np.clip(camera.frame_height * focal / height, _NEAREST, stand.reach))
    azimuth, elevation = camera.azimuth, camera.elevation
    for _ in range(_TRIES):
        target = _target(camera, stand, distance * height / focal, width / height)
        position = _position(target, azimuth, elevation, distance)
        if _usable(position, stand):
            break
        azimuth, elevation, distance = azimuth * 0.6, elevation * 0.6, max(distance * 0.85, _NEAREST)
    intrinsics = Intrinsics(width=width, height=height, fx=focal, fy=focal, cx=(width - 1) / 2, cy=(height - 1) / 2)
    pose = looking_at(position, target, camera.roll)
    return View(
        intrinsics=intrinsics,
        T_camera_world=pose,
        focus_distance=float(max(pose.apply(stand.face)[2], 0.2)),
        aperture=camera.aperture,
        shutter=camera.shutter,
        velocity=camera.velocity,
        exposure=camera.exposure,
        noise=camera.noise,
        white_balance=camera.white_balance,
        contrast=camera.contrast,
        saturation=camera.saturation,
    )


def looking_at(position: Float64, target: Float64, roll: float = 0.0) -> RigidTransform:
    """T_camera_world of a camera at ``position`` that looks at ``target``; ``roll``: degrees about its axis."""
    forward = np.asarray(target, np.float64) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 1.0, 0.0))
    right /= np.linalg.norm(right)
    upright = np.stack([right, np.cross(forward, right), forward])
    rotation = RigidTransform.from_rotation_vector((0, 0, np.deg2rad(roll))).rotation @ upright
    return RigidTransform(rotation=rotation, translation=-rotation @ position)


def _target(camera: CameraSpec, stand: Stand, frame_height: float, aspect: float) -> Float64:
    sideways, down = camera.aim
    target: Float64 = stand.face + np.array([sideways * frame_height * min(aspect, 1.2), -down * frame_height, 0.0])
    if camera.framing == "full":  # feet may be in the picture, the room's floor below them need not
        target[1] = max(target[1], stand.low + 0.38 * frame_height)
    return target


def _position(target: Float64, azimuth: float, elevation: float, distance: float) -> Float64:
    a, e = np.deg2rad(azimuth), np.deg2rad(elevation)
    position: Float64 = target + distance * np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    return position


def _usable(position: Float64, stand: Stand) -> bool:
    x0, x1, z0, z1 = stand.area
    x, y, z = position
    if not (x0 + 0.1 < x < x1 - 0.1 and z0 + 0.1 < z < z1 - 0.1 and 0.12 < y < stand.ceiling - 0.1):
        return False
    if inside_any(stand, position, 0.08):
        return False
    middle = stand.face - np.array([0.0, 0.35, 0.0])
    return not any(crosses_any(stand, position, goal) for goal in (stand.face, middle))


def inside_any(stand: Stand, point: Float64, margin: float) -> bool:
    """Whether the point is in one of the solids, or nearer to it than the margin."""
    rotations, middles, halves = stand.boxes
    local = np.einsum("sj,sjk->sk", point - middles, rotations)
    return bool((np.abs(local) < halves + margin).all(axis=1).any())


def crosses_any(stand: Stand, start: Float64, end: Float64) -> bool:
    """Whether the way from one point to another leads through one of the solids (slab test)."""
    rotations, middles, halves = stand.boxes
    if not len(middles):
        return False
    a = np.einsum("sj,sjk->sk", start - middles, rotations)
    b = np.einsum("sj,sjk->sk", end - middles, rotations)
    way = np.where(np.abs(b - a) < 1e-9, 1e-9, b - a)
    first, second = (-halves - a) / way, (halves - a) / way
    enter, leave = np.minimum(first, second).max(axis=1), np.maximum(first, second).min(axis=1)
    return bool(((enter <= leave) & (leave >= 0) & (enter <= 1)).any())


def elsewhere(camera: CameraSpec, attempt: int) -> CameraSpec:
    """Another place for the same picture, if the first (attempt 0) does not show the subject."""
    if attempt == 0:
        return camera
    if attempt == 1:
        return replace(camera, azimuth=-camera.azimuth)
    nearer = 0.75 ** (attempt - 1)
    aim = (camera.aim[0] * 0.3, camera.aim[1] * 0.6)
    return replace(camera, azimuth=camera.azimuth * 0.3, frame_height=camera.frame_height * nearer, aim=aim)
