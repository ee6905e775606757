"""Bokeh of a depth photo, and what was found on the way.

python examples/photo_bokeh.py PHOTO OUT.jpg
"""

import sys

from rgbd_seg import Pipeline, bokeh, create_segmenter, read_photo, write_picture
from rgbd_seg.effects import BokehOptions

photo = read_photo(sys.argv[1])
print(photo.describe())
matte = Pipeline(create_segmenter("auto")).matte(photo.frame)
print(f"the subject covers {matte.alpha.mean():.0%} of the picture")
write_picture(sys.argv[2], bokeh(photo.frame, matte, BokehOptions(strength=0.7)))
