"""The clock of reviews: makes each period's digest once, and speaks up until it is signed.

Level-triggered: what is due is read off the ledger each time, and an entry's delivery says that it was made.  Two
replicas that make the same digest at once make one; whatever crashes, the next look goes on.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from bot.digest.contents import hashes_of, packed
from workflows.administration import DigestMade
from workflows.calendar import Calendar
from workflows.changes import EmergencyChanges
from workflows.consequences import digest_delivery
from workflows.digest import Digest
from workflows.period import Period
from workflows.policy import Policy
from workflows.ports import Clock, Stopwatch
from workflows.reviews import Review, chase, delivery, due, latest, made_at, missing, next_made, next_prompt
from workflows.vocabulary import SYSTEM

log = logging.getLogger(__name__)

SELDOM = timedelta(minutes=1)  #: of real time between two looks when nothing is known to be due
PATIENCE = timedelta(hours=8)  #: a digest waits so long for a source at which all changes are counted
AGAIN = timedelta(minutes=10)  #: of real time between two attempts at one digest


class Known(Protocol):
    """What the memory knows of reviews."""

    def policy(self) -> Policy:
        """Return the policy in force."""

    def calendar(self, policy: Policy) -> Calendar:
        """Return its calendar."""

    def reviews(self) -> dict[str, Review]:
        """Return the reviews there were lately, by period."""

    def began(self) -> datetime | None:
        """Return when the ledger began."""


class Reviewing:
    """Keeps the months reviewed; safe to share between threads, which look one after another."""

    def __init__(
        self,
        changes: EmergencyChanges,
        known: Known,
        clock: Clock,
        stopwatch: Stopwatch,
        *,
        collect: Callable[[Period, datetime], Digest],
        render: Callable[[Digest], Mapping[str, bytes]],
        default_channel: str,
    ) -> None:
        self._changes = changes
        self._known = known
        self._clock = clock
        self._stopwatch = stopwatch
        self._collect = collect
        self._render = render
        self._default = default_channel
        self._one_at_a_time = threading.Lock()
        self._next: datetime | None = None
        self._look_again: datetime | None = None
        self._not_before: dict[str, datetime] = {}

    def look(self) -> None:
        """Make what is due and say what is to be said; cheap while nothing is."""
        with self._one_at_a_time:
            self._look()

    def _look(self) -> None:
        now, real = self._clock.now(), self._stopwatch.now()
        if self._next and now < self._next and self._look_again and real < self._look_again:
            return
        began = self._known.began()
        if began is None:
            return
        policy = self._known.policy()
        calendar = self._known.calendar(policy)
        for period in missing(now, began, self._known.reviews().keys(), calendar):
            self._make(period, now, policy, calendar)
        reviews = self._known.reviews().values()
        for review in reviews:
            for prompt in due(review, now):
                self._changes.administer(prompt, delivery(prompt))
        moments = (next_prompt(review, now) for review in reviews)
        self._next = min([next_made(now, calendar), *filter(None, moments)])
        self._look_again = real + SELDOM

    def next_due(self, after: datetime) -> datetime | None:
        """Return when something is due next by the procedure's clock, for clocks that jump."""
        return self._next if self._next and self._next > after else None

    def _make(self, period: Period, now: datetime, policy: Policy, calendar: Calendar) -> None:
        not_before = self._not_before.get(str(period))
        if not_before and self._stopwatch.now() < not_before:
            return
        self._not_before[str(period)] = self._stopwatch.now() + AGAIN  # whatever comes of this attempt
        digest = self._collect(period, now)
        if self._waits(digest, now, calendar):
            log.warning("All changes of %s could not be counted; its digest waits a little.", period)
            return
        entry = entry_of(digest, self._render(digest), now, policy, calendar, self._default)
        if self._changes.administer(entry, digest_delivery(entry.period, entry.version)):
            log.info("The digest of %s is made.", period)
            if not entry.channel or (period.months == 1 and not entry.reviewers):
                log.warning("The digest of %s: [review] names no channel, or nobody to sign it.", period)

    def _waits(self, digest: Digest, now: datetime, calendar: Calendar) -> bool:
        """Say whether the digest should wait until somebody can count; a month of long ago does not."""
        of, period = digest.denominator, digest.period
        fresh = latest(now, period.months, calendar) == period and now < made_at(period, calendar) + PATIENCE
        return bool(of.where) and of.all is None and fresh


def entry_of(
    digest: Digest,
    files: Mapping[str, bytes],
    at: datetime,
    policy: Policy,
    calendar: Calendar,
    default_channel: str = "",
) -> DigestMade:
    """Return the entry of a digest, with the chase its review begins."""
    owed = chase(digest.period, at, policy, calendar)
    return DigestMade(
        at=at,
        by=SYSTEM,
        period=str(digest.period),
        ends=digest.ends,
        version=digest.again.version if digest.again else 1,
        because=digest.again.because if digest.again else "",
        asked_by=digest.again.by if digest.again else "",
        files=hashes_of(files),
        contents=packed(files),
        changes=len(digest.counted),
        drills=len(digest.drills),
        alarms=len(digest.alarms),
        sample=digest.sample,
        root=digest.root,
        channel=policy.review.channel or default_channel,
        reviewers=policy.review.by if digest.period.months == 1 else "",
        due=owed.due,
        reminders=owed.reminders,
        escalation=owed.escalation,
    )
