"""Lamps, the sun, and light from all around."""

from typing import Any

import bpy  # type: ignore[import-not-found]
import numpy as np
from mathutils import Vector  # type: ignore[import-not-found]

AMBIENT_REACH = 0.9  # metres; what stands further off does not darken a corner


def add_light(light: dict[str, Any], target: list[float]) -> None:
    """A square lamp that faces ``target``, or the sun."""
    strength = max(*light["color"], 1e-6)
    kind = "SUN" if light["distant"] else "AREA"
    data = bpy.data.lights.new(kind.lower(), kind)
    data.color = tuple(value / strength for value in light["color"])
    position = _vector(light["position"])
    if light["distant"]:
        data.energy = strength
        data.angle = float(np.deg2rad(light["size"]))
        towards = -position
    else:
        # A lamp of P watts gives P/π on a surface that faces it at 1 m, once it looks small.
        data.shape, data.size, data.energy = "SQUARE", light["size"], strength * float(np.pi)
        towards = _vector(target) - position
    thing = bpy.data.objects.new(kind.lower(), data)
    bpy.context.scene.collection.objects.link(thing)
    thing.location = position
    thing.rotation_euler = towards.to_track_quat("-Z", "Y").to_euler()
    thing.visible_camera = False


def set_surroundings(ambient: list[float]) -> None:
    """Light from all around that fills rooms too: after one bounce it arrives as far as corners let it."""
    scene = bpy.context.scene
    world = bpy.data.worlds.new("surroundings")
    scene.world = world
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (*ambient, 1)
    background.inputs["Strength"].default_value = 1.0
    world.light_settings.distance = AMBIENT_REACH
    world.light_settings.ao_factor = 1.0
    scene.cycles.use_fast_gi = True
    scene.cycles.fast_gi_method = "REPLACE"
    scene.cycles.ao_bounces_render = 1


def _vector(values: list[float]) -> Any:
    return Vector((values[0], -values[2], values[1]))
