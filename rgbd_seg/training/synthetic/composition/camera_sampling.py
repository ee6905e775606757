"""Cameras at random: from a selfie at arm's length to a full figure, upright and wide, wide and tele."""

import numpy as np

from rgbd_seg.training.synthetic.composition.presets import Preset, Shares
from rgbd_seg.training.synthetic.composition.spec import CameraSpec
from rgbd_seg.training.synthetic.places.lighting import DARK

Rng = np.random.Generator
# metres from edge to edge, field of view along the longer side in degrees
_FRAMES = {
    "selfie": ((0.5, 0.8), (58, 80)),
    "head": ((0.5, 0.85), (32, 66)),
    "half": ((0.85, 1.3), (32, 70)),
    "knee": ((1.3, 1.75), (34, 72)),
    "full": ((1.85, 2.7), (38, 75)),
}


def choose(rng: Rng, shares: Shares) -> str:
    """One name by its share."""
    weights = np.array(list(shares.values()), np.float64)
    return str(rng.choice(list(shares), p=weights / weights.sum()))


def sample_camera(rng: Rng, preset: Preset, light: str) -> CameraSpec:
    """One picture."""
    framing = choose(rng, preset.framings)
    heights, fields = _FRAMES[framing]
    upright = bool(rng.random() < (0.75 if framing == "full" else 0.58))
    blurred = bool(rng.random() < preset.motion_blur)
    exposure = float(np.exp(rng.normal(0, 0.16)))
    noise = float(np.exp(rng.uniform(np.log(0.003), np.log(0.02))))
    if light in DARK:
        exposure, noise = exposure * float(rng.uniform(0.45, 0.95)), min(noise * 1.8, 0.03)
    return CameraSpec(
        framing=framing,
        upright=upright,
        field_of_view=float(rng.uniform(*fields)),
        frame_height=float(rng.uniform(*heights)),
        azimuth=float(np.clip(rng.normal(0, 13), -30, 30)),
        elevation=float(rng.uniform(-4, 22) if framing == "selfie" else np.clip(rng.normal(1, 7), -15, 18)),
        roll=float(rng.normal(0, 5 if framing == "selfie" else 2)),
        aim=_aim(rng, framing, upright),
        aperture=float(np.exp(rng.uniform(np.log(0.004), np.log(0.04)))) if rng.random() < preset.lens_blur else 0.0,
        exposure=exposure,
        noise=noise,
        white_balance=_white_balance(rng),
        contrast=float(np.clip(rng.normal(1.06, 0.08), 0.85, 1.3)),
        saturation=float(np.clip(rng.normal(1.05, 0.13), 0.6, 1.4)),
        ambient_gain=float(np.exp(rng.normal(0, 0.25))),
        light_gains=tuple(float(v) for v in np.exp(rng.normal(0, 0.3, 4))),
        shutter=float(rng.uniform(0.02, 0.07)) if blurred else 0.0,
        velocity=_velocity(rng, blurred),
    )


def _velocity(rng: Rng, blurred: bool) -> tuple[float, ...]:
    """Every hand moves a little: it shows where the shutter stays open long, and where depth is late."""
    turning = rng.normal(0, 0.25 if blurred else 0.06, 3)
    moving = rng.normal(0, 0.12 if blurred else 0.04, 3)
    return tuple(float(v) for v in np.concatenate([moving, turning]))


def _aim(rng: Rng, framing: str, upright: bool) -> tuple[float, float]:
    spread, most = (0.07, 0.18) if upright else (0.17, 0.34)
    sideways = float(np.clip(rng.normal(0, spread), -most, most))
    down = {"selfie": (0.0, 0.16), "head": (0.04, 0.2), "half": (0.12, 0.28), "knee": (0.2, 0.32), "full": (0.3, 0.4)}
    return sideways, float(rng.uniform(*down[framing]))


def _white_balance(rng: Rng) -> tuple[float, float, float]:
    red, blue = np.exp(rng.normal(0, 0.05, 2))
    return float(red), 1.0, float(blue)
