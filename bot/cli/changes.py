"""``changes``: which there are, and everything about one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import given
from bot.cli.output import AsJson, PlainVoice, as_json, moment, say, table
from workflows.vocabulary import ChangeId, State

if TYPE_CHECKING:
    from bot.wiring import OpenMemory
    from workflows.duties import Owed
    from workflows.policy import Policy
    from workflows.record import ChangeRecord

app = typer.Typer(
    name="changes",
    help="List emergency changes, show one.",
    epilog="Example: emergency-change changes show EC-2026-0042",
    no_args_is_help=True,
)
States = Annotated[
    list[State] | None, typer.Option("--state", help="Only these; may be given more than once.")
]
PAGE = 500


@app.command("list", epilog="Example: emergency-change changes list --state active --state in_review")
def list_(
    *,
    state: States = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    json: AsJson = False,
) -> None:
    """List changes, newest first."""
    with given.memory() as memory:
        voice = PlainVoice(memory.person)
        rows = [
            {
                "change": row.id,
                "state": row.state.value,
                "requester": voice.who(row.requester),
                "person": row.requester,
                "access": row.access,
                "system": row.system,
                "target": row.target,
                "opened_at": row.opened_at,
                "access_until": row.access_until,
                "drill": row.drill,
            }
            for row in memory.changes(states=state or (), limit=limit)
        ]
    if json:
        as_json(rows)
        return
    shown = ("change", "state", "requester", "access", "opened_at", "access_until")
    headings = ("Change", "State", "Requester", "Access", "Opened", "Access until")
    table(headings, ([_cell(row[name]) for name in shown] for row in rows), "There are no such changes.")


def _cell(value: Any) -> str:
    return moment(value) if isinstance(value, datetime) or value is None else str(value)


@app.command(epilog="Example: emergency-change changes show EC-2026-0042")
def show(
    change: Annotated[str, typer.Argument(metavar="EC-…", help="The change.")], *, json: AsJson = False
) -> None:
    """Show one change: what was asked, everything that happened, what is owed, what failed."""
    with given.memory() as memory:
        account = Account.of(memory, ChangeId(change.upper()))
    if json:
        as_json(account.data())
    else:
        account.print()


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline."""

    number: int
    at: datetime
    by: str
    kind: str
    sentence: str
    refused: str


@dataclass(frozen=True, slots=True)
class Account:
    """One change, as it is printed."""

    head: dict[str, Any]
    timeline: tuple[Event, ...]
    owed: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, memory: "OpenMemory", change: ChangeId) -> "Account":
        """Read everything about a change; raises ``UnknownChange``."""
        from workflows.timetable import owed

        record, policy = memory.record(change)
        voice = PlainVoice(memory.person)
        now = memory.clock.now()
        return cls(
            head=_head(record, policy, voice),
            timeline=tuple(_timeline(memory, record, policy, voice)),
            owed=tuple(_duty(duty, voice, now) for duty in owed(record, policy, memory.calendar(policy))),
            findings=tuple(
                {"exception": f.exception.value, "at": f.at, "because": f.because} for f in record.findings
            ),
        )

    def data(self) -> dict[str, Any]:
        """Return it for a program."""
        fields = Event.__dataclass_fields__
        lines = [{name: getattr(event, name) for name in fields} for event in self.timeline]
        return {**self.head, "timeline": lines, "owed": list(self.owed), "findings": list(self.findings)}

    def print(self) -> None:
        """Print it for a person."""
        say(f"{self.head['change']}: {self.head['name']}, {self.head['state'].replace('_', ' ')}")
        for label, name in HEAD:
            if value := self.head[name]:
                say(f"  {label}: {_cell(value)}")
        say("")
        table(
            ("#", "When", "Who", "What happened"),
            (
                [str(e.number), f"{e.at:%Y-%m-%d %H:%M:%S}", e.by, e.refused or e.sentence]
                for e in self.timeline
            ),
            "Nothing happened.",
        )
        for duty in self.owed:
            late = " (overdue)" if duty["overdue"] else ""
            say(f"Owed: {duty['duty']} by {duty['by']} until {moment(duty['due'])}{late}")
        for finding in self.findings:
            say(f"Exception {finding['exception']}: {finding['because']}")


HEAD = (
    ("Requester", "requester"),
    ("Duties with", "owner"),
    ("System", "system"),
    ("Target", "target"),
    ("Why it qualifies", "criterion"),
    ("What", "what"),
    ("Risk", "risk"),
    ("Access until", "access_until"),
    ("Ticket", "ticket"),
    ("Policy", "policy"),
)


def _head(record: "ChangeRecord", policy: "Policy", voice: PlainVoice) -> dict[str, Any]:
    request = record.request
    return {
        "change": record.id,
        "state": record.state.value,
        "name": record.profile(policy).name,
        "requester": voice.who(request.by),
        "owner": voice.who(record.owner) if record.owner != request.by else "",
        "system": policy.systems[request.system].name,
        "access": request.access,
        "target": str(record.target(policy)),
        "criterion": request.criterion,
        "what": request.what,
        "justification": request.justification,
        "risk": request.risk,
        "access_until": record.access_until if record.state is State.ACTIVE else None,
        "access_unproven": record.access_unproven,
        "ticket": record.ticket.url if record.ticket else "",
        "policy": record.policy,
    }


def _timeline(
    memory: "OpenMemory", record: "ChangeRecord", policy: "Policy", voice: PlainVoice
) -> Iterator[Event]:
    from workflows.sentences import sentence

    after = 0
    while page := memory.entries(after=after, limit=PAGE, change=record.id):
        after = page[-1].sequence
        for one in page:
            kind, ruling = str(one.leaf["kind"]).partition("/")[0], one.leaf["ruling"]
            because = ruling.get("because", "")
            yield Event(
                number=one.leaf["number"],
                at=one.entry.at,
                by=voice.who(one.entry.by),
                kind=kind,
                sentence=sentence(one.entry, record, policy, voice),
                refused=f"Refused ({kind}): {because}" if because else "",
            )


def _duty(duty: "Owed", voice: PlainVoice, now: datetime) -> dict[str, Any]:
    who = [*map(voice.who, sorted(duty.by.people)), *sorted(duty.by.groups)]
    return {"duty": duty.duty.value, "by": ", ".join(who), "due": duty.due, "overdue": duty.due < now}
