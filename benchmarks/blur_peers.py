"""What people use today for a lens's blur. Each takes linear light, alpha and the signed circle of confusion."""

import itertools

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.effects.aperture import disc


def uniform_blur(light: Float32, coc: Float32) -> Float32:
    """One Gaussian for the whole picture, of the widest disc's spread."""
    return np.asarray(cv2.GaussianBlur(light, (0, 0), max(float(coc.max()) / 4, 0.5)), np.float32)


def gaussian_blend(light: Float32, alpha: Float32, coc: Float32) -> Float32:
    """One Gaussian for the whole picture, blended by alpha: halo included. What most demos do."""
    blurred = cv2.GaussianBlur(light, (0, 0), max(float(np.percentile(np.abs(coc), 75)) / 4, 0.5))
    return np.asarray(alpha[..., None] * light + (1 - alpha[..., None]) * blurred, np.float32)


def opencv_layers(light: Float32, coc: Float32, layers: int = 24) -> Float32:
    """Hard slices of depth, each through cv2.filter2D, far to near, renormalised at the end."""
    edges = np.linspace(coc.min() - 0.01, coc.max() + 0.01, layers + 1)
    out, total = np.zeros_like(light), np.zeros(coc.shape, np.float32)
    for low, high in reversed(list(itertools.pairwise(edges))):
        inside = ((coc >= low) & (coc < high)).astype(np.float32)
        if not inside.any():
            continue
        kernel = disc(abs(low + high) / 2)
        cover = cv2.filter2D(inside, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        drawn = cv2.filter2D(light * inside[..., None], -1, kernel, borderType=cv2.BORDER_REPLICATE)
        out = out * (1 - cover[..., None]) + drawn
        total = total * (1 - cover) + cover
    return np.asarray(out / np.maximum(total, 1e-3)[..., None], np.float32)


def gather(light: Float32, coc: Float32, samples: int = 64) -> Float32:
    """Every pixel takes samples of a disc as wide as its own circle of confusion; depth order is ignored."""
    height, width = coc.shape
    v, u = np.mgrid[:height, :width].astype(np.float32)
    out = np.zeros_like(light)
    for k in range(samples):
        radius, angle = np.sqrt((k + 0.5) / samples) / 2, k * np.pi * (3 - np.sqrt(5))
        x, y = u + coc * np.float32(radius * np.cos(angle)), v + coc * np.float32(radius * np.sin(angle))
        out += cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) / samples
    return out
