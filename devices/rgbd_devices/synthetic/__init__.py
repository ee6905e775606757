"""A camera that exists in software only: a bundled sample in motion, with real sensors' noise and faults on demand.

Public, so that applications can be tested without hardware: ``synthetic:wave?size=1280x720&faults=unplug@5+2``.
"""

from rgbd_devices.synthetic.device import SyntheticDevice
from rgbd_devices.synthetic.driver import SyntheticDriver, driver
from rgbd_devices.synthetic.faults import Faults, Stall, Unplug
from rgbd_devices.synthetic.options import SyntheticOptions

__all__ = ["Faults", "Stall", "SyntheticDevice", "SyntheticDriver", "SyntheticOptions", "Unplug", "driver"]
