"""The texture of skin: tone, blood, pores, freckles, lips, brows' and stubble's shadow."""

from dataclasses import dataclass

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.training.synthetic.characters.color import encode, hair_color, skin_color, to_texture
from rgbd_seg.training.synthetic.characters.noise import noise
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec
from rgbd_seg.training.synthetic.characters.static_parts import SKIN_SIZE, StaticParts
from rgbd_seg.training.synthetic.characters.texture_kernels import grained
from rgbd_seg.training.synthetic.material import Material


@dataclass(frozen=True)
class _Tint:
    mask: str
    factor: tuple[float, float, float]
    strength: float


# Colours relative to the skin around; masks are MPFB's.
_TINTS = (
    _Tint("mpfb_ears", (1.0, 0.86, 0.83), 0.5),
    _Tint("mpfb_eyelids", (0.93, 0.84, 0.82), 0.5),
    _Tint("mpfb_inside-mouth", (0.62, 0.32, 0.32), 0.9),
    _Tint("mpfb_fingernails", (1.08, 1.0, 1.0), 0.6),
)
_LIPS_PALE, _LIPS_DARK = (0.86, 0.60, 0.60), (0.88, 0.72, 0.74)


def skin_material(parts: StaticParts, spec: CharacterSpec) -> Material:
    """Skin in the base mesh's texture space."""
    return Material(
        texture=to_texture(skin_texture(parts, spec)), roughness=0.5, specular=0.028, subsurface=0.6, bump=0.0002
    )


def skin_texture(parts: StaticParts, spec: CharacterSpec) -> Float32:
    """(1024, 1024, 3) sRGB in [0, 1]."""
    rng = np.random.default_rng([spec.seed, 21])
    picture = _toned(spec, rng)
    # Cheeks, nose and knuckles show blood, the more the paler the skin.
    strength = 0.12 * (1 - 0.7 * spec.body.skin_tone)
    parts.blush_mask.tint(picture, 1 + strength * np.array([0.10, -0.75, -0.6]))
    _freckles(picture, parts, spec, rng)
    lips = np.interp(spec.body.skin_tone, (0, 1), (0, 1)) * np.subtract(_LIPS_DARK, _LIPS_PALE) + _LIPS_PALE
    for tint in (*_TINTS, _Tint("mpfb_lips", tuple(lips), 0.8)):
        parts.skin_mask(tint.mask).tint(picture, 1 + tint.strength * (np.array(tint.factor) - 1))
    if spec.body.nails is not None:
        parts.skin_mask("mpfb_fingernails").cover(picture, spec.body.nails, 1.0)
    _hair_shadow(picture, parts, spec)
    return picture


def _toned(spec: CharacterSpec, rng: np.random.Generator) -> Float32:
    """Skin of one tone with patches and grain."""
    tone = np.array(skin_color(spec.body.skin_tone), np.float32) * np.exp(rng.normal(0, 0.012, 3)).astype(np.float32)
    aged = float(np.clip((spec.body.years - 25) / 60, 0, 1))
    patches, grain = noise(rng, SKIN_SIZE, 1.2), noise(rng, SKIN_SIZE, 0.25)
    patchiness = (0.020 + 0.02 * aged) * np.array([0.5, 1.0, 1.1], np.float32)
    picture = np.empty((SKIN_SIZE, SKIN_SIZE, 3), np.float32)
    grained(tone, patchiness.astype(np.float32), patches, 0.020 + 0.012 * aged, grain, picture)
    return picture


def _freckles(picture: Float32, parts: StaticParts, spec: CharacterSpec, rng: np.random.Generator) -> None:
    if spec.body.freckles <= 0:
        return
    mask = parts.freckle_mask
    spots = np.clip((noise(rng, SKIN_SIZE, 0.55).ravel()[mask.texels, None] - 1.6) * 2.5, 0, 1) * spec.body.freckles
    mask.tint(picture, 1 - spots * np.array([0.22, 0.36, 0.45], np.float32))


def _hair_shadow(picture: Float32, parts: StaticParts, spec: CharacterSpec) -> None:
    """Roots darken the scalp, so that no skin shines through; a shaved beard leaves its stubble."""
    hair = encode(hair_color(spec.hair.melanin, spec.hair.redness))
    grown = hair + spec.hair.grey * (0.55 - hair)
    if spec.hair.style != "bald" and not any(worn.kind == "headscarf" for worn in spec.accessories):
        parts.scalp_mask.cover(picture, grown * 0.9, 0.85 if spec.hair.thin <= 0 else 0.22)
    if spec.hair.beard:
        share = {"stubble": 0.42, "moustache": 0.12, "goatee": 0.2, "full": 0.55}[spec.hair.beard]
        parts.beard_mask.cover(picture, grown, share)
    parts.brow_mask.cover(picture, grown, 0.35 * spec.hair.brows)
