"""Where Slack's world ends: who may knock at all, and what is said when something breaks.

The two broad ``except`` of this package are here: whatever a listener did not foresee is logged with its
trace, and the person is told that nothing was kept.
"""

import logging
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import App, BoltResponse

from bot.desk import Desk
from bot.payloads import Payload, change_named, delivery, event_named, place, typed
from bot.views.dialogs import says
from workflows.administration import TurnedAway
from workflows.consequences import Obligation
from workflows.errors import Declined, ProcedureError, Unavailable, UnknownChange, UnknownDigest
from workflows.vocabulary import Number, StepName

log = logging.getLogger(__name__)

#: Events that come by the hundred, and behind which nobody waits.
ABOUT_PEOPLE = ("user_change", "subteam_members_changed")
WRONG_APP = "This request was meant for another app or workspace."
TRIGGER_LOST = "Slack did not let the dialog open in time. Nothing was changed; please click again."
BROKEN = "Something went wrong on our side and nothing was kept. Please try again; if it persists, tell an administrator."
BUSY = "The bot could not keep this just now. Nothing was changed; please try again."


class Boundary:
    """Guards the app against requests that are not for it, and answers for its failures."""

    def __init__(
        self, desk: Desk, app_id: str, team_ids: tuple[str, ...], clicked: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._clicked = clicked
        self._app_id = app_id
        self._team_ids = frozenset(team_ids)

    def install(self, app: App) -> None:
        """Stand before every listener."""
        app.use(self.admit)
        app.error(self.failed)

    def admit(self, body: Payload, next: Callable[[], Any]) -> BoltResponse | None:  # Bolt names it
        """Let through what is for this app and its workspaces; the person is judged by the guards."""
        if event_named(body) not in ABOUT_PEOPLE:
            self._clicked()
        _let_the_log_name(body)
        if self._for_us(body):
            next()
            return None
        self._turn_away(body, WRONG_APP)
        return BoltResponse(status=200, body="")

    def _for_us(self, body: Payload) -> bool:
        app = body.get("api_app_id", self._app_id)
        team = (
            (body.get("team") or {}).get("id") if isinstance(body.get("team"), dict) else body.get("team_id")
        )
        return app == (self._app_id or app) and (not self._team_ids or team in self._team_ids)

    def failed(self, error: Exception, body: Payload) -> BoltResponse:
        """Say in one sentence what went wrong; nothing was kept, or it would not have got here."""
        sentence = _sentence(error)
        if not isinstance(error, ProcedureError):
            log.error("A listener broke.", exc_info=error)
        if "command" in body:
            return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence})
        if body.get("type") == "view_submission":
            return BoltResponse(status=200, body=_beside_what_was_typed(sentence, body))
        self._turn_away(body, sentence)
        return BoltResponse(status=200 if isinstance(error, ProcedureError) else 500, body="")

    def _turn_away(self, body: Payload, because: str) -> None:
        """Record it, and owe the person the sentence; if even that fails there is only the log."""
        name = f"turned-away:{delivery(body)}"
        owed = Obligation(StepName.ANSWER, name[:255], wanted=True, revision=Number(0), place=place(body))
        try:
            entry = TurnedAway(at=self._desk.clock.now(), by=self._desk.who(body), because=because)
            self._desk.changes.administer(entry, name[:255], [owed] if owed.place else [])
        except Exception:  # the last resort of an answer
            log.exception("A person could not be answered: %s", because)


def _let_the_log_name(body: Payload) -> None:
    """Let whatever is logged in this thread name the delivery and the change, until the next one comes in it."""
    structlog.contextvars.bind_contextvars(delivery=delivery(body), change=change_named(body))


def _beside_what_was_typed(sentence: str, body: Payload) -> dict[str, Any]:
    """Leave the dialog open with everything that was typed, so that it can be sent again as it is."""
    if fields := typed(body):
        return {"response_action": "errors", "errors": {next(iter(fields)): sentence}}
    return {"response_action": "update", "view": says(sentence).to_dict()}


def _sentence(error: Exception) -> str:
    if isinstance(error, UnknownChange):
        return f"{error} The card may be from another deployment."
    if isinstance(error, UnknownDigest):
        return str(error)
    if isinstance(error, Declined):
        return TRIGGER_LOST
    return BUSY if isinstance(error, Unavailable) else BROKEN
