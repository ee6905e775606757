"""Pictures and a configuration with which a network learns something within seconds."""

import numpy as np

from rgbd_seg.training.portrait.config import TrainingConfig
from rgbd_seg.training.portrait.packed import SIDE, PackedEntry, PackedPicture


def disc_picture(index: int) -> PackedPicture:
    """A bright disc, nearer than what is behind it, before a dark striped wall."""
    rng = np.random.default_rng(index)
    x, y, r = rng.uniform(80, 176), rng.uniform(80, 176), rng.uniform(40, 70)
    v, u = np.mgrid[:SIDE, :SIDE]
    alpha = np.clip((r - np.hypot(u - x, v - y)) / 2 + 0.5, 0, 1)
    wall = 0.2 + 0.1 * np.sin(u / rng.uniform(3, 20))
    color = np.stack([alpha * level + (1 - alpha) * wall for level in rng.uniform(0.6, 0.95, 3)], axis=-1)
    coverage = np.rint(alpha * 255).astype(np.uint8)
    return PackedPicture(
        entry=PackedEntry(key=f"{index}", group=f"{index}", width=4, height=3, has_depth=index % 2 == 0, exact=True),
        color=(color * 255).astype(np.uint8),
        alpha=coverage,
        people=coverage,
        held=np.zeros_like(coverage),
        unsure=np.zeros_like(coverage),
        depth=np.where(alpha > 0.5, 900, 2500).astype(np.uint16),
    )


def small_config(**run: object) -> TrainingConfig:
    """Sets ``train`` and ``held-out``, one thread, 64 × 64 pixels."""
    return TrainingConfig.from_dict(
        {
            "network": {"size": "tiny"},
            "data": {"train": ["train"], "validate": ["held-out"], "image_size": 64},
            "optimiser": {"warmup_steps": 5, "average": 0.9},
            "run": {"batch": 4, "epochs": 4, "workers": 0, "threads": 1, "validate_every": 4, "precision": "float32"}
            | run,
        }
    )
