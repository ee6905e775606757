"""The driver of the synthetic camera."""

from collections.abc import Sequence

from rgbd_devices.driver import Driver
from rgbd_devices.synthetic.device import SyntheticDevice
from rgbd_devices.synthetic.options import SyntheticOptions
from rgbd_seg.devices import DeviceInfo
from rgbd_seg.samples import sample_names


class SyntheticDriver(Driver):
    """One camera for each sample; options follow a question mark (`SyntheticOptions.from_address`)."""

    name = "synthetic"

    def list(self) -> Sequence[DeviceInfo]:
        return [
            DeviceInfo(driver=self.name, serial=sample, name="Synthetic camera", connection="software")
            for sample in sample_names()
        ]

    def device(self, address: str) -> SyntheticDevice:
        return SyntheticDevice(SyntheticOptions.from_address(address))


driver = SyntheticDriver()
