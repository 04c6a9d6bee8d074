"""The first schema, with the guards of the ledger."""

import sqlalchemy as sa
from alembic import op

from storage import guards, remains, schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_claims",
        sa.Column("change_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_access_claims")),
    )
    op.create_index(op.f("ix_access_claims_key"), "access_claims", ["key"], unique=False)
    op.create_table(
        "access_keys",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("lease_until", schema.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_access_keys")),
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("requester", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.Column("access", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("asked_first", sa.Boolean(), nullable=False),
        sa.Column("pull", sa.String(length=500), nullable=False),
        sa.Column("opened_at", schema.Moment(timezone=True), nullable=False),
        sa.Column("access_until", schema.Moment(timezone=True), nullable=True),
        sa.Column("duty_due", schema.Moment(timezone=True), nullable=True),
        sa.Column("card_channel", sa.String(length=32), nullable=False),
        sa.Column("card_ts", sa.String(length=32), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_owner"), "changes", ["owner"], unique=False)
    op.create_index("ix_changes_opened_at_drill", "changes", ["opened_at", "drill"], unique=False)
    op.create_index(op.f("ix_changes_requester"), "changes", ["requester"], unique=False)
    op.create_index("ix_changes_state_drill", "changes", ["state", "drill"], unique=False)
    op.create_index("ix_changes_system_opened_at", "changes", ["system", "opened_at"], unique=False)
    op.create_index(
        "uq_changes_open",
        "changes",
        ["requester", "access"],
        unique=True,
        sqlite_where=sa.text("state IN ('requested', 'active')"),
        postgresql_where=sa.text("state IN ('requested', 'active')"),
    )
    op.create_table(
        "checkpoints",
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", "origin", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "counters",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_counters")),
    )
    op.create_table(
        "deadlines",
        sa.Column("change_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("due_at", schema.Moment(timezone=True), nullable=False),
        sa.Column("fired_at", schema.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("change_id", "slot", name=op.f("pk_deadlines")),
    )
    op.create_index(
        "ix_deadlines_waiting",
        "deadlines",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("fired_at IS NULL"),
        postgresql_where=sa.text("fired_at IS NULL"),
    )
    op.create_table(
        "delegations",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("delegate", sa.String(length=32), nullable=False),
        sa.Column("until", schema.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_delegations")),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery", sa.String(length=255), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("delivery", name=op.f("pk_deliveries")),
    )
    op.create_table(
        "entry_values",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", "field", name=op.f("pk_entry_values")),
    )
    op.create_table(
        "duties",
        sa.Column("change_id", sa.String(length=32), nullable=False),
        sa.Column("duty", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("group", sa.String(length=120), nullable=False),
        sa.Column("due_at", schema.Moment(timezone=True), nullable=False),
        sa.Column("recused", sa.Text(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("earliest", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", "duty", "person", "group", name=op.f("pk_duties")),
    )
    op.create_index("ix_duties_due_at", "duties", ["due_at", "drill", "earliest", "change_id"], unique=False)
    op.create_index("ix_duties_group_due", "duties", ["group", "duty", "due_at", "recused"], unique=False)
    op.create_index("ix_duties_person_due", "duties", ["person", "duty", "due_at"], unique=False)
    op.create_table(
        "follow_ups",
        sa.Column("change_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", "number", name=op.f("pk_follow_ups")),
    )
    op.create_index("ix_follow_ups_owner", "follow_ups", ["owner", "due"], unique=False)
    op.create_table(
        "group_members",
        sa.Column("group", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("group", "person", name=op.f("pk_group_members")),
    )
    op.create_index("ix_group_members_person", "group_members", ["person"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("change_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ledger_entries")),
        sqlite_with_rowid=True,
    )
    op.create_index("ix_ledger_entries_change_id", "ledger_entries", ["change_id", "sequence"], unique=False)
    op.create_index("ix_ledger_entries_kind", "ledger_entries", ["kind", "sequence"], unique=False)
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "ledger_tiles",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_ledger_tiles")),
    )
    op.create_table(
        "mirrors",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("refreshed_at", schema.Moment(timezone=True), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("alarmed_at", schema.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mirrors")),
    )
    op.create_table(
        "obligations",
        sa.Column("change_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("due_at", schema.Moment(timezone=True), nullable=True),
        sa.Column("not_before", schema.Moment(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", schema.Moment(timezone=True), nullable=True),
        sa.Column("lease_until", schema.Moment(timezone=True), nullable=True),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("change_id", "step", "subject", name=op.f("pk_obligations")),
    )
    op.create_index(
        "ix_obligations_waiting",
        "obligations",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("slack_team", sa.String(length=32), nullable=False),
        sa.Column("slack_user", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("github", sa.String(length=255), nullable=False),
        sa.Column("jira", sa.String(length=255), nullable=False),
        sa.Column("handle", sa.String(length=255), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("outsider", sa.Boolean(), nullable=False),
        sa.Column("bot", sa.Boolean(), nullable=False),
        sa.Column("deactivated", sa.Boolean(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_email"), "people", ["email"], unique=False)
    op.create_index(op.f("ix_people_github"), "people", ["github"], unique=False)
    op.create_index("ix_people_slack", "people", ["slack_user", "slack_team"], unique=False)
    op.create_index(
        "uq_people_slack",
        "people",
        ["slack_user", "slack_team"],
        unique=True,
        sqlite_where=sa.text("slack_user <> ''"),
        postgresql_where=sa.text("slack_user <> ''"),
    )
    op.create_table(
        "accounts",
        sa.Column("vendor", sa.String(length=20), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("vendor", "login", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_number"), "accounts", ["number"], unique=False)
    op.create_index(op.f("ix_accounts_person"), "accounts", ["person"], unique=False)
    op.create_table(
        "policies",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_policies")),
    )
    op.create_table(
        "prompts",
        sa.Column("change_id", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("prompted_at", schema.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("change_id", "about", "holder", name=op.f("pk_prompts")),
    )
    op.create_index("ix_prompts_holder", "prompts", ["holder", "prompted_at"], unique=False)
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
    )
    op.execute(sa.insert(schema.head).values(id=1, size=0, frontier=b""))
    guards.install(op.get_bind())
    remains.keep_no_statistics(op.get_bind())
