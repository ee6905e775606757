"""The lens engine: apertures, qualities, strips, and torch beside numba."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rgbd_seg.effects import thin_lens
from rgbd_seg.effects.aperture import Aperture, disc
from rgbd_seg.effects.bokeh_options import BokehOptions
from rgbd_seg.effects.depth_completion import complete
from rgbd_seg.effects.lens import Lens
from rgbd_seg.effects.lens_blur import plan_bokeh, prepare_light
from rgbd_seg.effects.lens_plan import Sheets, make_plan
from rgbd_seg.effects.thin_lens import render, render_linear
from rgbd_seg.errors import ConfigError, DeviceNotFoundError
from rgbd_seg.frames import AlphaMatte, Timestamp
from rgbd_seg.linear_light import decode, encode
from rgbd_seg.registration import register
from rgbd_seg.samples import load_sample

SHAPES = {
    "disc": Aperture(),
    "pentagon": Aperture(blades=5, rotation=20),
    "oval": Aperture(anamorphic=0.5),
    "cat's eye": Aperture(cats_eye=1),
    "all": Aperture(blades=8, cats_eye=0.5, anamorphic=1.5),
}


def portrait(height: int, width: int) -> tuple[np.ndarray, AlphaMatte]:
    """A striped red subject with a soft edge before a grey wall with texture."""
    rng = np.random.default_rng(0)
    wall = np.repeat(rng.integers(60, 200, (height, width, 1)), 3, axis=2).astype(np.uint8)
    y, x = np.mgrid[:height, :width]
    alpha = np.clip(0.5 - (np.hypot(y - height / 2, x - width / 2) - height / 4) / 4, 0, 1).astype(np.float32)
    subject = np.zeros_like(wall)
    subject[..., 0] = 150 + 100 * (x % 7 > 3)
    a = alpha[..., None]
    return encode(a * decode(subject) + (1 - a) * decode(wall)), AlphaMatte(alpha=alpha)


def across(low: float, high: float) -> Sheets:
    """Background from ``low`` to ``high`` pixels of confusion from left to right, the subject nearly sharp."""
    ramp = np.linspace(0, 1, 100, dtype=np.float32)[None].repeat(80, axis=0)
    return Sheets(background=(low + (high - low) * ramp).astype(np.float32), subject=4 * ramp - 2)


@settings(max_examples=40, deadline=None)
@given(
    diameter=st.floats(-80, 80),
    blades=st.sampled_from([0, 5, 6, 7, 8, 9]),
    rotation=st.floats(-180, 180),
    cats_eye=st.floats(0, 1),
    anamorphic=st.floats(0.5, 2),
    at=st.tuples(st.floats(-0.9, 0.9), st.floats(-0.5, 0.5)),
)
def test_every_shape_keeps_all_light_in_its_place(diameter, blades, rotation, cats_eye, anamorphic, at):
    shape = Aperture(blades=blades, rotation=rotation, cats_eye=cats_eye, anamorphic=anamorphic)
    kernel = shape.kernel(diameter, at).astype(np.float64)
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    offset = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
    for axis in (0, 1):
        centre = (kernel.sum(axis=axis) * offset).sum()
        assert abs(centre) <= 0.012 * abs(diameter) + 0.06  # an odd polygon is not cut evenly


@pytest.mark.parametrize("blades", [0, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("anamorphic", [0.5, 1, 2])
def test_all_apertures_have_the_area_of_the_disc(blades, anamorphic):
    kernel = Aperture(blades=blades, anamorphic=anamorphic).kernel(40)
    assert 1 / kernel.max() == pytest.approx(np.pi * 20**2, rel=0.01)


def test_an_oval_is_as_wide_as_told():
    kernel = Aperture(anamorphic=0.5).kernel(40)
    wide, high = ((kernel.sum(axis=axis) > 0).sum() for axis in (0, 1))
    assert wide / high == pytest.approx(0.5, abs=0.06)


def test_an_odd_polygon_stands_on_its_head_before_the_focus():
    shape = Aperture(blades=5)
    np.testing.assert_allclose(shape.kernel(-31), shape.kernel(31)[::-1, ::-1], atol=1e-7)
    rows = np.flatnonzero(shape.kernel(31).sum(axis=1))
    assert rows[0] == 0  # one corner up, which reaches further than the sides below
    assert rows[-1] < shape.kernel(31).shape[0] - 1


def test_blades_turn_clockwise():
    turned = Aperture(blades=5, rotation=90).kernel(31)
    columns = np.flatnonzero(turned.sum(axis=0))
    assert columns[-1] == turned.shape[1] - 1  # the corner points right
    assert columns[0] > 0


def test_the_barrel_cuts_towards_the_corners_only():
    shape = Aperture(cats_eye=1)
    middle = shape.kernel(31)
    rim = (middle.shape[0] - disc(31).shape[0]) // 2
    np.testing.assert_allclose(middle[rim:-rim, rim:-rim], disc(31), atol=1e-6)
    corner = shape.kernel(31, (0.8, 0.6))
    assert 1 / corner.max() == pytest.approx(0.39 * np.pi * 15.5**2, rel=0.02)
    y, x = np.mgrid[: corner.shape[0], : corner.shape[1]] - corner.shape[0] // 2
    along, beside = ((corner * (a * x + b * y) ** 2).sum() for a, b in ((0.8, 0.6), (-0.6, 0.8)))
    assert along < 0.5 * beside


@pytest.mark.parametrize(
    "wrong", [{"blades": 4}, {"blades": True}, {"cats_eye": 1.1}, {"anamorphic": 0.0}, {"rotation": float("nan")}]
)
def test_wrong_apertures_are_refused(wrong):
    with pytest.raises(ConfigError):
        Aperture(**wrong)


@pytest.mark.parametrize("quality", ["photo", "live"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_constant_picture_stays_constant_through_every_aperture(name, quality):
    light = np.full((120, 150, 3), 1000, np.float32)
    alpha = portrait(120, 150)[1].alpha
    for keep in (True, False):
        out = render_linear(
            light, alpha, across(-30, 60), keep_subject_sharp=keep, aperture=SHAPES[name], quality=quality
        )
        np.testing.assert_allclose(out, 1000, rtol=2e-3)


@pytest.mark.parametrize("quality", ["photo", "live"])
@pytest.mark.parametrize("diameter", [-25.0, 12.0, 40.0])
def test_a_lamp_takes_the_shape_of_the_aperture(diameter, quality):
    light = np.zeros((161, 161, 3), np.float32)
    light[79:82, 79:82] = 1000
    coc = np.full((1, 1), diameter, np.float32)
    for shape in (Aperture(blades=5), Aperture(anamorphic=0.5)):
        out = render_linear(
            light,
            np.zeros((161, 161), np.float32),
            Sheets(background=coc, subject=coc),
            keep_subject_sharp=True,
            aperture=shape,
            quality=quality,
        )[..., 0]
        kernel = shape.kernel(diameter)
        wanted = np.zeros((161, 161), np.float32)
        reach = kernel.shape[0] // 2
        for y in (79, 80, 81):
            for x in (79, 80, 81):
                wanted[y - reach : y + reach + 1, x - reach : x + reach + 1] += 1000 * kernel
        assert np.abs(out - wanted).sum() < 0.3 * wanted.sum()
        assert out.sum() == pytest.approx(wanted.sum(), rel=0.01)


def test_the_middle_of_the_picture_has_no_cats_eye_and_the_corners_mirror_each_other():
    light = np.zeros((242, 322, 3), np.float32)
    light[[20, 20, 221, 221, 120, 121], [20, 301, 20, 301, 160, 161]] = 1000
    coc = np.full((1, 1), 24.0, np.float32)
    out = render_linear(
        light,
        np.zeros((242, 322), np.float32),
        Sheets(background=coc, subject=coc),
        keep_subject_sharp=True,
        aperture=Aperture(cats_eye=1),
    )[..., 0]
    assert (out[100:142, 140:182] > 1).sum() > 1.5 * (out[:42, :42] > 1).sum()
    assert np.abs(out - out[::-1, ::-1]).sum() < 0.1 * out.sum()


def test_strips_equal_the_whole(monkeypatch):
    color, matte = portrait(601, 260)
    for shape in (SHAPES["disc"], SHAPES["cat's eye"]):
        for keep in (True, False):
            whole = render(color, matte, across(-12, 30), keep_subject_sharp=keep, aperture=shape)
            with monkeypatch.context() as patched:
                patched.setattr(thin_lens, "_STRIP", 60_000)
                strips = render(color, matte, across(-12, 30), keep_subject_sharp=keep, aperture=shape)
            assert np.abs(whole.astype(int) - strips).max() <= 1


def test_quality_is_chosen_by_the_clock():
    color, matte = portrait(160, 200)
    live = AlphaMatte(alpha=matte.alpha, timestamp=Timestamp(1, "device"))
    sheets = across(5, 14)
    photo, quick = (render(color, m, sheets, keep_subject_sharp=True) for m in (matte, live))
    np.testing.assert_array_equal(photo, render(color, live, sheets, keep_subject_sharp=True, quality="photo"))
    np.testing.assert_array_equal(quick, render(color, matte, sheets, keep_subject_sharp=True, quality="live"))
    assert not np.array_equal(photo, quick)
    assert np.abs(photo.astype(int) - quick).mean() < 1.5
    with pytest.raises(ConfigError, match="quality"):
        render(color, matte, sheets, keep_subject_sharp=True, quality="best")


def test_read_only_and_cut_out_pictures_are_drawn_too():
    color, matte = portrait(160, 200)
    wanted = render(
        color[:, 20:180].copy(), AlphaMatte(alpha=matte.alpha[:, 20:180].copy()), across(4, 20), keep_subject_sharp=True
    )
    color.flags.writeable = False
    cut = AlphaMatte(alpha=matte.alpha[:, 20:180])
    np.testing.assert_array_equal(render(color[:, 20:180], cut, across(4, 20), keep_subject_sharp=True), wanted)


def test_wide_discs_are_drawn_coarsely():
    """So that cost does not grow with the disc."""
    sheets = Sheets(background=np.linspace(0, 200, 300, dtype=np.float32)[None], subject=np.zeros((1, 1), np.float32))
    for grain in ("photo", "large", "live"):
        plan = make_plan(sheets, True, disc, grain=grain)
        assert max(level.reach for level in (plan.focus, *plan.far)) <= 8
        assert len(plan.far) == (5 if grain == "live" else 4)


@pytest.mark.parametrize("quality", ["live", "photo"])
@pytest.mark.parametrize("keep", [True, False])
def test_torch_draws_what_numba_draws(quality, keep):
    torch = pytest.importorskip("torch")
    from rgbd_seg.effects.torch_lens import TorchLens

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # small planes: threads would only wait for each other
    color, matte = portrait(111, 142)
    gain = ((color[..., 0] > 190) & (matte.alpha <= 0)).astype(np.uint8) * 60
    step = across(25, -14)
    step.background[:, 60:] = 25
    own = AlphaMatte(alpha=matte.alpha, foreground=np.ascontiguousarray(color[::-1]))
    for sheets, shape, of, brighter in (
        (across(-18, 22), SHAPES["disc"], matte, None),
        (across(-2, 3), SHAPES["disc"], own, gain),
        (step, SHAPES["all"], matte, gain),
    ):
        wanted = render(color, of, sheets, keep_subject_sharp=keep, quality=quality, aperture=shape, gain=brighter)
        found = TorchLens("cpu").render(
            color, of, sheets, keep_subject_sharp=keep, quality=quality, aperture=shape, gain=brighter
        )
        assert np.abs(wanted.astype(int) - found).max() <= 1
    torch.set_num_threads(threads)


@pytest.mark.parametrize("strength", [0.3, 0.6])
def test_torch_draws_hair_as_numba_does(strength):
    """Mixed cells of hair where most light is shared between full and half resolution."""
    pytest.importorskip("torch")
    from rgbd_seg.effects.torch_lens import TorchLens

    sample = load_sample("windblown")
    frame, matte = register(sample.frame), AlphaMatte(alpha=sample.alpha)
    options = BokehOptions(strength=strength, quality="live")
    plan, light = plan_bokeh(frame, matte, options), prepare_light(frame, matte, options)
    given = {"keep_subject_sharp": True, "quality": "live", "gain": light.gain, "backdrop": light.backdrop}
    wanted = render(frame.color, matte, plan.sheets, **given)
    found = TorchLens("cpu").render(frame.color, matte, plan.sheets, **given)
    assert np.abs(wanted.astype(int) - found).max() <= 1


@pytest.mark.parametrize("edge", [32, 33])
def test_torch_draws_an_edge_at_a_step_of_depth_as_numba_does(edge):
    """Half of a cell is blurred enough for half the resolution, its middle is not: it is taken apart all the same."""
    pytest.importorskip("torch")
    from rgbd_seg.effects.torch_lens import TorchLens

    color = np.full((16, 64, 3), 35, np.uint8)
    color[:, edge:] = 180
    coc = np.full((4, 16), 3.5, np.float32)
    coc[:, 8:] = 5.1
    sheets = Sheets(background=coc, subject=np.zeros((1, 1), np.float32))
    matte = AlphaMatte(alpha=np.zeros(color.shape[:2], np.float32))
    wanted = render(color, matte, sheets, keep_subject_sharp=True, quality="live")
    found = TorchLens("cpu").render(color, matte, sheets, keep_subject_sharp=True, quality="live")
    assert np.abs(wanted.astype(int) - found).max() <= 1


def test_torch_never_takes_another_device_than_the_one_asked_for():
    torch = pytest.importorskip("torch")
    from rgbd_seg.effects.torch_lens import TorchLens

    with pytest.raises(ConfigError, match="device"):
        TorchLens("abacus")
    if not torch.cuda.is_available():
        with pytest.raises(DeviceNotFoundError, match="cuda"):
            TorchLens("cuda")


@pytest.mark.parametrize(("scene", "floor"), [("4", 43.0), ("15", 40.0)])
def test_live_quality_against_a_path_traced_lens(shared, scene, floor):
    """24 hard layers give 38.8 and 39.6 dB at many times the cost."""
    folder = shared / "data" / "bokeh_truth" / scene
    sharp, truth = (np.load(folder / f"{name}_lin.npy").astype(np.float32) for name in ("color", "dof"))
    depth, alpha = (np.load(folder / f"{name}.npy").astype(np.float32) for name in ("color_z", "alpha"))
    camera = json.loads((folder / "timing.json").read_text())["dof_params"]
    lens = Lens(focus_disparity=1 / camera["zf"], pixels_per_disparity=camera["D"] * camera["fx"])
    sheets = complete(depth, alpha)
    coc = Sheets(background=lens.coc_px(sheets.background), subject=lens.coc_px(sheets.subject))
    out = render_linear(sharp, alpha, coc, keep_subject_sharp=False, quality="live")
    white = np.percentile(truth, 99)
    shown, wanted = (np.clip(light / white, 0, 1) ** (1 / 2.2) for light in (out, truth))
    assert -10 * np.log10(((shown - wanted) ** 2).mean()) > floor
