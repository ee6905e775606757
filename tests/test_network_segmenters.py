"""Networks as segmenters: how they are fed, what they answer, where they run."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tflite_builder import portrait_like_network

from rgbd_seg.arrays import Float32, UInt8
from rgbd_seg.errors import ConfigError, DeviceNotFoundError, ModelError
from rgbd_seg.frames import RgbdFrame
from rgbd_seg.io import read_photo
from rgbd_seg.models import InputForm, OutputForm, Passport
from rgbd_seg.models.onnx_file import OnnxGraph
from rgbd_seg.preprocessing import PreparedPicture
from rgbd_seg.protocols import Segmenter
from rgbd_seg.segmentation import create_segmenter
from rgbd_seg.segmentation.engine import Execution, available_executions
from rgbd_seg.segmentation.network import NetworkSegmenter

HEIGHT, WIDTH = 12, 16


def onnx_network(weights: np.ndarray, *, layout: str = "NCHW", activation: str = "") -> bytes:
    """A network that mixes each pixel's three channels by ``weights`` (outputs, 3)."""
    graph = OnnxGraph()
    outputs = len(weights)
    if layout == "NCHW":
        graph.add_input("picture", (1, 3, HEIGHT, WIDTH))
        graph.add_constant("weights", weights.reshape(outputs, 3, 1, 1).astype(np.float32))
        graph.add_node("Conv", ["picture", "weights"], "mixed", {"kernel_shape": (1, 1)})
        graph.add_output("answer", (1, outputs, HEIGHT, WIDTH))
    else:
        graph.add_input("picture", (1, HEIGHT, WIDTH, 3))
        graph.add_constant("weights", weights.T.astype(np.float32))
        graph.add_node("MatMul", ["picture", "weights"], "mixed", {})
        graph.add_output("answer", (1, HEIGHT, WIDTH, outputs))
    graph.add_node(activation or "Identity", ["mixed"], "answer", {})
    return graph.to_bytes()


def passport_of(data: bytes, **changes: Any) -> Passport:
    form = InputForm(width=WIDTH, height=HEIGHT)
    passport = Passport(
        name="own",
        title="",
        file="own.onnx",
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence="CC0-1.0",
        source="",
        download=None,
        format="onnx",
        input=form,
        output=OutputForm(),
    )
    return replace(passport, **changes)


def segmenter_of(folder: Path, data: bytes, **changes: Any) -> NetworkSegmenter:
    path = folder / "own.onnx"
    path.write_bytes(data)
    return NetworkSegmenter(passport_of(data, **changes), path)


def picture(seed: int = 0) -> UInt8:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


# How a network is fed and read


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("channels", ["RGB", "BGR"])
def test_layout_channels_and_normalisation(tmp_path: Path, layout: str, channels: str) -> None:
    weights = np.array([[0.5, 0.3, 0.1]])
    mean, std = (0.1, 0.2, 0.3), (1.0, 2.0, 4.0)
    form = InputForm(width=WIDTH, height=HEIGHT, layout=layout, channels=channels, mean=mean, std=std)
    segmenter = segmenter_of(
        tmp_path, onnx_network(weights, layout=layout), input=form, output=OutputForm(layout=layout)
    )
    color = picture()
    pixels = color[..., ::-1] / 255 if channels == "BGR" else color / 255
    expected = np.clip(((pixels - mean) / std) @ weights[0], 0, 1)
    np.testing.assert_allclose(segmenter.segment(RgbdFrame(color=color)).probability, expected, atol=1e-5)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_activations(tmp_path: Path, activation: str) -> None:
    weights = np.array([[30.0, 0, -40.0], [-20.0, 60.0, 0]])
    segmenter = segmenter_of(tmp_path, onnx_network(weights), output=OutputForm(channel=1, activation=activation))
    color = picture()
    logits = color / 255 @ weights.T
    shown = logits[..., 1] - logits[..., 0] if activation == "softmax" else logits[..., 1]
    np.testing.assert_allclose(
        segmenter.segment(RgbdFrame(color=color)).probability, 1 / (1 + np.exp(-shown)), atol=1e-5
    )


def test_value_is_the_decision_that_the_probability_implies(tmp_path: Path) -> None:
    segmentation = segmenter_of(tmp_path, onnx_network(np.eye(3)[:1])).segment(RgbdFrame(color=picture()))
    np.testing.assert_array_equal(segmentation.value, segmentation.probability >= 0.5)
    assert 0 < segmentation.value.mean() < 1


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 90), width=st.integers(1, 90), fit=st.sampled_from(["stretch", "letterbox"]))
def test_any_picture_gets_an_answer(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, fit: str
) -> None:
    form = InputForm(width=WIDTH, height=HEIGHT, fit=fit, turn_landscape=True)
    segmenter = segmenter_of(tmp_path_factory.mktemp("own"), onnx_network(np.eye(3)[:1]), input=form)
    probability = segmenter.segment(RgbdFrame(color=np.full((height, width, 3), 51, np.uint8))).probability
    np.testing.assert_allclose(probability, 0.2, atol=1e-5)


def test_networks_share_the_prepared_picture(tmp_path: Path) -> None:
    red = segmenter_of(tmp_path, onnx_network(np.eye(3)[:1]))
    (tmp_path / "second").mkdir()
    green = segmenter_of(tmp_path / "second", onnx_network(np.eye(3)[1:2]))
    prepared = PreparedPicture(picture())
    first, second = red.segment_prepared(prepared), green.segment_prepared(prepared)
    np.testing.assert_allclose(first.probability, picture()[..., 0] / 255, atol=1e-6)
    np.testing.assert_allclose(second.probability, picture()[..., 1] / 255, atol=1e-6)


def test_tflite_runs_in_either_engine(tmp_path: Path) -> None:
    data = portrait_like_network()
    path = tmp_path / "own.tflite"
    path.write_bytes(data)
    form = InputForm(width=48, height=32, layout="NHWC")
    passport = passport_of(data, format="tflite", input=form, output=OutputForm(layout="NHWC"))
    converted = NetworkSegmenter(passport, path)
    direct = NetworkSegmenter(replace(passport, engine="opencv-dnn"), path)
    assert converted.execution == Execution(f"ONNX Runtime {onnxruntime.__version__}", "cpu")
    assert direct.execution == Execution(f"OpenCV {cv2.__version__}", "cpu")
    frame = RgbdFrame(color=picture())
    np.testing.assert_allclose(converted.segment(frame).probability, direct.segment(frame).probability, atol=1e-5)


# What goes wrong


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino", "opencv-dnn"])
def test_threads_that_share_a_segmenter_get_their_own_answers(tmp_path: Path, engine: str) -> None:
    if engine == "openvino":
        pytest.importorskip("openvino")
    segmenter = segmenter_of(tmp_path, onnx_network(np.array([[1, 0, 0]])), engine=engine)
    levels = [4 * n for n in range(64)] * 4
    frames = [RgbdFrame(color=np.full((HEIGHT, WIDTH, 3), level, np.uint8)) for level in levels]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(segmenter.segment, frames)
        for level, segmentation in zip(levels, found, strict=True):
            np.testing.assert_allclose(segmentation.probability, level / 255, atol=1e-3)


def test_a_network_that_does_not_fit_its_passport(tmp_path: Path) -> None:
    data = onnx_network(np.eye(3)[:1])
    frame = RgbdFrame(color=picture())
    with pytest.raises(ModelError, match="its passport expects channel 1"):
        segmenter_of(tmp_path, data, output=OutputForm(channel=1)).segment(frame)
    with pytest.raises(ModelError, match="ONNX Runtime failed to run own"):
        segmenter_of(tmp_path, data, input=InputForm(width=WIDTH + 1, height=HEIGHT)).segment(frame)
    with pytest.raises(ModelError, match="NaN or infinity"):
        segmenter_of(tmp_path, onnx_network(-np.eye(3)[:1], activation="Log")).segment(frame)


def test_a_file_that_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ONNX Runtime cannot load own on cpu"):
        segmenter_of(tmp_path, b"not a network")
    with pytest.raises(ModelError, match="ONNX Runtime cannot load own on cpu"):
        segmenter_of(tmp_path, onnx_network(np.eye(3)[:1])[:-40])
    with pytest.raises(ModelError, match="not a TFLite file"):
        segmenter_of(tmp_path, b"not a network", format="tflite")
    with pytest.raises(ModelError, match="OpenCV cannot load own"):
        segmenter_of(tmp_path, b"not a network", format="tflite", engine="opencv-dnn")


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    data = onnx_network(np.eye(3)[:1])
    passport = passport_of(data)
    (tmp_path / "own.onnx").write_bytes(data + b"\0")
    with pytest.raises(ModelError, match="the passport of own expects"):
        NetworkSegmenter(passport, tmp_path / "own.onnx")
    with pytest.raises(ModelError, match="cannot read the network"):
        NetworkSegmenter(passport, tmp_path / "none.onnx")


def test_a_device_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    data = onnx_network(np.eye(3)[:1])
    path = tmp_path / "own.onnx"
    path.write_bytes(data)
    there = {execution.device for execution in available_executions()}
    assert "cpu" in there
    missing = next(device for device in ("directml", "coreml", "rocm") if device not in there)
    with pytest.raises(DeviceNotFoundError, match=rf"no usable device '{missing}' here; it has .*cpu"):
        NetworkSegmenter(passport_of(data), path, device=missing)
    with pytest.raises(DeviceNotFoundError, match="the device cpu here, not 'cuda'"):
        NetworkSegmenter(passport_of(data, engine="opencv-dnn"), path, device="cuda")
    with pytest.raises(ConfigError, match="device is 'gpu'; expected one of cpu, cuda"):
        NetworkSegmenter(passport_of(data), path, device="gpu")


def test_a_provider_that_falls_back_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime lists a provider whose driver is missing, and then quietly runs on the cpu."""
    module = "rgbd_seg.segmentation.onnx_runtime.onnxruntime"
    real = onnxruntime.InferenceSession
    listed = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(f"{module}.get_available_providers", lambda: listed)
    monkeypatch.setattr(f"{module}.InferenceSession", lambda data, options, providers: real(data))
    data = onnx_network(np.eye(3)[:1])
    (tmp_path / "own.onnx").write_bytes(data)
    with pytest.raises(DeviceNotFoundError, match="no usable device 'cuda'"):
        NetworkSegmenter(passport_of(data), tmp_path / "own.onnx", device="cuda")


# create_segmenter


def write_own(folder: Path, data: bytes) -> Path:
    """An own network with its passport beside it."""
    path = folder / "own.onnx"
    path.write_bytes(data)
    fields = {
        "passport": 1,
        "name": "own",
        "file": "own.onnx",
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "CC0-1.0",
        "format": "onnx",
        "input": {"width": WIDTH, "height": HEIGHT, "layout": "NCHW", "channels": "RGB", "normalisation": "unit"},
        "output": {"layout": "NCHW", "channel": 0, "activation": "none"},
    }
    path.with_name("own.onnx.json").write_text(json.dumps(fields))
    return path


def test_a_segmenter_by_name_by_path_or_the_best(no_shipped_networks: Path, tmp_path: Path) -> None:
    path = write_own(tmp_path, onnx_network(np.eye(3)[:1]))
    for segmenter in (
        create_segmenter("own", models_folder=tmp_path),
        create_segmenter(model=path),
        create_segmenter(models_folder=tmp_path),
    ):
        assert isinstance(segmenter, Segmenter)
        assert segmenter.name == "own"
        assert not segmenter.needs_depth


def test_what_create_segmenter_refuses(no_shipped_networks: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no network 'u2net'; known are mediapipe-selfie.*depth-layers"):
        create_segmenter("u2net", models_folder=tmp_path)
    with pytest.raises(ModelError, match=r"sinet is not in the models folder.*depth-layers needs no file"):
        create_segmenter("sinet", models_folder=tmp_path)
    with pytest.raises(ModelError, match="there is no network file"):
        create_segmenter(model=tmp_path / "none.onnx")
    with pytest.raises(ConfigError, match="give one"):
        create_segmenter("sinet", model=tmp_path / "none.onnx")
    with pytest.raises(DeviceNotFoundError, match="runs on the cpu only"):
        create_segmenter("depth-layers", device="cuda")
    with pytest.raises(DeviceNotFoundError, match="runs on the cpu only"):
        create_segmenter("auto", device="cuda", models_folder=tmp_path)


def test_the_shipped_network_is_the_default(no_shipped_networks: Path, tmp_path: Path) -> None:
    write_own(tmp_path, onnx_network(np.eye(3)[1:2]))
    ours = write_own(no_shipped_networks, onnx_network(np.eye(3)[:1]))
    text = ours.with_name("own.onnx.json").read_text(encoding="utf-8")
    ours.with_name("own.onnx.json").write_text(text.replace('"name": "own"', '"name": "ours", "rank": 1'))
    assert create_segmenter(models_folder=tmp_path).name == "ours"
    assert create_segmenter("own", models_folder=tmp_path).name == "own"
    assert create_segmenter("depth-layers", models_folder=tmp_path).name == "depth-layers"


def test_without_any_network_auto_is_depth_layers(no_shipped_networks: Path, tmp_path: Path) -> None:
    segmenter = create_segmenter(models_folder=tmp_path)
    assert segmenter.name == "depth-layers"
    assert segmenter.needs_depth


# Real networks on real photographs


@pytest.fixture
def weights(shared: Path) -> Path:
    return shared / "weights"


def iou(probability: Float32, truth: Float32) -> float:
    found = cv2.resize(probability, truth.shape[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
    person = truth >= 0.5
    return float((found & person).sum() / (found | person).sum())


@pytest.mark.parametrize(
    ("name", "standing", "selfie"),
    [("mediapipe-selfie", 0.96, 0.988), ("mediapipe-selfie-landscape", 0.96, 0.98), ("sinet", 0.93, 0.98)],
)
def test_agreement_with_apples_matte(shared: Path, weights: Path, name: str, standing: float, selfie: float) -> None:
    segmenter = create_segmenter(name, models_folder=weights)
    for file, least in (("standing_man.jpg", standing), ("selfie.heic", selfie)):
        photo = read_photo(shared / "data" / "iphone_portraits" / file)
        assert photo.portrait_matte is not None
        assert iou(segmenter.segment(photo.frame).probability, photo.portrait_matte) >= least


def test_of_public_networks_auto_takes_the_square_one(no_shipped_networks: Path, weights: Path) -> None:
    assert create_segmenter(models_folder=weights).name == "mediapipe-selfie"


def test_an_upright_person_in_a_landscape_picture_is_found_unturned(shared: Path, weights: Path) -> None:
    """Turning every landscape picture, as published, would feed this one sideways and lose a fifth of the agreement."""
    folder = shared / "data" / "rendered" / "21"
    color = cv2.cvtColor(cv2.imread(str(folder / "color.png")), cv2.COLOR_BGR2RGB)
    alpha = (cv2.imread(str(folder / "alpha.png"), cv2.IMREAD_GRAYSCALE) / 255).astype(np.float32)
    segmenter = create_segmenter("mediapipe-selfie", models_folder=weights)
    assert isinstance(segmenter, NetworkSegmenter)
    passport = segmenter.passport
    sideways = NetworkSegmenter(
        replace(passport, input=replace(passport.input, turn_landscape=True)), weights / "selfie_segmentation.tflite"
    )
    upright = iou(segmenter.segment(RgbdFrame(color=color)).probability, alpha)
    assert upright >= 0.88
    assert upright > iou(sideways.segment(RgbdFrame(color=color)).probability, alpha) + 0.1
