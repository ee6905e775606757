"""The portraits that come with the package, as a set."""

from collections.abc import Iterator

from rgbd_seg.registration import Registration
from rgbd_seg.samples import load_sample, sample_names
from rgbd_seg.training.portrait_sample import PortraitSample, SensorReading

BUNDLED = "samples"


def bundled_samples() -> Iterator[PortraitSample]:
    """Every bundled sample with its sensor's reading, registered."""
    for name in sample_names():
        sample = load_sample(name)
        raw = sample.frame
        registered = Registration(raw.calibration).register(raw)
        true_depth = sample.true_depth
        true_depth[true_depth <= 0] = float("nan")
        yield PortraitSample(
            key=name,
            color=raw.color,
            alpha=sample.alpha,
            depth=true_depth,
            sensor=SensorReading(
                kind="tof",
                raw_depth=raw.raw_depth,
                confidence=raw.confidence,
                calibration=raw.calibration,
                true_calibration=raw.calibration,
            ),
            registered=registered.depth,
            registered_confidence=registered.confidence,
            registered_shadow=registered.shadow,
            intrinsics=registered.intrinsics,
        )
