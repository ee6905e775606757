"""Cameras that triangulate: two imagers and a texture projector, or one imager and a pattern.

Depth is f·b/disparity, so that noise of the disparity becomes noise of depth with z², and rounding becomes steps.
What the second imager (or the projector) cannot see is a shadow beside everything near. Block matching makes near
things fatter than they are. Sources:

* σ_z = z² / (f·b) · σ_d and rounding to ⅛ pixel: Khoshelham and Elberink, "Accuracy and Resolution of Kinect Depth
  Data for Indoor Mapping Applications", Sensors 12 (2012);
* block matching, sub-pixel step of 1/32, the blind strip at the border: Keselman et al., "Intel RealSense
  Stereoscopic Depth Cameras", CVPR Workshops 2017; Grunnet-Jepsen et al., "Best-Known-Methods for Tuning Intel
  RealSense D400 Depth Cameras" (RMS of disparity 0.05–0.1 pixels);
* foreground fattening: Kanade and Okutomi, "A Stereo Matching Algorithm with an Adaptive Window", PAMI 16 (1994).
"""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_range
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.sensors.model import SensorModel
from rgbd_seg.training.synthetic.sensors.noise import mixed_noise, smooth_noise
from rgbd_seg.training.synthetic.sensors.reading import Measurement
from rgbd_seg.training.synthetic.sensors.survey import Survey
from rgbd_seg.training.synthetic.sensors.time_of_flight import amplitude_of

_JUMP = 1.0  # pixels of disparity between neighbours that belong to different surfaces
_SKIN = 0.004  # metres off the surface where a shadow ray starts


@dataclass(frozen=True, kw_only=True)
class Triangulation(SensorModel):
    """What both kinds share; the second imager or the projector stands ``baseline`` to the right along the grid."""

    baseline: float = 0.05  # metres; negative: to the left
    noise: float = 0.07  # pixels of disparity, standard deviation on a well lit surface
    correlation: float = 0.7  # share of the variance that a matching window has in common
    step: float = 1 / 32  # pixels of disparity
    window: int = 7  # pixels across the block that is matched
    fattening: float = 0.6  # of half the window: how far near things grow at most
    darkest: float = 0.006  # returned light (white sheet at 1 m = 1) below which matching fails
    oblique: float = 0.17  # cosine of incidence below which it fails
    hair_loss: float = 0.5  # share of hair that is not matched
    shine_loss: float = 4.0  # how readily shiny surfaces fail
    dropouts: float = 0.01  # share of pixels lost in spots for no visible reason

    both_must_see: ClassVar[bool] = True  # a pixel whose match lies outside the second picture is lost

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.005 <= abs(self.baseline) <= 0.5:
            raise ConfigError(f"baseline is {self.baseline}; expected 5 mm to 0.5 m to either side")
        check_range("noise", self.noise, 0, 2)
        for name in ("correlation", "fattening", "oblique", "hair_loss", "dropouts", "step"):
            check_range(name, getattr(self, name), 0, 1)
        check_range("window", self.window, 1, 31)
        check_range("shine_loss", self.shine_loss, 0, 100)

    def measure(self, scene: CompiledScene, seen: Survey, focal: float, rng: np.random.Generator) -> Measurement:
        """What the camera would deliver; ``focal``: of its grid, pixels."""
        size, scale = seen.centers.z.shape, focal * abs(self.baseline)
        true = scale / seen.centers.z  # 0 where nothing was met
        light = amplitude_of(seen.centers)
        lost = self._shadow(scene, seen, true) | self._unseen(true) | self._unmatched(light, seen, rng)
        disparity, grown = self._fattened(true, rng)
        lost &= ~grown
        sigma = self.noise * np.clip(light / 0.15, 0.1, 1) ** -0.35
        disparity = disparity + sigma * mixed_noise(rng, size, self.window / 4, self.correlation)
        if self.step > 0:
            disparity = np.round(disparity / self.step) * np.float32(self.step)
        lost |= (disparity <= 0) | _spotted(rng, size, self.dropouts)
        return Measurement(depth=(scale / np.maximum(disparity, 1e-6)).astype(np.float32), lost=lost)

    def _shadow(self, scene: CompiledScene, seen: Survey, disparity: Float32) -> Bool:
        """(h, w) True where something stands between the surface and the second imager."""
        z, pose = seen.centers.z, seen.T_world_camera
        met = np.isfinite(z) & self._may_be_hidden(disparity)
        depth = np.where(met, z, np.float32(1))[..., None]
        points = np.concatenate([seen.rays * depth, depth], axis=-1)[met]
        second = np.array([self.baseline, 0, 0], np.float32)
        rotation = pose.rotation.astype(np.float32)
        rays = np.empty((len(points), 6), np.float32)
        rays[:, :3] = points @ rotation.T + pose.translation.astype(np.float32)
        rays[:, 3:] = (second - points) @ rotation.T
        rays[:, :3] += rays[:, 3:] * (_SKIN / np.linalg.norm(rays[:, 3:], axis=1, keepdims=True))
        hidden = np.zeros(z.shape, bool)
        hidden[met] = scene.caster.occluded(rays, 0.0, 0.99)
        return hidden

    def _may_be_hidden(self, disparity: Float32) -> Bool:
        """(h, w) True where something nearer lies far enough over to the second imager's side, or may do so unseen."""
        reach = int(np.ceil(disparity.max() - disparity.min())) + 2
        # A blocker that is d' - d nearer in disparity stands d' - d columns over.
        kernel = np.ones((1, reach), np.uint8)
        anchor = (0, 0) if self.baseline > 0 else (reach - 1, 0)
        border = float(disparity.max()) + 1
        highest = cv2.dilate(disparity, kernel, anchor=anchor, borderType=cv2.BORDER_CONSTANT, borderValue=border)
        return np.asarray(highest > disparity + 0.2)

    def _unseen(self, disparity: Float32) -> Bool:
        columns = np.arange(disparity.shape[1], dtype=np.float32)
        match = columns - np.sign(self.baseline) * disparity
        return np.asarray(self.both_must_see & ((match < -0.5) | (match > disparity.shape[1] - 0.5)))

    def _unmatched(self, light: Float32, seen: Survey, rng: np.random.Generator) -> Bool:
        spots, size = seen.centers, light.shape
        threshold = self.darkest * np.exp(0.5 * smooth_noise(rng, size, self.window / 2))
        lost = (light < threshold) | (spots.cosine < self.oblique) | ~np.isfinite(spots.z)
        patchy = smooth_noise(rng, size, self.window / 3)
        risk = np.where(spots.hair, self.hair_loss, np.minimum(self.shine_loss * spots.shininess, 0.95))
        return np.asarray(lost | (_uniform(patchy) < risk))

    def _fattened(self, disparity: Float32, rng: np.random.Generator) -> tuple[Float32, Bool]:
        """Disparity with near surfaces grown by up to half a window, raggedly; and where they grew."""
        reach = round(self.fattening * (self.window // 2))
        if reach == 0:
            return disparity, np.zeros(disparity.shape, bool)
        wanted = _uniform(smooth_noise(rng, disparity.shape, self.window / 2)) * (reach + 1)
        result = disparity
        for radius in range(1, reach + 1):
            shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
            grown = cv2.dilate(disparity, shape)
            take = (wanted > radius) & (grown > disparity + _JUMP)
            result = np.where(take, grown, result)
        return result, result > disparity


@dataclass(frozen=True, kw_only=True)
class ActiveStereo(Triangulation):
    """Two infrared imagers and a dot projector (Intel D400, Orbbec Gemini 2, OAK-D Pro)."""

    kind: ClassVar[str] = "active-stereo"

    width: int = 424
    height: int = 240
    field_of_view: float = 84.0
    position: tuple[float, float, float] = (-0.015, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class StructuredLight(Triangulation):
    """One imager and a projector of a fixed pattern (Kinect v1, Astra, TrueDepth)."""

    kind: ClassVar[str] = "structured-light"
    both_must_see: ClassVar[bool] = False  # projectors light more than the imager sees

    width: int = 320
    height: int = 240
    field_of_view: float = 60.0
    baseline: float = 0.075
    step: float = 1 / 8
    window: int = 9
    noise: float = 0.05
    darkest: float = 0.01
    hair_loss: float = 0.75


def _uniform(noise: Float32) -> Float32:
    """Normal noise of variance 1 → evenly spread over 0 … 1 (logistic approximation of the error function)."""
    spread: Float32 = 1 / (1 + np.exp(np.float32(-1.702) * noise))
    return spread


def _spotted(rng: np.random.Generator, size: tuple[int, int], share: float) -> Bool:
    return _uniform(smooth_noise(rng, size, 1.5)) < share
