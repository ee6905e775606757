"""Rules about what is delivered: judged from one observation."""

import math
from itertools import combinations

import numpy as np

from rgbd_devices.check.observation import Observation, StreamSeen, checksum
from rgbd_devices.check.subject import Finding, Subject, failed, passed, skipped
from rgbd_devices.images import ColorImage
from rgbd_seg.arrays import Float32, Float64, UInt8, UInt16
from rgbd_seg.calibration import Calibration

_LEAST_FILLED = 0.01
_MOST_SENTINEL = 0.001
_TEMPERATURES = (-40.0, 125.0)  # °C; the industrial range of electronics
_LONGEST_BASELINE = 1.0  # metres between colour and depth camera of one housing


def _seconds(stamps: list[int]) -> Float64:
    """Since the first; nanoseconds since 1970 do not fit a float64."""
    return np.array([(stamp - stamps[0]) * 1e-9 for stamp in stamps], dtype=np.float64)


def check_identity(subject: Subject) -> Finding:
    """Name and serial number are told, and the same camera answers again."""
    info = subject.seen.info
    empty = [name for name in ("driver", "serial", "name") if not getattr(info, name)]
    if empty:
        return failed(f"{', '.join(empty)} of the device's info is empty; expected what tells this camera from others")
    device = subject.make_device()
    try:
        again = device.open()
    finally:
        device.close()
    if again.serial != info.serial:
        return failed(f"serial was {info.serial!r}, then {again.serial!r}; expected the same camera to answer again")
    return passed(f"{info.name}, {info.uri}")


def check_profiles(subject: Subject) -> Finding:
    """Profiles are listed once each, for the streams that the capabilities name."""
    seen = subject.seen
    repeated = len(seen.offered) - len(set(seen.offered))
    if repeated:
        return failed(f"{repeated} profiles are listed twice; expected each once")
    for stream in ("color", "depth"):
        stated = getattr(seen.capabilities, stream)
        if stated != any(profile.stream == stream for profile in seen.offered):
            return failed(f"capabilities say {stream}={stated}, the profiles the contrary; expected them to agree")
    return passed(f"{len(seen.offered)} profiles; running: {', '.join(map(str, seen.profiles.chosen))}")


def check_calibration(subject: Subject) -> Finding:
    """The calibration is of the running profiles, plausible, and survives its file."""
    seen = subject.seen
    calibration = seen.calibration
    for name, profile, camera in (
        ("color", seen.profiles.color, calibration.color),
        ("depth", seen.profiles.depth, calibration.depth),
    ):
        if profile is not None and camera.size != profile.size:
            return failed(
                f"the {name} calibration is for {camera.width}×{camera.height}, the profile is "
                f"{profile.width}×{profile.height}; return the calibration of the profile that was started"
            )
        if not (0 < camera.cx < camera.width and 0 < camera.cy < camera.height):
            return failed(f"{name}'s principal point ({camera.cx:.1f}, {camera.cy:.1f}) lies outside its picture")
    baseline = float(np.linalg.norm(calibration.T_color_depth.translation))
    if baseline > _LONGEST_BASELINE:
        return failed(f"colour and depth are {baseline:.3g} m apart; expected metres: were these millimetres?")
    if Calibration.from_dict(calibration.to_dict()).to_dict() != calibration.to_dict():
        return failed("the calibration changes when it is written and read again")
    return passed(f"baseline {1e3 * baseline:.1f} mm, {calibration.metres_per_unit:g} m per unit")


def check_size(subject: Subject) -> Finding:
    """Arrays are of the types of the contract and of the calibration's sizes."""
    faults = [fault for _, seen, _ in subject.seen.streams() for fault in seen.faults]
    if faults:
        return failed(f"{len(faults)} pictures: {faults[0]}")
    return passed(f"{subject.seen.images} pictures") if subject.seen.images else failed("no picture came at all")


def check_units(subject: Subject) -> Finding:
    """Depth is in the stated unit: its median is a distance that cameras see."""
    seen, options = subject.seen, subject.options
    if not seen.capabilities.depth:
        return skipped("the camera has no depth")
    if not seen.medians:
        return failed("no depth picture held a measurement; aim the camera at a scene 0.5 to 3 m away")
    median = float(np.median(seen.medians))
    if not options.nearest <= median <= options.farthest:
        return failed(
            f"the median depth is {median:.4g} m; expected {options.nearest:g} to {options.farthest:g} m: check "
            f"metres_per_unit (now {seen.calibration.metres_per_unit:g})"
        )
    return passed(f"median {median:.3f} m")


def check_holes(subject: Subject) -> Finding:
    """What is not measured is 0, no other number; confidence is within [0, 1]."""
    seen = subject.seen
    if not seen.capabilities.depth:
        return skipped("the camera has no depth")
    if not seen.filled or float(np.median(seen.filled)) < _LEAST_FILLED:
        return failed("almost every depth pixel is 0; aim the camera at a scene within its range, or look for a fault")
    if seen.sentinel > _MOST_SENTINEL:
        return failed(f"{100 * seen.sentinel:.1f} % of a depth picture is 65535; expected 0 where nothing was measured")
    least, most = seen.confidence_range
    if seen.with_confidence and not (least >= 0 and most <= 1):
        return failed(f"confidence lies in [{least:g}, {most:g}]; expected [0, 1] without NaN")
    return passed(f"{100 * float(np.median(seen.filled)):.0f} % measured")


def check_capabilities(subject: Subject) -> Finding:
    """What the capabilities name is there, and what they do not name is not."""
    seen = subject.seen
    for name, count in (
        ("confidence", seen.with_confidence),
        ("infrared", seen.with_infrared),
        ("temperature", len(seen.temperatures)),
    ):
        stated = getattr(seen.capabilities, name)
        if count not in ((seen.depth_images,) if stated else (0,)):
            return failed(f"capabilities say {name}={stated}; {count} of {seen.depth_images} depth pictures had it")
    outside = [t for t in seen.temperatures if not _TEMPERATURES[0] <= t <= _TEMPERATURES[1]]
    if outside:
        return failed(f"the temperature is {outside[0]:g}; expected °C")
    return passed("as stated")


def check_timestamps(subject: Subject) -> Finding:
    """Timestamps rise in every stream, and are nanoseconds."""
    for name, seen, _ in subject.seen.streams():
        if len(seen.clocks) > 1:
            return failed(f"{name} is stamped by {len(seen.clocks)} clocks: {', '.join(sorted(seen.clocks))}")
        steps = np.diff(_seconds(seen.stamps))
        if (steps <= 0).any():
            return failed(f"{name}: {int((steps <= 0).sum())} timestamps do not rise; expected each after the last")
        if len(seen.stamps) < 3 or not subject.seen.capabilities.live:
            continue
        pace = (seen.stamps[-1] - seen.stamps[0]) / (seen.arrivals[-1] - seen.arrivals[0])
        if not 0.8 < pace < 1.25:
            return failed(f"{name}: a second of the host is {pace:.3g} s of its timestamps; expected nanoseconds")
    clocks = {clock for _, seen, _ in subject.seen.streams() for clock in seen.clocks}
    if subject.seen.capabilities.shared_clock and len(clocks) > 1:
        return failed(
            f"clocks are {', '.join(sorted(clocks))}, yet shared_clock is stated; state it only for one clock"
        )
    return passed(f"clock {', '.join(sorted(clocks))}")


def check_rate(subject: Subject) -> Finding:
    """Pictures come at the profile's rate and at an even pace."""
    if not subject.seen.capabilities.live:
        return skipped("a recording comes as fast as it is read")
    texts = []
    for name, seen, profile in subject.seen.streams():
        if len(seen.stamps) < 5:
            return failed(f"{name}: {len(seen.stamps)} pictures in {subject.options.seconds:g} s")
        steps = np.diff(_seconds(seen.stamps))
        rate, period = 1 / float(np.median(steps)), 1 / profile.rate
        if abs(rate / profile.rate - 1) > subject.options.rate_tolerance:
            return failed(f"{name} comes at {rate:.1f} per second; the profile says {profile.rate:g}")
        # A missing picture is another rule's business: each step is judged by the frames that it spans.
        jitter = float(np.percentile(np.abs(steps - period * _spans(seen, steps * profile.rate)), 95))
        if jitter > subject.options.most_jitter * period:
            return failed(f"{name}: timestamps jitter by {1e3 * jitter:.1f} ms (95 %); stamp by the device's clock")
        came = (len(seen.arrivals) - 1) / max((seen.arrivals[-1] - seen.arrivals[0]) * 1e-9, 1e-9)
        if came < (1 - 2 * subject.options.rate_tolerance) * profile.rate:
            return failed(f"{name}: {came:.1f} pictures per second arrive; the profile says {profile.rate:g}")
        texts.append(f"{name} {rate:.2f}/s, jitter {1e3 * jitter:.1f} ms")
    return passed("; ".join(texts))


def _spans(seen: StreamSeen, frames: Float64) -> Float64:
    """How many frames lie between two pictures: by their numbers, else the nearest whole number."""
    numbers = [number for number in seen.sequences if number is not None]
    if len(numbers) != len(seen.sequences):
        return np.round(frames)
    return np.diff(np.array(numbers, dtype=np.float64))


def check_counting(subject: Subject) -> Finding:
    """A picture that was lost before the host leaves a gap in the sequence numbers."""
    counted = [entry for entry in subject.seen.streams() if entry[1].sequences and entry[1].sequences[0] is not None]
    if not counted:
        return skipped("the camera does not number its pictures: losses inside it cannot be counted")
    gaps = 0
    for name, seen, profile in counted:
        numbers = [number for number in seen.sequences if number is not None]
        if len(numbers) != len(seen.sequences):
            return failed(f"{name}: only some pictures are numbered; expected all or none")
        steps = np.diff(np.array(numbers, dtype=np.float64))
        if (steps <= 0).any():
            return failed(f"{name}: sequence numbers do not rise; expected each after the last")
        frames = np.round(np.diff(_seconds(seen.stamps)) * profile.rate)
        silent = int(np.maximum(frames - steps, 0).sum())
        if silent > 0:
            return failed(
                f"{name}: by the timestamps {silent} pictures are missing that the sequence numbers do not show; "
                "number pictures where they are taken, not where they are handed over"
            )
        gaps += int((steps - 1).sum())
    return passed(f"{gaps} lost before the host, all visible in the sequence numbers")


def check_memory(subject: Subject) -> Finding:
    """Pictures own their memory: those that were kept have not changed, and no two share it."""
    kept = subject.seen.kept
    changed = sum(checksum(image) != on_arrival for image, on_arrival in kept)
    if changed:
        return failed(
            f"{changed} of {len(kept)} kept pictures changed later; copy the SDK's buffers before handing over"
        )
    arrays = [array for image, _ in kept for array in _arrays(image)]
    shared = sum(np.may_share_memory(a, b) for a, b in combinations(arrays, 2))
    if shared:
        return failed(f"{shared} pairs of arrays share memory; copy the SDK's buffers before handing over")
    return passed(f"{len(kept)} pictures kept to the end")


def _arrays(image: object) -> "list[UInt8 | UInt16 | Float32]":
    if isinstance(image, ColorImage):
        return [image.color]
    names = ("raw_depth", "confidence", "infrared")
    return [array for array in (getattr(image, name) for name in names) if array is not None]


def check_loss(subject: Subject) -> Finding:
    """The camera stayed while it was watched, and ``grab`` kept its time limit."""
    seen: Observation = subject.seen
    if seen.lost:
        return failed(f"the camera was lost while it was watched: {seen.lost}")
    if not math.isfinite(seen.longest_grab) or seen.longest_grab > 1.0:
        return failed(f"grab(0.2) took {seen.longest_grab:.1f} s; expected it to return within its time limit")
    return passed(f"the longest grab(0.2) took {seen.longest_grab:.2f} s")
