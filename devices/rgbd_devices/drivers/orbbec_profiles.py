"""What an Orbbec camera can stream."""

from typing import Any

from rgbd_seg.devices import StreamProfile

# Stream → (the SDK's sensor, its formats that are decoded → ours), the cheapest first.
_SENSORS = {
    "color": ("COLOR_SENSOR", {"RGB": "rgb8", "BGR": "bgr8", "MJPG": "mjpeg", "YUYV": "yuyv", "NV12": "nv12"}),
    "depth": ("DEPTH_SENSOR", {"Y16": "z16", "Z16": "z16"}),
    "infrared": ("IR_SENSOR", {"Y16": "y16", "Y8": "y8"}),
}
_WANTED_RATE = 30


def offered_profiles(sdk: Any, pipeline: Any, device: Any) -> list[tuple[StreamProfile, Any]]:
    """Ours and theirs, the camera's default of each stream first."""
    there = device.get_sensor_list()
    kinds = [there.get_type_by_index(index) for index in range(there.get_count())]
    offers: list[tuple[StreamProfile, Any]] = []
    for stream, (sensor_name, formats) in _SENSORS.items():
        sensor = getattr(sdk.OBSensorType, sensor_name)
        if sensor not in kinds:
            continue
        found = pipeline.get_stream_profile_list(sensor)
        default = found.get_default_video_stream_profile()
        of_stream = []
        for index in range(found.get_count()):
            theirs = found.get_stream_profile_by_index(index).as_video_stream_profile()
            pixel_format = formats.get(format_name(theirs.get_format()))
            if pixel_format is not None:
                of_stream.append((_profile(stream, theirs, pixel_format), theirs))
        default_size = (default.get_width(), default.get_height())
        preference = list(dict.fromkeys(formats.values()))
        of_stream.sort(
            key=lambda offer: (
                (offer[0].width, offer[0].height) != default_size,
                offer[0].rate != _WANTED_RATE,
                preference.index(offer[0].format),
            )
        )
        offers += of_stream
    return offers


def format_name(pixel_format: Any) -> str:
    """``OBFormat.MJPG`` → ``MJPG``."""
    return str(pixel_format).rpartition(".")[2]


def decoded_as(stream: str, pixel_format: Any) -> str:
    """Our name of a format of this stream; the SDK's, if it is not one that is decoded."""
    name = format_name(pixel_format)
    return _SENSORS[stream][1].get(name, name)


def _profile(stream: str, theirs: Any, pixel_format: str) -> StreamProfile:
    return StreamProfile(
        stream=stream,
        width=int(theirs.get_width()),
        height=int(theirs.get_height()),
        rate=float(theirs.get_fps()),
        format=pixel_format,
    )
