"""What lies beside a dossier for programs to read: the change's entries with their proofs, and a statement."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.evidence.copies import CopiedChange, stamp
from bot.evidence.decided import Decided
from bot.evidence.envelope import CHANGE_TYPE, statement
from bot.evidence.population import Row
from bot.wiring.opening import CopiedEntry

_COMMIT = re.compile(r"https?://\S+/commit/([0-9a-f]{40})\b")


def change_file(change: CopiedChange, row: Row, decided: Sequence[Decided]) -> bytes:
    """Write ``record.json``: the row, the exceptions, what was decided on, and every entry with all that proves it."""
    data = {
        "change": change.id,
        "row": dict(row),
        "exceptions": [
            {"id": one.id.value, "because": one.because, "since": stamp(one.since), "open": one.open}
            for one in change.examined.found
        ],
        "not_judged": [{"id": one.id.value, "because": one.because} for one in change.examined.unjudged],
        "decided": [{"entry": one.sequence, "text": one.text} for one in decided],
        "entries": [_entry(one) for one in change.entries],
    }
    return _written(data)


def _written(data: Mapping[str, Any]) -> bytes:
    """Write one thing a line, entries too: a person can find one, and the encoder stays quick."""
    lines = []
    for name, value in sorted(data.items()):
        if isinstance(value, list) and value:
            listed = ",\n  ".join(_json(one) for one in value)
            lines.append(f" {_json(name)}: [\n  {listed}\n ]")
        else:
            lines.append(f" {_json(name)}: {_json(value)}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _entry(one: CopiedEntry) -> dict[str, Any]:
    return {
        "sequence": one.sequence,
        "leaf": one.leaf.decode(),
        "leaf_hash": one.leaf_hash.hex(),
        "values": {
            name: {"salt": pair[0], "value": pair[1]} if pair else None for name, pair in one.values.items()
        },
        "receipt": one.receipt,
    }


def change_statement(change: CopiedChange, digests: dict[str, str]) -> bytes:
    """Write an in-toto statement about the change's files and the commits it names; pseudonyms alone."""
    record = change.record
    named = "\n".join(report.changes for report in record.completions)
    commits = {match[0]: {"gitCommit": match[1]} for match in _COMMIT.finditer(named)}
    files = {name: {"sha256": digest} for name, digest in digests.items()}
    predicate = {
        "change": record.id,
        "state": record.state.value,
        "drill": record.request.drill,
        "requested_at": stamp(record.request.at),
        "requester": record.request.by,
        "approvers": [verdict.by for verdict in record.approvals],
        "reviewer": record.acceptance.by if record.acceptance else None,
        "policy": record.policy,
        "exceptions": [one.value for one in change.examined.ids],
        "entries": [change.entries[0].sequence, change.last.sequence],
        "checkpoint": {
            "origin": change.head.origin,
            "size": change.head.size,
            "root": change.head.root.hex(),
        },
    }
    return statement({**files, **commits}, CHANGE_TYPE, predicate)
