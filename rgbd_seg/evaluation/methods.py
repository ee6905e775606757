"""What is compared: which opinions are heard, and how they are made one."""

from dataclasses import dataclass
from enum import StrEnum

from rgbd_seg.pipeline_options import PipelineOptions


class Stage(StrEnum):
    """Where the answer is taken from the pipeline."""

    FUSED = "fused"  # the probability after fusion, its threshold at 0.5
    ALPHA = "alpha"  # after matting


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way from a network's answer and depth to the subject."""

    name: str
    uses_depth: bool
    fusion: str = "odds"
    depth_probability: str = "layer"
    opinion_only: bool = False  # depth's own opinion is the answer; no opinion counts as background

    def options(self) -> PipelineOptions:
        """The pipeline's options for it."""
        return PipelineOptions(fusion=self.fusion, depth_probability=self.depth_probability, foreground=False)


COLOR_ONLY = Method(name="colour-only", uses_depth=False)
ODDS = Method(name="odds", uses_depth=True)
METHODS = (
    COLOR_ONLY,
    Method(name="depth-only", uses_depth=True, opinion_only=True),
    Method(name="product", uses_depth=True, fusion="product"),
    Method(name="product-normalised", uses_depth=True, fusion="product-normalised"),
    Method(name="product-linear", uses_depth=True, fusion="product", depth_probability="linear"),
    ODDS,
)
"""``product-linear`` is the published product with the published depth probability, 1 − d / d_max."""
OWN = Method(name="own", uses_depth=True)
"""A segmenter that looks at depth itself: its answer is taken as it is."""
