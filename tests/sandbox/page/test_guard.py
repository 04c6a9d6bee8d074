"""The page serves this machine and itself, and loads nothing from elsewhere."""

import re
from pathlib import Path

import pytest

from sandbox.page.app import STATIC

from .client import Client
from .demo import DemoWorld

MODULES = sorted(STATIC.glob("*.js"))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "localhost:9", "[::1]:8000"])
def test_this_machines_own_names_are_served(client: Client, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[", ""]
)
def test_a_name_that_was_bound_to_this_machine_is_refused(client: Client, host: str) -> None:
    for path in ("/", "/api/state", "/static/main.js"):
        assert client.get(path, headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://localhost:8000",
    ],
)
def test_orders_of_another_page_are_refused(client: Client, world: DemoWorld, origin: str) -> None:
    before = world.now()

    answer = client.post("/api/clock", json={"advance_seconds": 60}, headers={"origin": origin})

    assert answer.status_code == 403
    assert world.now() == before


def test_orders_without_an_origin_are_refused(client: Client) -> None:
    del client.headers["origin"]

    assert client.post("/api/verify", json={}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/api/state", "/static/main.js", "/static/base.css", "/nothing"])
def test_the_browser_is_told_to_load_nothing_from_elsewhere(client: Client, path: str) -> None:
    headers = client.get(path).headers

    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"


def test_every_file_the_page_names_is_there(client: Client) -> None:
    named = set(re.findall(r'(?:href|src)="(static/[^"]+)"', client.get("/").text))
    for module in MODULES:
        named |= {f"static/{name}" for name in re.findall(r'from "\./([^"]+)"', module.read_text())}

    assert len(named) > 10
    for name in named:
        assert client.get(f"/{name}").status_code == 200, name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_nothing_is_ever_parsed_into_markup(module: Path) -> None:
    code = re.sub(r"^\s*//.*$", "", module.read_text(), flags=re.MULTILINE)

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", code
    )
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)[a-z]", code)
