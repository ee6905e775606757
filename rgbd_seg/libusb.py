"""libusb-1.0 for packages that expect it from the system and fail to import where it is missing."""

import contextlib
import ctypes


def preload_libusb() -> None:
    """Load the libusb-1.0 that the package ``libusb-package`` carries, if it is installed.

    Open3D and pyrealsense2 are linked against it; a library of that name that is loaded already serves them.
    """
    with contextlib.suppress(ImportError, OSError):
        import libusb_package

        ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)
