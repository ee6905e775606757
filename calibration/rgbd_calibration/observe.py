"""From pictures to views: corners are found, depth is sampled on the board."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.color_solve import CameraSolution, solve_camera
from rgbd_calibration.depth_sampling import depth_scale, sample_depth
from rgbd_calibration.detection import BoardDetector, describe_markers
from rgbd_calibration.options import SolveOptions
from rgbd_calibration.result import SolveInputs
from rgbd_calibration.views import Corners, View
from rgbd_seg.arrays import UInt8, UInt16
from rgbd_seg.camera import Intrinsics
from rgbd_seg.errors import CalibrationError, CalibrationRejectedError
from rgbd_seg.frames import FrameSet, RawFrame
from rgbd_seg.transform import RigidTransform

_ROUGH = SolveOptions(models=("brown_conrady_5", "kannala_brandt"), bend=True, square=True)
_THREADS = 4
_FEWEST_SCALES = 3
_SENSIBLE = 2.0  # pixels at 1000 px width; beyond, the corners do not fit the board and say nothing of its distance
_SAME_SCALE = 0.05  # typical spread of the views' scales


@dataclass(frozen=True, kw_only=True, eq=False)
class Pictures:
    """One moment as the cameras gave it."""

    name: str
    color: UInt8 | None = None  # (H, W) grey or (H, W, 3) RGB
    raw_depth: UInt16 | None = None  # (h, w) sensor units, 0 = not measured
    infrared: UInt8 | UInt16 | None = None  # (h, w), in the depth camera's grid
    temperature: float | None = None  # of the depth sensor, °C
    problem: str = ""  # why they cannot be used

    @staticmethod
    def of_frame(name: str, frame: RawFrame, *, depth: bool = True) -> "Pictures":
        """A frame of a `rgbd_seg.protocols.Camera`; ``depth`` is False if the camera has none."""
        return Pictures(
            name=name,
            color=frame.color,
            raw_depth=frame.raw_depth if depth else None,
            temperature=frame.temperature if isinstance(frame, FrameSet) else None,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Observation:
    """One moment with its corners; the depth picture is kept for sampling."""

    view: View
    raw_depth: UInt16 | None
    color_size: tuple[int, int] | None
    depth_size: tuple[int, int] | None


def observe(detector: BoardDetector, pictures: Pictures) -> Observation:
    """Find the board in one moment's pictures."""
    none = Corners(ids=np.empty(0, dtype=np.int64), pixels=np.empty((0, 2)))
    color = none if pictures.color is None else detector.find(gray(pictures.color))
    infrared = None if pictures.infrared is None else detector.find(gray(pictures.infrared))
    grid = pictures.raw_depth if pictures.raw_depth is not None else pictures.infrared
    view = View(
        name=pictures.name,
        color=color,
        infrared=infrared,
        temperature=pictures.temperature,
        problem=pictures.problem,
    )
    return Observation(
        view=view,
        raw_depth=pictures.raw_depth,
        color_size=None if pictures.color is None else (pictures.color.shape[0], pictures.color.shape[1]),
        depth_size=None if grid is None else (grid.shape[0], grid.shape[1]),
    )


def observe_all(
    detector: BoardDetector, sources: Iterable[Callable[[], Pictures]], *, progress: Callable[[int], None] | None = None
) -> list[Observation]:
    """Find the board in many moments' pictures, several at a time; each source is called when its turn comes.

    Args:
        progress: called with the number done so far.
    """
    result = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for observation in pool.map(lambda source: observe(detector, source()), sources):
            result.append(observation)
            if progress is not None:
                progress(len(result))
    return result


def solve_inputs(
    detector: BoardDetector,
    observations: Sequence[Observation],
    metres_per_unit: float,
    *,
    depth: Intrinsics | None = None,
    T_color_depth: RigidTransform | None = None,
) -> SolveInputs:
    """The observations with depth sampled where the board is.

    Args:
        depth, T_color_depth: the depth camera as far as known; without, depth counts as registered to colour.
    Raises:
        CalibrationError: pictures of different sizes.
        CalibrationRejectedError: too few views or too little motion.
    """
    color_size = _one_size([o.color_size for o in observations], [o.view.name for o in observations], "colour")
    depth_size = _one_size([o.depth_size for o in observations], [o.view.name for o in observations], "depth")
    if color_size is None:
        raise CalibrationError("there is no colour picture; expected at least one")
    views = [observation.view for observation in observations]
    if any(observation.raw_depth is not None for observation in observations) and depth_size is not None:
        rough = solve_camera(detector.board, views, color_size, _ROUGH, camera="color")
        problem = rough.cleaned.problem
        camera = problem.color_model.intrinsics(rough.state.shared[problem.layout().color], color_size)
        depth = depth or camera.resized(depth_size[1], depth_size[0])
        back = (T_color_depth or RigidTransform.identity()).inverse()
        views = [
            _with_depth(observation, index, rough, detector.board, depth, back, metres_per_unit)
            for index, observation in enumerate(observations)
        ]
        if not any(view.depth is not None and len(view.depth) for view in views):
            _check_scale(observations, rough, detector.board, depth, back, metres_per_unit)
    return SolveInputs(
        board=detector.board.text(),
        color_size=color_size,
        depth_size=depth_size,
        metres_per_unit=metres_per_unit,
        depth_geometry="auto",
        views=tuple(views),
    )


def check_board_seen(detector: BoardDetector, observations: Sequence[Observation], example: UInt8 | None) -> None:
    """Refuse pictures of another board, saying what they show.

    Args:
        example: (H, W) or (H, W, 3) one of the pictures, looked at closely when the board is in none.
    Raises:
        CalibrationError: the board is in none of the pictures.
    """
    if not observations or any(len(observation.view.color) for observation in observations):
        return
    problems = [observation.view.problem for observation in observations if observation.view.problem]
    if len(problems) == len(observations):
        raise CalibrationError(f"none of {len(problems)} views can be read: {problems[0]}; copy the pictures again")
    shown = "" if example is None else f"; {describe_markers(gray(example))}"
    raise CalibrationError(
        f"the board {detector.board.text()} is in none of {len(observations)} colour pictures{shown}. Check --board "
        "against the print: columns × rows of squares, sizes, dictionary"
    )


def gray(picture: UInt8 | UInt16) -> UInt8:
    """(H, W) uint8 of a colour, grey or 16-bit picture; 16 bits are stretched between the 1st and 99th percentile."""
    if picture.ndim == 3:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    if picture.dtype == np.uint8:
        return picture.astype(np.uint8, copy=False)
    low, high = np.percentile(picture[::4, ::4], (1, 99))
    return np.asarray(np.clip((picture - low) * (255 / max(high - low, 1)), 0, 255), dtype=np.uint8)


def _with_depth(
    observation: Observation,
    index: int,
    rough: CameraSolution,
    board: Board,
    depth: Intrinsics,
    T_depth_color: RigidTransform,
    metres_per_unit: float,
) -> View:
    if observation.raw_depth is None or index in rough.rejected:
        return observation.view
    pose = RigidTransform(rotation=rough.state.rotation[index], translation=rough.state.translation[index])
    samples = sample_depth(observation.raw_depth, metres_per_unit, depth, T_depth_color @ pose, board)
    return replace(observation.view, depth=samples)


def _check_scale(
    observations: Sequence[Observation],
    rough: CameraSolution,
    board: Board,
    depth: Intrinsics,
    T_depth_color: RigidTransform,
    metres_per_unit: float,
) -> None:
    """No view has depth on the board. Off by one factor in all of them: a wrong size or unit, not a bad camera."""
    found = []
    for index, observation in enumerate(observations):
        if observation.raw_depth is None or index in rough.rejected:
            continue
        pose = RigidTransform(rotation=rough.state.rotation[index], translation=rough.state.translation[index])
        found.append(depth_scale(observation.raw_depth, metres_per_unit, depth, T_depth_color @ pose, board))
    scales = np.array(found)[np.isfinite(found)]
    solution, sigma = rough.cleaned.solution, rough.cleaned.problem.sigma_color
    error = float(np.sqrt((solution.blocks[0].residual ** 2).sum(axis=1).mean())) * sigma
    if len(scales) < _FEWEST_SCALES or 1000 * error / rough.cleaned.problem.color_size[1] > _SENSIBLE:
        return
    scale = float(np.median(scales))
    if np.median(np.abs(scales / scale - 1)) < _SAME_SCALE:
        raise CalibrationRejectedError(
            f"depth is {scale:.3g} times the board's distance in all of {len(scales)} views: the board's squares "
            f"({1e3 * board.square:g} mm) or the metres of one depth unit ({metres_per_unit:g}) are wrong; measure the "
            "print, and see the camera's documentation for the unit"
        )


def _one_size(sizes: Sequence[tuple[int, int] | None], names: Sequence[str], kind: str) -> tuple[int, int] | None:
    known = [size for size in sizes if size is not None]
    if not known:
        return None
    usual = max(set(known), key=known.count)
    odd = [(name, size) for name, size in zip(names, sizes, strict=True) if size not in (None, usual)]
    if odd:
        name, size = odd[0]
        assert size is not None
        raise CalibrationError(
            f"{kind} pictures have different sizes: {len(known) - len(odd)} of {usual[1]}×{usual[0]} but {name} is "
            f"{size[1]}×{size[0]}{f' and {len(odd) - 1} more' if len(odd) > 1 else ''}; calibrate one stream mode at a "
            "time"
        )
    return usual
