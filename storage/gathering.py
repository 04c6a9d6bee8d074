"""What one message tells one person, read when it is sent: found by index, and asked of the records themselves."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from storage import chase, concerns, reviews
from storage.schema import deliveries
from storage.work import SqlWork
from workflows.chase import Reader
from workflows.gathered import Item, follow_up_of, of_duty, of_follow_up, of_review, told_of
from workflows.timetable import owed
from workflows.vocabulary import ChangeId, PersonId
from workflows.work import Held

PROMPTED = 100  #: duties and follow-ups the clock spoke up about that one message takes up
SHOWN = 20  #: what somebody owes besides that is looked at for it


def waiting_for(work: SqlWork, person: PersonId, at: datetime) -> list[Item]:
    """Return what one person owes or was escalated to them: what the clock spoke up about first."""
    who = chase.reader(work.connection, person, at)
    return [*_of_changes(work, who), *_of_reviews(work.connection, who)]


def _of_changes(work: SqlWork, who: Reader) -> Iterator[Item]:
    theirs = concerns.owing(work.connection, who.id, who.groups, SHOWN)
    for absent in sorted(who.instead_of):
        theirs += concerns.owing(work.connection, absent, frozenset(), SHOWN)
    besides = [(change, duty.value) for change, duty in theirs]
    rows = dict.fromkeys([*chase.prompted(work.connection, who, PROMPTED), *besides])
    held: dict[ChangeId, Held] = {}
    for change, about in rows:
        if change not in held:
            held[change] = work.lock(change)
        if found := _item(work, held[change], about, who):
            yield found


def _item(work: SqlWork, held: Held, about: str, who: Reader) -> Item | None:
    record, policy, calendar = held.record, held.policy, work.calendar(held.policy)
    if one := follow_up_of(record, about):
        return of_follow_up(record, policy, one, calendar.closing(one.due), who)
    duties = (one for one in owed(record, policy, calendar) if one.duty.value == about)
    return next((of_duty(record, policy, one, who) for one in duties), None)


def _of_reviews(connection: sa.Connection, who: Reader) -> Iterator[Item]:
    known = reviews.known(connection) if who.groups else {}
    for _, review in sorted(known.items()):
        told = _there(connection, [told_of(prompt, who.id) for prompt in review.reminded])
        if found := of_review(review, who, told):
            yield found


def _there(connection: sa.Connection, names: list[str]) -> frozenset[str]:
    """Return which of these deliveries the ledger has."""
    query = sa.select(deliveries.c.delivery).where(deliveries.c.delivery.in_(names))
    return frozenset(connection.execute(query).scalars()) if names else frozenset()
