"""The tables.

``ledger_entries`` and ``entry_values`` are the truth; ``obligations``, ``people``, the mirrors and
``secrets`` are kept besides; everything else is projected and can be dropped and rebuilt.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from storage.leaves import moment

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(sa.types.TypeDecorator[datetime]):
    """A point in time in UTC; naive ones are refused.  SQLite keeps fixed-width text, which sorts."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        kind: sa.types.TypeEngine[Any] = (
            sa.String(32) if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        )
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone.")
        return moment(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


entries = sa.Table(
    "ledger_entries",
    metadata,
    sa.Column("sequence", _serial(), primary_key=True, autoincrement=False),
    sa.Column("change_id", sa.String(32)),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
    sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
    sa.Index("ix_ledger_entries_change_id", "change_id", "sequence"),  # those of a change, in order
    sa.Index("ix_ledger_entries_kind", "kind", "sequence"),  # the newest of a kind, without looking for it
    sqlite_with_rowid=True,
)

#: One row, locked last before a commit; it is a projection of the entries, kept so that appending stays O(log n).
head = sa.Table(
    "ledger_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", _serial(), nullable=False),
    sa.Column("frontier", sa.LargeBinary, nullable=False),
)

#: Whole tiles of the ledger's tree, each with its own root: what proofs are made of without reading entries.
tiles = sa.Table(
    "ledger_tiles",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", _serial(), primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary(32), nullable=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
)

values = sa.Table(
    "entry_values",
    metadata,
    sa.Column("sequence", _serial(), primary_key=True, autoincrement=False),
    sa.Column("field", sa.String(40), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", _serial(), primary_key=True, autoincrement=False),
    sa.Column("origin", sa.String(255), primary_key=True),
    sa.Column("root", sa.LargeBinary(32), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("delivery", sa.String(255), primary_key=True),
    sa.Column("sequence", _serial(), nullable=False),
)

OPEN = sa.text("state IN ('requested', 'active')")  #: access was asked for, and has not ended

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("requester", sa.String(32), nullable=False, index=True),
    sa.Column("owner", sa.String(32), nullable=False, index=True),
    sa.Column("system", sa.String(80), nullable=False),
    sa.Column("access", sa.String(80), nullable=False),
    sa.Column("target", sa.String(255), nullable=False),
    sa.Column("policy", sa.String(64), nullable=False),
    sa.Column("drill", sa.Boolean, nullable=False),
    sa.Column("abandoned", sa.Boolean, nullable=False),
    sa.Column("overridden", sa.Boolean, nullable=False),
    sa.Column("asked_first", sa.Boolean, nullable=False),
    sa.Column("pull", sa.String(500), nullable=False, default=""),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("access_until", Moment),
    sa.Column("duty_due", Moment),
    sa.Column("card_channel", sa.String(32), nullable=False, default=""),
    sa.Column("card_ts", sa.String(32), nullable=False, default=""),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Index("ix_changes_state_drill", "state", "drill"),
    sa.Index("ix_changes_system_opened_at", "system", "opened_at"),
    sa.Index("ix_changes_opened_at_drill", "opened_at", "drill"),
    sa.Index(
        "uq_changes_open",
        "requester",
        "access",
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.Integer, nullable=False),
)

deadlines = sa.Table(
    "deadlines",
    metadata,
    sa.Column("change_id", sa.String(32), primary_key=True),
    sa.Column("slot", sa.String(80), primary_key=True),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("fired_at", Moment),
    sa.Index(
        "ix_deadlines_waiting",
        "due_at",
        sqlite_where=sa.text("fired_at IS NULL"),
        postgresql_where=sa.text("fired_at IS NULL"),
    ),
)

#: Who owes each change what, now: a person by name, or a group without those who are recused.
duties = sa.Table(
    "duties",
    metadata,
    sa.Column("change_id", sa.String(32), primary_key=True),
    sa.Column("duty", sa.String(20), primary_key=True),
    sa.Column("person", sa.String(32), primary_key=True, default=""),
    sa.Column("group", sa.String(120), primary_key=True, default=""),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("recused", sa.Text, nullable=False, default=""),
    sa.Column("drill", sa.Boolean, nullable=False),
    # of all that is owed the change: so changes that are late are counted without telling them apart
    sa.Column("earliest", sa.Boolean, nullable=False, default=False),
    sa.Index("ix_duties_person_due", "person", "duty", "due_at"),
    sa.Index("ix_duties_group_due", "group", "duty", "due_at", "recused"),
    sa.Index("ix_duties_due_at", "due_at", "drill", "earliest", "change_id"),
)

#: Follow-ups that are not done; without their words, which can be erased.
follow_ups = sa.Table(
    "follow_ups",
    metadata,
    sa.Column("change_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.String(32), nullable=False),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("key", sa.String(64), nullable=False, default=""),
    sa.Column("url", sa.Text, nullable=False, default=""),
    sa.Column("late", sa.Boolean, nullable=False, default=False),
    sa.Index("ix_follow_ups_owner", "owner", "due"),
)

#: What the clock has spoken up about and is owed still, by whom it is for: a person, or ``group:`` and a name.
prompts = sa.Table(
    "prompts",
    metadata,
    sa.Column("change_id", sa.String(32), primary_key=True),
    sa.Column("about", sa.String(20), primary_key=True),  # a duty, or a follow-up
    sa.Column("holder", sa.String(120), primary_key=True),
    sa.Column("prompted_at", Moment, nullable=False),  # the last time
    sa.Index("ix_prompts_holder", "holder", "prompted_at"),
)

#: Who is away, and who stands in.
delegations = sa.Table(
    "delegations",
    metadata,
    sa.Column("person", sa.String(32), primary_key=True),
    sa.Column("delegate", sa.String(32), nullable=False),
    sa.Column("until", Moment, nullable=False),
)

#: What each change holds at a target: the folded pre-looks, read attempts and ends, keyed by (target, person).
claims = sa.Table(
    "access_claims",
    metadata,
    sa.Column("change_id", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(300), nullable=False, index=True),
    sa.Column("origin", sa.String(20), nullable=False),
    sa.Column("ended", sa.Boolean, nullable=False),
)

obligations = sa.Table(
    "obligations",
    metadata,
    sa.Column("change_id", sa.String(32), primary_key=True),
    sa.Column("step", sa.String(20), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("wanted", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),  # the number of the change's entry to show
    sa.Column("settled", sa.Integer),  # the revision that was last made true
    sa.Column("place", sa.String(255), nullable=False, default=""),  # where an answer is owed
    sa.Column("reference", sa.Text, nullable=False, default=""),  # what was made, or is about to be, outside
    sa.Column("due_at", Moment),  # the procedure's clock; NULL: nothing to do
    sa.Column("not_before", Moment),  # real time: back-off, and the lag of a vendor's search
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("attempted_at", Moment),  # real time, committed before a call whose outcome could get lost
    sa.Column("lease_until", Moment),  # real time
    sa.Column("token", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text),
    sa.Index(
        "ix_obligations_waiting",
        "due_at",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    ),
)

#: Serialises grants and removals per (target, person), across changes and processes.
access_keys = sa.Table(
    "access_keys",
    metadata,
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("lease_until", Moment, nullable=False),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("slack_team", sa.String(32), nullable=False, default=""),
    sa.Column("slack_user", sa.String(32), nullable=False, default=""),
    sa.Column("name", sa.String(255), nullable=False, default=""),
    sa.Column("email", sa.String(255), nullable=False, default="", index=True),
    sa.Column("github", sa.String(255), nullable=False, default="", index=True),
    sa.Column("jira", sa.String(255), nullable=False, default=""),
    sa.Column("handle", sa.String(255), nullable=False, default=""),
    sa.Column("timezone", sa.String(64), nullable=False, default=""),
    sa.Column("guest", sa.Boolean, nullable=False, default=False),
    sa.Column("outsider", sa.Boolean, nullable=False, default=False),
    sa.Column("bot", sa.Boolean, nullable=False, default=False),
    sa.Column("deactivated", sa.Boolean, nullable=False, default=False),
    sa.Column("erased", sa.Boolean, nullable=False, default=False),  # nothing but the pseudonym is left
    sa.Index("ix_people_slack", "slack_user", "slack_team", unique=False),
    sa.Index(
        "uq_people_slack",  # one account is one person, however many processes meet it at once
        "slack_user",
        "slack_team",
        unique=True,
        sqlite_where=sa.text("slack_user <> ''"),
        postgresql_where=sa.text("slack_user <> ''"),
    ),
)

#: Every account that was ever linked: the one before is still the same person's.
accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("vendor", sa.String(20), primary_key=True),
    sa.Column("login", sa.String(255), primary_key=True),  # in lower case
    sa.Column(
        "number", sa.String(64), nullable=False, default="", index=True
    ),  # what stays when a login changes
    sa.Column("person", sa.String(32), nullable=False, index=True),
)

mirrors = sa.Table(
    "mirrors",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True),  # ``group:heads``, ``people``
    sa.Column("refreshed_at", Moment),  # real time
    sa.Column("size", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text),
    sa.Column("alarmed_at", Moment),  # the procedure's clock: since when people know that the group is empty
)

members = sa.Table(
    "group_members",
    metadata,
    sa.Column("group", sa.String(120), primary_key=True),
    sa.Column("person", sa.String(32), primary_key=True),
    sa.Index("ix_group_members_person", "person"),
)

policies = sa.Table(
    "policies",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("sequence", _serial(), nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

#: What can be dropped and made again from the ledger and the values.
PROJECTED = (
    head,
    tiles,
    deliveries,
    changes,
    counters,
    deadlines,
    duties,
    follow_ups,
    prompts,
    delegations,
    claims,
    policies,
)
