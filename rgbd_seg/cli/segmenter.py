"""``--model``: a name or a file."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rgbd_seg.protocols import Segmenter


def segmenter_of(model: str, device: str = "cpu") -> "Segmenter":
    """The segmenter that ``--model`` names, by its name or its file."""
    from rgbd_seg.models.folder import network_file
    from rgbd_seg.segmentation import create_segmenter

    path = network_file(model)
    return create_segmenter(model=path, device=device) if path else create_segmenter(model, device=device)
