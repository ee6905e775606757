"""The first run after installation compiles the inner loops (numba keeps them on disk).

Compiling holds a lock, so a second core helps only as a second process: while the demo compiles registration, this
module, run as ``python -m rgbd_seg.cli.compile_ahead``, compiles matting and effects.
"""

import subprocess
import sys


def start() -> "subprocess.Popen[bytes]":
    """A process that compiles everything but registration; wait for it before those parts are used."""
    command = [sys.executable, "-m", "rgbd_seg.cli.compile_ahead"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Run matting and effects once on a bundled sample with its true depth."""
    from rgbd_seg.cli.demo import effects_of
    from rgbd_seg.frames import RgbdFrame
    from rgbd_seg.pipeline import Pipeline
    from rgbd_seg.samples import load_sample, sample_names
    from rgbd_seg.segmentation import create_segmenter

    sample = load_sample(sample_names()[0])
    frame = RgbdFrame(color=sample.frame.color, depth=sample.true_depth, intrinsics=sample.frame.calibration.color)
    effects_of(frame, Pipeline(create_segmenter("depth-layers")).matte(frame))


if __name__ == "__main__":
    main()
