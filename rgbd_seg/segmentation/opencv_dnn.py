"""TFLite networks through OpenCV's own engine."""

from pathlib import Path

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.errors import DeviceNotFoundError, ModelError
from rgbd_seg.models.passport import Passport
from rgbd_seg.segmentation.engine import Execution


class OpenCvEngine:
    """A network in ``cv2.dnn``."""

    def __init__(self, passport: Passport, path: Path, device: str = "cpu") -> None:
        if device != "cpu":
            raise DeviceNotFoundError(f"OpenCV runs {passport.name} on the cpu only here, asked for {device!r}")
        self._passport = passport
        try:
            self._net = cv2.dnn.readNetFromTFLite(str(path))
        except cv2.error as error:
            raise ModelError(f"OpenCV cannot load {path}: {error}") from error

    @property
    def execution(self) -> Execution:
        return Execution(f"OpenCV {cv2.__version__}", "cpu")

    def run(self, picture: Float32) -> Float32:
        try:
            self._net.setInput(np.ascontiguousarray(picture.transpose(2, 0, 1))[None])
            output = self._net.forward()
        except cv2.error as error:
            raise ModelError(f"OpenCV failed to run {self._passport.name}: {error}") from error
        return np.asarray(output, np.float32)[0].transpose(1, 2, 0)
