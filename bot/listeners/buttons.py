"""Buttons: each opens a dialog, or is refused on the spot; only taking a request back needs no dialog."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.desk import Desk
from bot.dialogue import ACTION_OF, BEHIND, worth_opening
from bot.ids import Action
from bot.payloads import Payload, button_value, delivery, form, inside, metadata, place, typed
from bot.slack_out import draw_anew, open_view
from bot.views.agreeing import MORE
from bot.views.inputs import metadata as metadata_of
from bot.views.inputs import unpacked
from workflows import events as ev
from workflows.vocabulary import ChangeId

Ack = Callable[..., Any]
ADDED_TO = "This change was added to after you opened it. Read it again before you answer."


class Buttons:
    """Clicks on cards, direct messages and dialogs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def press(self, ack: Ack, body: Payload, client: Any) -> None:
        """Open the dialog behind a button, or record that the procedure refuses it."""
        action = Action(body["actions"][0]["action_id"])
        open_or_refuse(self._desk, action, ChangeId(button_value(body)), body, client)
        ack()

    def redraw(self, ack: Ack, body: Payload, client: Any) -> None:
        """Draw a dialog anew for what was chosen in it; nothing is decided by that, so nothing is kept."""
        shown, kind = inside(body), form(body)
        if shown and kind in ACTION_OF:
            change, digest = unpacked(metadata(body))
            more = {MORE: "1"} if body["actions"][0]["action_id"] == Action.MORE.value else {}
            scene = self._desk.scene(ChangeId(change), self._desk.who(body), typed={**typed(body), **more})
            if metadata_of(scene.record, scene.policy) != metadata(body) and digest:
                scene = replace(scene, notice=ADDED_TO)
            draw_anew(client, shown, BEHIND[ACTION_OF[kind]].dialog(scene))
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
    desk: Desk, action: Action, change: ChangeId, body: Payload, client: Any, **typed: str
) -> str:
    """Open the dialog and answer nothing, or record the refusal and answer with its sentence."""
    behind = BEHIND[action]
    probe = behind.probe(desk.clock.now(), desk.who(body))
    if worth_opening(desk.changes.would(change, probe)):
        view = behind.dialog(desk.scene(change, probe.by, typed=typed))
        open_view(client, str(body["trigger_id"]), view, on_top=inside(body) is not None)
        return ""
    ruled = desk.changes.offer(change, probe, delivery(body), "" if "command" in body else place(body))
    return str(getattr(ruled.ruling, "because", ""))
