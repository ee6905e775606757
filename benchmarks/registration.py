"""Registration against librealsense's ``rs.align``: time, and wrong surfaces on scenes whose depth is known.

Run: python benchmarks/registration.py [--pictures FOLDER]
"""

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from realsense_align import RealsenseAlign, load_realsense
from relief import RENDERED, Relief, picture_of, procedural_relief, rendered_relief
from report import median_milliseconds, print_environment, print_table

from rgbd_seg.arrays import Bool, Float32, UInt16
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import BrownConrady, KannalaBrandt
from rgbd_seg.registration import Registration, RegistrationOptions
from rgbd_seg.transform import RigidTransform

WRONG = 0.05  # metres from the truth that count as another surface


def stereo_camera(depth_size: tuple[int, int], color_size: tuple[int, int], baseline: float = 0.0149) -> Calibration:
    """Shaped like a RealSense D435: colour beside the depth camera, narrower, slightly turned."""
    (dw, dh), (cw, ch) = depth_size, color_size
    f_depth, f_color = (385.0 if dw == 640 else 640.0), 920.0 * cw / 1280
    return Calibration(
        color=Intrinsics(width=cw, height=ch, fx=f_color, fy=f_color, cx=cw / 2 + 4.3, cy=ch / 2 - 2.7),
        depth=Intrinsics(width=dw, height=dh, fx=f_depth, fy=f_depth, cx=dw / 2 - 0.7, cy=dh / 2 + 1.2),
        T_color_depth=RigidTransform.from_rotation_vector((0.002, -0.004, 0.003), (baseline, 0.0002, 0.0003)),
        metres_per_unit=0.001,
    )


SIZES = {
    "640×480 → 1280×720": stereo_camera((640, 480), (1280, 720)),
    "1280×720 → 1920×1080": stereo_camera((1280, 720), (1920, 1080)),
}


def scenes() -> dict[str, Relief]:
    """The rendered people where they are on this machine, and always the procedural one."""
    names = sorted(folder.name for folder in RENDERED.iterdir()) if RENDERED.is_dir() else []
    found = {f"rendered {name}": rendered_relief(name) for name in names}
    return {name: relief for name, relief in found.items() if relief} | {"procedural": procedural_relief()}


def measured_by(depth: Float32, calibration: Calibration) -> UInt16:
    """What the sensor would deliver of true depth."""
    return np.nan_to_num(np.rint(depth / calibration.metres_per_unit)).astype(np.uint16)


def views(relief: Relief, calibration: Calibration) -> tuple[UInt16, Float32, Bool]:
    """Raw depth, true depth of the colour camera, and where the depth camera cannot see that truth."""
    to_color = calibration.T_color_depth
    sensed = relief.seen_by(calibration.depth, RigidTransform.identity())
    truth = relief.seen_by(calibration.color, to_color)
    return measured_by(sensed, calibration), truth, true_shadow(truth, sensed, calibration)


def true_shadow(truth: Float32, sensed: Float32, calibration: Calibration) -> Bool:
    """Colour pixels whose true point is hidden from the depth camera or outside its picture."""
    points, known = calibration.color.deproject(calibration.color.pixel_grid(), truth)
    inside = calibration.T_color_depth.inverse().apply(points)
    pixels, valid = calibration.depth.project(inside)
    valid = valid & calibration.depth.contains(np.nan_to_num(pixels, nan=-9))
    u, v = (np.clip(np.rint(np.nan_to_num(pixels[..., k])), 0, n - 1).astype(int) for k, n in
            ((0, calibration.depth.width), (1, calibration.depth.height)))  # fmt: skip
    hidden = sensed[v, u] < inside[..., 2] - WRONG
    return known & (~valid | hidden)


def quality(depth: Float32, truth: Float32, shadow: Bool) -> dict[str, float]:
    """Shares of the picture, in percent."""
    visible, measured = ~shadow & np.isfinite(truth), np.isfinite(depth)
    off = np.abs(depth - truth) > WRONG
    closed = cv2.morphologyEx(measured.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    right = measured & ~off
    return {
        "wrong": 100 * float(np.mean(measured & off)),
        "pin-holes": 100 * float(np.mean(visible & closed & ~measured)),
        "covered": 100 * float(np.mean(measured[visible])),
        "error mm": 1e3 * float(np.median(np.abs(depth - truth)[right])),
    }


def time_table(relief: Relief, peer: object) -> None:
    rows = []
    for name, calibration in SIZES.items():
        raw, _, _ = views(relief, calibration)
        registration = Registration(calibration)
        alone = Registration(calibration, RegistrationOptions(threads=1))
        out = registration(raw)
        contenders = {
            "ours": lambda r=registration, x=raw: r(x),
            "ours, out=": lambda r=registration, x=raw, o=out: r(x, out=o),
            "ours, one thread": lambda r=alone, x=raw, o=out: r(x, out=o),
        }
        if peer is not None:
            align = RealsenseAlign(peer, calibration)
            color = np.zeros((*calibration.color.size, 3), np.uint8)
            frames = align.frames(color, raw)
            contenders["rs.align"] = lambda a=align, f=frames: a(f)
        for lens, bent in lens_variants(calibration).items():
            bent_raw, _, _ = views(relief, bent)
            through_lens = Registration(bent)
            contenders[f"ours, {lens}"] = lambda r=through_lens, x=bent_raw, o=out: r(x, out=o)
        times = median_milliseconds(contenders, rounds=60)
        base = times.get("rs.align", float("nan"))
        rows += [[name, who, value, value / base] for who, value in times.items()]
    print_table(("registration", "who", "median ms", "of rs.align"), rows)


def lens_variants(calibration: Calibration) -> dict[str, Calibration]:
    """The same pair with bent lenses, which rs.align is not asked to honour."""
    rational = BrownConrady((0.09, -0.25, 0.0006, -0.0004, 0.11, 0.02, -0.05, 0.01))
    fisheye = KannalaBrandt((0.02, -0.01, 0.004, -0.001))
    color, depth = calibration.color, calibration.depth
    return {
        "Brown–Conrady colour": replace(calibration, color=replace(color, distortion=rational)),
        "Brown–Conrady both": replace(
            calibration, color=replace(color, distortion=rational), depth=replace(depth, distortion=rational)
        ),
        "fisheye both": replace(
            calibration, color=replace(color, distortion=fisheye), depth=replace(depth, distortion=fisheye)
        ),
    }


def quality_table(peer: object, pictures: Path | None) -> None:
    rows = []
    for scene, relief in scenes().items():
        for name, calibration in SIZES.items():
            raw, truth, shadow = views(relief, calibration)
            depth, dark = Registration(calibration)(raw)
            found = quality(depth, truth, shadow)
            hit = np.mean(shadow[dark]) if dark.any() else 1.0
            kept = np.mean(dark[shadow & np.isnan(depth)]) if (shadow & np.isnan(depth)).any() else 1.0
            rows.append([scene, name, "ours", *found.values(), f"{hit:.3f}", f"{kept:.3f}"])
            if pictures:
                save_pictures(pictures / f"{scene}-{calibration.color.height}".replace(" ", "-"), depth, truth, dark)
            if peer is not None:
                align = RealsenseAlign(peer, calibration)
                frames = align.frames(np.zeros((*calibration.color.size, 3), np.uint8), raw)
                aligned = align(frames).astype(np.float32) * np.float32(calibration.metres_per_unit)
                found = quality(np.where(aligned > 0, aligned, np.nan), truth, shadow)
                rows.append(["", "", "rs.align", *found.values(), "–", "–"])
    header = ("scene", "sizes", "who", "wrong %", "pin-holes %", "covered %", "error mm", "shadow prec.", "recall")
    print_table(header, rows)


def save_pictures(stem: Path, depth: Float32, truth: Float32, dark: Bool) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    picture = picture_of(depth)
    picture[dark] = (0, 0, 255)
    picture[np.abs(depth - truth) > WRONG] = (0, 255, 0)
    cv2.imwrite(f"{stem}.png", picture[..., ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="folder for pictures: red hole, blue shadow, green wrong")
    options = parser.parse_args()
    peer = load_realsense()
    print_environment("numba", *(["pyrealsense2"] if peer is not None else []))
    if peer is None:
        print("pyrealsense2 is not installed: install rgbd-seg[realsense] for the comparison\n")
    relief = rendered_relief("4") or procedural_relief()
    time_table(relief, peer)
    quality_table(peer, options.pictures)


if __name__ == "__main__":
    main()
