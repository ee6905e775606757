"""One RGB-D portrait with its truth: what is rendered, stored, trained on and scored."""

from dataclasses import dataclass, field
from typing import Any

from rgbd_seg.arrays import Bool, Float32, UInt8, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class SensorReading:
    """What a depth camera beside the colour camera measured, in its own grid."""

    kind: str  # tof, active-stereo, structured-light, lidar, apple-disparity
    raw_depth: UInt16  # (h, w) sensor units, 0 = not measured
    confidence: Float32 | None  # (h, w) in [0, 1]
    calibration: Calibration  # as the SDK's user has it: with its error, if one was asked for
    true_calibration: Calibration  # as it really stands
    delay: float = 0.0  # seconds that depth is older than colour


@dataclass(frozen=True, kw_only=True, eq=False)
class PortraitSample:
    """All maps have the colour picture's size (H, W) unless said otherwise.

    Coverage counts what the pixel shows: all roles of a pixel sum to at most 1.
    """

    key: str  # unique in its set
    color: UInt8  # (H, W, 3) RGB
    alpha: Float32  # the front person, held objects included
    depth: Float32 | None = None  # true z-depth in metres, NaN: sky or beyond 32 m
    people: Float32 | None = None  # everyone's coverage
    others: Float32 | None = None  # other people's coverage
    pictured: Float32 | None = None  # posters, screens, mannequins with people on them
    held: Float32 | None = None  # coverage of what the front person holds
    foreground: UInt8 | None = None  # (H, W, 3) the front person's own colour, where alpha > 0
    sensor: SensorReading | None = None
    registered: Float32 | None = None  # sensor depth registered by the SDK: metres, NaN = not measured
    registered_confidence: Float32 | None = None
    registered_shadow: Bool | None = None  # where the depth camera is blind
    flow: Float32 | None = None  # (H, W, 2) to the clip's next frame, pixels (right, down)
    intrinsics: Intrinsics | None = None
    T_camera_world: RigidTransform | None = None
    depth_is_metric: bool = True  # of ``registered``: False for Apple's relative disparity
    unsure: Float32 | None = None  # 1 where the truth is not known (teacher labels): not scored, not trained on
    clip: str | None = None  # key shared by the frames of one clip
    frame_index: int = 0
    tags: dict[str, Any] = field(default_factory=dict)

    def frame(self) -> RgbdFrame:
        """What the SDK's user has: colour and registered sensor depth (true depth where no sensor was simulated)."""
        depth = self.registered if self.registered is not None else self.depth
        return RgbdFrame(
            color=self.color,
            depth=depth,
            confidence=self.registered_confidence if self.registered is not None else None,
            shadow=self.registered_shadow if self.registered is not None else None,
            intrinsics=self.intrinsics,
            depth_is_metric=self.depth_is_metric,
        )
