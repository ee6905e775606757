"""Rendering many samples: workers, shards, resuming."""

from rgbd_seg.training.synthetic.generation.options import SynthOptions
from rgbd_seg.training.synthetic.generation.run import Progress, generate

__all__ = ["Progress", "SynthOptions", "generate"]
