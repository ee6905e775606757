"""Scenes rendered by several processes into shards; what is finished is not made again."""

import importlib.util
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from rgbd_seg.atomic import make_folder
from rgbd_seg.errors import BackendMissingError, OutputError, RgbdSegError
from rgbd_seg.training.shards import SHARD_SUFFIX, EncodedSample, write_encoded
from rgbd_seg.training.synthetic.generation import manifest, worker
from rgbd_seg.training.synthetic.generation.options import SynthOptions

Progress = Callable[[int, int], None]  # samples done, samples wanted
MakeScene = Callable[[SynthOptions, int], list[EncodedSample]]
_AHEAD = 3  # scenes per worker that may wait for their turn to be written


def generate(
    options: SynthOptions,
    output: Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    make_scene: MakeScene = worker.encoded_scene,
) -> int:
    """Render what is missing of a set into ``output``; returns how many samples were rendered now.

    Raises:
        ConfigError: the folder holds a set with other options, or assets are missing.
        BackendMissingError: Open3D is not installed.
        OutputError: a shard cannot be written; those that are finished stay, and the next run goes on from there.
    """
    if make_scene is worker.encoded_scene and not _open3d_is_there():
        raise BackendMissingError(
            "rendering people needs Open3D, which is not installed; install it with: pip install 'rgbd-seg[open3d]'"
        )
    make_folder(output)
    manifest.check(options, output)
    tell = progress or (lambda done, wanted: None)
    missing = [k for k in range(options.shards) if not shard_path(options, output, k).exists()]
    scenes = [scene for shard in missing for scene in scenes_of(options, shard)]
    done = options.count - sum(options.samples_of(scene) for scene in scenes)
    tell(done, options.count)
    made = 0
    with _pool(workers) as pool:
        results = _in_order(pool, make_scene, options, scenes, workers)
        for shard in missing:
            samples: list[EncodedSample] = []
            for _ in scenes_of(options, shard):
                samples += next(results)
                tell(done + made + len(samples), options.count)
            _write(shard_path(options, output, shard), samples)
            made += len(samples)
    return made


def _open3d_is_there() -> bool:
    return importlib.util.find_spec("open3d") is not None


def shard_path(options: SynthOptions, output: Path, shard: int) -> Path:
    """Where shard number ``shard`` is."""
    return output / f"{options.preset}-{shard:05d}{SHARD_SUFFIX}"


def scenes_of(options: SynthOptions, shard: int) -> range:
    """The scenes whose samples a shard holds."""
    return range(shard * options.scenes_per_shard, min((shard + 1) * options.scenes_per_shard, options.scenes))


def _write(path: Path, samples: list[EncodedSample]) -> None:
    try:
        write_encoded(path, samples)
    except OutputError as error:
        raise OutputError(
            f"{error}; finished shards are kept: free some space and run the same command again"
        ) from error


def _in_order(
    pool: ProcessPoolExecutor, make_scene: MakeScene, options: SynthOptions, scenes: list[int], workers: int
) -> Iterator[list[EncodedSample]]:
    """Results by number of the scene, whichever worker was first."""
    waiting: deque[Future[list[EncodedSample]]] = deque()
    queue = iter(scenes)
    try:
        for scene in scenes:
            while len(waiting) < workers * _AHEAD and (following := next(queue, None)) is not None:
                waiting.append(pool.submit(make_scene, options, following))
            yield _result(waiting.popleft(), scene)
    finally:
        for future in waiting:
            future.cancel()


def _result(future: "Future[list[EncodedSample]]", scene: int) -> list[EncodedSample]:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise RgbdSegError(
            f"a worker ended while rendering (scene {scene} or one near it), most likely for lack of memory; "
            "finished shards are kept: run again with fewer --workers"
        ) from error


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that start afresh, each with one thread: libraries read these variables when they are loaded."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=worker.prepare)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
