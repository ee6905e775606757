"""What every pixel of a depth camera looks at: one ray each, nine where surfaces meet or hair is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import NoDistortion
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.sensors.infrared import shininess, through_glass
from rgbd_seg.training.synthetic.sensors.survey_kernels import bridged, incidence, world_rays
from rgbd_seg.transform import RigidTransform

SUBSAMPLES = 3  # across a pixel, where it is sampled finely
_LENS_NODES = 12  # pixels between nodes of the lens table; a cubic through them is true to 1e-5 px
_JUMP = 0.008  # relative bend of inverse depth from pixel to pixel that is an edge (planes have none)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spots:
    """Points that rays met; arrays of one shape."""

    z: Float32  # metres along the camera's axis, inf where nothing was met
    length: Float32  # of the ray per metre of z
    cosine: Float32  # of the angle of incidence, 0 … 1
    reflectance: Float32  # at 850 nm
    shininess: Float32  # 0 matt … 1 mirror
    hair: Bool

    def at(self, where: Bool) -> "Spots":
        """Some of them."""
        return Spots(
            z=self.z[where],
            length=self.length[where],
            cosine=self.cosine[where],
            reflectance=self.reflectance[where],
            shininess=self.shininess[where],
            hair=self.hair[where],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Survey:
    """All pixels of one depth camera."""

    rays: Float32  # (h, w, 2) normalised coordinates of pixel centres, lens straightened
    T_world_camera: RigidTransform
    centers: Spots  # (h, w)
    edges: Bool  # (h, w) where a pixel sees more than one surface, or hair
    fine: Spots | None  # (n, 9) of the ``edges``, in reading order; None if not asked for


def survey(
    scene: CompiledScene, intrinsics: Intrinsics, T_world_camera: RigidTransform, *, fine: bool = True
) -> Survey:
    """Look at ``scene`` through a depth camera; ``fine``: with sub-pixel rays where surfaces meet."""
    rays = pixel_rays(intrinsics)
    centers = _centers(scene, rays, T_world_camera)
    edges = _edges(centers)
    spots = _spots(scene, _sub_rays(rays, edges), T_world_camera) if fine else None
    return Survey(rays=rays, T_world_camera=T_world_camera, centers=centers, edges=edges, fine=spots)


def pixel_rays(intrinsics: Intrinsics) -> Float32:
    """(h, w, 2) normalised coordinates of all pixel centres.

    Raises:
        ConfigError: the lens model folds over within the picture.
    """
    if isinstance(intrinsics.distortion, NoDistortion):
        return intrinsics.rays(intrinsics.pixel_grid())[0].astype(np.float32)
    # Straightening is an iteration; on a coarse grid it costs a hundredth, and lenses are smooth.
    from scipy.interpolate import RectBivariateSpline

    u = np.linspace(0, intrinsics.width - 1, max(4, intrinsics.width // _LENS_NODES))
    v = np.linspace(0, intrinsics.height - 1, max(4, intrinsics.height // _LENS_NODES))
    nodes, valid = intrinsics.rays(np.stack(np.meshgrid(u, v), axis=-1))
    if not valid.all():
        raise ConfigError(f"the lens {intrinsics.distortion} folds over within the picture; expected a milder one")
    columns, rows = np.arange(intrinsics.width), np.arange(intrinsics.height)
    return np.stack([RectBivariateSpline(v, u, nodes[..., i])(rows, columns) for i in (0, 1)], -1).astype(np.float32)


def inverse_depth(z: Float32) -> Float32:
    """1/z, 0 where nothing was met: linear in the picture on every plane."""
    return np.float32(1) / z


def _centers(scene: CompiledScene, rays: Float32, T_world_camera: RigidTransform) -> Spots:
    """What (h, w, 2) ``rays`` meet: every other one is cast, and the rest where those beside it disagree."""
    size, flat = rays.shape[:2], rays.reshape(-1, 2)
    row, column = np.ogrid[: size[0], : size[1]]
    chequered = (row + column) % 2 == 0
    first = np.flatnonzero(chequered)
    found = _spots(scene, flat[first], T_world_camera)
    whole = Spots(**{name: np.zeros(size, values.dtype) for name, values in vars(found).items()})
    open_pixels = bridged(chequered, *_filled(whole, first, found))
    rest = np.flatnonzero(open_pixels)
    _filled(whole, rest, _spots(scene, flat[rest], T_world_camera))
    whole.length[:] = np.sqrt(1 + np.square(rays[..., 0]) + np.square(rays[..., 1]))
    return whole


def _filled(whole: Spots, pixels: NDArray[np.int64], found: Spots) -> tuple[Float32, Float32, Float32, Float32, Bool]:
    """Put what was found into its ``pixels``; the maps that the kernel bridges."""
    for name, values in vars(found).items():
        getattr(whole, name).reshape(-1)[pixels] = values
    return whole.z, whole.cosine, whole.reflectance, whole.shininess, whole.hair


def _spots(scene: CompiledScene, rays: Float32, T_world_camera: RigidTransform) -> Spots:
    """Cast ``rays`` (..., 2)."""
    shape, flat = rays.shape[:-1], np.ascontiguousarray(rays.reshape(-1, 2))
    packed = np.empty((len(flat), 6), np.float32)
    rotation, origin = T_world_camera.rotation.astype(np.float32), T_world_camera.translation.astype(np.float32)
    world_rays(flat, rotation, origin, packed)
    hits = through_glass(scene, packed)
    length, cosine, reflectance = (np.empty(len(flat), np.float32) for _ in range(3))
    hair = np.empty(len(flat), np.bool_)
    incidence(
        flat, packed, hits.normal, hits.triangle, scene.infrared, scene.is_hair, length, cosine, reflectance, hair
    )
    return Spots(
        z=hits.distance.reshape(shape),
        length=length.reshape(shape),
        cosine=cosine.reshape(shape),
        reflectance=reflectance.reshape(shape),
        shininess=shininess(scene, hits.triangle).reshape(shape),
        hair=hair.reshape(shape),
    )


def _edges(spots: Spots) -> Bool:
    inverse = np.pad(inverse_depth(spots.z), 1, mode="edge")
    bend = np.maximum(
        np.abs(inverse[1:-1, :-2] + inverse[1:-1, 2:] - 2 * inverse[1:-1, 1:-1]),
        np.abs(inverse[:-2, 1:-1] + inverse[2:, 1:-1] - 2 * inverse[1:-1, 1:-1]),
    )
    jump = (bend > _JUMP * cv2.dilate(inverse[1:-1, 1:-1], np.ones((3, 3)))) | (spots.hair > 0)
    return np.asarray(cv2.dilate(jump.astype(np.uint8), np.ones((3, 3))) > 0)


def _sub_rays(rays: Float32, where: Bool) -> Float32:
    """(n, 9, 2) rays spread evenly over the pixels ``where``."""
    along_u, along_v = np.gradient(rays, axis=1)[where], np.gradient(rays, axis=0)[where]
    steps: Float64 = (np.arange(SUBSAMPLES) + 0.5) / SUBSAMPLES - 0.5
    du, dv = (grid.reshape(1, -1, 1).astype(np.float32) for grid in np.meshgrid(steps, steps))
    return np.asarray(rays[where][:, None] + du * along_u[:, None] + dv * along_v[:, None], np.float32)
