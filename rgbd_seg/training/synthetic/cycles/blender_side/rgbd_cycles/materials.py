"""The package's few material numbers as Cycles shaders."""

from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

_PORES_PER_METRE, _PORE_DEPTH = 900.0, 0.0006
_FLESH = (1.0, 0.35, 0.18)  # how far red, green and blue light wander under skin, relative
_FLESH_DEPTH = 0.006  # metres
_PLAIN_SPECULAR = 0.08  # reflectance at normal incidence that Blender's "specular" of 1 stands for


def surface_material(entry: dict[str, Any], folder: Path) -> Any:
    """Principled surface with texture, relief, skin, light of its own, glass and mirror."""
    material = bpy.data.materials.new(entry["name"])
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    surface = nodes["Principled BSDF"]
    texture = _texture(entry, nodes, folder)
    links.new(texture, surface.inputs["Base Color"])
    surface.inputs["Roughness"].default_value = entry["roughness"]
    surface.inputs["IOR"].default_value = 1.5
    surface.inputs["Specular IOR Level"].default_value = min(entry["specular"] / _PLAIN_SPECULAR, 1.0)
    surface.inputs["Metallic"].default_value = entry["mirror"]
    if entry["subsurface"] > 0:
        surface.inputs["Subsurface Weight"].default_value = min(entry["subsurface"], 1.0)
        surface.inputs["Subsurface Radius"].default_value = _FLESH
        surface.inputs["Subsurface Scale"].default_value = _FLESH_DEPTH
    if entry["emission"] > 0:
        links.new(texture, surface.inputs["Emission Color"])
        surface.inputs["Emission Strength"].default_value = entry["emission"]
        surface.inputs["Base Color"].default_value = (0, 0, 0, 1)
        links.remove(surface.inputs["Base Color"].links[0])
    surface.inputs["Alpha"].default_value = entry["opacity"]
    _relief(entry, nodes, links, texture, surface)
    return material


def _texture(entry: dict[str, Any], nodes: Any, folder: Path) -> Any:
    """The output that carries the albedo."""
    if "texture" in entry:
        image = nodes.new("ShaderNodeTexImage")
        image.image = bpy.data.images.load(str(folder / entry["texture"]), check_existing=True)
        return image.outputs["Color"]
    color = nodes.new("ShaderNodeRGB")
    color.outputs[0].default_value = (*(_linear(value / 255) for value in entry["color"]), 1)
    return color.outputs[0]


def _relief(entry: dict[str, Any], nodes: Any, links: Any, texture: Any, surface: Any) -> None:
    if entry["bump"] > 0 and "texture" in entry:
        _bumped(nodes, links, texture, entry["bump"], surface)
    elif entry["subsurface"] > 0:
        place, noise = nodes.new("ShaderNodeNewGeometry"), nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = _PORES_PER_METRE
        links.new(place.outputs["Position"], noise.inputs["Vector"])
        _bumped(nodes, links, noise.outputs["Fac"], _PORE_DEPTH, surface)


def _bumped(nodes: Any, links: Any, height: Any, depth: float, surface: Any) -> None:
    bump = nodes.new("ShaderNodeBump")
    bump.inputs["Distance"].default_value = depth
    links.new(height, bump.inputs["Height"])
    links.new(bump.outputs["Normal"], surface.inputs["Normal"])


def hair_material(entry: dict[str, Any]) -> Any:
    """Principled hair by melanin: any other way of colouring turns dark hair to plastic."""
    material = bpy.data.materials.new(entry["name"])
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.remove(nodes["Principled BSDF"])
    hair = nodes.new("ShaderNodeBsdfHairPrincipled")
    hair.parametrization = "MELANIN"
    hair.inputs["Melanin"].default_value = entry["melanin"]
    hair.inputs["Melanin Redness"].default_value = entry["redness"]
    hair.inputs["Random Color"].default_value = 0.12
    hair.inputs["Roughness"].default_value = 0.3
    hair.inputs["Radial Roughness"].default_value = 0.35
    hair.inputs["Random Roughness"].default_value = 0.2
    links.new(hair.outputs[0], nodes["Material Output"].inputs["Surface"])
    return material


def mask_material() -> Any:
    """Shows an object's ``color`` and nothing else, by its opacity; mirrors show mirrored people as red."""
    material = bpy.data.materials.new("mask")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.remove(nodes["Principled BSDF"])
    own, path = nodes.new("ShaderNodeObjectInfo"), nodes.new("ShaderNodeLightPath")
    reflected = nodes.new("ShaderNodeCombineColor")
    links.new(_attribute(nodes, "reflected"), reflected.inputs[0])
    color = nodes.new("ShaderNodeMix")
    color.data_type = "RGBA"
    links.new(path.outputs["Is Camera Ray"], color.inputs["Factor"])
    links.new(reflected.outputs[0], color.inputs["A"])
    links.new(own.outputs["Color"], color.inputs["B"])
    light, gloss = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeBsdfGlossy")
    gloss.inputs["Roughness"].default_value = 0.0
    gloss.inputs["Color"].default_value = (1, 1, 1, 1)
    links.new(color.outputs["Result"], light.inputs["Color"])
    solid, whole = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeMixShader")
    _mixed(links, solid, _attribute(nodes, "mirroring"), light.outputs[0], gloss.outputs[0])
    clear = nodes.new("ShaderNodeBsdfTransparent")
    _mixed(links, whole, _attribute(nodes, "opacity"), clear.outputs[0], solid.outputs[0])
    links.new(whole.outputs[0], nodes["Material Output"].inputs["Surface"])
    return material


def _attribute(nodes: Any, name: str) -> Any:
    node = nodes.new("ShaderNodeAttribute")
    node.attribute_type = "OBJECT"
    node.attribute_name = name
    return node.outputs["Fac"]


def _mixed(links: Any, node: Any, share: Any, first: Any, second: Any) -> None:
    links.new(share, node.inputs[0])
    links.new(first, node.inputs[1])
    links.new(second, node.inputs[2])


def _linear(encoded: float) -> float:
    return encoded / 12.92 if encoded <= 0.04045 else float(((encoded + 0.055) / 1.055) ** 2.4)
