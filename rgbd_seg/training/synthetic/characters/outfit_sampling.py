"""Clothes, accessories and held objects at random."""

import numpy as np

from rgbd_seg.training.synthetic.characters.clothing import BOTTOM, SHOES, SUITS
from rgbd_seg.training.synthetic.characters.color import hsv
from rgbd_seg.training.synthetic.characters.pose_sampling import BOTH_HANDS
from rgbd_seg.training.synthetic.characters.spec import (
    AccessorySpec,
    BodySpec,
    FabricSpec,
    GarmentSpec,
    HeldSpec,
    PoseSpec,
    Vector,
)

_TOP_KINDS = {
    "plain": 0.32, "knit": 0.13, "checked": 0.1, "striped": 0.11, "dotted": 0.03, "printed": 0.08, "floral": 0.08,
    "denim": 0.03, "leather": 0.03, "shiny": 0.04, "fleece": 0.03, "corduroy": 0.02,
}  # fmt: skip
_MENS_TOPS = {"t-shirt": 0.27, "pullover": 0.2, "thick pullover": 0.12, "hoodie": 0.18, "jacket": 0.13, "coat": 0.10}
_WOMENS_TOPS = {
    "t-shirt": 0.18, "top": 0.18, "pullover": 0.2, "thick pullover": 0.12, "hoodie": 0.12, "jacket": 0.1, "coat": 0.1,
}  # fmt: skip
_KINDS_OF = {
    "thick pullover": {"knit": 1.0},
    "hoodie": {"fleece": 0.6, "plain": 0.25, "printed": 0.15},
    "jacket": {"leather": 0.3, "shiny": 0.3, "denim": 0.2, "fleece": 0.2},
    "coat": {"fleece": 0.5, "plain": 0.25, "leather": 0.1, "checked": 0.15},
}
_DRESSES = ("dress", "long dress")
_TROUSERS, _LEGGINGS = "male_casualsuit03", "female_casualsuit01"
_BARE = ("female_sportsuit01", "female_casualsuit02")  # too little cloth for most places
_HELD = {
    "phone": 0.22, "phone call": 0.07, "mug": 0.13, "book": 0.08, "open book": 0.09, "bag": 0.12, "ball": 0.07,
    "small ball": 0.03, "bottle": 0.06, "tablet": 0.06, "parcel": 0.03, "flowers": 0.04,
}  # fmt: skip
ANYTHING = "anything"  # the wish that something is held, if the pose allows it
_HOLDING = 0.45
_LEG_KINDS = {"plain": 0.45, "denim": 0.35, "corduroy": 0.08, "leather": 0.03, "checked": 0.05, "shiny": 0.04}


def sample_fabric(rng: np.random.Generator, kinds: dict[str, float] = _TOP_KINDS) -> FabricSpec:
    """A cloth with colours that go together."""
    weights = np.array(list(kinds.values()))
    kind = str(rng.choice(list(kinds), p=weights / weights.sum()))
    count = {"checked": 3, "printed": 3, "floral": 4, "striped": 2, "dotted": 2}.get(kind, 1)
    if kind == "knit" and rng.random() < 0.35:
        count = 2
    return FabricSpec(
        kind=kind,
        colors=sample_colors(rng, count, kind),
        scale=float(rng.uniform(0.6, 1.6)),
        seed=int(rng.integers(2**31)),
    )


def sample_colors(rng: np.random.Generator, count: int, kind: str = "plain") -> tuple[Vector, ...]:
    """Muted more often than loud; black, white, grey and navy as often as they are worn."""
    if kind == "denim":
        return (hsv(rng.normal(0.6, 0.015), float(rng.uniform(0.25, 0.65)), float(rng.uniform(0.18, 0.6))),)
    if kind == "leather":
        return (hsv(rng.uniform(0.02, 0.09), float(rng.uniform(0.0, 0.6)), float(rng.uniform(0.06, 0.35))),)
    base = float(rng.random())
    found: list[Vector] = []
    for k in range(count):
        if rng.random() < 0.35:
            found.append(hsv(0.6, float(rng.uniform(0, 0.12)), float(rng.choice([0.07, 0.12, 0.3, 0.6, 0.88, 0.93]))))
        else:
            hue = base + float(rng.choice([0, 0.08, -0.08, 0.5])) * (k > 0)
            value = float(rng.uniform(0.12, 0.85))
            saturation = float(rng.beta(1.4, 2.6)) * (1.0 - 0.5 * value)
            if 0.13 < hue % 1 < 0.42:  # yellow-green is seldom worn
                saturation, value = saturation * 0.6, value * 0.7
            found.append(hsv(hue, saturation, value))
    return tuple(found)


def sample_garments(rng: np.random.Generator, body: BodySpec) -> tuple[GarmentSpec, ...]:
    """Top, trousers or skirt, and shoes."""
    masculine = body.masculine > 0.5
    shoe_cloth = FabricSpec(
        kind=str(rng.choice(["leather", "plain"])),
        colors=sample_colors(rng, 1, "leather"),
        seed=int(rng.integers(2**31)),
    )
    shoes = GarmentSpec(name=str(rng.choice(SHOES)), fabrics=(shoe_cloth,))
    if rng.random() < (0.42 if masculine else 0.3):
        return _suit(rng, masculine), shoes
    if not masculine and rng.random() < 0.2:
        return GarmentSpec(name=str(rng.choice(_DRESSES)), fabrics=(sample_fabric(rng),)), shoes
    tops = _MENS_TOPS if masculine else _WOMENS_TOPS
    top = str(rng.choice(list(tops), p=list(tops.values())))
    upper = GarmentSpec(name=top, fabrics=(sample_fabric(rng, _KINDS_OF.get(top, _TOP_KINDS)),))
    return upper, _lower(rng, masculine), shoes


def _suit(rng: np.random.Generator, masculine: bool) -> GarmentSpec:
    names = [s for s in SUITS["male" if masculine else "female"] if s not in _BARE]
    fabrics = (sample_fabric(rng), sample_fabric(rng, _LEG_KINDS), sample_fabric(rng))
    return GarmentSpec(name=str(rng.choice(names)), fabrics=fabrics)


def _lower(rng: np.random.Generator, masculine: bool) -> GarmentSpec:
    cloth = sample_fabric(rng, _LEG_KINDS)
    if not masculine and rng.random() < 0.25:
        return GarmentSpec(name=str(rng.choice(["skirt", "long skirt"])), fabrics=(cloth,))
    trousers = _TROUSERS if masculine or rng.random() < 0.35 else _LEGGINGS
    return GarmentSpec(name=trousers + BOTTOM, fabrics=(cloth, cloth))


def sample_accessories(
    rng: np.random.Generator, body: BodySpec, garments: tuple[GarmentSpec, ...]
) -> tuple[AccessorySpec, ...]:
    """Glasses above all; one thing on the head at most; a hoodie has its hood."""
    child, masculine = body.years < 13, body.masculine > 0.5
    found: list[AccessorySpec] = []
    old = float(np.clip((body.years - 30) / 50, 0, 1))
    if rng.random() < (0.06 if child else 0.20 + 0.25 * old):
        found.append(_worn(rng, "glasses", "leather"))
    elif rng.random() < 0.05:
        found.append(_worn(rng, "sunglasses", "leather"))
    if rng.random() < 0.05:
        found.append(_worn(rng, "mask", "plain"))
    on_head = {
        "beanie": 0.055, "cap": 0.065, "hood": 0.05, "headphones": 0.06, "fedora": 0.0 if child else 0.03,
        "headscarf": 0.0 if masculine or child else 0.06,
    }  # fmt: skip
    hoodie = next((g for g in garments if g.name == "hoodie"), None)
    if hoodie is not None:
        up = rng.random() < 0.3
        found.append(
            AccessorySpec(kind="hood" if up else "hood down", fabric=hoodie.fabrics[0], variant=float(rng.random()))
        )
        on_head = {} if up else {"beanie": 0.06, "cap": 0.06, "headphones": 0.08}
    chance = float(rng.random())
    for kind, share in on_head.items():
        if 0 <= chance < share:
            found.append(
                _worn(rng, kind, {"beanie": "knit", "hood": "fleece", "headphones": "leather"}.get(kind, "any"))
            )
        chance -= share
    if rng.random() < 0.09 and not any(a.kind in ("hood", "hood down", "headscarf") for a in found):
        found.append(_worn(rng, "scarf", "any"))
    bag = float(rng.random())
    if bag < 0.13:
        found.append(_worn(rng, "backpack" if bag < 0.07 else "shoulder bag", "any"))
    if not masculine and not child and rng.random() < 0.25:
        found.append(_worn(rng, "earrings", "leather"))
    return tuple(found)


def _worn(rng: np.random.Generator, kind: str, cloth: str) -> AccessorySpec:
    kinds = _TOP_KINDS if cloth == "any" else {cloth: 1.0}
    return AccessorySpec(
        kind=kind,
        fabric=sample_fabric(rng, kinds),
        variant=float(rng.random()),
        side=str(rng.choice(["left", "right"])),
    )


def sample_held(rng: np.random.Generator, pose: PoseSpec, wish: str | None) -> HeldSpec | None:
    """What one or both hands hold; nothing more often than not unless it is wished, nothing in poses from files."""
    able = not pose.file and pose.name not in ("waving", "sport")
    if wish == "" or (wish == ANYTHING and not able) or (wish is None and (not able or rng.random() > _HOLDING)):
        return None
    kind = str(rng.choice(list(_HELD), p=list(_HELD.values()))) if wish is None or wish == ANYTHING else wish
    cloth = sample_fabric(rng, {"plain": 0.4, "leather": 0.2, "shiny": 0.2, "printed": 0.1, "striped": 0.1})
    if kind in ("phone", "phone call", "tablet"):
        cloth = FabricSpec(kind="shiny", colors=sample_colors(rng, 1, "leather"), seed=int(rng.integers(2**31)))
    hand = "both" if kind in BOTH_HANDS else str(rng.choice(["left", "right"], p=[0.35, 0.65]))
    return HeldSpec(kind=kind, hand=hand, size=float(rng.uniform(0.9, 1.15)), fabric=cloth)
