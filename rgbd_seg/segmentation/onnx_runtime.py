"""ONNX networks through ONNX Runtime."""

from pathlib import Path

import numpy as np
import onnxruntime

from rgbd_seg.arrays import Float32
from rgbd_seg.models.passport import Passport
from rgbd_seg.segmentation.engine import Execution


class OnnxRuntimeEngine:
    """A network in ONNX Runtime."""

    def __init__(self, passport: Passport, path: Path, device: str = "cpu") -> None:
        self._passport = passport
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    @property
    def execution(self) -> Execution:
        return Execution(f"ONNX Runtime {onnxruntime.__version__}", "cpu")

    def run(self, picture: Float32) -> Float32:
        batch = picture.transpose(2, 0, 1)[None] if self._passport.input.layout == "NCHW" else picture[None]
        output = self._session.run(None, {self._input: np.ascontiguousarray(batch)})[0]
        return output[0].transpose(1, 2, 0) if self._passport.output.layout == "NCHW" else output[0]
