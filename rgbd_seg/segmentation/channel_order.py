"""Between pictures, channels last, and the tensors of a network, in whichever order its passport names."""

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.errors import ModelError
from rgbd_seg.models.passport import Passport


class ChannelOrder:
    """How a network's tensors are laid out in its engine."""

    def __init__(self, passport: Passport) -> None:
        # A TFLite network's tensors are NCHW after conversion, and in OpenCV, whatever the file has.
        converted = passport.format == "tflite"
        self._name = passport.name
        self._first_in = converted or passport.input.layout == "NCHW"
        self._first_out = converted or passport.output.layout == "NCHW"

    def batch(self, picture: Float32) -> Float32:
        """(h, w, c) → (1, c, h, w) or (1, h, w, c), contiguous."""
        return np.ascontiguousarray((picture.transpose(2, 0, 1) if self._first_in else picture)[None])

    def picture(self, output: Float32) -> Float32:
        """The tensor of one picture → (h, w, c).

        Raises:
            ModelError: it has not four dimensions.
        """
        if output.ndim != 4:
            raise ModelError(f"{self._name} returned {output.shape}; expected four dimensions")
        image: Float32 = output[0]
        return image.transpose(1, 2, 0) if self._first_out else image


def reason(error: Exception) -> str:
    """An engine's message on one line."""
    return " ".join(str(error).split())
