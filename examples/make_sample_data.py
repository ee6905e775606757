"""Renders ``sample_data``: the people of ``sample_scenes.py`` by Blender's Cycles, seen by a phone's ToF camera too.

    python examples/make_sample_data.py ASSETS BLENDER_PYTHON WORK_FOLDER [NAME ...]

ASSETS: MakeHuman's CC0 assets; BLENDER_PYTHON: the Python of an environment that has bpy. Finished passes stay in
WORK_FOLDER, so that a run that was stopped goes on where it was. Writes ``sample_data/NAME/`` and the manifest.
"""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from sample_scenes import SamplePlan, plans

from rgbd_seg.arrays import Float32, UInt8, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.training.portrait_sample import SensorReading
from rgbd_seg.training.synthetic.compile import compile_scene
from rgbd_seg.training.synthetic.cycles import BlenderPython, CyclesOptions, CyclesPicture, render_with_cycles
from rgbd_seg.training.synthetic.develop import developed
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets, open_assets
from rgbd_seg.training.synthetic.scene import Scene
from rgbd_seg.training.synthetic.sensors import TimeOfFlight, simulate
from rgbd_seg.transform import RigidTransform

SAMPLES = Path(__file__).parents[1] / "sample_data"
QUALITY = CyclesOptions(
    samples=128, matte_samples=128, all_roles=False, foreground=False, threads=2, timeout=14400, noise_threshold=0.05
)
SENSOR = TimeOfFlight(
    field_of_view=50.0,
    position=(0.025, 0.001, 0.002),
    rotation=(0.3, -0.5, 0.2),
    principal_offset=(1.7, -2.3),
    distortion=(-0.06, 0.015, 0.0004, -0.0003, 0.0),
    noise=0.003,
)


def make_sample(plan: SamplePlan, assets: MakeHumanAssets, blender: BlenderPython, work: Path) -> None:
    """Render one sample and write its folder."""
    scene = plan.scene(assets)
    picture = render_with_cycles(scene, blender, work / plan.name, QUALITY)
    reading = simulate(SENSOR, compile_scene(scene), scene.view, np.random.default_rng(plan.place_seed))
    _write(SAMPLES / plan.name, scene, picture, _turned_upright(reading))


def _turned_upright(reading: SensorReading) -> SensorReading:
    """Beside an upright picture the sensor lies on its side; phones deliver its depth turned as the picture is."""
    calibration = reading.calibration
    if calibration.color.width > calibration.color.height or reading.confidence is None:
        return reading
    T_turned_sensor = RigidTransform(rotation=np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), translation=np.zeros(3))
    turned = replace(
        calibration,
        depth=calibration.depth.rotated(1),
        T_color_depth=calibration.T_color_depth @ T_turned_sensor.inverse(),
    )
    return replace(
        reading,
        raw_depth=np.ascontiguousarray(np.rot90(reading.raw_depth, -1)),
        confidence=np.ascontiguousarray(np.rot90(reading.confidence, -1)),
        calibration=turned,
    )


def _write(target: Path, scene: Scene, picture: CyclesPicture, reading: SensorReading) -> None:
    rendered = picture.rendered
    color, _ = developed(rendered, scene.view, np.random.default_rng(0))
    confidence = np.zeros(reading.raw_depth.shape, np.float32) if reading.confidence is None else reading.confidence
    target.mkdir(parents=True, exist_ok=True)
    _write_png(target / "color.png", np.ascontiguousarray(color[..., ::-1]))
    _write_png(target / "raw_depth.png", reading.raw_depth)
    _write_png(target / "confidence.png", _eight_bit(confidence))
    _write_png(target / "alpha.png", _eight_bit(rendered.alpha))
    _write_png(target / "true_depth.png", np.nan_to_num(np.rint(rendered.depth * 1000)).astype(np.uint16))
    calibration: Calibration = reading.calibration
    calibration.save(target / "calibration.json")


def _eight_bit(values: Float32) -> UInt8:
    return np.rint(values * 255).astype(np.uint8)


def _write_png(path: Path, picture: UInt8 | UInt16) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def write_manifest() -> None:
    """List every sample file with its SHA-256."""
    files = sorted(path for path in SAMPLES.glob("*/*") if path.suffix in (".png", ".json"))
    hashes = {path.relative_to(SAMPLES).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (SAMPLES / "manifest.json").write_text(json.dumps({"version": 1, "sha256": hashes}, indent=1) + "\n")


if __name__ == "__main__":
    assets, blender = open_assets(Path(sys.argv[1])), BlenderPython.at(Path(sys.argv[2]))
    for plan in plans():
        if not sys.argv[4:] or plan.name in sys.argv[4:]:
            make_sample(plan, assets, blender, Path(sys.argv[3]))
    write_manifest()
