"""Rays through Open3D's Embree scene: the one file of the package that imports open3d."""

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.errors import BackendMissingError
from rgbd_seg.libusb import preload_libusb
from rgbd_seg.training.synthetic.compiled import Hits

preload_libusb()
try:
    import open3d as o3d
except ImportError as error:
    raise BackendMissingError(
        f"rendering people needs Open3D, which cannot be loaded ({error}); install it with: "
        "pip install 'rgbd-seg[open3d]'"
    ) from error


class Open3dCaster:
    """A `RayCaster` on one thread, so that equal scenes give equal pictures with any number of workers."""

    def __init__(self, vertices: Float32, triangles: Int32, *, threads: int = 1) -> None:
        """Build the tree over (n, 3) vertices and (m, 3) triangles."""
        self._threads = threads
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=threads)
        self._scene.add_triangles(
            o3d.core.Tensor.from_numpy(np.ascontiguousarray(vertices, np.float32)),
            o3d.core.Tensor.from_numpy(np.ascontiguousarray(triangles).astype(np.uint32)),
        )

    def cast(self, rays: Float32) -> Hits:
        """The first surface along every ray."""
        found = self._scene.cast_rays(_tensor(rays), nthreads=self._threads)
        return Hits(
            distance=found["t_hit"].numpy(),
            triangle=found["primitive_ids"].numpy().view(np.int32),  # Embree's "none" is 2³² - 1, here -1
            weights=found["primitive_uvs"].numpy(),
            normal=found["primitive_normals"].numpy(),
        )

    def occluded(self, rays: Float32, near: float = 0.0, far: float = 1.0) -> Bool:
        """(n,) True where a surface lies between ``near`` and ``far`` direction lengths from the origin."""
        hidden = self._scene.test_occlusions(_tensor(rays), tnear=near, tfar=far, nthreads=self._threads)
        result: Bool = hidden.numpy()
        return result


def _tensor(rays: Float32) -> "o3d.core.Tensor":
    return o3d.core.Tensor.from_numpy(np.ascontiguousarray(rays, np.float32))
