"""What a TFLite file holds: tensors and operators, read without TensorFlow.

Field numbers are those of the published schema (tensorflow/compiler/mlir/lite/schema/schema.fbs).
"""

import struct
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rgbd_seg.errors import ModelError

_T = TypeVar("_T")
_DTYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 4: np.int64, 9: np.int8}
CUSTOM = 32


class Table:
    """A FlatBuffers table: numbered fields, each of which may be absent."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position
        self._layout = position - _unpack("<i", data, position)
        self._layout_size = _unpack("<H", data, self._layout)

    def number(self, field: int, form: str, default: int = 0) -> int:
        """An integer or enumeration; ``form`` as in :mod:`struct`."""
        at = self._field(field)
        return default if at is None else _unpack("<" + form, self._data, at)

    def table(self, field: int) -> "Table | None":
        at = self._field(field)
        return None if at is None else Table(self._data, self._target(at))

    def tables(self, field: int) -> "list[Table]":
        start, count = self._vector(field)
        return [Table(self._data, self._target(start + 4 * i)) for i in range(count)]

    def integers(self, field: int) -> list[int]:
        start, count = self._vector(field)
        return [int(v) for v in np.frombuffer(self._data, "<i4", count, start)] if count else []

    def raw(self, field: int) -> bytes:
        start, count = self._vector(field)
        if start + count > len(self._data):
            raise struct.error("vector beyond the end")
        return self._data[start : start + count]

    def _field(self, field: int) -> int | None:
        slot = 4 + 2 * field
        offset = _unpack("<H", self._data, self._layout + slot) if slot < self._layout_size else 0
        return self._position + offset if offset else None

    def _target(self, at: int) -> int:
        return at + _unpack("<I", self._data, at)

    def _vector(self, field: int) -> tuple[int, int]:
        at = self._field(field)
        if at is None:
            return 0, 0
        start = self._target(at)
        return start + 4, _unpack("<I", self._data, start)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tensor:
    """A value of the graph, constant if ``content`` is there."""

    shape: tuple[int, ...]
    content: NDArray[np.generic] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Operator:
    """One step: ``code`` of the schema's BuiltinOperator, tensor numbers, options."""

    code: int
    custom_name: str
    inputs: list[int]
    outputs: list[int]
    options: Table | None
    custom_options: bytes


@dataclass(frozen=True, kw_only=True, eq=False)
class TfliteGraph:
    """The first subgraph, operators in order of execution."""

    tensors: list[Tensor]
    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]


def read_tflite(data: bytes, name: str) -> TfliteGraph:
    """Tensors and operators of a TFLite file.

    Raises:
        ModelError: it is no TFLite file, or is damaged; ``name`` says which file.
    """
    if data[4:8] != b"TFL3":
        raise ModelError(f"{name} is not a TFLite file: it lacks the mark TFL3")
    try:
        return _graph(Table(data, _unpack("<I", data, 0)))
    except (struct.error, IndexError, ValueError, KeyError) as error:
        raise ModelError(f"the TFLite file {name} is damaged: {error}; get it again") from error


def _graph(model: Table) -> TfliteGraph:
    buffers = model.tables(4)
    codes = model.tables(1)
    graph = model.tables(2)[0]
    return TfliteGraph(
        tensors=[_tensor(tensor, buffers) for tensor in graph.tables(0)],
        operators=[_operator(operator, codes) for operator in graph.tables(3)],
        inputs=graph.integers(1),
        outputs=graph.integers(2),
    )


def _tensor(tensor: Table, buffers: list[Table]) -> Tensor:
    shape = tuple(tensor.integers(0))
    raw = buffers[tensor.number(2, "I")].raw(0)
    if not raw:
        return Tensor(shape=shape, content=None)
    return Tensor(shape=shape, content=np.frombuffer(raw, _DTYPES[tensor.number(1, "b")]).reshape(shape))


def _operator(operator: Table, codes: list[Table]) -> Operator:
    code = codes[operator.number(0, "I")]
    return Operator(
        # Files older than operator 127 have the code in the first, one-byte field only.
        code=max(code.number(0, "b"), code.number(3, "i")),
        custom_name=code.raw(1).decode("ascii", "replace"),
        inputs=operator.integers(1),
        outputs=operator.integers(2),
        options=operator.table(4),
        custom_options=operator.raw(5),
    )


def _unpack(form: str, data: bytes, at: int) -> int:
    if at < 0:
        raise struct.error("offset before the start")
    return int(struct.unpack_from(form, data, at)[0])
