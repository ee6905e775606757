"""Time-of-flight cameras with continuous-wave modulation.

The pixel adds up the light of all that it sees as phasors; phase gives distance. From this follow flying pixels
at edges, distances bent by scattered and detoured light, and noise that falls with amplitude. Sources:

* phase, and noise σ = c / (4√2 π f) · √(A + B) / A: Lange and Seitz, "Solid-State Time-of-Flight Range Camera",
  IEEE Journal of Quantum Electronics 37 (2001);
* wiggling, a periodic error with a quarter of the unambiguous range's period: Lindner, Schiller, Kolb and Koch,
  "Time-of-Flight Sensor Calibration for Accurate Range Sensing", CVIU 114 (2010);
* light scattered inside the lens: Mure-Dubois and Hügli, "Real-Time Scattering Compensation for Time-of-Flight
  Camera", ICVS 2007; light by way of other surfaces: Freedman et al., "SRA: Fast Removal of General Multipath for
  ToF Sensors", ECCV 2014.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.options import check_range
from rgbd_seg.training.synthetic.sensors.model import SensorModel
from rgbd_seg.training.synthetic.sensors.noise import mixed_noise, smooth_noise
from rgbd_seg.training.synthetic.sensors.reading import Measurement
from rgbd_seg.training.synthetic.sensors.survey import SUBSAMPLES, Spots, Survey

_LIGHT = 299_792_458.0  # metres per second
_HAIR_RETURN = 0.35  # of hair's reflectance: most light is lost between the strands
_GLINT = 25.0  # amplitude of a mirror that faces the camera, against white paper
_GLINT_SHARPNESS = 80
_HALF_SURE = 5.0  # times ``darkest``: the amplitude at which confidence is ½


@dataclass(frozen=True, kw_only=True)
class TimeOfFlight(SensorModel):
    """Amplitudes are in units of what a white, matt sheet returns that faces the camera at 1 m."""

    kind: ClassVar[str] = "tof"

    modulation: float = 30e6  # Hz
    noise: float = 0.003  # metres, of a white sheet at 1 m
    background: float = 0.3  # share of that noise's variance that comes from ambient light
    correlation: float = 0.4  # share of the variance that neighbours have in common (the device's own smoothing)
    wiggling: float = 0.003  # metres, amplitude of the periodic error
    scattering: float = 0.02  # share of the light that the lens spreads over the picture
    multipath: float = 0.04  # share of the light that arrives after a detour
    detour: float = 0.25  # metres
    darkest: float = 0.008  # amplitude below which there is no answer
    brightest: float = 14.0  # amplitude above which the pixel is saturated
    coherence: float = 0.8  # pixels that mix distances more than this are dropped, if the device drops them
    drop_mixed: float = 0.3  # how many of them
    dropouts: float = 0.002  # share of pixels lost for no visible reason

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("modulation", self.modulation, 5e6, 400e6)
        check_range("noise", self.noise, 0, 0.1)
        for name in ("background", "correlation", "scattering", "multipath", "coherence", "drop_mixed", "dropouts"):
            check_range(name, getattr(self, name), 0, 1)
        check_range("wiggling", self.wiggling, 0, 0.1)
        check_range("detour", self.detour, 0, 5)
        check_range("darkest", self.darkest, 0, self.brightest)

    def measure(self, seen: Survey, rng: np.random.Generator) -> Measurement:
        """What the camera would deliver."""
        phasor, middle, amplitude = self._mixture(seen)
        coherence = np.abs(phasor) / np.maximum(amplitude, 1e-9)
        light = phasor + self._stray_light(phasor)
        amplitude = np.maximum(np.abs(light), 1e-9)
        wave = np.float32(4 * np.pi * self.modulation / _LIGHT)
        distance = middle + np.angle(light * _turned(-wave * middle)) / wave
        distance += np.float32(self.wiggling) * np.sin(4 * wave * distance + np.float32(rng.uniform(0, 2 * np.pi)))
        distance += self.sigma(amplitude) * mixed_noise(rng, middle.shape, 1.2, self.correlation)
        lost = self._lost(amplitude, coherence, seen, rng)
        confidence = amplitude / (amplitude + _HALF_SURE * self.darkest) * coherence**2
        return Measurement(depth=distance / seen.centers.length, lost=lost, confidence=confidence.astype(np.float32))

    def sigma(self, amplitude: Float32) -> Float32:
        """Standard deviation of distance, metres: shot noise of signal and background (Lange and Seitz)."""
        result: Float32 = np.float32(self.noise) * np.sqrt((1 - self.background) * amplitude + self.background)
        return result / amplitude

    def _mixture(self, seen: Survey) -> tuple[NDArray[Any], Float32, Float32]:
        """(h, w) phasor, amplitude-weighted mean distance, and sum of amplitudes."""
        wave = np.float32(4 * np.pi * self.modulation / _LIGHT)
        amplitude, distance = amplitude_of(seen.centers), _distance(seen.centers)
        phasor = amplitude * _turned(wave * distance)
        if seen.fine is not None and seen.edges.any():
            parts, distances = amplitude_of(seen.fine) / SUBSAMPLES**2, _distance(seen.fine)
            total = parts.sum(axis=-1)
            phasor[seen.edges] = (parts * _turned(wave * distances)).sum(axis=-1)
            distance[seen.edges] = (parts * distances).sum(axis=-1) / np.maximum(total, 1e-9)
            amplitude[seen.edges] = total
        return phasor, distance, amplitude

    def _stray_light(self, phasor: NDArray[Any]) -> NDArray[Any]:
        """Light scattered by the lens from all over the picture, and light that bounced off what is nearby."""
        if self.scattering == 0 and self.multipath == 0:
            return np.zeros_like(phasor)
        size = phasor.shape[1], phasor.shape[0]
        small = [cv2.resize(part, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) for part in _parts(phasor)]
        sigma = size[0] / 4
        broad = [cv2.GaussianBlur(part, (0, 0), sigma / 6, borderType=cv2.BORDER_REFLECT) for part in small]
        near = [cv2.GaussianBlur(part, (0, 0), sigma / 24, borderType=cv2.BORDER_REFLECT) for part in small]
        wave = 4 * np.pi * self.modulation / _LIGHT
        bounced = self.multipath * np.exp(1j * wave * self.detour) * _complex(near)
        stray = (self.scattering * _complex(broad) + bounced).astype(np.complex64)
        return _complex([cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) for part in _parts(stray)])

    def _lost(self, amplitude: Float32, coherence: Float32, seen: Survey, rng: np.random.Generator) -> Bool:
        size = amplitude.shape
        # Neighbours fail together: the threshold itself wanders from place to place.
        threshold = self.darkest * np.exp(0.25 * smooth_noise(rng, size, 2.5))
        lost = (amplitude < threshold) | (amplitude > self.brightest)
        lost |= (coherence < self.coherence) & (rng.random(size, np.float32) < self.drop_mixed)
        lost |= rng.random(size, np.float32) < self.dropouts
        return np.asarray(lost | ~np.isfinite(seen.centers.z))


def amplitude_of(spots: Spots) -> Float32:
    """Returned light of active illumination: ρ cos θ / r², and glints of shiny surfaces that face the camera."""
    diffuse = spots.reflectance * np.where(spots.hair, np.float32(_HAIR_RETURN), np.float32(1)) * spots.cosine
    glint = np.float32(_GLINT) * spots.cosine**_GLINT_SHARPNESS
    returned = diffuse + spots.shininess * (glint - diffuse)
    amplitude: Float32 = returned / np.square(spots.z * spots.length)  # 0 at infinity
    return amplitude


def _distance(spots: Spots) -> Float32:
    distance: Float32 = np.where(np.isfinite(spots.z), spots.z, np.float32(0)) * spots.length
    return distance


def _turned(angle: Float32) -> NDArray[Any]:
    """exp(i · angle), in single precision: a ten-thousandth of a radian is less than a millimetre."""
    turned = np.empty(angle.shape, np.complex64)
    turned.real, turned.imag = np.cos(angle), np.sin(angle)
    return turned


def _parts(values: NDArray[Any]) -> tuple[Float32, Float32]:
    return np.ascontiguousarray(values.real, np.float32), np.ascontiguousarray(values.imag, np.float32)


def _complex(parts: list[Float32]) -> NDArray[Any]:
    return (parts[0] + np.complex64(1j) * parts[1]).astype(np.complex64)
