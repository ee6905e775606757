"""The conformance check in a vendor's own test run: one test for each rule.

In the vendor's ``conftest.py``::

    @pytest.fixture(scope="session")
    def make_camera_device():
        return lambda: AcmeDevice("")  # a new, closed device each time

and in a test file::

    def test_camera(camera_rule):
        camera_rule()

Without the fixture, ``pytest --camera acme`` names the camera.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rgbd_devices.check import Subject
    from rgbd_devices.driver import Device


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--camera`` and ``--camera-seconds``."""
    group = parser.getgroup("rgbd_devices", "conformance of depth cameras")
    group.addoption("--camera", default=None, help="Camera that `camera_rule` checks: driver or driver:address.")
    group.addoption("--camera-seconds", type=float, default=3.0, help="How long each rule watches the camera.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each rule."""
    if "camera_rule" in metafunc.fixturenames:
        from rgbd_devices.check import RULES

        metafunc.parametrize("camera_rule", RULES, ids=[rule.name for rule in RULES], indirect=True)


@pytest.fixture(scope="session")
def make_camera_device(request: pytest.FixtureRequest) -> "Callable[[], Device]":
    """Makes the device to check; a vendor may override it."""
    name: str | None = request.config.getoption("--camera")
    if name is None:
        pytest.skip("no camera to check: override the fixture make_camera_device, or give --camera NAME")
    from rgbd_devices.registry import find_device

    return lambda: find_device(name)


@pytest.fixture(scope="session")
def camera_subject(make_camera_device: "Callable[[], Device]", request: pytest.FixtureRequest) -> "Subject":
    """The camera under examination, watched once for all rules."""
    from rgbd_devices.check import CheckOptions, Subject

    return Subject(make_camera_device, CheckOptions(seconds=request.config.getoption("--camera-seconds")))


@pytest.fixture
def camera_rule(request: pytest.FixtureRequest, camera_subject: "Subject") -> Callable[[], None]:
    """Call it to verify one rule: it fails or skips the test with the finding's text."""
    from rgbd_devices.check.rules import verify

    rule: Any = request.param

    def judge() -> None:
        finding = verify(rule, camera_subject)
        if finding.verdict == "fail":
            pytest.fail(f"{rule.promise} {finding.text}", pytrace=False)
        if finding.verdict == "skip":
            pytest.skip(finding.text)

    return judge
