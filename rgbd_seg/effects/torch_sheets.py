"""A picture taken apart into sheets on a GPU: the same as ``lens_sheet_kernels`` and ``lens_cell_kernels``, densely."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rgbd_seg.effects.lens_plan import Level, Plan
from rgbd_seg.effects.lens_sheet_kernels import NEAR_APART, NOTHING, PLAIN, STEP

_FAINT = 0.1
_DOUBT = 0.3
_LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class Parts:
    """A picture's background and subject, every plane (H, W) or (3, H, W)."""

    light: Tensor  # of the background
    coc: Tensor
    subject: Tensor  # light × alpha
    subject_coc: Tensor
    alpha: Tensor
    picture: Tensor  # light as it was, without recovered highlights


def split(
    light: Tensor,
    gain: Tensor | None,
    alpha: Tensor,
    foreground: Tensor | None,
    maps: Tensor,
    step: int,
    matched: Tensor | None,
    hop: int,
) -> Parts:
    """Every pixel as background and subject.

    Args:
        light, foreground: (3, H, W) linear light. gain: (H, W) steps brighter, or None. maps: (9, h, w), cells of
            ``step`` pixels, see lens_sheet_kernels. matched: cells of ``hop`` pixels, see lens_match_kernels, or None.
    """
    height, width = alpha.shape
    fine = enlarged(maps[None], step, (height, width))[0]
    bright = light if gain is None else light * (1 + float(STEP) * gain)
    alpha = torch.where(alpha < float(NOTHING), torch.zeros_like(alpha), alpha)
    back = torch.where(alpha > _FAINT, torch.maximum(fine[6], fine[7]), fine[6])
    if matched is not None:
        fitting = matched.repeat_interleave(hop, 0).repeat_interleave(hop, 1)[:height, :width]
        back = torch.where((alpha <= _FAINT) & ~fitting.isnan(), fitting, back)
    behind, around = fine[:3], fine[3:6]
    subject = alpha * (
        around
        + alpha * (bright - alpha * around - (1 - alpha) * behind) / (alpha**2 + _DOUBT * (1 - alpha)).clamp(min=1e-12)
    ).clamp(min=0)
    subject = torch.where(alpha >= 1, bright, torch.where(alpha > 0, subject, torch.zeros_like(subject)))
    if foreground is not None:
        subject = alpha * foreground
    background = bright + (alpha / _FAINT).clamp(max=1) * (behind - bright)
    return Parts(background, back, subject, fine[7], alpha, light)


def sheets_of(parts: Parts, mode: int, margin: float) -> Tensor:
    """(sheets, 6, H, W), see lens_sheet_kernels."""
    one = torch.ones_like(parts.alpha)
    left = one
    if mode == NEAR_APART:
        excess = (parts.subject_coc - parts.coc) / margin - 1
        left = one - (1 - parts.alpha) * excess.clamp(0, 1)
    first = torch.stack([*(left * parts.light), left, parts.coc, torch.zeros_like(one)])
    if mode == PLAIN:
        return first[None]
    if mode == NEAR_APART:
        second = torch.stack([*((one - left) * parts.light), one - left, parts.coc, left])
    else:
        second = torch.stack([*parts.subject, parts.alpha, parts.subject_coc, one - parts.alpha])
    return torch.stack([first, second])


def pooled(sheets: Tensor, level: Level, *, is_far: bool) -> Tensor:
    """Sheets at half the resolution, as far as they are drawn at that level."""
    light, cover, coc, clear = sheets[:, :3], sheets[:, 3:4], sheets[:, 4:5], sheets[:, 5:6]
    part = ((coc - level.zero) * level.scale).clamp(0, 1)
    covers = part * cover
    rest = clear if is_far else clear + cover
    half = halved(torch.cat([part * light, covers, covers * coc, rest], dim=1))
    covered = half[:, 3:4]
    rest = half[:, 5:6] if is_far else half[:, 5:6] - covered
    return torch.cat([half[:, :4], half[:, 4:5] / covered.clamp(min=_LEAST), rest], dim=1)


def pyramid(sheets: Tensor, plan: Plan) -> tuple[list[Tensor], list[Tensor]]:
    """The sheets at all levels behind the focus, and before it."""
    far: list[Tensor] = []
    near: list[Tensor] = []
    for levels, held, is_far in ((plan.far, far, True), (plan.near, near, False)):
        fine = sheets
        for level in levels:
            fine = pooled(fine, level, is_far=is_far)
            held.append(fine)
    return far, near


def halved(planes: Tensor) -> Tensor:
    """Means of 2×2 pixels; an odd last row or column counts twice."""
    down, across = planes.shape[-2] % 2, planes.shape[-1] % 2
    if down or across:
        planes = functional.pad(planes, (0, across, 0, down), mode="replicate")
    return functional.avg_pool2d(planes, 2)


def enlarged(planes: Tensor, factor: int, size: tuple[int, int]) -> Tensor:
    """Bilinear, cut to ``size``."""
    if factor == 1:
        return planes
    rows, columns = planes.shape[-2] * factor, planes.shape[-1] * factor
    large = functional.interpolate(planes, size=(rows, columns), mode="bilinear", align_corners=False)
    return large[..., : size[0], : size[1]]
