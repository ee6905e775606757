"""The third-party example: installed by pip into an environment of its own, found, checked, and proved by pytest."""

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "camera_driver"


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """An environment that holds the example, and sees this one's packages so that no network is needed."""
    pytest.importorskip("hatchling", reason="building the example without a network needs hatchling here")
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    packages = next((folder / "lib").glob("python*/site-packages"))
    lines = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
    (packages / "outer.pth").write_text("\n".join(lines))
    source = shutil.copytree(EXAMPLE, folder / "source")  # building must not write into the checkout
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", "--disable-pip-version-check", str(source)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return python


def run(python: Path, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [str(python), "-m", *arguments], capture_output=True, text=True, cwd=folder, env=environment, timeout=120
    )


def test_it_is_listed(python, tmp_path):
    done = run(python, "rgbd_seg.cli", "devices", "list", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "acme:AC0001" in [camera["uri"] for camera in json.loads(done.stdout)["cameras"]]


def test_it_passes_the_check(python, tmp_path):
    done = run(
        python,
        "rgbd_seg.cli",
        "devices",
        "check",
        "acme",
        "--seconds",
        "1",
        "--restarts",
        "5",
        "--json",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["passed"] is True


def test_its_own_tests_pass(python):
    folder = python.parents[1] / "source"
    done = run(python, "pytest", "-q", "--camera-seconds", "1", "-p", "no:cacheprovider", "tests", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "17 passed, 1 skipped" in done.stdout


def test_it_is_gone_from_this_environment():
    done = run(Path(sys.executable), "rgbd_seg.cli", "devices", "check", "acme")
    assert done.returncode == 2
    assert "acme" in done.stderr
