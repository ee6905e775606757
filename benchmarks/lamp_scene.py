"""Renders lamps behind a ball through a real thin lens, to measure what putting clipped light back is worth.

    BLENDER_PYTHON -P benchmarks/lamp_scene.py FOLDER [SAMPLES]      (a Python with ``bpy``; a minute on two cores)
    python benchmarks/effects.py --only quality --truth FOLDER

-P, since cycles.py beside this file is not Blender's. Writes FOLDER/lamps in the form of ``bokeh_truth``. Depth and
alpha are worked out, not rendered.
"""

import json
import sys
from pathlib import Path

import bpy
import numpy as np

WIDTH, HEIGHT, FOCAL, SENSOR = 320, 240, 28.0, 36.0  # pixels, millimetres
APERTURE, FOCUS, WALL, LAMPS_AT = 0.05, 0.92, 4.0, 3.5  # metres
BALL = (-0.1, -0.15, -1.2, 0.28)  # x, y, z, radius
STRENGTHS = (2.0, 4.0, 8.0, 16.0)
FX = FOCAL / SENSOR * WIDTH


def material(kind: str, color: tuple[float, float, float], strength: float = 1.0) -> bpy.types.Material:
    """A surface that scatters light, or gives it (``ShaderNodeEmission``)."""
    made = bpy.data.materials.new("surface")
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    nodes.clear()
    shader, out = nodes.new(kind), nodes.new("ShaderNodeOutputMaterial")
    shader.inputs[0].default_value = (*color, 1)
    if kind == "ShaderNodeEmission":
        shader.inputs[1].default_value = strength
    links.new(shader.outputs[0], out.inputs[0])
    return made


def checkered() -> bpy.types.Material:
    made = material("ShaderNodeBsdfDiffuse", (0.2, 0.2, 0.2))
    nodes, links = made.node_tree.nodes, made.node_tree.links
    checker, place = nodes.new("ShaderNodeTexChecker"), nodes.new("ShaderNodeTexCoord")
    checker.inputs[1].default_value, checker.inputs[2].default_value = (0.35, 0.22, 0.15, 1), (0.08, 0.1, 0.14, 1)
    checker.inputs[3].default_value = 9
    links.new(place.outputs["Object"], checker.inputs[0])
    links.new(checker.outputs[0], nodes["Diffuse BSDF"].inputs[0])
    return made


def ball(x: float, y: float, z: float, radius: float, surface: bpy.types.Material) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=64, ring_count=32, radius=radius, location=(x, y, z))
    bpy.ops.object.shade_smooth()
    bpy.context.object.data.materials.append(surface)


def lamps() -> list[tuple[float, float, float, float]]:
    """Fourteen places and radii, well apart."""
    rng, found = np.random.default_rng(5), []
    while len(found) < 14:
        x, y = rng.uniform(-1.9, 1.9), rng.uniform(-1.4, 1.4)
        if all(np.hypot(x - a, y - b) >= 0.35 for a, b, *_ in found):
            found.append((x, y, -LAMPS_AT, float(rng.choice([0.02, 0.03, 0.045]))))
    return found


def build(places: list[tuple[float, float, float, float]]) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_plane_add(size=12, location=(0, 0, -WALL))
    bpy.context.object.data.materials.append(checkered())
    ball(*BALL, material("ShaderNodeBsdfDiffuse", (0.5, 0.3, 0.22)))
    for k, place in enumerate(places):
        ball(*place, material("ShaderNodeEmission", (1, 0.93, 0.85), STRENGTHS[k % len(STRENGTHS)]))
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens, camera.data.sensor_width = FOCAL, SENSOR
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[1].default_value = 0.9
    scene.render.engine = "CYCLES"
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.cycles.max_bounces, scene.cycles.pixel_filter_type = 2, "BOX"
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"


def render(path: Path, samples: int, aperture: float) -> None:
    """Linear light as (H, W, 3) float32, through a pinhole if ``aperture`` is 0."""
    scene = bpy.context.scene
    lens = scene.camera.data.dof
    scene.cycles.samples, lens.use_dof = samples, aperture > 0
    if aperture > 0:
        lens.focus_distance, lens.aperture_fstop = FOCUS, FOCAL * 1e-3 / aperture
    scene.render.filepath = str(path.with_suffix(".exr"))
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    image.colorspace_settings.name = "Non-Color"
    values = np.array(image.pixels[:], np.float32).reshape(HEIGHT, WIDTH, 4)[::-1, :, :3]
    np.save(path, np.ascontiguousarray(values))


def depth_and_alpha(places: list[tuple[float, float, float, float]], fine: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """z-depth of pixel centres, and the share of each pixel that is the ball in focus."""
    v, u = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    alpha, middle = np.zeros((HEIGHT, WIDTH)), np.zeros((HEIGHT, WIDTH))
    for k in range(fine * fine):
        across, down = (k % fine + 0.5) / fine, (k // fine + 0.5) / fine
        x, y = (u + across - WIDTH / 2) / FX, -(v + down - HEIGHT / 2) / FX
        depth, first = np.full((HEIGHT, WIDTH), WALL), np.full((HEIGHT, WIDTH), -1)
        for i, (cx, cy, cz, radius) in enumerate([BALL, *places]):
            a, b, c = x * x + y * y + 1, x * cx + y * cy - cz, cx * cx + cy * cy + cz * cz - radius * radius
            root = b * b - a * c
            hit = np.where(root > 0, (b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
            depth, first = np.minimum(depth, hit), np.where(hit < depth, i, first)
        alpha += (first == 0) / fine**2
        if k == fine * fine // 2:
            middle = depth
    return middle.astype(np.float32), alpha.astype(np.float32)


def main() -> None:
    folder, samples = Path(sys.argv[1]) / "lamps", int(sys.argv[2]) if len(sys.argv) > 2 else 64
    folder.mkdir(parents=True, exist_ok=True)
    places = lamps()
    build(places)
    render(folder / "color_lin.npy", 12, 0)
    render(folder / "dof50_lin.npy", samples, APERTURE)
    depth, alpha = depth_and_alpha(places)
    np.save(folder / "color_z.npy", depth)
    np.save(folder / "alpha.npy", alpha)
    truth = {"D": APERTURE, "fx": FX, "zf": FOCUS, "file": "dof50_lin.npy"}
    (folder / "timing.json").write_text(json.dumps({"truths": [truth]}))


if __name__ == "__main__":
    main()
