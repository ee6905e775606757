"""Every error this package raises on purpose.

    RgbdSegError
    ├── ConfigError(ValueError)            an option or argument is wrong
    ├── FrameError(ValueError)             a picture, depth map or file does not hold what it should
    ├── OutputError(OSError)               a result could not be written
    ├── DeviceError(RuntimeError)
    │   ├── DeviceNotFoundError
    │   ├── DeviceTimeoutError(TimeoutError)
    │   ├── DeviceDisconnectedError(ConnectionError)
    │   └── BackendMissingError(ImportError)   an optional package or engine is not there
    ├── CalibrationError(ValueError)
    │   ├── CalibrationFileError           unreadable, damaged or from a newer version
    │   ├── CalibrationMismatchError       made for another image size or camera
    │   └── CalibrationRejectedError       solved, but not good enough to be used
    ├── ModelError(RuntimeError)           a network or its passport is missing, damaged or unfit
    └── StreamClosedError(RuntimeError)

A message says what was found, what was expected, and what to do next.
"""


class RgbdSegError(Exception):
    """Base of every error raised by this package."""


class ConfigError(RgbdSegError, ValueError):
    """An option or argument is outside what is allowed."""


class FrameError(RgbdSegError, ValueError):
    """A picture, depth map or file does not hold what was expected."""


class OutputError(RgbdSegError, OSError):
    """A result could not be written; nothing was left half written."""


class DeviceError(RgbdSegError, RuntimeError):
    """A camera could not be used."""


class DeviceNotFoundError(DeviceError):
    """No such camera, or no such compute device."""


class DeviceTimeoutError(DeviceError, TimeoutError):
    """The camera did not deliver in time."""


class DeviceDisconnectedError(DeviceError, ConnectionError):
    """The camera went away."""


class BackendMissingError(DeviceError, ImportError):
    """An optional package that this call needs is not installed."""


class CalibrationError(RgbdSegError, ValueError):
    """A calibration cannot be used."""


class CalibrationFileError(CalibrationError):
    """A calibration file is unreadable, damaged, or newer than this package."""


class CalibrationMismatchError(CalibrationError):
    """A calibration was made for another image size or another camera."""


class CalibrationRejectedError(CalibrationError):
    """A calibration was solved but is not good enough."""


class ModelError(RgbdSegError, RuntimeError):
    """A network or its passport is missing, damaged or unfit."""


class StreamClosedError(RgbdSegError, RuntimeError):
    """A stream was used after it was closed."""
