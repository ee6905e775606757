"""Other light, other cameras: what may change in a picture's colours while its truth stays.

Milder in hue than a first prototype, which taught the network to ignore skin.
"""

import cv2
import numpy as np

from rgbd_seg.arrays import Float32, UInt8


def relit(rng: np.random.Generator, color: Float32, strength: float = 1.0) -> Float32:
    """Exposure, contrast, saturation and white balance of an (s, s, 3) picture in [0, 1]."""
    gain = np.exp(rng.normal(0, 0.18 * strength)) * np.exp(rng.normal(0, 0.05 * strength, 3))
    gamma = np.exp(rng.normal(0, 0.15 * strength))
    saturation = np.exp(rng.normal(0, 0.2 * strength))
    # Grey plus what differs from it, times the gains: one 3 × 3 matrix.
    matrix = gain[:, None] * (saturation * np.eye(3) + (1 - saturation) / 3)
    mixed = np.clip(cv2.transform(color, matrix), 0, 1)
    return np.asarray(cv2.pow(mixed, float(gamma)), np.float32)


def lit_unevenly(rng: np.random.Generator, color: Float32) -> Float32:
    """A smooth field of light over the picture."""
    side = color.shape[0]
    field = cv2.resize(
        np.exp(rng.normal(0, 0.35, (3, 3))).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(np.clip(color * field[..., None], 0, 1), np.float32)


def taken_by_a_camera(rng: np.random.Generator, color: Float32) -> Float32:
    """Blur or sharpening, low resolution, noise and JPEG."""
    side = color.shape[0]
    kind = rng.random()
    if kind < 0.25:
        color = cv2.GaussianBlur(color, (0, 0), float(rng.uniform(0.3, 1.6)))
    elif kind < 0.45:
        color = color + np.float32(rng.uniform(0.3, 1.0)) * (color - cv2.GaussianBlur(color, (0, 0), 1.2))
    if rng.random() < 0.15:
        share = rng.uniform(0.35, 0.8)
        small = cv2.resize(color, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        color = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.6:
        sigma = abs(rng.normal(0, 0.035))
        noise = rng.standard_normal(color.shape, np.float32) * np.float32(sigma)
        color = color + noise * np.sqrt(np.clip(color, 0.02, 1))
    color = np.asarray(np.clip(color, 0, 1), np.float32)
    return _compressed(rng, color) if rng.random() < 0.3 else color


def _compressed(rng: np.random.Generator, color: Float32) -> Float32:
    quality = int(rng.uniform(30, 95))
    _, data = cv2.imencode(".jpg", (color * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded: UInt8 = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return decoded.astype(np.float32) / np.float32(255)
