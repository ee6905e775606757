"""OpenCV FileStorage (YAML or XML by the file's suffix), with the names of OpenCV's stereo sample.

``M1 D1`` is the depth camera, ``M2 D2`` the colour camera, and ``R T`` map depth → colour, as
``cv2.stereoCalibrate(depth points, colour points)`` returns them. ``D`` has 4 numbers for ``cv2.fisheye``.
"""

from pathlib import Path

import cv2
import numpy as np

from rgbd_calibration.convert.lens import brown_lens, padded_brown_terms
from rgbd_calibration.convert.options import ReadOptions
from rgbd_seg import atomic
from rgbd_seg.arrays import Float64
from rgbd_seg.calibration import Calibration
from rgbd_seg.camera import Intrinsics
from rgbd_seg.distortion import KannalaBrandt
from rgbd_seg.errors import CalibrationError, CalibrationFileError
from rgbd_seg.transform import RigidTransform

SUFFIXES = (".yml", ".yaml", ".xml", ".json")


def write(path: Path, calibration: Calibration) -> None:
    """Write both cameras and their pose.

    Raises:
        CalibrationError: a lens that OpenCV cannot express, or a suffix it does not know.
        OutputError: the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise CalibrationError(f"{path.name} ends in {path.suffix!r}; expected one of {', '.join(SUFFIXES)}")
    cameras = [(1, calibration.depth, _terms(calibration.depth)), (2, calibration.color, _terms(calibration.color))]
    with atomic.replacing(path) as temporary:
        storage = cv2.FileStorage(str(temporary), cv2.FILE_STORAGE_WRITE)
        for index, camera, terms in cameras:
            storage.write(f"image_width{index}", camera.width)
            storage.write(f"image_height{index}", camera.height)
            storage.write(f"fisheye_model{index}", int(isinstance(camera.distortion, KannalaBrandt)))
            storage.write(f"M{index}", camera.matrix())
            storage.write(f"D{index}", terms.reshape(1, -1))
        storage.write("R", np.array(calibration.T_color_depth.rotation))
        storage.write("T", calibration.T_color_depth.translation.reshape(3, 1).copy())
        storage.write("metres_per_unit", calibration.metres_per_unit)
        storage.release()


def read(path: Path, options: ReadOptions) -> Calibration:
    """Read what `write` writes; sizes may come from ``options`` for files of OpenCV's own sample.

    Raises:
        CalibrationFileError: unreadable, or a node is missing.
    """
    storage = _open(path)
    try:
        unit = storage.getNode("metres_per_unit")
        return Calibration(
            depth=_camera(storage, 1, options.depth_size, path),
            color=_camera(storage, 2, options.color_size, path),
            T_color_depth=RigidTransform(
                rotation=_matrix(storage, "R", path), translation=_matrix(storage, "T", path).ravel()
            ),
            metres_per_unit=options.depth_unit(None if unit.empty() else unit.real(), str(path)),
        )
    finally:
        storage.release()


def _open(path: Path) -> cv2.FileStorage:
    if not path.is_file():
        raise CalibrationFileError(f"cannot read {path}: no such file")
    try:
        storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    except (cv2.error, SystemError) as error:
        raise CalibrationFileError(f"{path} is not an OpenCV FileStorage file (YAML, XML or JSON)") from error
    if not storage.isOpened():
        raise CalibrationFileError(f"{path} is not an OpenCV FileStorage file (YAML, XML or JSON)")
    return storage


def _terms(camera: Intrinsics) -> Float64:
    if isinstance(camera.distortion, KannalaBrandt):
        return np.array(camera.distortion.terms)
    terms = padded_brown_terms(camera.distortion, "OpenCV FileStorage")
    # OpenCV knows 4, 5, 8, 12 and 14 numbers; the shortest that says all.
    count = next(n for n in (5, 8, 12, 14) if not any(terms[n:]))
    return np.array(terms[:count])


def _camera(storage: cv2.FileStorage, index: int, size: tuple[int, int] | None, path: Path) -> Intrinsics:
    K, D = _matrix(storage, f"M{index}", path), _matrix(storage, f"D{index}", path).ravel()
    width, height = storage.getNode(f"image_width{index}"), storage.getNode(f"image_height{index}")
    if size is None and (width.empty() or height.empty()):
        raise CalibrationFileError(
            f"{path} lacks image_width{index} and image_height{index}; give --color-size and --depth-size"
        )
    stored = (int(width.real()), int(height.real())) if size is None else size
    fisheye = storage.getNode(f"fisheye_model{index}")
    lens = brown_lens(D.tolist()) if fisheye.empty() or not fisheye.real() else KannalaBrandt(tuple(D.tolist()))
    return Intrinsics(
        width=stored[0], height=stored[1], fx=K[0, 0], fy=K[1, 1], cx=K[0, 2], cy=K[1, 2], distortion=lens
    )


def _matrix(storage: cv2.FileStorage, name: str, path: Path) -> Float64:
    node = storage.getNode(name)
    values = None if node.empty() else node.mat()
    if values is None:
        raise CalibrationFileError(f"{path} lacks the matrix {name!r}; expected M1 D1 M2 D2 R T (stereo sample)")
    return np.asarray(values, dtype=np.float64)
