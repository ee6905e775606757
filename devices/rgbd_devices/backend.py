"""Optional packages: a camera maker's SDK, PyAV."""

import importlib
from typing import Any

from rgbd_seg.errors import BackendMissingError


def load_backend(module: str, *, package: str, extra: str, install: str | None = None) -> Any:
    """Import an optional package.

    Args:
        module: its import name.
        package: its name on PyPI.
        extra: of rgbd-seg that installs it.
        install: what to say instead of the extra, as ``pip install …``.
    Raises:
        BackendMissingError: it is not installed, or does not load on this machine.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] != module.split(".")[0]:
            raise BackendMissingError(f"{package} is installed but lacks the package {error.name}") from error
        how = install or f"pip install 'rgbd-seg[{extra}]'"
        raise BackendMissingError(f"the package {package} is not installed; install it: {how}") from error
    except (ImportError, OSError) as error:
        raise BackendMissingError(f"{package} is installed but does not load: {error}") from error


def load_av() -> Any:
    """PyAV, of a version that writes attachments and text tracks.

    Raises:
        BackendMissingError: it is not installed, or too old.
    """
    av = load_backend("av", package="av", extra="recording")
    if not hasattr(av.container.OutputContainer, "add_mux_stream"):
        raise BackendMissingError(f"av {av.__version__} is installed, 17 or newer is needed: pip install -U av")
    return av
