"""What is known of the depth error: each correction term that was tried, and maps before and after."""

from dataclasses import dataclass

from rgbd_seg.arrays import Float32, Float64


@dataclass(frozen=True, kw_only=True)
class DepthTerm:
    """One term of the correction; kept only if it lowers the error on views it was not fitted to."""

    name: str  # "scale_offset", "wiggling", "per_pixel", "temperature"
    held_out_rms_before_mm: float
    held_out_rms_after_mm: float
    kept: bool
    note: str = ""  # why it was not tried, such as "no temperatures given"


@dataclass(frozen=True, kw_only=True)
class DepthError:
    """Measured minus board plane along z, over all samples of the used views."""

    median_mm: float
    rms_mm: float  # about zero: bias and noise together
    spread_mm: float  # 1.4826 × median absolute deviation from the median


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthReport:
    """Depth before and after correction."""

    samples: int
    near_m: float  # distances that the board covered: the correction is known between them
    far_m: float
    before: DepthError
    after: DepthError  # fitted and judged on the same views
    held_out: DepthError  # each view judged with a correction fitted to the others
    terms: tuple[DepthTerm, ...]
    bias_before_mm: Float32  # (rows, cols) median error by cell of the depth picture, NaN where nothing was seen
    bias_after_mm: Float32  # (rows, cols)
    correction_mm: Float32  # (rows, cols) what is added to depth at the median distance
    distance_m: Float64  # (k,) centres of distance bins
    distance_bias_before_mm: Float64  # (k,) median error by distance, NaN for empty bins
    distance_bias_after_mm: Float64  # (k,)

    def values(self) -> dict[str, float | None]:
        """Figures for limits and statistics."""
        return {
            "depth_bias_before_mm": self.before.median_mm,
            "depth_bias_mm": self.held_out.median_mm,
            "depth_rms_before_mm": self.before.rms_mm,
            "depth_rms_mm": self.held_out.rms_mm,
            "depth_near_m": self.near_m,
            "depth_far_m": self.far_m,
        }
