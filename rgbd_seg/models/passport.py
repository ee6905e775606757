"""What must be known about a network file before it may be run."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rgbd_seg.errors import ConfigError, ModelError
from rgbd_seg.models.json_fields import Fields
from rgbd_seg.options import check_choice, check_range

VERSION = 1
FORMATS = ("onnx", "tflite")
ENGINES = ("onnxruntime", "openvino", "opencv-dnn")
LAYOUTS = ("NCHW", "NHWC")
RGBD = "RGBD"  # the portrait network's six: R, G, B, inverse depth, its validity, previous alpha
CHANNELS = ("RGB", "BGR", RGBD)
FITS = ("stretch", "letterbox")
ACTIVATIONS = ("none", "sigmoid", "softmax")
NORMALISATIONS = {
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),  # pixels in [0, 1]
    "signed": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),  # pixels in [−1, 1]
}
Triple = tuple[float, float, float]
_MAX_SIDE = 4096


@dataclass(frozen=True, kw_only=True)
class InputForm:
    """The picture a network expects. Pixels p in [0, 1] become ``(p − mean) / std``, channels in their order."""

    width: int
    height: int
    layout: str = "NCHW"
    channels: str = "RGB"
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    fit: str = "stretch"
    turn_landscape: bool = False  # a picture wider than high is turned by 90° first
    previous_alpha: bool = False  # on video it gains by what it found in the frame before (RGBD only)

    def __post_init__(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if not 1 <= side <= _MAX_SIDE:
                raise ConfigError(f"input {name} is {side}; expected 1 to {_MAX_SIDE} pixels")
        check_choice("input layout", self.layout, LAYOUTS)
        check_choice("input channels", self.channels, CHANNELS)
        check_choice("input fit", self.fit, FITS)
        if self.previous_alpha and self.channels != RGBD:
            raise ConfigError(f"previous_alpha is true, but channels is {self.channels!r}; expected {RGBD!r}")
        if not all(math.isfinite(v) for v in (*self.mean, *self.std)) or min(self.std) <= 0:
            raise ConfigError(f"normalisation is mean {self.mean}, std {self.std}; expected finite, std above 0")


@dataclass(frozen=True, kw_only=True)
class OutputForm:
    """Where in a network's output the person is, and what turns it into a probability."""

    layout: str = "NCHW"
    channel: int = 0
    activation: str = "none"  # "none": it is a probability already

    def __post_init__(self) -> None:
        check_choice("output layout", self.layout, LAYOUTS)
        check_choice("output activation", self.activation, ACTIVATIONS)
        if self.channel < 0:
            raise ConfigError(f"output channel is {self.channel}; expected 0 or above")


def check_name(name: str) -> None:
    """
    Raises:
        ConfigError: it is no short word.
    """
    if not name or any(c in name for c in "/\\ \t\n") or name.startswith((".", "-")):
        raise ConfigError(f"name is {name!r}; expected a short word such as mediapipe-selfie")


@dataclass(frozen=True, kw_only=True)
class Passport:
    """Identity, origin and use of one network file. The sha256 decides which file it is, not its name."""

    name: str
    title: str
    file: str  # usual name of the file
    size_bytes: int
    sha256: str
    licence: str
    source: str  # page that describes the network
    download: str | None  # official address of the file
    format: str
    input: InputForm
    output: OutputForm
    engine: str = "onnxruntime"
    threads: int = 0  # 0: as many as there are cores
    rank: int = 1000  # "auto" takes the lowest that is present
    notes: str = ""
    record: Mapping[str, object] = field(default_factory=dict)  # how it was made: data, seeds, figures, known failures

    def __post_init__(self) -> None:
        check_choice("format", self.format, FORMATS)
        check_choice("engine", self.engine, ENGINES)
        check_range("threads", self.threads, 0, 1024)
        check_name(self.name)
        if not self.file or Path(self.file).name != self.file or self.file in (".", ".."):
            raise ConfigError(f"file is {self.file!r}; expected a file name without a folder")
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise ConfigError(f"sha256 is {self.sha256!r}; expected 64 lower-case hexadecimal digits")
        if self.size_bytes <= 0:
            raise ConfigError(f"size_bytes is {self.size_bytes}; expected the size of the file")
        if self.download is not None and not self.download.startswith(("https://", "http://")):
            raise ConfigError(f"download is {self.download!r}; expected an address that starts with https://")


def load_passport(path: Path) -> Passport:
    """Read a passport file.

    Raises:
        ModelError: it is missing, not JSON, or has unknown, missing or wrong fields; the message says which.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"cannot read the passport {path}: {error}") from error
    return parse_passport(text, str(path))


def parse_passport(text: str, where: str) -> Passport:
    """The passport in a JSON text; ``where`` names it in messages.

    Raises:
        ModelError: as :func:`load_passport`.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ModelError(f"the passport {where} is not JSON: {error}") from error
    try:
        return _passport(Fields(content, "passport"))
    except ConfigError as error:
        raise ModelError(f"the passport {where} is wrong: {error}") from error


def _passport(fields: Fields) -> Passport:
    version = fields.integer("passport")
    if version != VERSION:
        raise ConfigError(f"version is {version}; this package reads version {VERSION}")
    passport = Passport(
        name=fields.text("name"),
        title=fields.text("title", ""),
        file=fields.text("file"),
        size_bytes=fields.integer("size_bytes"),
        sha256=fields.text("sha256"),
        licence=fields.text("licence"),
        source=fields.text("source", ""),
        download=fields.text("download", "") or None,
        format=fields.text("format"),
        input=_input(fields.section("input")),
        output=_output(fields.section("output")),
        engine=fields.text("engine", "onnxruntime"),
        threads=fields.integer("threads", 0),
        rank=fields.integer("rank", 1000),
        notes=fields.text("notes", ""),
        record=fields.mapping("record"),
    )
    fields.finish()
    return passport


def _input(fields: Fields) -> InputForm:
    mean, std = _normalisation(fields)
    form = InputForm(
        width=fields.integer("width"),
        height=fields.integer("height"),
        layout=fields.text("layout"),
        channels=fields.text("channels"),
        mean=mean,
        std=std,
        fit=fields.text("fit", "stretch"),
        turn_landscape=fields.boolean("turn_landscape", False),
        previous_alpha=fields.boolean("previous_alpha", False),
    )
    fields.finish()
    return form


def _normalisation(fields: Fields) -> tuple[Triple, Triple]:
    if not fields.is_section("normalisation"):
        name = fields.text("normalisation")
        check_choice("normalisation", name, tuple(NORMALISATIONS))
        return NORMALISATIONS[name]
    values = fields.section("normalisation")
    mean, std = values.triple("mean"), values.triple("std")
    values.finish()
    return mean, std


def _output(fields: Fields) -> OutputForm:
    form = OutputForm(
        layout=fields.text("layout"), channel=fields.integer("channel"), activation=fields.text("activation")
    )
    fields.finish()
    return form
