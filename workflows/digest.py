"""The review of a whole population: what a month of emergency changes adds up to.

Pure: lines in, figures out.  Drills are counted and otherwise stand outside every figure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, quantiles, stdev
from typing import Literal
from zoneinfo import ZoneInfo

from workflows import events as ev
from workflows.calendar import Calendar
from workflows.carried import Carried
from workflows.exceptions import Context, approved_at, examine, gist
from workflows.period import Period
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import ChangeId, Duty, ExceptionId, Origin, PersonId, State
from workflows.words import hours

FEWEST = 20  #: changes of any kind below which a share says nothing
FEWEST_MONTHS = 3  #: before a month, for it to stand out
TREND = 6  #: months a trend looks back, this one included
UTC = ZoneInfo("UTC")
REPEATED = 3  #: emergencies of one person or one cause in a period that are a pattern


@dataclass(frozen=True, slots=True)
class Line:
    """One change, as a review counts it; times are the procedure's, in UTC."""

    change: ChangeId
    state: State
    requested_at: datetime
    requester: PersonId
    system: str
    criterion: str
    drill: bool = False
    off_hours: bool = False
    cause: str = ""
    genuine: bool | None = None  #: the retrospective's own answer; ``None``: there is none yet
    to_access: timedelta | None = None
    to_approval: timedelta | None = None
    overdue: tuple[Duty, ...] = ()
    self_approved: bool = False
    overridden: bool = False  #: the requester acted without an answer
    rejected: bool = False
    remediation: str = ""  #: its outcome; empty: none yet, or nothing to mend
    extensions: int = 0
    exceptions: tuple[ExceptionId, ...] = ()
    follow_ups: int = 0  #: that are still open
    follow_ups_late: int = 0  #: of these, past their dates

    @property
    def unmended(self) -> bool:
        """Say whether a remediation is missing; what was rejected before it began left nothing to mend."""
        return self.rejected and not self.remediation and self.state is not State.REJECTED


@dataclass(frozen=True, slots=True)
class Denominator:
    """All changes of the period, counted at their source; ``None``: nobody could count them."""

    pull_requests: int | None = None
    deployments: int | None = None
    where: tuple[str, ...] = ()  #: what was counted

    @property
    def all(self) -> int | None:
        """The larger of the two: a change that was merged and deployed is one change."""
        known = [count for count in (self.pull_requests, self.deployments) if count is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took in half of the cases, and in all but one of twenty."""

    median: timedelta
    p95: timedelta
    count: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """A sign that the normal process does not work."""

    kind: Literal["ratio", "trend", "person", "cause"]
    because: str
    changes: tuple[ChangeId, ...] = ()
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """No replica of the bot showed a sign of life in between."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a longer period; drills are left out."""

    period: Period
    changes: int
    off_hours: int
    rejected: int
    exceptional: int  #: in which a control failed
    known: bool = True  #: the ledger was there for some of it; of a month before it, nothing is known


@dataclass(frozen=True, slots=True)
class Missed:
    """A review nobody signed in time (X12)."""

    period: Period
    due: datetime
    signed_at: datetime | None  #: ``None``: it is owed still


@dataclass(frozen=True, slots=True)
class Again:
    """A period that was added up before is added up again."""

    version: int
    by: PersonId
    because: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What a period adds up to; ``lines`` are oldest first and hold the drills too."""

    period: Period
    lines: tuple[Line, ...]
    denominator: Denominator
    trend: tuple[tuple[Period, int | None], ...]  #: ``None``: nobody counted that month
    outages: tuple[Outage, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    sample: tuple[ChangeId, ...] = ()
    months: tuple[Month, ...] = ()  #: of a quarter; a month has no parts
    root: str = ""  #: of the ledger, by which the sample was drawn; empty: nothing was drawn
    missed: tuple[Missed, ...] = ()
    carried: tuple[Carried, ...] = ()  #: the oldest first
    again: Again | None = None  #: ``None``: it is the first version
    since: datetime | None = None  #: the ledger began in the period or after it; of before, nothing is known
    ends: datetime | None = None  #: the first moment that is not part of it

    @property
    def counted(self) -> tuple[Line, ...]:
        """The changes that count: all but drills."""
        return tuple(line for line in self.lines if not line.drill)

    @property
    def drills(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.drill)

    @property
    def share(self) -> float | None:
        """The share of all changes; ``None`` where there are too few for it to say anything."""
        of = self.denominator.all
        return len(self.counted) / of if of is not None and of >= FEWEST else None

    @property
    def limit(self) -> float | None:
        """The count above which a month stands out: mean and two standard deviations of those before it."""
        before = [count for _, count in self.trend[:-1] if count is not None]
        return fmean(before) + 2 * stdev(before) if len(before) >= FEWEST_MONTHS else None

    @property
    def off_hours(self) -> int:
        return sum(line.off_hours for line in self.counted)

    @property
    def by_system(self) -> tuple[tuple[str, int], ...]:
        return _most(line.system for line in self.counted)

    @property
    def by_criterion(self) -> tuple[tuple[str, int], ...]:
        return _most(line.criterion for line in self.counted)

    @property
    def by_requester(self) -> tuple[tuple[str, int], ...]:
        return _most(line.requester for line in self.counted)

    @property
    def by_cause(self) -> tuple[tuple[str, int], ...]:
        """Causes of the retrospectives, alike where their words are; what has none yet is not here."""
        return _most(line.cause for line in self.counted if line.cause)

    @property
    def repeated_requesters(self) -> tuple[tuple[str, int], ...]:
        """Who asked more than once."""
        return tuple(one for one in self.by_requester if one[1] > 1)

    @property
    def repeated_causes(self) -> tuple[tuple[str, int], ...]:
        """What was the cause more than once."""
        return tuple(one for one in self.by_cause if one[1] > 1)

    @property
    def to_access(self) -> Spread | None:
        return _spread(line.to_access for line in self.counted)

    @property
    def to_approval(self) -> Spread | None:
        return _spread(line.to_approval for line in self.counted)

    @property
    def by_exception(self) -> tuple[tuple[ExceptionId, tuple[ChangeId, ...]], ...]:
        found: dict[ExceptionId, list[ChangeId]] = {}
        for line in self.counted:
            for id in line.exceptions:
                found.setdefault(id, []).append(line.change)
        return tuple((id, tuple(found[id])) for id in sorted(found))

    def those(self, fits: Callable[[Line], object]) -> tuple[Line, ...]:
        """Return the changes that count and fit."""
        return tuple(line for line in self.counted if fits(line))


@dataclass(frozen=True, slots=True)
class Known:
    """What the lines alone do not say."""

    denominator: Denominator = field(default_factory=Denominator)
    earlier: Mapping[Period, int] = field(default_factory=dict)  #: emergencies of the months it was there
    outages: tuple[Outage, ...] = ()
    sample: tuple[ChangeId, ...] = ()
    zone: ZoneInfo = UTC  #: where months begin and end
    root: str = ""
    missed: tuple[Missed, ...] = ()
    carried: tuple[Carried, ...] = ()
    since: datetime | None = None  #: when the ledger began, if not before the period
    ends: datetime | None = None


def line(
    record: ChangeRecord,
    policy: Policy,
    calendar: Calendar,
    now: datetime,
    context: Context,
    overdue: Iterable[Duty] = (),
) -> Line:
    """Return what a review counts of one change; each is judged by the rules it is pinned to."""
    request, grant = record.request, record.grant
    to_do = [one for one in record.follow_ups if one.open]
    given = grant.confirmed_at if grant.origin is not Origin.HELD_ANYWAY else None
    approved = approved_at(record, policy)
    return Line(
        change=record.id,
        state=record.state,
        requested_at=request.at,
        requester=request.by,
        system=request.system,
        criterion=request.criterion,
        drill=request.drill,
        off_hours=not calendar.open_at(request.at),
        cause=gist(record.retrospective.cause) if record.retrospective else "",
        genuine=record.retrospective.genuine if record.retrospective else None,
        to_access=given - request.at if given else None,
        to_approval=approved - request.at if approved else None,
        overdue=tuple(overdue),
        self_approved=any(
            isinstance(one.answer, ev.Approval) and one.by in record.people for one in record.verdicts
        ),
        overridden=record.override is not None,
        rejected=record.rejection is not None,
        remediation=record.remediation.outcome if record.remediation else "",
        extensions=len(record.extensions),
        exceptions=examine(record, policy, calendar, now, context).ids,
        follow_ups=len(to_do),
        follow_ups_late=sum(calendar.closing(one.due) < now for one in to_do),
    )


def digest(period: Period, lines: Iterable[Line], known: Known, ratio_alarm: float) -> Digest:
    """Add a period up; the same lines in any order give the same digest."""
    ordered = tuple(sorted(lines, key=lambda one: (one.requested_at, one.change)))
    made = Digest(
        period=period,
        lines=ordered,
        denominator=known.denominator,
        trend=_trend(period, ordered, known.earlier),
        outages=known.outages,
        sample=known.sample,
        months=tuple(_months(period, ordered, known)),
        root=known.root,
        missed=known.missed,
        carried=tuple(sorted(known.carried, key=lambda one: (one.due, one.name))),
        since=known.since,
        ends=known.ends,
    )
    return replace(made, alarms=tuple(_alarms(made, ratio_alarm)))


def outages(
    signs: Sequence[datetime], begins: datetime, ends: datetime, longest: timedelta
) -> tuple[Outage, ...]:
    """Return when no sign of life came for longer than ``longest``; ``signs`` in order, from all replicas."""
    moments = [begins, *(at for at in signs if begins <= at < ends), ends]
    return tuple(Outage(one, two) for one, two in pairwise(moments) if two - one > longest)


def _most(things: Iterable[str]) -> tuple[tuple[str, int], ...]:
    counted = Counter(things)
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _spread(times: Iterable[timedelta | None]) -> Spread | None:
    known = sorted(time.total_seconds() for time in times if time is not None)
    if not known:
        return None
    cuts = quantiles(known, n=20, method="inclusive") if len(known) > 1 else known * 19
    return Spread(timedelta(seconds=round(cuts[9])), timedelta(seconds=round(cuts[18])), len(known))


def _trend(
    period: Period, lines: Sequence[Line], earlier: Mapping[Period, int]
) -> tuple[tuple[Period, int | None], ...]:
    here = sum(not line.drill for line in lines)
    months: list[tuple[Period, int | None]] = [(period, here)]
    before = period.before
    while len(months) < TREND:
        months.append((before, earlier.get(before)))
        before = before.before
    return tuple(reversed(months))


def _months(period: Period, lines: Sequence[Line], known: Known) -> Iterable[Month]:
    """Divide a longer period into its months."""
    for month in period.parts if period.months > 1 else ():
        there = [one for one in lines if not one.drill and month.holds(one.requested_at, known.zone)]
        yield Month(
            month,
            changes=len(there),
            off_hours=sum(one.off_hours for one in there),
            rejected=sum(one.rejected for one in there),
            exceptional=sum(bool(one.exceptions) for one in there),
            known=known.since is None or known.since < month.ends(known.zone),
        )


def _alarms(made: Digest, ratio_alarm: float) -> Iterable[Alarm]:
    """If everything is an emergency, the normal process is not working."""
    if made.share is not None and made.share > ratio_alarm:
        yield Alarm(
            "ratio",
            f"{made.share:.1%} of all changes were emergencies, more than the policy's limit of {ratio_alarm:.1%}.",
        )
    here, limit = len(made.counted), made.limit
    if limit is not None and here > limit:
        many = "1 emergency is" if here == 1 else f"{here} emergencies are"
        before = "months" if made.period.months == 1 else "quarters"
        because = (
            f"{many} more than the mean of the {before} before and two standard deviations ({limit:.2f})."
        )
        yield Alarm("trend", because)
    for name, count in made.by_requester:
        if count >= REPEATED:
            theirs = [one for one in made.counted if one.requester == name]
            yield Alarm("person", f"{count} emergencies were one person's.", _ids(theirs), PersonId(name))
    for name, count in made.by_cause:
        if count >= REPEATED:
            theirs = [one for one in made.counted if one.cause == name]
            yield Alarm("cause", f"{count} emergencies had the same cause.", _ids(theirs))


def _ids(lines: Iterable[Line]) -> tuple[ChangeId, ...]:
    return tuple(one.change for one in lines)


def said(spread: Spread | None) -> str:
    """Say a spread in a table's cell."""
    return f"{_length(spread.median)} / {_length(spread.p95)}" if spread else "–"


def _length(of: timedelta) -> str:
    return f"{of.seconds} s" if of < timedelta(minutes=2) else hours(of)
