"""Network segmenters on colour alone: agreement with truth, how to feed them, false finds, time.

python benchmarks/segmenters.py [--shared ../shared] [--pictures 60]

Truth: Apple's portrait mattes of two phone photos, exact alpha of rendered samples. IoU at 0.5.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from report import median_milliseconds, print_environment, print_table

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import read_photo
from rgbd_seg.models import ModelFolder
from rgbd_seg.preprocessing import Fitting, PreparedPicture
from rgbd_seg.presence import AGREEMENT, person_agreement
from rgbd_seg.segmentation.network import NetworkSegmenter

NETWORKS = ("mediapipe-selfie", "mediapipe-selfie-landscape", "sinet")
PEOPLE = {
    "portraits (interfaces)": "portraits_interfaces",
    "portraits (pif)": "portraits_pif",
    "meetings, groups (18f)": "people_18f",
}
NO_PEOPLE = {
    "textures (dali)": "bg_dali_extra",
    "scenes (coco)": "coco_permissive/background",
    "clothes": "bg_clothing_cc0",
}
Scene = tuple[str, UInt8, Float32]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    parser.add_argument("--pictures", type=int, default=60, help="per folder, for the false finds")
    options = parser.parse_args()
    if not (options.shared / "data").is_dir():
        sys.exit(f"no real data in {options.shared}; give its folder with --shared")
    folder = ModelFolder(options.shared / "weights")
    print_environment("onnxruntime", "opencv-contrib-python")
    networks = {name: folder.find(name) for name in NETWORKS}
    _print_agreement(networks, list(_scenes(options.shared / "data")))
    _print_finds(networks, options.shared / "data", options.pictures)
    _print_times(networks)


def _scenes(data: Path) -> Iterator[Scene]:
    for name in ("standing_man.jpg", "selfie.heic"):
        photo = read_photo(data / "iphone_portraits" / name)
        assert photo.portrait_matte is not None
        yield name, photo.frame.color, photo.portrait_matte
    for folder in sorted((data / "rendered").iterdir(), key=lambda path: int(path.name)):
        color = cv2.cvtColor(cv2.imread(str(folder / "color.png")), cv2.COLOR_BGR2RGB)
        alpha = cv2.imread(str(folder / "alpha.png"), cv2.IMREAD_GRAYSCALE)
        turned = "landscape" if color.shape[1] > color.shape[0] else "portrait"
        yield f"rendered {folder.name}, {turned}", color, (alpha / 255).astype(np.float32)


def _iou(probability: Float32, truth: Float32) -> float:
    found = cv2.resize(probability, truth.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
    person = truth >= 0.5
    return float((found & person).sum() / (found | person).sum())


def _print_agreement(networks: dict, scenes: list[Scene]) -> None:
    print("Agreement with truth (IoU at 0.5) by how the picture is fed\n")
    rows = []
    for name, (passport, path) in networks.items():
        for fit in ("stretch", "letterbox"):
            for turn in (False, True):
                form = replace(passport.input, fit=fit, turn_landscape=turn)
                network = NetworkSegmenter(replace(passport, input=form), path)
                agreement = [
                    _iou(network.segment(RgbdFrame(color=color)).probability, truth) for _, color, truth in scenes
                ]
                chosen = " (passport)" if form == passport.input else ""
                rows.append([f"{name}, {fit}{', landscape turned' if turn else ''}{chosen}", *agreement])
    print_table(["network, feeding", *[name for name, _, _ in scenes]], rows)


def _print_finds(networks: dict, data: Path, count: int) -> None:
    print("Share of pictures where over 1 % is taken for a person: the network alone → with the presence check\n")
    folders = {**PEOPLE, **NO_PEOPLE}
    pictures = {title: _pictures(data / "photos" / folder, count) for title, folder in folders.items()}
    vase = read_photo(data / "iphone_portraits" / "vase_no_person.jpg").frame.color
    rows = []
    for name, (passport, path) in networks.items():
        network = NetworkSegmenter(passport, path)
        row = [name]
        for colors in pictures.values():
            areas = np.array([_areas(network, color) for color in colors])
            row.append(" → ".join(f"{share:.0%}" for share in (areas > 0.01).mean(axis=0)))
        row.append(" → ".join(f"{area:.1%}" for area in _areas(network, vase)))
        rows.append(row)
    titles = [f"{title}, {'people' if title in PEOPLE else 'nobody'}" for title in pictures]
    print_table(["network", *titles, "vase (area)"], rows)


def _pictures(folder: Path, count: int) -> list[UInt8]:
    paths = sorted(path for path in folder.rglob("*.jpg"))
    chosen = paths[:: max(1, len(paths) // count)][:count]
    return [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in chosen]


def _areas(network: NetworkSegmenter, color: UInt8) -> tuple[float, float]:
    """Share of the picture above 0.5, without and with the presence check."""
    probability = network.segment(RgbdFrame(color=color)).probability
    area = float(np.mean(probability > 0.5))
    return area, area if person_agreement(network, RgbdFrame(color=color), probability) >= AGREEMENT else 0.0


def _print_times(networks: dict) -> None:
    print("Time, milliseconds for a 1280×720 frame\n")
    sample = Path(__file__).parents[1] / "sample_data"
    photo = next(iter(sorted(sample.rglob("color.png"))), None)
    color = _frame(photo)
    frame = RgbdFrame(color=color)
    runs = {}
    for name, (passport, path) in networks.items():
        network = NetworkSegmenter(passport, path)
        other = NetworkSegmenter(replace(passport, engine="opencv-dnn"), path)
        fitting = Fitting(width=passport.input.width, height=passport.input.height)
        runs[name, "preprocessing"] = lambda fitting=fitting: PreparedPicture(color).tensor(fitting)
        runs[name, "segment"] = lambda network=network: network.segment(frame)
        runs[name, "segment, engine OpenCV"] = lambda other=other: other.segment(frame)
    times = median_milliseconds({f"{name}|{what}": run for (name, what), run in runs.items()})
    columns = list(dict.fromkeys(what for _, what in runs))
    print_table(["network", *columns], [[n, *[times[f"{n}|{what}"] for what in columns]] for n in networks])


def _frame(photo: Path | None) -> UInt8:
    if photo is None:
        return np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    return cv2.resize(cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB), (1280, 720))


if __name__ == "__main__":
    main()
