"""Optional packages: a camera maker's SDK, PyAV."""

import importlib
from typing import Any

from rgbd_seg.errors import BackendMissingError


def load_backend(module: str, *, package: str, extra: str) -> Any:
    """Import an optional package.

    Args:
        module: its import name.
        package: its name on PyPI.
        extra: of rgbd-seg that installs it.
    Raises:
        BackendMissingError: it is not installed, or does not load on this machine.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] != module.split(".")[0]:
            raise BackendMissingError(f"{package} is installed but lacks the package {error.name}") from error
        raise BackendMissingError(
            f"the package {package} is not installed; install it: pip install 'rgbd-seg[{extra}]'"
        ) from error
    except (ImportError, OSError) as error:
        raise BackendMissingError(f"{package} is installed but does not load: {error}") from error
