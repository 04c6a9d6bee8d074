"""Collects what a period's digest is made of: the ledger's changes, all changes at their source, signs of life."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.evidence.sample import draw, seed_of
from bot.wiring.opening import OpenMemory
from workflows.calendar import Calendar
from workflows.digest import TREND, Denominator, Digest, Known, Line, digest, line, outages
from workflows.errors import ProcedureError
from workflows.exceptions import LOOK_BACK, Context, gist
from workflows.period import Period
from workflows.policy import Policy
from workflows.precedents import Earlier, Precedents
from workflows.record import ChangeRecord
from workflows.reviews import Review, missed
from workflows.timetable import owed
from workflows.vocabulary import ChangeId

log = logging.getLogger(__name__)

SILENCE = timedelta(minutes=11)  #: two heartbeats missed, and a minute
SIZE = 5  #: changes in the sample
Sample = Callable[[datetime, datetime], tuple[tuple[ChangeId, ...], str]]  #: and the root it was drawn by


def sampler(memory: OpenMemory, size: int) -> Sample:
    """Return what draws from a period: by the root that was signed last in it, so that nobody could choose.

    It draws what ``evidence sample`` draws, without reading the whole ledger for it.
    """

    def sample(begin: datetime, end: datetime) -> tuple[tuple[ChangeId, ...], str]:
        memory.checkpoint()  # a ledger that was never signed has nothing to draw by
        with memory.population() as population:
            real, last = population.real(begin, end), population.recorded_before(end)
        with memory.snapshot() as snapshot:
            root = (snapshot.checkpoint_before(last) or snapshot.point).root
        return tuple(ChangeId(one.change) for one in draw(real, seed_of(root), size)), root.hex()

    return sample


class Activity(Protocol):
    """Where all changes are counted, emergencies or not."""

    def merged(self, repository: str, begin: datetime, end: datetime) -> int:
        """Count merged pull requests."""

    def deployed(self, repository: str, environment: str, begin: datetime, end: datetime) -> int:
        """Count deployments."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Makes digests; appends nothing, though the ledger's head is signed to have something to draw by."""

    memory: OpenMemory
    activity: Activity | None
    sample: Sample

    def collect(self, period: Period, now: datetime) -> Digest:
        """Return the digest of a period that is over by the team's calendar; raises ``NotOver`` or ``NotKept``."""
        policy = self.memory.policy()
        zone = ZoneInfo(policy.calendar.timezone)
        period.over(now, zone)
        made = self.memory.reviews()
        begin, end = _bounds(period, zone, made)
        with self.memory.population() as population:
            began = period.kept(population.began(), zone)
            rules = population.policies(begin, end) or [policy]
            earlier = Precedents(
                Earlier(one.change, one.at, one.by, gist(one.justification), gist(one.cause))
                for one in population.said(begin - LOOK_BACK, end)
            )
            lines = [self._line(found, now, earlier) for found in population.records(begin, end)]
            before = _months_before(period)
            counted = population.counted(before[0].begins(zone), begin)
            carried = population.carried(begin, end)
            alive = population.signs_of_life(begin, end)
        sample, root = self.sample(begin, end)
        known = Known(
            self._counted(rules, begin, end),
            _per_month(counted, before, zone, began),
            outages(alive, max(begin, began), end, SILENCE),
            sample,
            zone,
            root,
            missed(made.values(), begin, end),
            tuple(carried),
            began if began > begin else None,
            end,
        )
        return digest(period, lines, known, policy.limits.ratio_alarm)

    def _line(self, found: tuple[ChangeRecord, Policy, Calendar], now: datetime, earlier: Precedents) -> Line:
        record, policy, calendar = found
        overdue = [duty.duty for duty in owed(record, policy, calendar) if duty.due < now]
        return line(record, policy, calendar, now, Context(earlier=earlier), overdue)

    def _counted(self, rules: Sequence[Policy], begin: datetime, end: datetime) -> Denominator:
        """Count all changes of the inventory, as any policy of the period had it.

        What cannot be counted is left out and said, never guessed.
        """
        systems = [system for policy in rules for system in policy.systems.values()]
        repositories = sorted({one for system in systems for one in system.repositories})
        where = sorted(
            {
                (repository, environment)
                for system in systems
                for repository in system.repositories
                for environment in system.environments
            }
        )
        if self.activity is None or not repositories:
            return Denominator()
        activity = self.activity
        return Denominator(
            _sum(lambda: sum(activity.merged(one, begin, end) for one in repositories)),
            _sum(lambda: sum(activity.deployed(*one, begin, end) for one in where)),
            tuple(repositories),
        )


def _bounds(period: Period, zone: ZoneInfo, made: Mapping[str, Review]) -> tuple[datetime, datetime]:
    """Return where a period begins and ends.

    A team that moves to another time zone leaves no hour between two months, and counts none twice: one begins
    where the digest before it ended, and ends where its own first digest did.
    """
    before, here = made.get(str(period.before)), made.get(str(period))
    begin = before.made.ends if before and before.made.ends else period.begins(zone)
    return begin, here.made.ends if here and here.made.ends else period.ends(zone)


def _sum(count: Callable[[], int]) -> int | None:
    try:
        return count()
    except ProcedureError as error:
        log.warning("All changes could not be counted: %s", error)
        return None


def _months_before(period: Period) -> list[Period]:
    months = [period.before]
    while len(months) < TREND - 1:
        months.append(months[-1].before)
    return list(reversed(months))


def _per_month(
    moments: Iterable[datetime], months: list[Period], zone: ZoneInfo, began: datetime | None
) -> Mapping[Period, int]:
    """Count the months the bot was there for from their first day; others say nothing."""
    there = [month for month in months if began and began <= month.begins(zone)]
    counts = dict.fromkeys(there, 0)
    for at in moments:
        for month in there:
            if month.holds(at, zone):
                counts[month] += 1
    return counts
