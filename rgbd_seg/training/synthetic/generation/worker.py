"""What runs in every worker process: one scene at a time, encoded."""

import signal
import sys
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

import cv2

from rgbd_seg.child_process import end_with_parent
from rgbd_seg.training.shards import EncodedSample
from rgbd_seg.training.synthetic.generation.options import SynthOptions

if TYPE_CHECKING:
    from rgbd_seg.training.synthetic.generation.scene_samples import Material


def prepare() -> None:
    """Once per process: one thread each, Ctrl-C is the parent's business, and no life without it."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _leave_out_plots()


def _leave_out_plots() -> None:
    """Open3D loads Dash and Plotly for a viewer, half a second in every process: these show nothing to anyone."""
    stand_in = ModuleType("open3d.visualization.draw_plotly")
    for name in ("get_plotly_fig", "draw_plotly", "draw_plotly_server"):
        setattr(stand_in, name, None)
    sys.modules.setdefault(stand_in.__name__, stand_in)


def encoded_scene(options: SynthOptions, scene: int) -> list[EncodedSample]:
    """All samples of one scene as files.

    Renderer and characters are imported here, in the process that needs them: the parent only writes files.
    """
    from rgbd_seg.training.sample_coding import encode
    from rgbd_seg.training.synthetic.generation.clips import clip_samples
    from rgbd_seg.training.synthetic.generation.scene_samples import scene_samples

    make = clip_samples if options.video else scene_samples
    return [(sample.key, encode(sample)) for sample in make(options, material_of(options), scene)]


@lru_cache(maxsize=1)
def material_of(options: SynthOptions) -> "Material":
    """Assets and photographs, opened once per process."""
    from rgbd_seg.training.synthetic.generation.scene_samples import Material
    from rgbd_seg.training.synthetic.makehuman.assets import open_assets
    from rgbd_seg.training.synthetic.places.photographs import find_photographs

    photographs: tuple[str, ...] = ()
    if options.backgrounds is not None:
        photographs = find_photographs(options.backgrounds, held_out=options.held_out)
    return Material(assets=open_assets(options.assets), photographs=photographs)
