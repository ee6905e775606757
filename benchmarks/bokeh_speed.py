"""Speed of bokeh: cost by the width of the disc, beside what people use today, and memory of large photos.

    python benchmarks/bokeh_speed.py [--large]

Every table is measured in turns in one process: where other work shares the machine, read times as ratios. Processor
time is of all threads together; with both cores free it is nearly twice the time on the clock.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from portrait_effects import enlarged
from report import median_milliseconds, print_environment, print_table

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.effects.aperture import DISC, Aperture, disc
from rgbd_seg.effects.depth_completion import complete
from rgbd_seg.effects.lens_blur import BokehOptions, bokeh, plan_bokeh
from rgbd_seg.effects.lens_plan import Sheets
from rgbd_seg.effects.thin_lens import render
from rgbd_seg.frames import STILL, AlphaMatte, RgbdFrame, Timestamp
from rgbd_seg.linear_light import decode, encode
from rgbd_seg.samples import load_sample, sample_names

DIAMETERS = (5, 10, 15, 25, 40, 60)
VIDEO = Timestamp(1, "device")


def scene(height: int, width: int, timestamp: Timestamp) -> tuple[RgbdFrame, AlphaMatte]:
    """Texture on a floor and a wall from 1.5 to 4 m, and a subject of a ninth of the picture at 1.2 m."""
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 250, (height // 8, width // 8, 3), np.uint8)
    color = np.asarray(cv2.resize(texture, (width, height)), np.uint8)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot((y - 0.65 * height) / 1.6, x - width / 2) - 0.2 * min(height, width)
    alpha = np.clip(0.5 - away / (0.01 * height), 0, 1).astype(np.float32)
    color[alpha > 0.5] = (205, 150, 120)
    depth = np.where(alpha > 0.5, 1.2, 4 - 2.5 * y / height).astype(np.float32)
    small = cv2.resize(depth, (640, 640 * height // width), interpolation=cv2.INTER_NEAREST)
    frame = RgbdFrame(color=color, depth=np.asarray(small, np.float32), timestamp=timestamp)
    return frame, AlphaMatte(alpha=alpha, timestamp=timestamp)


def sheets_up_to(frame: RgbdFrame, matte: AlphaMatte, farthest: float) -> Sheets:
    """The scene through a lens that draws its farthest point ``farthest`` pixels wide, the subject sharp."""
    assert frame.depth is not None
    background = complete(frame.depth, matte.alpha).background
    coc = 1 / 1.2 - background
    coc = (coc * (farthest / coc.max())).astype(np.float32)
    return Sheets(background=coc, subject=np.zeros_like(coc))


def gaussian_by_alpha(color: UInt8, alpha: Float32, farthest: float) -> UInt8:
    """One blur of encoded values, blended by alpha: halo included."""
    blurred = cv2.GaussianBlur(color, (0, 0), farthest / 4)
    a = alpha[..., None]
    return np.asarray(color * a + blurred * (1 - a), np.uint8)


def opencv_layers(color: UInt8, alpha: Float32, coc: Float32, layers: int = 12) -> UInt8:
    """Slices of depth through cv2.filter2D, far to near, renormalised."""
    light = decode(color)
    edges = np.linspace(coc.min() - 0.01, coc.max() + 0.01, layers + 1)
    out, total = np.zeros_like(light), np.zeros(coc.shape, np.float32)
    for k in range(layers - 1, -1, -1):
        inside = ((coc >= edges[k]) & (coc < edges[k + 1])).astype(np.float32)
        if not inside.any():
            continue
        kernel = disc(abs(float(edges[k] + edges[k + 1])) / 2)
        cover = np.asarray(cv2.filter2D(inside, -1, kernel), np.float32)[..., None]
        out = out * (1 - cover) + cv2.filter2D(light * inside[..., None], -1, kernel)
        total = total * (1 - cover[..., 0]) + cover[..., 0]
    a = alpha[..., None]
    return encode(np.asarray(light * a + (1 - a) * out / np.maximum(total, 1e-3)[..., None], np.float32))


def gather(color: UInt8, alpha: Float32, coc: Float32, samples: int = 32) -> UInt8:
    """Every pixel takes samples of a disc as wide as its own circle of confusion; depth order is ignored."""
    light, (height, width) = decode(color), coc.shape
    v, u = np.mgrid[:height, :width].astype(np.float32)
    out = np.zeros_like(light)
    for k in range(samples):
        radius, angle = np.sqrt((k + 0.5) / samples) / 2, k * np.pi * (3 - np.sqrt(5))
        x, y = u + coc * np.float32(radius * np.cos(angle)), v + coc * np.float32(radius * np.sin(angle))
        out += cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) / samples
    a = alpha[..., None]
    return encode(np.asarray(light * a + out * (1 - a), np.float32))


def processor_milliseconds(run: Callable[[], object], rounds: int = 9) -> float:
    """Median processor time of all threads."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(1e3 * (time.process_time() - start))
    return statistics.median(times)


def by_width(height: int = 720, width: int = 1280) -> None:
    """Cost of the rendering core by the width of the widest disc, both qualities and the peers."""
    frame, matte = scene(height, width, VIDEO)
    rows = []
    for diameter in DIAMETERS:
        sheets = sheets_up_to(frame, matte, diameter)
        coc = np.asarray(cv2.resize(sheets.background, (width, height)), np.float32)
        runs: dict[str, Callable[[], object]] = {
            quality: lambda q=quality, s=sheets: render(frame.color, matte, s, keep_subject_sharp=True, quality=q)
            for quality in ("live", "photo")
        }
        runs["gaussian"] = lambda d=diameter: gaussian_by_alpha(frame.color, matte.alpha, d)
        runs["layers"] = lambda c=coc: opencv_layers(frame.color, matte.alpha, c)
        runs["gather"] = lambda c=coc: gather(frame.color, matte.alpha, c)
        times = median_milliseconds(runs, rounds=3, warm_up=1)
        used = [processor_milliseconds(runs[name]) for name in ("live", "photo")]
        rows.append([f"{diameter} px", times["live"], used[0], times["photo"], used[1], *list(times.values())[2:]])
    print(f"Rendering core, {width}×{height}, by the widest disc: ms, and ms of processor time of all threads")
    header = [
        "widest disc",
        "live",
        "processor",
        "photo",
        "processor",
        "Gaussian by alpha",
        "12 cv2 layers",
        "gather, 32",
    ]
    print_table(header, rows)


def whole_effect(height: int = 720, width: int = 1280) -> None:
    """`bokeh` from depth to picture."""
    frame, matte = scene(height, width, VIDEO)
    rows = []
    for diameter in (10, 25, 35):
        options = BokehOptions(strength=min(diameter / (0.7 * 0.07 * height), 1))
        run: Callable[[], object] = lambda o=options: bokeh(frame, matte, o)  # noqa: E731
        wall = median_milliseconds({"run": run}, rounds=15)["run"]
        used = processor_milliseconds(run)
        rows.append([f"{diameter} px", wall, used, 2e3 / used])
    print(f"bokeh, all of it, {width}×{height}, live; frames/s if both cores were free")
    print_table(["widest disc", "ms", "processor ms", "frames/s"], rows)


def people(farthest: float = 25, height: int = 720, width: int = 1280) -> None:
    """`bokeh` of the bundled people, enlarged, with depth of every pixel, their farthest point ``farthest`` wide."""
    runs: dict[str, Callable[[], object]] = {}
    for name in sample_names():
        still, found = enlarged(load_sample(name), height, width)
        depth = np.asarray(cv2.resize(still.depth, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)
        frame = RgbdFrame(color=still.color, depth=depth, timestamp=VIDEO)
        matte = AlphaMatte(alpha=found.alpha, foreground=found.foreground, timestamp=VIDEO)
        widest = plan_bokeh(frame, matte, BokehOptions(strength=1)).sheets.background.max()
        options = BokehOptions(strength=min(farthest / float(widest), 1))
        runs[name] = lambda f=frame, m=matte, o=options: bokeh(f, m, o)
    wall = median_milliseconds(runs, rounds=15)
    print(f"bokeh, all of it, {width}×{height}, live, up to {farthest:g} px: the bundled people, ms")
    print_table(list(wall), [list(wall.values())])


def by_aperture(height: int = 720, width: int = 1280) -> None:
    """Cost of the aperture's shape."""
    frame, matte = scene(height, width, VIDEO)
    sheets = sheets_up_to(frame, matte, 25)
    shapes = {
        "disc": DISC,
        "7 blades": Aperture(blades=7),
        "anamorphic 0.5": Aperture(anamorphic=0.5),
        "cat's eye": Aperture(cats_eye=0.8),
    }
    rows = [
        [
            name,
            processor_milliseconds(
                lambda s=shape: render(frame.color, matte, sheets, keep_subject_sharp=True, aperture=s)  # type: ignore[misc]
            ),
        ]
        for name, shape in shapes.items()
    ]
    print(f"Rendering core by aperture, {width}×{height}, 25 px, live: processor ms")
    print_table(["aperture", "processor ms"], rows)


def photo(height: int, width: int) -> list[object]:
    """Time and memory of one large photo."""
    frame, matte = scene(height, width, STILL)
    times, used, peak = [], [], 0
    for _ in range(3):
        # Forget the highest memory use so far, so that only the effect's own is seen.
        Path("/proc/self/clear_refs").write_text("5")
        before = _memory("VmRSS")
        start, start_used = time.perf_counter(), time.process_time()
        bokeh(frame, matte, BokehOptions(strength=0.5))
        times.append(time.perf_counter() - start)
        used.append(time.process_time() - start_used)
        peak = max(peak, _memory("VmHWM") - before)
    return [f"{width}×{height}", statistics.median(times), statistics.median(used), peak / 1024]


def _memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def torch_engine(height: int = 720, width: int = 1280) -> None:
    """The torch engine, where torch is: on the GPU if there is one."""
    try:
        import torch

        from rgbd_seg.effects.torch_lens import TorchLens
    except ImportError:
        print("torch is not installed: its engine is not measured\n")
        return
    device = "cuda" if torch.cuda.is_available() else "cpu"
    size = (2160, 3840) if device == "cuda" else (height, width)
    frame, matte = scene(*size, VIDEO)
    sheets, lens = sheets_up_to(frame, matte, 25 * size[0] / 720), TorchLens(device)
    run = {"torch": lambda: lens.render(frame.color, matte, sheets, keep_subject_sharp=True)}
    wall = median_milliseconds(run, rounds=5, warm_up=2)["torch"]
    ours = render(frame.color, matte, sheets, keep_subject_sharp=True)
    worst = int(np.abs(ours.astype(int) - run["torch"]()).max())
    print(f"torch on {device}, {size[1]}×{size[0]}: {wall:.1f} ms with copies, at most {worst} of 255 from numba\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="also 48 MP")
    arguments = parser.parse_args()
    print_environment("numba", "opencv-contrib-python")
    start = time.perf_counter()
    bokeh(*scene(96, 128, VIDEO))
    print(f"first call, kernels loaded or compiled: {time.perf_counter() - start:.2f} s\n")
    by_width()
    whole_effect()
    people()
    by_aperture()
    torch_engine()
    sizes = [(4032, 3024), (8064, 6048)] if arguments.large else [(4032, 3024)]
    rows = [photo(*size) for size in sizes]
    print("bokeh, strength 0.5, photos: s on the clock, s of processor time, MB over the picture at the peak")
    print_table(["picture", "s", "processor s", "MB"], rows)
    print(f"highest memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
