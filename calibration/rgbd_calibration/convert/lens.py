"""Lens models across formats: what each can hold, and a refusal for the rest."""

from collections.abc import Sequence

from rgbd_seg.distortion import BrownConrady, Distortion, NoDistortion
from rgbd_seg.errors import CalibrationError

BROWN_NAMES = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6", "s1", "s2", "s3", "s4", "τx", "τy")


def brown_terms(distortion: Distortion, count: int, target: str) -> tuple[float, ...]:
    """The first ``count`` Brown–Conrady terms in OpenCV's order, if they say everything.

    Raises:
        CalibrationError: the lens needs more terms, or another model.
    """
    terms = padded_brown_terms(distortion, target)
    lost = [f"{name}={value:g}" for name, value in zip(BROWN_NAMES[count:], terms[count:], strict=True) if value]
    if lost:
        raise CalibrationError(
            f"{target} holds {', '.join(BROWN_NAMES[:count])} only; this lens also has {', '.join(lost)}, which would "
            "be lost: choose a format with that model, or solve again with a smaller one (--lens)"
        )
    return terms[:count]


def padded_brown_terms(distortion: Distortion, target: str) -> tuple[float, ...]:
    """All 14 Brown–Conrady terms; an ideal lens has zeros.

    Raises:
        CalibrationError: it is another model.
    """
    match distortion:
        case NoDistortion():
            return (0.0,) * 14
        case BrownConrady(terms=terms):
            return terms + (0.0,) * (14 - len(terms))
        case _:
            raise CalibrationError(
                f"{target} cannot express the lens model {distortion.name!r}; expected pinhole or brown_conrady: "
                "choose a format with that model, or solve again with --lens brown_conrady"
            )


def brown_lens(terms: Sequence[float]) -> Distortion:
    """Brown–Conrady, or an ideal lens if every term is zero."""
    values = tuple(map(float, terms))
    return BrownConrady(values) if any(values) else NoDistortion()
