"""Scenes path-traced by Blender's Cycles, as an offline tool in an environment of its own (GPL; never imported here).

The package writes a scene into a folder, another Python that has ``bpy`` renders it, the package reads the results.
"""

from rgbd_seg.training.synthetic.cycles.blender_python import BlenderPython
from rgbd_seg.training.synthetic.cycles.options import CyclesOptions
from rgbd_seg.training.synthetic.cycles.reading import CyclesPicture
from rgbd_seg.training.synthetic.cycles.rendering import render_with_cycles

__all__ = ["BlenderPython", "CyclesOptions", "CyclesPicture", "render_with_cycles"]
