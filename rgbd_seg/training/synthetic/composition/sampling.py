"""Scenes at random."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from rgbd_seg.training.synthetic.characters.outfit_sampling import ANYTHING
from rgbd_seg.training.synthetic.characters.pose_sampling import POSES
from rgbd_seg.training.synthetic.characters.sampling import CharacterWishes, sample_character
from rgbd_seg.training.synthetic.composition.camera_sampling import choose, sample_camera
from rgbd_seg.training.synthetic.composition.centrepiece import CENTREPIECES
from rgbd_seg.training.synthetic.composition.presets import Preset, preset_named
from rgbd_seg.training.synthetic.composition.spec import PersonSpec, SceneSpec
from rgbd_seg.training.synthetic.places.lighting import DARK, INDOORS, OUTDOORS

Rng = np.random.Generator
PICTURED = 16  # people on posters and screens of one split
_HELD_OUT = 1_000_000
_OUTDOORS = ("street", "park", "photograph")
_SEATED = tuple(name for name in POSES if "seat" in name or "sit" in name)
_STANDING = {name: {"standing": 0.36, "sport": 0.02}.get(name, 0.07) for name in POSES if name not in _SEATED}
_SEATS = {
    "home": ("chair", "chair with headrest", "armchair", "sofa", "stool"),
    "office": ("office chair", "office chair", "chair with headrest", "chair"),
    "shop": ("stool", "chair"),
    "studio": ("stool", "chair", "chair with headrest"),
}
_OUTDOOR_SEATS = ("bench", "stool", "chair")


def sample_scene(
    seed: int | Sequence[int],
    preset: str = "mixed",
    *,
    held_out: bool = False,
    views: int = 8,
    photographs: Sequence[str] = (),
) -> SceneSpec:
    """A scene with ``views`` cameras; equal arguments give equal scenes.

    Args:
        seed: one number or several.
        held_out: of the half that is kept for tests; no seed of it, and so no character or room, is in the other.
        photographs: files without people that may be used as backgrounds.
    Raises:
        ConfigError: there is no such preset.
    """
    mixture = preset_named(preset)
    numbers = (seed,) if isinstance(seed, int) else tuple(int(n) for n in seed)
    key = (int(held_out or preset == "test"), zlib.crc32(preset.encode()), *numbers)
    rng = np.random.default_rng(np.random.SeedSequence(key))
    place = choose(rng, {k: v for k, v in mixture.places.items() if k != "photograph" or photographs})
    light = _light(rng, place, mixture)
    subject = _subject(rng, mixture) if rng.random() < mixture.subject else None
    others = _others(rng, mixture, place) if subject else ()
    pictured = _pictured(rng, mixture, held=key[0])
    return SceneSpec(
        seed=key,
        preset=preset,
        place=place,
        light=light,
        subject=subject,
        others=others,
        photograph=_photograph(rng, place, photographs),
        view_reach=float(rng.uniform(4, 7) if place in _OUTDOORS else rng.uniform(1.7, 4.2)),
        cameras=tuple(sample_camera(rng, mixture, light) for _ in range(views)),
        **_things(rng, mixture, place, subject),
        **pictured,
        centrepiece=_centrepiece(rng, mixture) if subject is None else "",
    )


def _light(rng: Rng, place: str, preset: Preset) -> str:
    kinds: tuple[str, ...] = OUTDOORS if place in _OUTDOORS else INDOORS
    if place == "photograph":
        kinds = tuple(kind for kind in kinds if kind not in DARK)
    dark = [kind for kind in kinds if kind in DARK]
    bright = [kind for kind in kinds if kind not in DARK]
    return str(rng.choice(dark if dark and rng.random() < preset.dark else bright))


def _subject(rng: Rng, preset: Preset) -> PersonSpec:
    seated = bool(_SEATED) and rng.random() < preset.seated
    pose = str(rng.choice(_SEATED)) if seated else choose(rng, _STANDING)
    wish = ANYTHING if preset.holding else None
    held = wish if rng.random() < preset.held else ""
    character = sample_character(rng, CharacterWishes(pose=pose, held=held))
    return PersonSpec(character=character, turn=float(rng.normal(0, 16)))


def _others(rng: Rng, preset: Preset, place: str) -> tuple[PersonSpec, ...]:
    shares = np.array(preset.others)
    count = int(rng.choice(len(shares), p=shares / shares.sum()))
    people: list[PersonSpec] = []
    for _ in range(count):
        spot = _free_spot(rng, people, 5.5 if place in _OUTDOORS else 3.0)
        if spot is not None:
            character = sample_character(rng, CharacterWishes(pose=choose(rng, _STANDING), strands=2500))
            turn = rng.normal(0, 35) if rng.random() < 0.7 else rng.uniform(-180, 180)
            people.append(PersonSpec(character=character, x=spot[0], z=spot[1], turn=float(turn)))
    return tuple(people)


def _free_spot(rng: Rng, people: Sequence[PersonSpec], far: float) -> tuple[float, float] | None:
    """Beside the subject or behind, where the camera sees it; never nearer to the camera than the subject."""
    for _ in range(10):
        if rng.random() < 0.25:
            x, z = rng.choice([-1, 1]) * rng.uniform(0.62, 0.95), rng.uniform(-0.5, -0.25)
        else:
            z = -rng.uniform(0.8, far)
            x = rng.choice([-1, 1]) * (0.12 + abs(np.tan(np.deg2rad(rng.normal(0, 17)))) * (1.6 - z))
        if all(np.hypot(x - p.x, z - p.z) > 0.75 for p in people) and np.hypot(x, z) > 0.7:
            return float(x), float(z)
    return None


def _things(rng: Rng, preset: Preset, place: str, subject: PersonSpec | None) -> dict[str, Any]:
    seats = _SEATS.get(place, _OUTDOOR_SEATS)
    sitting = subject is not None and subject.character.pose.sitting
    prop = rng.random() < preset.props
    seat = str(rng.choice(seats)) if sitting or prop else ""
    indoors = place in _SEATS
    return {
        "seat": seat,
        "desk": bool(sitting and indoors and rng.random() < (0.7 if place == "office" else 0.25)),
        "headrest": bool(prop and not sitting and rng.random() < 0.35),
        "foreground": str(rng.choice(["plant", "partition"])) if rng.random() < preset.foreground else "",
    }


def _pictured(rng: Rng, preset: Preset, held: int) -> dict[str, Any]:
    numbers = [int(n) + held * _HELD_OUT for n in rng.integers(PICTURED, size=3)]
    shown = rng.random() < preset.pictured
    screen = shown and rng.random() < 0.35
    return {
        "posters": tuple(numbers[: int(rng.integers(1, 3))]) if shown and not screen else (),
        "screens": tuple(numbers[:1]) if screen else (),
        "mannequin": numbers[2] if rng.random() < preset.mannequin else None,
    }


def _centrepiece(rng: Rng, preset: Preset) -> str:
    if not preset.centrepiece or rng.random() >= preset.centrepiece:
        return ""
    return str(rng.choice(CENTREPIECES))


def _photograph(rng: Rng, place: str, photographs: Sequence[str]) -> str | None:
    if photographs and (place == "photograph" or rng.random() < 0.5):
        return photographs[int(rng.integers(len(photographs)))]
    return None
