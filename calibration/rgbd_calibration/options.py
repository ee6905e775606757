"""How a calibration is solved."""

from dataclasses import dataclass, field

from rgbd_calibration.depth_fit import DepthFitOptions
from rgbd_calibration.lens_model import MODELS, lens_model
from rgbd_seg.options import check_choice, check_range

GEOMETRIES = ("auto", "registered", "planes", "infrared", "none")


@dataclass(frozen=True, kw_only=True)
class SolveOptions:
    """What may be solved for; None means: find out by held-out error."""

    models: tuple[str, ...] = tuple(model.name for model in MODELS)  # lens models to choose from
    bend: bool | None = None  # the board may bow
    square: bool | None = None  # fx = fy
    depth_geometry: str = "auto"  # what ties depth to colour
    depth: DepthFitOptions = field(default_factory=DepthFitOptions)
    correct_depth: bool = True
    fewest_views: int = 6

    def __post_init__(self) -> None:
        for name in self.models:
            lens_model(name)
        check_range("number of models", len(self.models), 1, 100)
        check_choice("depth_geometry", self.depth_geometry, GEOMETRIES)
        check_range("fewest_views", self.fewest_views, 4, 1000)
