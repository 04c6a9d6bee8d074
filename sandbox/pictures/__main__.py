"""Take the pictures: those the documents show, or with ``--every`` all of them, light and dark, wide and narrow.

Needs Chromium and playwright, which only the dependency group ``conformance`` has.
"""

import argparse
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from bot.log import configure
from sandbox.page import page
from sandbox.pictures.album import Album
from sandbox.pictures.camera import WIDE, Camera
from sandbox.stage import Stage
from sandbox.world import World

QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PICTURES = Path("docs/pictures")
SHOWN = frozenset({"request", "card", "approve", "transcript", "retrospective", "home-engineer", "home-approver", "home-reviewer", "reminder", "sandbox", "digest", "sign-off", "self-test", "reminder-of-a-month"})  # fmt: skip
SEEN = "localStorage.setItem('hintSeen', 'true')"


def main() -> None:
    """Take them."""
    told = argparse.ArgumentParser(prog="python -m sandbox.pictures", description=__doc__)
    told.add_argument("directory", nargs="?", type=Path, default=PICTURES)
    told.add_argument("--every", action="store_true")
    given = told.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Install Chromium first; it takes the pictures.")
    configure("text")
    given.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        world = World(Path(data))
        stage = Stage(world)
        world.apps[""] = page(stage)
        world.travel.by(_night(world.now()) - world.now())
        with world, sync_playwright() as tools:
            stage.watch()
            browser = tools.chromium.launch(executable_path=chromium, args=list(QUIET))
            context = browser.new_context(viewport=WIDE, timezone_id="Europe/Berlin", color_scheme="light")
            context.add_init_script(SEEN)
            shot = context.new_page()
            shot.goto(f"{world.served.url}/")
            Album(world, Camera(shot, given.directory, frozenset() if given.every else SHOWN)).take()
            browser.close()
            stage.end()


def _night(now: datetime) -> datetime:
    """Return ten past three of the next night from Monday to Tuesday, in Berlin's winter."""
    night = datetime(now.year, now.month, now.day, 2, 10, tzinfo=UTC)
    return night + timedelta(days=(1 - now.weekday()) % 7 or 7)


if __name__ == "__main__":
    main()
