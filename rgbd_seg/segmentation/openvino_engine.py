"""Networks through Intel's OpenVINO: ONNX files, and TFLite files converted in memory."""

import io
from threading import Lock

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.bands import available_cores
from rgbd_seg.errors import BackendMissingError, DeviceNotFoundError, ModelError
from rgbd_seg.models.passport import Passport
from rgbd_seg.models.tflite_to_onnx import convert_tflite
from rgbd_seg.segmentation.channel_order import ChannelOrder, reason
from rgbd_seg.segmentation.engine import OPENVINO, Execution

try:
    import openvino
except ImportError as error:
    raise BackendMissingError("the engine openvino is not installed: pip install 'rgbd-seg[openvino]'") from error


class OpenVinoEngine:
    """A network in OpenVINO, on the cpu."""

    def __init__(self, passport: Passport, data: bytes, device: str) -> None:
        """
        Raises:
            ModelError: the file cannot be loaded.
            DeviceNotFoundError: another device than the cpu is asked for.
        """
        if device not in ("cpu", OPENVINO):
            raise DeviceNotFoundError(f"{passport.name} runs in OpenVINO, on the device cpu here, not {device!r}")
        self._name = passport.name
        self._one_at_a_time = Lock()  # a request holds one picture; threads that share it would get each other's answer
        converted = passport.format == "tflite"
        self._order = ChannelOrder(passport)
        content = convert_tflite(data, passport.name) if converted else data
        # Without the hint processors with bfloat16 compute in it, and the answer depends on the machine.
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": passport.threads or available_cores(),
        }
        try:
            core = openvino.Core()
            compiled = core.compile_model(core.read_model(io.BytesIO(content)), "CPU", settings)
            self._request = compiled.create_infer_request()
            inputs, outputs = len(compiled.inputs), len(compiled.outputs)
        except RuntimeError as error:
            raise ModelError(f"OpenVINO cannot load {self._name}: {reason(error)}") from error
        if inputs != 1 or not outputs:
            raise ModelError(f"{self._name} has {inputs} inputs and {outputs} outputs; expected one input")

    @property
    def execution(self) -> Execution:
        """OpenVINO on the cpu."""
        return executions()[0]

    def run(self, picture: Float32) -> Float32:
        """As :class:`rgbd_seg.segmentation.engine.Engine`."""
        batch = self._order.batch(picture)
        try:
            with self._one_at_a_time:
                self._request.infer({0: batch})
                output = np.array(self._request.get_output_tensor(0).data, np.float32)  # its own memory is reused
        except RuntimeError as error:
            raise ModelError(f"OpenVINO failed to run {self._name}: {reason(error)}") from error
        return self._order.picture(output)


def executions() -> tuple[Execution, ...]:
    """OpenVINO on the cpu."""
    return (Execution(f"OpenVINO {openvino.__version__.split('-')[0]}", "cpu"),)
