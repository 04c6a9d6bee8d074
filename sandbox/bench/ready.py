"""Starts a bot and asks ``/readyz`` until it says yes; run in a process of its own."""

import time
import urllib.error
import urllib.request
from pathlib import Path

from bot.garbage import nothing_collected

POLICY = Path(__file__).parents[1] / "policy.toml"


def start(url: str, directory: str) -> None:
    """Return when the bot is ready."""
    policy = Path(directory) / "policy.toml"
    policy.write_text(POLICY.read_text())
    with nothing_collected():  # as `run` does, with its imports
        from bot.process import Process  # noqa: PLC0415
        from bot.wiring.bot import assemble  # noqa: PLC0415
        from sandbox.settings import settings_of  # noqa: PLC0415

        process = Process(
            assemble(settings_of(url, f"sqlite:///{directory}/ec.db", policy, "5ec7e7")), port=0
        )
        process.start()
    began = time.perf_counter()
    while time.perf_counter() - began < 30:  # seconds; far beyond any start
        try:
            with urllib.request.urlopen(f"{process.url}/readyz") as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError:
            continue
