"""``--debug``: every stage of the pipeline as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rgbd_seg.atomic import make_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rgbd_seg.arrays import Float32, UInt8


class StageWriter:
    """Called with each stage's name and array; writes ``NN_name.png`` in the order of the stages."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._folder = folder
        self._count = 0

    def __call__(self, name: str, values: "NDArray[Any]") -> None:
        from rgbd_seg.io.pictures import write_picture

        self._count += 1
        write_picture(self._folder / f"{self._count:02d}_{name}.png", as_picture(name, values))


def as_picture(name: str, values: "NDArray[Any]") -> "UInt8":
    """Any stage as (H, W, 3) RGB; what is not known is coloured, since it is neither black nor white."""
    import numpy as np

    if values.ndim == 3:
        return values
    if name == "depth":
        return depth_picture(values)
    if values.dtype == np.uint8 or values.dtype == np.bool_:
        grey = values.astype(np.uint8) * (255 if values.dtype == np.bool_ else 1)
        return np.repeat(grey[..., None], 3, axis=2)
    # No opinion (NaN) is neither black nor white: blue.
    grey = np.round(np.nan_to_num(values, nan=0.0).clip(0, 1) * 255).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    picture[np.isnan(values)] = (40, 70, 160)
    return picture


def depth_picture(depth: "Float32") -> "UInt8":
    """Depth in colours, near warm and far cold; not measured is black."""
    import cv2
    import numpy as np

    known = np.isfinite(depth)
    if not known.any():
        return np.zeros((*depth.shape, 3), np.uint8)
    inverse = 1 / np.where(known, depth, np.nan)
    low, high = np.nanpercentile(inverse, [2, 98])
    level = np.nan_to_num((inverse - low) / max(high - low, 1e-6)).clip(0, 1)
    picture: UInt8 = cv2.applyColorMap(np.round(level * 255).astype(np.uint8), cv2.COLORMAP_TURBO)[..., ::-1].copy()
    picture[~known] = 0
    return picture
