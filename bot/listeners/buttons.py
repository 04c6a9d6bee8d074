"""Buttons: each opens a dialog, or is refused on the spot; only taking a request back needs no dialog."""

from collections.abc import Callable
from typing import Any

from bot.desk import Desk
from bot.dialogue import BEHIND, worth_opening
from bot.ids import Action
from bot.payloads import Payload, button_value, delivery, place
from bot.slack_out import open_view
from workflows import events as ev
from workflows.vocabulary import ChangeId

Ack = Callable[..., Any]


class Buttons:
    """Clicks on cards, direct messages and dialogs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def press(self, ack: Ack, body: Payload, client: Any) -> None:
        """Open the dialog behind a button, or record that the procedure refuses it."""
        action = Action(body["actions"][0]["action_id"])
        open_or_refuse(self._desk, action, ChangeId(button_value(body)), body, client)
        ack()

    def withdraw(self, ack: Ack, body: Payload) -> None:
        """Take a request back."""
        event = ev.Withdrawal(at=self._desk.clock.now(), by=self._desk.who(body))
        self._desk.changes.offer(ChangeId(button_value(body)), event, delivery(body), place(body))
        ack()

    def go_to_github(self, ack: Ack, body: Payload) -> None:
        """Slack opens the pull request by itself; write down that somebody went there to answer."""
        event = ev.Intent(at=self._desk.clock.now(), by=self._desk.who(body))
        self._desk.changes.offer(ChangeId(button_value(body)), event, delivery(body), place(body))
        ack()

    def follow_link(self, ack: Ack) -> None:
        """Slack reports a click on a link too; there is nothing to do about it."""
        ack()


def open_or_refuse(
    desk: Desk, action: Action, change: ChangeId, body: Payload, client: Any, **view: str
) -> str:
    """Open the dialog and answer nothing, or record the refusal and answer with its sentence."""
    behind = BEHIND[action]
    probe = behind.probe(desk.clock.now(), desk.who(body))
    if worth_opening(desk.changes.would(change, probe)):
        record, policy = desk.records.record(change)
        open_view(client, str(body["trigger_id"]), behind.dialog(record, policy, "", **view))
        return ""
    ruled = desk.changes.offer(change, probe, delivery(body), "" if "command" in body else place(body))
    return str(getattr(ruled.ruling, "because", ""))
