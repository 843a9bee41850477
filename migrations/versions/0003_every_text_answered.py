"""What texts cost and how fast they leave; announcements; texts known again; linked and joined cases; guesses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

ROLE = "sikiza_officer"
GRANTS = (
    "SELECT, INSERT ON announcement",
    "USAGE, SELECT ON SEQUENCE announcement_id_seq",
    "SELECT, INSERT ON spending_limit",
    "USAGE, SELECT ON SEQUENCE spending_limit_id_seq",
    "SELECT (id, case_id, ward_code, amount, currency, at) ON ussd_charge",
    "UPDATE (case_id, ward_code) ON ussd_charge",
    "SELECT (sent_at, fetched, repeats_id, sensitive, settled_by) ON incoming_sms",
    "UPDATE (status, why, case_id, attempts, next_try_at, settled_by) ON incoming_sms",
    "DELETE ON outbox_halt",
)


def upgrade() -> None:
    _price_messages()
    _know_texts_again()
    _link_cases()
    _make_tables()
    for grant in GRANTS:
        op.execute(f"GRANT {grant} TO {ROLE}")


def _price_messages() -> None:
    for column in (
        sa.Column("wanted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("bulk", sa.String(length=60), nullable=True),
        sa.Column("price", sa.Numeric(12, 4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("total", sa.Numeric(12, 4), nullable=True),
        sa.Column("total_currency", sa.String(length=3), nullable=True),
    ):
        op.add_column("message", column)
    # What waits during the update is what residents wait for, but for questions and letters of officers.
    op.execute(
        "UPDATE message SET wanted = automatic OR wording LIKE 'received%' OR wording = 'which_ward'"
        " WHERE status IN ('queued', 'claimed', 'held', 'unknown')"
    )
    op.execute(
        r"UPDATE message SET currency = substring(cost from '^([A-Z]{3}) '),"
        r" price = substring(cost from '([0-9]+(?:\.[0-9]+)?)$')::numeric WHERE cost IS NOT NULL"
    )
    op.drop_column("message", "cost")
    queued = sa.text("status = 'queued'")
    op.drop_index("ix_message_due", table_name="message", postgresql_where=queued)
    op.create_index("ix_message_due", "message", ["wanted", "due_at", "id"], postgresql_where=queued)
    op.create_index("ix_message_sent", "message", ["sent_at"], postgresql_where=sa.text("sent_at IS NOT NULL"))
    off = sa.text("status = 'sent' AND lower(code) = 'absentsubscriber'")
    op.create_index("ix_message_switched_off", "message", ["sent_at"], postgresql_where=off)
    op.create_index("ix_message_bulk", "message", ["bulk", "status"], postgresql_where=sa.text("bulk IS NOT NULL"))
    farewell = sa.text("wording = 'deleted' AND resident_id IS NOT NULL")
    op.create_index("ix_message_farewell", "message", ["resident_id"], postgresql_where=farewell)


def _know_texts_again() -> None:
    for column in (
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("link_id", sa.String(length=120), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("words_hash", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repeats_id", sa.BigInteger(), nullable=True),
        sa.Column("sensitive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
    ):
        op.add_column("incoming_sms", column)
    # Their words are sealed, so nobody here can tell: a guess may hide.
    op.execute("UPDATE incoming_sms SET sensitive = true WHERE status <> 'handled'")
    for name, table, ondelete in (("repeats_id", "incoming_sms", "SET NULL"), ("settled_by", "officer", None)):
        op.create_foreign_key(op.f(f"fk_incoming_sms_{name}"), "incoming_sms", table, [name], ["id"], ondelete=ondelete)
    op.create_index(
        "ix_incoming_sms_quarantined", "incoming_sms", ["id"], postgresql_where=sa.text("status = 'quarantined'")
    )
    op.create_index("ix_incoming_sms_phone", "incoming_sms", ["phone_hash", "received_at"])
    op.create_index(
        "ix_incoming_sms_link", "incoming_sms", ["link_id"], postgresql_where=sa.text("link_id IS NOT NULL")
    )
    op.create_index(
        "ix_incoming_sms_erased", "incoming_sms", ["erased_at"], postgresql_where=sa.text("erased_at IS NOT NULL")
    )
    op.add_column("question", sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    _allow_kinds("'fixed', 'which_ward', 'draft', 'delete'")


def _allow_kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_question_questionkind"), "question", type_="check")
    op.create_check_constraint(op.f("ck_question_questionkind"), "question", f"kind IN ({kinds})")


def _link_cases() -> None:
    for name in ("follows_id", "joined_id"):
        op.add_column("cases", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_cases_{name}"), "cases", "cases", [name], ["id"], ondelete="SET NULL")
        op.create_index(op.f(f"ix_cases_{name}"), "cases", [name])
    op.add_column("cases", sa.Column("guess", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def _make_tables() -> None:
    op.create_table(
        "outbox_pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doubts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_pace")),
    )
    op.create_table(
        "inbox_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_mark")),
    )
    # What came so far has no hashes, so that nobody could tell that the inbox brings it once more.
    op.execute(
        "INSERT INTO inbox_mark (id, last_id, read_at, since)"
        " SELECT 1, 0, now() - interval '1 day', now() WHERE EXISTS (SELECT 1 FROM incoming_sms)"
    )
    op.create_table(
        "announcement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("ward_code", sa.Integer(), nullable=False),
        sa.Column("texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_announcement_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("source", name=op.f("uq_announcement_source")),
    )
    op.create_table(
        "spending_limit",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_spending_limit_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending_limit")),
    )
    op.create_table(
        "ussd_charge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Numeric(12, 4), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_ussd_charge_case_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ussd_charge")),
        sa.UniqueConstraint("source", name=op.f("uq_ussd_charge_source")),
    )
    op.create_index(op.f("ix_ussd_charge_at"), "ussd_charge", ["at"])
    op.create_index(op.f("ix_ussd_charge_case_id"), "ussd_charge", ["case_id"])


def downgrade() -> None:
    for grant in GRANTS[5:]:
        op.execute(f"REVOKE {grant} FROM {ROLE}")
    for table in ("ussd_charge", "spending_limit", "announcement", "inbox_mark", "outbox_pace"):
        op.drop_table(table)
    op.drop_column("cases", "guess")
    for name in ("joined_id", "follows_id"):
        op.drop_index(op.f(f"ix_cases_{name}"), table_name="cases")
        op.drop_constraint(op.f(f"fk_cases_{name}"), "cases", type_="foreignkey")
        op.drop_column("cases", name)
    op.execute("DELETE FROM question WHERE kind = 'delete'")
    _allow_kinds("'fixed', 'which_ward', 'draft'")
    op.drop_column("question", "options")
    op.drop_index("ix_incoming_sms_erased", table_name="incoming_sms")
    op.drop_index("ix_incoming_sms_link", table_name="incoming_sms")
    op.drop_index("ix_incoming_sms_phone", table_name="incoming_sms")
    op.drop_index("ix_incoming_sms_quarantined", table_name="incoming_sms")
    for name in ("settled_by", "repeats_id"):
        op.drop_constraint(op.f(f"fk_incoming_sms_{name}"), "incoming_sms", type_="foreignkey")
    for name in ("settled_by", "sensitive", "repeats_id", "erased_at", "words_hash", "phone_hash"):
        op.drop_column("incoming_sms", name)
    for name in ("link_id", "fetched", "sent_at"):
        op.drop_column("incoming_sms", name)
    queued = sa.text("status = 'queued'")
    op.drop_index("ix_message_switched_off", table_name="message")
    op.drop_index("ix_message_farewell", table_name="message")
    op.drop_index("ix_message_bulk", table_name="message")
    op.drop_index("ix_message_sent", table_name="message")
    op.drop_index("ix_message_due", table_name="message", postgresql_where=queued)
    op.create_index("ix_message_due", "message", ["due_at", "id"], postgresql_where=queued)
    op.add_column("message", sa.Column("cost", sa.String(length=32), nullable=True))
    op.execute("UPDATE message SET cost = concat_ws(' ', currency, price) WHERE price IS NOT NULL")
    for name in ("total_currency", "total", "currency", "price", "bulk", "wanted"):
        op.drop_column("message", name)
