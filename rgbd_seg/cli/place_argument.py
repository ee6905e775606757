"""``--place FILE@DISTANCE[:h=HEIGHT][:x=X][:y=Y]``: a picture and where it stands."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rgbd_seg.errors import ConfigError

if TYPE_CHECKING:
    from rgbd_seg.effects import PlacedPicture

FORM = "FILE@2.5m, and after it any of :h=0.6m :x=0.4m :y=-0.2m, or in pixels :h=200px :x=320px :y=100px"


def placed_picture_of(text: str) -> "PlacedPicture":
    """What one ``--place`` means: height and place in metres (from the camera's axis) or in pixels of the photo.

    Raises:
        ConfigError: it is not of that form, or mixes metres and pixels in one place.
        FrameError: the file is no picture.
    """
    from rgbd_seg.effects import PlacedPicture
    from rgbd_seg.io.pictures import read_cutout

    file, separator, rest = _parts(text)
    distance, *settings = rest.split(":")
    values = dict(_setting(one, text) for one in settings)
    if not separator or not file or len(values) != len(settings):
        raise _refusal(text)
    metres, unit = _length(distance, text)
    if unit != "m":
        raise _refusal(text)
    picture, alpha = read_cutout(Path(file))
    height = values.get("h")
    return PlacedPicture(
        picture=picture,
        alpha=alpha,
        distance=metres,
        height=height[0] if height and height[1] == "m" else None,
        height_px=height[0] if height and height[1] == "px" else None,
        center=_point(values, "m", text),
        center_px=_point(values, "px", text),
    )


def placed_file(text: str) -> Path:
    """The picture that one ``--place`` names."""
    return Path(_parts(text)[0])


def _parts(text: str) -> tuple[str, str, str]:
    return text.rpartition("@")


def _setting(one: str, text: str) -> tuple[str, tuple[float, str]]:
    name, _, value = one.partition("=")
    if name not in ("h", "x", "y"):
        raise _refusal(text)
    return name, _length(value, text)


def _length(value: str, text: str) -> tuple[float, str]:
    found = re.fullmatch(r"([-+]?(?:\d+\.?\d*|\.\d+))(m|px)", value)
    if found is None:
        raise _refusal(text)
    return float(found[1]), found[2]


def _point(values: dict[str, tuple[float, str]], unit: str, text: str) -> tuple[float, float] | None:
    given = [values[name] for name in ("x", "y") if name in values]
    if len({one[1] for one in given}) > 1 or (unit == "px" and len(given) == 1 and given[0][1] == "px"):
        raise _refusal(text)  # pixels have no middle to start from: both are needed
    if not given or given[0][1] != unit:
        return None
    x, y = (values.get(name, (0.0, unit))[0] for name in ("x", "y"))
    return x, y


def _refusal(text: str) -> ConfigError:
    return ConfigError(f"--place is {text!r}; expected {FORM}")
