"""Which buttons a change offers: only those the page has a row for and somebody may still need.

Whether *this* person may press one is asked when they press it; a card looks the same to everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

from bot.ids import Action
from workflows import events as ev
from workflows.duties import Owed
from workflows.record import ChangeRecord
from workflows.vocabulary import Duty, State


@dataclass(frozen=True, slots=True)
class Offer:
    """A button, the event it leads to, and when it makes sense."""

    action: Action
    label: str
    event: type[ev.Event]
    states: frozenset[State]
    shown: Callable[[ChangeRecord, frozenset[Duty]], bool] = lambda record, owed: True
    style: str | None = None
    confirm: str = ""
    link: Callable[[ChangeRecord], str] = lambda record: ""  #: where the button leads besides
    to_reviewers: bool = False  #: also where a reviewer is told what others owe, whoever that is


_ALL = frozenset({State.REQUESTED, State.ACTIVE, State.IN_REVIEW})
_BEGUN = frozenset({State.ACTIVE, State.IN_REVIEW})
_ACTIVE, _WAITS, _REVIEW = (
    frozenset({State.ACTIVE}),
    frozenset({State.REQUESTED}),
    frozenset({State.IN_REVIEW}),
)


def _owes(duty: Duty) -> Callable[[ChangeRecord, frozenset[Duty]], bool]:
    return lambda record, owed: duty in owed


def _may_override(record: ChangeRecord, owed: frozenset[Duty]) -> bool:
    return record.unanswered_at is not None


def _abandoned(record: ChangeRecord, owed: frozenset[Duty]) -> bool:
    return record.abandoned


def _looked_back(record: ChangeRecord, owed: frozenset[Duty]) -> bool:
    return record.retrospective is not None


def _asked(record: ChangeRecord, owed: frozenset[Duty]) -> bool:
    return bool(record.open_questions)


def _by_click(record: ChangeRecord, owed: frozenset[Duty]) -> bool:
    """Where a pull request asks for reviews, a click is good for one thing: to let the access begin."""
    return Duty.APPROVAL in owed and (record.pull is None or record.state is State.REQUESTED)


def _by_review(record: ChangeRecord, owed: frozenset[Duty]) -> bool:
    return Duty.APPROVAL in owed and record.pull is not None


def _pull(record: ChangeRecord) -> str:
    return record.pull.url if record.pull else ""


OFFERS = (
    Offer(Action.APPROVE, "Approve", ev.Approval, _ALL, _by_click, style="primary"),
    Offer(Action.REVIEW, "Review on GitHub", ev.Intent, _BEGUN, _by_review, style="primary", link=_pull),
    Offer(Action.REJECT, "Reject", ev.Rejection, _ALL, _owes(Duty.APPROVAL), style="danger"),
    Offer(Action.DONE, "Done", ev.Completion, _ACTIVE),
    Offer(Action.DONE, "Completion report", ev.Completion, _REVIEW, _owes(Duty.COMPLETION)),
    Offer(Action.EXTEND, "Extend", ev.Extension, _ACTIVE),
    Offer(Action.END, "End access now", ev.Revocation, _ACTIVE, style="danger"),
    Offer(Action.OVERRIDE, "Act now, override", ev.Override, _WAITS, _may_override, style="danger"),
    Offer(
        Action.WITHDRAW,
        "Withdraw",
        ev.Withdrawal,
        _WAITS,
        confirm="The request is taken back and nothing is given.",
    ),
    Offer(Action.RETROSPECTIVE, "Retrospective", ev.Retrospective, _REVIEW, _owes(Duty.RETROSPECTIVE)),
    Offer(Action.REMEDIATE, "Remediation", ev.Remediation, _REVIEW, _owes(Duty.REMEDIATION)),
    Offer(Action.ANSWER, "Answer", ev.Answer, _ALL, _asked),
    Offer(Action.ACCEPT, "Accept", ev.Acceptance, _REVIEW, _owes(Duty.ACCEPTANCE), style="primary"),
    Offer(Action.RETURN, "Return", ev.Return, _REVIEW, _looked_back),
    Offer(Action.REASSIGN, "Hand over", ev.Reassignment, _BEGUN, _abandoned, to_reviewers=True),
)


def offered(record: ChangeRecord, owed: tuple[Owed, ...], *, reviewing: bool = False) -> list[Offer]:
    """Return the offers of a change as it stands; ``reviewing``: to somebody who reviews it."""
    duties = frozenset(duty.duty for duty in owed)
    return [
        offer
        for offer in OFFERS
        if record.state in offer.states
        and (offer.shown(record, duties) or (reviewing and offer.to_reviewers))
    ]


def button(offer: Offer, record: ChangeRecord) -> ButtonElement:
    """Return the button; it carries the change's id and nothing else."""
    confirm = None
    if offer.confirm:
        confirm = ConfirmObject(title=f"{offer.label}?", text=offer.confirm, confirm=offer.label, deny="Back")
    return ButtonElement(
        text=offer.label,
        action_id=offer.action.value,
        value=record.id,
        url=offer.link(record) or None,
        style=offer.style,
        confirm=confirm,
    )
