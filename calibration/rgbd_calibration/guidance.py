"""Where to move the board next: what the kept views lack, in words an operator can follow."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.initial import board_pose, initial_focal
from rgbd_calibration.view_checks import blur_px, moved_px
from rgbd_calibration.views import Corners
from rgbd_seg.arrays import Bool, Float64, UInt8
from rgbd_seg.camera import Intrinsics
from rgbd_seg.options import check_range

GRID = (6, 4)  # cells of the picture, across and down
_Z_95 = 1.96
_ESTIMATE_VIEWS = 24  # more views only cost time: from there on uncertainty falls with √views
_TILTS = {  # name → direction of the board's normal in the picture that belongs to it
    "left edge away from the camera": (1.0, 0.0),
    "right edge away from the camera": (-1.0, 0.0),
    "top edge away from the camera": (0.0, 1.0),
    "bottom edge away from the camera": (0.0, -1.0),
}
_MOTIONS = ("coverage", "distances", "tilts")
_SIZES = {  # name → width of the board as a share of the picture's
    "Come closer": (0.55, 9.0),
    "Keep a middle distance": (0.35, 0.55),
    "Move further away": (0.0, 0.35),
}


@dataclass(frozen=True, kw_only=True)
class GuidanceOptions:
    """When a view is kept and when the set is complete."""

    least_corners: float = 0.3  # share of the board's corners that a view must show
    blur_limit: float = 2.5  # σ in px at 1000 px width
    still_limit: float = 3.0  # way between two frames in px at 1000 px width
    same_limit: float = 30.0  # way from a kept view in px at 1000 px width below which it is the same view
    coverage: float = 0.9  # share of the picture's cells in which corners must have been seen
    tilt_degrees: float = 15.0
    views_per_tilt: int = 2
    views_per_size: int = 2
    least_views: int = 15
    focal_interval_percent: float = 0.3  # half of the 95 % interval at which the estimate is good enough

    def __post_init__(self) -> None:
        check_range("least_corners", self.least_corners, 0.05, 1)
        check_range("coverage", self.coverage, 0, 1)
        check_range("tilt_degrees", self.tilt_degrees, 0, 60)
        check_range("least_views", self.least_views, 3, 500)
        for name in ("blur_limit", "still_limit", "same_limit", "focal_interval_percent"):
            check_range(name, getattr(self, name), 1e-6, 1e6)


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing the set of views must have."""

    name: str
    progress: float  # 0 to 1
    advice: str  # what to do next for it


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What became of a picture, and what to do next."""

    kept: bool
    reason: str  # why it was not kept; empty if it was
    instruction: str  # what to do next
    done: bool
    needs: tuple[Need, ...]


class Guidance:
    """Collects views of a board until they suffice for a calibration."""

    def __init__(
        self,
        board: Board,
        size: tuple[int, int],
        *,
        camera: Intrinsics | None = None,
        options: GuidanceOptions | None = None,
    ) -> None:
        """``size`` is (height, width); ``camera`` the colour intrinsics as far as known."""
        self._board, self._size = board, size
        self._options = options or GuidanceOptions()
        self._known_camera = camera
        self._kept: list[Corners] = []
        self._last: Corners | None = None
        self._focal_interval = float("inf")

    @property
    def kept(self) -> tuple[Corners, ...]:
        """The views kept so far."""
        return tuple(self._kept)

    @property
    def covered(self) -> Bool:
        """(rows, columns) of `GRID`: True where corners were seen."""
        seen = np.zeros(GRID[::-1], dtype=bool)
        for view in self._kept:
            cells = (view.pixels + 0.5) / self._size[::-1] * GRID
            column, row = np.clip(cells.astype(int), 0, np.array(GRID) - 1).T
            seen[row, column] = True
        return seen

    def consider(self, gray: UInt8, corners: Corners) -> Advice:
        """Keep this view if it helps, and say what to do next.

        Args:
            gray: (H, W) uint8 picture.
            corners: what was found of the board in it.
        """
        reason = self._refusal(gray, corners)
        self._last = corners if len(corners) else None
        if not reason:
            self._kept.append(corners)
            self._focal_interval = focal_interval_percent(self._board, self._kept, self._size)
        needs = self.needs()
        open_needs = [need for need in needs if need.progress < 1]
        # A motion the operator can make beats "more views": accuracy comes by itself with the right motions.
        motions = [need for need in open_needs if need.name in _MOTIONS]
        first = min(motions or open_needs, key=lambda need: need.progress, default=None)
        instruction = "Done." if first is None else first.advice
        return Advice(kept=not reason, reason=reason, instruction=instruction, done=not open_needs, needs=needs)

    def needs(self) -> tuple[Need, ...]:
        """All needs with their progress."""
        options = self._options
        count = len(self._kept) / options.least_views
        good = min(1.0, options.focal_interval_percent / self._focal_interval)
        return (
            Need(name="views", progress=min(1.0, count), advice="Show the board from another side."),
            self._coverage_need(),
            self._size_need(),
            self._tilt_need(),
            Need(name="accuracy", progress=good, advice="Take more views: close, tilted, near the picture's edges."),
        )

    def _refusal(self, gray: UInt8, corners: Corners) -> str:
        options, scale = self._options, self._size[1] / 1000
        wanted = options.least_corners * self._board.corner_count
        if not len(corners):
            return "The board is not seen."
        if len(corners) < max(wanted, 6):
            return f"Only {len(corners)} of {self._board.corner_count} corners are seen."
        if self._last is not None and moved_px(self._last, corners) > options.still_limit * scale:
            return "Hold the board still."
        if blur_px(gray, corners) > options.blur_limit * scale:
            return "The picture is blurred: hold still, or add light."
        nearest = min((moved_px(view, corners, share=0.95) for view in self._kept), default=np.inf)
        if nearest < options.same_limit * scale:
            return "This view is kept already."
        return ""

    def _coverage_need(self) -> Need:
        seen = self.covered
        progress = min(1.0, float(seen.mean()) / self._options.coverage) if self._options.coverage else 1.0
        rows, columns = np.nonzero(~seen)
        if not len(rows):
            return Need(name="coverage", progress=1.0, advice="")
        # Towards the empty cell furthest from the middle: usually a corner of the picture.
        away = np.abs(np.stack([rows, columns], axis=-1) - (np.array(seen.shape) - 1) / 2).sum(axis=1)
        furthest = int(np.argmax(away))
        place = _place(int(rows[furthest]), int(columns[furthest]))
        return Need(name="coverage", progress=progress, advice=f"Move the board to the {place} of the picture.")

    def _size_need(self) -> Need:
        widths = np.array([np.ptp(view.pixels[:, 0]) / self._size[1] for view in self._kept])
        counts = {name: int(((widths >= low) & (widths < high)).sum()) for name, (low, high) in _SIZES.items()}
        return _least(counts, self._options.views_per_size, "distances", "{}.")

    def _tilt_need(self) -> Need:
        limit = np.sin(np.deg2rad(self._options.tilt_degrees))
        normals = self._normals()
        counts = {
            name: int((normals[:, :2] @ np.array(direction) >= limit).sum()) for name, direction in _TILTS.items()
        }
        return _least(counts, self._options.views_per_tilt, "tilts", "Tilt the board: {}.")

    def _normals(self) -> Float64:
        camera = self._camera()
        poses = [board_pose(self._board, view, camera) for view in self._kept]
        normals = [pose[0].rotation[:, 2] for pose in poses if pose is not None]
        return np.array(normals, dtype=np.float64).reshape(-1, 3)

    def _camera(self) -> Intrinsics:
        if self._known_camera is not None:
            return self._known_camera
        height, width = self._size
        focal = initial_focal(self._board, self._kept, self._size)
        return Intrinsics(width=width, height=height, fx=focal, fy=focal, cx=(width - 1) / 2, cy=(height - 1) / 2)


def focal_interval_percent(board: Board, views: Sequence[Corners], size: tuple[int, int]) -> float:
    """Half of the 95 % interval of the focal length that these views give, per cent; infinity if they give none."""
    usable = [view for view in views if len(view) >= 6]
    if len(usable) < 4:
        return float("inf")
    surplus = max(1.0, len(usable) / _ESTIMATE_VIEWS)
    usable = [usable[int(number * surplus)] for number in range(min(len(usable), _ESTIMATE_VIEWS))]
    points = board.points()
    try:
        result = cv2.calibrateCameraExtended(
            [points[view.ids].astype(np.float32) for view in usable],
            [view.pixels.astype(np.float32) for view in usable],
            size[::-1],
            None,
            None,
            flags=cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K3,
            criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-6),
        )
    except cv2.error:
        return float("inf")
    focal, sigma = float(result[1][0, 0]), float(np.max(np.ravel(result[5])[:2]))
    interval = 100 * _Z_95 * sigma / focal / float(np.sqrt(surplus))
    return interval if np.isfinite(interval) and interval > 0 else float("inf")


def _least(counts: dict[str, int], wanted: int, name: str, form: str) -> Need:
    lacking = min(counts, key=lambda key: counts[key])
    progress = sum(min(count, wanted) for count in counts.values()) / (wanted * len(counts)) if wanted else 1.0
    return Need(name=name, progress=progress, advice=form.format(lacking))


def _place(row: int, column: int) -> str:
    down = "upper" if row < GRID[1] / 2 - 0.5 else "lower" if row > GRID[1] / 2 - 0.5 else "middle"
    along = "left" if column < GRID[0] / 2 - 0.5 else "right" if column > GRID[0] / 2 - 0.5 else "middle"
    return f"{down} {along}"
