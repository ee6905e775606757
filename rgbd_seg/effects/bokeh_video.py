"""Bokeh of a stream of frames: depth and focus steady in time."""

from dataclasses import replace

from rgbd_seg.arrays import UInt8
from rgbd_seg.effects.at_once import at_once
from rgbd_seg.effects.bokeh_options import DEFAULT, BokehOptions
from rgbd_seg.effects.disparity_stabiliser import DisparityStabiliser
from rgbd_seg.effects.focus import Focus, find_focus
from rgbd_seg.effects.lens_blur import draw_bokeh, find_disparity, plan_bokeh, prepare_light
from rgbd_seg.frames import AlphaMatte, RgbdFrame, check_pair

_EASE = 0.15  # of the way to where the focus should be, per frame: as a camera's autofocus, without hunting


class BokehVideo:
    """``bokeh`` for the frames of one stream, in order.

        video = BokehVideo(BokehOptions(preset="full-frame-50-f1.4"))
        for frame, matte in stream: show(video(frame, matte))

    Disparity is a running mean wherever nothing moves, and a focus that is found (face, nearest, subject, point)
    glides after what it is on; at a cut, and where depth fails or comes back, both start anew. A distance is followed
    at once, so that a `FocusPull` is exact.
    """

    def __init__(self, options: BokehOptions = DEFAULT) -> None:
        self.options = options
        self._stabiliser = DisparityStabiliser()
        self._focus: Focus | None = None

    def reset(self) -> None:
        """Forget the frames before, as at a cut."""
        self._stabiliser.reset()
        self._focus = None

    def __call__(self, frame: RgbdFrame, matte: AlphaMatte, options: BokehOptions | None = None) -> UInt8:
        """The next frame's picture, (H, W, 3).

        Args:
            options: for this frame and those after it; None: as before.
        Raises:
            as `bokeh`.
        """
        check_pair(frame, matte)
        self.options = options = options or self.options
        if options.strength == 0 and not options.is_physical:
            return frame.color.copy()
        found, light = at_once(lambda: find_disparity(frame, matte), lambda: prepare_light(frame, matte, options))
        disparity = self._stabiliser(found, frame.color)
        # Where disparity starts anew, at a cut or where depth failed, the focus before is of another scene or unit.
        before = None if disparity is found else self._focus
        self._focus = _glide(before, find_focus(frame.size, disparity, options))
        plan = plan_bokeh(frame, matte, options, disparity=disparity, focus=self._focus)
        return draw_bokeh(frame, matte, plan, options, light)


def _glide(before: Focus | None, now: Focus) -> Focus:
    if before is None:
        return now
    subject = before.subject + _EASE * (now.subject - before.subject)
    if now.on == "distance":
        return replace(now, subject=subject)
    return replace(now, disparity=before.disparity + _EASE * (now.disparity - before.disparity), subject=subject)
