"""From a checkpoint to the ONNX file that is deployed."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import torch

from rgbd_seg.arrays import Float32
from rgbd_seg.atomic import replacing
from rgbd_seg.errors import BackendMissingError, ModelError
from rgbd_seg.networks.deployed import DeployedNetwork
from rgbd_seg.networks.portrait import INPUTS, PortraitNetwork
from rgbd_seg.training.portrait.checkpoint import Checkpoint

OPSET = 17
INPUT, OUTPUT = "input", "output"
PARITY = 1e-3
_SEED = 0


def export(network: PortraitNetwork, path: Path, side: int) -> float:
    """Write the network as ONNX with static shapes (1, 6, side, side) and compare it with PyTorch.

    Returns:
        Largest difference between ONNX Runtime and PyTorch.
    Raises:
        BackendMissingError: the package onnx is missing.
        ModelError: the two differ by more than `PARITY`.
        OutputError: it cannot be written.
    """
    need_onnx()
    network = network.eval().cpu()
    example = torch.from_numpy(np.random.default_rng(_SEED).random((1, len(INPUTS), side, side), np.float32))
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the exporter that folds batch norms by itself
        torch.onnx.export(
            DeployedNetwork(network),
            (example,),
            str(temporary),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            dynamo=False,
        )
        with torch.no_grad():
            difference = float(np.abs(run(temporary, example.numpy()) - network(example).numpy()).max())
        if difference > PARITY:
            raise ModelError(
                f"the exported network differs from PyTorch by {difference:.2g}; expected {PARITY} or less"
            )
    return difference


def run(path: Path, inputs: Float32) -> Float32:
    """(n, 6, s, s) → (n, 4, s, s) by ONNX Runtime, one picture after another."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {INPUT: inputs[i : i + 1]})[0] for i in range(len(inputs))])


def need_onnx(purpose: str = "exporting a network") -> None:
    """
    Raises:
        BackendMissingError: the package onnx is missing.
    """
    if importlib.util.find_spec("onnx") is None:
        raise BackendMissingError(f"{purpose} needs the package onnx: pip install 'rgbd-seg[train]'")


def from_checkpoint(saved: Checkpoint) -> PortraitNetwork:
    """The averaged network of a run.

    Raises:
        ModelError: the weights do not fit.
    """
    network = PortraitNetwork(saved.size)
    try:
        network.load_state_dict(saved.average)
    except RuntimeError as error:
        raise ModelError(f"the checkpoint's weights do not fit the size {saved.size!r}: {error}") from error
    return network
