"""The portrait network as a segmenter: colour, and depth where there is any."""

from pathlib import Path

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.errors import ConfigError, ModelError
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.inverse_depth import normalised_inverse_depth
from rgbd_seg.models.passport import RGBD, InputForm, Passport
from rgbd_seg.preprocessing import Fitting, PreparedPicture
from rgbd_seg.resampling import resize_depth
from rgbd_seg.scaling import resized
from rgbd_seg.segmentation.passport_network import PassportNetwork

_CHANNELS = 4  # S_in, I1, people, held: `rgbd_seg.networks.portrait.OUTPUTS`
_TRUSTED = 0.1  # depth of less confidence is as good as none


class PortraitSegmenter(PassportNetwork):
    """Finds the front person, with the same weights with depth and without.

    Depth is stretched to the network's size as colour is, and reduced to its order: neither metres nor an offset
    matter. Where it was not measured the network is told so, and decides by colour.
    """

    def __init__(self, passport: Passport, path: Path, *, device: str = "cpu") -> None:
        """
        Raises:
            ConfigError: its passport says what such networks do not do.
            ModelError: the file cannot be loaded.
            DeviceNotFoundError: the device is not there.
        """
        _check_form(passport)
        super().__init__(passport, path, device=device)
        self._fitting = Fitting(width=passport.input.width, height=passport.input.height)

    @property
    def reads_depth(self) -> bool:
        """True: the same weights serve with depth and without."""
        return True

    def segment(self, frame: RgbdFrame, *, previous: Float32 | None = None) -> Segmentation:
        """Value, probability, people and held objects at the network's resolution.

        Args:
            previous: (h, w) alpha of the frame before, of the same field of view and any size; None for photos.
        Raises:
            ModelError: the network failed, or its output is not what its passport says.
        """
        output = self._engine.run(self._inputs(frame, previous))
        if output.ndim != 3 or output.shape[2] != _CHANNELS:
            raise ModelError(f"{self.name} returned {output.shape}; expected (height, width, {_CHANNELS})")
        if not np.all(np.isfinite(output)):
            raise ModelError(f"{self.name} returned NaN or infinity; its file or its passport does not fit")
        value, probability, people, held = np.ascontiguousarray(np.clip(output, 0, 1).transpose(2, 0, 1))
        return Segmentation(value=value, probability=probability, people=people, held=held)

    def _inputs(self, frame: RgbdFrame, previous: Float32 | None) -> Float32:
        color = PreparedPicture(frame.color).tensor(self._fitting)
        height, width = color.shape[:2]
        inputs = np.zeros((height, width, 6), np.float32)
        inputs[..., :3] = color
        if frame.depth is not None:
            inputs[..., 3], inputs[..., 4] = normalised_inverse_depth(_trusted_depth(frame, (height, width)))
        if previous is not None:
            inputs[..., 5] = 2 * resized(previous, (height, width)) - 1
        return inputs


def _check_form(passport: Passport) -> None:
    """What follows from six channels in and four out has no choice."""
    given, usual = passport.input, InputForm(width=32, height=32, channels=RGBD)
    for name in ("fit", "turn_landscape", "mean", "std"):
        if (value := getattr(given, name)) != getattr(usual, name):
            raise ConfigError(
                f"the passport of {passport.name} says {name} {value!r}, but a network that reads depth takes the "
                "whole picture, stretched, in [0, 1]; leave it out"
            )
    if passport.output.activation != "none":
        raise ConfigError(
            f"the passport of {passport.name} says activation {passport.output.activation!r}, but a network that reads "
            "depth returns probabilities; leave it out"
        )


def _trusted_depth(frame: RgbdFrame, size: tuple[int, int]) -> Float32:
    assert frame.depth is not None
    depth = frame.depth
    if frame.confidence is not None:
        depth = np.where(frame.confidence < _TRUSTED, np.float32(np.nan), depth)
    return resize_depth(depth, size, "nearest")
