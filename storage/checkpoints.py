"""Signed heads of the ledger: C2SP ``tlog-checkpoint`` in a signed note, Ed25519.

A checkpoint is stored before it is released, and one that contradicts a stored one is never signed.
"""

import base64
import hashlib
from dataclasses import dataclass

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from storage import merkle
from storage.schema import checkpoints, head
from workflows.errors import LedgerCorrupt, Misconfigured

ED25519 = b"\x01"  #: the algorithm byte of signed notes
SEED = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head: what the ledger was when it had ``size`` entries."""

    origin: str
    size: int
    root: bytes
    note: str


class Signer:
    """The key the ledger is signed with; its name is the ledger's origin."""

    def __init__(self, origin: str, seed: bytes) -> None:
        if len(seed) != SEED:
            raise Misconfigured(
                f"LEDGER_SIGNING_KEY must be {SEED} bytes in base64; it is {len(seed)} bytes."
            )
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def verifier_key(self) -> str:
        """The public key as signed notes write it: ``name+hash+base64``."""
        return f"{self.origin}+{_key_hash(self.origin, self._public).hex()}+{_b64(ED25519 + self._public)}"

    def sign(self, size: int, root: bytes) -> Checkpoint:
        text = f"{self.origin}\n{size}\n{_b64(root)}\n"
        signature = _b64(_key_hash(self.origin, self._public) + self._key.sign(text.encode()))
        return Checkpoint(self.origin, size, root, f"{text}\n— {self.origin} {signature}\n")


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def verified(note: str, verifier_key: str) -> Checkpoint:
    """Return the checkpoint in ``note`` if the key signed it; raise ``LedgerCorrupt`` otherwise."""
    name, _, key = verifier_key.split("+", 2)
    public = base64.b64decode(key, validate=True)[1:]
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        _, _, signed = line.partition(f"— {name} ")
        raw = _raw(signed)
        if raw[:4] != _key_hash(name, public):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
        except InvalidSignature as error:
            raise LedgerCorrupt(f"The checkpoint's signature by {name} does not hold.") from error
        try:
            origin, size, root = text.splitlines()[:3]
            return Checkpoint(origin, int(size), base64.b64decode(root, validate=True), note)
        except ValueError as error:
            raise LedgerCorrupt(f"What {name} signed is no checkpoint.") from error
    raise LedgerCorrupt(f"The checkpoint is not signed by {name}.")


def _raw(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except ValueError:
        return b""


def make(connection: sa.Connection, signer: Signer) -> Checkpoint:
    """Sign the head as it is, store it, and return it; the same head is signed once."""
    size, frontier = connection.execute(
        sa.select(head.c.size, head.c.frontier).where(head.c.id == 1).with_for_update()
    ).one()
    root = merkle.root(frontier)
    stored = latest(connection, signer.origin)
    if stored and stored.size == size:
        if stored.root != root:
            raise LedgerCorrupt(f"At {size} entries another root was signed before; nothing is signed now.")
        return stored
    if stored and stored.size > size:
        raise LedgerCorrupt(
            f"{stored.size} entries were signed before and only {size} are there: the database is older than what was signed; nothing is signed now."
        )
    made = signer.sign(size, root)
    connection.execute(
        sa.insert(checkpoints).values(size=size, origin=made.origin, root=root, note=made.note)
    )
    return made


def latest(connection: sa.Connection, origin: str) -> Checkpoint | None:
    """Return the newest checkpoint signed under ``origin``."""
    row = connection.execute(
        sa.select(checkpoints)
        .where(checkpoints.c.origin == origin)
        .order_by(checkpoints.c.size.desc())
        .limit(1)
    ).one_or_none()
    return Checkpoint(row.origin, row.size, row.root, row.note) if row else None
