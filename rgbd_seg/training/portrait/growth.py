"""A network that goes on from one with fewer blocks: the new ones add nothing at first, and training finds a use.

After T. Chen et al., "Net2Net", 2016: a deeper network that computes the same function.
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from rgbd_seg.errors import ModelError
from rgbd_seg.networks.blocks import InvertedResidual
from rgbd_seg.networks.portrait import PortraitNetwork


def grow(network: PortraitNetwork, weights: Mapping[str, Tensor], examples: Iterable[Tensor]) -> int:
    """Fill ``network`` with weights of one as wide, as deep or less; its answers are then those of the other.

    Args:
        examples: batches of (n, 6, h, w) inputs, on which new norms find their statistics; not read if there are none.
    Returns:
        How many blocks are new.
    Raises:
        ModelError: the weights are of another network.
    """
    try:
        lacking, unknown = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise ModelError(f"the weights do not fit this network: {error}") from error
    blocks = {f"{name}.": m for name, m in network.named_modules() if isinstance(m, InvertedResidual) and m.adds}
    new = {name: block for name, block in blocks.items() if not any(key.startswith(name) for key in weights)}
    unfilled = [key for key in lacking if not key.startswith(tuple(new))]
    if unknown or unfilled:
        what = f"has {unknown[0]}, which is not in it" if unknown else f"lacks {unfilled[0]}"
        raise ModelError(f"the weights do not fit this network of the size {network.size!r}: the file {what}")
    for block in new.values():
        nn.init.zeros_(_norms(block)[-1].weight)
    if new:
        _settle([norm for block in new.values() for norm in _norms(block)], network, examples)
    return len(new)


def _norms(block: InvertedResidual) -> list[nn.BatchNorm2d]:
    return [module for module in block.modules() if isinstance(module, nn.BatchNorm2d)]


@torch.no_grad()
def _settle(norms: Sequence[nn.BatchNorm2d], network: PortraitNetwork, examples: Iterable[Tensor]) -> None:
    """Statistics over all examples, which norms that are frozen later keep."""
    training = network.training
    network.eval()
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # PyTorch's word for a plain mean of what is seen
        norm.train()
    for batch in examples:
        network.features(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.train(training)
