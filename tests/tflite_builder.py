"""Small TFLite files for tests, written without TensorFlow."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# A field is ("b" or "i" or "I", number), a Mapping (table), bytes, a list of tables or a list of whole numbers.
Fields = Mapping[int, Any]


@dataclass
class TfliteBuilder:
    """One subgraph, built operator by operator; tensors are known by number."""

    tensors: list[Fields] = field(default_factory=list)
    buffers: list[Fields] = field(default_factory=lambda: [{}])
    codes: list[Fields] = field(default_factory=list)
    operators: list[Fields] = field(default_factory=list)

    def value(self, *shape: int) -> int:
        return self._tensor(shape, 0, 0)

    def constant(self, content: np.ndarray) -> int:
        kind = {"float32": 0, "float16": 1, "int32": 2}[content.dtype.name]
        self.buffers.append({0: content.tobytes()})
        return self._tensor(content.shape, kind, len(self.buffers) - 1)

    def _tensor(self, shape: Sequence[int], kind: int, buffer: int) -> int:
        # OpenCV crashes on a tensor or subgraph without a name.
        name = f"tensor{len(self.tensors)}".encode()
        self.tensors.append({0: list(shape), 1: ("b", kind), 2: ("I", buffer), 3: name, 4: {}})
        return len(self.tensors) - 1

    def add(
        self,
        code: int,
        inputs: Sequence[int],
        output: int,
        options: tuple[int, Fields] | None = None,
        custom: tuple[str, bytes] | None = None,
    ) -> None:
        """``options`` is the number of the schema's BuiltinOptions and its fields."""
        kind: dict[int, Any] = {0: ("b", code), 3: ("i", code)}
        operator: dict[int, Any] = {0: ("I", len(self.codes)), 1: list(inputs), 2: [output]}
        if options is not None:
            operator |= {3: ("b", options[0]), 4: options[1]}
        if custom is not None:
            kind[1], operator[5] = custom[0].encode(), custom[1]
        self.codes.append(kind)
        self.operators.append(operator)

    def to_bytes(self, source: int, result: int) -> bytes:
        graph = {0: self.tensors, 1: [source], 2: [result], 3: self.operators, 4: b"graph"}
        model = {0: ("I", 3), 1: self.codes, 2: [graph], 4: self.buffers}
        out = bytearray(struct.pack("<I4s", 0, b"TFL3"))
        struct.pack_into("<I", out, 0, _table(out, model))
        return bytes(out)


def _table(out: bytearray, fields: Fields) -> int:
    """Append a table; every field takes four bytes. Returns its position."""
    count = max(fields, default=-1) + 1
    _align(out)
    layout = len(out)
    numbers = sorted(fields)
    offsets = {number: 4 + 4 * i for i, number in enumerate(numbers)}
    out += struct.pack("<HH", 4 + 2 * count, 4 + 4 * len(numbers))
    out += b"".join(struct.pack("<H", offsets.get(number, 0)) for number in range(count))
    _align(out)
    position = len(out)
    out += struct.pack("<i", position - layout) + bytes(4 * len(numbers))
    for number in numbers:
        at, value = position + offsets[number], fields[number]
        if isinstance(value, tuple):
            struct.pack_into("<i", out, at, value[1])
        else:
            struct.pack_into("<I", out, at, _child(out, value) - at)
    return position


def _child(out: bytearray, value: Any) -> int:
    if isinstance(value, Mapping):
        return _table(out, value)
    _align(out)
    position = len(out)
    out += struct.pack("<I", len(value))
    if isinstance(value, bytes):
        out += value + b"\0"
    elif value and isinstance(value[0], Mapping):
        start = len(out)
        out += bytes(4 * len(value))
        for i, entry in enumerate(value):
            at = start + 4 * i
            struct.pack_into("<I", out, at, _table(out, entry) - at)
    else:
        out += struct.pack(f"<{len(value)}i", *value)
    return position


def _align(out: bytearray) -> None:
    # Sixteen, since readers map tensor contents in place.
    out += bytes(-len(out) % 16)


def portrait_like_network(seed: int = 0) -> bytes:
    """A 32×48×3 → 32×48×1 network with every operator of the known portrait networks."""
    rng = np.random.default_rng(seed)
    b = TfliteBuilder()

    def weights(*shape: int) -> int:
        half = b.constant((rng.normal(size=shape) * 0.5).astype(np.float16))
        full = b.value(*shape)
        b.add(6, [half], full)
        return full

    source = b.value(1, 32, 48, 3)
    # Even size, 3×3, stride 2: "same" padding puts its one line at the bottom and right.
    down = b.value(1, 16, 24, 8)
    b.add(3, [source, weights(8, 3, 3, 3), weights(8)], down, (1, {1: ("i", 2), 2: ("i", 2), 3: ("b", 1)}))
    deep = b.value(1, 8, 12, 8)
    b.add(4, [down, weights(1, 5, 5, 8), weights(8)], deep, (2, {1: ("i", 2), 2: ("i", 2), 3: ("i", 1), 4: ("b", 0)}))
    swish = b.value(1, 8, 12, 8)
    b.add(117, [deep], swish)
    mean = b.value(1, 1, 1, 8)
    b.add(40, [swish, b.constant(np.array([1, 2], np.int32))], mean, (27, {0: ("b", 1)}))
    pooled = b.value(1, 1, 1, 8)
    pool = {1: ("i", 8), 2: ("i", 12), 3: ("i", 12), 4: ("i", 8), 0: ("b", 1)}
    b.add(1, [swish], pooled, (5, pool))
    both = b.value(1, 1, 1, 8)
    b.add(0, [mean, pooled], both, (11, {0: ("b", 0)}))
    gate = b.value(1, 1, 1, 8)
    b.add(14, [both], gate)
    scaled = b.value(1, 8, 12, 8)
    b.add(18, [swish, gate], scaled, (21, {0: ("b", 0)}))
    rectified = b.value(1, 8, 12, 8)
    b.add(19, [scaled], rectified)
    up = b.value(1, 16, 24, 8)
    size = b.constant(np.array([16, 24], np.int32))
    b.add(23, [rectified, size], up, (15, {3: ("b", 1)}))
    merged = b.value(1, 16, 24, 8)
    b.add(0, [up, down], merged, (11, {0: ("b", 0)}))
    logits = b.value(1, 32, 48, 1)
    b.add(
        32,
        [merged, weights(1, 2, 2, 8), weights(1)],
        logits,
        custom=("Convolution2DTransposeBias", struct.pack("<iii", 1, 2, 2)),
    )
    result = b.value(1, 32, 48, 1)
    b.add(14, [logits], result)
    return b.to_bytes(source, result)
