"""The portrait network in the form that is shipped: the same numbers, in layers that runtimes compute faster."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from rgbd_seg.networks.portrait import PortraitNetwork


class DeployedNetwork(nn.Module):
    """A trained network with its temperature and its learned enlargement folded into plain convolutions."""

    def __init__(self, network: PortraitNetwork) -> None:
        super().__init__()
        self.network = network
        self.head = SubpixelHead(network.head, network.temperature)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """(n, 4, H, W) probabilities, as `PortraitNetwork.forward`."""
        return torch.sigmoid(self.head(self.network.features(x)[0]))


class SubpixelHead(nn.Module):
    """A transposed convolution (kernel 4, stride 2, padding 1) as one of kernel 2 whose phases are woven together.

    Before its border of one is cut off, output row 2j + a of the transposed convolution is
    x[j] w[a] + x[j − 1] w[a + 2]: two taps for each phase a ∈ {0, 1}, and columns likewise (W. Shi et al., "Is the
    deconvolution layer the same as a convolutional layer?", 2016). The columns are woven by transposing a matrix of
    two rows, which runtimes have a fast path for: a general depth-to-space takes ONNX Runtime five times as long.
    """

    def __init__(self, head: nn.ConvTranspose2d, temperature: Tensor) -> None:
        super().__init__()
        inputs, outputs = head.in_channels, head.out_channels
        kernel = head.weight.detach() / temperature[:, None, None]
        taps = torch.stack([kernel[:, :, 2:], kernel[:, :, :2]], dim=2)  # (i, o, tap, a, …): x[j − 1], then x[j]
        taps = torch.stack([taps[..., 2:], taps[..., :2]], dim=3)  # (i, o, tap y, tap x, a, b)
        weight = taps.permute(5, 1, 4, 0, 2, 3).reshape(4 * outputs, inputs, 2, 2)  # output channels as (b, o, a)
        assert head.bias is not None
        bias = (head.bias.detach() / temperature).repeat_interleave(2).repeat(2)
        self.outputs = outputs
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        """(1, i, h, w) → (1, o, 2h, 2w)."""
        phases = functional.conv2d(x, self.weight, self.bias, padding=1)  # type: ignore[arg-type]
        rows, columns = phases.shape[2:]
        woven = phases.reshape(2 * self.outputs, 2, rows, columns).transpose(1, 2)
        woven = woven.reshape(2, self.outputs * rows * 2 * columns).transpose(0, 1)
        return woven.reshape(1, self.outputs, 2 * rows, 2 * columns)[:, :, 1:-1, 1:-1]
