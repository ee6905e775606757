"""Mixtures of scenes by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rgbd_seg.options import check_choice

Shares = Mapping[str, float]
_PLACES = {"home": 0.32, "office": 0.22, "shop": 0.1, "studio": 0.06, "street": 0.1, "park": 0.1, "photograph": 0.1}
_FRAMINGS = {"selfie": 0.2, "head": 0.24, "half": 0.28, "knee": 0.14, "full": 0.14}
_OTHERS = (0.5, 0.28, 0.13, 0.06, 0.03)


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Shares of what may be in a scene; shares of one group need not add up to 1."""

    about: str
    places: Shares = field(default_factory=lambda: dict(_PLACES))
    framings: Shares = field(default_factory=lambda: dict(_FRAMINGS))
    others: tuple[float, ...] = _OTHERS  # of 0, 1, 2, … further people
    subject: float = 0.97  # of scenes with a subject
    seated: float = 0.3
    held: float = 0.35  # of subjects, those that may hold something; not half of them do
    holding: bool = False  # all of them do, if they stand or sit so that they can
    pictured: float = 0.3  # posters or screens with people
    mannequin: float = 0.06
    centrepiece: float = 0.0  # of scenes without a subject: a thing stands where a person would
    props: float = 0.35  # chairs beside, headrests behind
    foreground: float = 0.12
    dark: float = 0.16  # of light: one lamp, a screen, flash, the street at night
    lens_blur: float = 0.08
    motion_blur: float = 0.08


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "mixed": Preset(about="all of the others in natural shares"),
        "portrait": Preset(about="head and shoulders to waist", framings={"head": 0.5, "half": 0.5}),
        "selfie": Preset(about="at arm's length, wide", framings={"selfie": 1.0}, seated=0.2, foreground=0.04),
        "full-body": Preset(
            about="from the knees or the whole person", framings={"knee": 0.3, "full": 0.7}, seated=0.2
        ),
        "desk": Preset(
            about="calls from an office or from home",
            places={"office": 0.65, "home": 0.35},
            framings={"head": 0.5, "half": 0.5},
            seated=0.9,
            props=0.8,
        ),
        "crowd": Preset(about="others behind and beside in every scene", others=(0.0, 0.2, 0.35, 0.3, 0.15)),
        "hard": Preset(
            about="others, posters, screens, props and nearer things everywhere",
            others=(0.1, 0.35, 0.3, 0.15, 0.1),
            pictured=0.75,
            mannequin=0.2,
            props=0.75,
            foreground=0.35,
            held=0.6,
            dark=0.25,
        ),
        "held": Preset(
            about="a subject that holds something, from the head to the hips and more",
            framings={"selfie": 0.2, "half": 0.5, "knee": 0.3},
            held=1.0,
            holding=True,
        ),
        "empty": Preset(about="nobody is the subject", subject=0.0, others=(1.0,), pictured=0.4, mannequin=0.1),
        "mannequins": Preset(
            about="nobody; a dressed mannequin in every room", subject=0.0, others=(1.0,), mannequin=1.0
        ),
        "still-life": Preset(
            about="nobody; a vase, a plant, a lamp or a chair is photographed as a person would be",
            framings={"selfie": 0.15, "head": 0.45, "half": 0.3, "knee": 0.1},
            subject=0.0,
            others=(1.0,),
            pictured=0.2,
            mannequin=0.0,
            centrepiece=1.0,
        ),
        "test": Preset(
            about="for measuring: as mixed, with more of what is hard; always of the held-out half",
            others=(0.3, 0.35, 0.2, 0.1, 0.05),
            pictured=0.45,
            mannequin=0.08,
            props=0.5,
            foreground=0.15,
            held=0.45,
        ),
    }
)


def preset_named(name: str) -> Preset:
    """One of `PRESETS`.

    Raises:
        ConfigError: there is none of that name.
    """
    check_choice("preset", name, tuple(PRESETS))
    return PRESETS[name]
