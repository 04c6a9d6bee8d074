"""What holds for every test: no network beyond this machine, and no surprises from slow runners."""

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item):
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
