"""A browser on the sandbox's page, and where its pictures go.

The page is loaded anew for each look, so a picture never shows what the page had not fetched yet.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Page, ViewportSize

from sandbox.cast import Player

WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
TALL = ViewportSize(width=1440, height=2400)
COLOURS = 128
MARGIN = 14  #: pixels around a Home tab, which ends where its text does
MODAL, HOME, LATEST = "[data-testid=modal]", ".home-blocks", ".messages article.message >> nth=-1"
APP = "[data-testid=channel-app], [data-testid^=channel-D]"
DIRECT = "app"  #: the place where the app writes to one person


@dataclass
class Camera:
    """Looks at the page as somebody, and takes pictures; ``shown``: those that are wanted, all if empty."""

    page: Page
    directory: Path
    shown: frozenset[str]

    def stands(self, who: Player, place: str, tab: str = "messages") -> None:
        """Look at a place through somebody's eyes, as it is by now."""
        self._wide()
        self.page.evaluate("who => localStorage.setItem('as', JSON.stringify(who))", who.user.id)
        self.page.reload()
        self.page.get_by_test_id("composer").or_(self.page.get_by_test_id("app-home")).first.wait_for()
        if not self.page.locator(MODAL).count():
            self.page.locator(APP if place == DIRECT else f'[data-testid="channel-{place}"]').click()
            if place == DIRECT and self.page.get_by_test_id(f"app-tab-{tab}").count():
                self.page.get_by_test_id(f"app-tab-{tab}").click()
        self._drawn()

    def opens(self, tab: str) -> None:
        """Open a tab of the world beside the conversation."""
        self.page.get_by_test_id(f"tab-{tab}").click()

    def takes(self, name: str, of: str = "", pane: str = "talk") -> None:
        """Take a picture: of something close up, or of the whole page."""
        if self.shown:
            if name in self.shown:
                self._shoot(self.directory / f"{name}.png", of)
            return
        for theme in ("light", "dark"):
            self.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            self._wide()
            self._shoot(self.directory / f"{name}-{theme}-wide.png", of)
            self.page.set_viewport_size(NARROW)
            if not self.page.locator(MODAL).count():
                self.page.get_by_test_id(f"pane-{pane}").click()
            self._shoot(self.directory / f"{name}-{theme}-narrow.png", "")
        self._wide()

    def _shoot(self, path: Path, of: str) -> None:
        if of:  # what scrolls inside the page is shown whole
            self.page.set_viewport_size(TALL)
        self._drawn()
        box = self.page.locator(of).last.bounding_box() if of else None
        around = _around(box, MARGIN if of == HOME else 0) if box else None
        picture = self.page.screenshot(animations="disabled", caret="hide", clip=around)
        # A screen needs few colours, and a repository no more.
        Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS).save(path, optimize=True)

    def _wide(self) -> None:
        self.page.set_viewport_size(WIDE)

    def _drawn(self) -> None:
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 120)))")


def _around(box: FloatRect, margin: float) -> FloatRect:
    """Leave a margin, as far as the page has one."""
    x, y = max(box["x"] - margin, 0), max(box["y"] - margin, 0)
    width, height = box["x"] + box["width"] + margin - x, box["y"] + box["height"] + margin - y
    return FloatRect(x=x, y=y, width=min(width, TALL["width"] - x), height=min(height, TALL["height"] - y))
