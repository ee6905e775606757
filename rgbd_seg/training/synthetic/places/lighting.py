"""Light of rooms and of the open air, from one lamp at night to full sun."""

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.training.synthetic.scene import Light

Rng = np.random.Generator
INDOORS = ("ceiling", "window", "window sun", "mixed", "evening lamp", "screen glow", "flash")
OUTDOORS = ("sun", "low sun", "overcast", "shade", "street night")
DARK = ("evening lamp", "screen glow", "flash", "street night")


def warmth(rng: Rng, low: float, high: float) -> Float32:
    """(3,) white of a colour temperature between ``low`` and ``high`` kelvins, green at 1 (a fit to Planck's law)."""
    t = rng.uniform(low, high) / 100
    red = 255 if t <= 66 else 329.7 * (t - 60) ** -0.1332
    green = 99.47 * np.log(t) - 161.1 if t <= 66 else 288.1 * (t - 60) ** -0.0755
    blue = 255 if t >= 66 else 138.5 * np.log(max(t - 10, 1.01)) - 305.0
    rgb = np.clip([red, green, blue], 1, 255) / 255
    linear = rgb**2.2
    # Cameras balance most of the colour away; a share stays visible.
    white: Float32 = ((linear / linear[1]) ** 0.55).astype(np.float32)
    return white


def ceiling_lamps(rng: Rng, width: float, depth: tuple[float, float], height: float) -> tuple[Light, ...]:
    """One to three soft lamps under the ceiling."""
    white = warmth(rng, 2700, 5500)
    count = int(rng.integers(1, 4))
    places = [(rng.uniform(-0.4, 0.4) * width, rng.uniform(*depth)) for _ in range(count)]
    places[0] = (rng.uniform(-0.8, 0.8), rng.uniform(0.2, 1.4))  # one of them before the subject: faces are seen
    return tuple(
        Light(position=_at(x, height - 0.1, z), color=white * np.float32(rng.uniform(4, 9)), size=rng.uniform(0.3, 1.0))
        for x, z in places
    )


def beside(rng: Rng, height: float) -> Light:
    """A warm lamp at one side of the subject."""
    side = float(rng.choice([-1, 1]))
    return Light(
        position=_at(side * rng.uniform(0.7, 1.6), rng.uniform(1.1, height - 0.3), rng.uniform(-0.3, 1.3)),
        color=warmth(rng, 2200, 3200) * np.float32(rng.uniform(2.0, 4.0)),
        size=rng.uniform(0.15, 0.35),
    )


def screen_glow(rng: Rng) -> Light:
    """A screen or phone before the face."""
    return Light(
        position=_at(rng.normal(0, 0.15), rng.uniform(1.1, 1.5), rng.uniform(0.45, 0.7)),
        color=warmth(rng, 6500, 11000) * np.float32(rng.uniform(0.5, 1.0)),
        size=rng.uniform(0.15, 0.5),
    )


def sun(rng: Rng, *, low: bool) -> Light:
    """The sun, in front of or beside the subject more often than behind."""
    height = np.deg2rad(rng.uniform(8, 22) if low else rng.uniform(30, 65))
    azimuth = np.deg2rad(rng.normal(0, 65))
    direction = [np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)]
    white = warmth(rng, 3000, 4200) if low else warmth(rng, 5000, 6000)
    return Light(position=np.array(direction, np.float32), color=white * np.float32(rng.uniform(3.0, 5.0)), size=0.8,
                 distant=True)  # fmt: skip


def sky_light(rng: Rng, kind: str) -> tuple[tuple[Light, ...], Float32]:
    """Lights and ambient radiance of the open air."""
    if kind in ("sun", "low sun"):
        return (sun(rng, low=kind == "low sun"),), warmth(rng, 7000, 12000) * np.float32(rng.uniform(0.35, 0.6))
    if kind == "street night":
        lamps = tuple(
            Light(position=_at(x, rng.uniform(3, 4), z), color=warmth(rng, 2200, 4500) * np.float32(rng.uniform(6, 14)),
                  size=0.3) for x, z in ((rng.uniform(-2, 2), rng.uniform(0.8, 2.2)), (rng.uniform(-4, 4), -3.0))
        )  # fmt: skip
        return lamps, np.full(3, rng.uniform(0.02, 0.07), np.float32)
    soft = Light(
        position=np.array([rng.normal(0, 0.4), 0.9, 0.5], np.float32), color=np.full(3, 1.1, np.float32), size=55.0,
        distant=True,
    )  # fmt: skip
    soft = Light(**(vars(soft) | {"position": soft.position / np.linalg.norm(soft.position)}))
    level = rng.uniform(0.7, 1.0) if kind == "overcast" else rng.uniform(0.5, 0.8)
    return (soft,), warmth(rng, 6000, 9000) * np.float32(level)


def _at(x: float, y: float, z: float) -> Float32:
    return np.array([x, y, z], np.float32)
