"""Files in and out: depth photos, plain pictures, depth maps and recordings as the field stores them."""

from rgbd_seg.io.photo import Photo, read_photo

__all__ = ["Photo", "read_photo"]
