"""What the page shows of the world besides Slack: tickets, teams, the ledger, the clock, and what can be broken."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.cast import PLAYABLE
from sandbox.evidence import EvidenceView, Meddling
from sandbox.jira import Issue
from sandbox.page.world import (
    Entry,
    Evidence,
    Member,
    Person,
    ReviewVerdict,
    Service,
    Team,
    Ticket,
    Trouble,
    Verdict,
)
from sandbox.pulls import PullsView
from sandbox.slack.model import NotThere
from sandbox.slack.workspace import Workspace
from sandbox.stand_in import StandIn
from sandbox.world import World
from storage.ledger import Written
from workflows.errors import LedgerCorrupt, ProcedureError
from workflows.vocabulary import PersonId

FIELD_NAMES = {
    "assignee": "Assignee",
    "duedate": "Due",
    "customfield_10050": "Change type",
    "customfield_10051": "Impact",
    "labels": "Labels",
}
FOR_EVER = 1_000_000_000
SLOW = 2.0  #: seconds
WATCH = 0.25  #: seconds between two looks at the ledger's size
PURPOSES = {
    "acme/payments-break-glass": "May merge to payments without review",
    "acme/ledger-break-glass": "May administer the customer ledger",
    "acme/sre": "May request emergency access",
}


class Stage:
    """The world as ``sandbox.page`` wants it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults: dict[Service, Trouble] = {"slack": "none", "jira": "none", "github": "none"}
        self._pulls = PullsView(world.github.forge, world.github.reviewing)
        self._evidence = EvidenceView(world.github.forge, self._pulls)
        self._callbacks: list[Callable[[int], None]] = []
        self._ends = threading.Event()
        world.jira.tracker.subscribe(self._tell)
        world.github.forge.subscribe(self._tell)

    def watch(self) -> None:
        """Tell the page about entries, which other processes may write too."""
        threading.Thread(target=self._watch, name="stage", daemon=True).start()

    def end(self) -> None:
        """Stop watching."""
        self._ends.set()

    def _watch(self) -> None:
        last = -1
        while not self._ends.wait(WATCH):
            try:
                size = self._world.bot.memory.root()[0]
            except ProcedureError:
                continue
            if size != last:
                last = size
                self._tell()

    def _tell(self) -> None:
        for callback in tuple(self._callbacks):
            callback(0)

    # --- what the page asks ------------------------------------------------------------------------

    @property
    def slack(self) -> Workspace:
        return self._world.slack

    @property
    def version(self) -> int:
        world = self._world
        return world.jira.tracker.version + world.github.forge.version + world.bot.memory.root()[0]

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call ``callback`` after a change."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def people(self) -> list[Person]:
        """Return those whose part can be played."""
        return [
            Person(slack_id=p.user.id, name=p.user.real_name, role=p.role, github=p.github) for p in PLAYABLE
        ]

    def tickets(self) -> list[Ticket]:
        """Return the tickets, newest first."""
        with self._world.jira.tracker.lock:
            return [self._ticket(issue) for issue in reversed(self._world.jira.tracker.tickets())]

    def _ticket(self, issue: Issue) -> Ticket:
        fields = {
            name: self._plain(issue.fields[id]) for id, name in FIELD_NAMES.items() if issue.fields.get(id)
        }
        return Ticket(
            key=issue.key,
            status=issue.status,
            summary=issue.summary,
            description=str(issue.fields.get("description") or ""),
            fields=fields,
            comments=[{"author": c.author, "at": c.at.isoformat(), "text": c.body} for c in issue.comments],
            url=f"{self._world.served.url}/jira/browse/{issue.key}",
            moves=[status for status in issue.project.statuses() if status != issue.status],
        )

    def _plain(self, value: object) -> str:
        if not isinstance(value, dict):
            return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        account = self._world.jira.tracker.accounts.get(str(value.get("accountId")))
        return account.name if account else str(value.get("value") or value.get("name") or value)

    def set_ticket(self, key: str, status: str | None) -> None:
        """Move an issue by hand, or delete it; follow-ups are looked at again as the clock moves on."""
        tracker = self._world.jira.tracker
        issue = tracker.issues.get(key)
        if issue is None or (status is not None and status not in issue.project.statuses()):
            raise NotThere(f"There is no {key} that could be moved to {status}.")
        if status is None:
            tracker.delete(key)
        else:
            tracker.transition(key, status, "somebody")

    def teams(self) -> list[Team]:
        """Return the teams."""
        shown = []
        for team in self._world.github.forge.teams():
            name = f"{team.organisation}/{team.slug}"
            members = [Member(login=login, state="member") for login in team.members]
            members += [Member(login=login, state="pending") for login in team.pending]
            shown.append(Team(name=name, purpose=PURPOSES.get(name, ""), members=members))
        return shown

    def set_member(self, team: str, login: str, present: bool) -> None:  # noqa: FBT001  # one flag, named in the word
        """Put somebody in a team or take them out, behind the bot's back."""
        organisation, _, slug = team.partition("/")
        forge = self._world.github.forge
        if not any((t.organisation, t.slug) == (organisation, slug) for t in forge.teams()):
            raise NotThere(f"There is no team {team}.")
        (forge.add_member if present else forge.remove_member)(organisation, slug, login)

    def evidence(self) -> Evidence:
        """Return what is in the evidence repository."""
        return self._evidence.whole()

    def evidence_file(self, path: str) -> str | None:
        """Return the text of a file there."""
        return self._evidence.file(path)

    def meddle(self, how: Meddling) -> None:
        """Alter the repository behind the bot's back, and let the bot look at once instead of soon."""
        self._evidence.meddle(how)
        self._keep()

    def review(self, person: str, number: int, verdict: ReviewVerdict, body: str) -> None:
        """Review a pull request; the bot hears of it by webhook, as it would from GitHub."""
        self._pulls.review(person, number, verdict, body)

    def comment(self, person: str, number: int, body: str) -> None:
        """Write in a conversation."""
        self._pulls.comment(person, number, body)

    def dismiss(self, person: str, number: int, review: int) -> None:
        """Dismiss a review."""
        self._pulls.dismiss(person, number, review)

    def edit_review(self, person: str, number: int, review: int, body: str) -> None:
        """Edit a review afterwards."""
        self._pulls.edit(person, number, review, body)

    def _keep(self) -> None:
        self._world.bot.watch.sign()
        self._world.bot.watch.keep_evidence()

    def ledger(self, limit: int) -> list[Entry]:
        """Return the latest entries, newest first."""
        memory = self._world.bot.memory
        size, _ = memory.root()
        return [self._entry(one) for one in reversed(memory.entries(after=max(0, size - limit), limit=limit))]

    def _entry(self, one: Written) -> Entry:
        memory = self._world.bot.memory
        data, hashed = memory.leaf(one.sequence) or (b"", b"")
        by = str(one.leaf["by"])
        return Entry(
            sequence=one.sequence,
            recorded_at=one.leaf["recorded_at"],
            kind=str(one.leaf["kind"]).partition("/")[0],
            change=one.leaf["change"],
            actor=memory.person(PersonId(by)).name or by,
            ruling=one.leaf["ruling"].get("answer"),
            leaf=data.decode(),
            leaf_hash=hashed.hex(),
        )

    def verify(self) -> Verdict:
        """Sign the head, then recompute the whole ledger."""
        memory = self._world.bot.memory
        try:
            note = memory.checkpoint().note
            found = memory.verify()
        except LedgerCorrupt as error:
            size, root = memory.root()
            return Verdict(ok=False, sentence=str(error), size=size, root=root)
        sentence = f"All {found.size} entries hold, under {found.checkpoints} checkpoints: {found.level}."
        return Verdict(ok=True, sentence=sentence, size=found.size, root=found.root, checkpoint=note)

    def now(self) -> datetime:
        """Tell the time by the procedure's clock."""
        return self._world.now()

    def advance(self, by: timedelta) -> None:
        """Move the clock; what falls due on the way happens at its own moment."""
        self._world.advance(by)
        self._keep()

    def faults(self) -> dict[Service, Trouble]:
        """Return what is wrong with each service."""
        return dict(self._faults)

    def fault(self, service: Service, kind: Trouble) -> None:
        """Break a service, slow it down, or mend it."""
        stand_ins: dict[Service, StandIn] = {
            "slack": self._world.slack.app,
            "jira": self._world.jira,
            "github": self._world.github,
        }
        stand_in = stand_ins[service]
        stand_in.heal()
        stand_in.latency = SLOW if kind == "slow" else 0.0
        if kind == "down":
            stand_in.fail("*", ".*", status=503, times=FOR_EVER)
        self._faults[service] = kind
        self._tell()
