"""Eyeballs: the asset's mesh without its cornea shell, the iris in the character's colour."""

from functools import lru_cache

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.training.synthetic.characters.static_parts import StaticParts
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets
from rgbd_seg.training.synthetic.material import Material

EYES = "eyes/high-poly/high-poly"
_PICTURE = "eyes/materials/brown_eye.png"
_SIZE = 512
_IRIS = {  # hue (OpenCV degrees), saturation factor, brightness factor
    "brown": (24.0, 0.72, 0.85),
    "dark": (22.0, 0.6, 0.5),
    "hazel": (34.0, 0.9, 1.05),
    "green": (95.0, 0.45, 1.05),
    "blue": (208.0, 0.55, 1.15),
    "grey": (205.0, 0.18, 1.15),
}
EYE_COLORS = tuple(_IRIS)


def eye_material(parts: StaticParts, color: str) -> Material:
    """The material of both eyes."""
    return Material(texture=_texture(parts.assets, color), roughness=0.08, specular=0.04, subsurface=0.2)


def eyeball_triangles(parts: StaticParts) -> Bool:
    """(m,) True for the opaque triangles: the cornea's shell would hide the iris."""
    return _opaque(parts.assets)


@lru_cache(maxsize=4)
def _opaque(assets: MakeHumanAssets) -> Bool:
    mesh = assets.proxy(EYES).mesh
    alpha = assets.picture(_PICTURE)[..., 3]
    center = mesh.corner_uv[mesh.corner_triangles].mean(1)
    row = np.clip(((1 - center[:, 1]) * len(alpha)).astype(int), 0, len(alpha) - 1)
    column = np.clip((center[:, 0] * alpha.shape[1]).astype(int), 0, alpha.shape[1] - 1)
    opaque: Bool = alpha[row, column] > 128
    return opaque


@lru_cache(maxsize=16)
def _texture(assets: MakeHumanAssets, color: str) -> UInt8:
    picture = assets.picture(_PICTURE)[..., :3].astype(np.float32) / np.float32(255)
    picture = np.asarray(cv2.resize(picture, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA), np.float32)
    change = _IRIS[color]
    if change is not None:
        picture = _recolored(picture, *change)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def _recolored(picture: Float32, hue: float | None, saturation: float, brightness: float) -> Float32:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    iris = np.clip((hsv[..., 1] - 0.25) / 0.15, 0, 1) * (hsv[..., 0] < 50)
    changed = hsv.copy()
    if hue is not None:
        changed[..., 0] = hue
    changed[..., 1] *= saturation
    changed[..., 2] *= brightness
    mixed = cv2.cvtColor(np.clip(changed, 0, (360, 1, 1)).astype(np.float32), cv2.COLOR_HSV2RGB)
    return np.asarray(picture + iris[..., None] * (mixed - picture), np.float32)
