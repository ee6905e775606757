"""All that is decided about a scene before anything is built; the same spec builds the same scene."""

from dataclasses import dataclass
from typing import Any

from rgbd_seg.training.synthetic.characters.spec import CharacterSpec


@dataclass(frozen=True, kw_only=True)
class PersonSpec:
    """Someone, and where: metres on the floor, degrees about the vertical (0 looks along +z, to the camera)."""

    character: CharacterSpec
    x: float = 0.0
    z: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CameraSpec:
    """One picture of a scene."""

    framing: str  # selfie, head, half, knee, full
    upright: bool
    field_of_view: float  # degrees along the longer side
    frame_height: float  # metres of the scene, at the subject, from the picture's lower to its upper edge
    azimuth: float = 0.0  # degrees; positive: the camera stands to the right as it looks at the subject
    elevation: float = 0.0
    roll: float = 0.0
    aim: tuple[float, float] = (0.0, 0.2)  # sideways and down from the face, shares of the frame height
    aperture: float = 0.0  # metres
    shutter: float = 0.0  # seconds
    velocity: tuple[float, ...] = (0.0,) * 6
    exposure: float = 1.0
    noise: float = 0.01
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    saturation: float = 1.0
    ambient_gain: float = 1.0
    light_gains: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class SceneSpec:
    """A scene and the cameras that look at it."""

    seed: tuple[int, ...]
    preset: str
    place: str  # home, office, shop, studio, street, park, photograph
    light: str
    subject: PersonSpec | None  # None: nobody is the subject
    others: tuple[PersonSpec, ...] = ()
    seat: str = ""  # what the subject sits on, or what stands beside
    desk: bool = False
    headrest: bool = False  # a high chair right behind a standing subject's head
    foreground: str = ""  # plant, partition
    posters: tuple[int, ...] = ()  # numbers of pictured people
    screens: tuple[int, ...] = ()
    mannequin: int | None = None
    centrepiece: str = ""  # what is looked at where nobody is; empty: nothing in particular
    photograph: str | None = None
    view_reach: float = 3.0  # metres that the cameras may stand away
    cameras: tuple[CameraSpec, ...] = ()

    def tags(self) -> dict[str, Any]:
        """The choices by which results are broken down, as JSON can hold them."""
        return {
            "preset": self.preset,
            "seed": list(self.seed),
            "place": self.place,
            "light": self.light,
            "people": len(self.others) + (self.subject is not None),
            "seat": self.seat,
            "desk": self.desk,
            "foreground": self.foreground,
            "pictured": len(self.posters) + len(self.screens) + (self.mannequin is not None),
            "mannequin": self.mannequin is not None,
            "centrepiece": self.centrepiece,
            "photograph": self.photograph is not None,
            **({f"subject_{k}": v for k, v in self.subject.character.tags().items()} if self.subject else {}),
        }
