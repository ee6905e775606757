"""Makes the samples' sensor depth: what a small time-of-flight camera beside the colour camera would deliver.

    python examples/make_sample_data.py RENDERED_FOLDER NAME=SCENE [NAME=SCENE ...]

Reads a rendered scene (``color.png``, ``depth.png`` true z-depth in mm, ``alpha.png``, ``meta.json`` with K) and
writes ``sample_data/NAME/``, then ``manifest.json`` with the hashes. The colour camera's true surface is seen
again from the depth camera's place; what no colour pixel shows is taken from the surface behind. The model is
that of a phone's ToF: every depth pixel is the amplitude-weighted mean of its footprint (flying pixels), noise
grows with distance squared and with darkness, and dark, grazing or mixed pixels are lost.
"""

import hashlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64, UInt8
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady
from rgbd_seg.transform import RigidTransform

SAMPLES = Path(__file__).parents[1] / "sample_data"
FOOTPRINT = 3  # sub-samples across one depth pixel
NOISE_FLOOR, NOISE_PER_METRE_SQUARED = 0.0015, 0.0022  # metres; a phone ToF at 1–3 m


def depth_camera(color: Intrinsics) -> Calibration:
    """A 320×240 (or upright 240×320) ToF camera 25 mm beside the colour camera, its lens a little barrelled."""
    width, height = (320, 240) if color.width > color.height else (240, 320)
    ideal = Intrinsics.from_field_of_view(width, height, 66.0 if width > height else 52.0)
    lens = BrownConrady((-0.06, 0.015, 0.0004, -0.0003, 0.0))
    depth = Intrinsics(
        width=width, height=height, fx=ideal.fx, fy=ideal.fy, cx=ideal.cx + 1.7, cy=ideal.cy - 2.3, distortion=lens
    )
    pose = RigidTransform.from_rotation_vector(np.deg2rad([0.3, -0.5, 0.2]), (0.025, 0.001, 0.002))
    return Calibration(color=color, depth=depth, T_color_depth=pose, metres_per_unit=0.001)


def surface_seen_from(calibration: Calibration, depth: Float32, reflectance: Float32) -> tuple[Float32, Float32]:
    """(h·n, w·n) z-depth and reflectance on the depth camera's sub-sample grid; holes filled from behind."""
    scale = 3  # colour pixels are split so that the sub-sample grid has no gaps
    margin = max(depth.shape) // 4  # the depth camera sees further to the sides: continue the border there
    color = calibration.color.cropped(-margin, -margin, depth.shape[1] + 2 * margin, depth.shape[0] + 2 * margin)
    color = color.resized(color.width * scale, color.height * scale)
    depth, reflectance = (
        cv2.copyMakeBorder(a, margin, margin, margin, margin, cv2.BORDER_REPLICATE) for a in (depth, reflectance)
    )
    # Cubic would overshoot at edges and bilinear bridge them: nearest keeps every surface where it is.
    z = cv2.resize(depth, (color.width, color.height), interpolation=cv2.INTER_NEAREST)
    albedo = cv2.resize(reflectance, (color.width, color.height), interpolation=cv2.INTER_LINEAR)
    points, _ = color.deproject(color.pixel_grid(), z.astype(np.float64))
    points = calibration.T_color_depth.inverse().apply(points).reshape(-1, 3)
    sub = calibration.depth.resized(calibration.depth.width * FOOTPRINT, calibration.depth.height * FOOTPRINT)
    pixels, valid = sub.project(points)
    uv = np.round(pixels[valid]).astype(np.int64)
    inside = (uv[:, 0] >= 0) & (uv[:, 0] < sub.width) & (uv[:, 1] >= 0) & (uv[:, 1] < sub.height)
    index = uv[inside, 1] * sub.width + uv[inside, 0]
    far_first = np.argsort(-points[valid][inside, 2], kind="stable")
    seen = np.full(sub.height * sub.width, np.nan, np.float32)
    seen_albedo = np.full(sub.height * sub.width, np.nan, np.float32)
    seen[index[far_first]] = points[valid][inside, 2][far_first]  # the nearest is written last and stays
    seen_albedo[index[far_first]] = albedo.reshape(-1)[valid][inside][far_first]
    return _filled_from_behind(seen.reshape(sub.size), seen_albedo.reshape(sub.size))


def _filled_from_behind(depth: Float32, albedo: Float32) -> tuple[Float32, Float32]:
    while np.isnan(depth).any():
        known = np.where(np.isnan(depth), -1, depth).astype(np.float32)
        behind = cv2.dilate(known, np.ones((5, 5)))  # the farthest neighbour
        near_albedo = cv2.dilate(np.nan_to_num(albedo, nan=0.0).astype(np.float32), np.ones((5, 5)))
        hole = np.isnan(depth) & (behind > 0)
        depth, albedo = np.where(hole, behind, depth), np.where(hole, near_albedo, albedo)
    return depth, albedo


def measure(
    depth: Float32, albedo: Float32, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[Float64, Float32, Bool]:
    """(h, w) measured metres, confidence in [0, 1], and True where the pixel is lost."""
    h, w = shape
    blocks = depth.reshape(h, FOOTPRINT, w, FOOTPRINT).transpose(0, 2, 1, 3).reshape(h, w, -1).astype(np.float64)
    albedo = albedo.reshape(h, FOOTPRINT, w, FOOTPRINT).transpose(0, 2, 1, 3).reshape(h, w, -1)
    amplitude = np.maximum(albedo, 0.01) / blocks**2
    mixed = (blocks * amplitude).sum(-1) / amplitude.sum(-1)
    strength = amplitude.mean(-1)
    relative = np.clip(strength / np.median(strength), 0.05, 4)
    sigma = (NOISE_FLOOR + NOISE_PER_METRE_SQUARED * mixed**2) / relative**0.35
    correlated = cv2.GaussianBlur(rng.normal(size=shape), (0, 0), 1.2) * 4.2
    measured = mixed + sigma * (0.7 * rng.normal(size=shape) + 0.7 * correlated)
    spread = blocks.max(-1) - blocks.min(-1)
    lost = (relative < 0.08) | (measured <= 0.15) | ((spread > 0.1) & (rng.random(shape) < 0.35))
    lost |= cv2.GaussianBlur(rng.normal(size=shape), (0, 0), 2.5) * 8.9 > 2.8
    confidence = np.clip(relative / (relative + 0.25), 0, 1) * np.exp(-spread / 0.1)
    return measured, confidence.astype(np.float32), lost


def make_sample(scene: Path, target: Path, seed: int) -> None:
    """Write one sample folder."""
    meta = json.loads((scene / "meta.json").read_text())
    color = cv2.imread(str(scene / "color.png"))
    true_depth = cv2.imread(str(scene / "depth.png"), cv2.IMREAD_UNCHANGED).astype(np.float32) / 1000
    K = meta["K"]
    intrinsics = Intrinsics(width=meta["width"], height=meta["height"], fx=K[0][0], fy=K[1][1], cx=K[0][2], cy=K[1][2])
    calibration = depth_camera(intrinsics)
    reflectance = (cv2.cvtColor(color, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255) ** 2.2
    surface, albedo = surface_seen_from(calibration, true_depth, 0.15 + 0.85 * reflectance)
    rng = np.random.default_rng(seed)
    measured, confidence, lost = measure(surface, albedo, calibration.depth.size, rng)
    raw = np.where(lost, 0, np.round(measured / calibration.metres_per_unit)).astype(np.uint16)
    target.mkdir(parents=True, exist_ok=True)
    for name, picture in (
        ("color.png", color),
        ("raw_depth.png", raw),
        ("confidence.png", np.round(np.where(lost, 0, confidence) * 255).astype(np.uint8)),
        ("alpha.png", cv2.imread(str(scene / "alpha.png"), cv2.IMREAD_GRAYSCALE)),
        ("true_depth.png", np.round(true_depth * 1000).astype(np.uint16)),
    ):
        _write_png(target / name, picture)
    calibration.save(target / "calibration.json")


def _write_png(path: Path, picture: UInt8) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def write_manifest() -> None:
    """List every sample file with its SHA-256."""
    files = sorted(path for path in SAMPLES.glob("*/*") if path.suffix in (".png", ".json"))
    hashes = {path.relative_to(SAMPLES).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (SAMPLES / "manifest.json").write_text(json.dumps({"version": 1, "sha256": hashes}, indent=1) + "\n")


if __name__ == "__main__":
    rendered = Path(sys.argv[1])
    for seed, pair in enumerate(sys.argv[2:]):
        name, scene = pair.split("=")
        make_sample(rendered / scene, SAMPLES / name, seed)
    write_manifest()
