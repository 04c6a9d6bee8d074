"""Checks a pack offline: no database, no network, no secret.  The first thing that does not hold is named.

First that these are the files that were signed, then that what they say follows from the ledger in them: a
pack that was signed wrong is found as well as one that was changed.
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.evidence import envelope
from bot.evidence.places import MANIFEST, REDACTED, Files, ZipFiles, opened
from bot.evidence.population import COLUMNS, neutral
from bot.evidence.sample import seed_of
from storage.accounted import ERASING, Account
from storage.exported import ExportedLedger, check_value, key_of, strict_json
from storage.levels import OWN, Outside, Reached
from storage.merkle import leaf_hash
from storage.notes import VerifierKey
from storage.reading import committed
from workflows.errors import LedgerCorrupt
from workflows.judged import shown_digest

KEY, PEM, CHECKPOINT, LAST = "log/key.txt", "log/key.pem", "log/checkpoint", "log/period-checkpoint"
RECONCILIATIONS, FROM_THE_LOG = "reconciliations.json", ("R1", "R7")
COUNTS = ("id", "matched", "left_only", "right_only", "waived")
POPULATION, RECORD, STATEMENT = "population.csv", "record.json", "statement.json"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked."""

    files: int
    changes: int
    entries: int
    size: int
    root: str
    origin: str
    key: str
    key_was_given: bool
    erased: int
    level: str  #: how far the proof reaches
    reached: tuple[Reached, ...]  #: each level, up to how many entries, and who says so
    remarks: tuple[str, ...]  #: what is there and was not checked


@dataclass(slots=True)
class _Log:
    """What the log itself says, against which everything else is held."""

    sequences: dict[str, list[int]] = field(default_factory=dict)
    leaves: dict[int, bytes] = field(default_factory=dict)
    requested: list[str] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=dict)
    policy: dict[str, str] = field(default_factory=dict)
    redacted: set[str] = field(default_factory=set)
    reconciled: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    erasing: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Gone:
    """The values that are not in the pack, and whether the log says why; is shown all of a change in order."""

    account: Account
    count: int = 0
    unsaid: int = 0

    def look(self, leaf: Mapping[str, Any], fields: Sequence[str]) -> None:
        self.count += len(fields)
        self.unsaid += len(self.account.unsaid(leaf, fields))

    def remarks(self) -> tuple[str, ...]:
        """Say what may have been erased after the head of this pack, or may have been taken away."""
        said = (
            f"No entry in this pack says that {self.unsaid} of the values that are gone were erased. "
            "Ask for a pack as of the newest head: it must say so."
        )
        return (said,) if self.unsaid else ()


def check(place: Path, outside: Outside = OWN) -> Checked:
    """Recompute everything in a pack; raises ``LedgerCorrupt``.  ``outside``: what was got elsewhere."""
    files = opened(place)
    ours = key_of(_text(files, KEY))
    told, digests = _manifest(files, ours)
    _digests(files, digests)
    if isinstance(files, ZipFiles):
        files.require_ours()
    ledger = ExportedLedger(lambda path: files.read(f"log/{path}"), _text(files, CHECKPOINT))
    _log_files(files, ledger, ours)
    log = _walk(ledger, told)
    found = ledger.judged(ours, outside)
    rows = _population(files, log, told, ledger)
    gone = _Gone(Account(log.erasing))
    for row in rows:
        _change(files, ledger, log, row, ours, gone)
    _policies(files, rows, log)
    _reconciliations(files, log)
    _sample(files, ledger, told, ours)
    return Checked(
        files=len(digests) + 1,
        changes=len(rows),
        entries=sum(len(log.sequences[row["change_id"]]) for row in rows),
        size=ledger.point.size,
        root=ledger.point.root.hex(),
        origin=ledger.point.origin,
        key=str(ours),
        key_was_given=bool(outside.key),
        erased=gone.count,
        level=found.reached[-1].level,
        reached=found.reached,
        remarks=(*found.remarks, *gone.remarks()),
    )


# --- the files are those that were signed ----------------------------------------------------------


def _manifest(files: Files, key: VerifierKey) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return what the manifest says and the digest of each file, if the ledger's key signed it."""
    signed = strict_json(_payload(files.read(MANIFEST), MANIFEST, key), MANIFEST)
    try:
        digests = {str(one["name"]): str(one["digest"]["sha256"]) for one in signed["subject"]}
        told: Mapping[str, Any] = signed["predicate"]
        fits = signed["predicateType"] == envelope.MANIFEST_TYPE and len(digests) == len(signed["subject"])
        required = {KEY, PEM, CHECKPOINT, LAST, POPULATION, RECONCILIATIONS, "VERIFY.md"}
    except (KeyError, TypeError) as error:
        raise LedgerCorrupt(f"{MANIFEST} is not the manifest of an evidence pack.") from error
    if not fits or not required <= digests.keys():
        raise LedgerCorrupt(f"{MANIFEST} is not the manifest of an evidence pack.")
    return told, digests


def _payload(data: bytes, what: str, key: VerifierKey) -> bytes:
    return envelope.opened(data, what, key.named, key.public)


def _digests(files: Files, digests: Mapping[str, str]) -> None:
    there = files.names() - {MANIFEST}
    if unknown := sorted(there - digests.keys()):
        raise LedgerCorrupt(f"{unknown[0]} is not named by the manifest; it was added.")
    if missing := sorted(digests.keys() - there):
        raise LedgerCorrupt(f"{missing[0]} is missing.")
    for name, digest in sorted(digests.items()):
        if hashlib.sha256(files.read(name)).hexdigest() != digest:
            raise LedgerCorrupt(f"{name} was changed: it does not have the sha256 that was signed.")


def _text(files: Files, name: str) -> str:
    try:
        return files.read(name).decode()
    except UnicodeDecodeError as error:
        raise LedgerCorrupt(f"{name} is no text.") from error


# --- what they say follows from the ledger ---------------------------------------------------------


def _log_files(files: Files, ledger: ExportedLedger, key: VerifierKey) -> None:
    there = {name for name in files.names() if name.startswith("log/tile/")}
    if there != {f"log/{path}" for path in ledger.paths()}:
        raise LedgerCorrupt("log/ has not exactly the tiles of a ledger of this size.")
    if files.read(PEM) != envelope.public_key_pem(key.public):
        raise LedgerCorrupt(f"{PEM} is another key than {KEY}.")


def _walk(ledger: ExportedLedger, told: Mapping[str, Any]) -> _Log:
    try:
        begin, end = (str(told["period"][name]).rstrip("Z") for name in ("from", "to"))
    except (KeyError, TypeError) as error:
        raise LedgerCorrupt(f"{MANIFEST} does not say which period it is about.") from error
    log = _Log()
    for data, leaf in ledger.leaves():
        if leaf["kind"] == "policy-redacted/1":
            log.redacted.add(leaf["body"]["sha256"])
        if leaf["kind"] == "reconciled/1":
            log.reconciled[leaf["sequence"]] = leaf["body"]
        if leaf["kind"] in ERASING:
            log.erasing.append(leaf)
        if change := leaf["change"]:
            log.sequences.setdefault(change, []).append(leaf["sequence"])
            log.leaves[leaf["sequence"]] = hashlib.sha256(data).digest()
            log.state[change] = leaf["ruling"].get("to", log.state.get(change, ""))
            log.policy.setdefault(change, leaf["policy"])
            accepted = leaf["kind"].startswith("request/") and leaf["ruling"].get("answer") == "accepted"
            if accepted and begin <= leaf["occurred_at"][:19] < end:
                log.requested.append(change)
    return log


def _population(
    files: Files, log: _Log, told: Mapping[str, Any], ledger: ExportedLedger
) -> Sequence[Mapping[str, str]]:
    rows = list(csv.DictReader(io.StringIO(_text(files, POPULATION), newline="")))
    if rows and tuple(rows[0]) != COLUMNS:
        raise LedgerCorrupt(f"{POPULATION} has other columns than it should have.")
    if [row["change_id"] for row in rows] != log.requested or told.get("rows") != len(rows):
        raise LedgerCorrupt(
            f"{POPULATION} is not the population: the ledger has other requests in this period."
        )
    for row in rows:
        mine = log.sequences[row["change_id"]]
        expected = {
            "seq_first": str(mine[0]),
            "seq_last": str(mine[-1]),
            "leaf_index": str(mine[-1] - 1),
            "state": log.state[row["change_id"]],
            "policy_sha256": log.policy[row["change_id"]],
            "checkpoint_size": str(ledger.point.size),
            "checkpoint_root": ledger.point.root.hex(),
        }
        wrong = [name for name, value in expected.items() if row[name] != value]
        if wrong:
            raise LedgerCorrupt(
                f"{POPULATION} says of {row['change_id']} what the ledger does not: {wrong[0]}."
            )
    return rows


def _change(
    files: Files, ledger: ExportedLedger, log: _Log, row: Mapping[str, str], key: VerifierKey, gone: _Gone
) -> None:
    """Check the record of a change against the log."""
    change = row["change_id"]
    name = f"changes/{change}/{RECORD}"
    data = files.read(name)
    found = strict_json(data, name)
    try:
        entries = found["entries"]
        if [one["sequence"] for one in entries] != log.sequences[change] or _as_cells(found["row"]) != row:
            raise LedgerCorrupt(f"{name} has not exactly the entries and the row of its change.")
        for one in entries:
            _entry(ledger, log, one, name, gone)
        _decided(found["decided"], {one["sequence"]: one["values"] for one in entries}, name)
        if entries[-1]["leaf_hash"] != row["leaf_hash"]:
            raise LedgerCorrupt(f"{POPULATION} names another last entry of {change} than {name}.")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise LedgerCorrupt(f"{name} is not the record of a change.") from error
    _statement(files, change, hashlib.sha256(data).hexdigest(), key)


def _as_cells(found: Mapping[str, str]) -> dict[str, str]:
    return {name: neutral(value) for name, value in found.items()}


def _entry(ledger: ExportedLedger, log: _Log, one: Mapping[str, Any], name: str, gone: _Gone) -> None:
    sequence, leaf = one["sequence"], one["leaf"].encode()
    if hashlib.sha256(leaf).digest() != log.leaves[sequence]:
        raise LedgerCorrupt(f"{name}: entry {sequence} is not the one in the log.")
    if leaf_hash(leaf).hex() != one["leaf_hash"]:
        raise LedgerCorrupt(f"{name}: entry {sequence} has another hash.")
    ledger.check_receipt(one["receipt"], sequence, leaf)
    parsed = strict_json(leaf, f"Entry {sequence}")
    bound = committed(parsed)
    if bound.keys() != one["values"].keys():
        raise LedgerCorrupt(f"{name}: entry {sequence} commits to other values than are there.")
    for field_name, value in one["values"].items():
        if value is not None:
            check_value(sequence, field_name, bound[field_name], value["salt"], value["value"])
    gone.look(parsed, [field_name for field_name, value in one["values"].items() if value is None])


def _decided(decided: Sequence[Any], values: Mapping[int, Any], name: str) -> None:
    """Check that each text that was decided on has the digest the answer carries."""
    for one in decided:
        if one["text"] is None:
            continue
        shown = shown_digest(tuple((heading, text) for heading, text in one["text"]))
        if shown != values[one["entry"]]["shown"]["value"]:
            raise LedgerCorrupt(f"{name}: entry {one['entry']} decided on another text.")


def _statement(files: Files, change: str, digest: str, key: VerifierKey) -> None:
    name = f"changes/{change}/{STATEMENT}"
    said = strict_json(_payload(files.read(name), name, key), name)
    subjects = {one["name"]: one["digest"] for one in said["subject"]}
    if (
        subjects.get(f"changes/{change}/{RECORD}") != {"sha256": digest}
        or said["predicate"]["change"] != change
    ):
        raise LedgerCorrupt(f"{name} is about something else.")


def _policies(files: Files, rows: Sequence[Mapping[str, str]], log: _Log) -> None:
    """Check that each policy is the one its name says; one that was redacted must be said to be so in the log."""
    texts = {name for name in files.names() if name.startswith("policies/")}
    redacted = {f"policies/{sha256}{REDACTED}" for sha256 in log.redacted}
    for name in sorted(texts - redacted):
        if name != f"policies/{hashlib.sha256(files.read(name)).hexdigest()}.toml":
            raise LedgerCorrupt(f"{name} is not the policy it is named after.")
    for row in rows:
        sha256 = log.policy[row["change_id"]]
        if not {f"policies/{sha256}.toml", f"policies/{sha256}{REDACTED}"} & texts:
            raise LedgerCorrupt(f"The policy of {row['change_id']} is missing.")


def _reconciliations(files: Files, log: _Log) -> None:
    """Check that what was compared with other systems came out as the log says."""
    told = strict_json(files.read(RECONCILIATIONS), RECONCILIATIONS)
    try:
        for one in told["reconciliations"]:
            if one["entry"] is None and (not one["run"] or one["id"] in FROM_THE_LOG):
                continue
            body = log.reconciled[one["entry"]]
            if any(body[name] != one[name] for name in COUNTS):
                raise LedgerCorrupt(f"{RECONCILIATIONS} says of {one['id']} what the ledger does not.")
    except (KeyError, TypeError) as error:
        raise LedgerCorrupt(f"{RECONCILIATIONS} names a comparison that the ledger does not have.") from error


def _sample(files: Files, ledger: ExportedLedger, told: Mapping[str, Any], key: VerifierKey) -> None:
    """Check that the sample's seed is from a head of this very ledger."""
    last = ledger.require_head(_text(files, LAST), key)
    if told.get("sample") != {
        "checkpoint_size": last.size, "root": last.root.hex(), "seed": seed_of(last.root),
    }:  # fmt: skip
        raise LedgerCorrupt("The seed of the sample does not follow from the period's last head.")
