"""What happened when, as lines to begin a retrospective with; whoever writes it may correct and complete them."""

from collections.abc import Iterator
from datetime import datetime

from workflows import events as ev
from workflows.policy import Policy
from workflows.prose import LONGEST
from workflows.record import ChangeRecord
from workflows.sentences import Voice
from workflows.words import hours

Moment = tuple[datetime, str]
SHORT = 200  #: characters of somebody's words that one line repeats


def recollection(record: ChangeRecord, policy: Policy, voice: Voice) -> str:
    """Return the timeline, oldest first, as much of it as a form takes."""
    moments = sorted((*_of_people(record, policy, voice), *_of_access(record)), key=lambda one: one[0])
    text = ""
    for at, what in moments:
        line = f"{at:%Y-%m-%d %H:%M} UTC  {what}\n"
        if len(text) + len(line) > LONGEST:
            break
        text += line
    return text.rstrip("\n")


def _of_people(record: ChangeRecord, policy: Policy, voice: Voice) -> Iterator[Moment]:
    request, who = record.request, voice.who
    name, length = record.profile(policy).name, hours(request.window)
    yield request.at, f"{who(request.by)} asked for “{name}” for {length}: {_short(request.what)}"
    for verdict in record.verdicts:
        said = "approved" if isinstance(verdict.answer, ev.Approval) else "rejected it"
        counts = "; it does not count" if verdict.annulled else ""
        yield verdict.answer.at, f"{who(verdict.by)} {said}{counts}"
    if record.override:
        yield record.override.at, f"{who(record.override.by)} acted without an answer"
    for extension in record.extensions:
        yield extension.at, f"{who(extension.by)} extended the window by {hours(extension.window)}"
    if record.revocation:
        yield record.revocation.at, f"{who(record.revocation.by)} ended the access early"
    for report in record.completions:
        yield report.at, f"{who(report.by)} reported: {_short(report.done)}"


def _of_access(record: ChangeRecord) -> Iterator[Moment]:
    grant = record.grant
    if grant.confirmed_at:
        yield grant.confirmed_at, "The access was in force"
    if grant.failed:
        yield grant.failed.at, "The access was not given"
    if record.ended_at and grant.confirmed_at:
        yield record.ended_at, "The access ended"
    if grant.seen_gone and grant.left is None:
        yield grant.seen_gone[0], "The access was seen gone"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
