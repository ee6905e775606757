"""The udev rules that error messages speak of are where they say, in a checkout and in the wheel."""

import tomllib
from pathlib import Path

import pytest

import rgbd_devices.udev_rules
from rgbd_devices.drivers.sdk_errors import told
from rgbd_devices.udev_rules import udev_rules

ROOT = Path(__file__).parents[2]


def test_a_missing_permission_names_a_file_that_exists() -> None:
    error = told(PermissionError("access denied"), "cannot open RealSense")
    named = next(word for word in str(error).split() if word.endswith(".rules"))
    assert "SUBSYSTEM" in Path(named).read_text()


def test_the_wheel_brings_the_rules_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    (source, place), *_ = [item for item in wheel["force-include"].items() if item[0].endswith(".rules")]
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes((ROOT / source).read_bytes())
    monkeypatch.setattr(rgbd_devices.udev_rules, "_PACKAGE", tmp_path / "rgbd_devices")
    assert udev_rules() == tmp_path / place


def test_no_message_names_the_rules_by_their_place_in_a_checkout() -> None:
    package = ROOT / "devices" / "rgbd_devices"
    assert [file.name for file in package.rglob("*.py") if "devices/udev" in file.read_text()] == []
