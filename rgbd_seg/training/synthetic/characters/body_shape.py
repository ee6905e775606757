"""The shape of a body: morph targets mixed by age, sex, ancestry, build and details of the face."""

import itertools
from collections.abc import Iterator

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.training.synthetic.characters.shape_kernels import displace
from rgbd_seg.training.synthetic.characters.spec import BodySpec, ExpressionSpec
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets

METRES = 0.1
"""Metres in the unit of the assets, the decimetre."""
# Years at which a group has full weight: with these, heights between 3 and 18 years follow the WHO's and CDC's charts
# (the assets' own ages make a child of six 0.97 m tall; the median is 1.15 m).
_AGES = (("baby", -2.5), ("child", 8.5), ("young", 17.5), ("old", 85.0))
_ANCESTRIES = ("african", "asian", "caucasian")
_PROPORTIONS = 0.6  # of the "ideal" ones: real people are between them and the mean


def shape_body(assets: MakeHumanAssets, body: BodySpec, expression: ExpressionSpec) -> Float32:
    """(n, 3) the base mesh with its helpers, shaped, in the rest pose; metres, not yet on the floor."""
    positions = assets.base.positions.copy()
    kin = _ANCESTRIES[int(np.argmax(body.ancestry))]
    moved = {f"expression/units/{kin}/{unit}": weight for unit, weight in expression.units.items()}
    for name, weight in itertools.chain(_weights(body), moved.items()):
        if weight > 1e-3 and assets.targets.has(name):
            target = assets.targets.get(name)
            displace(positions, target.vertices, target.displacements, weight)
    metres: Float32 = positions * np.float32(METRES)
    return metres


def _weights(body: BodySpec) -> Iterator[tuple[str, float]]:
    """Every target and its weight. Names are the assets' own; combinations that do not exist are left out later."""
    sexes = {"female": 1 - body.masculine, "male": body.masculine}
    ages = _age_weights(body.years)
    muscles = _thirds(body.muscle, "muscle")
    fats = _thirds(body.weight, "weight")
    height = ("maxheight" if body.height > 0 else "minheight", abs(body.height))
    for (sex, s), (age, a) in itertools.product(sexes.items(), ages.items()):
        for ancestry, share in zip(_ANCESTRIES, body.ancestry, strict=True):
            yield f"macrodetails/{ancestry}-{sex}-{age}", s * a * share
        for (muscle, m), (fat, f) in itertools.product(muscles.items(), fats.items()):
            kind, weight = f"{sex}-{age}-{muscle}-{fat}", s * a * m * f
            yield f"macrodetails/universal-{kind}", weight
            yield f"macrodetails/height/{kind}-{height[0]}", weight * height[1]
            yield f"macrodetails/proportions/{kind}-idealproportions", weight * _PROPORTIONS
    yield from body.details.items()


def _age_weights(years: float) -> dict[str, float]:
    ages = np.array([age for _, age in _AGES])
    position = float(np.interp(years, ages, np.arange(len(ages))))
    low = min(int(position), len(ages) - 2)
    share = position - low
    return {_AGES[low][0]: 1 - share, _AGES[low + 1][0]: share}


def _thirds(value: float, what: str) -> dict[str, float]:
    return {
        f"min{what}": max(0.0, 1 - 2 * value),
        f"average{what}": 1 - abs(2 * value - 1),
        f"max{what}": max(0.0, 2 * value - 1),
    }
