"""The subject, placed pictures and a background with depth, each before and behind the others as it stands."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.bands import Bands
from rgbd_seg.effects.background import Background
from rgbd_seg.effects.lens import NEAR_SHARE, STRONGEST, strength_lens
from rgbd_seg.effects.occlusion import Screen, blurred, distances, middle_of, nearer_than, screen
from rgbd_seg.effects.placed_picture import Cutout, PlacedPicture, cut_out
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.linear_light import decode_table, encode_table

_BAND = 128  # rows
_NO_MAP = np.zeros((0, 0), np.float32)
_NO_LIGHT = np.zeros((0, 0, 3), np.float32)


@dataclass(frozen=True, eq=False)
class _Standing:
    """A placed picture as the frame shows it."""

    cutout: Cutout
    before: Float32  # of its box, how far it is in front of the subject
    screen: Screen | None  # what of the background is in front of it


def compose(
    frame: RgbdFrame,
    matte: AlphaMatte,
    background: Background | None,
    pictures: Sequence[PlacedPicture],
    *,
    wanted_distance: float | None,
    blur: float,
) -> UInt8:
    """(H, W, 3) everything in its order.

    Args:
        frame: its colour, and the matte's foreground, as the subject is to be shown.
        background: None keeps the frame's own.
        pictures: any number, at any distance; of two at the same distance the later is in front.
        wanted_distance: metres at which the subject stands; None: where it was measured.
        blur: 0–1, strength of the lens, focused on the subject, that draws the pictures and what is before it.
    """
    found = distances(frame, matte, wanted_distance)
    middle = None if found.subject is None else middle_of(found.subject, matte.alpha)
    if background is None:
        behind, own = Background(frame.color, found.background), matte.alpha
    else:
        behind, own = background, None
    near_px = 0.0 if behind.depth is None else _nearest_disc(frame, blur, behind.depth, middle)
    standing = []
    for k in sorted(range(len(pictures)), key=lambda k: (pictures[k].distance, -k)):
        placed = pictures[k]
        cutout = cut_out(placed, frame, _disc(frame, blur, placed.distance, middle))
        if cutout is not None:
            before = _before_subject(cutout, placed.distance, found.subject, frame, matte)
            where = np.zeros(frame.size, np.float32)
            where[cutout.box] = cutout.light[..., 3]
            plane = np.full((1, 1), placed.distance, np.float32)
            standing.append(_Standing(cutout, before, _screen_of(behind, plane, where, own, near_px)))
    front = None
    if background is not None and found.subject is not None:
        front = _screen_of(background, found.subject, matte.alpha, None, near_px)
    return _lay(frame, matte, background, front, standing)


def _lay(
    frame: RgbdFrame, matte: AlphaMatte, background: Background | None, front: Screen | None, standing: list[_Standing]
) -> UInt8:
    """Everything in its order, band by band of rows, so that large pictures need little memory."""
    from rgbd_seg.effects.replacement_kernels import lay_together

    foreground = frame.color if matte.foreground is None else matte.foreground
    out = np.empty_like(frame.color, order="C")

    def rows(first: int, last: int) -> None:
        for top in range(first, last, _BAND):
            part = slice(top, min(top + _BAND, last))
            lay_together(
                frame.color[part],
                foreground[part],
                matte.alpha[part],
                frame.color[part] if background is None else background.picture[part],
                background is None,
                *_part(front, (part, slice(None))),
                *_pictures_of(part, matte.alpha, standing),
                decode_table(),
                encode_table(),
                out[part],
            )

    Bands().run(rows, frame.size[0])
    return out


def _before_subject(
    cutout: Cutout, distance: float, subject: Float32 | None, frame: RgbdFrame, matte: AlphaMatte
) -> Float32:
    if subject is None:
        return np.zeros(cutout.light.shape[:2], np.float32)
    return nearer_than(subject, distance, frame.color, matte.alpha, cutout.box)


def _screen_of(
    background: Background, distance: Float32, where: Float32, own: Float32 | None, disc_px: float
) -> Screen | None:
    picture = background.picture if background.sharp is None else background.sharp
    found = screen(picture, background.depth, distance, where, own)
    return found if found is None or background.sharp is None else blurred(found, disc_px)


def _pictures_of(
    part: slice, alpha: Float32, standing: Sequence[_Standing]
) -> tuple[Float32, Float32, Float32, Float32]:
    """Light, cover, what is free, and what is free of the subject, for some rows."""
    from rgbd_seg.effects.replacement_kernels import add_picture

    size = (part.stop - part.start, alpha.shape[1])
    seen, cover = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
    free, subject = np.ones(size, np.float32), np.ones(size, np.float32)
    for one in standing:
        rows, columns = one.cutout.box
        first, last = max(rows.start, part.start), min(rows.stop, part.stop)
        if first >= last:
            continue
        own, frame_part, band_part = (slice(first - start, last - start) for start in (rows.start, 0, part.start))
        here = (band_part, columns)
        add_picture(
            alpha[frame_part, columns],
            one.cutout.light[own],
            one.before[own],
            *_part(one.screen, (frame_part, columns)),
            *(values[here] for values in (seen, cover, free, subject)),
        )
    return seen, cover, free, subject


def _part(found: Screen | None, part: tuple[slice, slice]) -> tuple[Float32, Float32]:
    return (_NO_MAP, _NO_LIGHT) if found is None else (found.alpha[part], found.light[part])


def _disc(frame: RgbdFrame, blur: float, distance: float, focus: float | None) -> float:
    """Diameter in pixels of a point at ``distance`` through a lens focused on the subject, bounded as in bokeh."""
    if blur == 0 or focus is None:
        return 0.0
    lens = strength_lens(blur, frame.size, 1 / focus, 0.0)
    diameter = abs(float(lens.coc_px(np.array([1 / distance], np.float32))[0]))
    return min(diameter, NEAR_SHARE * STRONGEST * blur * min(frame.size))


def _nearest_disc(frame: RgbdFrame, blur: float, depth: Float32, focus: float | None) -> float:
    """The same for what stands before the subject, taken as one plane."""
    if blur == 0 or focus is None:
        return 0.0
    with np.errstate(invalid="ignore"):
        nearer = depth[depth < focus]
    return _disc(frame, blur, float(np.median(nearer)), focus) if nearer.size else 0.0
