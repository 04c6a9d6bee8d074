"""A digest as people and programs read it: Markdown, one HTML page, a table.

Who reads decides what people and causes are called (``Voice``): names for the review channel, pseudonyms
for a repository.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import jinja2
from markupsafe import Markup, escape

from bot.digest import carried
from bot.evidence.population import csv_line
from workflows.digest import FEWEST, Alarm, Digest, Line, said
from workflows.exceptions import MEANINGS
from workflows.vocabulary import PersonId
from workflows.words import listed

COLUMNS = (
    *("change_id", "state", "drill", "requested_at", "requester", "system", "criterion", "off_hours"),
    *("genuine", "seconds_to_access", "seconds_to_approval", "overdue", "self_approved", "overridden"),
    *("rejected", "remediation", "extensions", "exceptions", "followups_open", "followups_late"),
)
MOST_NAMED = 12  #: changes that a figure names; the table has them all
MOST_ROWS = 15  #: of a grouping
MOST_ALARMS = 8  #: of one kind


def _loaded(*, escape: bool) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("bot.digest"),
        autoescape=escape,  # noqa: S701 - Markdown is no place for HTML's escapes; its cells are escaped below
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


HTML, MARKDOWN = _loaded(escape=True), _loaded(escape=False)
_CHANGE = re.compile(r"\b[A-Z]+-\d{4}-\d+\b")


def unbroken(text: str) -> Markup:
    """Keep the ids of changes in one piece where a line ends."""
    return Markup(_CHANGE.sub(r'<span class="id">\g<0></span>', str(escape(text))))  # noqa: S704 - it is escaped


HTML.filters["unbroken"] = unbroken


@dataclass(frozen=True, slots=True)
class Voice:
    """What people and causes are called."""

    who: Callable[[PersonId], str]
    cause: Callable[[str], str]


def markdown(digest: Digest, voice: Voice) -> bytes:
    """Write the digest as Markdown, the chart beside it as ``trend.png``."""
    return MARKDOWN.get_template("digest.md.j2").render(_told(digest, voice)).encode()


def html(digest: Digest, voice: Voice, picture: bytes) -> bytes:
    """Write the digest as one page that needs nothing else."""
    told = _told(digest, voice) | {"picture": base64.b64encode(picture).decode()}
    return HTML.get_template("digest.html").render(told).encode()


def table(digest: Digest, voice: Voice) -> bytes:
    """Write one line for each change as CSV (RFC 4180), drills included."""
    return b"".join(csv_line(cells) for cells in (COLUMNS, *(_cells(line, voice) for line in digest.lines)))


def data(digest: Digest, voice: Voice) -> dict[str, Any]:
    """Return the digest for programs; who asked for what is there so that nobody judges their own."""
    return {
        "period": str(digest.period),
        "version": digest.again.version if digest.again else 1,
        "again": again(digest, voice),
        "summary": summary(digest),
        "figures": dict(figures(digest)),
        "changes": [line.change for line in digest.counted],
        "asked": {
            line.change: {
                "requester": voice.who(line.requester),
                "system": line.system,
                "criterion": line.criterion,
            }
            for line in digest.counted
        },
        "drills": [line.change for line in digest.drills],
        "exceptions": {id.value: list(changes) for id, changes in digest.by_exception},
        "alarms": [
            {
                "kind": alarm.kind,
                "because": alarm.because,
                "changes": list(alarm.changes),
                "person": voice.who(alarm.person) if alarm.person else None,
            }
            for alarm in digest.alarms
        ],
        "outages": [{"begins": _moment(one.begins), "ends": _moment(one.ends)} for one in digest.outages],
        "since": _moment(digest.since) if digest.since else None,
        "missed": [
            {
                "period": str(one.period),
                "due": _moment(one.due),
                "signed_at": _moment(one.signed_at) if one.signed_at else None,
            }
            for one in digest.missed
        ],
        "carried": carried.data(digest.carried, voice.who),
        "sample": list(digest.sample),
        "root": digest.root,
    }


def files(digest: Digest, voice: Voice) -> dict[str, bytes]:
    """Return everything a digest is kept as, by file name."""
    from bot.digest.chart import chart  # noqa: PLC0415 - what it draws with is large, and needed once a month

    picture = chart(digest)
    return {
        "digest.json": json.dumps(data(digest, voice), indent=2, ensure_ascii=False).encode() + b"\n",
        "digest.md": markdown(digest, voice),
        "digest.html": html(digest, voice, picture),
        "changes.csv": table(digest, voice),
        "follow-ups.csv": carried.table(digest.carried, voice.who),
        "trend.png": picture,
    }


def pseudonymous(digest: Digest) -> dict[str, bytes]:
    """Return the files as they may be kept for good: nobody is named, and nothing that was typed is in them."""
    unsaid = replace(digest, again=replace(digest.again, because="")) if digest.again else digest
    return files(unsaid, Voice(str, lettered(digest)))


def lettered(digest: Digest) -> Callable[[str], str]:
    """Return names for causes that give away nothing of what was typed: ``cause A`` is the most frequent."""
    numbers = {cause: number for number, (cause, _) in enumerate(digest.by_cause)}
    return lambda cause: f"cause {_letters(numbers[cause])}"


def _letters(number: int) -> str:
    more, last = divmod(number, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)


def summary(digest: Digest) -> str:
    """Say in a sentence or two what the month was."""
    count, drills = len(digest.counted), len(digest.drills)
    many = {0: "There was no emergency change", 1: "There was one emergency change"}
    sentence = many.get(count, f"There were {count} emergency changes") + f" in {digest.period.name}"
    if digest.share is not None:
        sentence += f", {digest.share:.1%} of {digest.denominator.all} changes"
    sentence += "."
    if drills:
        sentence += f" {drills} {'drill was' if drills == 1 else 'drills were'} held besides."
    return sentence


def again(digest: Digest, voice: Voice) -> str:
    """Say which version is replaced by this one, and why; empty for the first."""
    made = digest.again
    if made is None:
        return ""
    why = f"made, because: {made.because}" if made.because else "made; why is in the ledger."
    return (
        f"This is version {made.version}. It takes the place of version {made.version - 1}; {voice.who(made.by)} had it "
        f"{why}"
    )


def figures(digest: Digest) -> list[tuple[str, str]]:
    """Return every figure with its name, in the order of the page."""
    count = len(digest.counted)
    return [
        ("Share of all changes", _share(digest)),
        ("Counted at the source", _counted(digest)),
        ("Outside working hours", _part_of(digest.off_hours, count)),
        ("Time to access, median / 95 %", said(digest.to_access)),
        ("Time to approval, median / 95 %", said(digest.to_approval)),
        ("Repeats", _repeats(digest)),
        ("Something overdue", _ids(digest.those(lambda one: one.overdue))),
        ("Self-approved", _ids(digest.those(lambda one: one.self_approved))),
        ("Acted without an answer", _ids(digest.those(lambda one: one.overridden))),
        ("Rejected", _ids(digest.those(lambda one: one.rejected))),
        ("Rejected and not yet mended", _ids(digest.those(lambda one: one.unmended))),
        ("Said to be no emergency", _ids(digest.those(lambda one: one.genuine is False))),
        ("Extended", _ids(digest.those(lambda one: one.extensions))),
        ("Access removed late, or not seen gone", _ids(digest.those(lambda one: "X09" in one.exceptions))),
        ("Open follow-ups", _follow_ups(digest)),
        ("Open follow-ups of earlier months", carried.figure(digest.carried)),
        ("Drills", _ids(digest.drills)),
    ]


def _told(digest: Digest, voice: Voice) -> dict[str, Any]:
    groups: list[tuple[str, Sequence[tuple[str, int]]]] = [
        ("By system", digest.by_system),
        ("By criterion", digest.by_criterion),
        ("By requester", [(voice.who(PersonId(name)), count) for name, count in digest.by_requester]),
        ("By cause", [(voice.cause(name), count) for name, count in digest.by_cause]),
    ]
    return {
        "d": digest,
        "summary": summary(digest),
        "again": again(digest, voice),
        "figures": figures(digest),
        "alarms": _alarms(digest, voice),
        "groups": [(title, *_first(rows)) for title, rows in groups if rows],
        "named": named,
        "who": voice.who,
        "stamp": _stamp,
        "there": _there(digest),
        "cell": _cell,
        "meaning": MEANINGS.__getitem__,
        "carried": carried.data(digest.carried, voice.who),
        "rejected": [(one.change, _became(one)) for one in digest.those(lambda one: one.rejected)],
        "empty": _none(digest),
        "periods": "months" if digest.period.months == 1 else "quarters",
        "uncounted": [str(period) for period, count in digest.trend if count is None],
    }


def _became(line: Line) -> str:
    """Say what became of a rejection."""
    return line.remediation or ("nothing yet" if line.unmended else "nothing had begun")


def _none(digest: Digest) -> str:
    """Say that there was no change, as far as anybody can know."""
    if digest.since is None and not digest.outages:
        return "There was none. That is a result too: the bot was asked and it answered."
    return "There was none on record; the bot was not there all the time, as is said below."


def _there(digest: Digest) -> str:
    """Say from when on the bot was there for the period."""
    if digest.since is None:
        return "" if digest.outages else "It showed a sign of life all through the period."
    return f"The ledger begins on {_stamp(digest.since)} UTC; of what was before, nothing is known."


def alarm_said(alarm: Alarm, voice: Voice) -> str:
    """Say an alarm, with whom and which changes it is about."""
    who = f" ({voice.who(alarm.person)})" if alarm.person else ""
    which = f" They are {named(alarm.changes)}." if alarm.changes else ""
    return f"{alarm.because.rstrip('.')}{who}.{which}"


def named(changes: Sequence[str]) -> str:
    """Name changes, the first of them if they are many."""
    more = len(changes) - MOST_NAMED
    return f"{', '.join(changes[:MOST_NAMED])} and {more} more" if more > 0 else listed(changes)


def _alarms(digest: Digest, voice: Voice) -> list[str]:
    """Say all alarms, and how many more there are where many are alike."""
    said = []
    for kind, alike in groupby(digest.alarms, key=lambda alarm: alarm.kind):
        every = list(alike)
        said += [alarm_said(alarm, voice) for alarm in every[:MOST_ALARMS]]
        if more := len(every) - MOST_ALARMS:
            said += [f"{more} more {'people' if kind == 'person' else 'causes'} came back as often."] * (
                more > 0
            )
    return said


def _first(rows: Sequence[tuple[str, int]]) -> tuple[Sequence[tuple[str, int]], str]:
    """Return the first rows of a grouping, and what is said about the others."""
    rest = rows[MOST_ROWS:]
    return rows[:MOST_ROWS], f"{len(rest)} more, with {sum(n for _, n in rest)} changes" if rest else ""


def _part_of(count: int, of: int) -> str:
    return f"{count} of {of}" + (f" ({count / of:.0%})" if of >= FEWEST else "")


def _repeats(digest: Digest) -> str:
    """Say who and what came back, in how many changes."""
    kinds = ((digest.repeated_requesters, "person", "people"), (digest.repeated_causes, "cause", "causes"))
    said = [
        f"{len(rows)} {one if len(rows) == 1 else many} with {sum(n for _, n in rows)} changes"
        for rows, one, many in kinds
        if rows
    ]
    return " and ".join(said) or "none"


def _follow_ups(digest: Digest) -> str:
    late = sum(one.follow_ups_late for one in digest.counted)
    count = sum(one.follow_ups for one in digest.counted)
    where = [one.change for one in digest.those(lambda one: one.follow_ups)]
    return f"{count}, {late or 'none'} of them late; of {named(where)}" if count else "0"


def _share(digest: Digest) -> str:
    if digest.denominator.all is None:
        return "not known: nobody could count all changes"
    if digest.share is None:
        return f"not said: fewer than {FEWEST} changes in all"
    return f"{digest.share:.1%}"


def _counted(digest: Digest) -> str:
    of = digest.denominator
    parts = [
        f"{count} {name}"
        for count, name in ((of.pull_requests, "merged pull requests"), (of.deployments, "deployments"))
        if count is not None
    ]
    return f"{' and '.join(parts)} in {listed(of.where)}" if parts else "nothing"


def _ids(lines: Iterable[Line]) -> str:
    found = [line.change for line in lines]
    return f"{len(found)}: {named(found)}" if found else "0"


def _cells(line: Line, voice: Voice) -> list[str]:
    return [
        line.change,
        line.state.value,
        _truth(line.drill),
        _stamp(line.requested_at),
        voice.who(line.requester),
        line.system,
        line.criterion,
        _truth(line.off_hours),
        "" if line.genuine is None else _truth(line.genuine),
        _seconds(line.to_access),
        _seconds(line.to_approval),
        ";".join(duty.value for duty in line.overdue),
        _truth(line.self_approved),
        _truth(line.overridden),
        _truth(line.rejected),
        line.remediation,
        str(line.extensions),
        ";".join(line.exceptions),
        str(line.follow_ups),
        str(line.follow_ups_late),
    ]


def _truth(fact: bool) -> str:  # noqa: FBT001 - it is what is written
    return "true" if fact else "false"


def _seconds(length: timedelta | None) -> str:
    return "" if length is None else str(round(length.total_seconds()))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _cell(text: str) -> str:
    """Keep a text from breaking a table or being read as markup."""
    return "".join(f"\\{sign}" if sign in "\\|`*_[]<>#" else sign for sign in " ".join(text.split()))
