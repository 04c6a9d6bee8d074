"""Events of the workspace: hints that a mirror is out of date; what is true is read again from the source."""

from collections.abc import Callable


class Events:
    """People who change, and groups that do."""

    def __init__(self, refresh: Callable[[], None]) -> None:
        self._refresh = refresh

    def somebody_changed(self) -> None:
        """Have the mirrors refreshed soon; nothing is read here, because Slack waits for the answer."""
        self._refresh()
