"""How far the proof reaches: signed by us, kept elsewhere, timestamped, witnessed.  No database here.

What others said about a checkpoint is in entries behind it.  A level is reached up to a size: what came
after the last timestamp is not timestamped yet.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from storage.notes import Note, Signature, VerifierKey
from storage.trust import Line, Trust
from workflows.errors import LedgerCorrupt

ANCHORED, TIMESTAMPED, COSIGNED = "anchored/1", "timestamped/1", "cosigned/1"
ATTESTED = (ANCHORED, TIMESTAMPED, COSIGNED)

#: Returns when a timestamp (its whole answer) says that the bytes were there; raises ``LedgerCorrupt``.
Stamped = Callable[[bytes, bytes], datetime]


class Level(IntEnum):
    """How far the proof reaches; each needs somebody more to lie."""

    UNSIGNED = 0
    SIGNED = 1  #: who holds the signing key and the database can still rewrite it
    ANCHORED = 2  #: who can also rewrite the other place, unseen
    TIMESTAMPED = 3  #: nobody can make another one and claim that it is as old
    WITNESSED = 4  #: nobody can show different people different ledgers


@dataclass(frozen=True, slots=True)
class Reached:
    """A level, up to how many entries, and who says so."""

    level: str
    size: int
    says: str


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody who checks the ledger brings along, because the ledger cannot vouch for it."""

    key: str = ""  #: the verifier key it must have been signed with; empty: those it names itself
    notes: tuple[str, ...] = ()  #: checkpoints that were kept elsewhere
    stamped: Stamped | None = None
    witnesses: tuple[VerifierKey, ...] = ()


OWN = Outside()  #: nothing but what the ledger says itself


@dataclass(frozen=True, slots=True)
class Attestations:
    """What came of checking everything others said."""

    reached: tuple[Reached, ...]
    remarks: tuple[str, ...]  #: what is there and could not be checked


def sizes_in(lines: Iterable[Line]) -> set[int]:
    """Return the sizes at which the roots must be known before ``judge`` can be asked."""
    return {int(line.body["size"]) for line in lines if line.kind in ATTESTED}


def judge(lines: list[Line], trust: Trust, roots: Mapping[int, bytes], outside: Outside) -> Attestations:
    """Check what others said against the ledger's own roots; raises ``LedgerCorrupt``."""
    said: dict[str, list[Line]] = {kind: [] for kind in ATTESTED}
    for line in lines:
        if line.kind in ATTESTED and not _lost(line, trust, roots):
            said[line.kind].append(line)
    reached = [_elsewhere(note, trust, roots) for note in outside.notes]
    remarks: list[str] = []
    for find in (_anchored, _stamped, _witnessed):
        found, more = find(said, outside)
        reached += found
        remarks += more
    return Attestations(tuple(reached), tuple(remarks))


def _lost(line: Line, trust: Trust, roots: Mapping[int, bytes]) -> bool:
    """Check that an entry is about a checkpoint of this very ledger; say whether that part of it was lost."""
    point, lost = trust.read(line.body["checkpoint"])
    if (point.size, point.root.hex()) != (line.body["size"], line.body["root"]):
        raise LedgerCorrupt(f"Entry {line.sequence} is about another checkpoint than it carries.")
    if not lost and roots.get(point.size) != point.root:
        raise LedgerCorrupt(
            f"What {line.kind.partition('/')[0]} at {point.size} entries has another root: something before it was changed."
        )
    return lost


def _elsewhere(note: str, trust: Trust, roots: Mapping[int, bytes]) -> Reached:
    point, lost = trust.read(note)
    if lost:
        raise LedgerCorrupt(
            f"The checkpoint at {point.size} entries was lost in a recovery, which is on record."
        )
    if point.size not in roots:
        raise LedgerCorrupt(
            f"{point.size} entries were signed and fewer are there: the end was cut off, or this is a copy from before."
        )
    if roots[point.size] != point.root:
        raise LedgerCorrupt(
            f"The checkpoint that was kept elsewhere has another root at {point.size} entries: something before it was changed."
        )
    return Reached(Level.ANCHORED.name, point.size, "the checkpoint that was given")


Found = tuple[list[Reached], list[str]]


def _anchored(said: Mapping[str, list[Line]], outside: Outside) -> Found:
    newest = {line.body["where"]: line for line in said[ANCHORED]}
    found = [
        Reached(Level.ANCHORED.name, line.body["size"], f"{where}, {line.body['reference']}")
        for where, line in newest.items()
    ]
    remarks = [
        f"That a head is kept in {where} is the ledger's own word; bring `checkpoint` from there along to have it checked."
        for where in newest
        if not outside.notes
    ]
    return found, remarks


def _stamped(said: Mapping[str, list[Line]], outside: Outside) -> Found:
    newest = {line.body["authority"]: line for line in said[TIMESTAMPED]}
    if newest and outside.stamped is None:
        return [], ["There are timestamps; give the authority's root certificate to have them checked."]
    found = []
    for authority, line in newest.items():
        response, note = base64.b64decode(line.body["response"]), line.body["checkpoint"].encode()
        at = outside.stamped(note, response) if outside.stamped else None
        if at:
            found.append(
                Reached(
                    Level.TIMESTAMPED.name,
                    line.body["size"],
                    f"{authority}, {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                )
            )
    return found, []


def _witnessed(said: Mapping[str, list[Line]], outside: Outside) -> Found:
    newest = {line.body["witness"]: line for line in said[COSIGNED]}
    trusted = {str(key): key for key in outside.witnesses}
    found = []
    for name in newest.keys() & trusted.keys():
        line, key = newest[name], trusted[name]
        signed = cosignature(line.body["checkpoint"], line.body["signature"], key)
        at = datetime.fromtimestamp(signed.at, UTC)
        found.append(Reached(Level.WITNESSED.name, line.body["size"], f"{key.name}, {at:%Y-%m-%dT%H:%M:%SZ}"))
    unknown = [VerifierKey.read(name).name for name in newest.keys() - trusted.keys()]
    remarks = [f"{name} has cosigned; give its key to have that checked." for name in sorted(unknown)]
    return sorted(found, key=lambda one: one.says), remarks


def cosignature(note: str, lines: str, key: VerifierKey) -> Signature:
    """Return a witness' own line out of those it answered with; raises ``LedgerCorrupt`` if it has none."""
    signed = Note.read(note + lines).signed_by([key])
    if not signed:
        raise LedgerCorrupt(f"The checkpoint is not signed by {key.name}.")
    return signed[-1]
