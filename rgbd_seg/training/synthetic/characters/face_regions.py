"""Where hair grows and blood shows on the neutral face: functions of points in metres, origin between the eyes."""

import numpy as np

from rgbd_seg.arrays import Float32, Float64


def hairline(points: Float32) -> Float32:
    """(n,) 1 inside the hair, 0 on the face, soft over some millimetres."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    # Over the forehead an arch that falls towards the temples; behind the temples it drops to the ears.
    front = 0.063 - 0.012 * (x / 0.06) ** 4
    behind = np.clip((-0.022 - z) / 0.030, 0, 1)
    height = front - 0.055 * behind - 0.09 * np.clip((-0.075 - z) / 0.03, 0, 1)
    return _step(y - height, 0.006)


def beard_density(points: Float32) -> Float32:
    """(n,) chin, jaw, cheeks below the cheekbones, upper lip."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    cheek = -0.052 + 0.35 * np.clip(x - 0.045, 0, 0.03)  # rises towards the ears
    below = _step(cheek - y, 0.012) * _step(z + 0.075, 0.01)
    jaw = _step(y + 0.125 - 0.25 * np.clip(z + 0.01, -0.1, 0.05), 0.015)
    sides = np.clip(x / 0.03, 0, 1)
    chin = _step(-0.082 - y, 0.006)
    lip = _step(0.030 - x, 0.006) * _step(y + 0.072, 0.006) * _step(-0.050 - y, 0.006)
    return np.clip(below * jaw * np.maximum(np.where(x > 0.026, sides, 0), chin) + lip * (z > -0.02), 0, 1)


def moustache(points: Float32) -> Float32:
    """(n,) the upper lip only."""
    x, y = np.abs(points[:, 0]), points[:, 1]
    return _step(0.032 - x, 0.005) * _step(y + 0.075, 0.005)


def goatee(points: Float32) -> Float32:
    """(n,) chin and upper lip."""
    return _step(0.030 - np.abs(points[:, 0]), 0.006)


def brow_center(along: Float32) -> tuple[Float32, Float32]:
    """x (outwards) and y of the brow's middle line, ``along`` 0 at the nose … 1 at the temple.

    The inner end lies no lower than the outer third: low inner ends look angry.
    """
    x = 0.0135 + 0.0385 * along
    y = 0.0185 + 0.0075 * np.sin(np.pi * np.clip(along * 0.80 + 0.06, 0, 1)) - 0.0035 * along**3
    return x.astype(np.float32), y.astype(np.float32)


def brow_half_width(along: Float32) -> Float32:
    """Half the brow's width in metres."""
    width = 0.0036 * np.clip(along / 0.12, 0.55, 1) * (1 - 0.72 * np.clip((along - 0.45) / 0.55, 0, 1))
    return np.asarray(width.astype(np.float32), np.float32)


def brow_density(points: Float32) -> Float32:
    """(n,) the brows' shadow on the skin."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    along = ((x - 0.0135) / 0.0385).astype(np.float32)
    _, middle = brow_center(np.clip(along, 0, 1))
    inside = _step(along + 0.05, 0.08) * _step(1.05 - along, 0.08) * (z > 0)
    return inside * _step(brow_half_width(np.clip(along, 0, 1)) - np.abs(y - middle), 0.003)


def blush(points: Float32) -> Float32:
    """(n,) cheeks and the tip of the nose."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    cheek = np.exp(-(((x - 0.043) / 0.020) ** 2) - ((y + 0.032) / 0.018) ** 2) * (z > -0.03)
    nose = np.exp(-((x / 0.014) ** 2) - ((y + 0.042) / 0.012) ** 2) * (z > 0.02)
    return np.asarray(np.clip(cheek + nose, 0, 1).astype(np.float32), np.float32)


def freckle_density(points: Float32) -> Float32:
    """(n,) cheeks and nose, fading outwards."""
    x, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    return (np.exp(-((x / 0.05) ** 4) - ((y + 0.028) / 0.028) ** 2) * (z > -0.03)).astype(np.float32)


def _step(distance: Float32 | Float64, softness: float) -> Float32:
    value: Float32 = np.clip(0.5 + distance / (2 * softness), 0, 1).astype(np.float32)
    return value
