"""Hair at random, as it is worn."""

from dataclasses import replace

import numpy as np

from rgbd_seg.training.synthetic.characters.hair_styles import STYLES
from rgbd_seg.training.synthetic.characters.spec import BodySpec, HairSpec

_MEN = {
    "buzz": 0.10, "crop": 0.24, "side part": 0.18, "slicked": 0.07, "quiff": 0.11, "textured": 0.13, "curly": 0.06,
    "long": 0.03, "long back": 0.03, "bald": 0.05,
}  # fmt: skip
_WOMEN = {
    "long": 0.24, "long fringe": 0.08, "long back": 0.08, "long curly": 0.12, "bob": 0.13, "ponytail": 0.13,
    "bun": 0.08,
    "braid": 0.06, "crop": 0.02, "textured": 0.03, "curly": 0.03,
}  # fmt: skip
_GIRLS = {
    "long": 0.22, "long fringe": 0.15, "ponytail": 0.18, "pigtails": 0.18, "braid": 0.10, "bob": 0.12,
    "long curly": 0.05,
}  # fmt: skip
_BOYS = {"crop": 0.40, "side part": 0.18, "textured": 0.2, "buzz": 0.07, "curly": 0.15}
_COILED_MEN = {"buzz": 0.35, "afro": 0.3, "crop": 0.05, "curly": 0.25, "bald": 0.05}
_COILED_WOMEN = {"afro": 0.35, "long curly": 0.3, "bun": 0.12, "curly": 0.15, "braid": 0.08}


def sample_hair(rng: np.random.Generator, body: BodySpec) -> HairSpec:
    """Style, length, colour and beard that go with age, sex and ancestry."""
    masculine, african = body.masculine > 0.5, body.ancestry[0]
    coiled = african > 0.5 and rng.random() < 0.85
    style = _pick(rng, _styles(body, masculine, coiled))
    low, high = STYLES[style].lengths if style in STYLES else (0.0, 0.0)
    melanin, redness = _sample_color(rng, body)
    beard, beard_length = _sample_beard(rng, body, masculine)
    return HairSpec(
        style=style,
        length=float(rng.uniform(low, high)),
        curl=_sample_curl(rng, style, coiled),
        melanin=melanin,
        redness=redness,
        grey=_sample_grey(rng, body.years),
        parting=float(rng.choice([-1, -0.6, 0, 0, 0.6, 1])),
        volume=float(rng.uniform(0.6, 1.4)),
        thin=float(rng.uniform(0.2, 0.8)) if masculine and body.years > 35 and rng.random() < 0.22 else 0.0,
        beard=beard,
        beard_length=beard_length,
        brows=float(rng.uniform(0.75, 1.4) if masculine else rng.uniform(0.5, 1.0)) * (0.6 if body.years < 14 else 1.0),
    )


def under_hat(hair: HairSpec) -> HairSpec:
    """Styles that would stand out through a hat, as they are worn below one."""
    flattened = {
        "bun": "ponytail",
        "afro": "buzz",
        "quiff": "crop",
        "curly": "crop",
        "slicked": "crop",
        "textured": "crop",
    }
    style = flattened.get(hair.style, hair.style)
    if style == hair.style:
        return hair
    low, high = STYLES[style].lengths
    return replace(hair, style=style, length=float(np.clip(hair.length, low, high)))


def _styles(body: BodySpec, masculine: bool, coiled: bool) -> dict[str, float]:
    if coiled:
        return _COILED_MEN if masculine else _COILED_WOMEN
    if body.years < 14:
        return _BOYS if masculine else _GIRLS
    return _MEN if masculine else _WOMEN


def _pick(rng: np.random.Generator, shares: dict[str, float]) -> str:
    weights = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=weights / weights.sum()))


def _sample_curl(rng: np.random.Generator, style: str, coiled: bool) -> float:
    if coiled or style in ("curly", "afro", "long curly"):
        return float(rng.uniform(0.55, 1.0))
    return float(rng.uniform(0.1, 0.5)) if rng.random() < 0.4 else 0.0


def _sample_color(rng: np.random.Generator, body: BodySpec) -> tuple[float, float]:
    _, _, european = body.ancestry
    if european < 0.5 and rng.random() < 0.9:
        return float(rng.uniform(0.80, 1.0)), float(rng.uniform(0, 0.3))
    kind = rng.random()
    if kind < 0.10:  # red
        return float(rng.uniform(0.32, 0.5)), float(rng.uniform(0.85, 1.0))
    if kind < 0.38:  # blond
        return float(rng.uniform(0.16, 0.34)), float(rng.uniform(0.1, 0.5))
    return float(rng.uniform(0.45, 0.95)), float(rng.uniform(0.1, 0.55))


def _sample_grey(rng: np.random.Generator, years: float) -> float:
    expected = float(np.clip((years - 42) / 30, 0, 1))
    return float(np.clip(expected + rng.normal(0, 0.25), 0, 1)) if expected > 0 else 0.0


def _sample_beard(rng: np.random.Generator, body: BodySpec, masculine: bool) -> tuple[str, float]:
    if not masculine or body.years < 20 or rng.random() < 0.5:
        return "", 0.0
    kind = str(rng.choice(["stubble", "moustache", "goatee", "full"], p=[0.4, 0.08, 0.12, 0.4]))
    longest = 0.05 if rng.random() < 0.15 else 0.018
    return kind, 0.0 if kind == "stubble" else float(rng.uniform(0.006, longest))
