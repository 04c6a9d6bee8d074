"""The ports, answered from memory: for stories in which no protocol matters.

They keep the same promises as the adapters; ``tests/contracts`` holds both to them.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sandbox.github.git import named
from workflows.clock import RealTime
from workflows.errors import Declined, Unavailable
from workflows.ports import (
    Authorship,
    Compose,
    Errand,
    ErrandView,
    LabelledTicket,
    Standing,
    Target,
    Ticket,
    TicketView,
)
from workflows.vocabulary import ChangeId, TicketKey

Holding = tuple[Target, str]


class FakeAccess:
    """Memberships in memory.  Without ``targets`` every target exists; ``outsiders`` are only invited.

    ``down`` and ``declines`` may be set at any time; ``calls`` remembers each grant and removal that arrived.
    """

    name: ClassVar[str] = "github-team"
    parts: ClassVar[tuple[str, ...]] = ("organization", "team")

    def __init__(self, targets: Iterable[Target] | None = None, outsiders: Iterable[str] = ()) -> None:
        self.targets = None if targets is None else frozenset(targets)
        self.outsiders = set(outsiders)
        self.forgotten: set[str] = set()  #: accounts it does not know any more
        self.held: dict[Holding, bool] = {}
        self.calls: list[tuple[str, Target, str]] = []
        self.down = False
        self.declines = ""

    def check(self, target: Target) -> str | None:
        """Say what is wrong with a target."""
        return None if self.targets is None or target in self.targets else f"There is no {target}."

    def look(self, target: Target, account: str, *, sure: bool = True) -> Standing | None:
        self._answer(target)
        active = self.held.get((target, account))
        if active is None and sure and account in self.forgotten:
            raise Declined(f"The provider does not know “{account}” any more; link the account it is now.")
        return None if active is None else Standing(active, "member, active" if active else "member, pending")

    def holders(self, target: Target) -> frozenset[str]:
        self._answer(target)
        return frozenset(who for (where, who), active in self.held.items() if where == target and active)

    def grant(self, target: Target, account: str) -> None:
        self._answer(target)
        self._obey()
        self.calls.append(("grant", target, account))
        self.held.setdefault((target, account), account not in self.outsiders)

    def remove(self, target: Target, account: str) -> None:
        self._answer(target)
        self._obey()
        self.calls.append(("remove", target, account))
        self.held.pop((target, account), None)

    def _answer(self, target: Target) -> None:
        if self.down:
            raise Unavailable("The provider did not answer.")
        if self.targets is not None and target not in self.targets:
            raise Declined(f"The provider does not know {target}; correct the access profile.")

    def _obey(self) -> None:
        if self.declines:
            raise Declined(self.declines)


@dataclass(slots=True)
class FakeTicket:
    """A ticket in memory."""

    ticket: Ticket
    status: str
    indexed: bool
    created: datetime
    comments: list[tuple[str, str]] = field(default_factory=list)
    duplicate_of: TicketKey | None = None


class FakeTickets:
    """A tracker in memory.  While ``lags`` is set, new tickets stay unknown to ``find`` until ``index``."""

    def __init__(
        self,
        path: tuple[str, ...] = ("Open", "Implementing", "Review", "Closed", "Declined"),
        project: str = "CHG",
        duplicate_status: str = "Declined",
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._now = now or RealTime().now
        self.tickets: dict[TicketKey, FakeTicket] = {}
        self.down = False
        self.lags = False
        self._path = path
        self._project = project
        self._duplicate_status = duplicate_status
        self._last = 0

    def find(self, change: ChangeId) -> tuple[TicketKey, ...]:
        self._answer()
        return tuple(
            key for key, kept in self.tickets.items() if kept.indexed and kept.ticket.change == change
        )

    def open(self, ticket: Ticket) -> TicketKey:
        self._answer()
        self._last += 1
        key = TicketKey(f"{self._project}-{self._last}")
        self.tickets[key] = FakeTicket(ticket, self._path[0], indexed=not self.lags, created=self._now())
        return key

    def labelled(self, begin: datetime, end: datetime) -> tuple[LabelledTicket, ...]:
        self._answer()
        return tuple(
            LabelledTicket(key, kept.ticket.change)
            for key, kept in self.tickets.items()
            if kept.indexed and begin <= kept.created < end
        )

    def look(self, key: TicketKey) -> TicketView | None:
        self._answer()
        kept = self.tickets.get(key)
        return TicketView(key, kept.status, f"https://tickets.example/browse/{key}") if kept else None

    def move(self, key: TicketKey, status: str) -> TicketView:
        kept = self._kept(key)
        known = {name.casefold(): name for name in self._path}
        if status.casefold() not in known:
            raise Declined(f"The workflow does not lead {key} to “{status}”; correct the policy's statuses.")
        kept.status = known[status.casefold()]
        return TicketView(key, kept.status, f"https://tickets.example/browse/{key}")

    def comment(self, key: TicketKey, marker: str, text: str) -> None:
        comments = self._kept(key).comments
        if marker not in (known for known, _ in comments):
            comments.append((marker, text))

    def close_duplicate(self, key: TicketKey, of: TicketKey) -> None:
        self._answer()
        if key in self.tickets:
            self.tickets[key].duplicate_of = of
            self.tickets[key].status = self._duplicate_status

    def index(self) -> None:
        """Let the search catch up."""
        for kept in self.tickets.values():
            kept.indexed = True

    def _kept(self, key: TicketKey) -> FakeTicket:
        self._answer()
        if key not in self.tickets:
            raise Declined(f"The ticket {key} is gone; somebody deleted it.")
        return self.tickets[key]

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The tracker did not answer.")


@dataclass(slots=True)
class FakeErrand:
    """A follow-up's issue in memory."""

    errand: Errand
    indexed: bool
    status: str = "Open"
    linked: set[TicketKey] = field(default_factory=set)
    duplicate_of: TicketKey | None = None


class FakeFollowUps:
    """Follow-ups in memory; nobody but ``assignable`` can be given one.  ``lags`` as with tickets."""

    def __init__(self, assignable: Iterable[str] = (), project: str = "CHG", first: int = 500) -> None:
        self.issues: dict[TicketKey, FakeErrand] = {}
        self.assignable = set(assignable)
        self.down = False
        self.lags = False
        self._project = project
        self._last = first

    def find(self, name: str) -> tuple[TicketKey, ...]:
        self._answer()
        return tuple(key for key, kept in self.issues.items() if kept.indexed and kept.errand.name == name)

    def open(self, errand: Errand) -> TicketKey:
        self._answer()
        self._last += 1
        key = TicketKey(f"{self._project}-{self._last}")
        self.issues[key] = FakeErrand(errand, indexed=not self.lags)
        return key

    def look(self, key: TicketKey) -> ErrandView | None:
        self._answer()
        kept = self.issues.get(key)
        if kept is None:
            return None
        assigned = bool({kept.errand.account, kept.errand.email} & self.assignable)
        done = kept.status in ("Closed", "Declined")
        return ErrandView(key, kept.status, self.url(key), done, frozenset(kept.linked), assigned)

    def url(self, key: TicketKey) -> str:
        return f"https://tickets.example/browse/{key}"

    def link(self, key: TicketKey, to: TicketKey) -> None:
        self._kept(key).linked.add(to)

    def close_duplicate(self, key: TicketKey, of: TicketKey) -> None:
        self._answer()
        if key in self.issues:
            self.issues[key].duplicate_of = of
            self.issues[key].status = "Declined"

    def index(self) -> None:
        """Let the search catch up."""
        for kept in self.issues.values():
            kept.indexed = True

    def _kept(self, key: TicketKey) -> FakeErrand:
        self._answer()
        if key not in self.issues:
            raise Declined(f"The issue {key} is gone; somebody deleted it.")
        return self.issues[key]

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The tracker did not answer.")


class FakeReviews(FakeFollowUps):
    """Issues of reviews in memory, with what was written on them."""

    def __init__(self, project: str = "CHG", first: int = 900) -> None:
        super().__init__((), project, first)
        self.comments: dict[TicketKey, dict[str, str]] = {}

    def comment(self, key: TicketKey, marker: str, text: str) -> None:
        self._kept(key)
        self.comments.setdefault(key, {}).setdefault(marker, text)

    def finish(self, key: TicketKey) -> ErrandView:
        kept, view = self._kept(key), self.look(key)
        kept.status = kept.status if view and view.done else "Closed"
        return ErrandView(key, kept.status, self.url(key), done=True, linked=frozenset(), assigned=False)


class FakeTeams:
    """Groups in memory: the accounts of each team, by its name at the vendor."""

    def __init__(self, teams: Mapping[str, Iterable[str]]) -> None:
        self.teams = {name: set(accounts) for name, accounts in teams.items()}
        self.down = False

    def members(self, team: str) -> frozenset[str]:
        if self.down:
            raise Unavailable("The directory did not answer.")
        if team not in self.teams:
            raise Declined(f"There is no team {team}; correct the policy's groups.")
        return frozenset(self.teams[team])


class FakeCommits:
    """Commits in memory: who wrote what is at each address."""

    def __init__(self, written: Mapping[str, Authorship] | None = None) -> None:
        self.written = dict(written or {})
        self.deployed: dict[str, Authorship] = {}
        self.down = False

    def authors(self, reference: str) -> Authorship | None:
        if self.down:
            raise Unavailable("The commit history did not answer.")
        return self.written.get(reference)

    def deployers(self, reference: str) -> Authorship | None:
        if self.down:
            raise Unavailable("The commit history did not answer.")
        return self.deployed.get(reference)


@dataclass(frozen=True, slots=True)
class FakeSnapshot:
    """The fake repository at one commit."""

    commit: str
    files: Mapping[str, bytes]

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def listing(self, folder: str) -> Mapping[str, str]:
        under = f"{folder}/" if folder else ""
        return {path: named("blob", data) for path, data in self.files.items() if path.startswith(under)}


class FakeEvidence:
    """An evidence repository in memory: commits by name, each with its parent, and branches."""

    def __init__(self, branch: str = "main") -> None:
        self.branch = branch
        self.commits: dict[str, tuple[str | None, dict[str, bytes], str]] = {}
        self.heads: dict[str, str] = {}
        self.down = False
        self.declines = ""
        self._lock = threading.RLock()

    @property
    def where(self) -> str:
        return f"fake/evidence#{self.branch}"

    def latest(self) -> FakeSnapshot | None:
        self._answer()
        head = self.heads.get(self.branch)
        return FakeSnapshot(head, self.commits[head][1]) if head else None

    def write(self, compose: Compose, message: str) -> str:
        return self._write(self.branch, None, compose, message)

    def propose(self, branch: str, files: Mapping[str, bytes], message: str) -> str:
        self._answer()
        return self._write(branch, self.heads.get(self.branch), lambda _: files, message)

    def holds(self, commit: str) -> bool:
        self._answer()
        head = self.heads.get(self.branch)
        while head and head != commit:
            head = self.commits[head][0]
        return head is not None

    def restore(self, commit: str) -> bool:
        self._answer()
        if self.branch in self.heads or commit not in self.commits:
            return False
        self.heads[self.branch] = commit
        return True

    def content_name(self, content: bytes) -> str:
        return named("blob", content)

    def _write(self, branch: str, start: str | None, compose: Compose, message: str) -> str:
        while True:
            self._answer()
            if self.declines:
                raise Declined(self.declines)
            head = self.heads.get(branch)
            there = self.commits[head][1] if head else {}
            changes = compose(FakeSnapshot(head, there) if head else None)
            with self._lock:
                if self.heads.get(branch) != head:
                    continue
                if head is None and start:
                    there = self.commits[start][1]
                files = {path: data for path, data in {**there, **changes}.items() if data is not None}
                if head and files == there:
                    return head
                return self.push(branch, files, message, head or start)

    def push(self, branch: str, files: dict[str, bytes], message: str, parent: str | None) -> str:
        """Set a branch to a new commit, whatever it was before."""
        self.heads[branch] = named("commit", f"{len(self.commits)} {parent} {message}".encode())
        self.commits[self.heads[branch]] = (parent, files, message)
        return self.heads[branch]

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The evidence repository did not answer.")
