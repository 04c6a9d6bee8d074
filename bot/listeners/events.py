"""Events of the workspace: a Home tab is opened, or a mirror is out of date.

An event is a hint: what is true is read from its source, by the workers, because Slack waits for the answer.
"""

from collections.abc import Callable

from bot.desk import Desk
from bot.payloads import Payload


class Events:
    """People who look, and people and groups that change."""

    def __init__(self, desk: Desk, refresh: Callable[[], None]) -> None:
        self._desk = desk
        self._refresh = refresh

    def home_opened(self, event: Payload) -> None:
        """Owe somebody their Home tab; who is not known yet will be when they look again."""
        if event.get("tab") != "home":
            return
        person = self._desk.directory.by_slack(str(event.get("user")))
        if person is None:
            self._refresh()
            return
        self._desk.changes.open_home(person, self._desk.clock.now())

    def somebody_changed(self) -> None:
        """Have the mirrors refreshed soon; nothing is read here, because Slack waits for the answer."""
        self._refresh()
