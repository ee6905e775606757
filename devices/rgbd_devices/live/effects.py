"""The effects that ``live`` offers, by name."""

from rgbd_devices.live.loop import Effect
from rgbd_seg import effects
from rgbd_seg.arrays import UInt8
from rgbd_seg.errors import ConfigError

EFFECTS = ("replace", "blur", "bokeh", "whiten", "grayscale", "beautify")


def live_effect(
    name: str,
    *,
    background: "UInt8 | tuple[int, int, int] | effects.Background | effects.VideoBackground",
    strength: float,
    size: tuple[int, int],
) -> Effect:
    """The effect called ``name``.

    Args:
        background: for ``replace``; prepared once for pictures of ``size`` (H, W), unless it moves.
        strength: 0 to 1, for ``blur`` and ``bokeh``.
    Raises:
        ConfigError: there is no such effect, or the strength is out of range.
    """
    match name:
        case "replace":
            if not isinstance(background, effects.VideoBackground):
                background = effects.Background.prepare(background, size)
            replace = effects.ReplaceOptions(background=background)
            return lambda frame, matte: effects.replace_background(frame, matte, replace)
        case "blur":
            blur = effects.BlurOptions(strength=strength)
            return lambda frame, matte: effects.blur(frame, matte, blur)
        case "bokeh":
            return effects.BokehVideo(effects.BokehOptions(strength=strength))
        case "whiten":
            return effects.whiten
        case "grayscale":
            return effects.grayscale
        case "beautify":
            return effects.beautify
        case _:
            raise ConfigError(f"effect is {name!r}; expected one of {', '.join(EFFECTS)}")
