"""Clips: people and camera move, and where everything goes is known."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rgbd_seg.arrays import Float32
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.synthetic.compile import compile_scene
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.composition.sampling import sample_scene
from rgbd_seg.training.synthetic.composition.staging import Stage, stage
from rgbd_seg.training.synthetic.generation.options import FRAMES_PER_SECOND, SynthOptions
from rgbd_seg.training.synthetic.generation.scene_samples import Material, key_of, make_sample
from rgbd_seg.training.synthetic.primary_rays import centres, moved_camera
from rgbd_seg.training.synthetic.scene import Scene, View
from rgbd_seg.training.synthetic.sensors import sample_sensor

_SWAY = 2 * np.pi * 0.45  # radians per second of the hand that holds the camera


def clip_samples(options: SynthOptions, material: Material, scene: int) -> Iterator[PortraitSample]:
    """The frames of clip number ``scene``; the last frame's flow leads to one that is not kept."""
    spec = sample_scene(
        (options.seed, scene), options.preset, held_out=options.held_out, views=1, photographs=material.photographs
    )
    first = stage(material.assets, spec)
    film = _Film(first, material, options)
    sensor = sample_sensor(np.random.default_rng(np.random.SeedSequence((*spec.seed, 0x5E))), options.sensor)
    late = sensor.delay > 0
    sensor = replace(sensor, delay=1 / FRAMES_PER_SECOND if late else 0.0)
    before, now = film.frame(-1) if late else None, film.frame(0)
    for index in range(options.samples_of(scene)):
        after = film.frame(index + 1)
        shot, compiled = now
        flow = optical_flow(compiled, shot.view, after[1], after[0].view)
        earlier = before if before is not None else now
        yield make_sample(
            key_of(options, scene, index), compiled, shot, sensor, earlier[1], (*spec.seed, index),
            flow=flow, clip=key_of(options, scene, 0)[:-4], frame_index=index,
        )  # fmt: skip
        before, now = (now if late else None), after


class _Film:
    """Frames of one scene, built when asked for."""

    def __init__(self, first: Stage, material: Material, options: SynthOptions) -> None:
        self._first, self._material, self._size = first, material, options.size
        self._start = first.scene(0, options.size).view

    def frame(self, index: int) -> tuple[Scene, CompiledScene]:
        """The scene at the frame's moment, with hair towards where the camera stood at the start."""
        moment = index / FRAMES_PER_SECOND
        staged = self._first if index == 0 else self._first.at_moment(self._material.assets, moment)
        scene = staged.scene(0, self._size)
        compiled = compile_scene(replace(scene, view=self._start))
        return replace(scene, view=swaying(self._start, moment)), compiled


def swaying(view: View, moment: float) -> View:
    """The view ``moment`` seconds later, by a hand that swings to and fro."""
    phase = _SWAY * moment
    pose = moved_camera(view, float(np.sin(phase) / _SWAY))
    velocity = tuple(float(v * np.cos(phase)) for v in view.velocity)
    return replace(view, T_camera_world=pose, velocity=velocity)


def optical_flow(now: CompiledScene, view: View, then: CompiledScene, next_view: View) -> Float32:
    """(H, W, 2) where the surface in the middle of every pixel goes, in pixels right and down.

    Both scenes have the same triangles. Where nothing is met, what is infinitely far turns with the camera.
    """
    rays = centres(view)
    hits = now.caster.cast(rays.rays)
    corners = then.vertices[then.triangles[hits.triangle]]
    u, v = hits.weights[:, :1], hits.weights[:, 1:]
    moved = corners[:, 0] * (1 - u - v) + corners[:, 1] * u + corners[:, 2] * v
    pose = next_view.T_camera_world
    met = hits.triangle >= 0
    in_camera = np.where(met[:, None], pose.apply(moved.astype(np.float64)), rays.rays[:, 3:] @ pose.rotation.T)
    pixels, _ = next_view.intrinsics.project(in_camera)
    height, width = view.intrinsics.size
    return (pixels.reshape(height, width, 2) - view.intrinsics.pixel_grid()).astype(np.float32)
