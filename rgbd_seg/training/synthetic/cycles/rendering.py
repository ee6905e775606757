"""One scene, path-traced."""

from pathlib import Path

from rgbd_seg.training.synthetic.cycles.blender_python import BlenderPython
from rgbd_seg.training.synthetic.cycles.exporting import export_scene
from rgbd_seg.training.synthetic.cycles.options import CyclesOptions
from rgbd_seg.training.synthetic.cycles.reading import CyclesPicture, read_picture
from rgbd_seg.training.synthetic.scene import Scene


def render_with_cycles(
    scene: Scene, blender: BlenderPython, folder: Path, options: CyclesOptions | None = None
) -> CyclesPicture:
    """The picture of ``scene`` with all its truth; ``folder`` keeps the passes, and finished ones are not made again.

    Motion blur is not drawn: everything stands still at the moment of the picture.

    Raises:
        ConfigError: the colour camera has lens distortion.
        BlenderError: Blender crashed, failed or took too long.
        OutputError: the folder cannot be written.
    """
    chosen = options or CyclesOptions()
    export_scene(scene, chosen, folder)
    blender.render(folder, chosen.timeout)
    return read_picture(folder, scene.view.intrinsics.size, all_roles=chosen.all_roles)
