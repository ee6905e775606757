"""The pictures that are rendered of one scene, each written whole or not at all."""

import json
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]
import numpy as np

from .camera import set_lens
from .materials import mask_material

_ROLES_A, _ROLES_B = (1, 2, 3), (4, 5, 6)
_FRONT, _PEOPLE, _OTHER = (1, 2), (1, 2, 3), 3
_MIRRORING = 0.5  # a surface that shows at least so much of a person shows a picture of one
_LEAST_SAMPLES = 16  # of colour, before a pixel may count as free of noise
_POINT = 0.01  # pixels: a filter that narrow sees the pixel's centre alone


class Passes:
    """What is asked for, what is there already, and how each is made."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self._folder, self._job, self._options = folder, job, job["options"]
        self._mask_shader: Any = None
        self._makers = {"depth": self._depth}
        if self._options["all_roles"]:
            self._makers |= {"roles_a": self._roles_a, "roles_b": self._roles_b, "hair": self._hair}
        else:
            self._makers["front"] = self._front
        self._makers["color_noisy"] = self._color
        if self._options["foreground"]:
            self._makers["foreground"] = self._foreground
        if self._options["blur_aperture"] > 0:
            self._makers["blurred_noisy"] = self._blurred
        self._forget_another_jobs()

    def missing(self) -> list[str]:
        """Names of passes that are not there."""
        return [name for name in self._makers if not (self._folder / f"{name}.npy").is_file()]

    def render(self) -> None:
        """Make what is missing."""
        for name in self.missing():
            self._makers[name]()

    def _forget_another_jobs(self) -> None:
        mark = self._folder / "rendered.json"
        digest = self._job["digest"]
        if not mark.is_file() or json.loads(mark.read_text()) != digest:
            for path in self._folder.glob("*.npy"):
                path.unlink()
            mark.write_text(json.dumps(digest))

    def _color(self) -> None:
        self._shade(self._options["samples"])
        self._store_shaded("color")

    def _blurred(self) -> None:
        camera = self._job["camera"]
        focus = self._options["blur_focus"] or camera["focus_distance"]
        set_lens(self._options["blur_aperture"], focus)
        self._shade(self._options["samples"])
        self._store_shaded("blurred")
        set_lens(camera["aperture"], camera["focus_distance"])

    def _store_shaded(self, name: str) -> None:
        names = {"Noisy Image": f"{name}_noisy"} | ({"Image": name} if self._options["denoise"] else {})
        if not self._options["denoise"]:
            names = {"Image": f"{name}_noisy"}
        results = self._rendered(list(names), "RGB")
        for output in reversed(names):  # the noisy one tells that the pass is complete: it comes last
            self._save(names[output], results[output])

    def _shade(self, samples: int) -> None:
        scene = bpy.context.scene
        scene.view_layers[0].material_override = None
        scene.cycles.samples = samples
        scene.cycles.use_adaptive_sampling = self._options["noise_threshold"] > 0
        scene.cycles.adaptive_threshold = self._options["noise_threshold"]
        scene.cycles.adaptive_min_samples = min(_LEAST_SAMPLES, samples)
        scene.cycles.use_denoising = self._options["denoise"]
        scene.view_layers[0].cycles.denoising_store_passes = self._options["denoise"]

    def _foreground(self) -> None:
        """The front person alone, lit as in the scene: all else is cut out."""
        scene = bpy.context.scene
        self._shade(max(self._options["samples"] // 2, 1))
        scene.cycles.use_denoising = False
        scene.view_layers[0].cycles.denoising_store_passes = False
        things = _things()
        for thing in things:
            thing.is_holdout = thing["role"] not in _FRONT
        scene.render.film_transparent = True
        self._save("foreground", self._rendered(["Image"], "RGBA")["Image"])
        scene.render.film_transparent = False
        for thing in things:
            thing.is_holdout = False

    def _depth(self) -> None:
        """Of the pixel's centre: one sample, since a mean of z across an edge is a surface that is not there."""
        scene = bpy.context.scene
        layer = scene.view_layers[0]
        layer.use_pass_z = True
        self._mask(1)
        scene.cycles.filter_width = _POINT
        set_lens(0.0, 1.0)
        for thing in _things():
            thing.hide_render = bool(thing["clear"])
        self._save("depth", self._rendered(["Depth"], "RGB")["Depth"][..., :1])
        for thing in _things():
            thing.hide_render = False
        camera = self._job["camera"]
        set_lens(camera["aperture"], camera["focus_distance"])
        layer.use_pass_z = False
        from .settings import FILTER_WIDTH

        scene.cycles.filter_width = FILTER_WIDTH

    def _roles_a(self) -> None:
        self._roles("roles_a", _ROLES_A, reflections=False)

    def _roles_b(self) -> None:
        self._roles("roles_b", _ROLES_B, reflections=True)

    def _roles(self, name: str, roles: tuple[int, ...], *, reflections: bool) -> None:
        for thing in _things():
            channels = [float(thing["role"] == role) for role in roles]
            thing.color = (*channels, 1.0)
            thing["mirroring"] = float(reflections and thing["mirror"] >= _MIRRORING and thing["role"] == 0)
            thing["reflected"] = float(thing["role"] in _PEOPLE)
        self._mask(self._options["matte_samples"])
        self._save(name, self._rendered(["Image"], "RGB")["Image"])

    def _front(self) -> None:
        """Red: the front person, green: others, blue: hair; hair of the front person is red and blue."""
        for thing in _things():
            who = thing["role"] in _FRONT, thing["role"] == _OTHER, thing.type == "CURVES"
            thing.color = (*map(float, who), 1.0)
            thing["mirroring"] = thing["reflected"] = 0.0
        self._mask(self._options["matte_samples"])
        self._save("front", self._rendered(["Image"], "RGB")["Image"])

    def _hair(self) -> None:
        for thing in _things():
            thing.color = (float(thing.type == "CURVES"), 0.0, 0.0, 1.0)
            thing["mirroring"] = thing["reflected"] = 0.0
        self._mask(self._options["matte_samples"])
        self._save("hair", self._rendered(["Image"], "RGB")["Image"])

    def _mask(self, samples: int) -> None:
        scene = bpy.context.scene
        layer = scene.view_layers[0]
        self._mask_shader = self._mask_shader or mask_material()  # not found by name: a mesh may be called the same
        layer.material_override = self._mask_shader
        for thing in _things():
            thing.update_tag()
        scene.cycles.samples = samples
        scene.cycles.use_adaptive_sampling = False
        scene.cycles.use_denoising = False
        layer.cycles.denoising_store_passes = False

    def _rendered(self, outputs: list[str], channels: str) -> dict[str, Any]:
        """Render once; (H, W, c) arrays of the layer's ``outputs``."""
        masks = bpy.context.scene.view_layers[0].material_override is not None
        background = bpy.context.scene.world.node_tree.nodes["Background"]
        background.inputs["Strength"].default_value = 0.0 if masks else 1.0
        _direct_to_files(self._folder, outputs, channels)
        bpy.ops.render.render(write_still=False)
        return {output: _read(self._folder, output, len(channels)) for output in outputs}

    def _save(self, name: str, values: Any) -> None:
        temporary = self._folder / f"{name}.partial"
        with temporary.open("wb") as stream:
            np.save(stream, np.ascontiguousarray(values, dtype=np.float32))
        temporary.replace(self._folder / f"{name}.npy")


def _things() -> list[Any]:
    return [thing for thing in bpy.data.objects if thing.type in ("MESH", "CURVES")]


def _direct_to_files(folder: Path, outputs: list[str], channels: str) -> None:
    scene = bpy.context.scene
    scene.use_nodes = True
    nodes, links = scene.node_tree.nodes, scene.node_tree.links
    nodes.clear()
    layers, files = nodes.new("CompositorNodeRLayers"), nodes.new("CompositorNodeOutputFile")
    whole = nodes.new("CompositorNodeComposite")
    links.new(layers.outputs["Image"], whole.inputs["Image"])
    files.base_path = str(folder)
    files.format.file_format, files.format.color_depth = "OPEN_EXR", "32"
    files.format.color_mode, files.format.exr_codec = channels, "ZIP"
    files.file_slots.clear()
    for index, output in enumerate(outputs):
        files.file_slots.new(f"{_file_name(output)}_")
        links.new(layers.outputs[output], files.inputs[index])


def _read(folder: Path, output: str, channels: int) -> Any:
    path = folder / f"{_file_name(output)}_{bpy.context.scene.frame_current:04d}.exr"
    image = bpy.data.images.load(str(path), check_existing=False)
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    shape = height, width, image.channels
    bpy.data.images.remove(image)
    path.unlink()
    return values.reshape(shape)[::-1, :, :channels]


def _file_name(output: str) -> str:
    return output.lower().replace(" ", "_")
