"""All that is chosen about one character. Small, printable, and the same character every time it is built."""

from dataclasses import asdict, dataclass, field
from typing import Any

Vector = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class BodySpec:
    """Shape of the body and the face."""

    years: float = 30.0
    masculine: float = 0.5  # 0 … 1
    ancestry: Vector = (0.33, 0.33, 0.34)  # African, Asian, European; adds up to 1
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.0  # -1 … 1 around what is usual for the age
    details: dict[str, float] = field(default_factory=dict)  # morph target -> weight
    skin_tone: float = 0.3  # 0 palest … 1 darkest
    freckles: float = 0.0
    eye_color: str = "brown"
    nails: Vector | None = None  # sRGB of nail polish


@dataclass(frozen=True, kw_only=True)
class ExpressionSpec:
    """What the face does."""

    name: str = "neutral"
    units: dict[str, float] = field(default_factory=dict)  # target of ``expression/units`` -> weight
    file: str = ""  # a file of the assets' ``expressions``, which turns the face's bones
    strength: float = 1.0  # of the file
    eyes_closed: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)  # degrees: towards the character's left, up


@dataclass(frozen=True, kw_only=True)
class ArmGoal:
    """Where a hand is. Directions: x away from the body's middle, y up, z forward, of the chest."""

    reach: Vector  # wrist from the shoulder, in arm lengths
    elbow: Vector = (0.6, -0.6, -0.6)  # where the elbow points
    palm: Vector = (-1.0, 0.0, 0.0)  # where the palm faces
    fingers: Vector = (0.0, -1.0, 0.0)  # where the fingers point
    hand: str = "relaxed"  # relaxed, flat, fist, spread, point, grip


@dataclass(frozen=True, kw_only=True)
class PoseSpec:
    """How the character stands or sits. Angles in degrees."""

    name: str = "standing"
    file: str = ""  # a file of the assets' ``poses`` to start from
    hips: float = 0.985  # height of the hip joints, as a share of that with straight legs
    pelvis: Vector = (0.0, 0.0, 0.0)  # forward, towards the left, sideways
    spine: Vector = (0.0, 0.0, 0.0)
    head: Vector = (0.0, 0.0, 0.0)
    left_foot: Vector = (0.12, 0.0, 10.0)  # outwards and forward in leg lengths from the hip's middle, turned outwards
    right_foot: Vector = (0.12, 0.0, 10.0)
    left_arm: ArmGoal | None = None  # None: as in the pose file
    right_arm: ArmGoal | None = None
    held_at: Vector = (
        0.0,
        -0.45,
        0.55,
    )  # what both hands hold: from the middle of the shoulders, arm lengths, of the chest
    sitting: bool = False
    waving: bool = False  # in clips the right hand swings
    sway: float = 1.0  # of the small motion in clips


@dataclass(frozen=True, kw_only=True)
class HairSpec:
    """Hair on the head and in the face."""

    style: str = "short"
    length: float = 0.05  # metres
    curl: float = 0.0  # 0 straight … 1 tight
    melanin: float = 0.6  # 0 white … 1 black
    redness: float = 0.2
    grey: float = 0.0  # share of strands without colour
    parting: float = 0.0  # -1 right … 1 left
    volume: float = 1.0
    thin: float = 0.0  # 0 full … 1 receded
    beard: str = ""  # "", stubble, moustache, goatee, full
    beard_length: float = 0.0
    brows: float = 1.0  # thickness


@dataclass(frozen=True, kw_only=True)
class FabricSpec:
    """A cloth."""

    kind: str = "plain"
    colors: tuple[Vector, ...] = ((0.5, 0.5, 0.5),)  # sRGB
    scale: float = 1.0  # of the pattern
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class GarmentSpec:
    """One piece of clothing."""

    name: str  # a folder of the assets' ``clothes``, or one that is made here (see ``garments.py``)
    fabrics: tuple[FabricSpec, ...] = (FabricSpec(),)


@dataclass(frozen=True, kw_only=True)
class AccessorySpec:
    """Glasses, a mask, a bag, …"""

    kind: str
    fabric: FabricSpec = FabricSpec()
    variant: float = 0.5  # 0 … 1: shape within its kind
    side: str = "left"


@dataclass(frozen=True, kw_only=True)
class HeldSpec:
    """What the hands hold."""

    kind: str
    hand: str = "right"  # left, right, both
    size: float = 1.0
    fabric: FabricSpec = FabricSpec()


@dataclass(frozen=True, kw_only=True)
class CharacterSpec:
    """Everything; ``seed`` decides what is left: strands, noise in textures, small motion."""

    seed: int = 0
    body: BodySpec = BodySpec()
    expression: ExpressionSpec = ExpressionSpec()
    pose: PoseSpec = PoseSpec()
    hair: HairSpec = HairSpec()
    garments: tuple[GarmentSpec, ...] = ()
    accessories: tuple[AccessorySpec, ...] = ()
    held: HeldSpec | None = None
    strands: int = 6000  # on the head; 16,000 for path tracing

    def tags(self) -> dict[str, Any]:
        """The choices by which results are broken down."""
        return {
            "age": _age_group(self.body.years),
            "years": round(self.body.years),
            "sex": "male" if self.body.masculine > 0.5 else "female",
            "ancestry": ("african", "asian", "european")[max(range(3), key=self.body.ancestry.__getitem__)],
            "skin_tone": round(self.body.skin_tone, 2),
            "pose": self.pose.name,
            "expression": self.expression.name,
            "hair": self.hair.style,
            "hair_length": round(self.hair.length, 3),
            "beard": self.hair.beard,
            "garments": [g.name for g in self.garments],
            "fabrics": sorted({f.kind for g in self.garments for f in g.fabrics}),
            "accessories": [a.kind for a in self.accessories],
            "held": self.held.kind if self.held else "",
        }

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        return asdict(self)


def _age_group(years: float) -> str:
    if years < 13:
        return "child"
    return "teenager" if years < 18 else "adult" if years < 62 else "old"
