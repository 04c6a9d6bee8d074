"""The bytes of an entry, and what stays out of them.

A leaf is canonical JSON (RFC 8785).  Free text and personal data enter it only as salted commitments,
``SHA-256(JCS([salt, field, value]))``; value and salt go, sealed, to a table that can be erased.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json.scanner import make_scanner
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workflows import administration, events, observations
from workflows.errors import LedgerCorrupt
from workflows.events import Entry
from workflows.prose import ERASED, prose_fields
from workflows.vocabulary import ChangeId

LONGEST = 65_535  #: bytes of a leaf; what C2SP tlog-tiles can carry
NONCE = 12
_TEXT = json.JSONEncoder(ensure_ascii=False).encode  #: one text; a list would make an encoder each time
LARGEST = 2**53 - 1  #: the largest whole number that canonical JSON may hold
_WRITE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_SCAN = make_scanner(json.JSONDecoder())  # type: ignore[arg-type]  # the stub asks for a scanner where a decoder belongs


def _kinds() -> Iterator[type[Entry]]:
    for module in (events, observations, administration):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, Entry) and "kind" in thing.model_fields:
                yield thing


#: Every kind of entry there ever was, by the name it has in the ledger.
KINDS: Mapping[str, type[Entry]] = {kind.model_fields["kind"].default: kind for kind in _kinds()}
PROSE: Mapping[type[Entry], tuple[str, ...]] = {kind: prose_fields(kind) for kind in KINDS.values()}
KIND_OF: Mapping[type[Entry], str] = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Leaf:
    """Canonical bytes, and the values they commit to: field → (salt, value)."""

    data: bytes
    values: dict[str, tuple[str, str]]


def moment(at: datetime) -> str:
    """Write a time as the ledger does: UTC, microseconds, Z; fixed in width, so that texts sort as times do."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parsed(data: bytes) -> Any:
    """Read JSON that was written without a space around it; raises ``ValueError``."""
    text = data.decode()
    try:
        value, end = _SCAN(text, 0)
    except StopIteration as error:
        raise ValueError("no JSON") from error
    if end != len(text):
        raise ValueError("more than one value")
    return value


def canonical(value: Any) -> bytes:
    """Write canonical JSON (RFC 8785), by the standard library where it writes the very same bytes."""
    return _WRITE(value).encode() if _is_plain(value) else rfc8785.dumps(value)


def _is_plain(value: object) -> bool:
    """Say whether nothing in it is written differently: no fractions, no large numbers, no keys that sort otherwise."""
    if isinstance(value, str) or value is None:
        return True
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and _is_plain(one) for key, one in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, int) and -LARGEST <= value <= LARGEST


def commitment(salt: str, field: str, value: str) -> str:
    """Commit to a value: the canonical JSON of three texts, which the standard library writes as RFC 8785 does."""
    canonical = f"[{_TEXT(salt)},{_TEXT(field)},{_TEXT(value)}]"
    return hashlib.sha256(canonical.encode()).hexdigest()


def leaf(
    entry: Entry,
    *,
    sequence: int,
    number: int,
    change: ChangeId | None,
    recorded_at: datetime,
    delivery: str,
    ruling: Mapping[str, Any],
    policy: str,
    keep_prose: bool = True,
) -> Leaf:
    """Make the leaf of an entry; without ``keep_prose`` free text is neither kept nor committed to."""
    body = entry.model_dump(mode="json", exclude={"kind", "at", "by"})
    kept: dict[str, tuple[str, str]] = {}
    for field in PROSE[type(entry)]:
        value = body.get(field)
        if not value:
            continue
        if not keep_prose:
            body[field] = ERASED
            continue
        salt = secrets.token_hex(32)
        kept[field] = (salt, value)
        body[field] = {"commitment": commitment(salt, field, value)}
    data = canonical(
        {
            "v": 1,
            "sequence": sequence,
            "number": number,
            "change": change,
            "kind": KIND_OF[type(entry)],
            "occurred_at": moment(entry.at),
            "recorded_at": moment(recorded_at),
            "by": entry.by,
            "delivery": delivery or None,
            "ruling": dict(ruling),
            "policy": policy or None,
            "body": body,
        }
    )
    if len(data) > LONGEST:
        raise ValueError(f"A leaf of {len(data)} bytes is too long; the longest is {LONGEST}.")
    return Leaf(data, kept)


def entry_of(data: Mapping[str, Any], opened: Mapping[str, str]) -> Entry:
    """Rebuild the entry from a parsed leaf and its opened values; what is missing was erased."""
    body = dict(data["body"])
    for field, value in body.items():
        if isinstance(value, dict) and "commitment" in value:
            body[field] = opened.get(field, ERASED)
    return KINDS[data["kind"]].model_validate({"at": data["occurred_at"], "by": data["by"], **body})


class Vault:
    """Seals the erasable values with ``VALUES_KEY``: AES-256-GCM, bound to entry and field."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, sequence: int, field: str, salt: str, value: str) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        plain = json.dumps([salt, value]).encode()
        return nonce + self._cipher.encrypt(nonce, plain, f"{sequence}/{field}".encode())

    def open(self, sequence: int, field: str, sealed: bytes) -> tuple[str, str]:
        """Return salt and value, or raise ``LedgerCorrupt``."""
        try:
            plain = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], f"{sequence}/{field}".encode())
        except InvalidTag as error:
            raise LedgerCorrupt(
                f"The value of {field} in entry {sequence} cannot be opened: wrong VALUES_KEY, or it was changed."
            ) from error
        salt, value = parsed(plain)
        return salt, value
