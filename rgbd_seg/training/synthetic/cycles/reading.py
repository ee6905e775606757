"""What Cycles rendered, read back as the maps that the ray caster gives."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.errors import FrameError
from rgbd_seg.training.synthetic.render import FARTHEST, Rendered
from rgbd_seg.training.synthetic.roles import FRONT, Role

_ROLES_OF_PASS = {
    "roles_a": (Role.SUBJECT, Role.HELD, Role.OTHER_PERSON),
    "roles_b": (Role.PICTURED_PERSON, Role.PROP, Role.FOREGROUND),
}
_PURE = 1 / 512  # coverage that far from 0 or 1 is an edge
_WINDOW, _FLATNESS = 4, 3e-4  # pixels to either side, variance: of the filter that averages noise in hair
_EDGE_REACH = 3  # pixels around hair


@dataclass(frozen=True, kw_only=True, eq=False)
class CyclesPicture:
    """One path-traced picture with its truth."""

    rendered: Rendered
    blurred: Float32 | None  # (H, W, 3) linear, through the lens of `CyclesOptions.blur_aperture`


def read_picture(folder: Path, size: tuple[int, int], *, all_roles: bool = True) -> CyclesPicture:
    """Put the passes in ``folder`` together; without ``all_roles``, things and pictures count as place.

    Raises:
        FrameError: a pass is missing or has another size.
    """
    coverage, hair = (_coverage if all_roles else _front_coverage)(folder, size)
    alpha = np.minimum(coverage[..., list(FRONT)].sum(axis=-1), 1)
    edges = _fine_edges(alpha, hair)
    color = _color(folder, "color", size, alpha, edges)
    depth = _pass(folder, "depth", size)[..., 0]
    rendered = Rendered(
        color=color,
        foreground=_foreground(folder, size, color, alpha),
        coverage=coverage,
        depth=np.where((depth > 0) & (depth < FARTHEST), depth, np.float32(np.nan)),
        hair=hair,
    )
    blurred = _color(folder, "blurred", size, None, edges) if (folder / "blurred_noisy.npy").is_file() else None
    return CyclesPicture(rendered=rendered, blurred=blurred)


def _coverage(folder: Path, size: tuple[int, int]) -> tuple[Float32, Float32]:
    """(H, W, roles) coverage, and (H, W) that of hair."""
    coverage = np.zeros((*size, len(Role)), np.float32)
    for name, roles in _ROLES_OF_PASS.items():
        coverage[..., list(roles)] = np.clip(_pass(folder, name, size), 0, 1)
    return _with_place(coverage), np.clip(_pass(folder, "hair", size)[..., 0], 0, 1)


def _front_coverage(folder: Path, size: tuple[int, int]) -> tuple[Float32, Float32]:
    """The same where only the front person, others and hair were told apart."""
    front, others, hair = np.moveaxis(np.clip(_pass(folder, "front", size), 0, 1), -1, 0)
    coverage = np.zeros((*size, len(Role)), np.float32)
    coverage[..., Role.SUBJECT], coverage[..., Role.OTHER_PERSON] = front, others
    return _with_place(coverage), hair


def _with_place(coverage: Float32) -> Float32:
    coverage /= np.maximum(coverage.sum(axis=-1, keepdims=True), 1)
    coverage[..., Role.PLACE] = np.maximum(1 - coverage.sum(axis=-1), 0)
    return coverage


def _fine_edges(alpha: Float32, hair: Float32) -> Bool:
    """(H, W) True around pixels that hair of the front person covers in part."""
    reach = 2 * _EDGE_REACH + 1
    mixed = (alpha > _PURE) & (alpha < 1 - _PURE) & (cv2.dilate(hair, np.ones((reach, reach))) > _PURE)
    return np.asarray(cv2.dilate(mixed.astype(np.uint8), np.ones((3, 3))) > 0)


def _color(folder: Path, name: str, size: tuple[int, int], alpha: Float32 | None, edges: Bool) -> Float32:
    """Denoised; where hair is fine, as sampled, with less noise if coverage in that very picture is known."""
    noisy = _pass(folder, f"{name}_noisy", size)
    if not (folder / f"{name}.npy").is_file():
        return noisy
    calm = _pass(folder, name, size)
    share = cv2.blur(edges.astype(np.float32), (3, 3))[..., None]  # no visible seam between the two
    fine = _without_fireflies(noisy, calm)
    if alpha is not None:
        fine = _with_strands(fine, calm, alpha)
    return np.asarray(calm * (1 - share) + fine * share, np.float32)


def _with_strands(sampled: Float32, calm: Float32, alpha: Float32) -> Float32:
    """What the samples saw, with noise averaged away but no strand (He, Sun and Tang, "Guided Image Filtering", 2013).

    Coverage is known without a denoiser. Nearby, colour is a linear function of it and of the denoised picture;
    the samples of a small window say which.
    """
    brightness = calm.mean(axis=-1)
    level = float(brightness.mean()) + 1e-6
    guide = np.stack([alpha, brightness / level], axis=-1).astype(np.float32)
    found = cv2.ximgproc.guidedFilter(guide, (sampled / level).astype(np.float32), _WINDOW, _FLATNESS)
    return np.asarray(np.maximum(found, 0) * level, np.float32)


def _without_fireflies(noisy: Float32, calm: Float32) -> Float32:
    """Samples that met a lamp by chance are no brighter than twice all that the denoiser left around."""
    bound = 2 * cv2.dilate(calm.max(axis=-1), np.ones((5, 5))) + np.float32(1e-3)
    excess = noisy.max(axis=-1) / bound
    return np.asarray(noisy / np.maximum(excess, 1)[..., None], np.float32)


def _foreground(folder: Path, size: tuple[int, int], color: Float32, alpha: Float32) -> Float32:
    if not (folder / "foreground.npy").is_file():
        return np.where(alpha[..., None] > 0, color, np.float32(0))
    premultiplied = _pass(folder, "foreground", size)
    own = premultiplied[..., :3] / np.maximum(premultiplied[..., 3:], 1e-3)
    whole = np.where(alpha[..., None] >= 1 - _PURE, color, own)
    return np.where(alpha[..., None] > 0, whole, np.float32(0)).astype(np.float32)


def _pass(folder: Path, name: str, size: tuple[int, int]) -> Float32:
    path = folder / f"{name}.npy"
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FrameError(f"the pass {path} is missing or damaged ({error}); delete it and render again") from error
    if values.ndim != 3 or values.shape[:2] != size:
        raise FrameError(f"the pass {path} has shape {values.shape}; expected {size[0]}×{size[1]} pixels")
    return np.asarray(values, np.float32)
