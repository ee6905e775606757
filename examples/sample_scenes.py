"""The people and rooms of ``sample_data``, chosen by hand; ``make_sample_data.py`` renders them."""

from dataclasses import dataclass, replace

import numpy as np

from rgbd_seg.arrays import Float64
from rgbd_seg.training.synthetic.characters.arm_poses import ARMS
from rgbd_seg.training.synthetic.characters.pose_sampling import with_held
from rgbd_seg.training.synthetic.characters.sampling import CharacterWishes, sample_character
from rgbd_seg.training.synthetic.characters.spec import (
    CharacterSpec,
    ExpressionSpec,
    FabricSpec,
    GarmentSpec,
    HairSpec,
    HeldSpec,
    PoseSpec,
    Vector,
)
from rgbd_seg.training.synthetic.composition.spec import CameraSpec, PersonSpec, SceneSpec
from rgbd_seg.training.synthetic.composition.staging import Stage, stage
from rgbd_seg.training.synthetic.geometry import Strands
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.training.synthetic.scene import Light, Scene

SIZE = (640, 480)
STRANDS, THINNER = 22_000, 0.75  # more and finer hair than training pictures need


@dataclass(frozen=True, kw_only=True)
class SamplePlan:
    """One sample: who, where, and how the camera stands."""

    name: str
    subject: CharacterSpec
    camera: CameraSpec
    place: str = "home"
    place_seed: int = 0
    light: str = "ceiling"
    turn: float = 0.0
    others: tuple[PersonSpec, ...] = ()
    seat: str = ""
    key_side: float = 1.0  # +1: the main lamp stands to the camera's right
    room_light: float = 0.6
    wind: Vector = (0.0, 0.0, 0.0)  # metres that the hair's tips are blown

    def scene(self, assets: MakeHumanAssets) -> Scene:
        """Everything built, with a photographer's lamps."""
        staged = stage(assets, self._spec())
        scene = staged.scene(0, SIZE)
        strands = tuple(self._blown(s) for s in scene.strands)
        return replace(scene, lights=self._lights(staged, scene), strands=strands)

    def _spec(self) -> SceneSpec:
        return SceneSpec(
            seed=(self.place_seed,),
            preset="sample",
            place=self.place,
            light=self.light,
            subject=PersonSpec(character=self.subject, turn=self.turn),
            others=self.others,
            seat=self.seat,
            view_reach=2.4,
            cameras=(self.camera,),
        )

    def _lights(self, staged: Stage, scene: Scene) -> tuple[Light, ...]:
        """Indoors a soft key, a fill and a rim light about the face; the place's own lights beside them."""
        own = tuple(replace(light, color=light.color * np.float32(self.room_light)) for light in scene.lights)
        if self.place in ("park", "street"):
            return scene.lights
        face, side = staged.people[0].face, self.key_side
        lamps = (
            _lamp(face, (1.0 * side, 0.55, 1.25), (6.2, 5.8, 5.3), 0.9),
            _lamp(face, (-1.5 * side, 0.15, 1.3), (1.9, 2.0, 2.2), 1.3),
            _lamp(face, (-0.7 * side, 0.85, -0.75), (2.2, 2.2, 2.3), 0.5),
        )
        return (*lamps, *own)

    def _blown(self, strands: Strands) -> Strands:
        finer = strands.radius * (THINNER if strands.role == Role.SUBJECT else 1)
        along = np.linspace(0, 1, strands.points.shape[1], dtype=np.float32)[None, :, None]
        reach = np.linalg.norm(strands.points[:, -1:] - strands.points[:, :1], axis=-1, keepdims=True)
        random = np.random.default_rng(5).uniform(0.2, 1.0, (len(strands.points), 1, 1)).astype(np.float32)
        long_only = np.clip(reach / 0.3, 0, 1)  # brows and lashes stay
        shift = np.asarray(self.wind, np.float32) * along**2 * random * long_only
        return replace(strands, points=strands.points + shift, radius=finer)


def _lamp(face: Float64, offset: Vector, color: Vector, size: float) -> Light:
    position = np.asarray(face + np.array(offset), np.float32)
    return Light(position=position, color=np.array(color, np.float32), size=size)


@dataclass(frozen=True, kw_only=True)
class _Someone:
    wishes: CharacterWishes
    ancestry: Vector
    skin_tone: float


def female(years: float, ancestry: Vector, skin_tone: float) -> _Someone:
    """``ancestry``: African, Asian, European."""
    return _Someone(wishes=CharacterWishes(masculine=False, years=years), ancestry=ancestry, skin_tone=skin_tone)


def male(years: float, ancestry: Vector, skin_tone: float) -> _Someone:
    """``ancestry``: African, Asian, European."""
    return _Someone(wishes=CharacterWishes(masculine=True, years=years), ancestry=ancestry, skin_tone=skin_tone)


def _person(
    seed: int,
    someone: _Someone,
    hair: HairSpec,
    pose: PoseSpec,
    *,
    smile: float,
    suit: str,
    fabrics: tuple[FabricSpec, ...],
    gaze: tuple[float, float] = (0.0, 0.0),
    held: HeldSpec | None = None,
) -> CharacterSpec:
    """Face and build by ``seed``, the rest as told."""
    wishes = replace(someone.wishes, pose="standing", held="", accessories=False, strands=STRANDS)
    random = np.random.default_rng(seed)
    drawn = sample_character(random, wishes)
    units = {"mouth-corner-puller": smile, "eyebrows-left-up": 0.25, "eyebrows-right-up": 0.25}
    return replace(
        drawn,
        body=replace(drawn.body, ancestry=someone.ancestry, skin_tone=someone.skin_tone, nails=None),
        expression=ExpressionSpec(name="smile", units=units, gaze=gaze),
        hair=hair,
        pose=with_held(random, pose, held),
        held=held,
        garments=(GarmentSpec(name=suit, fabrics=fabrics), *drawn.garments[1:]),
    )


def _bystander(seed: int, x: float, z: float, turn: float, *, masculine: bool) -> PersonSpec:
    wishes = CharacterWishes(pose="standing", masculine=masculine, years=30, held="", strands=3500)
    drawn = sample_character(np.random.default_rng(seed), wishes)
    return PersonSpec(character=replace(drawn, accessories=()), x=x, z=z, turn=turn)


def _pose(name: str, right: str, left: str, head: Vector, *, turn: float = 0.0) -> PoseSpec:
    """Standing at ease, the shoulders turned a little against the head."""
    return PoseSpec(
        name=name,
        hips=0.98,
        spine=(1.0, turn, 0.0),
        head=head,
        left_arm=ARMS[left],
        right_arm=ARMS[right],
        left_foot=(0.12, 0.03, 14.0),
        right_foot=(0.12, -0.03, 10.0),
        waving=right == "wave",
    )


def _seated(head: Vector) -> PoseSpec:
    return PoseSpec(
        name="seated",
        hips=0.53,
        pelvis=(-4.0, 0.0, 0.0),
        spine=(4.0, 0.0, 0.0),
        head=head,
        sitting=True,
        left_foot=(0.15, 0.5, 6.0),
        right_foot=(0.16, 0.54, 8.0),
        left_arm=ARMS["lap"],
        right_arm=ARMS["lap"],
    )


def _wide(frame_height: float, azimuth: float = 0.0, aim: tuple[float, float] = (0.0, 0.2)) -> CameraSpec:
    return CameraSpec(
        framing="half",
        upright=False,
        field_of_view=46,
        frame_height=frame_height,
        azimuth=azimuth,
        elevation=2.0,
        aim=aim,
        noise=0.004,
        exposure=0.92,
        contrast=1.08,
        saturation=1.05,
    )


def _upright(frame_height: float, azimuth: float = 0.0, aim: tuple[float, float] = (0.0, 0.25)) -> CameraSpec:
    return replace(_wide(frame_height, azimuth, aim), upright=True)


def _cloth(kind: str, *colors: Vector, scale: float = 1.0) -> FabricSpec:
    return FabricSpec(kind=kind, colors=colors, scale=scale, seed=3)


def plans() -> tuple[SamplePlan, ...]:
    """All samples."""
    return _women() + _men() + _young_and_old()


def _women() -> tuple[SamplePlan, ...]:
    dark_jeans = _cloth("denim", (0.14, 0.2, 0.34))
    return (
        SamplePlan(
            name="bob",
            subject=_person(
                11,
                female(29, (0.0, 0.35, 0.65), 0.16),
                HairSpec(style="bob", length=0.2, melanin=0.9, redness=0.1, brows=0.8),
                _pose("standing", "hip", "hanging", (2.0, -12.0, -3.0), turn=14.0),
                smile=0.45,
                gaze=(4.0, 0.0),
                suit="female_casualsuit01",
                fabrics=(_cloth("dotted", (0.16, 0.27, 0.47), (0.9, 0.88, 0.82)), dark_jeans),
            ),
            camera=_wide(0.8, azimuth=8),
            place_seed=4,
            turn=12.0,
        ),
        SamplePlan(
            name="curls",
            subject=_person(
                12,
                female(25, (0.75, 0.05, 0.2), 0.55),
                HairSpec(style="afro", length=0.11, curl=0.9, melanin=0.95, redness=0.2, brows=0.8),
                _pose("standing", "hanging", "hip", (1.0, 8.0, 2.0), turn=-10.0),
                smile=0.7,
                suit="female_elegantsuit01",
                fabrics=(_cloth("striped", (0.93, 0.9, 0.83), (0.55, 0.68, 0.62)), dark_jeans),
            ),
            camera=_upright(1.05),
            place="office",
            place_seed=2,
            light="window",
            turn=-8.0,
            key_side=-1.0,
            others=(_bystander(31, 0.72, -1.5, -20, masculine=True),),
        ),
        SamplePlan(
            name="wave",
            subject=_person(
                13,
                female(23, (0.05, 0.05, 0.9), 0.1),
                HairSpec(style="long curly", length=0.26, curl=0.4, melanin=0.66, redness=0.5, brows=0.7),
                _pose("waving", "wave", "hanging", (0.0, -4.0, -3.0), turn=6.0),
                smile=0.85,
                suit="female_casualsuit01",
                fabrics=(_cloth("plain", (0.2, 0.5, 0.55)), dark_jeans),
            ),
            camera=_wide(0.85, azimuth=-5, aim=(0.0, 0.18)),
            place_seed=20,
            turn=-4.0,
            others=(_bystander(36, 0.95, -1.6, 15, masculine=True),),
        ),
        SamplePlan(
            name="windblown",
            subject=_person(
                14,
                female(34, (0.02, 0.08, 0.9), 0.12),
                HairSpec(style="long", length=0.4, curl=0.15, melanin=0.4, redness=0.5, brows=0.7, volume=1.3),
                _pose("standing", "pocket", "hanging", (-2.0, 14.0, 3.0), turn=-12.0),
                smile=0.5,
                gaze=(-5.0, 1.0),
                suit="female_casualsuit01",
                fabrics=(_cloth("knit", (0.42, 0.32, 0.46)), dark_jeans),
            ),
            camera=_wide(0.75, azimuth=-6),
            place="home",
            place_seed=33,
            light="window",
            turn=-6.0,
            wind=(0.22, 0.07, -0.03),
        ),
    )


def _men() -> tuple[SamplePlan, ...]:
    return (
        SamplePlan(
            name="dungarees",
            subject=_person(
                21,
                male(27, (0.0, 0.85, 0.15), 0.25),
                HairSpec(style="textured", length=0.06, melanin=0.97, brows=1.0),
                _pose("standing", "pocket", "gesture", (0.0, 6.0, 2.0), turn=-8.0),
                smile=0.65,
                suit="male_worksuit01",
                fabrics=(_cloth("plain", (0.78, 0.3, 0.27)), _cloth("denim", (0.25, 0.36, 0.42))),
            ),
            camera=_wide(1.0, azimuth=5),
            place="home",
            place_seed=6,
            light="window",
            key_side=-1.0,
            others=(_bystander(33, -0.95, -1.5, 20, masculine=False),),
        ),
        SamplePlan(
            name="sweater",
            subject=_person(
                22,
                male(44, (0.0, 0.1, 0.9), 0.2),
                HairSpec(
                    style="side part",
                    length=0.075,
                    melanin=0.6,
                    redness=0.3,
                    grey=0.2,
                    beard="full",
                    beard_length=0.01,
                    brows=1.0,
                ),
                _pose("arms crossed", "folded over", "folded under", (1.0, -6.0, 0.0), turn=6.0),
                smile=0.4,
                suit="male_casualsuit03",
                fabrics=(_cloth("knit", (0.2, 0.42, 0.33)), _cloth("corduroy", (0.35, 0.27, 0.2))),
            ),
            camera=_upright(0.95, azimuth=-6),
            place="shop",
            place_seed=1,
            turn=8.0,
            others=(_bystander(34, -0.7, -1.7, 25, masculine=True),),
        ),
    )


def _young_and_old() -> tuple[SamplePlan, ...]:
    return (
        SamplePlan(
            name="mug",
            subject=_person(
                23,
                female(68, (0.1, 0.2, 0.7), 0.22),
                HairSpec(style="bun", length=0.04, melanin=0.5, grey=0.85, brows=0.7),
                _seated((2.0, -8.0, -2.0)),
                smile=0.6,
                suit="female_casualsuit01",
                fabrics=(
                    _cloth("floral", (0.22, 0.3, 0.45), (0.85, 0.6, 0.55), (0.9, 0.88, 0.8), (0.4, 0.55, 0.45)),
                    _cloth("plain", (0.3, 0.3, 0.34)),
                ),
                held=HeldSpec(kind="mug", fabric=_cloth("plain", (0.86, 0.5, 0.25))),
            ),
            camera=_upright(0.9, azimuth=10, aim=(0.0, 0.25)),
            place_seed=12,
            seat="armchair",
            light="mixed",
            turn=4.0,
        ),
        SamplePlan(
            name="reader",
            subject=_person(
                24,
                male(9, (0.7, 0.1, 0.2), 0.6),
                HairSpec(style="curly", length=0.06, curl=0.9, melanin=0.95, brows=0.7),
                _pose("standing", "hanging", "hanging", (6.0, 5.0, 0.0)),
                smile=0.75,
                suit="male_casualsuit02",
                fabrics=(_cloth("striped", (0.9, 0.75, 0.25), (0.25, 0.4, 0.6)), _cloth("denim", (0.3, 0.4, 0.55))),
                held=HeldSpec(kind="open book", hand="both", fabric=_cloth("plain", (0.7, 0.2, 0.2))),
            ),
            camera=_wide(0.78),
            place_seed=15,
            light="window",
        ),
    )
