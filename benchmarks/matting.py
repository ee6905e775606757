"""Alpha and foreground colour: how near the truth, and how fast, against other ways from the same coarse probability.

    python benchmarks/matting.py

Truth: the bundled samples (rendered, alpha known to the pixel). The probability is the true alpha as a network of
256×256 pixels would give it: soft, without thin hair, its edge displaced by about one of its pixels. Foreground
truth: a known foreground mixed over a known background in linear light with the true alpha, then put over green.
PyMatting's closed form gets the same trimap. Errors are means over the samples, inside the band around the true edge.
"""

import itertools
import time
from collections.abc import Callable

import cv2
import numpy as np
from report import median_milliseconds, print_environment, print_table
from scipy import ndimage

from rgbd_seg.arrays import Bool, Float32, UInt8
from rgbd_seg.foreground import estimate_foreground
from rgbd_seg.linear_light import WHITE, decode, encode
from rgbd_seg.matting import VIDEO_MATTING, find_trimap, refine_alpha
from rgbd_seg.samples import Sample, load_sample, sample_names

Way = Callable[[UInt8, Float32, Float32], Float32]
GREEN = np.array([0, 200, 0], np.uint8)


def simulated_network(alpha: Float32, seed: int) -> Float32:
    """(256, 256) probability: hair lost, edge displaced by a smooth random field of one pixel, softened."""
    random = np.random.default_rng(seed)
    small = cv2.GaussianBlur(cv2.resize(alpha, (256, 256), interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    small = cv2.morphologyEx(small, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    drift = [cv2.GaussianBlur(random.normal(size=(256, 256)).astype(np.float32), (0, 0), 4) for _ in range(2)]
    y, x = np.mgrid[:256, :256].astype(np.float32)
    dx, dy = (field / field.std() for field in drift)
    moved = cv2.remap(small, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft: Float32 = cv2.GaussianBlur(np.clip((moved - 0.5) * 1.8 + 0.5, 0, 1), (0, 0), 0.7)
    return np.clip(soft, 0.001, 0.999)


def edge_band(alpha: Float32) -> Bool:
    """Pixels within about 1 % of the picture's side of the true edge."""
    mixed = ((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8)
    mixed |= cv2.morphologyEx((alpha > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    reach = 2 * max(3, round(max(alpha.shape) * 0.012)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    band: Bool = cv2.dilate(mixed, disc) > 0
    return band


def gradient(alpha: Float32) -> Float32:
    """Gradient magnitude at sigma 1.4, as the Grad metric has it (Rhemann et al., CVPR 2009)."""
    x, y = (ndimage.gaussian_filter(alpha, 1.4, order=order) for order in ((0, 1), (1, 0)))
    return np.hypot(x, y)


def connectivity(alpha: Float32, truth: Float32) -> Float32:
    """How far alpha is from being connected to what both call solid, in steps of 0.1 (Rhemann et al., CVPR 2009)."""
    level = np.full(alpha.shape, -1.0, np.float32)
    steps = np.linspace(0, 1, 11, dtype=np.float32)
    for below, here in itertools.pairwise(steps):
        labels, count = ndimage.label((alpha >= here) & (truth >= here))
        largest = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:]) if count else np.zeros(alpha.shape, bool)
        level[(level == -1) & ~largest] = below
    level[level == -1] = 1

    def part(values: Float32) -> Float32:
        distance = values - level
        return 1 - distance * (distance >= 0.15)

    return np.abs(part(alpha) - part(truth))


def errors(alpha: Float32, truth: Float32) -> list[float]:
    """SAD, MSE, Grad and Conn per band pixel ×1000, error elsewhere ×1000, IoU at 0.5."""
    band = edge_band(truth)
    difference = (alpha - truth).astype(np.float64)
    ours, theirs = alpha > 0.5, truth > 0.5
    return [
        1e3 * float(np.abs(difference)[band].mean()),
        1e3 * float((difference[band] ** 2).mean()),
        1e3 * float(((gradient(alpha) - gradient(truth))[band] ** 2).mean()),
        1e3 * float(connectivity(alpha, truth)[band].mean()),
        1e3 * float(np.abs(difference)[~band].mean()),
        float(np.count_nonzero(ours & theirs) / np.count_nonzero(ours | theirs)),
    ]


def bilinear(color: UInt8, probability: Float32, depth: Float32) -> Float32:
    """The probability enlarged."""
    enlarged: Float32 = cv2.resize(probability, color.shape[1::-1])
    return enlarged


def guided(color: UInt8, probability: Float32, depth: Float32) -> Float32:
    """OpenCV's guided filter on the enlarged probability."""
    smooth: Float32 = cv2.ximgproc.guidedFilter(color, bilinear(color, probability, depth), 8, (0.02 * 255) ** 2)
    return np.clip(smooth, 0, 1)


def closed_form(color: UInt8, probability: Float32, depth: Float32) -> Float32:
    """PyMatting's closed form with our trimap."""
    import pymatting

    trimap = find_trimap(probability, color.shape[:2], depth=depth) / 255.0
    trimap[(trimap > 0) & (trimap < 1)] = 0.5
    return np.asarray(pymatting.estimate_alpha_cf(color / 255.0, trimap), np.float32)


WAYS: dict[str, Way] = {
    "bilinear": bilinear,
    "cv2 guidedFilter": guided,
    "PyMatting closed form": closed_form,
    "rgbd-seg": lambda color, probability, depth: refine_alpha(color, probability, depth=depth),
    "rgbd-seg without depth": lambda color, probability, depth: refine_alpha(color, probability),
    "rgbd-seg video": lambda color, probability, depth: refine_alpha(
        color, probability, depth=depth, options=VIDEO_MATTING
    ),
}


def alpha_quality(samples: list[Sample]) -> None:
    """One row per way: mean errors and seconds over the samples."""
    rows = []
    for name, way in WAYS.items():
        results, seconds = [], []
        for seed, sample in enumerate(samples):
            probability = simulated_network(sample.alpha, seed)
            start = time.perf_counter()
            alpha = way(sample.frame.color, probability, sample.true_depth)
            seconds.append(time.perf_counter() - start)
            results.append(errors(alpha, sample.alpha))
        rows.append([name, *np.mean(results, axis=0).tolist(), 1e3 * float(np.median(seconds))])
    print(f"Alpha against truth, {len(samples)} samples of 640×480, probability of 256×256\n")
    print_table(["way", "SAD", "MSE", "Grad", "Conn", "elsewhere", "IoU", "ms"], rows)


def mixed(front: UInt8, back: UInt8, alpha: Float32) -> UInt8:
    """``front`` over ``back`` in linear light."""
    part = alpha[..., None]
    return encode(decode(front) * part + decode(np.broadcast_to(back, front.shape)) * (1 - part))


def filled(color: UInt8, known: Bool) -> UInt8:
    """Pixels outside ``known`` take the nearest colour inside."""
    rows, columns = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return color[rows, columns]


def foreground_quality(samples: list[Sample]) -> None:
    """Mean colour error over green in the mixed pixels, sRGB steps."""
    import pymatting

    def multilevel(color: UInt8, alpha: Float32) -> UInt8:
        light = pymatting.estimate_foreground_ml(decode(color) / WHITE, alpha.astype(np.float64))
        return encode((np.clip(light, 0, 1) * WHITE).astype(np.float32))

    ways = {
        "the picture itself": lambda color, alpha: color,
        "PyMatting multi-level": multilevel,
        "rgbd-seg": estimate_foreground,
        "rgbd-seg video": lambda color, alpha: estimate_foreground(color, alpha, working_side=320),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for sample, other in zip(samples, samples[1:] + samples[:1], strict=True):
        alpha = sample.alpha
        front = filled(sample.frame.color, alpha > 0.98)
        back = filled(other.frame.color, cv2.dilate(other.alpha, np.ones((9, 9), np.uint8)) < 0.01)
        back = cv2.resize(back, alpha.shape[::-1])
        picture, truth = mixed(front, back, alpha), mixed(front, GREEN, alpha).astype(int)
        band = (alpha > 0.02) & (alpha < 0.98)
        for name, way in ways.items():
            start = time.perf_counter()
            foreground = way(picture, alpha)
            seconds[name].append(time.perf_counter() - start)
            found[name].append(float(np.abs(mixed(foreground, GREEN, alpha) - truth)[band].mean()))
    rows = [[name, float(np.mean(found[name])), 1e3 * float(np.median(seconds[name]))] for name in ways]
    print("Foreground colour: what is seen of the old background over green, mean sRGB steps\n")
    print_table(["way", "colour error", "ms"], rows)


def speed() -> None:
    """Medians for one 12 MP picture and one 1280×720 frame."""
    sample = load_sample("windblown")
    rows = []
    for label, size, options, side, rounds in (
        ("4032×3024", (4032, 3024), None, 512, 5),
        ("1280×720", (1280, 720), VIDEO_MATTING, 320, 60),
    ):
        color = cv2.resize(sample.frame.color, size, interpolation=cv2.INTER_CUBIC)
        probability = simulated_network(sample.alpha, 0)
        chosen = {"options": options} if options else {}
        alpha = refine_alpha(color, probability, depth=sample.true_depth, **chosen)
        contenders: dict[str, Callable[[], object]] = {
            "refine_alpha": lambda c=color, p=probability, o=chosen: refine_alpha(c, p, depth=sample.true_depth, **o),
            "estimate_foreground": lambda c=color, a=alpha, s=side: estimate_foreground(c, a, working_side=s),
            "cv2 guidedFilter": lambda c=color, p=probability: guided(c, p, sample.true_depth),
        }
        times = median_milliseconds(contenders, rounds=rounds)
        rows.append([label, *times.values()])
    print("Time, ms (the first call of an installation compiles for some seconds more)\n")
    print_table(["picture", "refine_alpha", "estimate_foreground", "cv2 guidedFilter alone"], rows)


def main() -> None:
    """Print every table."""
    print_environment("opencv-contrib-python", "numba", "pymatting")
    samples = [load_sample(name) for name in sample_names()]
    for way in WAYS.values():  # compile and load before timing
        way(samples[0].frame.color, simulated_network(samples[0].alpha, 0), samples[0].true_depth)
    alpha_quality(samples)
    foreground_quality(samples)
    speed()


if __name__ == "__main__":
    main()
