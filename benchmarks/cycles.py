"""Whether Cycles and the package's own ray caster draw the same truth of the same scenes.

    python -m benchmarks.cycles ASSETS BLENDER_PYTHON WORK_FOLDER [SEED ...]

Prints, per scene: depth's median and 90th percentile of the difference, the front person's IoU at ½ and of soft
coverage, and the largest difference of any role's share of the picture.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from rgbd_seg.training.synthetic.compile import compile_scene
from rgbd_seg.training.synthetic.composition.sampling import sample_scene
from rgbd_seg.training.synthetic.composition.staging import stage
from rgbd_seg.training.synthetic.cycles import BlenderPython, CyclesOptions, render_with_cycles
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets, open_assets
from rgbd_seg.training.synthetic.render import Rendered, RenderOptions, render
from rgbd_seg.training.synthetic.scene import Scene

SIZE = (320, 240)
MATTES_ONLY = CyclesOptions(samples=1, noise_threshold=0, matte_samples=64, foreground=False, denoise=False, threads=2)


def sharp_scene(assets: MakeHumanAssets, seed: int) -> Scene:
    """A portrait without lens or motion blur."""
    scene = stage(assets, sample_scene(seed, "portrait", views=1)).scene(0, SIZE)
    return replace(scene, view=replace(scene.view, aperture=0.0, shutter=0.0, velocity=(0.0,) * 6))


def compare(cycles: Rendered, ours: Rendered) -> dict[str, float]:
    """The figures of one scene."""
    difference = np.abs(cycles.depth - ours.depth)
    difference = difference[np.isfinite(difference)] * 1000
    a, b = cycles.alpha > 0.5, ours.alpha > 0.5
    shares = np.abs(cycles.coverage.mean(axis=(0, 1)) - ours.coverage.mean(axis=(0, 1)))
    return {
        "depth median, mm": float(np.median(difference)),
        "depth 90 %, mm": float(np.percentile(difference, 90)),
        "IoU": float((a & b).sum() / max((a | b).sum(), 1)),
        "soft IoU": float(np.minimum(cycles.alpha, ours.alpha).sum() / np.maximum(cycles.alpha, ours.alpha).sum()),
        "worst share": float(shares.max()),
    }


def main(arguments: list[str]) -> None:
    """Render each seed by both."""
    assets, blender, work = open_assets(Path(arguments[0])), BlenderPython.at(Path(arguments[1])), Path(arguments[2])
    for seed in map(int, arguments[3:] or ["1", "5", "8", "15"]):
        scene = sharp_scene(assets, seed)
        cycles = render_with_cycles(scene, blender, work / str(seed), MATTES_ONLY).rendered
        rng, options = np.random.default_rng(0), RenderOptions(edge_share=1.0)
        ours = render(compile_scene(scene), scene.view, scene.lights, scene.ambient, rng=rng, options=options)
        figures = compare(cycles, ours)
        print(seed, scene.tags["place"], *(f"{name} {value:.4f}" for name, value in figures.items()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
