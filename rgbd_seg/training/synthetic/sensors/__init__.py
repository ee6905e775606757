"""Depth cameras beside the colour camera: what they would have measured of a scene, flaws included."""

from rgbd_seg.training.synthetic.sensors.apple_disparity import AppleDisparity
from rgbd_seg.training.synthetic.sensors.lidar import PhoneLidar
from rgbd_seg.training.synthetic.sensors.model import SensorModel
from rgbd_seg.training.synthetic.sensors.registering import RegisteredReading, register_reading
from rgbd_seg.training.synthetic.sensors.sampling import SENSOR_KINDS, sample_sensor
from rgbd_seg.training.synthetic.sensors.simulation import simulate
from rgbd_seg.training.synthetic.sensors.time_of_flight import TimeOfFlight
from rgbd_seg.training.synthetic.sensors.triangulation import ActiveStereo, StructuredLight

__all__ = [
    "SENSOR_KINDS",
    "ActiveStereo",
    "AppleDisparity",
    "PhoneLidar",
    "RegisteredReading",
    "SensorModel",
    "StructuredLight",
    "TimeOfFlight",
    "register_reading",
    "sample_sensor",
    "simulate",
]
