"""How a change is filed in the evidence repository: ``record.json`` for checking, ``record.md`` for reading.

Git forgets nothing, so nothing goes there that may have to be forgotten: people are pseudonyms, and what they
typed is a commitment.  Both files follow from the ledger's entries alone: the same entries, the same bytes.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from workflows import events as ev
from workflows.calendar import Calendar
from workflows.consequences import obliged
from workflows.policy import Policy
from workflows.record import ChangeRecord, Verdict
from workflows.timetable import owed
from workflows.vocabulary import ChangeId, PersonId
from workflows.words import hours

FORMAT = "emergency-change-record/1"
FOLDERS = "changes"  #: below which every change has its folder
FILES = ("record.json", "record.md", "judged.json")  #: that a change may have; the last on its own branch
_ID = re.compile(r"EC-\d{4}-\d{4,}")
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FiledEntry:
    """An entry of the ledger as it may be shown to anybody: its leaf holds commitments instead of texts."""

    index: int  #: of the leaf, from 0
    hash: str  #: of the leaf, as RFC 6962 has it, in hexadecimal
    leaf: Said

    @property
    def commitments(self) -> dict[str, str]:
        """Return the commitment of each text, by its field."""
        body = self.leaf["body"].items()
        return {f: v["commitment"] for f, v in body if isinstance(v, dict) and "commitment" in v}


def folder(change: ChangeId) -> str:
    """Return where a change is filed: by the year in its id."""
    return f"{FOLDERS}/{change.split('-')[1]}/{change}"


def record_of(change: ChangeId) -> str:
    """Return where the account of a change is, without which nothing of it is filed."""
    return f"{folder(change)}/{FILES[0]}"


def change_of(path: str) -> ChangeId | None:
    """Return whose file this is; ``None``: no change would have one there."""
    change = ChangeId(PurePosixPath(path).parent.name)
    named = _ID.fullmatch(change) and path in {f"{folder(change)}/{name}" for name in FILES}
    return change if named else None


def filed(
    record: ChangeRecord, policy: Policy, calendar: Calendar, entries: Sequence[FiledEntry]
) -> dict[str, bytes]:
    """Return the files of a change, by their paths."""
    whole = account(record, policy, calendar, entries)
    where = folder(record.id)
    return {
        f"{where}/record.json": written(whole),
        f"{where}/record.md": _page(whole).encode(),
    }


def written(whole: Said) -> bytes:
    """Write JSON the way it is filed: the same content, the same bytes."""
    return (json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def account(
    record: ChangeRecord, policy: Policy, calendar: Calendar, entries: Sequence[FiledEntry]
) -> dict[str, Any]:
    """Return what a machine is told about a change, as far as its last entry."""
    request, profile = record.request, record.profile(policy)
    bound = {one.leaf["number"]: one.commitments.get("shown", "") for one in entries}
    return {
        "format": FORMAT,
        "change": record.id,
        "revision": record.last,
        "state": record.state.value,
        "drill": request.drill,
        "policy": record.policy,
        "system": request.system,
        "criterion": request.criterion,
        "risk": request.risk,
        "tested": request.tested,
        "authorisation": "before" if record.asked_first else "after",
        "people": {
            "requester": request.by,
            "grantee": request.by,
            "owner": record.owner,
            "authors": sorted(record.authors),
            "deployers": sorted(record.deployers),
            "reviewer": record.acceptance.by if record.acceptance else None,
        },
        "grant": {
            "profile": request.access,
            "scope": str(profile.where),
            "window": hours(record.window),
            "extensions": len(record.extensions),
            "held_before": record.grant.origin.value if record.grant.origin else None,
            "left": record.grant.left.value if record.grant.left else None,
        },
        "ticket": record.ticket.key if record.ticket else None,
        "pull_request": record.pull.pull if record.pull else None,
        "times": {name: _when(at) for name, at in _times(record).items()},
        "verdicts": [_verdict(record, verdict, bound[verdict.number]) for verdict in record.verdicts],
        "owed": _owed(record, policy, calendar),
        "findings": [
            {"exception": f.exception.value, "about": f.about, "at": _when(f.at)} for f in record.findings
        ],
        "entries": [_entry(one) for one in entries if one.leaf["number"] <= record.last],
    }


def _times(record: ChangeRecord) -> dict[str, datetime | None]:
    grant = record.grant
    return {
        "requested": record.request.at,
        "access_attempted": grant.attempted_at,
        "access_confirmed": grant.confirmed_at,
        "access_until": record.access_until if grant.attempted_at or grant.confirmed_at else None,
        "access_proven_gone": grant.ended_at,
        "ended": record.ended_at,
        "completed": record.completion.at if record.completion else None,
        "looked_back": record.retrospective.at if record.retrospective else None,
        "accepted": record.acceptance.at if record.acceptance else None,
        "state_entered": record.entered_at,
    }


def _verdict(record: ChangeRecord, verdict: Verdict, shown: str) -> dict[str, Any]:
    """Tell of a verdict; ``shown`` is the commitment to the digest of what was shown."""
    approval = isinstance(verdict.answer, ev.Approval)
    counts = verdict in record.approvals if approval else not verdict.annulled
    return {
        "number": verdict.number,
        "answer": "approval" if approval else "rejection",
        "by": verdict.by,
        "at": _when(verdict.answer.at),
        "shown": shown,
        "grade": verdict.answer.assurance.value,
        "counts": counts,
        "review": verdict.answer.review.model_dump(mode="json") if verdict.answer.review else None,
    }


def _owed(record: ChangeRecord, policy: Policy, calendar: Calendar) -> dict[str, Any]:
    return {
        "by_people": [
            {"duty": one.duty.value, "since": _when(one.since), "due": _when(one.due)}
            for one in owed(record, policy, calendar)
        ],
        "by_the_system": sorted(step.value for step in obliged(record.state, policy)),
        "stuck": sorted(step.value for step in record.stuck),
    }


def _entry(one: FiledEntry) -> dict[str, Any]:
    leaf = one.leaf
    ruling = leaf["ruling"]
    return {
        "number": leaf["number"],
        "kind": leaf["kind"],
        "by": leaf["by"],
        "occurred_at": leaf["occurred_at"],
        "recorded_at": leaf["recorded_at"],
        "answer": ruling.get("answer"),
        "guard": ruling.get("guard"),
        "state": ruling.get("to"),
        "leaf_index": one.index,
        "leaf_hash": one.hash,
        "commitments": one.commitments,
    }


def _when(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def filed_policy(sha256: str, policy: Policy, person_of: Callable[[str], PersonId | None]) -> bytes:
    """Return a policy as it may be shown to anybody: members of groups by their pseudonyms."""
    rules = policy.model_dump(mode="json")
    for group in rules["groups"].values():
        if group["people"] is not None:
            group["people"] = [person_of(email) or "unknown" for email in group["people"]]
    return written({"format": "emergency-change-policy/1", "sha256": sha256, "rules": rules})


# --- for a stranger --------------------------------------------------------------------------------

_EXPLAINED = """\
People are named by pseudonyms, and nothing that anybody typed is here: in its place `record.json` has a
commitment, `SHA-256(JCS([salt, field, value]))`. Whoever is shown the text and its salt can recompute it.

Each entry is a leaf of the ledger whose signed head is `/checkpoint` in this repository; its index and hash are
given above, and the leaf itself is in `/tile/entries`. The rules that held are in `/policies`, under the
digest above.
"""


def _page(whole: Said) -> str:
    parts = [f"# {whole['change']}", _DRILL if whole["drill"] else "", _facts(whole)]
    parts += ["## What happened", _table(_HAPPENED, whole["entries"])]
    for heading, columns, rows in (
        ("## Answers of approvers", _ANSWERS, whole["verdicts"]),
        ("## Still owed by people", _DUTIES, whole["owed"]["by_people"]),
        ("## Exceptions found", _FOUND, whole["findings"]),
    ):
        parts += [heading, _table(columns, rows) if rows else "None."]
    parts += ["## How to check this", _EXPLAINED]
    return "\n\n".join(part for part in parts if part)


_DRILL = "**A drill**: a rehearsal, outside every ratio."


def _facts(whole: Said) -> str:
    people, grant, times = whole["people"], whole["grant"], whole["times"]
    lines = {
        "State": _words(whole["state"]),
        "System": whole["system"],
        "Why it qualified": whole["criterion"],
        "Authorisation": f"{whole['authorisation']} the act",
        "Requester": people["requester"],
        "Now in charge": people["owner"],
        "Authors of commits": ", ".join(people["authors"]),
        "Deployers": ", ".join(people["deployers"]),
        "Reviewer": people["reviewer"],
        "Access": f"{grant['profile']} ({grant['scope']}), {grant['window']}",
        "Ticket": whole["ticket"],
        "Pull request": whole["pull_request"] and f"#{whole['pull_request']}",
        **{_words(name): at for name, at in times.items()},
        "Policy": f"`{whole['policy']}`",
        "Entries": f"1 to {whole['revision']}",
    }
    rows = [f"| {name} | {_cell(said)} |" for name, said in lines.items() if said]
    return "\n".join(["| | |", "|---|---|", *rows])


Columns = Sequence[tuple[str, Callable[[Said], object]]]

_HAPPENED: Columns = (
    ("#", lambda row: row["number"]),
    ("when (UTC)", lambda row: row["occurred_at"][:19].replace("T", " ")),
    ("what", lambda row: _words(row["kind"].partition("/")[0])),
    ("by", lambda row: row["by"]),
    ("came of it", lambda row: f"refused ({row['guard']})" if row["guard"] else _words(row["state"] or "")),
    ("leaf", lambda row: row["leaf_index"]),
    ("hash", lambda row: f"`{row['leaf_hash'][:16]}…`"),
)
_ANSWERS: Columns = (
    ("#", lambda row: row["number"]),
    ("answer", lambda row: row["answer"]),
    ("by", lambda row: row["by"]),
    ("when", lambda row: row["at"]),
    ("grade", lambda row: row["grade"]),
    ("counts", lambda row: "yes" if row["counts"] else "no"),
)
_DUTIES: Columns = (
    ("duty", lambda row: row["duty"]),
    ("since", lambda row: row["since"]),
    ("due", lambda row: row["due"]),
)
_FOUND: Columns = (
    ("exception", lambda row: row["exception"]),
    ("about entry", lambda row: row["about"] or ""),
    ("when", lambda row: row["at"]),
)


def _table(columns: Columns, rows: Sequence[Said]) -> str:
    def lines() -> Iterator[str]:
        yield f"| {' | '.join(name for name, _ in columns)} |"
        yield "|---" * len(columns) + "|"
        for row in rows:
            yield f"| {' | '.join(_cell(cell(row)) for _, cell in columns)} |"

    return "\n".join(lines())


def _cell(said: object) -> str:
    return str(said).replace("|", "\\|").replace("\n", " ")


def _words(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]
