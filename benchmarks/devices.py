"""Cameras: a hard life of ten minutes, the clocks' estimator, and the whole pipeline live.

python benchmarks/devices.py soak [--seconds 600] | drift | live [--seconds 20]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from report import print_environment, print_table

from rgbd_devices.camera import DeviceCamera
from rgbd_devices.camera_options import CameraOptions
from rgbd_devices.state_log import StateChange
from rgbd_devices.synchronisation import Synchronisation
from rgbd_devices.synthetic import Faults, SyntheticDevice, SyntheticOptions, Unplug
from rgbd_seg.devices import CameraState, StreamCounts
from rgbd_seg.errors import DeviceTimeoutError

_WARM_UP = 20.0  # seconds before memory is compared


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("soak", "drift", "live"))
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--model", default="auto")
    options = parser.parse_args()
    print_environment("opencv-contrib-python")
    match options.what:
        case "soak":
            soak(options.seconds or 600.0, options.seed)
        case "drift":
            drift()
        case "live":
            live(options.seconds or 20.0, options.model)


def soak(seconds: float, seed: int) -> None:
    """The synthetic camera with random faults, read by an application that is slow now and then."""
    faults = Faults.random(seconds, seed=seed)
    device = SyntheticDevice(SyntheticOptions(size=(240, 320), depth_size=(240, 320), faults=faults, seed=seed))
    changes: list[StateChange] = []
    rng = np.random.default_rng(seed)
    wrong = frames = 0
    early = late = 0
    with DeviceCamera(device, CameraOptions(queue_size=4), on_state=changes.append) as camera:
        start = time.monotonic()
        while (now := time.monotonic() - start) < seconds:
            try:
                frame = camera.read(0.2)
            except DeviceTimeoutError:
                continue
            frames += 1
            wrong += frame.color_sequence != frame.depth_sequence
            if rng.random() < 0.005:
                time.sleep(0.4)  # the reader hesitates: frame sets must be dropped and counted
            if now < _WARM_UP:
                early = _resident()
        late = _resident()
        sync = camera.synchronisation
    statistics = camera.statistics
    uncounted = {name: _uncounted(device, name, getattr(statistics, name)) for name in ("color", "depth")}
    recoveries = _recoveries(device, changes, faults)
    print_table(
        ("measure", "value"),
        (
            ("duration s", f"{seconds:.0f}"),
            ("frame sets read", frames),
            ("frame sets dropped (slow reader), counted", statistics.dropped),
            ("frame sets unaccounted for", statistics.frame_sets - statistics.delivered - statistics.dropped
             - statistics.queued),
            ("colour / depth pictures unaccounted for", f"{uncounted['color']} / {uncounted['depth']}"),
            ("wrong pairs", wrong),
            ("unplugs / stalls injected", f"{sum(isinstance(e, Unplug) for e in faults.events)} / "
             f"{sum(not isinstance(e, Unplug) for e in faults.events)}"),
            ("losses / of these stalls / reconnects", f"{statistics.losses} / {statistics.stalls} / "
             f"{statistics.reconnects}"),
            ("slowest recovery after return s", max(recoveries, default=0.0)),
            ("unplugs not recovered from", sum(r == float("inf") for r in recoveries)),
            ("memory growth MB", (late - early) / 1e6),
            ("measured drift ppm (true +150)", "–" if sync is None else f"{sync.drift_ppm:+.1f}"),
        ),
    )  # fmt: skip
    print(statistics)


def drift() -> None:
    """The estimator after 60 s of frames at 30 per second; 20 seeds each, the worst is shown."""
    rows = []
    for ppm in (150.0, -150.0):
        for jitter in (0.001, 0.003, 0.008):
            errors = np.array([_drift_error(ppm, 0.040, jitter, seed) for seed in range(20)])
            worst = np.abs(errors).max(axis=0)
            rows.append((f"{ppm:+.0f}", "+40", 1e3 * jitter, float(worst[0]), 1e3 * float(worst[1])))
    print_table(
        ("drift ppm", "offset ms", "mean transport jitter ms", "worst drift error ppm", "offset error ms"), rows
    )


def live(seconds: float, model: str) -> None:
    """`rgbd-seg live` with replace at 1280×720, written as H.264."""
    from rgbd_devices.cli.pace import frames_of
    from rgbd_devices.live.effects import live_effect
    from rgbd_devices.live.loop import LiveLoop
    from rgbd_devices.live.video_file import VideoFile
    from rgbd_seg.cli.segmenter import segmenter_of
    from rgbd_seg.pipeline import Pipeline
    from rgbd_seg.pipeline_options import LIVE

    device = SyntheticDevice(SyntheticOptions(size=(720, 1280), depth_size=(480, 640)))
    segmenter = segmenter_of(model)
    effect = live_effect("replace", background=(32, 96, 160), strength=0.5, size=(720, 1280))
    loop = LiveLoop(Pipeline(segmenter, LIVE), effect)
    with tempfile.TemporaryDirectory() as folder, DeviceCamera(device, CameraOptions(queue_size=1)) as camera:
        for _ in range(5):
            loop.picture(camera.read(10))
        busy = time.process_time()
        with VideoFile(Path(folder) / "live.mp4", 30) as sink:
            report = loop.run(frames_of(camera, seconds), sink)
        busy = (time.process_time() - busy) / max(report.frames, 1)
    print_table(
        ("segmenter", "frames per second", "latency median ms", "latency p95 ms", "CPU ms per picture", "load"),
        (
            (
                segmenter.name, report.rate, 1e3 * report.latency_median, 1e3 * report.latency_p95, 1e3 * busy,
                f"{os.getloadavg()[0]:.1f}",
            ),
        ),
    )  # fmt: skip


def _drift_error(ppm: float, offset: float, jitter: float, seed: int) -> tuple[float, float]:
    """Errors of drift (ppm) and offset (s) at the end of 60 s; nothing waits for real time."""
    rng = np.random.default_rng(seed)
    estimator = Synchronisation(trusted=False)
    taken = np.arange(1800) / 30
    color, depth = (taken + 0.004 + rng.exponential(jitter, taken.size) for _ in range(2))
    for t, at_color, at_depth in zip(taken, color, depth, strict=True):
        estimator.add_color(round(1e9 * t), round(1e9 * at_color))
        estimator.add_depth(round(1e9 * (t * (1 + ppm * 1e-6) + offset)), round(1e9 * at_depth))
    report = estimator.report()
    if report is None:
        raise RuntimeError("the estimator has no opinion after 60 s")
    # The report speaks of the latest full second's stamp.
    return report.drift_ppm - ppm, report.offset - (offset + ppm * 1e-6 * report.seconds)


def _uncounted(device: SyntheticDevice, name: str, counts: StreamCounts) -> int:
    """Pictures that were due by the camera's own account, less those that are in the statistics."""
    truth = device.truth[name]
    unexplained = counts.received - counts.paired - counts.unpaired - counts.duplicates - counts.disordered
    unexplained -= counts.malformed + counts.waiting
    due = counts.received - counts.duplicates - counts.disordered + counts.missed
    return abs(truth.handed - counts.received) + abs(truth.due - due) + abs(unexplained)


def _recoveries(device: SyntheticDevice, changes: list[StateChange], faults: Faults) -> list[float]:
    """Seconds from each return of the camera to streaming."""
    back = [device.opened_at + event.at + event.seconds for event in faults.events if isinstance(event, Unplug)]
    streaming = [change.at * 1e-9 for change in changes if change.state is CameraState.STREAMING]
    return [min((at - moment for at in streaming if at >= moment), default=float("inf")) for moment in back]


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
