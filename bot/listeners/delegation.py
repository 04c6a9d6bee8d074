"""``/emergency-change delegate @colleague until friday``: who stands in while somebody is away."""

import re
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from bot.desk import Desk
from bot.payloads import Payload, delivery
from bot.views.text import escaped, moment
from workflows.administration import Delegation, DelegationEnded
from workflows.consequences import announcement
from workflows.dates import day, end_of, zone
from workflows.delegation import objection, unable
from workflows.duties import Owed
from workflows.people import Person, not_a_member
from workflows.vocabulary import PersonId

_SAID = re.compile(r"(?P<who>.+?)\s+until\s+(?P<day>.+)", re.IGNORECASE)
HOW = "Write `/emergency-change delegate @colleague until friday` (or `until 2026-12-01`); `delegate stop` ends it."
STOP = "stop"


class Delegations:
    """Absences, as people declare them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, said: str, by: PersonId, body: Payload) -> str:
        """Do what was said, and answer in a sentence."""
        who = self._desk.records.person(by)
        if because := not_a_member(who):
            return because
        if not said:
            return f"{self._standing(by)} {HOW}"
        if said.lower() == STOP:
            return self._stop(by, body)
        found = _SAID.fullmatch(said)
        if not found:
            return HOW
        where = zone(who.timezone, self._desk.records.policy().calendar.timezone)
        until = day(found["day"], self._desk.clock.now().astimezone(where).date())
        if until is None:
            return f"“{escaped(found['day'])}” is no day. {HOW}"
        named = self._desk.directory.called(found["who"])
        if len(named) != 1:
            return _say_who(found["who"], named)
        return self._begin(who, named[0], until, where, body)

    def _begin(self, who: Person, to: Person, until: date, where: ZoneInfo, body: Payload) -> str:
        records, at = self._desk.records, self._desk.clock.now()
        absences, end = records.absences(), end_of(until, where)
        refused = objection(who, to, end, at, absences) or unable(
            records.groups_of(who.id), records.groups_of(to.id), records.policy()
        )
        if refused:
            return refused
        before = absences.get(who.id)
        if before and before.delegate != to.id:
            self._end(who.id, before.delegate, f"undelegation:{delivery(body)}")
        entry = Delegation(at=at, by=who.id, to=to.id, until=end)
        name = f"delegation:{delivery(body)}"
        self._desk.changes.administer(entry, name, [announcement(name, to.id)])
        return (
            f"<@{to.slack_user}> stands in for you until the end of {until:%A}, {until.isoformat()} ({where.key}). "
            "What waits for you is told to them; they answer in their own name, and your reports stay yours. "
            "`/emergency-change delegate stop` ends it."
        )

    def _stop(self, by: PersonId, body: Payload) -> str:
        absence = self._desk.records.absences().get(by)
        if absence is None:
            return "Nobody stands in for you."
        self._end(by, absence.delegate, f"undelegation:{delivery(body)}")
        return f"Welcome back. <@{self._desk.slack_id(absence.delegate)}> does not stand in for you any more."

    def _end(self, by: PersonId, delegate: PersonId, name: str) -> None:
        ended = DelegationEnded(at=self._desk.clock.now(), by=by)
        self._desk.changes.administer(ended, name, [announcement(name, delegate)])

    def _standing(self, by: PersonId) -> str:
        absences = self._desk.records.absences()
        mine = absences.get(by)
        said = (
            [f"<@{self._desk.slack_id(mine.delegate)}> stands in for you until {moment(mine.until)}."]
            if mine
            else []
        )
        said += [
            f"You stand in for <@{self._desk.slack_id(one.person)}> until {moment(one.until)}."
            for one in absences.values()
            if one.delegate == by
        ]
        return " ".join(said) or "Nobody stands in for you."


def away_said(desk: Desk, owed: Sequence[Owed]) -> list[str]:
    """Say who of those who owe something is away, and who stands in."""
    people = {person for one in owed for person in one.by.people}
    groups = {group for one in owed for group in one.by.groups}
    return [
        f"<@{desk.slack_id(one.person)}> is away until {moment(one.until)}; <@{desk.slack_id(one.delegate)}> stands in."
        for one in desk.records.absences().values()
        if one.person in people or groups & desk.records.groups_of(one.person)
    ]


def _say_who(said: str, found: tuple[Person, ...]) -> str:
    if not found:
        return f"Nobody here is called “{escaped(said)}”. Write their name as Slack completes it after @."
    handles = ", ".join(f"@{escaped(person.handle)}" for person in found[:5])
    return f"Several people are called “{escaped(said)}”: {handles}. Write the one you mean with the @."
