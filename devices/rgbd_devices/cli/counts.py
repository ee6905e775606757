"""What a run of a camera came to, in one line."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rgbd_devices.camera import DeviceCamera


def counts_of(camera: "DeviceCamera") -> str:
    """Frame sets, drops and losses, and the clocks if anything is known of them."""
    counts = camera.statistics
    lost = counts.color.missed + counts.depth.missed
    text = (
        f"{counts.delivered} frame sets, {counts.dropped} dropped, "
        f"{counts.color.unpaired + counts.depth.unpaired} pictures without partner, {lost} lost in the camera, "
        f"{counts.losses} losses"
    )
    sync = camera.synchronisation
    return text if sync is None else f"{text}; clocks drift {sync.drift_ppm:+.1f} ppm"
