"""Whose signature counts for the ledger, and for how many entries: judged from the ledger's own entries.

Each key is in force for a term.  A key follows another by an entry with a note that both signed, so that
whoever knows one of them can trust all that are linked to it.  No database here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from storage.notes import Checkpoint, Note, Signer, VerifierKey, read_checkpoint
from workflows.errors import LedgerCorrupt

KEY, ROTATED, RECOVERED, DAMAGED = (
    "key-in-force/1",
    "key-rotated/1",
    "ledger-recovered/1",
    "ledger-damaged/1",
)
SIGNING = (KEY, ROTATED, RECOVERED, DAMAGED)  #: the kinds that say who may sign


@dataclass(frozen=True, slots=True)
class Line:
    """What an entry says, apart from when and by whom."""

    sequence: int
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """A key, and the sizes of the ledger it may sign."""

    key: VerifierKey
    first: int
    last: int | None = None  #: none: still in force
    lost: bool = False  #: what was signed beyond ``last`` was lost, and that is on record
    linked: bool = False  #: follows the key before it, and both signed that


def succession_text(previous: VerifierKey, following: VerifierKey, kept: int) -> str:
    """Write what both keys sign when one follows the other."""
    return f"emergency-change succession\n{previous}\n{following}\n{kept}\n"


def succession_note(previous: Signer, following: Signer, kept: int) -> str:
    """Return the note that lets ``following`` follow ``previous`` after ``kept`` entries."""
    text = succession_text(previous.key, following.key, kept)
    return str(Note(text, (previous.signature(text), following.signature(text))))


class Trust:
    """The terms of all keys, in the order in which they came into force."""

    def __init__(self, lines: Iterable[Line], pinned: str = "") -> None:
        self.terms: list[Term] = []
        self.damaged = 0  #: the entry that recorded damage nobody has dealt with yet; 0: none
        self.losses: list[Line] = []
        for line in lines:
            try:
                self._take(line)
            except (KeyError, TypeError) as error:
                raise LedgerCorrupt(
                    f"Entry {line.sequence} cannot be read: its bytes were changed."
                ) from error
        if pinned:
            self._only_what_is_linked_to(VerifierKey.read(pinned))

    def _take(self, line: Line) -> None:
        match line.kind:
            case "key-in-force/1":
                self.terms.append(Term(VerifierKey.read(line.body["public_key"]), line.sequence))
            case "key-rotated/1":
                self._follow(line, line.sequence - 1, lost=False)
            case "ledger-recovered/1":
                self._follow(line, line.body["kept"], lost=True)
                self.damaged = 0
                self.losses.append(line)
            case "ledger-damaged/1":
                self.damaged = self.damaged or line.sequence
                self.losses.append(line)

    def _follow(self, line: Line, kept: int, *, lost: bool) -> None:
        previous = VerifierKey.read(line.body["previous"])
        following = VerifierKey.read(line.body["public_key"])
        at = next(
            (n for n, term in enumerate(self.terms) if term.key == previous and term.last is None), None
        )
        note = Note.read(line.body["note"])
        signed = note.text == succession_text(previous, following, kept) and all(
            note.signed_by([key]) for key in (previous, following)
        )
        if at is None or not signed:
            raise LedgerCorrupt(
                f"Entry {line.sequence} puts a key in force that the key before it did not sign."
            )
        self.terms[at] = replace(self.terms[at], last=kept, lost=lost)
        self.terms.append(Term(following, line.sequence, linked=True))

    def _only_what_is_linked_to(self, pinned: VerifierKey) -> None:
        """Keep the keys that follow each other up to the pinned one and after it."""
        chains: list[list[Term]] = []
        for term in self.terms:
            if term.linked:
                chains[-1].append(term)
            else:
                chains.append([term])
        chain = next((c for c in chains if any(term.key == pinned for term in c)), None)
        if chain is None:
            raise LedgerCorrupt(f"The ledger was never signed with the key of {pinned.name} that was given.")
        self.terms = chain

    def pending(self) -> list[Line]:
        """Return the damage that nobody has dealt with yet."""
        return [line for line in self.losses if self.damaged and line.sequence >= self.damaged]

    def origin(self, base: str) -> str:
        """Return the origin the ledger has now: the base, or what a recovery made of it."""
        now = [term.key.name for term in self.terms if term.last is None]
        return next((name for name in reversed(now) if name == base or name.startswith(f"{base}/")), base)

    def known(self, origin: str) -> tuple[VerifierKey, ...]:
        """Return the keys that are in force for an origin."""
        return tuple(term.key for term in self.terms if term.key.name == origin and term.last is None)

    def read(self, note: str) -> tuple[Checkpoint, bool]:
        """Return a checkpoint, and whether what it is about was lost; raises ``LedgerCorrupt``."""
        point = read_checkpoint(note)
        terms = [term for term in self.terms if term.key.name == point.origin]
        if not terms:
            raise LedgerCorrupt(
                f"The checkpoint at {point.size} entries is signed by {point.origin}, whose key is unknown."
            )
        signed = Note.read(note).signed_by([term.key for term in terms])
        if not signed:
            raise LedgerCorrupt(f"The checkpoint is not signed by {point.origin}.")
        term = next(term for term in terms if signed[0].is_by(term.key))
        beyond = term.last is not None and point.size > term.last
        if (point.size < term.first or beyond) and not (beyond and term.lost):
            raise LedgerCorrupt(
                f"The checkpoint at {point.size} entries is signed with a key that was not in force then."
            )
        return point, beyond
