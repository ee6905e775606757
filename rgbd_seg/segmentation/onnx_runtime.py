"""Networks through ONNX Runtime: ONNX files, and TFLite files converted in memory."""

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from rgbd_seg.arrays import Float32
from rgbd_seg.bands import available_cores
from rgbd_seg.errors import DeviceNotFoundError, ModelError
from rgbd_seg.models.passport import Passport
from rgbd_seg.models.tflite_to_onnx import convert_tflite
from rgbd_seg.segmentation.channel_order import ChannelOrder, reason
from rgbd_seg.segmentation.engine import Execution

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_FAILURES = (
    RuntimeError,
    ValueError,
    states.EPFail,
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NoSuchFile,
    states.NotImplemented,
    states.RuntimeException,
)
_ERRORS_ONLY = 3


class OnnxRuntimeEngine:
    """A network in ONNX Runtime, on exactly the device asked for."""

    def __init__(self, passport: Passport, data: bytes, device: str) -> None:
        """
        Raises:
            ModelError: the file cannot be loaded, or not wholly on this device.
            DeviceNotFoundError: the device is not there.
        """
        self._name = passport.name
        self._device = device
        converted = passport.format == "tflite"
        self._order = ChannelOrder(passport)
        self._session = _session(passport, convert_tflite(data, passport.name) if converted else data, device)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            found = ", ".join(f"{value.name} {value.type}" for value in inputs)
            raise ModelError(f"{self._name} has the inputs {found}; expected one tensor(float)")
        self._input = inputs[0].name

    @property
    def execution(self) -> Execution:
        """ONNX Runtime, on the device that the session really has."""
        return Execution(_engine(), self._device)

    def run(self, picture: Float32) -> Float32:
        """As :class:`rgbd_seg.segmentation.engine.Engine`."""
        try:
            output = self._session.run(None, {self._input: self._order.batch(picture)})[0]
        except _FAILURES as error:
            raise ModelError(f"ONNX Runtime failed to run {self._name}: {reason(error)}") from error
        return self._order.picture(np.asarray(output, np.float32))


def has_device(device: str) -> bool:
    """True if the installed ONNX Runtime offers this device; whether it works shows on loading."""
    return _PROVIDERS[device] in onnxruntime.get_available_providers()


def executions() -> tuple[Execution, ...]:
    """ONNX Runtime on every device whose provider is installed."""
    offered = onnxruntime.get_available_providers()
    return tuple(Execution(_engine(), device) for device, provider in _PROVIDERS.items() if provider in offered)


def _session(passport: Passport, data: bytes, device: str) -> onnxruntime.InferenceSession:
    provider = _PROVIDERS[device]
    if provider not in onnxruntime.get_available_providers():
        raise DeviceNotFoundError(_no_device(device))
    try:
        session = onnxruntime.InferenceSession(data, _options(passport, device), providers=[provider])
    except _FAILURES as error:
        raise ModelError(f"ONNX Runtime cannot load {passport.name} on {device}: {reason(error)}") from error
    # A provider whose driver or card is missing is left out with no more than a warning.
    if session.get_providers()[0] != provider:
        raise DeviceNotFoundError(_no_device(device))
    session.disable_fallback()
    return session


def _options(passport: Passport, device: str) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = passport.threads or available_cores()
    # Waiting threads would spin, and take the cores from the rest of the pipeline.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if device != "cpu":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return options


def _engine() -> str:
    return f"ONNX Runtime {onnxruntime.__version__}"


def _no_device(device: str) -> str:
    there = ", ".join(execution.device for execution in executions())
    return (
        f"ONNX Runtime {onnxruntime.__version__} has no usable device {device!r} here; it has {there}. "
        "Install the onnxruntime package for this device and its driver, or use the device cpu"
    )
