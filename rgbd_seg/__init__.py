"""Depth-fused portrait segmentation: aligned colour and depth in, a soft person matte and effects out.

The names below are loaded when first used, so that ``import rgbd_seg`` stays quick.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rgbd_seg.calibration import Calibration
    from rgbd_seg.camera import Intrinsics
    from rgbd_seg.effects import beautify, blur, bokeh, grayscale, replace_background, whiten
    from rgbd_seg.errors import RgbdSegError
    from rgbd_seg.frames import AlphaMatte, RawFrame, RgbdFrame, Segmentation, Timestamp
    from rgbd_seg.io.photo import Photo, read_photo
    from rgbd_seg.io.pictures import write_picture
    from rgbd_seg.pipeline import Pipeline
    from rgbd_seg.pipeline_options import PipelineOptions
    from rgbd_seg.protocols import Camera, Segmenter
    from rgbd_seg.registration import register
    from rgbd_seg.samples import load_sample
    from rgbd_seg.segmentation import create_segmenter
    from rgbd_seg.transform import RigidTransform

_HOME = {
    "AlphaMatte": "frames",
    "Calibration": "calibration",
    "Camera": "protocols",
    "Intrinsics": "camera",
    "Photo": "io.photo",
    "Pipeline": "pipeline",
    "PipelineOptions": "pipeline_options",
    "RawFrame": "frames",
    "RgbdFrame": "frames",
    "RgbdSegError": "errors",
    "RigidTransform": "transform",
    "Segmentation": "frames",
    "Segmenter": "protocols",
    "Timestamp": "frames",
    "beautify": "effects",
    "blur": "effects",
    "bokeh": "effects",
    "create_segmenter": "segmentation",
    "grayscale": "effects",
    "load_sample": "samples",
    "read_photo": "io.photo",
    "register": "registration",
    "replace_background": "effects",
    "whiten": "effects",
    "write_picture": "io.pictures",
}

__all__ = [
    "AlphaMatte",
    "Calibration",
    "Camera",
    "Intrinsics",
    "Photo",
    "Pipeline",
    "PipelineOptions",
    "RawFrame",
    "RgbdFrame",
    "RgbdSegError",
    "RigidTransform",
    "Segmentation",
    "Segmenter",
    "Timestamp",
    "beautify",
    "blur",
    "bokeh",
    "create_segmenter",
    "grayscale",
    "load_sample",
    "read_photo",
    "register",
    "replace_background",
    "whiten",
    "write_picture",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'rgbd_seg' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"rgbd_seg.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
