"""A maker's own error, told as one of ours with what the user can do about it."""

from rgbd_devices.udev_rules import udev_rules
from rgbd_seg.errors import DeviceDisconnectedError, DeviceError, DeviceTimeoutError

_GONE = ("disconnect", "no device", "no such device", "device is gone", "not connected", "removed", "x_link_error")
_DENIED = (
    "permission",
    "access denied",
    "access_denied",
    "insufficient",
    "not permitted",
    "usb_status_access",
    "eacces",
)
_BUSY = ("busy", "in use", "already open", "already claimed", "failed to set power state", "locked", "already_booted")
_LATE = ("timeout", "timed out", "didn't arrive")


def told(error: Exception, doing: str) -> DeviceError:
    """The error to raise instead of ``error``.

    Args:
        error: what the maker's package raised; libraries differ in types, but all say in words what is wrong.
        doing: what was tried, as in ``cannot open RealSense 0123``.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    words = text.lower()
    if isinstance(error, PermissionError) or any(word in words for word in _DENIED):
        return DeviceError(
            f"{doing}: {text}; you may not use the device: install {udev_rules()} as its first lines say, then plug "
            "the camera in again"
        )
    if any(word in words for word in _BUSY):
        return DeviceError(f"{doing}: {text}; another program uses the camera: close it, then try again")
    if any(word in words for word in _GONE):
        return DeviceDisconnectedError(f"{doing}: {text}; check cable and power, then plug the camera in again")
    if isinstance(error, TimeoutError) or any(word in words for word in _LATE):
        return DeviceTimeoutError(f"{doing}: {text}; check the cable, or choose a smaller or slower stream profile")
    return DeviceError(f"{doing}: {text}")
