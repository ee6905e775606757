"""What all characters share: regions of the base mesh, masks in its texture, clothes with their weights."""

from collections.abc import Callable
from functools import cached_property, lru_cache

import cv2
import numpy as np
from scipy import sparse

from rgbd_seg.arrays import Bool, Float32, Int32
from rgbd_seg.training.synthetic.characters.face_regions import (
    beard_density,
    blush,
    brow_density,
    freckle_density,
    hairline,
)
from rgbd_seg.training.synthetic.characters.guide_set import GuideSet, spread_guides
from rgbd_seg.training.synthetic.characters.root_pool import RootPool, brow_pool, region_pool
from rgbd_seg.training.synthetic.characters.surface import proxy_weights
from rgbd_seg.training.synthetic.characters.texture_kernels import paint
from rgbd_seg.training.synthetic.characters.texture_mask import TextureMask
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets
from rgbd_seg.training.synthetic.makehuman.proxy import Proxy

SKIN_SIZE = 1024
_MASK_SIZE = 512  # painted at this size
_SCALP_ROOTS = 30_000
_BEARD_ROOTS = 9_000
_CHIN = -0.135  # metres from the eyes
_BROW_ROOTS = 1_600
_GUIDES = 380
_LASH_GROUPS = ("helper-l-eyelashes-1", "helper-l-eyelashes-2", "helper-r-eyelashes-1", "helper-r-eyelashes-2")


class StaticParts:
    """Computed when first needed, for one set of assets."""

    def __init__(self, assets: MakeHumanAssets) -> None:
        self.assets = assets
        self.weights = lru_cache(maxsize=None)(self._weights)
        self.skin_mask = lru_cache(maxsize=None)(self._skin_mask)
        self.shells = lru_cache(maxsize=None)(self._shells)
        self.cloth_coordinates = lru_cache(maxsize=None)(self._cloth_coordinates)

    @cached_property
    def body_triangles(self) -> Bool:
        """(m,) True for the triangles of the skin, False for the base mesh's helpers."""
        chosen: Bool = np.isin(self.assets.base.face, self.assets.base.groups["body"])
        return chosen

    @cached_property
    def face_points(self) -> Float32:
        """(n, 3) the neutral base mesh, metres, origin between the eyes."""
        rig = self.assets.rig
        eyes, _ = rig.joints(self.assets.base.positions)
        middle = (eyes[rig.index["eye.L"]] + eyes[rig.index["eye.R"]]) / 2
        points: Float32 = ((self.assets.base.positions - middle) * 0.1).astype(np.float32)
        return points

    @cached_property
    def scalp_pool(self) -> RootPool:
        """Where hair may grow on the head."""
        scalp = self.assets.faces("scalp_solid")[self.assets.base.face] & self.body_triangles
        return region_pool(self.face_points, self.assets.base.triangles, scalp, hairline, _SCALP_ROOTS, 1)

    @cached_property
    def scalp_guides(self) -> GuideSet:
        """Which roots of the scalp carry guide hairs."""
        return spread_guides(self.scalp_pool, _GUIDES)

    @cached_property
    def neutral_head(self) -> float:
        """Length of the head bone on the neutral base mesh, metres."""
        heads, tails = self.assets.rig.joints(self.assets.base.positions)
        index = self.assets.rig.index["head"]
        return float(np.linalg.norm(tails[index] - heads[index])) * 0.1

    @cached_property
    def lash_ends(self) -> tuple[Int32, Int32]:
        """(n, 2) base vertices at the lids, (n, 2) at the tips, of the quads that stand for lashes."""
        base, rig = self.assets.base, self.assets.rig
        joints, _ = rig.joints(base.positions)
        groups = [base.groups[name] for name in _LASH_GROUPS]
        pairs = base.triangles[np.isin(base.face, np.concatenate(groups))].reshape(-1, 2, 3)
        quads = np.concatenate([pairs[:, 0], pairs[:, 1, 2:]], axis=1)
        points = base.positions[quads]
        left = points[..., 0].mean(1) > 0
        eye = np.where(left[:, None], joints[rig.index["eye.L"]], joints[rig.index["eye.R"]])
        edges = quads[:, [[0, 1], [1, 2], [2, 3], [3, 0]]]
        reach = np.linalg.norm(base.positions[edges].mean(2) - eye[:, None], axis=2)
        inner = np.argmin(reach, axis=1)
        rows = np.arange(len(quads))
        roots = edges[rows, inner]
        tips = edges[rows, (inner + 2) % 4][:, ::-1]
        # Two rows of quads one behind the other: a lash spans both.
        onwards = {tuple(sorted(pair)): k for k, pair in enumerate(roots.tolist())}
        behind = [onwards.get(tuple(sorted(pair))) for pair in tips.tolist()]
        first = ~np.isin(np.arange(len(roots)), [k for k in behind if k is not None])
        ends = np.array([tips[k] if k is not None else tip for k, tip in zip(behind, tips, strict=True)])
        return roots[first].astype(np.int32), ends[first].astype(np.int32)

    @cached_property
    def beard_pool(self) -> RootPool:
        """Where a beard may grow."""
        lips = self.assets.faces("lips_solid")[self.assets.base.face]
        head = self.body_triangles & ~lips & self._head_triangles
        return region_pool(self.face_points, self.assets.base.triangles, head, beard_density, _BEARD_ROOTS, 2)

    @cached_property
    def brow_pool(self) -> RootPool:
        """Where brows grow."""
        chosen = self.body_triangles & self._head_triangles
        return brow_pool(self.face_points, self.assets.base.triangles, chosen, _BROW_ROOTS)

    @cached_property
    def scalp_mask(self) -> TextureMask:
        """0 … 1 in the skin's texture."""
        return TextureMask.of(self._painted(hairline, self.assets.faces("scalp_solid")[self.assets.base.face]))

    @cached_property
    def beard_mask(self) -> TextureMask:
        """0 … 1 in the skin's texture."""
        return TextureMask.of(self._painted(beard_density) * (1 - self._soft_mask("mpfb_lips")))

    @cached_property
    def brow_mask(self) -> TextureMask:
        """0 … 1 in the skin's texture."""
        return TextureMask.of(self._painted(brow_density))

    @cached_property
    def blush_mask(self) -> TextureMask:
        """0 … 1 in the skin's texture."""
        return TextureMask.of(self._painted(blush))

    @cached_property
    def freckle_mask(self) -> TextureMask:
        """0 … 1 in the skin's texture."""
        return TextureMask.of(self._painted(freckle_density))

    @cached_property
    def head_vertices(self) -> Int32:
        """(k,) vertices of the base mesh that are skin of the head."""
        used = np.unique(self.assets.base.triangles[self.body_triangles & self._head_triangles])
        return np.asarray(used[self.face_points[used, 1] > _CHIN].astype(np.int32), np.int32)

    @cached_property
    def _head_triangles(self) -> Bool:
        return np.asarray(self.face_points[self.assets.base.triangles].mean(1)[:, 1] > -0.20, np.bool_)

    def _painted(self, density: Callable[[Float32], Float32], chosen: Bool | None = None) -> Float32:
        """A density over the face, painted into the skin's texture."""
        base = self.assets.base
        canvas = np.zeros((_MASK_SIZE, _MASK_SIZE), np.float32)
        values = density(self.face_points)[base.corner_position]
        chosen = self.body_triangles & self._head_triangles if chosen is None else chosen
        paint(base.corner_triangles[chosen], base.corner_uv, values.astype(np.float32), canvas)
        soft = cv2.GaussianBlur(canvas, (0, 0), 1.2)
        return np.asarray(cv2.resize(soft, (SKIN_SIZE, SKIN_SIZE), interpolation=cv2.INTER_LINEAR), np.float32)

    def _skin_mask(self, name: str) -> TextureMask:
        """The mask ``name`` of the assets, in the skin's texture."""
        return TextureMask.of(self._soft_mask(name))

    def _soft_mask(self, name: str) -> Float32:
        mask = cv2.resize(self.assets.mask(name), (SKIN_SIZE, SKIN_SIZE), interpolation=cv2.INTER_AREA)
        return np.asarray(
            cv2.GaussianBlur(mask, (0, 0), SKIN_SIZE / 400).astype(np.float32) / np.float32(255), np.float32
        )

    def _weights(self, proxy: str) -> sparse.csr_array:
        """Skinning weights of the proxy ``proxy``."""
        return proxy_weights(self.assets.proxy(proxy), self.assets.rig.weights)

    def _cloth_coordinates(self, name: str) -> Float32:
        """(k, 2) texture coordinates of the corners of the proxy ``name``; their unit is a metre of cloth."""
        proxy = self.assets.proxy(name)
        mesh = proxy.mesh
        points = proxy.fit(self.assets.base.positions) * np.float32(0.1)
        a, b, c = (points[mesh.triangles[:, k]] for k in range(3))
        u, v, w = (mesh.corner_uv[mesh.corner_triangles[:, k]] for k in range(3))
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()
        flat = np.abs((v - u)[:, 0] * (w - u)[:, 1] - (v - u)[:, 1] * (w - u)[:, 0]).sum()
        return np.asarray(mesh.corner_uv * np.sqrt(area / max(float(flat), 1e-9)), np.float32)

    def _shells(self, name: str) -> Int32:
        """(m,) the connected piece that every triangle of the proxy ``name`` belongs to, large ones first."""
        return shells(self.assets.proxy(name))


def shells(proxy: Proxy) -> Int32:
    """(m,) numbers of the connected pieces, the one with most vertices is 0."""
    edges = np.concatenate([proxy.mesh.triangles[:, :2], proxy.mesh.triangles[:, 1:]])
    size = len(proxy.mesh.positions)
    graph = sparse.coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(size, size))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    rank = np.empty(label.max() + 1, np.int32)
    rank[np.argsort(-np.bincount(label), kind="stable")] = np.arange(len(rank))
    numbers: Int32 = rank[label][proxy.mesh.triangles[:, 0]]
    return numbers


@lru_cache(maxsize=4)
def static_parts(assets: MakeHumanAssets) -> StaticParts:
    """The parts of ``assets``, shared by all characters that are built from them."""
    return StaticParts(assets)
