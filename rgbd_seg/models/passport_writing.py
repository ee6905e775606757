"""Passports as files: the inverse of reading them."""

import json
from collections.abc import Mapping
from pathlib import Path

from rgbd_seg.atomic import write_bytes
from rgbd_seg.models.passport import NORMALISATIONS, VERSION, InputForm, Passport


def passport_text(passport: Passport) -> str:
    """The JSON that :func:`rgbd_seg.models.passport.parse_passport` reads."""
    form = passport.input
    content: dict[str, object] = {
        "passport": VERSION,
        "name": passport.name,
        "title": passport.title,
        "file": passport.file,
        "size_bytes": passport.size_bytes,
        "sha256": passport.sha256,
        "licence": passport.licence,
        "source": passport.source,
        "download": passport.download,
        "format": passport.format,
        "engine": passport.engine,
        "threads": passport.threads,
        "rank": passport.rank,
        "input": {
            "width": form.width,
            "height": form.height,
            "layout": form.layout,
            "channels": form.channels,
            "normalisation": _normalisation(form),
            "fit": form.fit,
            "turn_landscape": form.turn_landscape,
            "previous_alpha": form.previous_alpha,
        },
        "output": {
            "layout": passport.output.layout,
            "channel": passport.output.channel,
            "activation": passport.output.activation,
        },
        "notes": passport.notes,
        "record": dict(passport.record),
    }
    return json.dumps({key: value for key, value in content.items() if value is not None}, indent=1, ensure_ascii=False)


def write_passport(passport: Passport, path: Path) -> None:
    """Write the file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    write_bytes(path, (passport_text(passport) + "\n").encode())


def _normalisation(form: InputForm) -> str | Mapping[str, list[float]]:
    name = next((name for name, values in NORMALISATIONS.items() if values == (form.mean, form.std)), None)
    return name or {"mean": list(form.mean), "std": list(form.std)}
