"""Submitted dialogs: the event is committed, then Slack is told; a refusal is shown where it was typed."""

from collections.abc import Callable
from typing import Any

from bot import translate
from bot.desk import Desk
from bot.dialogue import ACTION_OF, BEHIND
from bot.ids import Form
from bot.mending import mended_at
from bot.payloads import Payload, attempt, delivery, form, metadata, typed
from bot.views.agreeing import OWNER
from bot.views.dialogs import review_next, says
from bot.views.inputs import unpacked
from bot.views.request_form import FIELD_OF
from workflows import events as ev
from workflows.decide import Accepted, Refused
from workflows.duties import reviews_are_of_record
from workflows.ports import Posted
from workflows.procedure import OPEN
from workflows.prose import gives_away
from workflows.vocabulary import ChangeId, PersonId, State
from workflows.words import listed
from workflows.work import Ruled

Ack = Callable[..., Any]
OPEN_STATES = tuple(sorted(OPEN))

#: Guards whose sentence leads to other changes: it is shown with links to them, on top of the form.
ELSEWHERE = frozenset({"nothing_open", "nothing_overdue"})


class Forms:
    """Submissions."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def request(self, ack: Ack, body: Payload) -> None:
        """Put a request to the procedure."""
        self._raise(ack, body, drill=False)

    def drill(self, ack: Ack, body: Payload) -> None:
        """Put a rehearsal to the procedure, which is the same."""
        self._raise(ack, body, drill=True)

    def _raise(self, ack: Ack, body: Payload, *, drill: bool) -> None:
        said, by = typed(body), self._desk.who(body)
        try:
            request = translate.request(said, self._desk.clock.now(), by, drill=drill)
        except translate.Unreadable as unreadable:
            ack(response_action="errors", errors=_known(unreadable.fields, said))
            return
        ruled = self._desk.changes.open(request, delivery(body), attempt(body))
        if isinstance(ruled.ruling, Refused) and ruled.ruling.guard in ELSEWHERE:
            about = self._overdue(by) if ruled.ruling.guard == "nothing_overdue" else self._open_changes(by)
            ack(response_action="push", view=says(ruled.ruling.because, self._addresses(about)))
        elif isinstance(ruled.ruling, Refused):
            field = _secret_field(request) or FIELD_OF.get(ruled.ruling.guard, "access")
            ack(response_action="errors", errors={field: ruled.ruling.because})
        elif asked_first_for_debts(request, ruled):
            debts = listed(str(debt) for debt in self._desk.records.overdue(by))
            because = f"{ruled.change} asks an approver first, because this is overdue: {debts}."
            ack(response_action="update", view=says(because, self._addresses(self._overdue(by))))
        else:
            ack()

    def _overdue(self, by: PersonId) -> list[ChangeId]:
        return list(dict.fromkeys(debt.change for debt in self._desk.records.overdue(by)))

    def _open_changes(self, by: PersonId) -> list[ChangeId]:
        return [change.id for change in self._desk.records.changes(states=OPEN_STATES, person=by)]

    def _addresses(self, changes: list[ChangeId]) -> dict[str, str]:
        """Return where the cards of these changes stand."""
        cards = {change: self._desk.records.record(change)[0].card for change in changes}
        address = self._desk.directory.address
        return {id: address(Posted(card.channel, card.ts)) for id, card in cards.items() if card}

    def dialog(self, ack: Ack, body: Payload) -> None:
        """Put any other dialog's event to the procedure."""
        kind, said = form(body), typed(body)
        if kind is None or kind not in ACTION_OF:
            ack()
            return
        change, shown = unpacked(metadata(body))
        try:
            said = self._with_persons(kind, said)
            event = translate.event(kind, said, shown, self._desk.clock.now(), self._desk.who(body))
        except translate.Unreadable as unreadable:
            ack(response_action="errors", errors=_known(unreadable.fields, said))
            return
        ruled = self._desk.changes.offer(ChangeId(change), event, delivery(body), "", attempt(body))
        self._answer(ack, kind, ruled, event, typed(body))

    def _with_persons(self, kind: Form, said: dict[str, str]) -> dict[str, str]:
        """Put persons in the place of Slack's accounts; somebody the directory does not know is nobody."""
        picked = {name for name in said if name.startswith(OWNER)} | (
            {"to"} if kind is Form.REASSIGN else set()
        )
        known = {name: self._desk.directory.by_slack(said.get(name, "")) for name in picked if said.get(name)}
        return {**said, **{name: person or "nobody" for name, person in known.items()}}

    def _answer(self, ack: Ack, kind: Form, ruled: Ruled, event: ev.Event, said: dict[str, str]) -> None:
        if not isinstance(ruled.ruling, Refused):
            self._acknowledge(ack, kind, ruled)
            return
        guard, because = ruled.ruling.guard, ruled.ruling.because
        if guard == "as_shown" and ruled.change:
            scene = self._desk.scene(ruled.change, event.by, because, said)
            ack(response_action="update", view=BEHIND[ACTION_OF[kind]].dialog(scene))
        elif field := mended_at(guard, because, event, said):
            ack(response_action="errors", errors={field: because})
        else:
            ack(response_action="update", view=says(because))

    def _acknowledge(self, ack: Ack, kind: Form, ruled: Ruled) -> None:
        """Close the dialog; whoever let access begin where reviews are of record is shown where to review."""
        reviewed = ruled.policy is not None and reviews_are_of_record(ruled.policy)
        if kind is Form.APPROVE and ruled.change and reviewed:
            record, _ = self._desk.records.record(ruled.change)
            ack(response_action="update", view=review_next(record))
        else:
            ack()


def _secret_field(event: Any) -> str | None:
    found = gives_away(event)
    return found[0].replace(" ", "_") if found else None


def _known(fields: dict[str, str], said: dict[str, str]) -> dict[str, str]:
    """Keep to the fields that are on the form, so that Slack shows every sentence somewhere."""
    anywhere = next(iter(said), "access")
    return {(name if name in said else anywhere): sentence for name, sentence in fields.items()}


def asked_first_for_debts(request: ev.Request, ruled: Ruled) -> bool:
    """Say whether access that needs no answer before the act waits for one all the same."""
    waits = isinstance(ruled.ruling, Accepted) and ruled.ruling.to is State.REQUESTED
    return waits and ruled.policy is not None and ruled.policy.access[request.access].authorisation == "after"
