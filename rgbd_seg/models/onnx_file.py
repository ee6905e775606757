"""Writing ONNX: just enough of its protobuf form for a graph of float tensors.

Field numbers are those of the published schema (onnx/onnx.proto).
"""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_STRING, _ATTRIBUTE_INTS = 1, 2, 3, 7  # AttributeProto.AttributeType
_IR_VERSION, _OPSET = 8, 17

Attribute = float | int | str | Sequence[int]


class OnnxGraph:
    """A graph under construction; :meth:`to_bytes` is the file."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []

    def add_input(self, name: str, shape: Sequence[int]) -> None:
        self._inputs.append(_value(name, shape))

    def add_output(self, name: str, shape: Sequence[int]) -> None:
        self._outputs.append(_value(name, shape))

    def add_constant(self, name: str, content: NDArray[np.generic]) -> None:
        """A float32 or int64 tensor."""
        kind = _INT64 if content.dtype.kind == "i" else _FLOAT
        content = np.ascontiguousarray(content, np.dtype("<i8" if kind == _INT64 else "<f4"))
        dimensions = b"".join(_varint_field(1, size) for size in content.shape)
        self._constants.append(
            dimensions + _varint_field(2, kind) + _text(8, name) + _bytes_field(9, content.tobytes())
        )

    def add_node(self, kind: str, inputs: Sequence[str], output: str, attributes: dict[str, Attribute]) -> None:
        self._nodes.append(
            b"".join(_text(1, name) for name in inputs)
            + _text(2, output)
            + _text(4, kind)
            + b"".join(_bytes_field(5, _attribute(name, value)) for name, value in attributes.items())
        )

    def to_bytes(self) -> bytes:
        graph = b"".join(
            _bytes_field(number, part)
            for number, parts in ((1, self._nodes), (5, self._constants), (11, self._inputs), (12, self._outputs))
            for part in parts
        )
        opset = _text(1, "") + _varint_field(2, _OPSET)
        return _varint_field(1, _IR_VERSION) + _bytes_field(7, graph + _text(2, "graph")) + _bytes_field(8, opset)


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _varint_field(20, _ATTRIBUTE_STRING)
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _varint_field(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _varint_field(3, value) + _varint_field(20, _ATTRIBUTE_INT)
    numbers = b"".join(_varint_field(8, number) for number in value)
    return _text(1, name) + numbers + _varint_field(20, _ATTRIBUTE_INTS)


def _value(name: str, shape: Sequence[int]) -> bytes:
    dimensions = b"".join(_bytes_field(1, _varint_field(1, size)) for size in shape)
    tensor = _varint_field(1, _FLOAT) + _bytes_field(2, dimensions)
    return _text(1, name) + _bytes_field(2, _bytes_field(1, tensor))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _varint_field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes_field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _text(number: int, content: str) -> bytes:
    return _bytes_field(number, content.encode())
