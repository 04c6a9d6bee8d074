"""A receipt: one entry's place in the ledger, under a signed checkpoint (C2SP ``tlog-proof``).

Whoever holds the entry's bytes, the receipt and the ledger's public key needs nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from storage import merkle
from storage.notes import Checkpoint, VerifierKey, b64, read_checkpoint, unb64, verified
from workflows.errors import LedgerCorrupt

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The path from an entry to the root of a checkpoint."""

    index: int  #: counted from 0: one less than the entry's sequence
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    def __str__(self) -> str:
        path = "".join(f"{b64(node)}\n" for node in self.path)
        return f"{HEADER}\nindex {self.index}\n{path}\n{self.checkpoint.note}"

    @classmethod
    def read(cls, text: str) -> "Receipt":
        """Take a receipt apart; raises ``LedgerCorrupt``.  Ours have no line of extra data."""
        head, _, note = text.partition("\n\n")
        header, _, rest = head.partition("\n")
        index, *path = rest.split("\n")
        found = _INDEX.fullmatch(index)
        if header != HEADER or found is None:
            raise LedgerCorrupt(f"This is no receipt: it does not begin with {HEADER} and an index.")
        return cls(int(found[1]), tuple(map(_node, path)), read_checkpoint(note))


def _node(line: str) -> bytes:
    try:
        node = unb64(line)
    except ValueError:
        node = b""
    if len(node) != merkle.WIDTH:
        raise LedgerCorrupt("A line of the receipt's path is no hash.")
    return node


def verify_receipt(receipt: str, leaf: bytes, key: str | VerifierKey) -> Checkpoint:
    """Return the checkpoint under which the receipt proves ``leaf``; raises ``LedgerCorrupt``."""
    read = Receipt.read(receipt)
    point = verified(read.checkpoint.note, key)
    if not proves(read.index, point, read.path, merkle.leaf_hash(leaf)):
        raise LedgerCorrupt(f"The receipt does not prove this as entry {read.index + 1}.")
    return point


def proves(index: int, point: Checkpoint, path: Sequence[bytes], leaf_hash: bytes) -> bool:
    return merkle.verify_inclusion(leaf_hash, index, point.size, path, point.root)
