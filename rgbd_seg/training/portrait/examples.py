"""One training example: what the network is shown, and what it should say. Decided by seed and position alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.inverse_depth import normalised_inverse_depth
from rgbd_seg.training.portrait import color_augmentation, depth_augmentation
from rgbd_seg.training.portrait.config import DataConfig
from rgbd_seg.training.portrait.imagined_depth import imagined
from rgbd_seg.training.portrait.packed import SIDE, UNITS_PER_METRE, PackedPicture, PackedSet
from rgbd_seg.training.portrait.view import RandomView

TARGETS = ("alpha", "people", "held", "weight", "held_weight", "contrast")
_LEAST_PERSON = 0.015  # of the picture; a view that misses the person is drawn again
_TRIES = 4
_CUT_BY_SIDES, _CUT_BELOW = 8.0, 8.0  # mean alpha × 255 on an edge, from which it cuts the person


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """Channels as the portrait network documents them."""

    inputs: Float32  # (6, s, s)
    targets: Float32  # (6, s, s) `TARGETS`; contrast is |F − B| where both are known, else 0


class Examples:
    """An endless series of examples drawn from packed sets."""

    def __init__(self, sets: Sequence[PackedSet], backgrounds: Sequence[UInt8], config: DataConfig, seed: int) -> None:
        """
        Args:
            backgrounds: (h, w, 3) pictures without people.
        """
        self._sets, self._backgrounds, self._config, self._seed = sets, backgrounds, config, seed
        weights = np.array(config.weights or [len(part) for part in sets], np.float64)
        self._shares = np.cumsum(weights / weights.sum())

    @property
    def pictures(self) -> int:
        """How many pictures the sets hold: an epoch."""
        return sum(len(part) for part in self._sets)

    def __getitem__(self, position: int) -> Example:
        """The example at a position; equal for equal seeds, whatever was drawn before."""
        rng = np.random.default_rng((self._seed, position))
        chosen = self._sets[int(np.searchsorted(self._shares, rng.random()))]
        picture = chosen[int(rng.integers(len(chosen)))]
        behind = self._background(rng) if self._is_cut_out(rng, picture) else None
        view = self._view(rng, picture, may_be_afar=behind is not None)
        color, alpha, contrast = self._colors(rng, picture, view, behind)
        depth = self._depth(rng, picture, view, alpha)
        return Example(
            inputs=_stacked(color, depth, self._previous(rng, alpha)),
            targets=_targets(picture, view, alpha, contrast),
        )

    def _is_cut_out(self, rng: np.random.Generator, picture: PackedPicture) -> bool:
        """Whether the person is put before another background: nobody else may be in the picture."""
        single = cv2.absdiff(picture.people, picture.alpha).max() <= 64
        return bool(self._backgrounds and picture.alpha.any() and single and rng.random() < self._config.composite)

    def _view(self, rng: np.random.Generator, picture: PackedPicture, *, may_be_afar: bool) -> RandomView:
        # Photographs of people show them near.
        if may_be_afar and self._is_afar(rng, picture):
            sides = picture.alpha[:, [0, -1]].mean()
            if sides < _CUT_BY_SIDES:
                on_edge = bool(picture.alpha[-1].mean() > _CUT_BELOW)
                return RandomView.from_afar(rng, picture.entry, self._config.image_size, on_edge=on_edge)
        for _ in range(_TRIES):
            view = RandomView.drawn(rng, picture.entry, self._config.image_size)
            if picture.alpha.max() < 128 or (view.of(picture.alpha) > 127).mean() > _LEAST_PERSON:
                break
        return view

    def _is_afar(self, rng: np.random.Generator, picture: PackedPicture) -> bool:
        if picture.entry.has_depth:  # runs that leave it out draw no number for it, and stay what they were
            return bool(self._config.afar_rendered) and rng.random() < self._config.afar_rendered
        return rng.random() < self._config.afar

    def _colors(
        self, rng: np.random.Generator, picture: PackedPicture, view: RandomView, behind: Float32 | None
    ) -> tuple[Float32, Float32, Float32]:
        color = _unit(view.of(picture.color))
        alpha = _unit(view.of(picture.alpha))
        contrast = np.zeros_like(alpha)
        if behind is not None:
            behind = color_augmentation.relit(rng, behind)
            front = color_augmentation.relit(rng, color, 0.7)
            if picture.entry.exact:  # else what lies under a wrong alpha is the old background
                contrast = np.abs(front - behind).mean(axis=2)
            color = alpha[..., None] * front + (1 - alpha[..., None]) * behind
        color = color_augmentation.relit(rng, color)
        if rng.random() < 0.25:
            color = color_augmentation.lit_unevenly(rng, color)
        return color_augmentation.taken_by_a_camera(rng, color), alpha, contrast

    def _background(self, rng: np.random.Generator) -> Float32:
        chosen = self._backgrounds[int(rng.integers(len(self._backgrounds)))]
        side = self._config.image_size
        height, width = chosen.shape[:2]
        share = rng.uniform(0.5, 1.0)
        h, w = max(1, int(height * share)), max(1, int(width * share))
        top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
        cut = cv2.resize(chosen[top : top + h, left : left + w], (side, side), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.3:
            cut = cv2.GaussianBlur(cut, (0, 0), float(np.exp(rng.uniform(-0.5, 1.6))))
        return _unit(cut[:, ::-1] if rng.random() < 0.5 else cut)

    def _depth(
        self, rng: np.random.Generator, picture: PackedPicture, view: RandomView, alpha: Float32
    ) -> Float32 | None:
        if rng.random() < self._config.depth_dropout:
            return None
        if picture.entry.has_depth and not view.bounded:  # what was measured fits its own distance only
            units = view.of(picture.depth, nearest=True)
            depth = np.where(units > 0, units / np.float32(UNITS_PER_METRE), np.float32(np.nan)).astype(np.float32)
        elif rng.random() < self._config.imagined_depth:
            depth = imagined(rng, alpha)
        else:
            return None
        shift = self._config.misregistration_px * self._config.image_size / SIDE
        return depth_augmentation.spoiled(rng, depth, shift)

    def _previous(self, rng: np.random.Generator, alpha: Float32) -> Float32 | None:
        """The last frame's alpha: moved a little, sometimes wrong."""
        if rng.random() >= self._config.previous_share:
            return None
        height, width = alpha.shape
        matrix = np.eye(2, 3) + rng.normal(0, 0.02, (2, 3)) * (1, 1, width)
        previous = cv2.warpAffine(alpha, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        if rng.random() < 0.15:  # a part is missing or too much: it must not be copied blindly
            x, y, r = rng.random(3) * (width, height, 0.3 * width)
            cv2.circle(previous, (int(x), int(y)), int(r), float(rng.random() < 0.5), -1)
        return np.asarray(np.clip(previous, 0, 1), np.float32)


def whole_example(picture: PackedPicture, side: int, *, with_depth: bool) -> Example:
    """A picture as it is deployed: nothing changed, all of it shown."""
    view = RandomView.whole(side)
    color, alpha = _unit(view.of(picture.color)), _unit(view.of(picture.alpha))
    units = view.of(picture.depth, nearest=True)
    depth = np.where(units > 0, units / np.float32(UNITS_PER_METRE), np.float32(np.nan)).astype(np.float32)
    return Example(
        inputs=_stacked(color, depth if with_depth and picture.entry.has_depth else None, None),
        targets=_targets(picture, view, alpha, np.zeros_like(alpha)),
    )


def _stacked(color: Float32, depth: Float32 | None, previous: Float32 | None) -> Float32:
    inputs = np.zeros((6, *color.shape[:2]), np.float32)
    inputs[:3] = color.transpose(2, 0, 1)
    if depth is not None:
        inputs[3], inputs[4] = normalised_inverse_depth(depth)
    if previous is not None:
        inputs[5] = 2 * previous - 1
    return inputs


def _targets(picture: PackedPicture, view: RandomView, alpha: Float32, contrast: Float32) -> Float32:
    people, held = _unit(view.of(picture.people)), _unit(view.of(picture.held))
    weight = 1 - _unit(view.of(picture.unsure, nearest=True))
    targets = np.empty((len(TARGETS), *alpha.shape), np.float32)
    for place, values in enumerate((alpha, people, held, weight, float(picture.entry.exact), contrast)):
        targets[place] = values
    return targets


def _unit(values: NDArray[np.generic]) -> Float32:
    return np.asarray(values, np.float32) / np.float32(255)
