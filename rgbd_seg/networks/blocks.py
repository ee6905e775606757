"""The few layers the portrait network is built of: plain convolutions that every phone's runtime has."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Chain(nn.Sequential):
    """Layers one after the other; a convolution and a frozen batch norm behind it are computed as one.

    On a CPU the passes over the maps that a batch norm makes are over a quarter of training.
    """

    frozen = False

    def forward(self, x: Tensor) -> Tensor:
        """Whatever the layers make of ``x``."""
        if not self.frozen:
            out: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
            return out
        layers = list(self)
        for layer, after in zip(layers, [*layers[1:], None], strict=True):
            if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                x = _convolved(x, layer, after)
            elif not isinstance(layer, nn.BatchNorm2d):
                x = layer(x)
        return x


def freeze_norms(network: nn.Module) -> None:
    """Every batch norm keeps its statistics from now on; its gain and offset are still trained."""
    for module in network.modules():
        if isinstance(module, Chain):
            module.frozen = True


def _convolved(x: Tensor, layer: nn.Conv2d, norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    offset = norm.bias - gain * norm.running_mean
    weight = layer.weight * gain[:, None, None, None]
    return functional.conv2d(x, weight, offset, layer.stride, layer.padding, layer.dilation, layer.groups)


def convolution(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm (folded into it at export), ReLU."""
    return Chain(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def separable(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1) -> nn.Sequential:
    """Depthwise, then pointwise convolution."""
    return Chain(*convolution(inputs, inputs, kernel, stride=stride, groups=inputs), *convolution(inputs, outputs, 1))


class Gate(nn.Module):
    """Squeeze and excitation with a hard sigmoid (A. Howard et al., "Searching for MobileNetV3", 2019)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, max(8, channels // 4), 1)
        self.excite = nn.Conv2d(max(8, channels // 4), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) scaled channel by channel."""
        summary = functional.adaptive_avg_pool2d(x, 1)  # runtimes know it as a pooling layer, in int8 too
        return x * functional.hardsigmoid(self.excite(functional.relu(self.squeeze(summary))))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project (M. Sandler et al., "MobileNetV2", 2018)."""

    def __init__(
        self, inputs: int, outputs: int, *, stride: int = 1, expand: int = 4, kernel: int = 3, gated: bool = False
    ) -> None:
        super().__init__()
        wide = inputs * expand
        self.adds = stride == 1 and inputs == outputs
        self.body = Chain(
            convolution(inputs, wide, 1),
            convolution(wide, wide, kernel, stride=stride, groups=wide),
            Gate(wide) if gated else nn.Identity(),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) → (n, outputs, h / stride, w / stride)."""
        out: Tensor = self.body(x)
        return x + out if self.adds else out


class Merge(nn.Module):
    """A coarse map, enlarged, joined with a finer one."""

    def __init__(self, coarse: int, fine: int, outputs: int) -> None:
        super().__init__()
        self.coarse = convolution(coarse, outputs, 1)
        self.fine = convolution(fine, outputs, 1)
        self.body = separable(outputs, outputs)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """(n, coarse, h, w) and (n, fine, 2h, 2w) → (n, outputs, 2h, 2w)."""
        out: Tensor = self.body(doubled(self.coarse(coarse)) + self.fine(fine))
        return out


def doubled(x: Tensor) -> Tensor:
    """Twice the size, bilinear."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def count_parameters(network: torch.nn.Module) -> int:
    """Numbers that are trained."""
    return sum(parameter.numel() for parameter in network.parameters())
