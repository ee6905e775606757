"""How a surface answers to visible and to infrared light."""

from dataclasses import dataclass

from rgbd_seg.arrays import UInt8


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """One texture and a few numbers that every renderer understands."""

    texture: UInt8  # (h, w, 3) sRGB-encoded albedo; (1, 1, 3) for one colour
    roughness: float = 0.8  # 0 mirror-like highlights … 1 matt
    specular: float = 0.04  # reflectance at normal incidence
    subsurface: float = 0.0  # 0 none … 1: skin; softens the edge between light and dark
    emission: float = 0.0  # radiance of white texture: screens, lamps, windows, distant photographs
    mirror: float = 0.0  # share of light that is reflected as by a mirror
    opacity: float = 1.0  # glass: colour goes through, alpha counts it with this share
    bump: float = 0.0  # depth in metres of the texture's brightness as relief: knit, brick, pores
    infrared: float | None = None  # reflectance at 850 nm; None: from the texture's brightness (cloth is brighter)
