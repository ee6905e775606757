"""A simulated rig with known truth: corners and depth directly, or rendered pictures of a board."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from rgbd_calibration.board import Board
from rgbd_calibration.board_drawing import draw_board
from rgbd_calibration.depth_sampling import board_mask, surface_depth
from rgbd_calibration.observe import Pictures
from rgbd_calibration.result import SolveInputs
from rgbd_calibration.rotations import exponential
from rgbd_calibration.views import Corners, DepthSamples, View
from rgbd_seg.arrays import Float64, UInt8, UInt16
from rgbd_seg.camera import Intrinsics
from rgbd_seg.transform import RigidTransform

_MARGIN = 0.02  # metres of white paper around the pattern
_OVERSAMPLING = 3
_COARSE = 4  # pixels
_WALL, _PAPER, _INK = 110.0, 225.0, 25.0  # grey levels
_WALL_BEHIND = 0.4  # metres


@dataclass(frozen=True, kw_only=True)
class DepthErrors:
    """How a simulated depth camera errs; all zero: a perfect one."""

    noise: float = 0.0  # metres, 1 σ
    scale: float = 0.0
    offset: float = 0.0  # metres
    wiggle: float = 0.0  # metres, amplitude
    wiggle_period: float = 1.5  # metres
    tilt: float = 0.0  # metres at the left and right edge, of opposite sign
    per_degree: float = 0.0  # relative, per °C from 25 °C

    def measured(self, truth: Float64, u: Float64, width: int, temperature: float) -> Float64:
        """What is measured at columns ``u`` of a picture, noise left out; metres."""
        z = truth * (1 + self.scale) + self.offset
        z = z + self.wiggle * np.sin(2 * np.pi * truth / self.wiggle_period)
        z = z + self.tilt * (2 * (u + 0.5) / width - 1)
        warmed: Float64 = z * (1 + self.per_degree * (temperature - 25.0))
        return warmed


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedRig:
    """Two cameras and a board."""

    board: Board
    color: Intrinsics
    depth: Intrinsics
    T_color_depth: RigidTransform
    metres_per_unit: float = 0.0001
    errors: DepthErrors = field(default_factory=DepthErrors)

    def poses(self, count: int, random: np.random.Generator, *, tilt_deg: float = 40.0) -> list[RigidTransform]:
        """``T_color_board`` of views that fill a third of the picture or more, all over it, tilted all ways."""
        result: list[RigidTransform] = []
        while len(result) < count:
            pose = self._pose(random, tilt_deg)
            pixels, seen = self.color.project(pose.apply(self.board.points()))
            if np.mean(seen & self.color.contains(np.nan_to_num(pixels, nan=-1e6))) > 0.7:
                result.append(pose)
        return result

    def _pose(self, random: np.random.Generator, tilt_deg: float) -> RigidTransform:
        about = random.uniform(0, 2 * np.pi)
        tilt = np.deg2rad(tilt_deg) * np.sqrt(random.uniform(0.05, 1))
        turn = exponential(np.array([np.cos(about), np.sin(about), 0.0]) * tilt)
        turn = turn @ exponential(np.array([0.0, 0.0, random.uniform(-0.5, 0.5)]))
        distance = max(self.board.size) * self.color.fx / self.color.width * random.uniform(0.8, 1.5)
        middle = random.uniform((0.25, 0.25), (0.75, 0.75)) * (self.color.width, self.color.height)
        ray, _ = self.color.rays(middle[None])
        center = np.array([*(ray[0] * distance), distance])
        return RigidTransform(rotation=turn, translation=center - turn @ self.board.center())

    def view(
        self,
        name: str,
        pose: RigidTransform,
        random: np.random.Generator,
        *,
        noise_px: float,
        infrared: bool = True,
        depth_samples: int = 0,
        temperature: float | None = None,
    ) -> View:
        """One view with corners at their true places plus noise; ``depth_samples`` of 0 leaves depth out."""
        there = self.T_color_depth.inverse() @ pose
        return View(
            name=name,
            color=_corners(self.board, self.color, pose, random, noise_px),
            infrared=_corners(self.board, self.depth, there, random, noise_px) if infrared else None,
            depth=self._samples(there, random, depth_samples, temperature) if depth_samples else None,
            temperature=temperature,
        )

    def _samples(
        self, pose: RigidTransform, random: np.random.Generator, count: int, temperature: float | None
    ) -> DepthSamples:
        v, u = np.nonzero(board_mask(self.depth, pose, self.board))
        chosen = random.permutation(len(u))[:count]
        pixels = np.column_stack([u[chosen], v[chosen]]).astype(np.float64)
        truth = surface_depth(self.depth, pose, self.board, None, pixels)
        warm = 25.0 if temperature is None else temperature
        metres = self.errors.measured(truth, pixels[:, 0], self.depth.width, warm)
        metres = metres + self.errors.noise * random.normal(size=len(metres))
        return DepthSamples(pixels=pixels, metres=np.round(metres / self.metres_per_unit) * self.metres_per_unit)

    def inputs(self, views: Sequence[View]) -> SolveInputs:
        """Views as the solver takes them."""
        return SolveInputs(
            board=self.board.text(),
            color_size=self.color.size,
            depth_size=self.depth.size,
            metres_per_unit=self.metres_per_unit,
            depth_geometry="auto",
            views=tuple(views),
        )

    def pictures(
        self, name: str, pose: RigidTransform, random: np.random.Generator, *, grey_noise: float = 2.0
    ) -> Pictures:
        """One view as pictures: colour, infrared and raw depth, with a wall behind the board."""
        there = self.T_color_depth.inverse() @ pose
        color = self._rendered(self._color_rays, self.color.size, pose, random, grey_noise)
        return Pictures(
            name=name,
            color=np.repeat(color[:, :, None], 3, axis=2),
            infrared=self._rendered(self._depth_rays, self.depth.size, there, random, grey_noise),
            raw_depth=self._raw_depth(there, random),
        )

    @cached_property
    def _color_rays(self) -> Float64:
        return _fine_rays(self.color)

    @cached_property
    def _depth_rays(self) -> Float64:
        return _fine_rays(self.depth)

    @cached_property
    def _texture(self) -> tuple[UInt8, float]:
        per_metre = 2000 / max(self.board.size)
        return draw_board(self.board, per_metre, _MARGIN), per_metre

    def _rendered(
        self, rays: Float64, size: tuple[int, int], pose: RigidTransform, random: np.random.Generator, noise: float
    ) -> UInt8:
        texture, per_metre = self._texture
        inverse = np.linalg.inv(np.column_stack([pose.rotation[:, :2], pose.translation]))
        on_board = rays @ inverse.T
        with np.errstate(divide="ignore", invalid="ignore"):
            flat = on_board[..., :2] / on_board[..., 2:]
        place = ((flat + _MARGIN) * per_metre - 0.5).astype(np.float32)
        paper = _INK + (_PAPER - _INK) * texture.astype(np.float32) / 255
        fine = cv2.remap(paper, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderValue=_WALL)
        picture = cv2.resize(fine, size[::-1], interpolation=cv2.INTER_AREA)
        picture = cv2.GaussianBlur(picture, (0, 0), 0.5) + noise * random.normal(size=size)
        return np.asarray(np.clip(np.round(picture), 0, 255), dtype=np.uint8)

    def _raw_depth(self, pose: RigidTransform, random: np.random.Generator) -> UInt16:
        pixels = self.depth.pixel_grid().reshape(-1, 2)
        truth = surface_depth(self.depth, pose, self.board, None, pixels)
        xy, _ = self.depth.rays(pixels)
        points = pose.inverse().apply(np.column_stack([xy, np.ones(len(xy))]) * truth[:, None])
        with np.errstate(invalid="ignore"):
            on = ((points[:, :2] > -_MARGIN) & (points[:, :2] < np.array(self.board.size) + _MARGIN)).all(axis=1)
        wall = float(pose.apply(self.board.center())[2]) + _WALL_BEHIND
        truth = np.where(on & np.isfinite(truth), truth, wall).reshape(self.depth.size)
        u = pixels[:, 0].reshape(self.depth.size)
        metres = self.errors.measured(truth, u, self.depth.width, 25.0)
        metres = metres + self.errors.noise * random.normal(size=metres.shape)
        return np.asarray(np.clip(np.round(metres / self.metres_per_unit), 0, 65535), dtype=np.uint16)


def corrupted(view: View, random: np.random.Generator) -> View:
    """The view with a fault of the kind that happens: moved during exposure, or the paper bent."""
    pixels = view.color.pixels.copy()
    middle, size = pixels.mean(axis=0), np.ptp(pixels, axis=0).max()
    if random.random() < 0.5:
        pixels += random.normal(size=pixels.shape) * 3.0
    else:
        away = (pixels - middle) / size
        pixels += 12.0 * (away**2).sum(axis=1, keepdims=True) * random.normal(size=2)
    return View(
        name=view.name,
        color=Corners(ids=view.color.ids, pixels=pixels),
        infrared=view.infrared,
        depth=view.depth,
        temperature=view.temperature,
    )


def _corners(
    board: Board, camera: Intrinsics, pose: RigidTransform, random: np.random.Generator, noise_px: float
) -> Corners:
    pixels, seen = camera.project(pose.apply(board.points()))
    seen = seen & camera.contains(np.nan_to_num(pixels, nan=-1e6))
    noisy = pixels + noise_px * random.normal(size=pixels.shape)
    return Corners(ids=np.flatnonzero(seen), pixels=noisy[seen])


def _fine_rays(camera: Intrinsics) -> Float64:
    """Rays of every sub-pixel; the lens is inverted on a coarse grid and interpolated (wrong by 0.001 px)."""
    h, w = camera.size
    step = np.arange(_OVERSAMPLING) / _OVERSAMPLING + 0.5 / _OVERSAMPLING - 0.5
    u, v = (np.arange(w)[:, None] + step).ravel(), (np.arange(h)[:, None] + step).ravel()
    coarse_u, coarse_v = (np.arange(-1, side + 1 + _COARSE, _COARSE, dtype=np.float64) for side in (w, h))
    xy, _ = camera.rays(np.stack(np.meshgrid(coarse_u, coarse_v), axis=-1))
    along, down = _linear(coarse_u, u), _linear(coarse_v, v)
    fine = [down @ xy[..., k] @ along.T for k in (0, 1)]
    return np.stack([*fine, np.ones_like(fine[0])], axis=2)


def _linear(knots: Float64, at: Float64) -> Float64:
    """(n, k) weights of linear interpolation between evenly spaced knots."""
    place = (at - knots[0]) / _COARSE
    below = np.floor(place).astype(int)
    weights = np.zeros((len(at), len(knots)))
    weights[np.arange(len(at)), below] = 1 - (place - below)
    weights[np.arange(len(at)), below + 1] = place - below
    return weights
