"""Signed notes, checkpoints and cosignatures (C2SP), Ed25519.

No database here, so that whoever has nothing but files can check them.  A signature by a known key that
does not hold spoils the whole note; one by an unknown key says nothing.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from workflows.errors import LedgerCorrupt, Misconfigured

ED25519 = 0x01  #: the algorithm byte of a signature over the text
COSIGNATURE = 0x04  #: the algorithm byte of a witness' cosignature, which carries its time
SEED = 32
ROOT = 32
_ID = 4
_TIME = 8
_KINDS = {ED25519: "signature", COSIGNATURE: "cosignature"}
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as signed notes write it: ``name+id+base64``."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID]

    @property
    def named(self) -> str:
        """The name and the id, without the key itself."""
        return f"{self.name}+{self.id.hex()}"

    def __str__(self) -> str:
        return f"{self.named}+{b64(bytes([self.kind]) + self.public)}"

    @classmethod
    def read(cls, text: str) -> "VerifierKey":
        """Read a verifier key; raises ``Misconfigured``."""
        try:
            name, named, encoded = text.strip().split("+", 2)
            data = unb64(encoded)
            key = cls(name, data[0], data[1:])
            Ed25519PublicKey.from_public_bytes(key.public)
            if name and key.kind in _KINDS and key.id.hex() == named:
                return key
        except (ValueError, IndexError):
            pass
        raise Misconfigured(f"{text[:80]!r} is no verifier key; one looks like name+1a2b3c4d+AbCd….")


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note."""

    name: str
    key: bytes  #: the id of the key
    data: bytes

    def __str__(self) -> str:
        return f"— {self.name} {b64(self.key + self.data)}\n"

    def is_by(self, key: VerifierKey) -> bool:
        return (self.name, self.key) == (key.name, key.id)

    @property
    def at(self) -> int:
        """The time of a cosignature, in seconds since 1970."""
        return int.from_bytes(self.data[:_TIME])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    @classmethod
    def read(cls, data: str) -> "Note":
        """Take a note apart; raises ``LedgerCorrupt``.  Every byte counts: nothing is read in two ways."""
        text, blank, block = data.rpartition("\n\n")
        if not blank or not text or not block.endswith("\n") or _CONTROL.search(data):
            raise LedgerCorrupt(
                "The checkpoint is no signed note: a text, an empty line and signatures are wanted."
            )
        return cls(text + "\n", tuple(_signature(line) for line in block[:-1].split("\n")))

    def signed_by(self, keys: Iterable[VerifierKey]) -> tuple[Signature, ...]:
        """Return the signatures by these keys; raises ``LedgerCorrupt`` if one of them does not hold."""
        known = {(key.name, key.id): key for key in keys}
        found = []
        for signature in self.signatures:
            key = known.get((signature.name, signature.key))
            if key is None:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(*_signed(key, signature, self.text))
            except (InvalidSignature, ValueError) as error:
                raise LedgerCorrupt(
                    f"The checkpoint's {_KINDS[key.kind]} by {key.name} does not hold."
                ) from error
            found.append(signature)
        return tuple(found)


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
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(origin, ED25519, self._key.public_key().public_bytes_raw())

    @property
    def verifier_key(self) -> str:
        """The public key as signed notes write it: ``name+id+base64``."""
        return str(self.key)

    def named(self, origin: str) -> "Signer":
        """Return the same key under another origin."""
        return Signer(origin, self._seed)

    def signature(self, text: str) -> Signature:
        """Sign a text that ends in a newline."""
        return Signature(self.origin, self.key.id, self._key.sign(text.encode()))

    def raw(self, data: bytes) -> bytes:
        """Sign bytes that can be taken for no note: what is signed begins with words of its own."""
        return self._key.sign(data)

    def sign(self, size: int, root: bytes) -> Checkpoint:
        text = checkpoint_text(self.origin, size, root)
        return Checkpoint(self.origin, size, root, str(Note(text, (self.signature(text),))))


class Cosigner:
    """The key a witness cosigns with."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, COSIGNATURE, self._key.public_key().public_bytes_raw())

    def cosign(self, text: str, at: int) -> Signature:
        """Say that at this time (seconds since 1970) the text was the longest consistent head seen."""
        signed = self._key.sign(_cosigned(text, at))
        return Signature(self.key.name, self.key.id, at.to_bytes(_TIME) + signed)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{b64(root)}\n"


def read_checkpoint(note: str) -> Checkpoint:
    """Read what a checkpoint says, whoever signed it; raises ``LedgerCorrupt``."""
    lines = Note.read(note).text.split("\n")[:-1]
    try:
        origin, size, root = lines[:3]
        if origin and all(lines) and _DECIMAL.fullmatch(size) and len(unb64(root)) == ROOT:
            return Checkpoint(origin, int(size), unb64(root), note)
    except ValueError:
        pass
    raise LedgerCorrupt("The checkpoint does not name origin, size and root.")


def verified(note: str, key: str | VerifierKey) -> Checkpoint:
    """Return the checkpoint in ``note`` if the key signed it; raise ``LedgerCorrupt`` otherwise."""
    key = VerifierKey.read(key) if isinstance(key, str) else key
    if not Note.read(note).signed_by([key]):
        raise LedgerCorrupt(f"The checkpoint is not signed by {key.name}.")
    try:
        return read_checkpoint(note)
    except LedgerCorrupt as error:
        raise LedgerCorrupt(f"What {key.name} signed is no checkpoint.") from error


def _signature(line: str) -> Signature:
    parts = _LINE.fullmatch(line)
    try:
        data = unb64(parts[2]) if parts else b""
    except ValueError:
        data = b""
    if parts is None or len(data) <= _ID:
        raise LedgerCorrupt("The checkpoint has a line below its text that is no signature.")
    return Signature(parts[1], data[:_ID], data[_ID:])


def _signed(key: VerifierKey, signature: Signature, text: str) -> tuple[bytes, bytes]:
    """Return the bare signature and the bytes it is over."""
    if key.kind == COSIGNATURE:
        return signature.data[_TIME:], _cosigned(text, signature.at)
    return signature.data, text.encode()


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """Decode base64 that could not be written in another way; raises ``ValueError``."""
    data = base64.b64decode(text, validate=True)
    if b64(data) != text:
        raise ValueError("not canonical base64")
    return data
