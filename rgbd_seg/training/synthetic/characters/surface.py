"""Skinned surfaces turned into meshes for the renderers."""

import numpy as np
from scipy import sparse

from rgbd_seg.arrays import Bool, Float32, Float64, Int32
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.makehuman.proxy import Proxy
from rgbd_seg.training.synthetic.makehuman.wavefront import ObjMesh
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role


def skinned(points: Float32, weights: sparse.csr_array, matrices: Float64) -> Float32:
    """(n, 3) ``points`` of the rest pose moved by (bones, 4, 4) ``matrices`` (linear blend skinning)."""
    blended = (weights @ matrices[:, :3].reshape(len(matrices), 12).astype(np.float32)).reshape(-1, 3, 4)
    posed: Float32 = np.einsum("nij,nj->ni", blended[..., :3], points) + blended[..., 3]
    return posed


def proxy_weights(proxy: Proxy, weights: sparse.csr_array) -> sparse.csr_array:
    """(vertices of the proxy, bones) from those of the base mesh."""
    share = np.clip(proxy.weights, 0, None)
    share = share / np.maximum(share.sum(1, keepdims=True), 1e-6)
    rows = np.repeat(np.arange(len(share)), 3)
    mixing = sparse.csr_array((share.ravel(), (rows, proxy.anchors.ravel())), shape=(len(share), weights.shape[0]))
    return sparse.csr_array(mixing @ weights)


def vertex_normals(points: Float32, triangles: Int32) -> Float32:
    """(n, 3) unit normals, the mean of the triangles around every vertex weighted by area."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    total = np.empty((len(points), 3), np.float64)
    for axis in range(3):
        total[:, axis] = np.bincount(triangles.ravel(), np.repeat(normal[:, axis], 3), len(points))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray((total / np.maximum(length, 1e-20)).astype(np.float32), np.float32)


def corner_mesh(
    name: str,
    mesh: ObjMesh,
    points: Float32,
    normals: Float32,
    chosen: Bool,
    material: Material,
    role: Role,
    texture_coordinates: Float32 | None = None,
) -> Mesh:
    """The ``chosen`` (m,) triangles of ``mesh`` at ``points``, with the vertices that they use."""
    used, triangles = np.unique(mesh.corner_triangles[chosen], return_inverse=True)
    position = mesh.corner_position[used]
    coordinates = mesh.corner_uv if texture_coordinates is None else texture_coordinates
    return Mesh(
        name=name,
        vertices=np.ascontiguousarray(points[position], np.float32),
        normals=np.ascontiguousarray(normals[position], np.float32),
        texture_coordinates=np.ascontiguousarray(coordinates[used], np.float32),
        triangles=triangles.reshape(-1, 3).astype(np.int32),
        material=material,
        role=role,
    )
