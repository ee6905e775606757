"""An empty scene with Cycles set up for truth: no caustics, no tone curve, everything reproducible."""

import bpy  # type: ignore[import-not-found]

FILTER_WIDTH = 1.5  # pixels; colour and coverage share the filter, so that they belong together


def empty_scene(threads: int) -> None:
    """Forget everything, and set what all passes share."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.threads_mode = "FIXED" if threads else "AUTO"
    if threads:
        scene.render.threads = threads
    scene.render.use_persistent_data = True
    scene.view_settings.view_transform = "Raw"
    scene.cycles_curves.shape = "RIBBONS"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.seed = 0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 6.0
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 2, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces = 5, 24
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    cycles.filter_width = FILTER_WIDTH
    cycles.denoiser = "OPENIMAGEDENOISE"
