"""What runs a network, and where."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rgbd_seg.arrays import Float32
from rgbd_seg.models.fingerprint import read_verified
from rgbd_seg.models.passport import Passport
from rgbd_seg.options import check_choice

OPENVINO = "openvino"
DEVICES = ("cpu", "cuda", "tensorrt", "rocm", "coreml", "directml", OPENVINO)


@dataclass(frozen=True)
class Execution:
    """What really runs a network."""

    engine: str  # such as "ONNX Runtime 1.31.1"
    device: str  # one of DEVICES


class Engine(Protocol):
    """A loaded network."""

    @property
    def execution(self) -> Execution:
        """Which engine on which device."""
        ...

    def run(self, picture: Float32) -> Float32:
        """The network's first output (h, w, c) for its normalised input (h, w, 3).

        Raises:
            ModelError: the network failed, or its output is not a picture.
        """
        ...


def load_engine(passport: Passport, path: Path, device: str) -> Engine:
    """The network of this file on this device.

    The device ``openvino`` is OpenVINO itself, unless the ONNX Runtime that is installed brings it along.

    Raises:
        ModelError: the file is not the passport's, or cannot be loaded.
        BackendMissingError: the package openvino is missing.
        DeviceNotFoundError: the device is not there.
        ConfigError: there is no device of that name.
    """
    check_choice("device", device, DEVICES)
    data = read_verified(path, passport)
    # An engine is imported when it is used: ONNX Runtime alone takes longer than the rest of the package.
    if passport.engine == "opencv-dnn":
        from rgbd_seg.segmentation.opencv_dnn import OpenCvEngine

        return OpenCvEngine(passport, data, device)
    from rgbd_seg.segmentation.onnx_runtime import OnnxRuntimeEngine, has_device

    if passport.engine == OPENVINO or (device == OPENVINO and not has_device(OPENVINO)):
        from rgbd_seg.segmentation.openvino_engine import OpenVinoEngine

        return OpenVinoEngine(passport, data, device)
    return OnnxRuntimeEngine(passport, data, device)


def available_executions() -> tuple[Execution, ...]:
    """Every engine and device that this installation offers, for a report; whether a GPU works shows on loading."""
    from rgbd_seg.segmentation import onnx_runtime, opencv_dnn

    found = (*onnx_runtime.executions(), *opencv_dnn.executions())
    if importlib.util.find_spec(OPENVINO) is None:
        return found
    from rgbd_seg.segmentation import openvino_engine

    return (*found, *openvino_engine.executions())
