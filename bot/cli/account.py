"""Everything about one change, for a person or for a program."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.cli.output import PlainVoice, moment, say, table
from bot.wiring.opening import OpenMemory
from workflows.duties import Owed
from workflows.follow_ups import FollowUp, today
from workflows.observed import observed
from workflows.policy import Policy
from workflows.record import Asked, ChangeRecord
from workflows.sentences import sentence
from workflows.timetable import owed
from workflows.vocabulary import ChangeId, State

PAGE = 500
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


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline."""

    number: int
    at: datetime
    by: str
    kind: str
    sentence: str
    refused: str  #: why, if it was refused


@dataclass(frozen=True, slots=True)
class Account:
    """One change, as it is printed."""

    head: dict[str, Any]
    timeline: tuple[Happened, ...]
    owed: tuple[dict[str, Any], ...]
    follow_ups: tuple[dict[str, Any], ...]
    questions: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]

    def data(self) -> dict[str, Any]:
        """Return it for a program."""
        timeline = [asdict(line) for line in self.timeline]
        lists = ("owed", "follow_ups", "questions", "findings")
        return {**self.head, "timeline": timeline, **{name: list(getattr(self, name)) for name in lists}}

    def print(self) -> None:
        """Print it for a person."""
        say(f"{self.head['change']}: {self.head['name']}, {self.head['state'].replace('_', ' ')}")
        for label, name in HEAD:
            if value := self.head[name]:
                say(f"  {label}: {moment(value) if isinstance(value, datetime) else value}")
        say("")
        lines = ([str(h.number), f"{h.at:%Y-%m-%d %H:%M:%S}", h.by, _said(h)] for h in self.timeline)
        table(("#", "UTC", "Who", "What happened"), lines, "Nothing happened.")
        say("")
        for duty in self.owed:
            late = " (overdue)" if duty["overdue"] else ""
            say(f"Owed: {duty['duty']} by {duty['by']} until {moment(duty['due'])}{late}")
        for one in self.follow_ups:
            where = f"{one['issue'] or 'no issue'}, {one['status'] or 'not opened yet'}"
            late = " (overdue)" if one["overdue"] else ""
            say(f"To follow: {one['what']} ({one['owner']}, until {one['due']}; {where}){late}")
        for asked in self.questions:
            if not asked["answers"]:
                say(f"Not answered yet: {asked['by']} asked: {asked['question']}")
        for finding in self.findings:
            say(f"Exception {finding['exception']}: {finding['because']}")


def _said(line: Happened) -> str:
    return f"Refused ({line.kind}): {line.refused}" if line.refused else line.sentence


def account(memory: OpenMemory, change: ChangeId) -> Account:
    """Read everything about a change; raises ``UnknownChange``."""
    record, policy = memory.record(change)
    voice, now = PlainVoice(memory.person), memory.clock.now()
    return Account(
        head=_head(record, policy, voice),
        timeline=tuple(_timeline(memory, record, policy, voice)),
        owed=tuple(_duty(duty, voice, now) for duty in owed(record, policy, memory.calendar(policy))),
        follow_ups=tuple(_follow_up(one, voice, now, policy) for one in record.follow_ups),
        questions=tuple(_question(asked, voice) for asked in record.questions),
        findings=tuple(
            {"exception": f.exception.value, "at": f.at, "because": f.because} for f in record.findings
        ),
    )


def _follow_up(one: FollowUp, voice: PlainVoice, now: datetime, policy: Policy) -> dict[str, Any]:
    return {
        "number": one.number,
        "what": voice.quote(one.what),
        "owner": voice.who(one.owner),
        "due": one.due.isoformat(),
        "issue": one.key or "",
        "url": one.url,
        "status": one.status,
        "done_at": one.done_at,
        "overdue": one.open and one.due < today(now, policy),
    }


def _question(asked: Asked, voice: PlainVoice) -> dict[str, Any]:
    return {
        "number": asked.number,
        "by": voice.who(asked.question.by),
        "question": voice.quote(asked.question.text),
        "answers": [voice.quote(answer.text) for answer in asked.answers],
    }


def _head(record: ChangeRecord, policy: Policy, voice: PlainVoice) -> dict[str, Any]:
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
    memory: OpenMemory, record: ChangeRecord, policy: Policy, voice: PlainVoice
) -> Iterator[Happened]:
    after = 0
    while page := memory.entries(after=after, limit=PAGE, change=record.id):
        after = page[-1].sequence
        for one in page:
            yield Happened(
                number=one.leaf["number"],
                at=one.entry.at,
                by=voice.who(one.entry.by),
                kind=str(one.leaf["kind"]).partition("/")[0],
                sentence=observed(one.entry, voice) or sentence(one.entry, record, policy, voice),
                refused=one.leaf["ruling"].get("because", ""),
            )


def _duty(duty: Owed, voice: PlainVoice, now: datetime) -> dict[str, Any]:
    who = [*map(voice.who, sorted(duty.by.people)), *sorted(duty.by.groups)]
    return {"duty": duty.duty.value, "by": ", ".join(who), "due": duty.due, "overdue": duty.due < now}
