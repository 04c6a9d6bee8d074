"""What holds for every test: no network beyond this machine, and no surprises from slow runners."""

import os

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from tests import disk

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")
disk.hurry()
#: A proxy could not reach what is started here, and would be looked for at each call.
os.environ["NO_PROXY"] = "127.0.0.1,localhost"


@pytest.fixture
def waiting_for_the_disk():
    """Let connections made from now on be as they are in service."""
    disk.wait()
    yield
    disk.hurry()


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item):
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
