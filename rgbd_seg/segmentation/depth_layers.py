"""The subject from depth, its outline from depth and colour together: no weights, so it works from the first day."""

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.depth_evidence import local_evidence, odds_product
from rgbd_seg.errors import FrameError
from rgbd_seg.frames import RgbdFrame, Segmentation
from rgbd_seg.resampling import resize_depth
from rgbd_seg.scaling import bounded_size, resized
from rgbd_seg.segmentation.layer_candidates import best_candidate
from rgbd_seg.segmentation.outline_color import color_evidence

_SEARCH = 160  # pixels, longer side: where the subject is looked for
_OUTLINE = 320  # pixels, longer side: where its outline is drawn
_BAND = 9  # pixels of the outline's grid within which the found region may be wrong
_COLOR_BAND = 7  # pixels around the outline where colour is heard
_CONVINCING = 0.3  # score; a scene's best region below this is no subject
_RELIEF = 0.05  # a scene whose inverse depth varies less than this share is flat
_BELIEF = 0.97  # that the found region's inside is the subject


class DepthLayers:
    """Finds the front subject, person or not, as the piece of the scene that stands out from its surroundings."""

    @property
    def name(self) -> str:
        """``depth-layers``."""
        return "depth-layers"

    @property
    def needs_depth(self) -> bool:
        """Always."""
        return True

    def segment(self, frame: RgbdFrame) -> Segmentation:
        """The front subject; 0 everywhere if nothing stands out.

        Raises:
            FrameError: the frame has no depth.
        """
        return self.segment_at(frame, None)

    def segment_at(self, frame: RgbdFrame, focus: tuple[float, float] | None) -> Segmentation:
        """The subject that covers ``focus``, (x, y) as fractions of the picture; the front one if None.

        Raises:
            FrameError: the frame has no depth.
        """
        if frame.depth is None:
            raise FrameError(
                "depth-layers got a picture without depth; expected a depth photo, "
                "a depth map beside it, or a colour model (such as mediapipe-selfie)"
            )
        size = bounded_size(frame.size, _OUTLINE)
        probability = self._probability(frame, frame.depth, size, focus)
        return Segmentation(value=probability, probability=probability)

    def _probability(
        self, frame: RgbdFrame, depth: Float32, size: tuple[int, int], focus: tuple[float, float] | None
    ) -> Float32:
        search = _level(resize_depth(depth, bounded_size(frame.size, _SEARCH)))
        level = _level(resize_depth(depth, size))
        nothing = np.zeros(size, np.float32)
        if search is None or level is None:
            return nothing
        found = best_candidate(_without_holes(search), focus)
        if found is None or found.score < _CONVINCING:
            return nothing
        region = cv2.resize(found.mask.astype(np.float32), (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
        drawn = _by_depth(level, region)
        return _by_color(resized(frame.color, size), drawn, np.isfinite(level))


def _by_depth(level: Float32, region: Float32) -> Float32:
    """Probability from the depths seen inside and outside ``region``, which is trusted away from its outline."""
    band = _near_outline(region, _BAND)
    prior = np.where(band, 0.5, np.clip(region, 1 - _BELIEF, _BELIEF)).astype(np.float32)
    opinion = local_evidence(level, prior, (~band).astype(np.float32))
    drawn = odds_product(prior, np.nan_to_num(opinion, nan=0.5))
    opinion = local_evidence(level, drawn, np.ones_like(prior))
    drawn = odds_product(prior, np.nan_to_num(opinion, nan=0.5))
    # Where nothing was measured the nearest measured surface's side is a guess, and weaker than colour.
    guess = np.where(band, 0.2 + 0.6 * region, np.clip(region, 0.1, 0.9))
    return np.where(np.isnan(level), guess, drawn).astype(np.float32)


def _by_color(color: UInt8, drawn: Float32, known: Bool) -> Float32:
    """``drawn`` weighed against colour where depth is blurred or missing."""
    doubtful = _near_outline(drawn, _COLOR_BAND) | ~known
    bounded = np.clip(drawn, 0.02, 0.98)
    log_odds = np.log(bounded) - np.log1p(-bounded) + color_evidence(color, drawn, known)
    return np.where(doubtful, 1 / (1 + np.exp(-log_odds)), drawn).astype(np.float32)


def _near_outline(region: Float32, width: int) -> Bool:
    mask = (region > 0.5).astype(np.uint8)
    kernel = np.ones((width, width), np.uint8)
    near: Bool = cv2.erode(mask, kernel, borderType=cv2.BORDER_REPLICATE) != cv2.dilate(mask, kernel)
    return near


def _level(depth: Float32) -> Float32 | None:
    """Inverse depth of the scene scaled to [0, 1]; None if nothing is measured or everything is one flat wall."""
    known = np.isfinite(depth)
    if not known.any():
        return None
    inverse = 1 / depth
    low, high = np.percentile(inverse[known], (1, 99))
    if high - low < _RELIEF * high:
        return None
    level: Float32 = np.clip((inverse - np.float32(low)) / np.float32(high - low), 0, 1)
    return level


def _without_holes(level: Float32) -> Float32:
    """Holes filled from the nearest measured pixel."""
    known = np.isfinite(level)
    if known.all():
        return level
    labels = cv2.distanceTransformWithLabels((~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[
        1
    ]
    of_label = np.zeros(int(labels.max()) + 1, np.float32)
    of_label[labels[known]] = level[known]
    filled: Float32 = of_label[labels]
    return filled
