"""The thin lens on a GPU: what ``thin_lens`` draws, densely, within 1 of 255 of it.

Needs torch: ``pip install 'rgbd-seg[torch]'``. Every step is a plain tensor operation on whole planes, so that all of
it can stay on the device from frame to frame.
"""

from typing import cast

from rgbd_seg.arrays import UInt8
from rgbd_seg.effects.aperture import DISC
from rgbd_seg.effects.lens_plan import ApertureShape, Level, Plan, Sheets
from rgbd_seg.effects.lens_scene import Backdrop, Scene, make_scene, quality_of
from rgbd_seg.effects.lens_sheet_kernels import NEAR_APART, NOTHING
from rgbd_seg.errors import BackendMissingError, ConfigError, DeviceNotFoundError
from rgbd_seg.frames import AlphaMatte
from rgbd_seg.linear_light import decode_table, encode_table

try:
    import torch
    from torch import Tensor
    from torch.nn import functional

    from rgbd_seg.effects.torch_sheets import enlarged, pyramid, sheets_of, split
except ImportError as error:
    raise BackendMissingError("torch is not installed; pip install 'rgbd-seg[torch]', or use thin_lens") from error

_KNOWN = 1e-3


class TorchLens:
    """Draws pictures through a lens on one device.

    TorchLens("cuda").render(color, matte, sheets, keep_subject_sharp=True)
    """

    def __init__(self, device: str = "cpu") -> None:
        """
        Raises:
            ConfigError: torch knows no such device.
            DeviceNotFoundError: it is not on this machine; the CPU is never taken in its place.
        """
        try:
            self.device = torch.device(device)
        except RuntimeError as error:
            raise ConfigError(f"device is {device!r}; expected cpu, cuda or cuda:N") from error
        try:  # without CUDA in it, torch raises an AssertionError
            self._decode = torch.tensor(decode_table(), device=self.device)
        except (RuntimeError, AssertionError) as error:
            raise DeviceNotFoundError(f"torch cannot use {device!r} on this machine ({error}); use cpu") from error
        self._encode = torch.tensor(encode_table(), device=self.device)

    def render(
        self,
        color: UInt8,
        matte: AlphaMatte,
        sheets: Sheets,
        *,
        keep_subject_sharp: bool,
        aperture: ApertureShape = DISC,
        quality: str = "auto",
        gain: UInt8 | None = None,
        backdrop: Backdrop | None = None,
    ) -> UInt8:
        """As `thin_lens.render`."""
        scene = make_scene(
            color,
            matte.alpha,
            sheets,
            keep_subject_sharp=keep_subject_sharp,
            aperture=aperture,
            quality=quality_of(quality, matte),
            foreground=matte.foreground,
            gain=gain,
            backdrop=backdrop,
        )
        return cast(UInt8, self.draw(scene, torch.tensor(scene.color, device=self.device)).cpu().numpy())

    def draw(self, scene: Scene, color: Tensor) -> Tensor:
        """(H, W, 3) uint8 on the device, of a picture that is there already."""
        with torch.inference_mode():
            return self._draw(scene, color)

    def _draw(self, scene: Scene, color: Tensor) -> Tensor:
        gain, foreground = (self._moved(values) for values in (scene.gain, scene.foreground))
        alpha, maps = (torch.tensor(values, device=self.device) for values in (scene.alpha, scene.maps))
        own = None if foreground is None else self._light(foreground)
        matched = torch.tensor(scene.matched, device=self.device) if scene.matched.size else None
        parts = split(self._light(color), gain, alpha, own, maps, scene.step, matched, scene.hop)
        sheets = sheets_of(parts, scene.mode, scene.plan.margin)
        layers = sheets[:, None] if scene.mode == NEAR_APART else sheets[None]
        drawn = [_through_lens(layer, scene.plan) for layer in layers]
        light, cover = drawn[0][:3], drawn[0][3:]
        light = torch.where(cover > _KNOWN, light / cover.clamp(min=_KNOWN), parts.picture)
        keep = alpha >= 1
        if scene.keep_subject_sharp:
            light = torch.where(alpha >= float(NOTHING), light * (1 - parts.alpha) + parts.subject, light)
            if foreground is None:
                light = torch.where(keep, parts.picture, light)
        rest = torch.where((alpha >= float(NOTHING)) & (alpha < 1), 1 - alpha, torch.zeros_like(alpha))
        light = light + rest * enlarged(maps[None, 9:], scene.step, (alpha.shape[0], alpha.shape[1]))[0]
        if len(drawn) > 1:
            light = light * (1 - drawn[1][3:]) + drawn[1][:3]
            keep &= drawn[1][3] <= 0
        shown = self._encode[(light.clamp(0, 65535) + 0.5).long()].permute(1, 2, 0)
        return torch.where(keep[..., None], color, shown) if scene.keep_subject_sharp else shown

    def _moved(self, values: UInt8) -> Tensor | None:
        return torch.tensor(values, device=self.device) if values.size else None

    def _light(self, color: Tensor) -> Tensor:
        return self._decode[color.long()].permute(2, 0, 1)


def _through_lens(sheets: Tensor, plan: Plan) -> Tensor:
    """(4, H, W) light and cover of sheets (sheets, 6, H, W), from far to near."""
    far, near = pyramid(sheets, plan)
    size = sheets.shape[2], sheets.shape[3]
    sizes = [tuple(-(-length // 2**k) for length in size) for k in range(1 + max(len(far), len(near)))]
    drawn: Tensor | None = None
    for k in range(len(far), 0, -1):
        under = _blank(far[k - 1]) if drawn is None else drawn
        drawn = enlarged(
            _slices(far[k - 1], under, plan.far[k - 1], plan.spacing / 2**k)[None],
            2,
            (sizes[k - 1][0], sizes[k - 1][1]),
        )[0]
    drawn = _slices(sheets, _blank(sheets) if drawn is None else drawn, plan.focus, plan.spacing)
    front: Tensor | None = None
    for k in range(len(near), 0, -1):
        own = _slices(near[k - 1], _blank(near[k - 1]), plan.near[k - 1], plan.spacing / 2**k)
        own = own if front is None else front + own * (1 - front[3])
        front = enlarged(own[None], 2, (sizes[k - 1][0], sizes[k - 1][1]))[0]
    return drawn if front is None else front + drawn * (1 - front[3])


def _blank(sheets: Tensor) -> Tensor:
    return torch.zeros((4, *sheets.shape[2:]), device=sheets.device)


def _slices(sheets: Tensor, held: Tensor, level: Level, spacing: float) -> Tensor:
    """All slices of a level laid over ``held``."""
    for n, (node, nearer, farther) in enumerate(level.nodes.tolist()):
        kernels = torch.tensor(level.kernels[n], device=sheets.device)
        for sheet in sheets:
            away = sheet[4] - node
            visible = (1 + away * nearer).clamp(0, 1)
            tent = torch.minimum(visible, (1 - away.clamp(min=0) * farther).clamp(min=0))
            planes = torch.cat([sheet[:4] * tent, (sheet[5] + sheet[3] * visible)[None]])
            held = _laid_over(_spread(planes, kernels, spacing), held)
    return held


def _laid_over(spread: Tensor, held: Tensor) -> Tensor:
    gain = 1 / spread[4].clamp(min=_KNOWN)
    cover = spread[3] * gain
    gain = gain / cover.clamp(min=1)
    cover = cover.clamp(max=1)
    return torch.cat([held[:3] * (1 - cover) + spread[:3] * gain, (held[3] * (1 - cover) + cover)[None]])


def _spread(planes: Tensor, kernels: Tensor, spacing: float) -> Tensor:
    """Planes gathered with a kernel, (places down, places across, k, k); edges are repeated."""
    reach = kernels.shape[-1] // 2
    if reach == 0:
        return planes
    edged = _edged(planes, reach)
    if kernels.shape[0] == 1 and kernels.shape[1] == 1:
        return functional.conv2d(edged[:, None], kernels)[:, 0]
    height, width = planes.shape[1:]
    weights = _at_pixels(kernels.flatten(2).permute(2, 0, 1), spacing, (height, width))
    spread = torch.zeros_like(planes)
    for k in range(weights.shape[0]):
        y, x = divmod(k, kernels.shape[-1])
        spread += weights[k] * edged[:, y : y + height, x : x + width]
    return spread


def _edged(planes: Tensor, reach: int) -> Tensor:
    """Edges repeated, any number of pixels."""
    height, width = planes.shape[1:]
    rows = torch.arange(-reach, height + reach, device=planes.device).clamp(0, height - 1)
    columns = torch.arange(-reach, width + reach, device=planes.device).clamp(0, width - 1)
    return planes[:, rows][:, :, columns]


def _at_pixels(weights: Tensor, spacing: float, size: tuple[int, int]) -> Tensor:
    """Weights (k², places down, places across) between their places, at every pixel."""
    for axis, length in ((1, size[0]), (2, size[1])):
        at = ((torch.arange(length, device=weights.device) + 0.5) / spacing).clamp(max=weights.shape[axis] - 1)
        index = at.long().clamp(max=weights.shape[axis] - 2)
        share = (at - index).float().view([-1 if k == axis else 1 for k in range(3)])
        weights = weights.index_select(axis, index) * (1 - share) + weights.index_select(axis, index + 1) * share
    return weights
