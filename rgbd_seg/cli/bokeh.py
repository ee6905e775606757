"""``rgbd-seg bokeh``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rgbd_seg.cli.photo_job import PhotoJob
from rgbd_seg.cli.report import warn

if TYPE_CHECKING:
    from pathlib import Path

    from rgbd_seg.effects import BokehPlan
    from rgbd_seg.frames import AlphaMatte
    from rgbd_seg.io import Photo


def bokeh(
    job: PhotoJob,
    strength: Annotated[float, typer.Option(help="0 to 1, for any depth.")] = 0.5,
    preset: Annotated[
        str | None, typer.Option(help="A lens by name instead, such as full-frame-85-f1.8 (metric depth).")
    ] = None,
    f_number: Annotated[float | None, typer.Option(help="Lens of this f-number instead (metric depth).")] = None,
    focal_length: Annotated[
        float | None, typer.Option(help="Its focal length in metres.", show_default="same view on --sensor")
    ] = None,
    sensor: Annotated[
        str, typer.Option(help="For --f-number: full-frame, aps-c, mft, 1-inch, phone-main or phone-tele.")
    ] = "full-frame",
    aperture: Annotated[float | None, typer.Option(help="Lens opening in metres instead (metric depth).")] = None,
    focus_on: Annotated[str, typer.Option(help="face, nearest (of the subject) or subject.")] = "face",
    focus_distance: Annotated[
        float | None, typer.Option(help="Metres that are sharp.", show_default="the subject, or --focus")
    ] = None,
    true_lens: Annotated[
        bool, typer.Option("--true-lens", help="Let the lens blur the subject too where it is out of focus.")
    ] = False,
    highlights: Annotated[float, typer.Option(help="0 to 1: clipped light put back, so that lamps bloom.")] = 0.5,
    quality: Annotated[str, typer.Option(help="photo, live (faster) or auto.")] = "auto",
    blades: Annotated[int, typer.Option(help="5 to 9 aperture blades; 0 is a disc.")] = 0,
    rotation: Annotated[float, typer.Option(help="Degrees, of the blades.")] = 0.0,
    cats_eye: Annotated[float, typer.Option(help="0 to 1: discs narrowed towards the corners.")] = 0.0,
    anamorphic: Annotated[float, typer.Option(help="Width over height of a disc, 0.25 to 4.")] = 1.0,
) -> None:
    """Blur with distance, as a wide lens would."""
    from rgbd_seg.effects import Aperture, BokehOptions

    options = BokehOptions(
        strength=strength,
        preset=preset,
        f_number=f_number,
        focal_length=focal_length,
        sensor=sensor,
        aperture=aperture,
        shape=Aperture(blades=blades, rotation=rotation, cats_eye=cats_eye, anamorphic=anamorphic),
        highlights=highlights,
        focus_on=focus_on,
        focus_distance=focus_distance,
        focus_point=job.focus_pixel() if focus_distance is None else None,
        keep_subject_sharp=not true_lens,
        quality=quality,
    )

    def write(path: "Path", photo: "Photo", matte: "AlphaMatte") -> dict[str, Any]:
        from rgbd_seg.effects.lens_blur import draw_bokeh, plan_bokeh
        from rgbd_seg.io.pictures import write_picture

        plan = plan_bokeh(photo.frame, matte, options)
        write_picture(path, draw_bokeh(photo.frame, matte, plan, options))
        if plan.fx is not None and plan.fx_is_assumed:
            warn(f"{path.name}: focal length unknown; the field of view of a 26 mm equivalent lens was assumed")
        return {"lens": _described(plan)}

    job.run("bokeh", write, default_suffix=".jpg")


def _described(plan: "BokehPlan") -> dict[str, Any]:
    """The lens and focus that were chosen."""
    distance = plan.focus_distance
    return {
        "focus on": plan.focus.on,
        "focus m": None if distance is None else round(distance, 3),
        "aperture mm": None if plan.aperture is None else round(1e3 * plan.aperture, 2),
        "focal length px": None if plan.fx is None else round(plan.fx, 1),
        "focal length is assumed": plan.fx is not None and plan.fx_is_assumed,
        "widest disc px": round(max(float(abs(c).max()) for c in (plan.sheets.background, plan.sheets.subject)), 1),
    }
