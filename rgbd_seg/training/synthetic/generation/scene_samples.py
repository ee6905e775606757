"""All samples of one scene: pictures, truth, and what a depth camera made of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from rgbd_seg.arrays import UInt8
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.synthetic.compile import compile_scene
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.composition.sampling import sample_scene
from rgbd_seg.training.synthetic.composition.staging import Stage, stage
from rgbd_seg.training.synthetic.develop import developed
from rgbd_seg.training.synthetic.generation.options import SynthOptions
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets
from rgbd_seg.training.synthetic.primary_rays import centres, moved_camera
from rgbd_seg.training.synthetic.render import Rendered, render
from rgbd_seg.training.synthetic.roles import FRONT, PEOPLE, Role
from rgbd_seg.training.synthetic.scene import Scene, View
from rgbd_seg.training.synthetic.sensors import SensorModel, register_reading, sample_sensor, simulate

_ENOUGH = 0.03  # share of the picture that a subject should cover
_ATTEMPTS = 4
_JPEG = 0.35  # share of pictures that were stored as JPEG before
_COLOR, _SENSOR = 1, 2  # streams of random numbers of one picture


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """What scenes are made from."""

    assets: MakeHumanAssets
    photographs: tuple[str, ...] = ()


def key_of(options: SynthOptions, scene: int, index: int) -> str:
    """A sample's name: unique in its set, and telling of the split, so that sets can be mixed."""
    half, preset = "te" if options.held_out else "tr", options.preset.replace("-", "")
    return f"{half}{options.seed:04d}_{preset}_{scene:06d}_{index:03d}"


def scene_samples(options: SynthOptions, material: Material, scene: int) -> Iterator[PortraitSample]:
    """The pictures of scene number ``scene``, one after another."""
    seed = (options.seed, scene)
    spec = sample_scene(
        seed, options.preset, held_out=options.held_out, views=options.views, photographs=material.photographs
    )
    staged = stage(material.assets, spec)
    compiled = compile_scene(staged.scene(0, options.size))
    for index in range(options.samples_of(scene)):
        shot = showing_subject(staged, compiled, index, options.size)
        streams = (*spec.seed, index)
        sensor = sample_sensor(_rng(streams, _SENSOR), options.sensor)
        yield make_sample(key_of(options, scene, index), compiled, shot, sensor, compiled, streams)


def showing_subject(staged: Stage, compiled: CompiledScene, camera: int, size: tuple[int, int]) -> Scene:
    """The scene from where the camera sees enough of its subject; the best of four places if none shows enough."""
    shots = []
    for attempt in range(_ATTEMPTS):
        shot = staged.scene(camera, size, attempt)
        seen = subject_share(compiled, shot.view)
        if seen >= _ENOUGH or staged.spec.subject is None:
            return shot
        shots.append((seen, shot))
    return max(shots, key=lambda pair: pair[0])[1]


def subject_share(compiled: CompiledScene, view: View) -> float:
    """About how much of the picture the front person covers, 0 … 1."""
    K = view.intrinsics
    small = K.resized(max(1, K.width // 8), max(1, K.height // 8))
    hits = compiled.caster.cast(centres(replace(view, intrinsics=small)).rays)
    front = np.isin(compiled.role[hits.triangle], FRONT) & (hits.triangle >= 0)
    return float(front.mean())


def make_sample(
    key: str,
    compiled: CompiledScene,
    shot: Scene,
    sensor: SensorModel,
    earlier: CompiledScene,
    seed: tuple[int, ...],
    **extra: Any,
) -> PortraitSample:
    """One picture with its truth and its sensor's depth.

    Args:
        earlier: the scene when depth was taken, ``sensor.delay`` seconds before.
        extra: further fields of the sample, such as its place in a clip.
    """
    rng = _rng(seed, _COLOR)
    rendered = render(compiled, shot.view, shot.lights, shot.ambient, rng=rng)
    return finished_sample(key, rendered, shot, sensor, earlier, seed, rng, **extra)


def finished_sample(
    key: str,
    rendered: Rendered,
    shot: Scene,
    sensor: SensorModel,
    earlier: CompiledScene,
    seed: tuple[int, ...],
    rng: np.random.Generator,
    **extra: Any,
) -> PortraitSample:
    """A rendered picture developed, with its truth and its sensor's depth; arguments as for `make_sample`."""
    color, foreground = developed(rendered, shot.view, rng)
    color = _stored(color, rng)
    then = replace(shot.view, T_camera_world=moved_camera(shot.view, -sensor.delay))
    reading = simulate(sensor, earlier, then, _rng(seed, _SENSOR, 1))
    registered = register_reading(reading, color, shot.view.intrinsics)
    return PortraitSample(
        key=key,
        color=color,
        foreground=foreground,
        depth=rendered.depth,
        **_coverage(rendered),
        sensor=reading,
        registered=registered.depth,
        registered_confidence=registered.confidence,
        registered_shadow=registered.shadow,
        depth_is_metric=registered.depth_is_metric,
        intrinsics=shot.view.intrinsics,
        T_camera_world=shot.view.T_camera_world,
        tags=_tags(shot, sensor, rendered),
        **extra,
    )


def _rng(seed: tuple[int, ...], *stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence((*seed, *stream)))


def _coverage(rendered: Rendered) -> dict[str, Any]:
    cover = np.minimum(rendered.coverage, 1)
    return {
        "alpha": rendered.alpha,
        "people": np.minimum(cover[..., list(PEOPLE)].sum(axis=-1), 1),
        "others": np.ascontiguousarray(cover[..., Role.OTHER_PERSON]),
        "pictured": np.ascontiguousarray(cover[..., Role.PICTURED_PERSON]),
        "held": np.ascontiguousarray(cover[..., Role.HELD]),
    }


def _tags(shot: Scene, sensor: SensorModel, rendered: Rendered) -> dict[str, Any]:
    shares = rendered.coverage.mean(axis=(0, 1))
    return {
        **shot.tags,
        "sensor": sensor.kind,
        "calibration_error": round(sensor.calibration_error, 3),
        "delay": round(sensor.delay, 4),
        "noise": round(shot.view.noise, 4),
        "distance": round(shot.view.focus_distance, 3),
        "subject_share": round(float(rendered.alpha.mean()), 4),
        **{f"{role.name.lower()}_share": round(float(shares[role]), 4) for role in Role},
    }


def _stored(color: UInt8, rng: np.random.Generator) -> UInt8:
    """The picture as it comes from a file: some have been through JPEG."""
    if rng.random() >= _JPEG:
        return color
    done, data = cv2.imencode(".jpg", color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 97))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8) if done else color
