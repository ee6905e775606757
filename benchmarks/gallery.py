"""Makes the pictures of ``docs/gallery.md`` from the bundled rendered people: every effect, to be looked at.

    python benchmarks/gallery.py [FOLDER]

Everything runs as a user's photo would: simulated time-of-flight depth is registered, the subject is found without
any network (``depth-layers``), and each picture is the plain result of one call.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from rgbd_seg import Pipeline, create_segmenter, effects, load_sample, register, write_picture
from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.contact_sheet import contact_sheet
from rgbd_seg.effects.aperture import Aperture
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.frames import AlphaMatte, RgbdFrame
from rgbd_seg.io.pictures import read_cutout

TARGET = Path(__file__).parents[1] / "docs" / "images" / "gallery"
QUALITY = 84
TILE = 340

Box = tuple[slice, slice]
FACE: dict[str, Box] = {
    "wave": np.s_[60:240, 215:395],
    "windblown": np.s_[110:290, 250:430],
    "curls": np.s_[120:300, 150:330],
    "dungarees": np.s_[60:220, 290:430],
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Portrait:
    """A sample as the product sees it."""

    frame: RgbdFrame
    matte: AlphaMatte


@cache
def pipeline() -> Pipeline:
    """The one that needs no weights."""
    return Pipeline(create_segmenter("depth-layers"))


@cache
def portrait(name: str) -> Portrait:
    """Registered sensor depth, and the product's own matte."""
    frame = register(load_sample(name).frame)
    return Portrait(frame=frame, matte=pipeline().matte(frame))


def bokeh(one: Portrait, **options: object) -> UInt8:
    """The effect with some options."""
    return effects.bokeh(one.frame, one.matte, effects.BokehOptions(**options))


def replaced(one: Portrait, **options: object) -> UInt8:
    """The effect with some options."""
    return effects.replace_background(one.frame, one.matte, effects.ReplaceOptions(**options))


def lit(one: Portrait, **options: object) -> UInt8:
    """The effect with some options."""
    return effects.portrait_light(one.frame, one.matte, effects.LightOptions(**options))


def crop(picture: UInt8, box: Box) -> UInt8:
    """A detail, twice as large."""
    return np.asarray(cv2.resize(picture[box], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


def ball(color: Sequence[int], size: int = 240) -> tuple[UInt8, Float32]:
    """A shaded ball and its coverage, to be placed."""
    y, x = (np.mgrid[:size, :size] + 0.5) / (size / 2) - 1
    z = np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))
    shade = 0.25 + 0.75 * np.clip(-0.5 * x - 0.6 * y + 0.62 * z, 0, 1)
    shine = 200 * np.clip(-0.42 * x - 0.5 * y + 0.757 * z, 0, 1) ** 40
    alpha = np.clip((1 - np.hypot(x, y)) * size / 2 + 0.5, 0, 1)
    picture = np.clip(np.multiply.outer(shade, color) + shine[..., None], 0, 255)
    return np.rint(picture).astype(np.uint8), alpha.astype(np.float32)


def evening(size: tuple[int, int]) -> UInt8:
    """A bright low sun over water: a background with a light of its own."""
    height, width = size
    y, x = np.mgrid[:height, :width] / min(size)
    level = np.clip(y / 0.62, 0, 1)[..., None]
    sky = (1 - level) * (70, 105, 165) + level * (250, 186, 120)
    sun = np.exp(-(((x - 1.0) ** 2 + (y - 0.5) ** 2) / 0.03))[..., None]
    waves = 0.75 + 0.25 * np.sin(400 * np.maximum(y - 0.62, 0) ** 0.7 + 2 * np.sin(9 * x))
    sea = (waves[..., None] * (105, 110, 125)) + 110 * np.exp(-((x - 1.0) ** 2) / 0.02)[..., None] * waves[..., None]
    scene = np.where((y < 0.62)[..., None], sky + 140 * sun, sea)
    return np.clip(scene, 0, 255).astype(np.uint8)


def with_lamps(one: Portrait) -> Portrait:
    """The same with small lamps hung in the room behind, for what they become out of focus."""
    rng = np.random.default_rng(3)
    lamp, coverage = ball((255, 232, 200), 40)
    lamp = np.full_like(lamp, (255, 255, 250))  # clipped, as a camera would have it
    height, width = one.frame.size
    lamps = tuple(
        effects.PlacedPicture(picture=lamp, alpha=coverage, distance=1.5, height_px=5.0, center_px=(float(x), float(y)))
        for x, y in rng.uniform((10, 10), (width - 10, 0.6 * height), (60, 2))
    )
    return replace(one, frame=replace(one.frame, color=replaced(one, background="own", pictures=lamps)))


def sheet(name: str, pictures: dict[str, UInt8], folder: Path) -> None:
    """One row of labelled pictures."""
    page = contact_sheet(list(pictures), [list(pictures.values())], TILE)
    write_picture(folder / f"{name}.jpg", page, quality=QUALITY)


def bokeh_sheets(folder: Path) -> None:
    """Strength, shape of the opening, focus."""
    bob = portrait("bob")
    sheet(
        "bokeh_strength",
        {"as taken": bob.frame.color, **{f"strength {s:g}": bokeh(bob, strength=s) for s in (0.3, 0.6, 1.0)}},
        folder,
    )
    lamps = with_lamps(portrait("windblown"))
    shapes = {
        "disc": Aperture(),
        "6 blades": Aperture(blades=6),
        "cat's eye": Aperture(cats_eye=1.0),
        "anamorphic": Aperture(anamorphic=0.6),
    }
    sheet(
        "bokeh_shape",
        {name: bokeh(lamps, strength=0.9, shape=shape, highlights=1.0) for name, shape in shapes.items()},
        folder,
    )
    curls = portrait("curls")
    pull = (0.8, 0.95, 1.3, 1.9)
    sheet(
        "focus_pull",
        {f"{d:g} m": bokeh(curls, aperture=0.03, focus_distance=d, keep_subject_sharp=False) for d in pull},
        folder,
    )


def light_sheets(folder: Path) -> None:
    """Presets of portrait light, and one lamp moved around."""
    one = portrait("curls")
    presets = ("studio", "contour", "stage", "stage-mono")
    sheet("light", {"as taken": one.frame.color, **{name: lit(one, preset=name) for name in presets}}, folder)
    moved = {f"from {a:+d}°": lit(one, preset="contour", azimuth=float(a)) for a in (-75, -30, 30, 75)}
    sheet("light_moved", moved, folder)


def skin_sheets(folder: Path) -> None:
    """Beautify and whiten, before and after, twice as large."""
    rows = {}
    for name in ("wave", "dungarees"):
        one = portrait(name)
        for strength in (0.0, 0.5, 1.0):
            out = effects.beautify(one.frame, one.matte, effects.BeautifyOptions(strength=strength))
            rows[f"{name}, {strength:g}" if strength else name] = crop(out, FACE[name])
    sheet("beautify", rows, folder)
    one = portrait("curls")
    whitened = effects.whiten(one.frame, one.matte, effects.WhitenOptions(strength=1.0))
    sheet(
        "whiten", {"as taken": crop(one.frame.color, FACE["curls"]), "whiten 1": crop(whitened, FACE["curls"])}, folder
    )


def hair_sheet(folder: Path) -> None:
    """Hair with known alpha and foreground (``benchmarks/hair``) before a brick wall, then before green."""
    front, alpha = read_cutout(Path(__file__).parent / "hair" / "curls.png")
    wall = load_sample("wave").frame.color[0 : alpha.shape[0], -alpha.shape[1] :]
    taken = effects.composite(RgbdFrame(color=front), AlphaMatte(alpha=alpha, foreground=front), wall)
    known = {"alpha blending": taken, "rgbd-seg": estimate_foreground(taken, alpha), "truth": front}
    frame, green = RgbdFrame(color=taken), effects.ReplaceOptions(background=(0, 150, 60))
    shown = {"as taken": taken}
    for name, foreground in known.items():
        shown[name] = effects.replace_background(frame, AlphaMatte(alpha=alpha, foreground=foreground), green)
    sheet("replace_hair", {name: crop(picture, np.s_[0:150, 0:150]) for name, picture in shown.items()}, folder)


def replacement_sheet(folder: Path) -> None:
    """Light that belongs there."""
    one = portrait("bob")
    beach = evening(one.frame.size)
    steps = {
        "replaced": replaced(one, background=beach),
        "+ match 0.8": replaced(one, background=beach, match=0.8),
        "+ light wrap 0.6": replaced(one, background=beach, match=0.8, light_wrap=0.6),
        "+ blur 0.4": replaced(one, background=beach, match=0.8, light_wrap=0.6, blur=0.4),
    }
    sheet("replace_light", steps, folder)


def insertion_sheet(folder: Path) -> None:
    """Balls at three distances in the own room, and a person between the people of another photo."""
    one = portrait("wave")
    made = [ball(color) for color in ((225, 60, 40), (240, 180, 30), (40, 110, 220))]
    spots = ((0.8, (-0.14, 0.2)), (1.25, (0.13, -0.02)), (1.9, (-0.35, -0.38)))
    balls = tuple(
        effects.PlacedPicture(picture=picture, alpha=alpha, distance=distance, height=0.22, center=center)
        for (picture, alpha), (distance, center) in zip(made, spots, strict=True)
    )
    guest = portrait("bob")
    room = portrait("dungarees").frame
    sheet(
        "insertion",
        {
            "balls at 0.8, 1.25, 1.9 m": replaced(one, background="own", pictures=balls),
            "with the lens's blur": replaced(one, background="own", pictures=balls, blur=0.6),
            "photo with depth, 0.6 m": replaced(guest, background=room, subject_distance=0.6),
            "and at 1.7 m": replaced(guest, background=room, subject_distance=1.7),
        },
        folder,
    )


def other_sheet(folder: Path) -> None:
    """Colour pop and even blur."""
    one = portrait("dungarees")
    sheet(
        "colour_pop_and_blur",
        {
            "as taken": one.frame.color,
            "grayscale": effects.grayscale(one.frame, one.matte),
            "blur 0.5": effects.blur(one.frame, one.matte),
        },
        folder,
    )


def main() -> None:
    """Write every sheet."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    folder.mkdir(parents=True, exist_ok=True)
    for draw in (bokeh_sheets, light_sheets, skin_sheets, hair_sheet, replacement_sheet, insertion_sheet, other_sheet):
        draw(folder)
    size = sum(path.stat().st_size for path in folder.glob("*.jpg"))
    print(f"{len(list(folder.glob('*.jpg')))} sheets in {folder}, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
