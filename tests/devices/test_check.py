"""The conformance check passes a right driver and fails, for each rule, a driver that is wrong in just that."""

import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rgbd_devices import ColorImage, DepthImage, SyntheticDevice, SyntheticOptions
from rgbd_devices.check import RULES, CheckOptions, Subject, run_check
from rgbd_devices.check.rules import verify
from rgbd_devices.images import Image
from rgbd_devices.profiles import Profiles
from rgbd_seg import Calibration, Timestamp
from rgbd_seg.devices import Capabilities, DeviceInfo, StreamProfile
from rgbd_seg.errors import DeviceDisconnectedError, DeviceError, DeviceNotFoundError, FrameError

RIGHT = SyntheticOptions(size=(48, 64), depth_size=(48, 64), rate=60)
OPTIONS = CheckOptions(seconds=0.5, restarts=4, unplug_seconds=0.3, recovery_seconds=0.8)
BY_NAME = {rule.name: rule for rule in RULES}


class Right(SyntheticDevice):
    """What the wrong ones are made from."""

    def __init__(self) -> None:
        super().__init__(RIGHT)

    def grab(self, timeout: float) -> Sequence[Image]:
        return [self.change(image) for image in super().grab(timeout)]

    def change(self, image: Image) -> Image:
        return image


class SerialChanges(Right):
    numbers = itertools.count()

    def open(self) -> DeviceInfo:
        return replace(super().open(), serial=f"S{next(self.numbers)}")


class NoName(Right):
    def open(self) -> DeviceInfo:
        return replace(super().open(), name="")


class ProfilesTwice(Right):
    def profiles(self) -> Sequence[StreamProfile]:
        return [*super().profiles(), *super().profiles()]


class CalibrationOfAnotherProfile(Right):
    def start(self, profiles: Profiles) -> Calibration:
        calibration = super().start(profiles)
        return replace(calibration, depth=calibration.depth.resized(640, 480))


class PoseInMillimetres(Right):
    def start(self, profiles: Profiles) -> Calibration:
        calibration = super().start(profiles)
        pose = calibration.T_color_depth
        return replace(calibration, T_color_depth=replace(pose, translation=pose.translation * 1000))


class WrongSize(Right):
    def change(self, image: Image) -> Image:
        return replace(image, raw_depth=image.raw_depth[:-1].copy()) if isinstance(image, DepthImage) else image


class Undecodable(Right):
    def change(self, image: Image) -> Image:
        raise FrameError("a picture of 7 bytes does not hold 64×48 pixels")


class WrongType(Right):
    def change(self, image: Image) -> Image:
        return replace(image, color=image.color.astype(np.float32)) if isinstance(image, ColorImage) else image


class WrongUnit(Right):
    def start(self, profiles: Profiles) -> Calibration:
        return replace(super().start(profiles), metres_per_unit=0.1)


class HolesAre65535(Right):
    def change(self, image: Image) -> Image:
        if isinstance(image, DepthImage):
            image.raw_depth[:4] = 65535
        return image


class ConfidenceInPercent(Right):
    def change(self, image: Image) -> Image:
        if isinstance(image, DepthImage):
            return replace(image, confidence=image.confidence * np.float32(100))
        return image


class ConfidenceIsNan(Right):
    def change(self, image: Image) -> Image:
        if isinstance(image, DepthImage):
            image.confidence[0, 0] = np.nan
        return image


class ConcealsConfidence(Right):
    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, confidence=False)


class PromisesInfrared(Right):
    def change(self, image: Image) -> Image:
        return replace(image, infrared=None) if isinstance(image, DepthImage) else image


class TimestampsStandStill(Right):
    def change(self, image: Image) -> Image:
        return replace(image, timestamp=Timestamp(image.timestamp.nanoseconds // 10**8 * 10**8, "device"))


class TimestampsInMicroseconds(Right):
    def change(self, image: Image) -> Image:
        return replace(image, timestamp=Timestamp(image.timestamp.nanoseconds // 1000, "device"))


class TwoClocksCalledOne(Right):
    def change(self, image: Image) -> Image:
        clock = "color" if isinstance(image, ColorImage) else "depth"
        return replace(image, timestamp=Timestamp(image.timestamp.nanoseconds, clock))


class HalfTheRate(Right):
    def change(self, image: Image) -> Image:
        return image

    def grab(self, timeout: float) -> Sequence[Image]:
        return [image for image in super().grab(timeout) if image.sequence % 2 == 0]


class JitteryStamps(Right):
    def change(self, image: Image) -> Image:
        # Stamped on arrival by a busy host: up to 14 of 16.7 ms late.
        late = 14_000_000 * (image.sequence % 4 == 0)
        return replace(image, timestamp=Timestamp(image.timestamp.nanoseconds + late, "device"))


class NumbersOnlyWhatItHandsOver(Right):
    def __init__(self) -> None:
        super().__init__()
        self._handed = {ColorImage: itertools.count(), DepthImage: itertools.count()}

    def grab(self, timeout: float) -> Sequence[Image]:
        kept = [image for image in super().grab(timeout) if image.sequence % 7]
        return [replace(image, sequence=next(self._handed[type(image)])) for image in kept]


class SameBuffer(Right):
    def __init__(self) -> None:
        super().__init__()
        self._buffer = np.zeros((48, 64, 3), np.uint8)

    def change(self, image: Image) -> Image:
        if not isinstance(image, ColorImage):
            return image
        self._buffer[:] = image.color
        return replace(image, color=self._buffer)


class RingOfBuffers(Right):
    """Views into a pool, as SDKs have it: overwritten four pictures later."""

    def __init__(self) -> None:
        super().__init__()
        self._ring = np.zeros((4, 48, 64), np.uint16)

    def change(self, image: Image) -> Image:
        if not isinstance(image, DepthImage):
            return image
        slot = self._ring[image.sequence % 4]
        slot[:] = image.raw_depth
        return replace(image, raw_depth=slot)


class IgnoresTheTimeLimit(Right):
    def grab(self, timeout: float) -> Sequence[Image]:
        time.sleep(1.1)
        return super().grab(timeout)


class GoesAway(Right):
    def change(self, image: Image) -> Image:
        if image.sequence > 10:
            raise DeviceDisconnectedError("loose contact")
        return image


class DepthStampsOfAnotherClock(Right):
    def change(self, image: Image) -> Image:
        if isinstance(image, DepthImage):
            return replace(image, timestamp=Timestamp(image.timestamp.nanoseconds + 10**12, "device"))
        return image


class DiesOfASlowReader(Right):
    """Its clock starts anew every eight pictures, so that nothing after them can be put in order."""

    def change(self, image: Image) -> Image:
        return replace(image, timestamp=Timestamp(10**9 + image.sequence % 8 * 10**6, "device"), sequence=None)


class HangsOnClose(Right):
    def grab(self, timeout: float) -> Sequence[Image]:
        time.sleep(3)
        return ()


class OpensOnce(Right):
    opened = False

    def open(self) -> DeviceInfo:
        if type(self).opened:
            raise DeviceError("busy: someone did not let go of it")
        type(self).opened = True
        return super().open()


class LeavesThreads(Right):
    def close(self) -> None:
        super().close()
        threading.Thread(target=time.sleep, args=(3,), daemon=True).start()


class NoticesNothing(Right):
    """Its SDK goes on repeating the last picture."""

    def simulate_unplug(self, seconds: float) -> None:
        return


class DoesNotComeBack(Right):
    gone = False

    def simulate_unplug(self, seconds: float) -> None:
        super().simulate_unplug(seconds)
        self.gone = True

    def open(self) -> DeviceInfo:
        if self.gone:
            raise DeviceNotFoundError("another port, another name")
        return super().open()


class Leaks(Right):
    def __init__(self) -> None:
        super().__init__()
        self._kept: list[bytes] = []

    def change(self, image: Image) -> Image:
        self._kept.append(bytes(bytearray(b"\1") * 1_000_000))
        return image


class RaisesItsSdksErrors(Right):
    def start(self, profiles: Profiles) -> Calibration:
        raise OSError(5, "Input/output error")


WRONG = [
    ("identity", SerialChanges, "the same camera"),
    ("identity", NoName, "name of the device's info is empty"),
    ("profiles", ProfilesTwice, "listed twice"),
    ("calibration", CalibrationOfAnotherProfile, "640×480, the profile is 64×48"),
    ("calibration", PoseInMillimetres, "millimetres"),
    ("size", WrongSize, "shape (47, 64)"),
    ("size", WrongType, "float32"),
    ("size", Undecodable, "does not hold 64×48"),
    ("units", WrongUnit, "metres_per_unit"),
    ("holes", HolesAre65535, "65535"),
    ("holes", ConfidenceInPercent, "[0, 1]"),
    ("holes", ConfidenceIsNan, "nan"),
    ("capabilities", ConcealsConfidence, "confidence=False"),
    ("capabilities", PromisesInfrared, "infrared=True"),
    ("timestamps", TimestampsStandStill, "do not rise"),
    ("timestamps", TimestampsInMicroseconds, "nanoseconds"),
    ("timestamps", TwoClocksCalledOne, "shared_clock"),
    ("rate", HalfTheRate, "the profile says 60"),
    ("rate", JitteryStamps, "jitter"),
    ("counting", NumbersOnlyWhatItHandsOver, "sequence numbers do not show"),
    ("memory", SameBuffer, "copy the SDK's buffers"),
    ("memory", RingOfBuffers, "copy the SDK's buffers"),
    ("loss", IgnoresTheTimeLimit, "grab(0.2) took"),
    ("loss", GoesAway, "loose contact"),
    ("pairing", DepthStampsOfAnotherClock, "shared_clock=False"),
    ("drops", DiesOfASlowReader, "out of order"),
    ("close", HangsOnClose, "close"),
    ("restart", OpensOnce, "start number 2 failed: busy"),
    ("restart", LeavesThreads, "more threads"),
    ("unplug", NoticesNothing, "not noticed"),
    ("unplug", DoesNotComeBack, "not back"),
    ("leak", Leaks, "memory grew"),
    ("size", RaisesItsSdksErrors, "OSError escaped"),
]


def test_a_right_driver_passes_every_rule():
    told = []
    report = run_check(Subject(Right, OPTIONS), lambda rule, finding: told.append(rule.name))
    assert report.passed, report.to_dict()
    assert told == [rule.name for rule in RULES]
    assert {finding.verdict for finding in report.findings.values()} == {"pass"}


@pytest.mark.parametrize(("rule", "driver", "text"), WRONG, ids=[driver.__name__ for _, driver, _ in WRONG])
def test_a_wrong_driver_fails_its_rule(rule, driver, text):
    finding = verify(BY_NAME[rule], Subject(driver, OPTIONS))
    assert finding.verdict == "fail", finding
    assert text in finding.text


def test_every_rule_has_its_wrong_driver():
    assert {rule for rule, _, _ in WRONG} == set(BY_NAME)


def test_a_recording_is_not_asked_for_pace_and_return():
    options = replace(RIGHT, realtime=False, frames=200)
    report = run_check(Subject(lambda: SyntheticDevice(options), replace(OPTIONS, restarts=2)))
    assert report.passed, report.to_dict()
    assert report.findings["rate"].verdict == "skip"


def test_a_camera_that_is_not_there_is_no_sheet_but_an_error():
    class Absent(Right):
        def open(self) -> DeviceInfo:
            raise DeviceNotFoundError("not connected")

    with pytest.raises(DeviceNotFoundError, match="not connected"):
        run_check(Subject(Absent, OPTIONS))


def test_the_pytest_plugin_runs_one_test_for_each_rule(pytester_folder: Path):
    import subprocess
    import sys

    (pytester_folder / "test_camera.py").write_text("def test_camera(camera_rule):\n    camera_rule()\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "size or units", "--camera",
         "synthetic:wave?size=64x48&depth_size=64x48", "--camera-seconds", "0.5"],
        cwd=pytester_folder, capture_output=True, text=True,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.fixture
def pytester_folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path
