"""Signed statements: in-toto v1 in a DSSE envelope, written in one way only.

What is signed says so in its first word (``DSSEv1``), so that it can be taken for no checkpoint.  Reading is
strict: an envelope that could have been written differently is refused, so that no byte of it is free.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from workflows.errors import LedgerCorrupt

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
MANIFEST_TYPE = "urn:emergency-change-bot:evidence-pack:v1"
CHANGE_TYPE = "urn:emergency-change-bot:change:v1"
Sign = Callable[[bytes], bytes]


def statement(subject: Mapping[str, Mapping[str, str]], kind: str, predicate: Mapping[str, Any]) -> bytes:
    """Write an in-toto statement about files or commits: name → digests."""
    return compact(
        {
            "_type": STATEMENT,
            "subject": [{"digest": dict(digest), "name": name} for name, digest in sorted(subject.items())],
            "predicateType": kind,
            "predicate": predicate,
        }
    )


def compact(data: Any) -> bytes:
    """Write JSON with sorted keys and nothing between them."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def before_signing(payload: bytes) -> bytes:
    """Return what is signed of a payload (DSSE's pre-authentication encoding)."""
    return b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def envelope(payload: bytes, key_id: str, sign: Sign) -> bytes:
    """Sign a payload."""
    return _written(payload, key_id, sign(before_signing(payload)))


def _written(payload: bytes, key_id: str, signature: bytes) -> bytes:
    return compact(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}],
        }
    )


def opened(data: bytes, what: str, key_id: str, public: bytes) -> bytes:
    """Return the payload if this key signed it; raises ``LedgerCorrupt``."""
    payload, said, signature = _read(data, what)
    if said != key_id:
        raise LedgerCorrupt(f"{what} is signed with another key: {said}, not {key_id}.")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, before_signing(payload))
    except InvalidSignature as error:
        raise LedgerCorrupt(f"The signature of {what} does not hold.") from error
    return payload


def _read(data: bytes, what: str) -> tuple[bytes, str, bytes]:
    try:
        found = json.loads(data)
        payload = base64.b64decode(found["payload"], validate=True)
        [signed] = found["signatures"]
        signature = base64.b64decode(signed["sig"], validate=True)
        again = _written(payload, signed["keyid"], signature)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LedgerCorrupt(f"{what} is no signed envelope.") from error
    if again != data:
        raise LedgerCorrupt(f"{what} is not written the one way it may be written: a byte of it was changed.")
    return payload, signed["keyid"], signature


def public_key_pem(public: bytes) -> bytes:
    """Write a public key as openssl reads it."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
