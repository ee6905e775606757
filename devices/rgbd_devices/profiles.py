"""The choice of stream profiles."""

from collections.abc import Sequence
from dataclasses import dataclass

from rgbd_seg.devices import StreamProfile
from rgbd_seg.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """One profile for each stream that shall run."""

    color: StreamProfile | None = None
    depth: StreamProfile | None = None
    infrared: StreamProfile | None = None

    @property
    def chosen(self) -> tuple[StreamProfile, ...]:
        """Those that run."""
        return tuple(profile for profile in (self.color, self.depth, self.infrared) if profile is not None)

    @property
    def rate(self) -> float:
        """Frames per second of the slower of colour and depth: that of frame sets."""
        rates = [profile.rate for profile in (self.color, self.depth) if profile is not None]
        return min(rates, default=30.0)


def choose_profiles(
    offered: Sequence[StreamProfile],
    *,
    color: str | None = None,
    depth: str | None = None,
    infrared: str | None = None,
) -> Profiles:
    """The first offered profile of each stream that matches ``WIDTHxHEIGHT[@RATE][/FORMAT]``.

    Without a request colour and depth run as the driver lists them first; infrared runs only if asked for.

    Raises:
        ConfigError: the camera has none such; the message lists those it has.
    """
    return Profiles(
        color=_chosen(offered, "color", color),
        depth=_chosen(offered, "depth", depth),
        infrared=None if infrared is None else _chosen(offered, "infrared", infrared),
    )


def _chosen(offered: Sequence[StreamProfile], stream: str, request: str | None) -> StreamProfile | None:
    of_stream = [profile for profile in offered if profile.stream == stream]
    if request is None:
        return of_stream[0] if of_stream else None
    found = next((profile for profile in of_stream if profile.matches(request)), None)
    if found is None:
        known = ", ".join(str(profile).removeprefix(f"{stream} ") for profile in of_stream) or "no such stream"
        raise ConfigError(f"the camera has no {stream} profile {request}; it offers: {known}")
    return found
