"""What stands behind the colon of a camera's URI: ``path-or-serial?key=value&key=value``."""

from collections.abc import Mapping
from dataclasses import dataclass

from rgbd_seg.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Address:
    """A place and options, as in ``bob?noise=tof&rate=60``."""

    place: str = ""
    options: Mapping[str, str]

    @staticmethod
    def parse(text: str, known: Mapping[str, str]) -> "Address":
        """Split ``text``; options that are not given have the values of ``known``.

        Raises:
            ConfigError: an option is not one of ``known``, or has no value.
        """
        place, _, query = text.partition("?")
        options = dict(known)
        for part in filter(None, query.split("&")):
            key, equals, value = part.partition("=")
            if key not in known or not equals:
                allowed = ", ".join(f"{name}={default}" for name, default in known.items()) or "no options"
                raise ConfigError(f"the address {text!r} holds {part!r}; expected {allowed}")
            options[key] = value
        return Address(place=place, options=options)

    def number(self, key: str) -> float:
        """An option as a number.

        Raises:
            ConfigError: it is none.
        """
        try:
            return float(self.options[key])
        except ValueError as error:
            raise ConfigError(f"{key} is {self.options[key]!r}; expected a number") from error
