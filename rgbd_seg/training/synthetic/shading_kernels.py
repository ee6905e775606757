"""How surfaces answer to light, and how samples become pixels, compiled.

Skin, cloth and walls: Lambert's diffuse term and the GGX highlight (Walter et al. 2007) with Schlick's Fresnel term.
Hair: Kajiya and Kay 1989, two highlights. All values are linear light.
"""

import numpy as np
from numba import njit

from rgbd_seg.arrays import Bool, Float32, Int32, UInt8

_ROUGHNESS, _SPECULAR, _SUBSURFACE, _EMISSION = 0, 1, 2, 3
_PI = np.float32(np.pi)
_FAST = {"contract", "reassoc", "arcp", "nsz", "afn"}  # no promise about NaN and infinity is made
_ONE = np.float32(1)
# Red light wanders furthest under skin: the shadow's edge is soft and warm.
_WRAP_RED, _WRAP_GREEN, _WRAP_BLUE = np.float32(0.32), np.float32(0.14), np.float32(0.1)
_MATT = np.float32(0.9)  # roughness from which there is no highlight worth its time


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)  # type: ignore[untyped-decorator]
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

    Vectors are kept as three numbers each: in small arrays they would go through memory.

    Args:
        lights: (l, 8) position or direction (3), colour (3), size in metres (radians for the sun), 1 for the sun.
        ambient: (3,) radiance from all around; sky: (3,) what is seen where nothing was met.
    """
    for i in range(len(triangle)):
        if triangle[i] < 0:
            out[i, 0], out[i, 1], out[i, 2] = sky[0], sky[1], sky[2]
            continue
        back = -_ONE / np.sqrt(_dot(rays[i, 3], rays[i, 4], rays[i, 5], rays[i, 3], rays[i, 4], rays[i, 5]))
        vx, vy, vz = rays[i, 3] * back, rays[i, 4] * back, rays[i, 5] * back
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        red, green, blue = albedo[i, 0], albedo[i, 1], albedo[i, 2]
        hair = triangle[i] >= first_hair
        s = surface[triangle[i]]
        point = point_of[i]
        seen = visibility[point, 0]
        if hair:
            reached = np.float32(0.35) + np.float32(0.65) * seen
            r, g, b = red * ambient[0] * reached, green * ambient[1] * reached, blue * ambient[2] * reached
        else:
            roughness, specular = numbers[s, _ROUGHNESS], numbers[s, _SPECULAR]
            # More of the light from all around comes from above.
            above = np.float32(0.78) + np.float32(0.22) * ny
            gloss = _fresnel(specular, _dot(nx, ny, nz, vx, vy, vz)) * (_ONE - roughness) * np.float32(0.6) * seen
            r = ambient[0] * above * (_filled(red, seen) + gloss)
            g = ambient[1] * above * (_filled(green, seen) + gloss)
            b = ambient[2] * above * (_filled(blue, seen) + gloss)
            if numbers[s, _EMISSION] > 0:
                r += red * numbers[s, _EMISSION]
                g += green * numbers[s, _EMISSION]
                b += blue * numbers[s, _EMISSION]
        for light in range(len(lights)):
            reaching = visibility[point, 1 + light]
            if reaching <= 0 and not hair:
                continue
            lx, ly, lz = lights[light, 0], lights[light, 1], lights[light, 2]
            strength, wide = _ONE, lights[light, 6]
            if lights[light, 7] <= 0:
                lx, ly, lz = lx - position[i, 0], ly - position[i, 1], lz - position[i, 2]
                square = _dot(lx, ly, lz, lx, ly, lz)
                near = _ONE / np.sqrt(max(square, np.float32(1e-9)))
                lx, ly, lz = lx * near, ly * near, lz * near
                strength = _ONE / (square + np.float32(0.25) * wide * wide + np.float32(0.01))
                wide *= np.sqrt(strength)
            facing = _dot(nx, ny, nz, lx, ly, lz)  # of hair: along the strand
            hx, hy, hz = lx + vx, ly + vy, lz + vz
            middle = _ONE / np.sqrt(max(_dot(hx, hy, hz, hx, hy, hz), np.float32(1e-9)))
            hx, hy, hz = hx * middle, hy * middle, hz * middle
            if hair:
                diffuse, white = _strand(facing, _dot(nx, ny, nz, hx, hy, hz))
                strength *= np.float32(0.16) + np.float32(0.84) * reaching
                r += lights[light, 3] * strength * (red * diffuse + white)
                g += lights[light, 4] * strength * (green * diffuse + white)
                b += lights[light, 5] * strength * (blue * diffuse + white)
                continue
            subsurface = numbers[s, _SUBSURFACE]
            if facing <= -_WRAP_RED * subsurface:  # turned away, for red light too
                continue
            highlight = np.float32(0)
            if facing > 0 and roughness < _MATT:
                nv, nh, vh = _dot(nx, ny, nz, vx, vy, vz), _dot(nx, ny, nz, hx, hy, hz), _dot(vx, vy, vz, hx, hy, hz)
                highlight = _highlight(facing, nv, nh, roughness, wide) * _fresnel(specular, vh) * reaching
                highlight = min(highlight, np.float32(8))
            r += lights[light, 3] * strength * (red * _wrapped(facing, subsurface * _WRAP_RED, reaching) + highlight)
            g += (
                lights[light, 4] * strength * (green * _wrapped(facing, subsurface * _WRAP_GREEN, reaching) + highlight)
            )
            b += lights[light, 5] * strength * (blue * _wrapped(facing, subsurface * _WRAP_BLUE, reaching) + highlight)
        out[i, 0], out[i, 1], out[i, 2] = r, g, b


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, inline="always")  # type: ignore[untyped-decorator]
def _dot(ax: np.float32, ay: np.float32, az: np.float32, bx: np.float32, by: np.float32, bz: np.float32) -> np.float32:
    return ax * bx + ay * by + az * bz


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, inline="always")  # type: ignore[untyped-decorator]
def _filled(albedo: float, seen: float) -> np.float32:
    """Diffuse light from all around; bright corners are filled by their own bounces.

    Jimenez et al. 2016: occlusion of a surface that throws light at itself, roughly.
    """
    filled = seen / (_ONE - albedo * np.float32(0.6) * (_ONE - seen))
    light: np.float32 = albedo * (np.float32(0.12) + np.float32(0.88) * filled)
    return light


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, inline="always")  # type: ignore[untyped-decorator]
def _wrapped(facing: float, wrap: float, reaching: float) -> np.float32:
    """Lambert's term, wrapped around where light wanders under the skin, times what reaches it through shadow."""
    wide = _ONE / (_ONE + wrap)
    diffuse = max((facing + wrap) * wide * wide, np.float32(0))
    light: np.float32 = diffuse / _PI * (reaching + wrap * np.float32(0.6) * reaching * (_ONE - reaching))
    return light


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, inline="always")  # type: ignore[untyped-decorator]
def _highlight(nl: float, nv: float, nh: float, roughness: float, wide: float) -> np.float32:
    """GGX without Fresnel's term, times the cosine; a wide light widens the highlight (Karis 2013)."""
    if nv <= 0:
        return np.float32(0)
    a = min(roughness * roughness + np.float32(0.5) * wide, _ONE)
    a2 = max(a * a, np.float32(4e-4))
    bulk = nh * nh * (a2 - _ONE) + _ONE
    spread = nl * np.sqrt(nv * nv * (_ONE - a2) + a2) + nv * np.sqrt(nl * nl * (_ONE - a2) + a2)
    shown: np.float32 = np.float32(0.5) * a2 * nl / (_PI * bulk * bulk * spread)
    return shown


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, inline="always")  # type: ignore[untyped-decorator]
def _fresnel(specular: np.float32, cosine: np.float32) -> np.float32:
    """Schlick's approximation of what is reflected at an angle."""
    grazing: np.float32 = _ONE - min(max(cosine, np.float32(0)), _ONE)
    square = grazing * grazing
    reflected: np.float32 = specular + (_ONE - specular) * square * square * grazing
    return reflected


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, inline="always")  # type: ignore[untyped-decorator]
def _strand(along: float, th: float) -> tuple[np.float32, np.float32]:
    """What hair throws back of its own colour, and white; ``along``: cosine of strand and light, th: and half vector.

    The first highlight is tilted to the root and white, the second to the tip and of the hair's colour.
    """
    sine = np.sqrt(max(_ONE - along * along, np.float32(0)))
    first = max(_ONE - (th - np.float32(0.05)) * (th - np.float32(0.05)), np.float32(0))
    second = max(_ONE - (th + np.float32(0.09)) * (th + np.float32(0.09)), np.float32(0))
    fourth = first * first * first * first
    eighth = fourth * fourth
    white = np.float32(0.016) * eighth * eighth * eighth * eighth * eighth * fourth * first  # to the 45th
    second *= second
    fourth = second * second
    return np.float32(0.26) * sine + np.float32(0.30) * fourth * fourth * fourth * second, white  # to the 14th


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)  # type: ignore[untyped-decorator]
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
