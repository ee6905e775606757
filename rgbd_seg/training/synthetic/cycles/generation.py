"""Sets of path-traced samples: the scenes, sensors and shards of the ray caster's sets, with Cycles' pictures."""

import io
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from rgbd_seg.atomic import write_bytes
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.portrait_sample import PortraitSample
from rgbd_seg.training.sample_coding import encode
from rgbd_seg.training.shards import EncodedSample, read_shards, write_encoded
from rgbd_seg.training.synthetic.compile import compile_scene
from rgbd_seg.training.synthetic.compiled import CompiledScene
from rgbd_seg.training.synthetic.composition.sampling import sample_scene
from rgbd_seg.training.synthetic.composition.staging import stage
from rgbd_seg.training.synthetic.cycles.blender_python import BlenderPython
from rgbd_seg.training.synthetic.cycles.options import CyclesOptions
from rgbd_seg.training.synthetic.cycles.reading import CyclesPicture
from rgbd_seg.training.synthetic.cycles.rendering import render_with_cycles
from rgbd_seg.training.synthetic.generation.options import SynthOptions
from rgbd_seg.training.synthetic.generation.run import Progress, generate
from rgbd_seg.training.synthetic.generation.scene_samples import finished_sample, key_of
from rgbd_seg.training.synthetic.generation.worker import material_of
from rgbd_seg.training.synthetic.scene import Scene
from rgbd_seg.training.synthetic.sensors import sample_sensor

_WORK, _FINISHED, _BLURRED = "cycles-work", "sample.tar", "blurred"
_COLOR, _SENSOR = 3, 4  # streams of random numbers, others than the ray caster's


@dataclass(frozen=True, kw_only=True)
class CyclesRun:
    """What every worker needs to know."""

    blender: BlenderPython
    options: CyclesOptions
    output: Path

    def folder(self, key: str) -> Path:
        """Where the passes of one sample are kept until its set is finished."""
        return self.output / _WORK / key


def generate_with_cycles(
    options: SynthOptions,
    output: Path,
    blender: BlenderPython,
    cycles: CyclesOptions | None = None,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> int:
    """Render what is missing of a set into ``output``; a run that was stopped goes on from the last finished pass.

    With `CyclesOptions.blur_aperture`, ``blurred/KEY.npz`` holds each picture through that lens, for measuring
    bokeh: linear ``sharp`` and ``blurred`` (H, W, 3), ``depth``, ``alpha``, and the lens.

    Raises:
        ConfigError: clips were asked for, or the folder holds another set.
        BlenderError: Blender failed; what is finished stays.
        OutputError: a file cannot be written.
    """
    if options.video:
        raise ConfigError("Cycles renders single pictures; clips with optical flow come from the ray caster")
    chosen = cycles or CyclesOptions()
    lens = f", lens {chosen.blur_aperture:g} m" if chosen.blur_aperture else ""
    named = replace(options, renderer=f"cycles, {chosen.samples} and {chosen.matte_samples} samples{lens}")
    run = CyclesRun(blender=blender, options=chosen, output=output)
    made = generate(named, output, workers=workers, progress=progress, make_scene=partial(encoded_scene_by_cycles, run))
    shutil.rmtree(output / _WORK, ignore_errors=True)
    return made


def encoded_scene_by_cycles(run: CyclesRun, options: SynthOptions, scene: int) -> list[EncodedSample]:
    """All samples of one scene as files."""
    material = material_of(options)
    spec = sample_scene(
        (options.seed, scene), options.preset, held_out=options.held_out, views=options.views,
        photographs=material.photographs,
    )  # fmt: skip
    staged = compiled = None
    results: list[EncodedSample] = []
    for index in range(options.samples_of(scene)):
        key = key_of(options, scene, index)
        stored = _stored(run.folder(key) / _FINISHED)
        if stored is None:
            staged = staged or stage(material.assets, spec)
            compiled = compiled or compile_scene(staged.scene(0, options.size))
            shot = staged.scene(index, options.size)
            sample = _sample(run, options, key, _standing_still(shot), compiled, (*spec.seed, index))
            stored = key, encode(sample)
            shutil.rmtree(run.folder(key))  # passes are large
            run.folder(key).mkdir()
            write_encoded(run.folder(key) / _FINISHED, [stored])
        results.append(stored)
    return results


def _standing_still(shot: Scene) -> Scene:
    """The picture that a camera on a tripod takes: Cycles draws no motion blur here."""
    return replace(shot, view=replace(shot.view, velocity=(0.0,) * 6, shutter=0.0))


def _stored(path: Path) -> EncodedSample | None:
    """A sample that an earlier run finished, if it is whole."""
    if not path.is_file():
        return None
    samples = list(read_shards(path, skipped=lambda reason: None))
    return (samples[0].key, encode(samples[0])) if samples else None


def _sample(
    run: CyclesRun, options: SynthOptions, key: str, shot: Scene, compiled: CompiledScene, seed: tuple[int, ...]
) -> PortraitSample:
    picture = render_with_cycles(shot, run.blender, run.folder(key), run.options)
    _keep_blur_truth(run, key, picture, shot)
    sensor = replace(sample_sensor(_rng(seed, _SENSOR), options.sensor), delay=0.0)  # nothing moves
    return finished_sample(key, picture.rendered, shot, sensor, compiled, seed, _rng(seed, _COLOR))


def _keep_blur_truth(run: CyclesRun, key: str, picture: CyclesPicture, shot: Scene) -> None:
    if picture.blurred is None:
        return
    folder = run.output / _BLURRED
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    focus = run.options.blur_focus or shot.view.focus_distance
    np.savez_compressed(
        buffer,
        sharp=picture.rendered.color.astype(np.float16),
        blurred=picture.blurred.astype(np.float16),
        depth=picture.rendered.depth,
        alpha=picture.rendered.alpha,
        aperture=run.options.blur_aperture,
        focus_distance=focus,
        focal_length_px=shot.view.intrinsics.fx,
    )
    write_bytes(folder / f"{key}.npz", buffer.getvalue())


def _rng(seed: tuple[int, ...], *stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence((*seed, *stream)))
