"""A segmenter that is a network with a passport."""

from pathlib import Path

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.errors import ModelError
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.models.passport import OutputForm, Passport
from rgbd_seg.preprocessing import Fitting, PreparedPicture
from rgbd_seg.segmentation.passport_network import PassportNetwork


class NetworkSegmenter(PassportNetwork):
    """Finds the person in the colour picture with a network; depth is not looked at.

    The network's one output is the probability I1. Its segmentation value S_in is the decision it implies,
    1 where I1 ≥ 0.5 and 0 elsewhere: the published product ``I2·(1 − d)·I1·S_in`` then weighs the network's
    evidence once. With S_in = I1 it would be squared, and a pixel at 0.6 would count as 0.36.
    """

    def __init__(self, passport: Passport, path: Path, *, device: str = "cpu") -> None:
        """
        Raises:
            ModelError: the file cannot be loaded.
            DeviceNotFoundError: the device is not there.
        """
        super().__init__(passport, path, device=device)
        form = passport.input
        self._fitting = Fitting(
            width=form.width,
            height=form.height,
            letterbox=form.fit == "letterbox",
            turn_landscape=form.turn_landscape,
        )
        # (p − mean) / std as one multiplication and one addition, channels still in RGB order.
        order = slice(None) if form.channels == "RGB" else slice(None, None, -1)
        self._gain = (1 / np.array(form.std))[order].astype(np.float32)
        self._shift = (-np.array(form.mean) / np.array(form.std))[order].astype(np.float32)

    def segment(self, frame: RgbdFrame) -> Segmentation:
        """Decision and probability at the network's resolution.

        Raises:
            ModelError: the network failed, or its output is not what its passport says.
        """
        return self.segment_prepared(PreparedPicture(frame.color))

    def segment_prepared(self, picture: PreparedPicture) -> Segmentation:
        """As :meth:`segment`, for a picture whose tensors other networks may have computed already."""
        output = self._engine.run(self._normalised(picture.tensor(self._fitting)))
        probability = picture.restore(self._probability(output), self._fitting)
        return Segmentation(value=(probability >= 0.5).astype(np.float32), probability=probability)

    def _normalised(self, tensor: Float32) -> Float32:
        if not np.all(self._gain == 1) or np.any(self._shift):
            tensor = tensor * self._gain + self._shift
        return tensor if self._passport.input.channels == "RGB" else tensor[..., ::-1]

    def _probability(self, output: Float32) -> Float32:
        form = self._passport.output
        if output.ndim != 3 or form.channel >= output.shape[2]:
            raise ModelError(
                f"{self.name} returned {output.shape} (height, width, channels); "
                f"its passport expects channel {form.channel}"
            )
        person = _activated(output, form)
        if not np.all(np.isfinite(person)):
            raise ModelError(f"{self.name} returned NaN or infinity; its file or its passport does not fit")
        return np.clip(person, 0, 1).astype(np.float32)


def _activated(output: Float32, form: OutputForm) -> Float32:
    person = output[..., form.channel]
    if form.activation == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(person, -60, 60))), np.float32)
    if form.activation == "softmax":
        powers = np.exp(output - output.max(axis=2, keepdims=True))
        return np.asarray(powers[..., form.channel] / powers.sum(axis=2), np.float32)
    return person
