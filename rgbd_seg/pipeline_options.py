"""What the pipeline may be told."""

from dataclasses import dataclass, field

from rgbd_seg.depth_probability import DEPTH_PROBABILITY_MODES, PEOPLE
from rgbd_seg.errors import ConfigError
from rgbd_seg.fusion import FUSION_MODES
from rgbd_seg.matting import VIDEO_MATTING, MattingOptions
from rgbd_seg.options import check_choice, check_range


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """How the subject is chosen, and how colour and depth become one alpha."""

    fusion: str = "odds"  # odds, product or product-normalised
    threshold: float | None = None  # of the fused value for the mask; the rule's own default if not given
    depth_probability: str = "layer"  # layer or linear
    d_max: float | None = None  # metres at which linear depth counts as 1; the picture's farthest if not given
    people: str = "front"  # front: the front person; all: everyone
    focus: tuple[float, float] | None = None  # (x, y) pixel of the colour picture: the person there is the subject
    check_presence: bool = True  # look twice whether a network's person is one; two more network runs
    second_look: bool = True  # join what a network says of four views of a photo; three more network runs
    align: bool = True  # undo a small shift between depth and colour if one is evident
    working_size: int = 512  # pixels, longer side of the grid of depth and fusion; 256 for live video
    foreground: bool = True  # estimate the subject's own colour
    matting: MattingOptions = field(default_factory=MattingOptions)

    def __post_init__(self) -> None:
        check_choice("fusion", self.fusion, FUSION_MODES)
        check_choice("depth_probability", self.depth_probability, DEPTH_PROBABILITY_MODES)
        check_choice("people", self.people, PEOPLE)
        check_range("working_size", self.working_size, 64, 2048)
        if self.threshold is not None:
            check_range("threshold", self.threshold, 1e-6, 1 - 1e-6)
        if self.d_max is not None:
            check_range("d_max", self.d_max, 1e-3, 1e4)
        if self.focus is not None:
            _check_focus(self.focus)
        if self.focus is not None and self.people == "all":
            raise ConfigError(f"focus {self.focus} and people 'all' were given; a focus chooses one person: give one")


LIVE = PipelineOptions(working_size=256, check_presence=False, second_look=False, align=False, matting=VIDEO_MATTING)
"""For video: fusion within a few milliseconds. A live camera is calibrated, and its first frames can be checked."""


def _check_focus(focus: tuple[float, float]) -> None:
    if len(focus) != 2 or not all(0 <= value < 1e6 for value in focus):
        raise ConfigError(f"focus is {focus}; expected the x and y of a pixel in the picture")
