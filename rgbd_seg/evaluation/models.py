"""Which models take part."""

from pathlib import Path

from rgbd_seg.models.fingerprint import sha256_of
from rgbd_seg.models.folder import ModelFolder, network_file
from rgbd_seg.protocols import Segmenter
from rgbd_seg.segmentation import create_segmenter
from rgbd_seg.segmentation.create import DEPTH_LAYERS


def installed_models(folder: Path | None) -> tuple[str, ...]:
    """Names of the networks whose files are here, best first, and depth layers."""
    entries = ModelFolder(folder).list()
    return (*(entry.passport.name for entry in entries if entry.path is not None), DEPTH_LAYERS)


def load_model(model: str, folder: Path | None) -> Segmenter:
    """The segmenter of this name, or of this file.

    Raises:
        ModelError: there is no such network.
    """
    path = network_file(model)
    return create_segmenter(model, models_folder=folder) if path is None else create_segmenter(model=path)


def model_fingerprint(model: str, folder: Path | None) -> str:
    """Name and content of a model."""
    if model == DEPTH_LAYERS:
        return model
    path = network_file(model) or ModelFolder(folder).find(model)[1]
    return f"{model}:{sha256_of(path)}"
