"""How surfaces answer to light, and how samples become pixels, compiled.

Skin, cloth and walls: Lambert's diffuse term and the GGX highlight (Walter et al. 2007) with Schlick's Fresnel term.
Hair: Kajiya and Kay 1989, two highlights. All values are linear light.
"""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, Int32, UInt8

_ROUGHNESS, _SPECULAR, _SUBSURFACE, _EMISSION = 0, 1, 2, 3
_PI = np.float32(np.pi)
_MATT = np.float32(0.9)  # roughness from which there is no highlight worth its time


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def shade(
    rays: Float32,
    position: Float32,
    normal: Float32,
    albedo: Float32,
    triangle: Int32,
    surface: Int32,
    point_of: Int32,
    visibility: Float32,
    numbers: Float32,
    first_hair: int,
    lights: Float32,
    ambient: Float32,
    sky: Float32,
    out: Float32,
) -> None:
    """Fill out (n, 3) with the radiance of every sighting.

    Args:
        lights: (l, 8) position or direction (3), colour (3), size in metres (radians for the sun), 1 for the sun.
        ambient: (3,) radiance from all around; sky: (3,) what is seen where nothing was met.
    """
    to_light = np.zeros(3, np.float32)
    view = np.zeros(3, np.float32)
    for i in range(len(triangle)):
        if triangle[i] < 0:
            out[i] = sky
            continue
        length = np.sqrt(rays[i, 3] ** 2 + rays[i, 4] ** 2 + rays[i, 5] ** 2)
        for k in range(3):
            view[k] = -rays[i, 3 + k] / length
        hair = triangle[i] >= first_hair
        s = surface[triangle[i]]
        seen = visibility[point_of[i]]
        _ambient(albedo[i], normal[i], view, seen[0], ambient, hair, numbers, s, out[i])
        for light in range(len(lights)):
            if seen[1 + light] <= 0 and not hair:
                continue
            strength = _arriving(lights[light], position[i], to_light)
            if hair:
                _lit_hair(albedo[i], normal[i], view, to_light, strength, seen[1 + light], lights[light], out[i])
            else:
                _lit_surface(
                    albedo[i], normal[i], view, to_light, strength, seen[1 + light], lights[light], numbers[s], out[i]
                )
        if not hair and numbers[s, _EMISSION] > 0:
            for k in range(3):
                out[i, k] += albedo[i, k] * numbers[s, _EMISSION]


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _ambient(
    albedo: Float32,
    normal: Float32,
    view: Float32,
    seen: float,
    ambient: Float32,
    hair: bool,
    numbers: Float32,
    s: int,
    out: Float32,
) -> None:
    """Light from all around, more of it from above; bright corners are filled by their own bounces."""
    if hair:
        for k in range(3):
            out[k] = albedo[k] * ambient[k] * (np.float32(0.35) + np.float32(0.65) * seen)
        return
    above = np.float32(0.78) + np.float32(0.22) * normal[1]
    facing = np.float32(0)
    for k in range(3):
        facing += normal[k] * view[k]
    grazing = (np.float32(1) - min(max(facing, np.float32(0)), np.float32(1))) ** 5
    fresnel = numbers[s, _SPECULAR] + (1 - numbers[s, _SPECULAR]) * grazing
    gloss = fresnel * (1 - numbers[s, _ROUGHNESS]) * np.float32(0.6)
    for k in range(3):
        # Jimenez et al. 2016: occlusion of a surface that throws light at itself, roughly.
        filled = seen / (1 - albedo[k] * np.float32(0.6) * (1 - seen))
        out[k] = ambient[k] * above * (albedo[k] * (np.float32(0.12) + np.float32(0.88) * filled) + gloss * seen)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _arriving(light: Float32, position: Float32, to_light: Float32) -> np.float32:
    """Fill the direction to the light; the share of its irradiance at one metre that arrives here."""
    if light[7] > 0:
        for k in range(3):
            to_light[k] = light[k]
        return np.float32(1)
    square = np.float32(0)
    for k in range(3):
        to_light[k] = light[k] - position[k]
        square += to_light[k] ** 2
    length = np.sqrt(max(square, np.float32(1e-9)))
    for k in range(3):
        to_light[k] /= length
    share: np.float32 = np.float32(1) / (square + np.float32(0.25) * light[6] ** 2 + np.float32(0.01))
    return share


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _lit_surface(
    albedo: Float32,
    normal: Float32,
    view: Float32,
    to_light: Float32,
    strength: float,
    seen: float,
    light: Float32,
    number: Float32,
    out: Float32,
) -> None:
    nl, nv = np.float32(0), np.float32(0)
    half = np.float32(0)
    for k in range(3):
        nl += normal[k] * to_light[k]
        nv += normal[k] * view[k]
        half += (to_light[k] + view[k]) ** 2
    half = np.sqrt(max(half, np.float32(1e-9)))
    nh, vh = np.float32(0), np.float32(0)
    for k in range(3):
        h = (to_light[k] + view[k]) / half
        nh += normal[k] * h
        vh += view[k] * h
    highlight = np.float32(0)
    if nl > 0 and nv > 0 and number[_ROUGHNESS] < _MATT:
        # A wide light widens the highlight (Karis 2013).
        wide = light[6] * np.sqrt(strength) if light[7] == 0 else light[6]
        a = min(number[_ROUGHNESS] ** 2 + np.float32(0.5) * wide, np.float32(1))
        a2 = max(a * a, np.float32(4e-4))
        d = a2 / (_PI * (nh * nh * (a2 - 1) + 1) ** 2)
        shape = np.float32(0.5) / (nl * np.sqrt(nv * nv * (1 - a2) + a2) + nv * np.sqrt(nl * nl * (1 - a2) + a2))
        fresnel = number[_SPECULAR] + (1 - number[_SPECULAR]) * (1 - min(max(vh, np.float32(0)), np.float32(1))) ** 5
        highlight = min(d * shape * fresnel * nl, np.float32(8))
    for k in range(3):
        # Red light wanders furthest under skin: the shadow's edge is soft and warm.
        wrap = number[_SUBSURFACE] * (np.float32(0.32) if k == 0 else np.float32(0.14) if k == 1 else np.float32(0.1))
        diffuse = max((nl + wrap) / (1 + wrap) ** 2, np.float32(0))
        through = seen + wrap * np.float32(0.6) * seen * (1 - seen)
        out[k] += light[3 + k] * strength * (albedo[k] / _PI * diffuse * through + highlight * seen)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")  # type: ignore[untyped-decorator]
def _lit_hair(
    albedo: Float32,
    tangent: Float32,
    view: Float32,
    to_light: Float32,
    strength: float,
    seen: float,
    light: Float32,
    out: Float32,
) -> None:
    tl, th, half = np.float32(0), np.float32(0), np.float32(0)
    for k in range(3):
        tl += tangent[k] * to_light[k]
        half += (to_light[k] + view[k]) ** 2
    half = np.sqrt(max(half, np.float32(1e-9)))
    for k in range(3):
        th += tangent[k] * (to_light[k] + view[k]) / half
    sine = np.sqrt(max(1 - tl * tl, np.float32(0)))
    # The first highlight is tilted to the root and white, the second to the tip and of the hair's colour.
    first = max(1 - (th - np.float32(0.05)) ** 2, np.float32(0)) ** 45
    second = max(1 - (th + np.float32(0.09)) ** 2, np.float32(0)) ** 14
    reached = np.float32(0.16) + np.float32(0.84) * seen
    for k in range(3):
        glow = albedo[k] * (np.float32(0.26) * sine + np.float32(0.30) * second) + np.float32(0.016) * first
        out[k] += light[3 + k] * strength * reached * glow


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def gather(
    pixel: Int32,
    share: Float32,
    light: Float32,
    role: UInt8,
    is_front: Bool,
    radiance: Float32,
    color: Float32,
    foreground: Float32,
    coverage: Float32,
) -> None:
    """Add sightings to their pixels: colour (P, 3), the front's own colour times its share (P, 3), coverage (P, 7)."""
    for i in range(len(pixel)):
        p = pixel[i]
        coverage[p, role[i]] += share[i]
        for k in range(3):
            color[p, k] += radiance[i, k] * light[i]
            if is_front[role[i]]:
                foreground[p, k] += radiance[i, k] * share[i]
