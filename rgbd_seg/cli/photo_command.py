"""The options that every photo command has, written once."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from rgbd_seg.cli.photo_job import PhotoJob


def photo_command(command: Callable[..., None]) -> Callable[..., None]:
    """``command(job, …)`` as a Typer command: the fields of `PhotoJob` become its first options."""
    own = inspect.signature(command, eval_str=True).parameters
    shared = _parameters_of(PhotoJob)

    @functools.wraps(command)
    def run(**values: Any) -> None:
        job = PhotoJob(**{name: values.pop(name) for name in shared})
        command(job, **values)

    parameters = [*shared.values(), *(p.replace(kind=p.KEYWORD_ONLY) for p in list(own.values())[1:])]
    del run.__wrapped__  # or Typer would look through to the short signature
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": None}
    return run


def _parameters_of(options: type) -> dict[str, inspect.Parameter]:
    hints = get_type_hints(options, include_extras=True)
    return {
        field.name: inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(options)
    }
