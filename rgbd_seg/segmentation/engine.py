"""What runs a network, and where."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rgbd_seg.arrays import Float32
from rgbd_seg.models.passport import Passport


@dataclass(frozen=True)
class Execution:
    """What really runs a network."""

    engine: str  # such as "ONNX Runtime 1.31.1"
    device: str  # such as "cpu" or "cuda"


class Engine(Protocol):
    """A loaded network."""

    @property
    def execution(self) -> Execution: ...

    def run(self, picture: Float32) -> Float32:
        """The network's output (h, w, c) for its normalised input (h, w, 3).

        Raises:
            ModelError: the network failed.
        """
        ...


def load_engine(passport: Passport, path: Path, device: str) -> Engine:
    """The engine for this file and device.

    Raises:
        ModelError: the file cannot be loaded.
        DeviceNotFoundError: the device is not there.
    """
    if passport.format == "tflite":
        from rgbd_seg.segmentation.opencv_dnn import OpenCvEngine

        return OpenCvEngine(passport, path, device)
    from rgbd_seg.segmentation.onnx_runtime import OnnxRuntimeEngine

    return OnnxRuntimeEngine(passport, path, device)
