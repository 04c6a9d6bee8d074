"""What the page needs from the world it shows; the sandbox's world and the tests' demo world both provide it.

All methods may block and may be called from several threads.  Times are ISO 8601 with an offset.  What is asked
for and is not there (a team, a service) raises ``sandbox.slack.model.NotThere`` with a sentence.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, NotRequired, Protocol, TypedDict

from sandbox.slack.workspace import Workspace

Service = Literal["slack", "jira", "github"]
ReviewVerdict = Literal["approve", "request changes", "comment"]
Trouble = Literal["none", "slow", "down"]


class Person(TypedDict):
    """Somebody whose part can be played; ``role`` is a hint such as "On-call engineer"."""

    slack_id: str
    name: str
    role: str
    github: str


class Comment(TypedDict):
    """A comment on a ticket."""

    author: str
    at: str
    text: str


class Ticket(TypedDict):
    """A ticket as the tracker has it; ``fields`` by the name people see, in the order to show."""

    key: str
    status: str
    summary: str
    description: str
    fields: dict[str, str]
    comments: list[Comment]
    url: NotRequired[str]  #: links to it in messages then open the ticket beside the conversation
    moves: NotRequired[list[str]]  #: the statuses somebody could move it to by hand


class Member(TypedDict):
    """Somebody in a team, or invited and not there yet."""

    login: str
    state: Literal["member", "pending"]


class Team(TypedDict):
    """A team whose members hold access; ``name`` is "organisation/team"."""

    name: str
    purpose: NotRequired[str]
    members: list[Member]


class EvidenceFile(TypedDict):
    """A file of the evidence repository; ``size`` in bytes."""

    path: str
    size: int


class EvidenceCommit(TypedDict):
    """A commit there; ``ours``: by an account that is known, not under a made-up name."""

    sha: str
    message: str
    author: str
    ours: bool
    at: str


class EvidenceReview(TypedDict):
    """A review as github.com shows it; ``stale``: of a commit that is no longer the head."""

    id: int
    author: str
    state: str
    body: str
    at: str
    stale: bool
    edited: bool


class EvidencePull(TypedDict):
    """A pull request; ``description`` is Markdown."""

    number: int
    title: str
    url: str  #: links to it in messages then open it beside the conversation
    open: bool
    head: str
    description: str
    reviews: list[EvidenceReview]
    comments: list[Comment]


class Evidence(TypedDict):
    """The evidence repository's branch, newest commit first; ``head`` is empty where there is no branch.

    Pull requests stand there only if approvals are reviews.
    """

    name: str
    branch: str
    head: str
    files: list[EvidenceFile]
    commits: list[EvidenceCommit]
    pulls: list[EvidencePull]


class Entry(TypedDict):
    """A line of the ledger: ``leaf`` is the exact text that was hashed, ``leaf_hash`` RFC 6962's, in hex."""

    sequence: int
    recorded_at: str
    kind: str
    change: str | None
    actor: str | None
    ruling: str | None  #: "accepted", "refused", or None where nothing was decided
    leaf: str
    leaf_hash: str


class Verdict(TypedDict):
    """What verifying the ledger found; ``root`` in hex, ``checkpoint`` the signed note if there is one."""

    ok: bool
    sentence: str
    size: int
    root: str
    checkpoint: NotRequired[str]


class World(Protocol):
    """Everything beside and behind the conversation."""

    @property
    def slack(self) -> Workspace:
        """The workspace; its changes reach the page by themselves and need not be told here again."""

    @property
    def version(self) -> int:
        """Grow with everything that changes outside Slack."""

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call ``callback(version)`` after such a change, from any thread; returns the way out."""

    def people(self) -> list[Person]:
        """Return those whose part can be played, the first to be played first."""

    def tickets(self) -> list[Ticket]:
        """Return the tickets, newest first."""

    def teams(self) -> list[Team]:
        """Return the teams, in the order to show."""

    def set_member(self, team: str, login: str, present: bool) -> None:  # noqa: FBT001 - one flag, named in the word
        """Put somebody in a team or take them out, behind the bot's back."""

    def set_ticket(self, key: str, status: str | None) -> None:
        """Move a ticket or a follow-up's issue by hand, or delete it (``None``), behind the bot's back."""

    def evidence(self) -> Evidence:
        """Return what is in the evidence repository, without contents."""

    def evidence_file(self, path: str) -> str | None:
        """Return the text of a file there; ``None`` where it is no text."""

    def meddle(self, how: Literal["edit", "rewrite", "delete"]) -> None:
        """Misuse power over the evidence repository, behind the bot's back."""

    def review(self, person: str, number: int, verdict: ReviewVerdict, body: str) -> None:
        """Review a pull request there as somebody; what GitHub refuses raises ``NotThere`` with its sentence."""

    def comment(self, person: str, number: int, body: str) -> None:
        """Write in a pull request's conversation as somebody."""

    def dismiss(self, person: str, number: int, review: int) -> None:
        """Dismiss a review as somebody."""

    def edit_review(self, person: str, number: int, review: int, body: str) -> None:
        """Edit a review's words afterwards as somebody."""

    def ledger(self, limit: int) -> list[Entry]:
        """Return the latest entries, newest first."""

    def verify(self) -> Verdict:
        """Verify the whole ledger."""

    def now(self) -> datetime:
        """Tell the time by the procedure's clock."""

    def advance(self, by: timedelta) -> None:
        """Move the procedure's clock forward; returns when what fell due has been raised."""

    def faults(self) -> dict[Service, Trouble]:
        """Return what is wrong with each service that can be broken."""

    def fault(self, service: Service, kind: Trouble) -> None:
        """Break a service, slow it down, or with ``none`` mend it."""
