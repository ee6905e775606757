"""Rigid motions form a group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.errors import ConfigError
from rgbd_seg.transform import RigidTransform

number = st.floats(-3, 3, allow_nan=False)
vector = st.tuples(number, number, number)
motions = st.builds(RigidTransform.from_rotation_vector, vector, vector)
quick = settings(max_examples=40, deadline=None)


def same(a: RigidTransform, b: RigidTransform) -> None:
    np.testing.assert_allclose(a.matrix(), b.matrix(), atol=1e-9)


@quick
@given(a=motions, b=motions, c=motions)
def test_composition_is_associative(a: RigidTransform, b: RigidTransform, c: RigidTransform) -> None:
    same((a @ b) @ c, a @ (b @ c))


@quick
@given(a=motions)
def test_identity_and_inverse(a: RigidTransform) -> None:
    same(a @ RigidTransform.identity(), a)
    same(RigidTransform.identity() @ a, a)
    same(a @ a.inverse(), RigidTransform.identity())
    same(a.inverse() @ a, RigidTransform.identity())
    same(a.inverse().inverse(), a)


@quick
@given(a=motions, b=motions)
def test_inverse_of_a_product(a: RigidTransform, b: RigidTransform) -> None:
    same((a @ b).inverse(), b.inverse() @ a.inverse())


@quick
@given(a=motions, b=motions, points=st.lists(vector, min_size=1, max_size=4))
def test_acts_on_points(a: RigidTransform, b: RigidTransform, points: list) -> None:
    p = np.array(points)
    np.testing.assert_allclose((a @ b).apply(p), a.apply(b.apply(p)), atol=1e-8)
    np.testing.assert_allclose(a.inverse().apply(a.apply(p)), p, atol=1e-8)
    homogeneous = np.concatenate([p, np.ones_like(p[:, :1])], axis=1) @ a.matrix().T
    np.testing.assert_allclose(a.apply(p), homogeneous[:, :3], atol=1e-9)
    if len(p) > 1:
        np.testing.assert_allclose(
            np.linalg.norm(a.apply(p)[1:] - a.apply(p)[:-1], axis=1), np.linalg.norm(p[1:] - p[:-1], axis=1), atol=1e-8
        )


@quick
@given(a=motions)
def test_matrix_round_trip(a: RigidTransform) -> None:
    same(RigidTransform.from_matrix(a.matrix()), a)
    same(RigidTransform.from_matrix(a.matrix()[:3]), a)


@quick
@given(w=vector)
def test_rotation_vector_agrees_with_opencv(w: tuple) -> None:
    import cv2

    expected, _ = cv2.Rodrigues(np.array(w))
    np.testing.assert_allclose(RigidTransform.from_rotation_vector(w).rotation, expected, atol=1e-9)


def test_tiny_rotation_is_exact() -> None:
    turned = RigidTransform.from_rotation_vector((1e-9, 0, 0)).rotation
    np.testing.assert_allclose(turned[2, 1], 1e-9, rtol=1e-6)


def test_is_immutable() -> None:
    motion = RigidTransform.identity()
    with pytest.raises(ValueError, match="read-only"):
        motion.rotation[0, 0] = 2


@pytest.mark.parametrize(
    ("rotation", "translation", "message"),
    [
        (np.eye(4), np.zeros(3), "expected \\(3, 3\\) and \\(3,\\)"),
        (np.diag([1, 1, -1.0]), np.zeros(3), "determinant"),
        (1.01 * np.eye(3), np.zeros(3), "orthonormal"),
        (np.full((3, 3), np.nan), np.zeros(3), "NaN"),
        (np.eye(3), np.array([0, np.inf, 0]), "NaN or infinity"),
    ],
)
def test_what_is_no_motion_is_refused(rotation: np.ndarray, translation: np.ndarray, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        RigidTransform(rotation=rotation, translation=translation)


def test_bad_matrices_are_refused() -> None:
    with pytest.raises(ConfigError, match="shape"):
        RigidTransform.from_matrix(np.eye(3))
    with pytest.raises(ConfigError, match="last row"):
        RigidTransform.from_matrix(2 * np.eye(4))
