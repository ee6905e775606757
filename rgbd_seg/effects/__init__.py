"""Effects that a matte makes possible, each a plain function in linear light.

    effect(frame, matte, options) -> (H, W, 3) picture

The functions are imported when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rgbd_seg.effects.aperture import Aperture
    from rgbd_seg.effects.background import Background
    from rgbd_seg.effects.background_blur import BlurOptions, blur
    from rgbd_seg.effects.background_replacement import ReplaceOptions, replace_background
    from rgbd_seg.effects.bokeh_options import BokehOptions
    from rgbd_seg.effects.bokeh_video import BokehVideo
    from rgbd_seg.effects.color_pop import GrayscaleOptions, grayscale
    from rgbd_seg.effects.compositing import composite
    from rgbd_seg.effects.focus_pull import FocusPull
    from rgbd_seg.effects.framing import Framing
    from rgbd_seg.effects.key_light import LightOptions, portrait_light
    from rgbd_seg.effects.lens_blur import BokehPlan, bokeh, plan_bokeh
    from rgbd_seg.effects.moving_background import PictureSequence, VideoBackground
    from rgbd_seg.effects.placed_picture import PlacedPicture
    from rgbd_seg.effects.skin_beauty import BeautifyOptions, beautify
    from rgbd_seg.effects.skin_whitening import WhitenOptions, whiten

_HOMES = {
    "Aperture": "aperture",
    "Background": "background",
    "BeautifyOptions": "skin_beauty",
    "BlurOptions": "background_blur",
    "BokehOptions": "bokeh_options",
    "BokehPlan": "lens_blur",
    "BokehVideo": "bokeh_video",
    "FocusPull": "focus_pull",
    "Framing": "framing",
    "GrayscaleOptions": "color_pop",
    "LightOptions": "key_light",
    "PictureSequence": "moving_background",
    "PlacedPicture": "placed_picture",
    "ReplaceOptions": "background_replacement",
    "VideoBackground": "moving_background",
    "WhitenOptions": "skin_whitening",
    "beautify": "skin_beauty",
    "blur": "background_blur",
    "bokeh": "lens_blur",
    "plan_bokeh": "lens_blur",
    "composite": "compositing",
    "grayscale": "color_pop",
    "portrait_light": "key_light",
    "replace_background": "background_replacement",
    "whiten": "skin_whitening",
}

__all__ = [
    "Aperture",
    "Background",
    "BeautifyOptions",
    "BlurOptions",
    "BokehOptions",
    "BokehPlan",
    "BokehVideo",
    "FocusPull",
    "Framing",
    "GrayscaleOptions",
    "LightOptions",
    "PictureSequence",
    "PlacedPicture",
    "ReplaceOptions",
    "VideoBackground",
    "WhitenOptions",
    "beautify",
    "blur",
    "bokeh",
    "composite",
    "grayscale",
    "plan_bokeh",
    "portrait_light",
    "replace_background",
    "whiten",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
