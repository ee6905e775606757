"""Typed dataclasses ↔ plain JSON values, strictly by their annotations."""

import dataclasses
import types
import typing
from typing import Any

import numpy as np

from rgbd_calibration.views import View
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationFileError
from rgbd_seg.transform import RigidTransform

_OWN_FORM = (Calibration, View)  # these bring to_dict and from_dict


class ResultCodec:
    """Encodes and decodes the dataclasses of ``result.json``; NaN becomes null."""

    @staticmethod
    def encode_fields(value: Any) -> dict[str, Any]:
        """Every field of a dataclass as plain JSON values."""
        return {field.name: ResultCodec.encode(getattr(value, field.name)) for field in dataclasses.fields(value)}

    @staticmethod
    def encode(value: Any) -> Any:
        """One value as plain JSON values."""
        if isinstance(value, _OWN_FORM):
            return value.to_dict()
        if isinstance(value, RigidTransform):
            return value.matrix().tolist()
        if isinstance(value, np.ndarray):
            return {"shape": list(value.shape), "dtype": str(value.dtype), "data": _finite(value.ravel().tolist())}
        if dataclasses.is_dataclass(value):
            return ResultCodec.encode_fields(value)
        if isinstance(value, tuple):
            return [ResultCodec.encode(item) for item in value]
        if isinstance(value, np.generic):
            return ResultCodec.encode(value.item())
        return _finite([value])[0]

    @staticmethod
    def decode(kind: Any, content: Any) -> Any:
        """The inverse of `encode` for a value annotated ``kind``.

        Raises:
            CalibrationFileError: a field is missing or not of its kind.
        """
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (types.UnionType, typing.Union):
            plain = next(argument for argument in arguments if argument is not type(None))
            return None if content is None else ResultCodec.decode(plain, content)
        if origin is tuple:
            kinds = [arguments[0]] * len(content) if arguments[-1] is Ellipsis else list(arguments)
            return tuple(ResultCodec.decode(k, item) for k, item in zip(kinds, content, strict=True))
        if origin is np.ndarray:
            return _array(content)
        if origin is dict:
            return dict(content)
        if kind in _OWN_FORM:
            return kind.from_dict(content)
        if kind is RigidTransform:
            return RigidTransform.from_matrix(content)
        if dataclasses.is_dataclass(kind):
            return _decode_fields(kind, content)
        if kind is float:
            return float("nan") if content is None else float(content)
        return kind(content)


def _decode_fields(kind: Any, content: Any) -> Any:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    missing = [name for name in names if name not in content]
    if missing:
        raise CalibrationFileError(f"{kind.__name__} lacks {', '.join(missing)}")
    return kind(**{name: ResultCodec.decode(hints[name], content[name]) for name in names})


def _array(content: Any) -> Any:
    values = np.array([np.nan if item is None else item for item in content["data"]], dtype=content["dtype"])
    return values.reshape(content["shape"])


def _finite(values: list[Any]) -> list[Any]:
    # JSON has no NaN or infinity; other readers refuse a file with Python's spelling of them.
    return [None if isinstance(value, float) and not np.isfinite(value) else value for value in values]
