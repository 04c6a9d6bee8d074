"""Makes the evidence pack of a period: a function of the ledger at one signed head, and of nothing else.

Changes are copied out one at a time; what is kept meanwhile is a row of each.  The manifest comes last and
names every other file.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import __version__
from bot.evidence import places
from bot.evidence.columns import MEANING
from bot.evidence.copies import CopiedChange, Head, Names, stamp
from bot.evidence.decided import decided
from bot.evidence.documents import index, instructions
from bot.evidence.dossier import dossier
from bot.evidence.envelope import MANIFEST_TYPE, envelope, public_key_pem, statement
from bot.evidence.files import change_file, change_statement
from bot.evidence.population import COLUMNS, UNKNOWN, Row, csv_line, line, row
from bot.evidence.reconciliations import reconciliations
from bot.evidence.sample import seed_of
from bot.evidence.survey import Opened, Survey
from bot.wiring.opening import OpenMemory, OpenSnapshot
from workflows.errors import Misconfigured
from workflows.exceptions import LOOK_BACK, Context, examine, gist
from workflows.period import Span
from workflows.policy import digest
from workflows.precedents import Earlier, Precedents

QUERY = (
    "Accepted entries of kind request/1 among the first {checkpoint_size} entries of the ledger {origin}, whose "
    "occurred_at is at or after {from} and before {to}, in order of their sequence; one row for the change of each, "
    "folded from all its entries among those."
)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    out: Path
    changes: int
    entries: int
    size: int
    root: str
    seed: str


@dataclass(slots=True)
class _Export:
    """What is gathered while the changes go by."""

    snapshot: OpenSnapshot
    head: Head
    survey: Survey
    span: Span
    kept: places.Kept
    names: Names
    rows: list[Row] = field(default_factory=list)
    earlier: Precedents = field(default_factory=Precedents)
    exceptions: list[list[str]] = field(default_factory=list)
    policies: set[str] = field(default_factory=set)
    reconciled: list[dict[str, Any]] = field(default_factory=list)
    entries: int = 0
    erased: int = 0


def export(
    memory: OpenMemory,
    span: Span,
    out: Path,
    *,
    size: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Made:
    """Write the pack of a period; raises ``Misconfigured`` before anything there is touched."""
    with memory.snapshot(size) as snapshot, places.written(out) as place:
        point = snapshot.point
        survey = Survey(span).read(snapshot.walk())
        if survey.as_of is None:
            raise Misconfigured("The ledger is empty; there is nothing to export.")
        head = Head(point.origin, point.size, point.root, point.note, survey.as_of)
        work = _Export(snapshot, head, survey, span, places.Kept(place), Names(memory.person))
        _changes(work, progress)
        _about_the_period(work)
        _log(work, memory)
        seed = _manifest(work, place)
    return Made(out, len(work.rows), work.entries, head.size, head.root.hex(), seed)


# --- changes ---------------------------------------------------------------------------------------


def _changes(work: _Export, progress: Callable[[int, int], None]) -> None:
    begin = work.span.begin - LOOK_BACK - timedelta(days=1)
    compared = [one for one in work.survey.opened if begin <= one.at < work.span.end]
    for done, one in enumerate(compared, 1):
        change = _copied(work, one)
        if one.at in work.span:
            _put_change(work, change)
        progress(done, len(compared))


def _copied(work: _Export, one: Opened) -> CopiedChange:
    """Copy a change, examine it beside those before it, and keep what emergencies after it are compared with."""
    entries = work.snapshot.change(one.change)
    record, policy, calendar = work.snapshot.record(one.change, entries)
    context = Context(earlier=work.earlier)
    examined = examine(record, policy, calendar, work.head.as_of, context)
    look = record.retrospective
    if not one.drill:
        work.earlier.add(
            Earlier(
                record.id,
                one.at,
                record.request.by,
                gist(record.request.justification),
                gist(look.cause) if look else "",
            )
        )
    return CopiedChange(record, policy, calendar, entries, examined, work.head)


def _put_change(work: _Export, change: CopiedChange) -> None:
    found = row(change, work.names, work.span.__contains__)
    folder = f"changes/{change.id}"
    work.rows.append(found)
    work.policies.add(change.record.policy)
    work.entries += len(change.entries)
    work.erased += sum(value is None for one in change.entries for value in one.values.values())
    work.exceptions += [
        [change.id, one.id.value, one.because, stamp(one.since), "true" if one.open else "false"]
        for one in change.examined.found
    ]
    work.kept.put(f"{folder}/dossier.html", dossier(change, work.names))
    work.kept.put(
        f"{folder}/record.json", change_file(change, found, [*decided(work.snapshot, change, work.names)])
    )
    digests = {name: work.kept.digests[name] for name in (f"{folder}/dossier.html", f"{folder}/record.json")}
    signed = envelope(
        change_statement(change, digests), work.snapshot.signer.key.named, work.snapshot.signer.raw
    )
    work.kept.put(f"{folder}/statement.json", signed)


# --- the period ------------------------------------------------------------------------------------


def _about_the_period(work: _Export) -> None:
    put, survey = work.kept.put, work.survey
    put("population.csv", csv_line(COLUMNS) + b"".join(map(line, work.rows)))
    put("columns.csv", _csv(("column", "meaning"), [[name, MEANING[name]] for name in COLUMNS]))
    put("exceptions.csv", _csv(("change_id", "exception", "because", "since", "open"), work.exceptions))
    refusals = [
        [
            str(one.sequence),
            stamp(one.at),
            work.names.full(one.by),
            one.kind,
            one.change,
            one.guard,
            one.because,
        ]
        for one in survey.refusals
    ]
    put("refusals.csv", _csv(("sequence", "at", "by", "what", "change_id", "guard", "because"), refusals))
    runs = [work.snapshot.entry(sequence) for sequence in survey.reconciled]
    found = [one.data() for one in reconciliations(work.head, survey, runs)]
    work.reconciled = found
    put("reconciliations.json", _json({"reconciliations": found}))
    for sha256 in sorted(work.policies | {*survey.policies[-1:]}):
        text = work.snapshot.policy_text(sha256)
        put(f"policies/{sha256}{'.toml' if digest(text) == sha256 else places.REDACTED}", text)
    people = [
        [one.id, work.names.name(one.id), one.email, one.github, one.jira] for one in work.names.people()
    ]
    put("people.csv", _csv(("person", "name", "email", "github", "jira"), people))


def _csv(columns: tuple[str, ...], rows: list[list[str]]) -> bytes:
    return csv_line(columns) + b"".join(map(csv_line, rows))


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


# --- the log and the manifest ----------------------------------------------------------------------


def _log(work: _Export, memory: OpenMemory) -> None:
    for path, data in memory.tiles(0, work.head.size):
        work.kept.put(f"log/{path}", data)
    work.kept.put("log/checkpoint", work.head.note.encode())
    work.kept.put("log/key.txt", f"{work.snapshot.signer.verifier_key}\n".encode())
    work.kept.put("log/key.pem", public_key_pem(work.snapshot.signer.key.public))


def _manifest(work: _Export, place: places.Place) -> str:
    last = work.snapshot.checkpoint_before(work.survey.last_before_end) or work.snapshot.point
    work.kept.put("log/period-checkpoint", last.note.encode())
    seed = seed_of(last.root)
    told = dict(_said(work), sample={"checkpoint_size": last.size, "root": last.root.hex(), "seed": seed})
    work.kept.put("index.html", index(work.rows, told, work.reconciled))
    work.kept.put("VERIFY.md", instructions(told, work.snapshot.signer.verifier_key, work.rows))
    subject = {name: {"sha256": digest} for name, digest in work.kept.digests.items()}
    payload = statement(subject, MANIFEST_TYPE, told)
    place.put(places.MANIFEST, envelope(payload, work.snapshot.signer.key.named, work.snapshot.signer.raw))
    return seed


def _said(work: _Export) -> dict[str, Any]:
    head, span = work.head, work.span
    parameters = {
        "from": stamp(span.begin),
        "to": stamp(span.end),
        "checkpoint_size": head.size,
        "origin": head.origin,
    }
    sequences = [int(found["seq_first"]) for found in work.rows]
    return {
        "period": {"from": parameters["from"], "to": parameters["to"]},
        "query": QUERY,
        "parameters": parameters,
        "code_version": __version__,
        "rows": len(work.rows),
        "sequence_range": [min(sequences), max(map(int, _last(work)))] if sequences else [],
        "sequence_gaps": [],
        "ids_without_a_change": work.survey.missing_ids,
        "columns_nothing_fills": list(UNKNOWN),
        "values_erased": work.erased,
        "as_of": stamp(head.as_of),
        "checkpoint": {"origin": head.origin, "size": head.size, "root": head.root.hex()},
    }


def _last(work: _Export) -> Iterator[str]:
    return (found["seq_last"] for found in work.rows)
