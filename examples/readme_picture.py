"""Makes ``docs/images/portrait.jpg``: one rendered sample from colour and raw depth to bokeh and a new place.

python examples/readme_picture.py
"""

from pathlib import Path

import numpy as np

from rgbd_seg import Pipeline, bokeh, create_segmenter, load_sample, register, replace_background, write_picture
from rgbd_seg.cli.stages import as_picture
from rgbd_seg.contact_sheet import contact_sheet
from rgbd_seg.effects import BokehOptions, ReplaceOptions

TARGET = Path(__file__).parents[1] / "docs" / "images" / "portrait.jpg"

frame = register(load_sample("wave").frame)
matte = Pipeline(create_segmenter("depth-layers")).matte(frame)
level = np.linspace(0, 1, frame.size[0])[:, None, None]
evening = np.round(np.array([52, 92, 150]) * (1 - level) + np.array([250, 190, 140]) * level)
background = np.broadcast_to(evening, frame.color.shape).astype(np.uint8)
pictures = {
    "colour": frame.color,
    "aligned ToF depth": as_picture("depth", frame.depth) if frame.depth is not None else frame.color,
    "alpha": as_picture("alpha", matte.alpha),
    "bokeh": bokeh(frame, matte, BokehOptions(strength=0.9)),
    "replace": replace_background(frame, matte, ReplaceOptions(background=background)),
}
write_picture(TARGET, contact_sheet(list(pictures), [list(pictures.values())], tile=420))
