"""The features of a GenICam 3D camera, named by the Standard Features Naming Convention (SFNC 2.7, chapter 3D)."""

from typing import Any

from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import DeviceError
from rgbd_seg.transform import RigidTransform

_MILLIMETRE = 0.001
_USUAL_RATE = 30.0
# Component → pixel formats, the preferred first; the first that the camera takes is used.
_COMPONENTS = {
    "Range": ("Coord3D_C16",),
    "Intensity": ("Mono16", "Mono8"),
    "Confidence": ("Confidence16", "Confidence8"),
}


class GenicamNodes:
    """Wraps a ``NodeMap``."""

    def __init__(self, node_map: Any) -> None:
        self._map = node_map

    def has(self, name: str) -> bool:
        """Whether the camera has this feature."""
        return hasattr(self._map, name)

    def number(self, name: str, otherwise: float | None = None) -> float:
        """Value of a feature.

        Raises:
            DeviceError: the camera lacks it and ``otherwise`` is None.
        """
        if self.has(name):
            return float(getattr(self._map, name).value)
        if otherwise is None:
            raise DeviceError(f"the camera has no feature {name}; expected a time-of-flight camera with 3D features")
        return otherwise

    def has_component(self, name: str) -> bool:
        """Whether the camera sends this kind of picture."""
        return self.has("ComponentSelector") and name in tuple(self._map.ComponentSelector.symbolics)

    def choose_components(self) -> None:
        """Switch on depth, brightness and confidence, depth as z in 16 bits.

        Raises:
            DeviceError: the camera does not send depth in that form.
        """
        if not self.has("ComponentSelector"):  # older firmware: one picture, chosen by the pixel format alone
            self._choose_format("Range")
            return
        for component in tuple(self._map.ComponentSelector.symbolics):
            self._map.ComponentSelector.value = component
            self._map.ComponentEnable.value = component in _COMPONENTS
            if component in _COMPONENTS:
                self._choose_format(component)
        self._map.ComponentSelector.value = "Range"

    def size_and_rate(self) -> tuple[int, int, float]:
        """(width, height, frames per second)."""
        rate = self.number("AcquisitionFrameRate", _USUAL_RATE)
        return int(self.number("Width")), int(self.number("Height")), rate

    def calibration(self) -> Calibration:
        """Of depth; what stands for colour is the brightness in the same grid. These cameras undistort themselves.

        Raises:
            DeviceError: the camera does not tell its optics.
        """
        if self.has("Scan3dCoordinateSelector"):
            self._map.Scan3dCoordinateSelector.value = "CoordinateC"
        width, height, _ = self.size_and_rate()
        focal_length = self.number("Scan3dFocalLength")
        aspect = self.number("Scan3dAspectRatio", 1.0)
        intrinsics = Intrinsics(
            width=width,
            height=height,
            fx=focal_length,
            fy=self.number("Scan3dFocalLengthY", focal_length * aspect),
            cx=self.number("Scan3dPrincipalPointU"),
            cy=self.number("Scan3dPrincipalPointV"),
        )
        return Calibration(
            color=intrinsics,
            depth=intrinsics,
            T_color_depth=RigidTransform.identity(),
            metres_per_unit=self.number("Scan3dCoordinateScale") * _MILLIMETRE,
        )

    def offset_units(self) -> int:
        """What is added to depth's stored values, in units."""
        scale, offset = self.number("Scan3dCoordinateScale"), self.number("Scan3dCoordinateOffset", 0.0)
        return round(offset / scale)

    def invalid_value(self) -> int:
        """The stored value of pixels that were not measured."""
        return int(self.number("Scan3dInvalidDataValue", 0.0))

    def _choose_format(self, component: str) -> None:
        offered = tuple(self._map.PixelFormat.symbolics)
        wanted = next((name for name in _COMPONENTS[component] if name in offered), None)
        if wanted is not None:
            self._map.PixelFormat.value = wanted
        elif component == "Range":
            raise DeviceError(f"the camera sends depth as {', '.join(offered)}; expected Coord3D_C16")
