"""Depth and what goes with it, where a camera delivers them as separate pictures."""

from dataclasses import replace

from rgbd_devices.images import DepthImage
from rgbd_seg.arrays import Float32, UInt16

_MOST_WAITING = 4


class DepthJoin:
    """Puts infrared (and confidence) to the depth of the same exposure, told by a key such as the frame number.

    Depth never waits for long: when the depth after it is complete, or too many wait, it goes without.
    """

    def __init__(self, *, infrared: bool = False, confidence: bool = False) -> None:
        self._wanted = {name for name, is_wanted in (("infrared", infrared), ("confidence", confidence)) if is_wanted}
        self._depths: dict[int, DepthImage] = {}
        self._others: dict[int, dict[str, UInt16 | Float32]] = {}

    def add_depth(self, key: int, image: DepthImage) -> list[DepthImage]:
        """A depth picture; those that are ready, in order."""
        self._depths[key] = image
        return self._ready()

    def add_infrared(self, key: int, infrared: UInt16) -> list[DepthImage]:
        """An infrared picture; depth that is ready now."""
        self._others.setdefault(key, {})["infrared"] = infrared
        return self._ready()

    def add_confidence(self, key: int, confidence: Float32) -> list[DepthImage]:
        """A confidence map; depth that is ready now."""
        self._others.setdefault(key, {})["confidence"] = confidence
        return self._ready()

    def _ready(self) -> list[DepthImage]:
        last = -1  # position of the newest depth that may go; all before it lost their partners on the way
        for position, key in enumerate(self._depths):
            if self._others.get(key, {}).keys() >= self._wanted or len(self._depths) - position > _MOST_WAITING:
                last = position
        ready = [self._joined(key) for key in list(self._depths)[: last + 1]]
        for key in list(self._others)[: -2 * _MOST_WAITING]:  # whose depth never came
            del self._others[key]
        return ready

    def _joined(self, key: int) -> DepthImage:
        image, others = self._depths.pop(key), self._others.pop(key, {})
        fitting = {name: value for name, value in others.items() if value.shape == image.raw_depth.shape}
        return replace(image, **fitting)  # type: ignore[arg-type]
