"""Networks through OpenCV's own engine: for TFLite files with operators that the ONNX conversion does not know."""

from threading import Lock

import cv2
import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.errors import DeviceNotFoundError, ModelError
from rgbd_seg.models.passport import Passport
from rgbd_seg.segmentation.channel_order import ChannelOrder, reason
from rgbd_seg.segmentation.engine import Execution


class OpenCvEngine:
    """A network in ``cv2.dnn``, on the cpu."""

    def __init__(self, passport: Passport, data: bytes, device: str) -> None:
        """
        Raises:
            ModelError: the file cannot be loaded.
            DeviceNotFoundError: another device than the cpu is asked for.
        """
        if device != "cpu":
            raise DeviceNotFoundError(
                f"{passport.name} runs in OpenCV, which has the device cpu here, not {device!r}; "
                "use the device cpu, or the engine onnxruntime in its passport"
            )
        self._name = passport.name
        self._one_at_a_time = Lock()  # a net holds one picture; threads that share it would get each other's answer
        read = cv2.dnn.readNetFromTFLite if passport.format == "tflite" else cv2.dnn.readNetFromONNX
        try:
            self._net = read(np.frombuffer(data, np.uint8))
        except cv2.error as error:
            raise ModelError(f"OpenCV cannot load {self._name}: {reason(error)}") from error
        self._order = ChannelOrder(passport)

    @property
    def execution(self) -> Execution:
        """OpenCV on the cpu."""
        return executions()[0]

    def run(self, picture: Float32) -> Float32:
        """As :class:`rgbd_seg.segmentation.engine.Engine`."""
        batch = self._order.batch(picture)
        try:
            with self._one_at_a_time:
                self._net.setInput(batch)
                output = np.array(self._net.forward(), np.float32)  # its own memory may be reused
        except cv2.error as error:
            raise ModelError(f"OpenCV failed to run {self._name}: {reason(error)}") from error
        return self._order.picture(output)


def executions() -> tuple[Execution, ...]:
    """OpenCV on the cpu."""
    return (Execution(f"OpenCV {cv2.__version__}", "cpu"),)
