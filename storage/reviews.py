"""What the ledger says about reviews: the entries about digests and what became of them, words left out."""

import json

import sqlalchemy as sa

from storage.leaves import entry_of
from storage.schema import entries
from workflows import administration as ad
from workflows.events import Entry
from workflows.reviews import Review, reviews

KINDS = tuple(
    kind.model_fields["kind"].default
    for kind in (
        *(ad.DigestMade, ad.DigestPosted, ad.ReviewSigned),
        *(ad.SelfTested, ad.ReviewReminded, ad.ReviewOverdue),
    )
)
NEWEST = 200  #: entries of a kind that are looked at: years of months, and no cost that grows with the ledger
_NEWEST = (  # one kind at a time, or a database may look for them through the whole ledger
    sa.select(entries.c.sequence, entries.c.leaf)
    .where(entries.c.kind == sa.bindparam("kind"))
    .order_by(entries.c.sequence.desc())
    .limit(NEWEST)
)


def known(connection: sa.Connection) -> dict[str, Review]:
    """Return the reviews there were lately, by period; refused acts count for nothing."""
    rows = [row for kind in KINDS for row in connection.execute(_NEWEST, {"kind": kind})]
    return reviews(_entry(row.leaf) for row in sorted(rows, key=lambda row: int(row.sequence)))


def _entry(leaf: bytes) -> Entry:
    said = json.loads(leaf)
    refused = said["ruling"].get("answer") == "refused"
    return Entry(at=said["occurred_at"], by=said["by"]) if refused else entry_of(said, {})
