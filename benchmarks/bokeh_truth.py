"""Bokeh against path-traced pictures of the same scenes through a real thin lens.

A scene is a folder: ``color_lin.npy`` (all sharp, linear light), ``color_z.npy`` (metres), ``alpha.npy``,
``timing.json`` (focus distance, fx) and a truth per lens opening: ``dof_lin.npy`` of the one that ``timing.json``
names, or ``dof50_lin.npy`` for 50 mm. ``dof50_again_lin.npy`` is the same with another seed: the truth's own noise.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from blur_peers import gather, gaussian_blend, opencv_layers, uniform_blur
from picture_quality import psnr, ssim
from report import median_milliseconds, print_table
from tof_simulation import simulate_tof, tof_calibration

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.camera import Intrinsics
from rgbd_seg.effects import BokehOptions, BokehVideo, bokeh
from rgbd_seg.effects.depth_completion import complete
from rgbd_seg.effects.lens import Lens
from rgbd_seg.effects.lens_plan import Sheets
from rgbd_seg.effects.thin_lens import render_linear
from rgbd_seg.frames import AlphaMatte, RawFrame, RgbdFrame
from rgbd_seg.linear_light import WHITE, decode, encode
from rgbd_seg.pipeline import Pipeline
from rgbd_seg.registration import register


@dataclass(frozen=True, eq=False)
class Scene:
    """A scene, and what a lens of one opening makes of it."""

    name: str
    sharp: Float32  # (H, W, 3) linear light
    truth: Float32
    again: Float32 | None  # the truth with another seed
    depth: Float32
    alpha: Float32
    intrinsics: Intrinsics
    aperture: float  # metres
    focus: float  # metres

    @property
    def lens(self) -> Lens:
        """The lens that the truth was rendered with."""
        return Lens(focus_disparity=1 / self.focus, pixels_per_disparity=self.aperture * self.intrinsics.fx)

    @property
    def options(self) -> BokehOptions:
        """The same for the effect: the true lens."""
        return BokehOptions(
            aperture=self.aperture, focus_distance=self.focus, keep_subject_sharp=False, highlights=0
        )  # fmt: skip

    @property
    def white(self) -> float:
        """Light that is white in the 8-bit picture."""
        return float(np.percentile(self.truth, 99))

    @cached_property
    def picture(self) -> UInt8:
        """The all-sharp picture as a camera would store it."""
        return encode(np.asarray(self.sharp / self.white * WHITE, np.float32))

    def sensed(self, seed: int = 0) -> RgbdFrame:
        """What a time-of-flight camera and this product's registration make of it."""
        calibration = tof_calibration(self.intrinsics)
        raw = simulate_tof(self.depth, self.sharp, self.alpha, calibration, seed)
        return register(RawFrame(color=self.picture, raw_depth=raw, calibration=calibration))

    def drawn(self, frame: RgbdFrame, matte: AlphaMatte, options: BokehOptions | None = None) -> Float32:
        """The effect, 8 bits in and out, as linear light."""
        return np.asarray(decode(bokeh(frame, matte, options or self.options)) * (self.white / WHITE), np.float32)


def load_scenes(folder: Path) -> list[Scene]:
    """All scenes and openings below a folder; none if there is none."""
    scenes: list[Scene] = []
    for described in sorted(folder.glob("*/timing.json")):
        scenes += _openings(described)
    return scenes


def _openings(described: Path) -> list[Scene]:
    folder = described.parent
    content = json.loads(described.read_text())
    cameras = content.get("truths") or [one | {"file": "dof_lin.npy"} for one in [content.get("dof_params")] if one]
    if not all((folder / f"{name}.npy").is_file() for name in ("color_lin", "color_z", "alpha")):
        return []
    sharp = _load(folder / "color_lin.npy")
    height, width = sharp.shape[:2]
    scenes = []
    for camera in cameras:
        file = folder / camera["file"]
        if not file.is_file():
            continue
        again = file.with_name(file.name.replace("_lin", "_again_lin"))
        fx = float(camera["fx"])
        scenes.append(
            Scene(
                f"{folder.name}, D = {1e3 * camera['D']:.0f} mm",
                sharp,
                _load(file),
                _load(again) if again.is_file() else None,
                _load(folder / "color_z.npy"),
                np.clip(_load(folder / "alpha.npy"), 0, 1),
                Intrinsics(width=width, height=height, fx=fx, fy=fx, cx=(width - 1) / 2, cy=(height - 1) / 2),
                float(camera["D"]),
                float(camera["zf"]),
            )
        )
    return scenes


def _load(path: Path) -> Float32:
    return np.asarray(np.load(path), np.float32)


def print_quality(scene: Scene, pipeline: Pipeline, rounds: int = 5) -> None:
    """The table of one scene and opening."""
    sharp, alpha, depth = scene.sharp, scene.alpha, scene.depth
    coc = scene.lens.coc_px(np.float32(1) / depth)
    true_frame = RgbdFrame(color=scene.picture, depth=depth, intrinsics=scene.intrinsics)
    matte, sensed = AlphaMatte(alpha=alpha), scene.sensed()
    own = pipeline.matte(sensed)

    def ours(matte: Float32) -> Float32:
        sheets = complete(depth, matte)
        lens = scene.lens
        coc_sheets = Sheets(background=lens.coc_px(sheets.background), subject=lens.coc_px(sheets.subject))
        return render_linear(sharp, matte, coc_sheets, keep_subject_sharp=False)

    methods: dict[str, Callable[[], Float32]] = {
        "no blur": lambda: sharp,
        "one uniform blur": lambda: uniform_blur(sharp, coc),
        "Gaussian blended by alpha": lambda: gaussian_blend(sharp, alpha, coc),
        "per-pixel gather, 16 samples": lambda: gather(sharp, coc, 16),
        "per-pixel gather, 64 samples": lambda: gather(sharp, coc, 64),
        "24 cv2 layers": lambda: opencv_layers(sharp, coc),
        "rgbd-seg, true depth alone": lambda: ours(np.zeros_like(alpha)),
        "rgbd-seg, true depth and alpha": lambda: ours(alpha),
        "rgbd-seg, the same in 8 bits": lambda: scene.drawn(true_frame, matte),
        "rgbd-seg, ToF 320×240, true alpha, 8 bits": lambda: scene.drawn(sensed, matte),
        "rgbd-seg, ToF 320×240, its own alpha, 8 bits": lambda: scene.drawn(sensed, own),
        "rgbd-seg, the same, subject kept sharp": lambda: scene.drawn(
            sensed, own, replace(scene.options, keep_subject_sharp=True)
        ),
    }
    times = median_milliseconds(methods, rounds=rounds, warm_up=1)
    rows: list[list[object]] = []
    behind, edge = alpha < 0.01, (alpha > 0.01) & (alpha < 0.99)
    for name, method in methods.items():
        out = method()
        quality = [psnr(out, scene.truth, where) for where in (None, behind, edge)]
        rows.append([name, *quality, ssim(out, scene.truth), times[name]])
    if scene.again is not None:
        noise = [psnr(scene.again, scene.truth, where) for where in (None, behind, edge)]
        rows.append(["the truth with another seed", *noise, ssim(scene.again, scene.truth), "-"])
    print(f"Scene {scene.name}: disc {coc.min():.1f} to {coc.max():.1f} px, {coc.shape[1]}×{coc.shape[0]}")
    print_table(["method", "PSNR dB", "background", "mixed pixels", "SSIM", "ms"], rows)


def print_highlights(scene: Scene) -> None:
    """What putting clipped light back brings, in a scene with lamps."""
    frame = RgbdFrame(color=scene.picture, depth=scene.depth, intrinsics=scene.intrinsics)
    matte = AlphaMatte(alpha=scene.alpha)
    rows: list[list[object]] = []
    for strength in (0.0, 0.5, 1.0):
        out = scene.drawn(frame, matte, replace(scene.options, highlights=strength))
        bright = scene.truth.max(axis=2) > 0.9 * scene.white
        rows.append([f"highlights {strength:g}", psnr(out, scene.truth), psnr(out, scene.truth, bright)])
    print(f"Highlights, scene {scene.name}: lamps are clipped in the 8-bit picture")
    print_table(["", "PSNR dB", "where the truth is bright"], rows)


def print_flicker(scene: Scene, frames: int = 60, noise: float = 2.0) -> None:
    """A static scene under a noisy camera: how much the background changes from frame to frame."""
    rng = np.random.default_rng(0)
    matte = AlphaMatte(alpha=scene.alpha)
    behind = scene.alpha < 0.01
    sensed_frames = [scene.sensed(seed=k) for k in range(frames)]
    rows: list[list[object]] = []
    for level in (0.0, noise):
        video, last = BokehVideo(scene.options), None
        changes: list[list[float]] = []
        for sensed in sensed_frames:
            noisy = sensed.color + level * rng.normal(size=sensed.color.shape)
            frame = replace(sensed, color=np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
            now = [frame.color, bokeh(frame, matte, scene.options), video(frame, matte)]
            if last is not None:
                pairs = zip(now, last, strict=True)
                changes.append([float(np.abs(a.astype(np.int16) - b)[behind].mean()) for a, b in pairs])
            last = now
        given, single, steady = np.mean(changes, axis=0)
        rows.append([f"σ = {level:g}", given, single, steady, steady / given if given else "-"])
    print(f"Flicker, scene {scene.name}, {frames} frames of a simulated ToF camera: mean absolute change, 8-bit steps")
    print_table(["colour noise", "input", "bokeh", "BokehVideo", "BokehVideo / input"], rows)
