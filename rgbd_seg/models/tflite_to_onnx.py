"""A TFLite network as ONNX, in memory, so that one fast engine on any device runs both kinds of file.

TFLite keeps channels last, ONNX Runtime's fast paths want them first: every 4-D tensor changes from NHWC to NCHW,
constants once here, the rest never. Only the operators of portrait networks are known; others are refused by name.
"""

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.errors import ModelError
from rgbd_seg.models.onnx_file import Attribute, OnnxGraph
from rgbd_seg.models.tflite_file import CUSTOM, Operator, Table, read_tflite

_SAME = 0  # schema's Padding
_TRANSPOSED_CONVOLUTION = "Convolution2DTransposeBias"  # MediaPipe's own operator


def convert_tflite(data: bytes, name: str) -> bytes:
    """The ONNX file of a TFLite file; its one input and one output are NCHW float32.

    Raises:
        ModelError: damaged, or has an operator that is not known here; ``name`` says which file.
    """
    try:
        return _Conversion(data, name).to_onnx()
    except (struct.error, IndexError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"the TFLite file {name} is damaged: {error}; get it again") from error


class _Conversion:
    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._source = read_tflite(data, name)
        self._graph = OnnxGraph()
        self._constants: dict[int, NDArray[np.generic]] = {
            number: tensor.content for number, tensor in enumerate(self._source.tensors) if tensor.content is not None
        }
        self._written: set[str] = set()

    def to_onnx(self) -> bytes:
        source = self._source
        if len(source.inputs) != 1 or len(source.outputs) != 1:
            raise ModelError(
                f"{self._name} has {len(source.inputs)} inputs and {len(source.outputs)} outputs; expected one"
            )
        self._graph.add_input(_label(source.inputs[0]), _channels_first(self._shape(source.inputs[0])))
        self._graph.add_output(_label(source.outputs[0]), _channels_first(self._shape(source.outputs[0])))
        for operator in source.operators:
            self._convert(operator)
        return self._graph.to_bytes()

    def _convert(self, operator: Operator) -> None:
        steps: dict[int, Callable[[Operator], None]] = {
            0: lambda op: self._arithmetic(op, "Add"),
            1: self._average_pool,
            3: self._convolution,
            4: self._depthwise,
            6: self._dequantize,
            14: lambda op: self._simple(op, "Sigmoid"),
            18: lambda op: self._arithmetic(op, "Mul"),
            19: lambda op: self._simple(op, "Relu"),
            23: self._resize,
            40: self._mean,
            117: lambda op: self._simple(op, "HardSwish"),
        }
        if operator.code == CUSTOM and operator.custom_name == _TRANSPOSED_CONVOLUTION:
            self._transposed_convolution(operator)
        elif operator.code in steps:
            steps[operator.code](operator)
        else:
            raise ModelError(
                f"{self._name} uses the TFLite operator {operator.custom_name or operator.code}, which is not known "
                'here; set "engine": "opencv-dnn" in its passport, or convert it to ONNX'
            )

    def _shape(self, number: int) -> tuple[int, ...]:
        return self._source.tensors[number].shape

    def _simple(self, operator: Operator, kind: str) -> None:
        self._graph.add_node(kind, [self._operand(operator.inputs[0])], _label(operator.outputs[0]), {})

    def _dequantize(self, operator: Operator) -> None:
        # Half-precision weights; computed with as float32.
        self._constants[operator.outputs[0]] = self._constants[operator.inputs[0]].astype(np.float32)

    def _arithmetic(self, operator: Operator, kind: str) -> None:
        inputs = [self._operand(number) for number in operator.inputs]
        self._activated(kind, inputs, operator, {}, _option(operator.options, 0))

    def _convolution(self, operator: Operator) -> None:
        options = _required(operator.options)
        weights = self._constants[operator.inputs[1]].transpose(0, 3, 1, 2)  # OHWI → OIHW
        strides, dilations = _pair(options, 2, 1), _pair(options, 5, 4)
        attributes = self._window(operator, weights.shape[2:], strides, dilations, _option(options, 0))
        inputs = [self._operand(operator.inputs[0]), *self._parameters(operator, weights)]
        self._activated("Conv", inputs, operator, attributes, _option(options, 3))

    def _depthwise(self, operator: Operator) -> None:
        options = _required(operator.options)
        weights = self._constants[operator.inputs[1]].transpose(3, 0, 1, 2)  # 1HWC → C1HW
        strides, dilations = _pair(options, 2, 1), _pair(options, 6, 5)
        attributes = self._window(operator, weights.shape[2:], strides, dilations, _option(options, 0))
        attributes["group"] = self._shape(operator.inputs[0])[3]
        inputs = [self._operand(operator.inputs[0]), *self._parameters(operator, weights)]
        self._activated("Conv", inputs, operator, attributes, _option(options, 4))

    def _transposed_convolution(self, operator: Operator) -> None:
        _, stride_x, stride_y = struct.unpack_from("<iii", operator.custom_options)
        weights = self._constants[operator.inputs[1]].transpose(3, 0, 1, 2)  # OHWI → IOHW
        sizes, outer = self._shape(operator.inputs[0])[1:3], self._shape(operator.outputs[0])[1:3]
        strides = (stride_y, stride_x)
        cut = [(n - 1) * s + k - m for n, s, k, m in zip(sizes, strides, weights.shape[2:], outer, strict=True)]
        attributes: dict[str, Attribute] = {"strides": strides, "pads": _split(cut)}
        inputs = [self._operand(operator.inputs[0]), *self._parameters(operator, weights)]
        self._graph.add_node("ConvTranspose", inputs, _label(operator.outputs[0]), attributes)

    def _average_pool(self, operator: Operator) -> None:
        options = _required(operator.options)
        kernel, strides = _pair(options, 4, 3), _pair(options, 2, 1)
        inputs = [self._operand(operator.inputs[0])]
        if kernel == self._shape(operator.inputs[0])[1:3]:
            self._activated("GlobalAveragePool", inputs, operator, {}, _option(options, 5))
            return
        attributes = self._window(operator, kernel, strides, (1, 1), _option(options, 0))
        self._activated("AveragePool", inputs, operator, {**attributes, "kernel_shape": kernel}, _option(options, 5))

    def _mean(self, operator: Operator) -> None:
        axes = sorted(int(axis) for axis in np.atleast_1d(self._constants[operator.inputs[1]]))
        if axes != [1, 2] or not _option(operator.options, 0):
            raise ModelError(f"{self._name} takes a mean over axes {axes}; only height and width, kept, are known here")
        self._graph.add_node("GlobalAveragePool", [self._operand(operator.inputs[0])], _label(operator.outputs[0]), {})

    def _resize(self, operator: Operator) -> None:
        options = _required(operator.options)
        mode = "align_corners" if _option(options, 2) else "half_pixel" if _option(options, 3) else "asymmetric"
        output = _label(operator.outputs[0])
        sizes = np.array(_channels_first(self._shape(operator.outputs[0])), np.int64)
        self._graph.add_constant(f"{output}.sizes", sizes)
        attributes: dict[str, Attribute] = {"mode": "linear", "coordinate_transformation_mode": mode}
        self._graph.add_node(
            "Resize", [self._operand(operator.inputs[0]), "", "", f"{output}.sizes"], output, attributes
        )

    def _activated(
        self, kind: str, inputs: list[str], operator: Operator, attributes: dict[str, Attribute], activation: int
    ) -> None:
        """A node and the activation that TFLite fuses into it (0 none, 1 ReLU)."""
        if activation not in (0, 1):
            raise ModelError(
                f"{self._name} fuses the activation {activation}; only none (0) and ReLU (1) are known here"
            )
        output = _label(operator.outputs[0])
        plain = f"{output}.plain" if activation else output
        self._graph.add_node(kind, inputs, plain, attributes)
        if activation:
            self._graph.add_node("Relu", [plain], output, {})

    def _window(
        self,
        operator: Operator,
        kernel: tuple[int, ...],
        strides: tuple[int, int],
        dilations: tuple[int, int],
        padding: int,
    ) -> dict[str, Attribute]:
        """Strides and explicit padding; TensorFlow's "same" puts the odd pixel at the end."""
        sizes, outer = self._shape(operator.inputs[0])[1:3], self._shape(operator.outputs[0])[1:3]
        spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
        total = [max(0, (m - 1) * s + k - n) for n, m, s, k in zip(sizes, outer, strides, spans, strict=True)]
        pads = _split(total) if padding == _SAME else [0, 0, 0, 0]
        return {"strides": strides, "dilations": dilations, "pads": pads}

    def _parameters(self, operator: Operator, weights: NDArray[np.generic]) -> list[str]:
        names = [f"{_label(operator.outputs[0])}.weights"]
        self._graph.add_constant(names[0], weights.astype(np.float32))
        if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
            names.append(f"{_label(operator.outputs[0])}.bias")
            self._graph.add_constant(names[1], self._constants[operator.inputs[2]].astype(np.float32))
        return names

    def _operand(self, number: int) -> str:
        """The name of a tensor; a constant is written on first use, channels first."""
        label = _label(number)
        content = self._constants.get(number)
        if content is not None and label not in self._written:
            self._written.add(label)
            padded = content.reshape((1,) * (4 - content.ndim) + content.shape)
            self._graph.add_constant(label, padded.transpose(0, 3, 1, 2).astype(np.float32))
        return label


def _label(number: int) -> str:
    return f"t{number}"


def _channels_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    n, h, w, c = shape
    return n, c, h, w


def _required(options: Table | None) -> Table:
    if options is None:
        raise ValueError("an operator has no options")
    return options


def _option(options: Table | None, field: int) -> int:
    return 0 if options is None else options.number(field, "b")


def _pair(options: Table, vertical: int, horizontal: int) -> tuple[int, int]:
    return options.number(vertical, "i", 1), options.number(horizontal, "i", 1)


def _split(total: list[int]) -> list[int]:
    begin = [t // 2 for t in total]
    return begin + [t - b for t, b in zip(total, begin, strict=True)]
