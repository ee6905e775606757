"""``--model``: a name or a file."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rgbd_seg.protocols import Segmenter


def segmenter_of(model: str, device: str = "cpu") -> "Segmenter":
    """The segmenter that ``--model`` names; anything with a suffix or a folder is a network file."""
    from rgbd_seg.segmentation import create_segmenter

    path = Path(model)
    if path.suffix or len(path.parts) > 1:
        return create_segmenter(model=path, device=device)
    return create_segmenter(model, device=device)
