"""The pictures whose answer is known, and ways to spoil their depth."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32
from rgbd_seg.camera import Intrinsics
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import read_photo

SHARED = Path(__file__).parents[2] / "shared"
WEIGHTS = SHARED / "weights"
RENDERED = ("2", "4", "7", "10", "15", "21")


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A frame and the alpha that is right for it (None: nobody is there)."""

    name: str
    frame: RgbdFrame
    truth: Float32 | None  # (h, w) in [0, 1], any resolution


def phone_cases() -> list[Case]:
    """Apple's photos with Apple's own portrait matte."""
    cases = []
    for name in ("standing_man.jpg", "selfie.heic", "vase_no_person.jpg"):
        photo = read_photo(SHARED / "data/iphone_portraits" / name)
        cases.append(Case(name=name, frame=photo.frame, truth=photo.portrait_matte))
    return cases


def rendered_cases() -> list[Case]:
    """Rendered people with exact alpha; some have a second person behind."""
    return [_rendered(SHARED / "data/rendered" / name) for name in RENDERED]


def _rendered(folder: Path) -> Case:
    color = cv2.cvtColor(cv2.imread(str(folder / "color.png")), cv2.COLOR_BGR2RGB)
    millimetres = cv2.imread(str(folder / "depth.png"), cv2.IMREAD_UNCHANGED).astype(np.float32)
    depth = np.where(millimetres > 0, millimetres / 1000, np.nan).astype(np.float32)
    truth = cv2.imread(str(folder / "alpha.png"), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    K = json.loads((folder / "meta.json").read_text())["K"]
    height, width = depth.shape
    intrinsics = Intrinsics(width=width, height=height, fx=K[0][0], fy=K[1][1], cx=K[0][2], cy=K[1][2])
    return Case(
        name=f"rendered/{folder.name}", frame=RgbdFrame(color=color, depth=depth, intrinsics=intrinsics), truth=truth
    )


def iou(alpha: Float32, truth: Float32, threshold: float = 0.5) -> float:
    """Intersection over union of the masks at ``threshold``, at the resolution of ``truth``."""
    here = cv2.resize(alpha, (truth.shape[1], truth.shape[0]), interpolation=cv2.INTER_LINEAR) > threshold
    there = truth > 0.5
    return float(np.count_nonzero(here & there) / max(np.count_nonzero(here | there), 1))


def background_person(case: Case, color_only: Float32) -> Bool:
    """Pixels that colour takes for a person, that are not the subject's, and that lie well behind the subject."""
    depth, truth = case.frame.depth, case.truth
    if depth is None or truth is None:
        raise ValueError(f"{case.name} has no depth or no truth")
    colored = cv2.resize(color_only, (depth.shape[1], depth.shape[0]), interpolation=cv2.INTER_LINEAR)
    limit = np.nanpercentile(depth[truth > 0.95], 98) + 0.15
    behind: Bool = (colored > 0.5) & (truth < 0.02) & (depth > limit)
    # One pixel of the subject's own soft outline over a far wall is not a person.
    return cv2.morphologyEx(behind.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)) > 0


def _shifted(depth: Float32, pixels: float) -> Float32:
    """Registration that is off by so many pixels of a picture 640 wide."""
    offset = pixels * max(depth.shape) / 640
    matrix = np.array([[1, 0, offset], [0, 1, offset / 2]])
    size = (depth.shape[1], depth.shape[0])
    return cv2.warpAffine(depth, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)


def _noisy(depth: Float32) -> Float32:
    """A poor stereo camera: σ 2 % of distance at 1 m, growing with its square."""
    noise = np.random.default_rng(1).standard_normal(depth.shape).astype(np.float32)
    return np.maximum(depth + 0.02 * depth**2 * noise, 0.05)


def _holed(depth: Float32) -> Float32:
    """Nothing at depth edges and in forty round holes."""
    edges = cv2.morphologyEx(1 / depth, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0.15
    holed = np.where(edges, np.nan, depth).astype(np.float32)
    random = np.random.default_rng(2)
    scale = max(depth.shape) / 640
    for _ in range(40):
        center = (int(random.integers(depth.shape[1])), int(random.integers(depth.shape[0])))
        cv2.circle(holed, center, int(random.integers(4, 25) * scale), float("nan"), -1)
    return holed


def _coarse(depth: Float32) -> Float32:
    """A sensor with an eighth of the pixels each way."""
    return cv2.resize(depth[4::8, 4::8], (depth.shape[1], depth.shape[0]), interpolation=cv2.INTER_NEAREST)


SPOILED: dict[str, Callable[[Float32], Float32]] = {
    "3 px off": lambda depth: _shifted(depth, 3),
    "5 px off": lambda depth: _shifted(depth, 5),
    "noise": _noisy,
    "holes": _holed,
    "coarse": _coarse,
    "all of it": lambda depth: _holed(_noisy(_shifted(_coarse(depth), 3))),
}
