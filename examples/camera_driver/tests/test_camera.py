"""The whole contract, one test for each rule; the fixtures come with rgbd-seg."""

import pytest
from acme_camera.driver import AcmeDevice


@pytest.fixture(scope="session")
def make_camera_device():
    return lambda: AcmeDevice("")


def test_camera(camera_rule):
    camera_rule()
