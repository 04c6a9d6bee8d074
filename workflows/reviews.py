"""The review of a month: when its digest is due, who may sign it, and when whoever owes it is chased.

The chase is snapshotted when the digest is made: a policy edited meanwhile changes nothing for a review that has
begun.  A quarter only adds up months that are reviewed one by one, so nobody owes it anything.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from workflows import administration as ad
from workflows.calendar import Calendar
from workflows.digest import Missed
from workflows.events import Entry
from workflows.facts import Facts
from workflows.mine import Unsigned
from workflows.people import not_a_member
from workflows.period import Period
from workflows.policy import Policy
from workflows.ports import Posted
from workflows.prose import gives_away
from workflows.vocabulary import CLOCK, ChangeId, PersonId

LENGTHS = (1, 3)  #: months a period has that is added up
LONGEST_BACK = 12  #: periods made afterwards, at most: a bot that was away does not look back for ever
DAY = timedelta(days=1)

#: What a self-test asks of each change of the sample: the attributes of the control, and their questions.
ATTRIBUTES: Mapping[str, str] = {
    "authorised": "Did somebody authorised approve it, before it began or in the time allowed?",
    "documented": "Are request, justification, plan and completion report complete?",
    "tested": "Was it tested, or is there a sound reason why not?",
    "approved": "Was it approved by somebody who did not write it?",
    "traceable": "Do ticket, commits and deployments lead to each other?",
    "access_ended": "Did the access end within its window, and was that seen?",
}


def made_at(period: Period, calendar: Calendar) -> datetime:
    """Return when a period's digest is due: at the opening of the first business day after it."""
    day = period.next.first
    while not calendar.works(day):
        day += DAY
    return calendar.opening(day)


def latest(now: datetime, months: int, calendar: Calendar) -> Period:
    """Return the last period of this length whose digest is due."""
    today = now.astimezone(calendar.zone).date()
    found = Period(today.year, today.month - (today.month - 1) % months, months).before
    return found if made_at(found, calendar) <= now else found.before


def missing(now: datetime, began: datetime, made: Collection[str], calendar: Calendar) -> tuple[Period, ...]:
    """Return the periods whose digests are due and were never made, oldest first.

    A period counts if the bot was there for any of it, because whatever happened then must be reviewed.  The first
    digest ever is the last period's; from then on none is left out.
    """
    return tuple(period for months in LENGTHS for period in _missing(now, began, made, calendar, months))


def _missing(
    now: datetime, began: datetime, made: Collection[str], calendar: Calendar, months: int
) -> Iterator[Period]:
    period, found = latest(now, months, calendar), list[Period]()
    most = LONGEST_BACK if any(Period.read(one).months == months for one in made) else 1
    while len(found) < most and str(period) not in made and period.ends(calendar.zone) > began:
        found.append(period)
        period = period.before
    return reversed(found)


def next_made(now: datetime, calendar: Calendar) -> datetime:
    """Return when the next digest falls due."""
    return min(made_at(latest(now, months, calendar).next, calendar) for months in LENGTHS)


@dataclass(frozen=True, slots=True)
class Chase:
    """When and by whom a review is owed."""

    due: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    escalation: tuple[ad.ReviewRung, ...] = ()


def chase(period: Period, at: datetime, policy: Policy, calendar: Calendar) -> Chase:
    """Return the chase of a review that begins now; reminders wait for working hours."""
    rules = policy.review
    if period.months > 1 or not rules.by:
        return Chase()
    rungs = (ad.ReviewRung(at=calendar.working(at + rung.after), to=rung.to) for rung in rules.escalate)
    return Chase(
        due=calendar.after(at, rules.due),
        reminders=tuple(sorted(calendar.working(at + after) for after in rules.remind_after)),
        escalation=tuple(sorted(rungs, key=lambda rung: (rung.at, rung.to))),
    )


@dataclass(frozen=True, slots=True)
class Review:
    """Where the review of a period stands, by the newest version of its digest."""

    made: ad.DigestMade
    posted: ad.DigestPosted | None = None
    signed: tuple[ad.ReviewSigned, ...] = ()
    tested: tuple[ad.SelfTested, ...] = ()
    reminded: tuple[ad.ReviewReminded, ...] = ()
    overdue: ad.ReviewOverdue | None = None
    earlier: tuple["Review", ...] = ()  #: of the versions this one replaced, oldest first
    replaced: int = 0  #: the version that took this one's place; 0: none

    @property
    def period(self) -> Period:
        return Period.read(self.made.period)

    @property
    def name(self) -> str:
        return named(self.made.period, self.made.version)

    @property
    def unjudged(self) -> frozenset[ChangeId]:
        """Return the changes that everybody who signed had asked for themselves, so that nobody judged them."""
        return left_over(one.recused for one in self.signed)

    @property
    def owed(self) -> bool:
        """Say whether somebody has yet to sign."""
        return self.made.due is not None and not self.replaced and not self.settled

    @property
    def settled(self) -> bool:
        """Say whether whoever signed has judged everything between them."""
        return bool(self.signed) and not self.unjudged

    @property
    def versions(self) -> tuple["Review", ...]:
        """Return the reviews of all versions, this one as the last."""
        return (*self.earlier, self)

    def of(self, version: int) -> "Review | None":
        """Return the review of a version; ``None``: it is not known."""
        return next((one for one in self.versions if one.made.version == version), None)

    @property
    def results(self) -> Mapping[ChangeId, ad.SelfTested]:
        """Return the last self-test of each change."""
        return {test.change: test for test in self.tested}


def named(period: str, version: int) -> str:
    """Name what is reviewed; with the version where there was one before, which others may have signed."""
    name = Period.read(period).name
    return f"{name}, version {version}" if version > 1 else name


def reviews(entries: Iterable[Entry]) -> dict[str, Review]:
    """Fold entries, oldest first, to the reviews they are about, by period."""
    found: dict[str, Review] = {}
    for entry in entries:
        if isinstance(entry, ad.DigestMade):
            found[entry.period] = _again(found.get(entry.period), entry)
        elif (period := getattr(entry, "period", "")) in found:
            found[period] = _of_a_version(found[period], entry)
    return found


def _again(before: Review | None, made: ad.DigestMade) -> Review:
    """Begin the review of a version; what was said of those before it stays said of them."""
    if before is None:
        return Review(made)
    gone = replace(before, earlier=(), replaced=made.version)
    older = (replace(one, replaced=made.version) for one in before.earlier)
    return Review(made, earlier=(*older, gone))


def _of_a_version(review: Review, entry: Entry) -> Review:
    version = getattr(entry, "version", 0)
    if review.made.version == version:
        return _after(review, entry)
    earlier = (_after(one, entry) if one.made.version == version else one for one in review.earlier)
    return replace(review, earlier=tuple(earlier))


def _after(review: Review, entry: Entry) -> Review:
    match entry:
        case ad.DigestPosted():
            return replace(review, posted=entry)
        case ad.ReviewSigned():
            return replace(review, signed=(*review.signed, entry))
        case ad.SelfTested():
            return replace(review, tested=(*review.tested, entry))
        case ad.ReviewReminded():
            return replace(review, reminded=(*review.reminded, entry))
        case ad.ReviewOverdue():
            return replace(review, overdue=entry)
        case _:
            return review


Prompt = ad.ReviewReminded | ad.ReviewOverdue


def due(review: Review, now: datetime) -> tuple[Prompt, ...]:
    """Return what the clock has to say about a review by now and has not said.

    Of the reminders that fell due while nobody was there to send them, each group gets the last.
    """
    if not review.owed:
        return ()
    made, said = review.made, list[Prompt]()
    last = {to: slot for at, slot, to in _slots(made) if at <= now}
    spoken = {prompt.slot for prompt in review.reminded}
    for to, slot in last.items():
        if slot not in spoken:
            said.append(_prompt(made, now, slot, to))
    if made.due and made.due < now and review.overdue is None:
        said.append(
            ad.ReviewOverdue(at=now, by=CLOCK, period=made.period, version=made.version, due=made.due)
        )
    return tuple(said)


def _slots(made: ad.DigestMade) -> Iterator[tuple[datetime, str, str]]:
    for number, at in enumerate(made.reminders):
        yield at, f"remind/{number}", made.reviewers
    for number, rung in enumerate(made.escalation):
        yield rung.at, f"escalate/{number}", rung.to


def _prompt(made: ad.DigestMade, now: datetime, slot: str, to: str) -> ad.ReviewReminded:
    return ad.ReviewReminded(at=now, by=CLOCK, period=made.period, version=made.version, slot=slot, to=to)


def delivery(prompt: Prompt) -> str:
    """Name a prompt, so that it is said once whoever says it."""
    slot = prompt.slot if isinstance(prompt, ad.ReviewReminded) else "overdue"
    return f"review:{prompt.period}/{prompt.version}/{slot}"


def next_prompt(review: Review, now: datetime) -> datetime | None:
    """Return when the clock speaks up about a review next; ``None``: not any more."""
    if not review.owed:
        return None
    moments = [at for at, _, _ in _slots(review.made)]
    moments += [review.made.due + timedelta(seconds=1)] if review.made.due else []
    return min((at for at in moments if at > now), default=None)


def missed(found: Iterable[Review], begin: datetime, end: datetime) -> tuple[Missed, ...]:
    """Return the reviews that fell overdue in a period, or before it and are owed still (X12)."""
    late = ((review, one.overdue) for review in found for one in review.versions if one.overdue)
    first = {review.period: (review, overdue) for review, overdue in reversed(list(late))}
    return tuple(
        Missed(period, overdue.due, _signed_after(review, overdue))
        for period, (review, overdue) in sorted(first.items())
        if overdue.due < end and (overdue.due >= begin or review.owed)
    )


def _signed_after(review: Review, overdue: ad.ReviewOverdue) -> datetime | None:
    """Return when the version that was missed, or one that took its place, was signed."""
    since = (one for one in review.versions if one.made.version >= overdue.version)
    return next((one.signed[-1].at for one in since if one.settled), None)


def unsigned(found: Iterable[Review]) -> tuple[Unsigned, ...]:
    """Return the reviews that are owed, as lists show them, the oldest first."""
    return tuple(
        Unsigned(
            f"{one.made.period}/{one.made.version}",
            one.name,
            one.made.due,
            one.overdue is not None,
            Posted(one.posted.channel, one.posted.ts) if one.posted else None,
        )
        for one in sorted(found, key=lambda one: one.period)
        if one.owed and one.made.due
    )


@dataclass(frozen=True, slots=True)
class Case:
    """What a sign-off or a self-test is judged by."""

    made: ad.DigestMade
    reviewers: str  #: the group; of the digest, or of the policy in force if that group is gone
    requesters: Mapping[ChangeId, PersonId] = field(default_factory=dict)  #: of the changes that count
    replaced: int = 0  #: the version that took its place; 0: none


def objection(act: ad.ReviewSigned | ad.SelfTested, case: Case, facts: Facts) -> tuple[str, str] | None:
    """Return the guard that says no, and its sentence; ``None``: it may be kept."""
    if because := not_a_member(facts.actor):
        return "by_a_member", because
    if not facts.belongs(case.reviewers):
        return "by_a_reviewer", f"Only members of {case.reviewers or 'the group in [review] by'} can do this."
    if case.replaced:
        return "of_the_newest", f"Version {case.replaced} took the place of this digest; answer there."
    if found := gives_away(act):
        return (
            "no_secrets",
            f"The field “{found[0]}” seems to contain {found[1]}. Take it out and send it again; nothing was kept.",
        )
    if isinstance(act, ad.SelfTested):
        return _of_a_test(act, case)
    return _of_a_sign_off(act, case)


def _of_a_test(act: ad.SelfTested, case: Case) -> tuple[str, str] | None:
    if act.change not in case.made.sample:
        return "of_the_sample", f"{act.change} is not in the sample of {case.made.period}."
    if case.requesters.get(act.change) == act.by:
        return "by_someone_else", f"You asked for {act.change} yourself; another reviewer must test it."
    return None


def _of_a_sign_off(act: ad.ReviewSigned, case: Case) -> tuple[str, str] | None:
    own = recused(act.by, case.requesters)
    if own and len(own) == len(case.requesters):
        return (
            "by_someone_else",
            f"You asked for every change of {case.made.period} yourself; another reviewer must sign it off.",
        )
    if unknown := [one for one in act.did_not if one not in case.requesters]:
        return "of_this_period", f"Not among the changes of {case.made.period}: {', '.join(unknown)}."
    if judged := [one for one in act.did_not if one in own]:
        return "by_someone_else", f"You asked for {judged[0]} yourself; another reviewer must judge it."
    return None


def left_over(recused: Iterable[Collection[ChangeId]]) -> frozenset[ChangeId]:
    """Return what was nobody's to judge of those who signed, by what each of them asked for."""
    theirs = [frozenset(one) for one in recused]
    return frozenset[ChangeId]().union(*theirs).intersection(*theirs)


def recused(person: PersonId, requesters: Mapping[ChangeId, PersonId]) -> tuple[ChangeId, ...]:
    """Return the changes somebody asked for, which they may not judge."""
    return tuple(change for change, by in requesters.items() if by == person)
