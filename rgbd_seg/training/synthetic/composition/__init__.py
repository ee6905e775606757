"""Scenes: who stands where, in which place and light, and which cameras look at them, all decided by one seed."""

from rgbd_seg.training.synthetic.composition.presets import PRESETS, Preset, preset_named
from rgbd_seg.training.synthetic.composition.sampling import sample_scene
from rgbd_seg.training.synthetic.composition.spec import CameraSpec, SceneSpec
from rgbd_seg.training.synthetic.composition.staging import Stage, build_scene, stage

__all__ = [
    "PRESETS",
    "CameraSpec",
    "Preset",
    "SceneSpec",
    "Stage",
    "build_scene",
    "preset_named",
    "sample_scene",
    "stage",
]
