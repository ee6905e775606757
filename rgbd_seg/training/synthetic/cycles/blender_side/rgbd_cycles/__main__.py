"""``python -m rgbd_cycles FOLDER``: render the exported scene, pass by pass; finished passes are kept."""

import json
import sys
from pathlib import Path

import numpy as np

from .camera import set_camera
from .geometry import add_mesh, add_strands
from .lighting import add_light, set_surroundings
from .passes import Passes
from .settings import empty_scene


def main(folder: Path) -> None:
    """Build the scene, then render what is missing."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    passes = Passes(folder, job)
    if not passes.missing():
        return
    empty_scene(job["threads"])
    with np.load(folder / "scene.npz", allow_pickle=False) as arrays:
        for index, entry in enumerate(job["meshes"]):
            add_mesh(index, entry, arrays, folder)
        for index, entry in enumerate(job["strands"]):
            add_strands(index, entry, arrays)
    for light in job["lights"]:
        add_light(light, job["target"])
    set_surroundings(job["ambient"])
    set_camera(job["camera"])
    passes.render()


main(Path(sys.argv[1]))
