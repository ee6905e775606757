"""Choosing a character at random."""

from dataclasses import dataclass, replace

import numpy as np

from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.characters.accessories import COWLS, HATS
from rgbd_seg.training.synthetic.characters.body_sampling import sample_body, sample_expression
from rgbd_seg.training.synthetic.characters.hair_sampling import sample_hair, under_hat
from rgbd_seg.training.synthetic.characters.outfit_sampling import sample_accessories, sample_garments, sample_held
from rgbd_seg.training.synthetic.characters.pose_sampling import POSES, sample_pose, with_held
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec


@dataclass(frozen=True, kw_only=True)
class CharacterWishes:
    """What is fixed before the rest is drawn; ``None`` leaves it to chance.

    Raises:
        ConfigError: an unknown pose, or an age that no character has.
    """

    pose: str | None = None  # one of pose_sampling.POSES
    years: float | None = None
    masculine: bool | None = None
    held: str | None = None  # "" = nothing, `ANYTHING` = something
    accessories: bool = True
    strands: int = 6000

    def __post_init__(self) -> None:
        if self.pose is not None and self.pose not in POSES:
            raise ConfigError(f"pose is {self.pose!r}; expected one of {', '.join(POSES)}")
        if self.years is not None and not 3 <= self.years <= 95:
            raise ConfigError(f"years is {self.years}; expected 3 to 95")
        if self.strands < 100:
            raise ConfigError(f"strands is {self.strands}; expected at least 100")


def sample_character(rng: np.random.Generator, wishes: CharacterWishes = CharacterWishes()) -> CharacterSpec:
    """A person like those in front of cameras: mostly adults, some children, all ancestries, calm or smiling."""
    seed = int(rng.integers(2**31))
    masculine = bool(rng.random() < 0.5) if wishes.masculine is None else wishes.masculine
    years = _sample_years(rng) if wishes.years is None else wishes.years
    body = sample_body(rng, years, masculine)
    garments = sample_garments(rng, body)
    accessories = sample_accessories(rng, body, garments) if wishes.accessories else ()
    hair = sample_hair(rng, body)
    if any(a.kind in HATS + COWLS for a in accessories):
        hair = under_hat(hair)
    spec = CharacterSpec(
        seed=seed,
        body=body,
        expression=sample_expression(rng),
        hair=hair,
        garments=garments,
        accessories=accessories,
        strands=wishes.strands,
    )
    pose = sample_pose(rng, wishes.pose)
    held = sample_held(rng, pose, wishes.held)
    return replace(spec, pose=with_held(rng, pose, held), held=held)


def _sample_years(rng: np.random.Generator) -> float:
    if rng.random() < 0.14:
        return float(rng.uniform(5, 15))
    return float(np.clip(18 + rng.gamma(2.0, 13.0), 18, 88))
