"""The first run after installation compiles the inner loops (numba keeps them on disk).

Compiling holds a lock, so a second core helps only as a second process: while the demo compiles registration,
segmentation and the other effects, this module, run as ``python -m rgbd_seg.cli.compile_ahead``, compiles the lens and
matting. Both take about as long.
"""

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rgbd_seg.frames import AlphaMatte, RgbdFrame
    from rgbd_seg.protocols import Segmenter


@contextmanager
def other_half() -> Iterator[None]:
    """Another process compiles while the block runs, which waits for it at its end, or stops it on an error."""
    command = [sys.executable, "-m", "rgbd_seg.cli.compile_ahead"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process, _no_collection():
        try:
            yield
        except BaseException:
            process.terminate()
            raise


@contextmanager
def _no_collection() -> Iterator[None]:
    """A compiler makes many small objects that live: looking for garbage among them takes a tenth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def own_half(segmenter: "Segmenter") -> None:
    """Registration, segmentation and all effects that are not drawn by the lens, once."""
    from rgbd_seg import effects
    from rgbd_seg.foreground import estimate_foreground
    from rgbd_seg.registration import register
    from rgbd_seg.samples import load_sample, sample_names

    segmenter.segment(register(load_sample(sample_names()[0]).frame))
    frame, matte = _example()
    effects.beautify(frame, matte)
    effects.whiten(frame, matte)
    effects.portrait_light(frame, matte, effects.LightOptions(preset="contour"))
    estimate_foreground(frame.color, matte.alpha)
    effects.grayscale(frame, matte)
    effects.replace_background(frame, matte, effects.ReplaceOptions(background=frame.color))


def _example() -> "tuple[RgbdFrame, AlphaMatte]":
    """A bundled sample with its true depth and alpha."""
    from rgbd_seg.frames import AlphaMatte, RgbdFrame
    from rgbd_seg.samples import load_sample, sample_names

    sample = load_sample(sample_names()[0])
    frame = RgbdFrame(color=sample.frame.color, depth=sample.true_depth, intrinsics=sample.frame.calibration.color)
    # The picture stands for the foreground's colours: they are not looked at here.
    return frame, AlphaMatte(alpha=sample.alpha, foreground=sample.frame.color)


def main() -> None:
    """Run the lens and matting once."""
    from rgbd_seg import effects
    from rgbd_seg.matting import refine_alpha

    frame, matte = _example()
    with _no_collection():
        effects.bokeh(frame, matte, effects.BokehOptions(strength=0.7))
        refine_alpha(frame.color, matte.alpha, depth=frame.depth)


if __name__ == "__main__":
    main()
