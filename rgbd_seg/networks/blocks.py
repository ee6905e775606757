"""The few layers the portrait network is built of: plain convolutions that every phone's runtime has."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def convolution(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm (folded into it at export), ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def separable(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1) -> nn.Sequential:
    """Depthwise, then pointwise convolution."""
    return nn.Sequential(
        *convolution(inputs, inputs, kernel, stride=stride, groups=inputs), *convolution(inputs, outputs, 1)
    )


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
        self.body = nn.Sequential(
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
