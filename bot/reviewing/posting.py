"""Posts digests with their charts, keeps them up to date, and tells what becomes of their reviews.

After a call whose outcome got lost, the channel is searched before anything is posted again: for a message by its
marker, for the chart by its title.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from bot.reviewing.dossiers import Dossier, dossier
from workflows import administration as ad
from workflows.changes import EmergencyChanges
from workflows.consequences import SEPARATOR, digest_delivery
from workflows.errors import Declined, Unavailable
from workflows.events import Entry
from workflows.ports import Clock, Posted
from workflows.prose import ERASED
from workflows.reconciler import ASK_AGAIN, Bench
from workflows.reviews import Review
from workflows.vocabulary import SYSTEM
from workflows.work import Claimed

Told = ad.ReviewSigned | ad.SelfTested | ad.ReviewOverdue
SOON = timedelta(seconds=2)  #: until the digest itself may be there


class Board(Protocol):
    """Where digests are read."""

    def find_digest(self, channel: str, about: Dossier) -> Posted | None:
        """Look for a digest that was posted already."""

    def post_digest(self, channel: str, about: Dossier, review: Review) -> Posted:
        """Post it."""

    def update_digest(self, at: Posted, about: Dossier, review: Review) -> None:
        """Bring it up to date."""

    def has_chart(self, at: Posted, about: Dossier) -> bool:
        """Look for the chart of a digest."""

    def hand_in_chart(self, about: Dossier) -> str:
        """Hand the picture in; nobody sees it before it is shown."""

    def show_chart(self, at: Posted, handed_in: str, about: Dossier) -> None:
        """Show it where the digest stands."""

    def say_without_chart(self, at: Posted, about: Dossier, because: str) -> None:
        """Say that there is no picture, and why."""

    def find_told(self, at: Posted, name: str, entry: Told) -> Posted | None:
        """Look for what was told already."""

    def tell(self, at: Posted, name: str, entry: Told, review: Review) -> Posted:
        """Tell what became of a review where its digest stands."""


class Archive(Protocol):
    """What the memory knows."""

    def administered(self, delivery: str) -> Entry | None:
        """Return the entry that came with a delivery."""

    def reviews(self) -> dict[str, Review]:
        """Return the reviews there were lately, by period."""


class Reports:
    """Works on what is owed about reviews; safe to share between threads."""

    def __init__(
        self,
        changes: EmergencyChanges,
        bench: Bench,
        archive: Archive,
        board: Board,
        clock: Clock,
        complain: Callable[[str], None],
    ) -> None:
        self._changes = changes
        self._bench = bench
        self._archive = archive
        self._board = board
        self._clock = clock
        self._complain = complain

    def work(self, claimed: Claimed) -> None:
        """Post a digest, or bring it up to date."""
        self._carefully(claimed, self._stands)

    def tell(self, claimed: Claimed) -> None:
        """Tell what became of a review."""
        self._carefully(claimed, self._told)

    def _carefully(self, claimed: Claimed, work: Callable[[Claimed], bool]) -> None:
        try:
            if work(claimed):
                self._bench.settle(claimed)
        except Unavailable as error:
            wait = timedelta(seconds=error.retry_after) if error.retry_after else None
            self._bench.postpone(claimed, str(error), wait)
        except Declined as error:
            if not claimed.attempts:
                self._complain(f"{claimed.subject} could not be posted: {error}")
            self._bench.postpone(claimed, str(error), ASK_AGAIN)  # the channel may be mended

    # --- the digest --------------------------------------------------------------------------------

    def _stands(self, claimed: Claimed) -> bool:
        made = self._archive.administered(claimed.subject)
        if not isinstance(made, ad.DigestMade) or made.contents == ERASED:
            return True
        about, review = dossier(made), self._review(made)
        at = _place(claimed.reference)
        if at and claimed.settled is not None:
            self._board.update_digest(at, about, review)
            return True
        if at is None:
            at = self._posted(claimed, about, review)
            if at is None:
                return False
        self._changes.administer(
            ad.DigestPosted(
                at=self._clock.now(),
                by=SYSTEM,
                period=made.period,
                version=made.version,
                channel=at.channel,
                ts=at.ts,
            ),
            f"{claimed.subject}/posted",
        )
        return self._charted(claimed, at, about)

    def _posted(self, claimed: Claimed, about: Dossier, review: Review) -> Posted | None:
        """Make sure that the message stands; ``None``: the claim has passed to somebody else."""
        channel = about.made.channel
        found = self._board.find_digest(channel, about) if claimed.attempted_at else None
        if found is None:
            if not self._bench.attempting(claimed):
                return None
            found = self._board.post_digest(channel, about, review)
        return found if self._bench.made(claimed, f"{found.channel}/{found.ts}") else None

    def _charted(self, claimed: Claimed, at: Posted, about: Dossier) -> bool:
        """Show the chart below the message; without it the message stands all the same and says so."""
        if claimed.attempted_at and self._board.has_chart(at, about):
            return True
        try:
            handed_in = self._board.hand_in_chart(about)
            if not self._bench.attempting(claimed):
                return False
            self._board.show_chart(at, handed_in, about)
        except Declined as error:
            self._complain(f"The chart of {about.made.period} could not be uploaded: {error}")
            self._board.say_without_chart(at, about, str(error))
        return True

    def _review(self, made: ad.DigestMade) -> Review:
        """Return where the review of this very version stands."""
        newest = self._archive.reviews().get(made.period)
        return (newest.of(made.version) if newest else None) or Review(made)

    # --- what became of it -------------------------------------------------------------------------

    def _told(self, claimed: Claimed) -> bool:
        delivery, _, _ = claimed.subject.rpartition(SEPARATOR)
        entry = self._archive.administered(delivery)
        if not isinstance(entry, Told) or claimed.reference:
            return True
        made = self._archive.administered(digest_delivery(entry.period, entry.version))
        if not isinstance(made, ad.DigestMade):
            return True
        review = self._review(made)
        at = self._where(review)
        if at is None:
            return True
        found = self._board.find_told(at, claimed.subject, entry) if claimed.attempted_at else None
        if found is None:
            if not self._bench.attempting(claimed):
                return False
            found = self._board.tell(at, claimed.subject, entry, review)
        return self._bench.made(claimed, found.ts)

    def _where(self, review: Review) -> Posted | None:
        """Return where a digest stands; ``None``: nowhere, and it never will."""
        if review.posted:
            return Posted(review.posted.channel, review.posted.ts)
        if review.made.channel:
            raise Unavailable("The digest is not posted yet.", SOON.total_seconds())
        return None


def _place(reference: str) -> Posted | None:
    channel, _, ts = reference.partition("/")
    return Posted(channel, ts) if ts else None
