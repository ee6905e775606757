"""Bodies, faces and expressions at random."""

import numpy as np

from rgbd_seg.training.synthetic.characters.spec import BodySpec, ExpressionSpec

# Targets (and their opposites) that vary faces without making caricatures, with the largest weight used.
_FACE = {
    "head/head-oval": 0.5, "head/head-round": 0.5, "head/head-rectangular": 0.45, "head/head-square": 0.45,
    "head/head-triangular": 0.4, "head/head-invertedtriangular": 0.45, "head/head-diamond": 0.45,
    "head/head-fat-": 0.4, "head/head-scale-horiz-": 0.25, "head/head-back-scale-depth-": 0.25,
    "nose/nose-hump-": 0.6, "nose/nose-greek-": 0.4, "nose/nose-point-": 0.5, "nose/nose-point-width-": 0.5,
    "nose/nose-scale-horiz-": 0.4, "nose/nose-scale-vert-": 0.4, "nose/nose-scale-depth-": 0.35, "nose/nose-volume-": 0.4,
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
_CALM = ("smile01", "smile02", "smile03", "attention01", "smile05")
_LIVELY = ("laugh01", "laugh02", "smile04", "surprise01", "vocalize01", "stunned01")
_OTHER = ("sad01", "doubt01", "boring01", "sceptical01", "determination01", "sleep01", "effort01", "fear01")


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
    kind = rng.random()
    gaze = (float(rng.normal(0, 5)), float(rng.normal(-1, 3)))
    if kind < 0.45:
        return ExpressionSpec(smile=float(rng.beta(1.6, 1.6)), gaze=gaze)
    group, strength = (
        (_CALM, rng.uniform(0.5, 1.0)) if kind < 0.70
        else (_LIVELY, rng.uniform(0.4, 0.9)) if kind < 0.92
        else (_OTHER, rng.uniform(0.3, 0.7))
    )  # fmt: skip
    return ExpressionSpec(
        name=str(rng.choice(group)), strength=float(strength), smile=float(rng.uniform(0, 0.3)), gaze=gaze
    )


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
