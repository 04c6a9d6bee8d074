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
NEWEST = 500  #: entries that are looked at: years of months, and no cost that grows with the ledger
_NEWEST = (
    sa.select(entries.c.leaf)
    .where(entries.c.kind.in_(KINDS))
    .order_by(entries.c.sequence.desc())
    .limit(NEWEST)
)


def known(connection: sa.Connection) -> dict[str, Review]:
    """Return the reviews there were lately, by period; refused acts count for nothing."""
    return reviews(_entry(row.leaf) for row in reversed(connection.execute(_NEWEST).all()))


def _entry(leaf: bytes) -> Entry:
    said = json.loads(leaf)
    refused = said["ruling"].get("answer") == "refused"
    return Entry(at=said["occurred_at"], by=said["by"]) if refused else entry_of(said, {})
