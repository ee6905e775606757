"""From a checkpoint to the ONNX files that are deployed: float32, and int8 by static quantisation."""

import importlib.util
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from rgbd_seg.arrays import Float32
from rgbd_seg.atomic import replacing
from rgbd_seg.errors import BackendMissingError, ModelError
from rgbd_seg.networks.portrait import INPUTS, PortraitNetwork
from rgbd_seg.training.portrait.checkpoint import Checkpoint
from rgbd_seg.training.portrait.examples import whole_example
from rgbd_seg.training.portrait.packed import PackedSet

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
    _need_onnx()
    network = network.eval().cpu()
    example = torch.from_numpy(np.random.default_rng(_SEED).random((1, len(INPUTS), side, side), np.float32))
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the exporter that folds batch norms by itself
        torch.onnx.export(
            network,
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


def quantise(source: Path, path: Path, sets: Sequence[PackedSet], side: int, pictures: int = 128) -> None:
    """Write an int8 copy of an exported network, its ranges taken from pictures of ``sets``.

    Raises:
        BackendMissingError: the package onnx is missing.
        OutputError: it cannot be written.
    """
    _need_onnx()
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with replacing(path) as temporary, TemporaryDirectory() as folder:
        prepared = str(Path(folder) / "prepared.onnx")
        quant_pre_process(str(source), prepared)
        quantize_static(
            prepared,
            str(temporary),
            _Pictures(sets, side, pictures),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            calibrate_method=CalibrationMethod.MinMax,
        )


def run(path: Path, inputs: Float32) -> Float32:
    """(n, 6, s, s) → (n, 4, s, s) by ONNX Runtime, one picture after another."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {INPUT: inputs[i : i + 1]})[0] for i in range(len(inputs))])


class _Pictures:
    """Calibration pictures as ONNX Runtime's quantiser asks for them."""

    def __init__(self, sets: Sequence[PackedSet], side: int, count: int) -> None:
        self._inputs = self._drawn(sets, side, count)

    def get_next(self) -> dict[str, Float32] | None:
        """The next picture, or None at the end."""
        values = next(self._inputs, None)
        return None if values is None else {INPUT: values[None]}

    @staticmethod
    def _drawn(sets: Sequence[PackedSet], side: int, count: int) -> Iterator[Float32]:
        for packed in sets:
            for index in np.linspace(0, len(packed) - 1, min(len(packed), max(1, count // len(sets)))):
                yield whole_example(packed[int(index)], side, with_depth=bool(int(index) % 2)).inputs


def _need_onnx() -> None:
    if importlib.util.find_spec("onnx") is None:
        raise BackendMissingError("exporting a network needs the package onnx: pip install 'rgbd-seg[train]'")


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
