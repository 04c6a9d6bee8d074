"""The review of each period in the tracker: one issue, opened with the digest, told what happens, closed when signed.

Opened as a ticket is: after an attempt whose outcome got lost it waits out the search's lag, looks, and only then
opens again.  An issue that somebody deleted is opened again when there is something to tell.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from workflows import administration as ad
from workflows.changes import EmergencyChanges
from workflows.errors import Conflict, Declined, Unavailable
from workflows.events import Entry
from workflows.follow_ups import today
from workflows.papers import DIGEST, SIGNED, Paper
from workflows.period import Period
from workflows.policy import Policy
from workflows.ports import Clock, Errand, ReviewTracker, Stopwatch
from workflows.reconciler import ASK_AGAIN, Bench
from workflows.reviews import left_over
from workflows.steps import NotYet
from workflows.steps.ticket import LAG, LATE_LOOK, UNCERTAIN
from workflows.vocabulary import SYSTEM, PersonId, TicketKey
from workflows.words import listed, things
from workflows.work import Claimed

Kept = TypeVar("Kept", ad.ReviewIssueOpened, ad.ReviewIssueClosed, ad.DuplicateReviewClosed)


class Archive(Protocol):
    """What the ledger says about reviews and their issues."""

    def papers(self) -> Sequence[Paper]:
        """Return the entries about reviews of late, oldest first."""

    def of_kind(self, kind: type[Kept]) -> Sequence[Kept]:
        """Return the newest entries of a kind, oldest first."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is needed to say what happened."""

    entry: Callable[[str], Entry | None]  #: what came with a delivery, texts included
    name: Callable[[PersonId], str]
    policy: Callable[[], Policy]


class ReviewIssues:
    """Works on the issue of one period at a time."""

    def __init__(
        self,
        bench: Bench,
        archive: Archive,
        words: Words,
        tracker: ReviewTracker,
        changes: EmergencyChanges,
        clock: Clock,
        stopwatch: Stopwatch,
        *,
        complain: Callable[[str], None],
        lag: timedelta = LAG,
    ) -> None:
        self._bench = bench
        self._archive = archive
        self._words = words
        self._tracker = tracker
        self._changes = changes
        self._clock = clock
        self._stopwatch = stopwatch
        self._complain = complain
        self._lag = lag

    def work(self, claimed: Claimed) -> None:
        """Make the issue say what the ledger says."""
        period = claimed.subject
        story = [one for one in self._archive.papers() if one.period == period]
        try:
            again = self._bring_about(claimed, period, story) if any(map(_begins, story)) else None
        except NotYet as error:
            self._bench.postpone(claimed, str(error), error.wait)
        except Unavailable as error:
            self._bench.postpone(claimed, str(error))
        except Declined as error:
            if not claimed.attempts:
                self._complain(f"The review of {period} is not in the tracker as it should be: {error}")
            self._bench.postpone(claimed, str(error), ASK_AGAIN)
        except Conflict:
            return  # the claim has passed to somebody else
        else:
            self._bench.settle(claimed, again)

    def _bring_about(self, claimed: Claimed, period: str, story: Sequence[Paper]) -> datetime | None:
        """Return when to look again for another issue that may have been opened; ``None``: never."""
        made = next(one for one in reversed(story) if _begins(one))
        opened = self._there(period) or self._adopted(claimed, period) or self._open(claimed, made)
        for paper in story:
            if text := self._said(paper):
                self._tracker.comment(opened.key, f"{name(period)}/{paper.entry.index}", text)
        version = made.body["version"]
        signed = [
            one.body["recused"] for one in story if one.kind == SIGNED and one.body["version"] == version
        ]
        if signed and not left_over(signed):
            self._close(period, opened.key)
        if claimed.reference != UNCERTAIN:
            return None
        self._close_duplicates(period, opened.key)
        late = opened.at + LATE_LOOK
        return late if late > self._clock.now() else None

    # --- the issue ---------------------------------------------------------------------------------

    def _there(self, period: str) -> ad.ReviewIssueOpened | None:
        """Return the issue that is known, unless it is gone from the tracker."""
        known = self._of(ad.ReviewIssueOpened, period)
        return known[-1] if known and self._tracker.look(known[-1].key) else None

    def _adopted(self, claimed: Claimed, period: str) -> ad.ReviewIssueOpened | None:
        if claimed.attempted_at is None:
            return None
        self._commit(made=self._bench.made(claimed, UNCERTAIN))
        left = claimed.attempted_at + self._lag - self._stopwatch.now()
        if left > timedelta():
            raise NotYet("An attempt's outcome was lost; waiting for the tracker's search.", left)
        found = next((key for key in self._tracker.find(name(period)) if self._tracker.look(key)), None)
        return self._keep(period, found, adopted=True) if found else None

    def _open(self, claimed: Claimed, made: Paper) -> ad.ReviewIssueOpened:
        digest = self._words.entry(made.delivery)
        if not isinstance(digest, ad.DigestMade):
            raise Declined(f"The ledger has no digest of {made.period}.")
        errand = _errand(digest, self._words.policy())
        self._commit(made=self._bench.attempting(claimed))
        return self._keep(made.period, self._tracker.open(errand), adopted=False)

    def _keep(self, period: str, key: TicketKey, *, adopted: bool) -> ad.ReviewIssueOpened:
        at, url = self._clock.now(), self._tracker.url(key)
        opened = ad.ReviewIssueOpened(at=at, by=SYSTEM, period=period, key=key, url=url, adopted=adopted)
        self._changes.administer(opened, f"review-issue:{period}:{key}")
        return opened

    def _close(self, period: str, key: TicketKey) -> None:
        if key in (one.key for one in self._of(ad.ReviewIssueClosed, period)):
            return  # whoever opens it again has a reason
        view = self._tracker.finish(key)
        closed = ad.ReviewIssueClosed(
            at=self._clock.now(), by=SYSTEM, period=period, key=key, status=view.status
        )
        self._changes.administer(closed, f"review-issue-closed:{period}:{key}")

    def _close_duplicates(self, period: str, survivor: TicketKey) -> None:
        for key in self._tracker.find(name(period)):
            if key != survivor and key not in (one.key for one in self._of(ad.DuplicateReviewClosed, period)):
                self._tracker.close_duplicate(key, survivor)
                closed = ad.DuplicateReviewClosed(
                    at=self._clock.now(), by=SYSTEM, period=period, key=key, survivor=survivor
                )
                self._changes.administer(closed, f"duplicate-review:{period}:{key}")

    def _of(self, kind: type[Kept], period: str) -> list[Kept]:
        return [one for one in self._archive.of_kind(kind) if one.period == period]

    def _commit(self, *, made: bool) -> None:
        if not made:
            raise Conflict("The claim has passed to somebody else.")

    # --- what is said ------------------------------------------------------------------------------

    def _said(self, paper: Paper) -> str:
        """Say what happened; empty for what the issue itself says."""
        entry = self._words.entry(paper.delivery)
        match entry:
            case ad.ReviewSigned():
                return "\n".join(self._signed(entry))
            case ad.SelfTested():
                results = [
                    f"{field.replace('_', ' ')}: {getattr(entry, field)}"
                    for field in ad.SelfTested.model_fields
                    if field in OF_A_TEST
                ]
                note = f"\n{entry.note}" if entry.note else ""
                return f"{self._words.name(entry.by)} tested {entry.change}. {'; '.join(results)}.{note}"
            case ad.DigestMade() if entry.asked_by:
                return (
                    f"{self._words.name(PersonId(entry.asked_by))} had the digest made again: version {entry.version} takes the place "
                    f"of version {entry.version - 1}, because: {entry.because or 'not said'}\n"
                    f"To be signed until {_moment(entry.due or entry.at)}."
                )
            case ad.ReviewOverdue():
                return (
                    f"Nobody had signed all of {_of(entry)} by {_moment(entry.due)}, when it was due (X12)."
                )
            case _:
                return ""

    def _signed(self, entry: ad.ReviewSigned) -> Iterator[str]:
        yield f"{self._words.name(entry.by)} signed {_of(entry)} on {_moment(entry.at)}."
        yield f"Qualified as emergencies: {entry.qualified}."
        if entry.did_not:
            yield f"Did not qualify: {listed(entry.did_not)}."
        if entry.recused:
            yield f"Not judged, because they asked for them: {listed(entry.recused)}."
        yield f"Decisions: {entry.decisions or 'none'}"
        yield f"Follow-ups: {entry.follow_ups or 'none'}"


OF_A_TEST = ("authorised", "documented", "tested", "approved", "traceable", "access_ended")


def name(period: str) -> str:
    """Name the review of a period in the tracker's label."""
    return f"review-{period}"


def _begins(paper: Paper) -> bool:
    """Say whether a review is owed for this digest."""
    return paper.kind == DIGEST and bool(paper.body["due"])


def _errand(made: ad.DigestMade, policy: Policy) -> Errand:
    period, due = Period.read(made.period).name, made.due or made.at
    sample = listed(made.sample) or "nothing, because there was nothing to draw from"
    sections = (
        (
            "What is to be done",
            f"Review the emergency changes of {period}, judge each, and sign the review in Slack.",
        ),
        ("By whom", f"A member of {made.reviewers}" + (f", in {made.channel}" if made.channel else "")),
        ("Due", _moment(due)),
        (
            "What there was",
            f"{things(made.changes, 'emergency change')}, {things(made.drills, 'drill')}, {things(made.alarms, 'alarm')}",
        ),
        ("To be tested by hand", sample),
        ("The digest", "\n".join(f"{file}: SHA-256 {sha256}" for file, sha256 in sorted(made.files.items()))),
    )
    summary = f"Review of the emergency changes of {period}"
    return Errand(name(made.period), summary, sections, today(due, policy))


def _of(entry: ad.ReviewSigned | ad.ReviewOverdue) -> str:
    """Name what was to be signed: the issue is the period's, whatever versions its digest has."""
    return f"version {entry.version} of this review" if entry.version > 1 else "this review"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
