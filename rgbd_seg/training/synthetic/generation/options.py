"""What a set of rendered samples is made of."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rgbd_seg.errors import ConfigError
from rgbd_seg.options import check_choice, check_range
from rgbd_seg.training.synthetic.composition.presets import preset_named

SPLITS = ("train", "test")
FRAMES_PER_SECOND = 15


@dataclass(frozen=True, kw_only=True)
class SynthOptions:
    """Equal options give equal files, with any number of workers."""

    assets: Path  # MakeHuman's assets, a folder or an archive
    count: int  # samples; frames of clips count
    preset: str = "mixed"
    seed: int = 0
    split: str = "train"  # test: characters, rooms and backgrounds that no training set has
    size: tuple[int, int] = (256, 192)  # longer side first; cameras are upright or wide
    views: int = 8  # pictures of one scene
    video: bool = False  # clips instead of single pictures
    frames: int = 16  # of one clip
    sensor: str | None = None  # kind of depth camera; None: all kinds
    backgrounds: Path | None = None  # a folder of photographs without people
    scenes_per_shard: int = 16
    renderer: str = ""  # what made the pictures, if not this package's own ray caster; sets are not mixed

    def __post_init__(self) -> None:
        check_range("count", self.count, 1, 100_000_000)
        check_range("seed", self.seed, 0, 2**62)
        check_choice("split", self.split, SPLITS)
        preset_named(self.preset)
        check_range("views", self.views, 1, 64)
        check_range("frames", self.frames, 2, 1000)
        check_range("scenes_per_shard", self.scenes_per_shard, 1, 1000)
        if not 32 <= min(self.size) <= max(self.size) <= 4096 or self.size[0] < self.size[1]:
            raise ConfigError(
                f"size is {self.size[0]}×{self.size[1]}; expected 32 to 4096 pixels, the longer side first"
            )
        if self.sensor is not None:
            from rgbd_seg.training.synthetic.sensors import SENSOR_KINDS

            check_choice("sensor", self.sensor, SENSOR_KINDS)

    @property
    def held_out(self) -> bool:
        """Whether scenes come from the half that is never trained on."""
        return self.split == "test" or self.preset == "test"

    @property
    def per_scene(self) -> int:
        """Samples of one scene."""
        return self.frames if self.video else self.views

    @property
    def scenes(self) -> int:
        """How many scenes give ``count`` samples; the last may give fewer."""
        return -(-self.count // self.per_scene)

    @property
    def shards(self) -> int:
        """How many files."""
        return -(-self.scenes // self.scenes_per_shard)

    def samples_of(self, scene: int) -> int:
        """How many samples the scene gives."""
        return min(self.per_scene, self.count - scene * self.per_scene)

    def identity(self) -> dict[str, Any]:
        """All that decides what is in the files, but for how many there are."""
        fields = asdict(self)
        for name in ("assets", "count", "backgrounds"):
            fields.pop(name)
        if not self.renderer:
            fields.pop("renderer")
        return fields | {"size": list(self.size), "backgrounds": self.backgrounds is not None}
