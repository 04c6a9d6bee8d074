"""What the procedure asks of the outside world, in its own words.

Every method either answers, raises ``Unavailable`` (nothing is known; come back) or ``Declined`` (the
other side said no).  Not knowing is never absence: half a listing raises ``Unavailable``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol

from workflows.vocabulary import ChangeId, Number, PersonId, TicketKey


class Clock(Protocol):
    """The procedure's clock; movable in the sandbox and in tests."""

    def now(self) -> datetime:
        """Return the time, in UTC."""


class Stopwatch(Protocol):
    """Real time, which nobody can move: leases, back-off, the age of a mirror."""

    def now(self) -> datetime:
        """Return the real time, in UTC."""


@dataclass(frozen=True, slots=True)
class Target:
    """What access is to: the provider's name and the parts that locate it, such as organization and team."""

    provider: str
    parts: tuple[tuple[str, str], ...]

    def __getitem__(self, part: str) -> str:
        return dict(self.parts)[part]

    def __str__(self) -> str:
        return f"{self.provider}:{'/'.join(value for _, value in self.parts)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person holds at a target, as the provider said just now."""

    active: bool  #: False: invited, not yet in force
    seen: str  #: what was seen, in the provider's words, for the record


class AccessProvider(Protocol):
    """Gives, shows and takes away one kind of access.  Teams and roles cannot carry a change id."""

    name: ClassVar[str]
    parts: ClassVar[tuple[str, ...]]  #: the parts a target must name, in the order they are printed

    def check(self, target: Target) -> str | None:
        """Say what is wrong with a target in one sentence; ``None`` if nothing is seen to be."""

    def look(self, target: Target, account: str, *, sure: bool = True) -> Standing | None:
        """Return what the account holds; ``None`` means *I looked and it is not there*.

        An account or a target that is not known any more is no absence: raises ``Declined``.  Only before anything
        was given need it not be ``sure``, which may take fewer calls.
        """

    def holders(self, target: Target) -> frozenset[str]:
        """List the accounts that hold it now, in force; half a listing raises ``Unavailable``."""

    def grant(self, target: Target, account: str) -> None:
        """Give access.  Safe to call twice; returns before it is known to be in force."""

    def remove(self, target: Target, account: str) -> None:
        """Take access away, pending invitations included.  Safe to call twice."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A change ticket as the procedure wants it; the adapter escapes and translates."""

    change: ChangeId
    summary: str
    sections: tuple[tuple[str, str], ...]  #: heading and plain text, in order
    fields: tuple[tuple[str, str], ...]  #: policy's names of fields and their plain values
    drill: bool = False  #: also labelled as one, so that searches can leave it out


@dataclass(frozen=True, slots=True)
class TicketView:
    """What the tracker says about a ticket now."""

    key: TicketKey
    status: str
    url: str


@dataclass(frozen=True, slots=True)
class LabelledTicket:
    """A ticket that carries the bot's label, whoever put that there."""

    key: TicketKey
    change: ChangeId


class TicketDesk(Protocol):
    """The organisation's tracker.  It has no idempotency key: the caller looks before it creates again."""

    def find(self, change: ChangeId) -> tuple[TicketKey, ...]:
        """Return all tickets labelled with the change, oldest first.  The search may lag by minutes."""

    def labelled(self, begin: datetime, end: datetime) -> tuple[LabelledTicket, ...]:
        """List the labelled tickets that were created from ``begin`` to ``end`` by the tracker's clock."""

    def open(self, ticket: Ticket) -> TicketKey:
        """Create a ticket: one request, never repeated by the client itself."""

    def look(self, key: TicketKey) -> TicketView | None:
        """Return the ticket as it is now, read from the issue itself and not from the search."""

    def url(self, key: TicketKey) -> str:
        """Return the address a person opens the ticket at; asks nobody."""

    def move(self, key: TicketKey, status: str) -> TicketView:
        """Bring the ticket to ``status`` and read it again; already there is success."""

    def comment(self, key: TicketKey, marker: str, text: str) -> None:
        """Add a comment that carries ``marker``, unless one with that marker is there already."""

    def close_duplicate(self, key: TicketKey, of: TicketKey) -> None:
        """Link ``key`` to the surviving ticket and close it.  Safe to call twice."""


@dataclass(frozen=True, slots=True)
class Errand:
    """The issue of a follow-up as the procedure wants it; the owner's account there is named if it is known."""

    name: str  #: by which it is found again
    summary: str
    sections: tuple[tuple[str, str], ...]
    due: date
    account: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class ErrandView:
    """What the tracker says about a follow-up's issue now."""

    key: TicketKey  #: another one than before, if somebody moved the issue to another project
    status: str
    url: str
    done: bool
    linked: frozenset[TicketKey]  #: the tickets it is linked to as a follow-up
    assigned: bool


class FollowUpDesk(Protocol):
    """Where follow-ups are kept.  As with tickets, the caller looks before it creates again."""

    def find(self, name: str) -> tuple[TicketKey, ...]:
        """Return all issues of this name, oldest first.  The search may lag by minutes."""

    def open(self, errand: Errand) -> TicketKey:
        """Create an issue: one request, never repeated; an owner it cannot be assigned to does not stop it."""

    def look(self, key: TicketKey) -> ErrandView | None:
        """Return the issue as it is now; ``None``: it is gone."""

    def url(self, key: TicketKey) -> str:
        """Return the address a person opens the issue at; asks nobody."""

    def link(self, key: TicketKey, to: TicketKey) -> None:
        """Link the issue to a change's ticket.  Safe to call twice."""

    def close_duplicate(self, key: TicketKey, of: TicketKey) -> None:
        """Link ``key`` to the issue that survives, and finish it.  Safe to call twice."""


class ReviewTracker(Protocol):
    """Where the review of each period has an issue.  As with tickets, the caller looks before it creates again."""

    def find(self, name: str) -> tuple[TicketKey, ...]:
        """Return all issues of this name, oldest first.  The search may lag by minutes."""

    def open(self, errand: Errand) -> TicketKey:
        """Create an issue: one request, never repeated."""

    def look(self, key: TicketKey) -> ErrandView | None:
        """Return the issue as it is now; ``None``: it is gone."""

    def url(self, key: TicketKey) -> str:
        """Return the address a person opens the issue at; asks nobody."""

    def comment(self, key: TicketKey, marker: str, text: str) -> None:
        """Add a comment that carries ``marker``, unless one with that marker is there already."""

    def finish(self, key: TicketKey) -> ErrandView:
        """Close the issue and read it again; done already is success."""

    def close_duplicate(self, key: TicketKey, of: TicketKey) -> None:
        """Link ``key`` to the issue that survives, and finish it.  Safe to call twice."""


@dataclass(frozen=True, slots=True)
class Authorship:
    """The accounts that wrote a commit or a pull request, by their logins."""

    accounts: frozenset[str]  #: logins of authors, committers and co-authors that could be resolved
    unresolved: int  #: authors the provider could not attribute to an account
    numbers: Mapping[str, str] = field(default_factory=dict)  #: by login: what stays when a login changes


class CommitHistory(Protocol):
    """Where the commits named in a completion report live."""

    def authors(self, reference: str) -> Authorship | None:
        """Return who wrote the commit or pull request at this address; ``None``: it is not there."""

    def deployers(self, reference: str) -> Authorship | None:
        """Return who started the deployment at this address; ``None``: it is no deployment's, or not there."""


class TeamDirectory(Protocol):
    """Where the members of a group are listed at a vendor."""

    def members(self, team: str) -> frozenset[str]:
        """Return the accounts in the team; half a listing raises ``Unavailable``."""


class Snapshot(Protocol):
    """The evidence repository's branch as one commit left it."""

    @property
    def commit(self) -> str: ...

    def read(self, path: str) -> bytes | None:
        """Return a file; ``None`` means *I looked and it is not there*."""

    def listing(self, folder: str) -> Mapping[str, str]:
        """Return the paths of all files below a folder, each with the name of its content."""


#: Says what to write over a snapshot (``None``: over nothing): path → content, or ``None`` to take it away.
Compose = Callable[[Snapshot | None], Mapping[str, bytes | None]]


class EvidenceRepository(Protocol):
    """A repository whose one branch only grows; several replicas write to it at once."""

    @property
    def where(self) -> str:
        """Name the branch, as the ledger does when something is anchored there."""

    def latest(self) -> Snapshot | None:
        """Return the branch as it is now; ``None``: it is not there."""

    def write(self, compose: Compose, message: str) -> str:
        """Write some files in one commit, on what the branch is at that moment; return that commit.

        ``compose`` is asked again whenever somebody else was quicker; whatever it raises ends the writing.  If
        all is there already, nothing is written and the answer is the commit the branch is at.
        """

    def propose(self, branch: str, files: Mapping[str, bytes], message: str) -> str:
        """Write some files on a branch of their own, which begins where the branch is; return its last commit."""

    def holds(self, commit: str) -> bool:
        """Say whether the branch still has this commit in its history."""

    def restore(self, commit: str) -> bool:
        """Begin the branch again at a commit it once had; ``False``: it has begun again, or the commit is gone."""

    def content_name(self, content: bytes) -> str:
        """Name some content the way listings do; asks nobody."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a vendor.  Logins can be changed and taken over by others; the number stays."""

    login: str
    number: str = ""  #: empty: not known
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one commitment of a change's entries: with the value it gives the digest again."""

    number: Number  #: of the entry
    kind: str
    field: str
    commitment: str
    salt: str  #: empty: the value was erased


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pull request asks and shows, in the procedure's words; the adapter escapes and translates."""

    change: ChangeId
    title: str
    asks: tuple[str, ...]  #: what to do, one paragraph each
    sections: tuple[tuple[str, str], ...]  #: heading and plain text, in order
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class PullView:
    """A pull request as it is now."""

    number: int
    url: str
    head: str  #: the commit it is at
    is_open: bool
    description: str  #: digest of the text that stands there


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review as it is now; reviews that were not submitted yet are not shown."""

    id: int
    url: str
    commit: str
    state: Literal["approved", "changes_requested", "commented", "dismissed"]
    body: str
    account: Account
    at: datetime
    edited: bool


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment in a pull request's conversation."""

    url: str
    body: str
    account: Account
    at: datetime


class ReviewDesk(Protocol):
    """Where pull requests of the evidence repository are opened and reviewed."""

    def find(self, branch: str) -> PullView | None:
        """Return the newest open pull request of a branch."""

    def open(self, branch: str, proposal: Proposal) -> PullView:
        """Open one: one request, never repeated by the client itself."""

    def look(self, number: int) -> PullView:
        """Return it as it is now."""

    def describe(self, number: int, proposal: Proposal) -> PullView:
        """Write its description anew."""

    def digest(self, proposal: Proposal) -> str:
        """Return the digest of the description this proposal makes; asks nobody."""

    def set_open(self, number: int, *, is_open: bool) -> PullView | None:
        """Open it again or close it; ``None``: it can never be opened again.  Safe to call twice."""

    def reviews(self, number: int) -> tuple[ReviewView, ...]:
        """Return all submitted reviews, oldest first; half a listing raises ``Unavailable``."""

    def comments(self, number: int) -> tuple[CommentView, ...]:
        """Return the conversation, oldest first."""

    def comment(self, number: int, marker: str, login: str, text: str) -> None:
        """Tell an account something in the conversation, unless a comment with that marker is there already."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands."""

    channel: str
    ts: str


class LiveGroups(Protocol):
    """The source of a group's membership, asked directly and not through the mirror."""

    def holds(self, group: str, person: PersonId) -> bool:
        """Say whether the person is in the group now, under the policy in force."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a witness has seen of the ledger instead of what it was told."""

    size: int | None  #: its newest checkpoint; ``None``: what we show does not continue it


class Witness(Protocol):
    """Somebody who signs that each checkpoint continues the one before."""

    key: str  #: the verifier key its cosignatures are checked with

    def show(self, note: str, old: int, proof: Sequence[bytes]) -> str | Seen:
        """Show a checkpoint with the proof that it continues the one of ``old`` entries."""


class TimestampAuthority(Protocol):
    """Somebody who signs when bytes were there."""

    name: str

    def stamp(self, data: bytes) -> bytes:
        """Have bytes stamped and return the whole answer, verified."""
