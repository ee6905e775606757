"""Weights kept in bytes in the file alone: whoever loads it unfolds them once and computes with floats."""

from collections.abc import Callable
from typing import Any

import numpy as np

_LARGEST = 127
_FEWEST = 1024  # weights of a layer for which it is worth it


def keep_in_bytes(model: Any, wanted: Callable[[str], bool]) -> None:
    """Change an ONNX model so that weights of its float convolutions are stored as int8, a scale for each channel.

    They come back by Cast and Mul, which runtimes compute once, when they load the file; of DequantizeLinear they
    think that it belongs to an int8 layer, and leave it to be computed for every picture.

    Args:
        wanted: says of a node's name whether its weights are stored so.
    """
    from onnx import TensorProto, helper, numpy_helper

    constants = {constant.name: constant for constant in model.graph.initializer}
    before = []
    for node in model.graph.node:
        constant = constants.get(node.input[1]) if node.op_type == "Conv" and wanted(node.name) else None
        if constant is None or constant.data_type != TensorProto.FLOAT or np.prod(constant.dims) < _FEWEST:
            continue
        name, weights = constant.name, numpy_helper.to_array(constant)
        largest = np.abs(weights).max(axis=tuple(range(1, weights.ndim)), keepdims=True)
        scale = (np.maximum(largest, np.finfo(np.float32).tiny) / _LARGEST).astype(np.float32)
        stored = np.rint(weights / scale).astype(np.int8)
        model.graph.initializer.remove(constant)
        model.graph.initializer.append(numpy_helper.from_array(stored, f"{name}/bytes"))
        model.graph.initializer.append(numpy_helper.from_array(scale, f"{name}/scale"))
        before.append(helper.make_node("Cast", [f"{name}/bytes"], [f"{name}/float"], to=TensorProto.FLOAT))
        before.append(helper.make_node("Mul", [f"{name}/float", f"{name}/scale"], [name]))
    nodes = [*before, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
