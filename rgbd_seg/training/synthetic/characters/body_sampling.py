"""Bodies, faces and expressions at random."""

import numpy as np

from rgbd_seg.training.synthetic.characters.spec import BodySpec, ExpressionSpec

# Targets (and their opposites) that vary faces without making caricatures, with the largest weight used.
_FACE = {
    "head/head-oval": 0.5, "head/head-round": 0.5, "head/head-rectangular": 0.45, "head/head-square": 0.45,
    "head/head-triangular": 0.4, "head/head-invertedtriangular": 0.45, "head/head-diamond": 0.45,
    "head/head-fat-": 0.4, "head/head-scale-horiz-": 0.25, "head/head-back-scale-depth-": 0.25,
    "nose/nose-hump-": 0.6, "nose/nose-greek-": 0.4, "nose/nose-point-": 0.5, "nose/nose-point-width-": 0.5,
    "nose/nose-scale-horiz-": 0.4, "nose/nose-scale-vert-": 0.4, "nose/nose-scale-depth-": 0.35,
    "nose/nose-volume-": 0.4,
    "nose/nose-width1-": 0.4, "nose/nose-width2-": 0.4, "nose/nose-width3-": 0.5, "nose/nose-nostrils-width-": 0.4,
    "nose/nose-base-": 0.5, "nose/nose-curve-": 0.4,
    "mouth/mouth-scale-horiz-": 0.5, "mouth/mouth-lowerlip-height-": 0.5, "mouth/mouth-upperlip-height-": 0.5,
    "mouth/mouth-lowerlip-volume-": 0.5, "mouth/mouth-upperlip-volume-": 0.5, "mouth/mouth-cupidsbow-": 0.5,
    "mouth/mouth-philtrum-volume-": 0.4,
    "chin/chin-width-": 0.5, "chin/chin-height-": 0.35, "chin/chin-prominent-": 0.45, "chin/chin-bones-": 0.4,
    "chin/chin-jaw-drop-": 0.3, "chin/chin-triangle": 0.4, "chin/chin-cleft-incr": 0.5,
    "cheek/L-cheek-bones-": 0.5, "cheek/L-cheek-volume-": 0.4, "cheek/L-cheek-inner-": 0.4,
    "eyes/L-eye-scale-": 0.35, "eyes/L-eye-height2-": 0.35, "eyes/L-eye-corner1-": 0.4, "eyes/L-eye-corner2-": 0.4,
    "eyes/L-eye-trans-inout": 0.3, "eyes/L-eye-bag-": 0.3,
    "eyebrows/eyebrows-angle-": 0.3, "eyebrows/eyebrows-trans-": 0.3,
    "forehead/forehead-scale-vert-": 0.35, "forehead/forehead-temple-": 0.4,
    "ears/L-ear-scale-": 0.4, "ears/L-ear-wing-": 0.5, "ears/L-ear-lobe-": 0.5,
    "neck/neck-scale-horiz-": 0.3, "neck/neck-scale-vert-": 0.3,
}  # fmt: skip
_PAIRS = {
    "nose-point-": ("up", "down"), "nose-base-": ("up", "down"), "nose-curve-": ("concave", "convex"),
    "eye-corner1-": ("up", "down"), "eye-corner2-": ("up", "down"), "eye-trans-inout": ("in", "out"),
    "eyebrows-angle-": ("up",), "eyebrows-trans-": ("up", "down"),
}  # fmt: skip
_CHANGED = 13  # targets per face

# Weights of the assets' expression targets; each is scaled by a random strength.
_EXPRESSIONS: dict[str, dict[str, float]] = {
    "smile": {"mouth-corner-puller": 1.0},
    "soft smile": {"mouth-corner-puller": 0.5, "mouth-retraction": 0.3},
    "grin": {"mouth-corner-puller": 0.85, "mouth-part-later": 0.30, "mouth-open": 0.10},
    "laugh": {
        "mouth-corner-puller": 0.9, "mouth-upward-retraction": 0.5, "mouth-open": 0.28, "eye-left-slit": 0.25,
        "eye-right-slit": 0.25,
    },
    "talking": {"mouth-open": 0.30, "mouth-parling": 0.4},
    "surprised": {
        "mouth-open": 0.4, "eyebrows-left-up": 0.9, "eyebrows-right-up": 0.9, "eye-left-opened-up": 0.6,
        "eye-right-opened-up": 0.6,
    },
    "kiss": {"mouth-pursing": 0.8, "mouth-protusion": 0.5},
    "thoughtful": {"eyebrows-left-inner-up": 0.5, "eyebrows-right-inner-up": 0.5, "mouth-compression": 0.4},
    "squint": {"eye-left-slit": 0.6, "eye-right-slit": 0.6, "mouth-corner-puller": 0.5},
}  # fmt: skip
_SHARES = {
    "neutral": 0.17, "smile": 0.22, "soft smile": 0.18, "grin": 0.13, "laugh": 0.06, "talking": 0.07, "surprised": 0.03,
    "kiss": 0.015, "thoughtful": 0.035, "squint": 0.02, "file": 0.07,
}  # fmt: skip
_FILES = ("attention01", "boring01", "doubt01", "sad01", "sceptical01", "sleep01", "determination01", "vocalize01")


def sample_body(rng: np.random.Generator, years: float, masculine: bool) -> BodySpec:
    """Build, ancestry and face."""
    ancestry = rng.dirichlet([0.45, 0.45, 0.45])
    tone = float(np.clip(ancestry @ (0.78, 0.30, 0.15) + rng.normal(0, 0.09), 0, 1))
    african, asian, european = (float(a) for a in ancestry)
    adult = years >= 18
    spread = 1.0 if adult else 0.6
    return BodySpec(
        years=years,
        masculine=float(rng.uniform(0.85, 1.0) if masculine else rng.uniform(0.0, 0.15)),
        ancestry=(african, asian, european),
        muscle=float(np.clip(rng.normal(0.55 if masculine else 0.42, 0.15 * spread), 0.1, 0.9)),
        weight=float(np.clip(rng.normal(0.5, 0.17 * spread), 0.12, 0.98)),
        height=float(np.clip(rng.normal(0, 0.22), -0.6, 0.6)),
        details=_sample_details(rng, spread),
        skin_tone=tone,
        freckles=float(rng.uniform(0.3, 1.0)) if tone < 0.3 and rng.random() < 0.2 else 0.0,
        eye_color=_sample_eyes(rng, tone),
        nails=_sample_nails(rng) if not masculine and adult and rng.random() < 0.35 else None,
    )


def sample_expression(rng: np.random.Generator) -> ExpressionSpec:
    """Mostly calm or smiling, eyes open, looking about where the head points."""
    kind = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
    gaze = (float(rng.normal(0, 5)), float(rng.normal(-1, 3)))
    strength = float(rng.uniform(0.55, 1.0))
    units = {unit: weight * strength for unit, weight in _EXPRESSIONS.get(kind, {}).items()}
    lifted = float(rng.uniform(0, 0.35))  # raised brows look awake and kind
    for unit in ("eyebrows-left-up", "eyebrows-right-up"):
        units[unit] = max(units.get(unit, 0.0), lifted)
    if kind == "neutral":
        units["mouth-corner-puller"] = float(rng.uniform(0.0, 0.2))
    if kind != "file":
        return ExpressionSpec(name=kind, units=units, gaze=gaze)
    file = str(rng.choice(_FILES))
    return ExpressionSpec(name=file, file=file, strength=0.6 * strength, units=units, gaze=gaze)


def _sample_details(rng: np.random.Generator, spread: float) -> dict[str, float]:
    details: dict[str, float] = {}
    for name in rng.choice(list(_FACE), _CHANGED, replace=False):
        weight = float(rng.uniform(0, _FACE[name]) * spread)
        stem = str(name).split("/")[1].removeprefix("L-")
        if name.endswith("-") or stem in _PAIRS:
            ending = str(rng.choice(_PAIRS.get(stem, ("incr", "decr"))))
            name = name.removesuffix("inout") + ending
        for side in ("l-", "r-") if "/L-" in name else ("",):
            details[str(name).replace("/L-", "/" + side)] = weight
    return details


def _sample_eyes(rng: np.random.Generator, tone: float) -> str:
    if tone > 0.45:
        return str(rng.choice(["brown", "dark"]))
    return str(rng.choice(["brown", "dark", "hazel", "green", "blue", "grey"], p=[0.3, 0.1, 0.15, 0.1, 0.25, 0.1]))


def _sample_nails(rng: np.random.Generator) -> tuple[float, float, float]:
    colors = [(0.6, 0.05, 0.1), (0.85, 0.45, 0.5), (0.12, 0.12, 0.14), (0.9, 0.85, 0.8), (0.3, 0.1, 0.3)]
    red, green, blue = colors[int(rng.integers(len(colors)))]
    return red, green, blue
