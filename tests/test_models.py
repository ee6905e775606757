"""Passports, the models folder, downloads, and reading network files."""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tflite_builder import TfliteBuilder, portrait_like_network

from rgbd_seg.errors import ModelError, OutputError
from rgbd_seg.models import ModelFolder, Passport, known_passports, load_passport
from rgbd_seg.models.folder import default_folder, identify
from rgbd_seg.models.passport import parse_passport
from rgbd_seg.models.passport_writing import passport_text as written_passport
from rgbd_seg.models.tflite_to_onnx import convert_tflite

CONTENT = b"a network" * 10_000


def passport_text(content: bytes = CONTENT, **changes: Any) -> str:
    """A passport of ``content``; a change of None takes the key out."""
    fields: dict[str, Any] = {
        "passport": 1,
        "name": "mine",
        "file": "mine.onnx",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "CC0-1.0",
        "format": "onnx",
        "input": {"width": 32, "height": 16, "layout": "NCHW", "channels": "RGB", "normalisation": "unit"},
        "output": {"layout": "NCHW", "channel": 0, "activation": "none"},
    }
    fields |= changes
    return json.dumps({key: value for key, value in fields.items() if value is not None})


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Passport:
    """The only network known by name: ``mine``, whose file is CONTENT."""
    passport = parse_passport(passport_text(), "test")
    monkeypatch.setattr("rgbd_seg.models.folder.known_passports", lambda: (passport,))
    return passport


# Passports


def test_the_passports_of_public_networks_are_whole(no_shipped_networks: Path) -> None:
    passports = known_passports()
    assert [p.name for p in passports] == ["mediapipe-selfie", "mediapipe-selfie-landscape", "sinet"]
    for passport in passports:
        assert passport.licence in ("Apache-2.0", "MIT")
        assert passport.download is not None
        assert passport.download.startswith("https://")


def test_the_shipped_networks_are_whole(tmp_path: Path) -> None:
    """Whichever there are: the files themselves, and all that their passports must tell."""
    told = {"data", "seeds", "command", "hours", "hardware", "date", "commit", "input", "output", "metrics"}
    files = 0
    for entry in (entry for entry in ModelFolder(tmp_path).list() if entry.built_in):
        assert entry.path is not None, f"the file of {entry.passport.name} is damaged or missing"
        files += entry.path.stat().st_size
        assert entry.passport.licence == "Apache-2.0"
        assert entry.passport.record.keys() >= told | {"known_failures"}
        data = entry.passport.record["data"]
        assert isinstance(data, list)
        assert data
        assert all(source["folder"] and source["source"] and source["licence"] for source in data)
    assert files <= 15e6


def test_a_passport_is_written_as_it_is_read() -> None:
    numbers = {"mean": [0.1, 0.2, 0.3], "std": [1.0, 2.0, 3.0]}
    form = {
        "width": 32,
        "height": 16,
        "layout": "NHWC",
        "channels": "BGR",
        "normalisation": numbers,
        "fit": "letterbox",
    }
    for text in (passport_text(), passport_text(input=form, record={"a": [1]}, rank=3, download="https://example.org")):
        passport = parse_passport(text, "test")
        assert parse_passport(written_passport(passport), "test") == passport


def test_normalisation_by_name_and_by_numbers() -> None:
    form = json.loads(passport_text())["input"]
    signed = parse_passport(passport_text(input={**form, "normalisation": "signed"}), "test").input
    assert (np.array([0.0, 1.0]) - signed.mean[0]) / signed.std[0] == pytest.approx([-1, 1])
    numbers = {"mean": [0.1, 0.2, 0.3], "std": [1, 2, 3]}
    assert parse_passport(passport_text(input={**form, "normalisation": numbers}), "test").input.std == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "a list; expected an object"),
        (passport_text(passport=2), "version is 2"),
        (passport_text(passport=None), "no 'passport'"),
        (passport_text(licence=None), "no 'licence'"),
        (passport_text(turn=True), "unknown key turn"),
        (passport_text(name=7), "passport.name is a whole number; expected text"),
        (passport_text(size_bytes=True), "size_bytes is true or false"),
        (passport_text(size_bytes=1.5), "size_bytes is a number"),
        (passport_text(size_bytes=0), "size_bytes is 0"),
        (passport_text(name="a/b"), "name is 'a/b'"),
        (passport_text(file="../mine.onnx"), "file is '../mine.onnx'"),
        (passport_text(sha256="abc"), "64 lower-case"),
        (passport_text(format="pb"), "format is 'pb'; expected one of onnx, tflite"),
        (passport_text(engine="torch"), "engine is 'torch'"),
        (passport_text(threads=-1), "threads is -1"),
        (passport_text(download="file:///etc/passwd"), "expected an address"),
        (passport_text(input={}), "no 'layout'|no 'width'|no 'normalisation'"),
        (passport_text(output={"layout": "NCHW", "channel": 0, "activation": "relu"}), "activation is 'relu'"),
        (passport_text(output={"layout": "NCHW", "channel": -1, "activation": "none"}), "channel is -1"),
        (
            passport_text(output={"layout": "NCHW", "channel": 0, "activation": "none", "x": 1}),
            "passport.output.*key x",
        ),
    ],
)
def test_a_wrong_passport_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        parse_passport(text, "test")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width": 0}, "width is 0"),
        ({"height": 100_000}, "height is 100000"),
        ({"layout": "CHW"}, "layout is 'CHW'"),
        ({"channels": "RBG"}, "channels is 'RBG'"),
        ({"fit": "crop"}, "fit is 'crop'"),
        ({"normalisation": "half"}, "normalisation is 'half'"),
        ({"normalisation": {"mean": [0, 0], "std": [1, 1, 1]}}, "three numbers"),
        ({"normalisation": {"mean": [0, 0, 0], "std": [1, 0, 1]}}, "std above 0"),
        ({"normalisation": {"mean": [0, 0, 0], "std": [1, 1, 1], "scale": 2}}, "unknown key scale"),
        ({"turn_landscape": 1}, "expected true or false"),
        ({"previous_alpha": True}, "previous_alpha is true, but channels is 'RGB'"),
    ],
)
def test_a_wrong_input_form_is_refused(change: dict[str, Any], said: str) -> None:
    form = json.loads(passport_text())["input"]
    with pytest.raises(ModelError, match=said):
        parse_passport(passport_text(input={**form, **change}), "test")


def test_a_passport_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read the passport"):
        load_passport(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="cannot read the passport"):
        load_passport(tmp_path / "binary.json")


# The folder


def test_the_folder_is_the_variable_or_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RGBD_SEG_MODELS", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("RGBD_SEG_MODELS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert ModelFolder().path == tmp_path / "cache" / "rgbd-seg" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache" / "rgbd-seg" / "models"


def test_files_are_recognised_by_hash_whatever_their_name(known: Passport, tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path)
    assert folder.best() is None
    (tmp_path / "downloaded (1).bin").write_bytes(CONTENT)
    assert folder.find("mine") == (known, tmp_path / "downloaded (1).bin")
    assert folder.best() == folder.find("mine")


def test_a_damaged_file_is_not_taken_for_the_network(known: Passport, tmp_path: Path) -> None:
    damaged = CONTENT[:-1] + b"!"
    (tmp_path / "mine.onnx").write_bytes(damaged)
    assert ModelFolder(tmp_path).list()[0].path is None
    with pytest.raises(ModelError, match=f"{hashlib.sha256(damaged).hexdigest()}, expected {known.sha256}"):
        ModelFolder(tmp_path).find("mine")


def test_what_is_absent_or_unknown_is_said(known: Passport, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="rgbd-seg models add mine"):
        ModelFolder(tmp_path / "nowhere").find("mine")
    with pytest.raises(ModelError, match="there is no network 'yours'; known are mine"):
        ModelFolder(tmp_path).find("yours")


def test_an_own_network_has_its_passport_beside_it(no_shipped_networks: Path, tmp_path: Path) -> None:
    (tmp_path / "own.onnx").write_bytes(CONTENT)
    (tmp_path / "own.onnx.json").write_text(passport_text(rank=5))
    folder = ModelFolder(tmp_path)
    assert folder.list()[0].passport.name == "mine"  # by its rank before the packaged ones
    assert folder.best() == folder.find("mine")
    assert folder.problems() == ()


def test_a_wrong_passport_in_the_folder_is_reported_and_the_rest_works(known: Passport, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(CONTENT)
    (tmp_path / "own.onnx").write_bytes(b"x")
    (tmp_path / "own.onnx.json").write_text(passport_text(name="own", licence=None))
    (tmp_path / "twin.onnx").write_bytes(b"y")
    (tmp_path / "twin.onnx.json").write_text(passport_text())
    folder = ModelFolder(tmp_path)
    assert folder.best() == (known, tmp_path / "mine.onnx")
    broken, twin = folder.problems()
    assert "no 'licence'" in broken
    assert "'mine', which is taken" in twin
    with pytest.raises(ModelError, match=r"left out: .*no 'licence'"):
        folder.find("own")


def test_a_file_is_identified(known: Passport, tmp_path: Path) -> None:
    path = tmp_path / "any.onnx"
    with pytest.raises(ModelError, match="there is no network file"):
        identify(path)
    path.write_bytes(CONTENT)
    assert identify(path) == known
    path.write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"write its passport as any\.onnx\.json.*sinet\.json"):
        identify(path)
    (tmp_path / "mine.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match="the passport of mine expects"):
        identify(tmp_path / "mine.onnx")
    (tmp_path / "any.onnx.json").write_text(passport_text(name="own"))
    with pytest.raises(ModelError, match="the passport of own expects"):
        identify(path)


def test_adding_a_file_copies_it_with_its_passport(known: Passport, tmp_path: Path) -> None:
    source = tmp_path / "source.onnx"
    source.write_bytes(CONTENT)
    folder = ModelFolder(tmp_path / "models" / "deep")
    added = folder.add(source)
    assert added == tmp_path / "models" / "deep" / "mine.onnx"
    assert added.read_bytes() == CONTENT
    assert folder.add(source) == added
    own = b"own network"
    (tmp_path / "own.onnx").write_bytes(own)
    (tmp_path / "own.onnx.json").write_text(passport_text(own, name="own", file="own.onnx"))
    folder.add(str(tmp_path / "own.onnx"))
    assert folder.find("own")[1].read_bytes() == own
    with pytest.raises(ModelError, match="neither a file nor a known network; known are mine"):
        folder.add("yours")


def test_adding_never_puts_one_network_over_another(known: Passport, tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path / "models")
    (tmp_path / "mine.onnx").write_bytes(CONTENT)
    folder.add(tmp_path / "mine.onnx")
    other = tmp_path / "other.onnx"
    other.write_bytes(b"other")
    for name, file in (("other", "mine.onnx"), ("mine", "other.onnx")):
        (tmp_path / "other.onnx.json").write_text(passport_text(b"other", name=name, file=file))
        with pytest.raises(ModelError, match="is already there as mine"):
            folder.add(other)
    assert [path.name for path in folder.path.iterdir()] == ["mine.onnx"]
    assert folder.find("mine")[1].read_bytes() == CONTENT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(known: Passport, tmp_path: Path) -> None:
    source = tmp_path / "source.onnx"
    source.write_bytes(CONTENT)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot write"):
        ModelFolder(closed).add(source)


def test_a_folder_that_is_a_file(known: Passport, tmp_path: Path) -> None:
    source = tmp_path / "source.onnx"
    source.write_bytes(CONTENT)
    with pytest.raises(ModelError, match="cannot read the models folder"):
        ModelFolder(source).add(source)
    with pytest.raises(OutputError, match="cannot make the models folder"):
        ModelFolder(source / "models")._made()


# Networks in the package


@pytest.fixture
def shipped(no_shipped_networks: Path) -> Path:
    """The package ships one network, ``ours``, whose file is CONTENT."""
    (no_shipped_networks / "ours.onnx").write_bytes(CONTENT)
    text = passport_text(name="ours", file="ours.onnx", rank=1)
    (no_shipped_networks / "ours.onnx.json").write_text(text, encoding="utf-8")
    return no_shipped_networks / "ours.onnx"


def test_the_packages_own_network_is_the_best(shipped: Path, tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path / "nowhere")
    assert folder.list()[0].built_in
    assert folder.find("ours")[1] == shipped
    assert folder.best() == folder.find("ours")
    assert folder.add("ours") == shipped  # it is there: nothing is downloaded
    assert not any(entry.built_in for entry in folder.list()[1:])


def test_a_damaged_shipped_network_is_never_silently_replaced(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "own.onnx").write_bytes(b"another network")
    (tmp_path / "own.onnx.json").write_text(passport_text(b"another network", name="own", file="own.onnx"))
    folder = ModelFolder(tmp_path)
    for spoil in (lambda: shipped.write_bytes(CONTENT[:-1]), shipped.unlink):
        spoil()
        with pytest.raises(ModelError, match=r"came with rgbd-seg.*Install rgbd-seg again"):
            folder.best()
        with pytest.raises(ModelError, match="came with rgbd-seg"):
            folder.find("ours")
        assert "came with rgbd-seg" in folder.problems()[0]
        assert folder.find("own")[1] == tmp_path / "own.onnx"
    (tmp_path / "copy.onnx").write_bytes(CONTENT)  # the same file elsewhere is as good
    assert folder.find("ours")[1] == tmp_path / "copy.onnx"


def test_a_network_of_the_packages_name_is_refused(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"x")
    (tmp_path / "mine.onnx.json").write_text(passport_text(b"x", name="ours"))
    assert "'ours', which is taken" in ModelFolder(tmp_path).problems()[0]


# Downloads


class Server:
    """A file server on this machine that can be told to misbehave."""

    def __init__(self) -> None:
        self.answer = CONTENT
        self.status = 200
        self.claimed_length: int | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(outer.status)
                self.send_header("Content-Length", str(outer.claimed_length or len(outer.answer)))
                self.end_headers()
                self.wfile.write(outer.answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/mine.onnx?generation=1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(known: Passport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    passport = replace(known, download=server.address)
    monkeypatch.setattr("rgbd_seg.models.folder.known_passports", lambda: (passport,))
    yield server
    server.close()


def test_a_download_arrives_whole(server: Server, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    folder = ModelFolder(tmp_path / "models")
    path = folder.add("mine", progress=lambda done, total: steps.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert [path.name for path in folder.path.iterdir()] == ["mine.onnx"]
    server.status = 500
    assert folder.add("mine") == path  # it is there: the server is not asked


@pytest.mark.parametrize(
    ("answer", "status", "claimed", "said"),
    [
        (CONTENT[:-1] + b"!", 200, None, "sha256"),
        (CONTENT[:50_000], 200, None, "expected 90000 bytes, got 50000"),
        (CONTENT[:50_000], 200, len(CONTENT), "broke off|expected 90000 bytes"),
        (CONTENT + b"more", 200, None, "got more than that"),
        (b"gone", 404, None, "the server answered 404"),
        (b"", 200, None, "got 0"),
    ],
)
def test_a_failed_download_leaves_nothing_and_can_be_repeated(
    server: Server, tmp_path: Path, answer: bytes, status: int, claimed: int | None, said: str
) -> None:
    server.answer, server.status, server.claimed_length = answer, status, claimed
    folder = ModelFolder(tmp_path)
    with pytest.raises(ModelError, match=said):
        folder.add("mine")
    assert not any(tmp_path.iterdir())
    server.answer, server.status, server.claimed_length = CONTENT, 200, None
    assert folder.add("mine").read_bytes() == CONTENT


def test_a_failed_download_leaves_the_old_file_alone(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"another version")
    server.answer = b"wrong"
    with pytest.raises(ModelError, match="cannot download"):
        ModelFolder(tmp_path).add("mine")
    assert (tmp_path / "mine.onnx").read_bytes() == b"another version"


def test_an_interrupted_download_leaves_nothing(server: Server, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ModelFolder(tmp_path).add("mine", progress=interrupt)
    assert not any(tmp_path.iterdir())


def test_without_a_network_it_says_so(server: Server, tmp_path: Path) -> None:
    server.close()
    try:
        with pytest.raises(ModelError, match=r"no connection.*models add FILE"):
            ModelFolder(tmp_path).add("mine")
    finally:
        server.__init__()  # type: ignore[misc]  # the fixture closes it once more


# Network files


def _run(network: bytes, batch: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(convert_tflite(network, "test"), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: batch})[0])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_converted_network_computes_what_opencv_computes(seed: int) -> None:
    network = portrait_like_network(seed)
    batch = np.random.default_rng(seed).random((1, 3, 32, 48), np.float32)
    reference = cv2.dnn.readNetFromTFLite(np.frombuffer(network, np.uint8))
    reference.setInput(batch)
    expected = reference.forward()
    assert np.ptp(expected) > 0.3
    np.testing.assert_allclose(_run(network, batch), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["selfie_segmentation.tflite", "selfie_segmentation_landscape.tflite"])
def test_the_real_networks_compute_what_opencv_computes(shared: Path, name: str) -> None:
    network = (shared / "weights" / name).read_bytes()
    height = 144 if "landscape" in name else 256
    color = cv2.imread(str(shared / "data" / "rendered" / "7" / "color.png"))
    batch = cv2.dnn.blobFromImage(color, 1 / 255, (256, height), swapRB=True)
    reference = cv2.dnn.readNetFromTFLite(np.frombuffer(network, np.uint8))
    reference.setInput(batch)
    np.testing.assert_allclose(_run(network, batch), reference.forward(), atol=1e-3)


def test_an_unknown_operator_is_named() -> None:
    builder = TfliteBuilder()
    source, result = builder.value(1, 4, 4, 3), builder.value(1, 4, 4, 3)
    builder.add(32, [source], result, custom=("MyOperator", b""))
    with pytest.raises(ModelError, match=r"MyOperator, which is not known here; set .*opencv-dnn"):
        convert_tflite(builder.to_bytes(source, result), "own.tflite")


def test_an_unknown_activation_is_named() -> None:
    builder = TfliteBuilder()
    source, result = builder.value(1, 4, 4, 3), builder.value(1, 4, 4, 3)
    builder.add(0, [source, source], result, (11, {0: ("b", 3)}))
    with pytest.raises(ModelError, match="fuses the activation 3"):
        convert_tflite(builder.to_bytes(source, result), "own.tflite")


def test_a_file_of_another_kind_is_no_tflite() -> None:
    for data in (b"", b"TFL3", b"\x00" * 64):
        with pytest.raises(ModelError, match="not a TFLite file"):
            convert_tflite(data, "own.tflite")


NETWORK = portrait_like_network()


@settings(max_examples=150, deadline=None)
@given(at=st.integers(8, len(NETWORK) - 1), value=st.integers(0, 255), end=st.integers(8, len(NETWORK)))
def test_a_damaged_tflite_file_never_fails_otherwise(at: int, value: int, end: int) -> None:
    damaged = bytearray(NETWORK)
    damaged[at] = value
    for data in (bytes(damaged), NETWORK[:end]):
        with suppress(ModelError):
            convert_tflite(data, "own.tflite")
