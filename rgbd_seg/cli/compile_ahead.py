"""The first run after installation compiles the inner loops (numba keeps them on disk).

Compiling holds a lock, so a second core helps only as a second process: while the demo compiles registration and
segmentation, this module, run as ``python -m rgbd_seg.cli.compile_ahead``, compiles effects and matting.
"""

import subprocess
import sys


def start() -> "subprocess.Popen[bytes]":
    """A process that compiles effects and matting; wait for it before those parts are used."""
    command = [sys.executable, "-m", "rgbd_seg.cli.compile_ahead"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Run effects and matting once on a bundled sample with its true depth and alpha."""
    from rgbd_seg.cli.demo import effects_of
    from rgbd_seg.foreground import estimate_foreground
    from rgbd_seg.frames import AlphaMatte, RgbdFrame
    from rgbd_seg.matting import refine_alpha
    from rgbd_seg.samples import load_sample, sample_names

    sample = load_sample(sample_names()[0])
    color = sample.frame.color
    frame = RgbdFrame(color=color, depth=sample.true_depth, intrinsics=sample.frame.calibration.color)
    foreground = estimate_foreground(color, sample.alpha)
    effects_of(frame, AlphaMatte(alpha=sample.alpha, foreground=foreground))
    refine_alpha(color, sample.alpha, depth=sample.true_depth)


if __name__ == "__main__":
    main()
