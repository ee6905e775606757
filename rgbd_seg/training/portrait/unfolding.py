"""Back from the deployed ONNX file to a network that can be trained further: batch norms, folded at export, return.

A folded convolution gives c + b, where batch norm had scaled and shifted c by its statistics. They are measured anew on
examples: with mean m and deviation s of c, the norm with gain s and offset b + m gives the same numbers, and training
finds its statistics as it left them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rgbd_seg.errors import ModelError
from rgbd_seg.networks.portrait import INPUTS, PortraitNetwork
from rgbd_seg.training.portrait.export import need_onnx

ONNX_SUFFIX = ".onnx"
_SIDE = 64  # pixels; enough to see in which order layers are computed
_LEAST = 1e-6  # variance of a channel that says nothing


def unfold(network: PortraitNetwork, path: Path, examples: Sequence[Tensor]) -> None:
    """Fill ``network`` with the weights of an exported file; its answers are then those of the file.

    The semantic branch's own head, which only training uses, stays as it is.

    Args:
        examples: batches of (n, 6, h, w) inputs, on which the statistics are measured.
    Raises:
        ModelError: the file is damaged, in int8, or of another network.
    """
    folded = _folded_weights(path)
    layers = _layers(network)
    found = [tuple(weight.shape) for weight, _ in folded]
    wanted = [tuple(_folded_shape(layer)) for layer, _ in layers]
    if found != wanted:
        raise ModelError(
            f"{path} has {len(found)} convolutions that do not fit the size {network.size!r} ({len(wanted)}); expected "
            "the float32 file of a network of that size, written by rgbd-seg export"
        )
    with torch.no_grad():
        for (layer, norm), (weight, bias) in zip(layers, folded, strict=True):
            _fill(layer, norm, weight, bias)
        network.temperature.fill_(1.0)  # the file's head has it already
        _measure([norm for _, norm in layers if norm is not None], network, examples)


def _folded_weights(path: Path) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of every convolution, in the order of computation."""
    need_onnx("reading the weights of an exported network")
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(path)).graph
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        inputs = [node.input for node in graph.node if node.op_type == "Conv"]
        pairs = [(constants[names[1]], constants[names[2]]) for names in inputs]
    except Exception as error:
        raise ModelError(
            f"cannot read the weights of {path} ({error!r}); expected the float32 file written by rgbd-seg export"
        ) from error
    return [(torch.from_numpy(np.array(weight)), torch.from_numpy(np.array(bias))) for weight, bias in pairs]


def _layers(network: PortraitNetwork) -> list[tuple[nn.Module, nn.BatchNorm2d | None]]:
    """Convolutions in the order of computation, each with the batch norm that follows it; the head last."""
    order: list[nn.Module] = []
    watched = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    hooks = [module.register_forward_hook(lambda m, *_: order.append(m)) for module in watched]
    training = network.training
    device = next(network.parameters()).device
    with torch.no_grad():
        network.eval().features(torch.zeros(1, len(INPUTS), _SIDE, _SIDE, device=device))
    network.train(training)
    for hook in hooks:
        hook.remove()
    followers: list[nn.Module | None] = [*order[1:], None]
    pairs: list[tuple[nn.Module, nn.BatchNorm2d | None]] = [
        (layer, after if isinstance(after, nn.BatchNorm2d) else None)
        for layer, after in zip(order, followers, strict=True)
        if isinstance(layer, nn.Conv2d)
    ]
    return [*pairs, (network.head, None)]


def _folded_shape(layer: nn.Module) -> Sequence[int]:
    if isinstance(layer, nn.ConvTranspose2d):  # `SubpixelHead`: four phases of 2 × 2 taps
        return 4 * layer.out_channels, layer.in_channels, 2, 2
    shape: Sequence[int] = layer.weight.shape  # type: ignore[assignment]
    return shape


def _fill(layer: Any, norm: nn.BatchNorm2d | None, weight: Tensor, bias: Tensor) -> None:
    if isinstance(layer, nn.ConvTranspose2d):
        weight, bias = _transposed(weight, bias, layer.out_channels)
    layer.weight.copy_(weight)
    if norm is None:
        layer.bias.copy_(bias)
        return
    nn.init.ones_(norm.weight)
    norm.bias.copy_(bias)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)


def _transposed(weight: Tensor, bias: Tensor, outputs: int) -> tuple[Tensor, Tensor]:
    """The inverse of what `rgbd_seg.networks.deployed.SubpixelHead` does."""
    inputs = weight.shape[1]
    taps = weight.reshape(2, outputs, 2, inputs, 2, 2).permute(3, 1, 4, 5, 2, 0)  # (i, o, tap y, tap x, a, b)
    kernel = weight.new_empty(inputs, outputs, 4, 4)
    for y in range(2):
        for x in range(2):  # tap 0 reads the pixel before: the kernel's far half
            kernel[:, :, 2 - 2 * y : 4 - 2 * y, 2 - 2 * x : 4 - 2 * x] = taps[:, :, y, x]
    return kernel, bias[: 2 * outputs : 2]


def _measure(norms: Sequence[nn.BatchNorm2d], network: PortraitNetwork, examples: Sequence[Tensor]) -> None:
    """Give every norm the statistics of its input, without changing what it returns."""
    means: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms}
    squares: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms}

    def note(norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        means[norm].append(given[0].mean((0, 2, 3)))
        squares[norm].append(given[0].square().mean((0, 2, 3)))

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    network.eval()
    for batch in examples:
        network.features(batch)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean = torch.stack(means[norm]).mean(0)
        variance = (torch.stack(squares[norm]).mean(0) - mean.square()).clamp(min=_LEAST)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.add_(mean)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
