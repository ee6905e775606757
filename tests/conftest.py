"""Where tests find the real data, and how they do without networks."""

from pathlib import Path

import pytest

from rgbd_seg.libusb import preload_libusb

preload_libusb()  # else tests of Open3D fail to import it where the system has no libusb-1.0

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real data of ../shared is not on this machine")
    return SHARED


@pytest.fixture
def no_shipped_networks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the package's own networks, empty."""
    folder = tmp_path_factory.mktemp("shipped")
    monkeypatch.setattr("rgbd_seg.models.registry.SHIPPED", folder)
    return folder


@pytest.fixture
def no_networks(
    no_shipped_networks: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network anywhere: `auto` is depth-layers, and results do not depend on the machine."""
    monkeypatch.setenv("RGBD_SEG_MODELS", str(tmp_path_factory.mktemp("models")))
