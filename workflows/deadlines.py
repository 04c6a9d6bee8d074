"""When the clock speaks up, as questions to the record; the page names which of them applies where."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflows import events as ev
from workflows.policy import Policy
from workflows.record import ALLOWANCE, ChangeRecord
from workflows.vocabulary import State

When = Callable[[ChangeRecord, Policy], datetime | None]

REMOVAL_LATE = timedelta(minutes=5)  #: after this long without a proof of removal, people are alarmed


@dataclass(frozen=True, slots=True)
class Deadline:
    """One row of the page: what the clock raises in a state, and when."""

    state: State
    slot: str
    due: When  #: ``None``: not in this change
    raises: type[ev.Unanswered | ev.Lapse | ev.Expiry | ev.EndsSoon | ev.GrantFailed | ev.RemovalOverdue]


def may_override(record: ChangeRecord, policy: Policy) -> datetime | None:
    profile = record.profile(policy)
    return record.entered_at + profile.lapse_after if profile.if_unanswered == "act" else None


def lapses(record: ChangeRecord, policy: Policy) -> datetime:
    """Return when silence ends the request: twice as late where the requester may override meanwhile."""
    profile = record.profile(policy)
    return record.entered_at + profile.lapse_after * (2 if profile.if_unanswered == "act" else 1)


def minutes_left(minutes: int) -> When:
    """Return when so much of the window is left; windows that are shorter have no such moment."""
    before = timedelta(minutes=minutes)

    def due(record: ChangeRecord, policy: Policy) -> datetime | None:
        return record.access_until - before if record.grant.confirmed_at and record.window > before else None

    return due


def expires(record: ChangeRecord, policy: Policy) -> datetime | None:
    return record.access_until if record.grant.confirmed_at else None


def never_confirmed(record: ChangeRecord, policy: Policy) -> datetime | None:
    """Return when to give up: counted from the first moment a grant could have been attempted."""
    if record.grant.confirmed_at:
        return None
    return record.entered_at + record.window + (NOTHING if record.grant.attempted_at else ALLOWANCE)


def removal_late(record: ChangeRecord, policy: Policy) -> datetime | None:
    return record.entered_at + REMOVAL_LATE if record.access_unproven else None


NOTHING = timedelta()
