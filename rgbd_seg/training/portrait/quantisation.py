"""An int8 copy of an exported network, by static quantisation, that is faster and loses next to nothing.

What is quantised is decided by time. At half of the picture's size a layer has 8 to 16 channels: ONNX Runtime's float
convolutions are as quick there as its int8 ones, and turning values into bytes and back costs more than it saves. From
a quarter of the size down int8 takes a third to two thirds of the time. The first and last layers, whose rounding
would be seen at every edge, are therefore float for free.
"""

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.atomic import replacing
from rgbd_seg.networks.portrait import PREVIOUS
from rgbd_seg.training.portrait.byte_weights import keep_in_bytes
from rgbd_seg.training.portrait.examples import whole_example
from rgbd_seg.training.portrait.export import INPUT, need_onnx
from rgbd_seg.training.portrait.packed import PackedSet

_GATES = ("/body.2/squeeze", "/body.2/excite")  # half of all weights; they work on one pixel, and take no time
_FLOAT = ("/stem/", "/detail/", "/to_half/", "/head/", "/Sigmoid")
KEPT = {  # what stays float, from the fastest choice to the most exact
    "half-size layers and head": _FLOAT,
    "half-size layers, head, gates": (*_FLOAT, *_GATES, "/body.2/HardSigmoid"),
    "half-size layers, head, gates, decoder": (*_FLOAT, "/body.2/", "/to_sixteenth/", "/to_eighth/", "/to_quarter/"),
    "all but the three coarsest levels": (*_FLOAT, "/body.2/", "/to_", "/quarter/"),
}


def quantise(
    source: Path, path: Path, sets: Sequence[PackedSet], side: int, *, pictures: int = 128, kept: str = next(iter(KEPT))
) -> None:
    """Write an int8 copy of an exported network, its ranges taken from pictures of ``sets``.

    Weights are symmetric for each channel, activations unsigned: what processors multiply fastest. Weights have seven
    bits: with eight, processors without VNNI add pairs of products in 16 bits and cut off what is too large. Gates that
    stay float have their weights in bytes in the file alone.

    Args:
        kept: a key of `KEPT`: which layers stay float32.
    Raises:
        BackendMissingError: the package onnx is missing.
        OutputError: it cannot be written.
    """
    need_onnx()
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with replacing(path) as temporary, TemporaryDirectory() as folder:
        prepared = str(Path(folder) / "prepared.onnx")
        quant_pre_process(str(source), prepared)
        model = _unshared(onnx.load(prepared))
        onnx.save(model, prepared)
        quantize_static(
            prepared,
            str(temporary),
            _Pictures(sets, side, pictures),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=[node.name for node in model.graph.node if _has_part(node.name, KEPT[kept])],
        )
        quantised = onnx.load(str(temporary))
        keep_in_bytes(quantised, lambda name: _has_part(name, _GATES))
        onnx.save(quantised, str(temporary))


def _has_part(name: str, parts: tuple[str, ...]) -> bool:
    return any(part in name for part in parts)


def _unshared(model: Any) -> Any:
    """A constant of its own for every layer: a shared one would be quantised for float layers too."""
    constants = {constant.name: constant for constant in model.graph.initializer}
    used: set[str] = set()
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if name in used and name in constants:
                own = copy.deepcopy(constants[name])
                own.name = f"{name}/{node.name}/{place}"
                model.graph.initializer.append(own)
                node.input[place] = own.name
            used.add(name)
    return model


class _Pictures:
    """Calibration pictures as ONNX Runtime's quantiser asks for them."""

    def __init__(self, sets: Sequence[PackedSet], side: int, count: int) -> None:
        self._inputs = _drawn(sets, side, count)

    def get_next(self) -> dict[str, Float32] | None:
        """The next picture, or None at the end."""
        values = next(self._inputs, None)
        return None if values is None else {INPUT: values[None]}


def _drawn(sets: Sequence[PackedSet], side: int, count: int) -> Iterator[Float32]:
    """Pictures with depth and without, every third with the alpha of a frame before."""
    drawn = 0
    for packed in sets:
        for index in np.linspace(0, len(packed) - 1, min(len(packed), max(1, count // len(sets)))):
            example = whole_example(packed[int(index)], side, with_depth=bool(drawn % 2))
            inputs = example.inputs.copy()
            if drawn % 3 == 2:
                inputs[PREVIOUS] = 2 * example.targets[0] - 1
            drawn += 1
            yield inputs
