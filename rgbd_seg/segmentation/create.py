"""From a name, or a file, to a segmenter."""

from pathlib import Path

from rgbd_seg.errors import ConfigError, DeviceNotFoundError, ModelError
from rgbd_seg.models.folder import ModelFolder, identify
from rgbd_seg.models.passport import RGBD, Passport
from rgbd_seg.protocols import Segmenter

AUTO = "auto"
DEPTH_LAYERS = "depth-layers"


def create_segmenter(
    name: str = AUTO,
    *,
    model: str | Path | None = None,
    device: str = "cpu",
    models_folder: str | Path | None = None,
) -> Segmenter:
    """The segmenter called ``name``.

    Args:
        name: ``auto`` (the best network that is here, else depth layers), ``depth-layers``, or a network's name.
        model: a network file, instead of a name.
        device: ``cpu``, or a compute device that must be there, such as ``cuda``.
        models_folder: where network files lie; by default ``RGBD_SEG_MODELS``, else the user's cache.
    Raises:
        ModelError: no such network, or its file is missing, damaged or undescribed.
        DeviceNotFoundError: the device is not there; it is never replaced by another.
        ConfigError: both a name and a model were given, or an unknown device.
    """
    if model is not None:
        if name != AUTO:
            raise ConfigError(f"both the segmenter {name!r} and the model {str(model)!r} were given; give one")
        return _network(identify(Path(model)), Path(model), device)
    folder = ModelFolder(Path(models_folder) if models_folder is not None else None)
    if name == AUTO:
        best = folder.best()
        return _network(*best, device) if best else _depth_layers(device)
    if name == DEPTH_LAYERS:
        return _depth_layers(device)
    try:
        passport, path = folder.find(name)
    except ModelError as error:
        raise ModelError(f"{error}; {DEPTH_LAYERS} needs no file") from error
    return _network(passport, path, device)


def _network(passport: Passport, path: Path, device: str) -> Segmenter:
    if passport.input.channels == RGBD:
        from rgbd_seg.segmentation.portrait import PortraitSegmenter

        return PortraitSegmenter(passport, path, device=device)
    from rgbd_seg.segmentation.network import NetworkSegmenter

    return NetworkSegmenter(passport, path, device=device)


def _depth_layers(device: str) -> Segmenter:
    if device != "cpu":
        raise DeviceNotFoundError(
            f"{DEPTH_LAYERS} runs on the cpu only, asked for {device!r}; use the device cpu or a network"
        )
    from rgbd_seg.segmentation.depth_layers import DepthLayers

    return DepthLayers()
