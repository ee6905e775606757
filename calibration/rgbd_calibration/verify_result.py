"""What a quick check of a stored calibration found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class VerifyView:
    """One view of the check; None where the view has no depth or no infrared."""

    name: str
    corners: int
    reprojection_rms_px: float
    edge_error_px: float | None  # colour–depth edge error in colour pixels
    depth_bias_mm: float | None
    fill_rate_percent: float | None
    z_accuracy_percent: float | None
    spatial_noise_mm: float | None
    distance_m: float
    tilt_deg: float


@dataclass(frozen=True, kw_only=True)
class VerifyResult:
    """Is the stored calibration still true? Figures over one to three views."""

    views: tuple[VerifyView, ...]
    reprojection_rms_px: float  # stored intrinsics, free board pose
    focal_error_percent: float | None  # best-fitting over stored focal length, minus 1; None: the views cannot tell
    focal_sigma_percent: float | None  # 1 σ of it
    depth_focal_error_percent: float | None  # the same told by measured depth against board pose
    edge_error_px: float | None
    depth_bias_mm: float | None
    fill_rate_percent: float | None
    z_accuracy_percent: float | None
    spatial_noise_mm: float | None
    temporal_noise_mm: float | None  # needs two or more frames of an unmoved scene
    findings: tuple[str, ...]  # what looks wrong, in words; empty: nothing does
    seconds: float

    @property
    def ok(self) -> bool:
        """True when nothing looks wrong."""
        return not self.findings

    def values(self) -> dict[str, float]:
        """The figures that limits, station log and statistics work on."""
        values = {
            "reprojection_rms_px": self.reprojection_rms_px,
            "focal_error_percent": self.focal_error_percent,
            "focal_sigma_percent": self.focal_sigma_percent,
            "depth_focal_error_percent": self.depth_focal_error_percent,
            "edge_error_px": self.edge_error_px,
            "depth_bias_mm": self.depth_bias_mm,
            "fill_rate_percent": self.fill_rate_percent,
            "z_accuracy_percent": self.z_accuracy_percent,
            "spatial_noise_mm": self.spatial_noise_mm,
            "temporal_noise_mm": self.temporal_noise_mm,
        }
        return {name: float(value) for name, value in values.items() if value is not None}
