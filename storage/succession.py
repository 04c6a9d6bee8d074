"""One key follows another: because it is time, or because what was signed before is lost.

Both keys sign the note that says so.  The entry with that note is appended under the head's lock, so that
no checkpoint is signed in between, by whatever replica.
"""

import secrets
from datetime import datetime

import sqlalchemy as sa

from storage import administrative, checkpoints, damage, ledger, proofs
from storage.leaves import Vault
from storage.notes import Checkpoint, Signer, verified
from storage.trust import Trust, succession_note
from workflows.administration import KeyInForce, KeyRotated, LedgerRecovered
from workflows.errors import LedgerCorrupt, Misconfigured
from workflows.vocabulary import SYSTEM


def introduce(connection: sa.Connection, vault: Vault, base: Signer, at: datetime) -> None:
    """Write down the key the ledger is signed with, unless it is known: what is signed before that never holds."""
    if _known(connection, base):
        return
    ledger.lock(connection)
    if _known(connection, base):  # another replica was first
        return
    entry = KeyInForce(at=at, by=SYSTEM, origin=base.origin, public_key=base.verifier_key)
    ledger.append(connection, vault, [ledger.Draft(entry)], at)


def _known(connection: sa.Connection, base: Signer) -> bool:
    return bool(administrative.trust(connection).known(in_force(connection, base).origin))


def signing(connection: sa.Connection, base: Signer) -> Signer:
    """Return the signer whose key is in force, under the origin the ledger has now.

    Raises ``LedgerCorrupt`` while damage waits for its recovery, ``Misconfigured`` for a key out of force.
    """
    trust = administrative.trust(connection)
    if trust.damaged:
        raise LedgerCorrupt(
            f"The end of the ledger was lost before entry {trust.damaged}; find out how, then run `emergency-change ledger recover`. Nothing is signed until then."
        )
    return _of(trust, base)


def in_force(connection: sa.Connection, base: Signer) -> Signer:
    """Return the signer whose key is in force, damaged or not; raises ``Misconfigured``."""
    return _of(administrative.trust(connection), base)


def _of(trust: Trust, base: Signer) -> Signer:
    signer = base.named(trust.origin(base.origin))
    if (known := trust.known(signer.origin)) and signer.key not in known:
        raise Misconfigured(
            f"LEDGER_SIGNING_KEY: the ledger of {signer.origin} is signed with another key; set that one."
        )
    return signer


def rotate(connection: sa.Connection, vault: Vault, base: Signer, seed: bytes, at: datetime) -> Checkpoint:
    """Put another key in force; the head before is still signed with the old one.  Returns that checkpoint."""
    introduce(connection, vault, base, at)
    previous = signing(connection, base)
    following = Signer(previous.origin, seed)
    if following.key == previous.key:
        raise Misconfigured("This key is in force already; give another one.")
    if following.key in [term.key for term in administrative.trust(connection).terms]:
        raise Misconfigured("This key was in force before and was replaced; give another one.")
    last = checkpoints.make(connection, previous)
    entry = KeyRotated(
        at=at,
        by=SYSTEM,
        previous=previous.verifier_key,
        public_key=following.verifier_key,
        note=succession_note(previous, following, last.size),
    )
    ledger.append(connection, vault, [ledger.Draft(entry)], at)
    return last


def recover(
    connection: sa.Connection, vault: Vault, base: Signer, because: str, seen: str, at: datetime
) -> LedgerRecovered:
    """Record what is lost, and go on under a new origin; ``seen``: the newest checkpoint known elsewhere."""
    size, _ = damage.ends(connection, lock=True)
    introduce(connection, vault, base, at)
    trust = administrative.trust(connection)
    previous = _of(trust, base)
    kept = min([size, *(line.body["there"] for line in trust.pending())])
    lost = _lost(connection, previous, kept, seen) if seen else 0
    following = base.named(f"{base.origin}/{at:%Y%m%d}-{secrets.token_hex(3)}")
    entry = LedgerRecovered(
        at=at,
        by=SYSTEM,
        previous=previous.verifier_key,
        public_key=following.verifier_key,
        kept=kept,
        lost=lost,
        note=succession_note(previous, following, kept),
        because=because,
    )
    ledger.append(connection, vault, [ledger.Draft(entry)], at)
    checkpoints.make(connection, following)
    return entry


def _lost(connection: sa.Connection, previous: Signer, kept: int, seen: str) -> int:
    point = verified(seen, previous.key)
    if point.size > kept:
        return point.size
    if proofs.root_at(connection, point.size) == point.root:
        raise Misconfigured("The ledger holds all of that checkpoint: nothing in it was lost.")
    raise LedgerCorrupt(
        f"The first {point.size} entries are not those that were signed: this is no earlier copy of that ledger. Restore another one."
    )
