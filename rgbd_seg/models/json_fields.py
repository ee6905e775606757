"""Reading a JSON object strictly: wrong types, missing and unknown keys are all refused."""

from typing import TypeVar, cast

from rgbd_seg.errors import ConfigError

_T = TypeVar("_T")


class Fields:
    """The members of one JSON object, taken one by one; :meth:`finish` refuses what nobody asked for."""

    def __init__(self, content: object, where: str) -> None:
        if not isinstance(content, dict):
            raise ConfigError(f"{where} is {_kind(content)}; expected an object in braces")
        self._content = cast(dict[str, object], content)
        self._where = where
        self._taken: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        return self._take(key, str, default)

    def integer(self, key: str, default: int | None = None) -> int:
        return self._take(key, int, default)

    def boolean(self, key: str, default: bool | None = None) -> bool:
        return self._take(key, bool, default)

    def is_section(self, key: str) -> bool:
        return isinstance(self._content.get(key), dict)

    def section(self, key: str) -> "Fields":
        return Fields(self._take(key, dict, None), f"{self._where}.{key}")

    def mapping(self, key: str) -> dict[str, object]:
        """An object that may hold anything, empty if it is not there."""
        return self._take(key, dict, {})

    def triple(self, key: str) -> tuple[float, float, float]:
        values = self._take(key, list, None)
        if len(values) != 3 or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            raise ConfigError(f"{self._where}.{key} is {values}; expected three numbers")
        return float(values[0]), float(values[1]), float(values[2])

    def finish(self) -> None:
        """Refuse keys that were never asked for: a misspelt option must not pass as its default."""
        unknown = sorted(set(self._content) - self._taken)
        if unknown:
            known = ", ".join(sorted(self._taken))
            raise ConfigError(f"{self._where} has the unknown key {', '.join(unknown)}; it may have {known}")

    def _take(self, key: str, kind: type[_T], default: _T | None) -> _T:
        self._taken.add(key)
        if key not in self._content:
            if default is None:
                raise ConfigError(f"{self._where} has no {key!r}; expected {_NAMES[kind]}")
            return default
        value = self._content[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ConfigError(f"{self._where}.{key} is {_kind(value)}; expected {_NAMES[kind]}")
        return value


_NAMES: dict[type, str] = {str: "text", int: "a whole number", bool: "true or false", dict: "an object", list: "a list"}


def _kind(value: object) -> str:
    return "null" if value is None else _NAMES.get(type(value), "a number")
