"""The portrait network: a semantic branch for what is where, a detail branch for where exactly it ends.

Input (n, 6, H, W), H and W multiples of 32: colour R, G, B in [0, 1]; inverse depth, 0 the farthest and 1 the nearest
2 % of what was measured in the picture; validity, 1 where depth was measured; the previous alpha as 2α − 1, 0 where
there is none. Without depth both depth channels are 0, and the same weights serve.
Output (n, 4, H, W) in [0, 1], see `OUTPUTS`.

Two branches after C. Yu et al., "BiSeNet", 2018; the published method's macro and micro features.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rgbd_seg.errors import ConfigError
from rgbd_seg.networks.blocks import InvertedResidual, Merge, convolution, separable

INPUTS = ("red", "green", "blue", "inverse_depth", "depth_validity", "previous_alpha")
OUTPUTS = ("value", "probability", "people", "held")  # S_in, I1, a person at any depth, what the subject holds
COLOR, DEPTH, VALIDITY, PREVIOUS = slice(0, 3), 3, 4, 5


@dataclass(frozen=True, kw_only=True)
class PortraitSize:
    """Channels of every level and how often its block is repeated."""

    channels: tuple[int, int, int, int, int]  # at 1/2, 1/4, 1/8, 1/16, 1/32 of the input
    repeats: tuple[int, int, int, int]  # at 1/4 … 1/32
    detail: int  # channels of the detail branch, at 1/2
    expand: int = 4


# Multiples of 16: runtimes block channels by their vector length, and with AVX-512
# 8 channels at half size take as long as 16.
SIZES = {
    "tiny": PortraitSize(channels=(16, 16, 32, 64, 96), repeats=(1, 1, 2, 3), detail=16, expand=3),
    "base": PortraitSize(channels=(16, 32, 48, 96, 160), repeats=(2, 3, 7, 4), detail=16),
    "large": PortraitSize(channels=(24, 40, 72, 144, 224), repeats=(3, 4, 6, 4), detail=32),
}


class PortraitNetwork(nn.Module):
    """Colour, depth if there is any, and the previous alpha in; subject, people and held objects out."""

    temperature: Tensor  # (4,) divides the logits; found on held-out pictures after training

    def __init__(self, size: str = "base") -> None:
        """
        Raises:
            ConfigError: no such size.
        """
        super().__init__()
        if size not in SIZES:
            raise ConfigError(f"network size is {size!r}; expected one of {', '.join(SIZES)}")
        self.size = size
        form = SIZES[size]
        half, quarter, eighth, sixteenth, coarse = form.channels
        self.stem = convolution(len(INPUTS), half, stride=2)
        self.quarter = _level(half, quarter, form.repeats[0], form.expand)
        self.eighth = _level(quarter, eighth, form.repeats[1], form.expand, kernel=5)
        self.sixteenth = _level(eighth, sixteenth, form.repeats[2], form.expand, gated=True)
        self.coarse = _level(sixteenth, coarse, form.repeats[3], form.expand, kernel=5, gated=True)
        self.to_sixteenth = Merge(coarse, sixteenth, sixteenth)
        self.to_eighth = Merge(sixteenth, eighth, eighth)
        self.to_quarter = Merge(eighth, quarter, quarter)
        self.detail = nn.Sequential(
            convolution(len(INPUTS), form.detail, stride=2), separable(form.detail, form.detail, 5)
        )
        self.to_half = Merge(quarter, form.detail, form.detail)
        # Learned enlargement: ONNX Runtime's bilinear resize to full size would take a third of the network's time.
        self.head = nn.ConvTranspose2d(form.detail, len(OUTPUTS), 4, stride=2, padding=1)
        self.semantic_head = nn.Conv2d(eighth, len(OUTPUTS), 1)
        self.register_buffer("temperature", torch.ones(len(OUTPUTS)))

    def logits(self, x: Tensor, full_size: int | None = None) -> tuple[Tensor, Tensor]:
        """(n, 4, H, W) before the sigmoid, and the semantic branch's own (n, 4, H/8, W/8), for training.

        Args:
            full_size: the first so many get a full-size answer; None: all.
        """
        fused, semantic = self.features(x, full_size)
        return self.head(fused), self.semantic_head(semantic)

    def features(self, x: Tensor, full_size: int | None = None) -> tuple[Tensor, Tensor]:
        """Both branches joined, (n, detail, H/2, W/2), and the semantic branch alone, (n, eighth, H/8, W/8)."""
        quarter = self.quarter(self.stem(x))
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        semantic = self.to_eighth(self.to_sixteenth(self.coarse(sixteenth), sixteenth), eighth)
        fine = self.to_quarter(semantic[:full_size], quarter[:full_size])
        return self.to_half(fine, self.detail(x[:full_size])), semantic

    def freeze_fine_levels(self) -> None:
        """The levels from the input to 1/8 of it learn no more, which saves a third of a step."""
        for level in (self.stem, self.quarter, self.eighth):
            level.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 4, H, W) probabilities, calibrated by `temperature`."""
        return torch.sigmoid(self.logits(x)[0] / self.temperature[None, :, None, None])


def _level(inputs: int, outputs: int, repeats: int, expand: int, *, kernel: int = 3, gated: bool = False) -> nn.Module:
    blocks = [InvertedResidual(inputs, outputs, stride=2, expand=expand, kernel=kernel, gated=gated)]
    blocks += [
        InvertedResidual(outputs, outputs, expand=expand, kernel=kernel, gated=gated) for _ in range(repeats - 1)
    ]
    return nn.Sequential(*blocks)
