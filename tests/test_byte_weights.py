"""Weights that lie in bytes in the file and are floats as soon as it is loaded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed")
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from rgbd_seg.training.portrait.byte_weights import keep_in_bytes


@pytest.fixture
def model() -> Any:
    """Two convolutions of one pixel, 64 channels each; one channel has no weights."""
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(0, 0.2, (64, 64, 1, 1)).astype(np.float32) for name in ("first", "second")}
    weights["second"][5] = 0
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "first"], ["middle"], name="/gate/a"),
            helper.make_node("Conv", ["middle", "second"], ["y"], name="/other/b"),
        ],
        "two",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64, 1, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 64, 1, 1])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)


def answer(model: Any, folder: Path) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "as-loaded.onnx")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).random((1, 64, 1, 1), np.float32)
    return np.asarray(session.run(None, {"x": x})[0])


def test_little_is_lost_and_nothing_is_left_to_compute(model: Any, tmp_path: Path) -> None:
    exact, size = answer(model, tmp_path), model.ByteSize()
    keep_in_bytes(model, lambda name: True)
    onnx.checker.check_model(model)
    assert model.ByteSize() < 0.4 * size
    assert np.abs(answer(model, tmp_path) - exact).max() < 0.01 * np.abs(exact).max()
    assert not {node.op_type for node in onnx.load(tmp_path / "as-loaded.onnx").graph.node} & {"Cast", "Mul"}


def test_only_what_is_wanted_changes(model: Any) -> None:
    keep_in_bytes(model, lambda name: "/gate/" in name)
    stored = {constant.name: constant.data_type for constant in model.graph.initializer}
    assert stored == {"second": TensorProto.FLOAT, "first/bytes": TensorProto.INT8, "first/scale": TensorProto.FLOAT}
