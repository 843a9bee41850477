"""The first tables, and the restricted role that officers' transactions run under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "intake",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "ussd", "sms", "hotline", "paper", name="channel", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("source_id", sa.String(length=180), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
    )
    op.create_index("uq_intake_source", "intake", ["channel", "source_id"], unique=True)
    op.create_index(
        "ix_intake_ussd",
        "intake",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("channel = 'ussd' AND source_id NOT LIKE 'over:%'"),
    )
    op.create_index(
        "ix_intake_answered",
        "intake",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("channel <> 'ussd' AND answer <> '{}'"),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "ward",
                "sub_county",
                "department",
                "ombudsman",
                "hotline",
                "county",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("sub_county_code", sa.Integer(), nullable=True),
        sa.Column("department", sa.String(length=40), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("session_salt", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
    )
    op.create_index("uq_officer_email", "officer", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "outbox_halt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("halted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_halt")),
    )
    op.create_table(
        "resident",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_mask", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident")),
        sa.UniqueConstraint("phone_hash", name=op.f("uq_resident_phone_hash")),
    )
    op.create_table(
        "delivery_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_delivery_report_resident_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_report")),
    )
    op.create_index(op.f("ix_delivery_report_provider_id"), "delivery_report", ["provider_id"], unique=False)
    op.create_index(
        "ix_delivery_report_resident",
        "delivery_report",
        ["resident_id"],
        unique=False,
        postgresql_where=sa.text("resident_id IS NOT NULL"),
    )
    op.create_table(
        "ussd_session",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("menu_hash", sa.String(length=16), nullable=False),
        sa.Column("cuts", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ussd_session")),
    )
    op.create_index(op.f("ix_ussd_session_started_at"), "ussd_session", ["started_at"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("intake_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("grievance", "feedback", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "ussd", "sms", "hotline", "paper", name="channel", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("problem", sa.String(length=30), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("sub_county_code", sa.Integer(), nullable=True),
        sa.Column("department", sa.String(length=40), nullable=True),
        sa.Column(
            "desk",
            sa.Enum(
                "ward",
                "county",
                "department",
                "outside",
                "confidential",
                name="desk",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("landmark", sa.String(length=200), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "taken",
                "waiting",
                "referred",
                "resolved",
                "closed",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            server_default="new",
            nullable=False,
        ),
        sa.Column(
            "ending",
            sa.Enum(
                "fixed",
                "planned",
                "cannot_now",
                "not_ours",
                "not_found",
                "not_a_report",
                name="ending",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "confirmation",
            sa.Enum(
                "asked",
                "confirmed",
                "disputed",
                "unconfirmed",
                name="confirmation",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("incomplete", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("secret_failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("referred_to", sa.String(length=120), nullable=True),
        sa.Column("planned_for", sa.Date(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("desk_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["officer.id"], name=op.f("fk_cases_assignee_id")),
        sa.ForeignKeyConstraint(["intake_id"], ["intake.id"], name=op.f("fk_cases_intake_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_cases_resident_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
    )
    op.create_index("ix_cases_department", "cases", ["department", "status", "received_at"], unique=False)
    op.create_index(
        "ix_cases_desk",
        "cases",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("ward_code IS NULL AND NOT sensitive"),
    )
    op.create_index(op.f("ix_cases_resident_id"), "cases", ["resident_id"], unique=False)
    op.create_index(
        "ix_cases_resolved", "cases", ["resolved_at"], unique=False, postgresql_where=sa.text("status = 'resolved'")
    )
    op.create_index(
        "ix_cases_sensitive", "cases", ["status", "received_at"], unique=False, postgresql_where=sa.text("sensitive")
    )
    op.create_index("ix_cases_sub_county", "cases", ["sub_county_code", "status", "received_at"], unique=False)
    op.create_index("ix_cases_ward", "cases", ["ward_code", "status", "received_at"], unique=False)
    op.create_table(
        "call_back",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("intake_id", sa.BigInteger(), nullable=True),
        sa.Column("hour", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_call_back_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["done_by"], ["officer.id"], name=op.f("fk_call_back_done_by")),
        sa.ForeignKeyConstraint(["intake_id"], ["intake.id"], name=op.f("fk_call_back_intake_id")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_call_back_resident_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
    )
    op.create_index(op.f("ix_call_back_case_id"), "call_back", ["case_id"], unique=False)
    op.create_index(
        "ix_call_back_open", "call_back", ["due_at"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_index(op.f("ix_call_back_resident_id"), "call_back", ["resident_id"], unique=False)
    op.create_table(
        "number_look",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_back_id", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_back_id"], ["call_back.id"], name=op.f("fk_number_look_call_back_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_number_look_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_look")),
    )
    op.create_index(op.f("ix_number_look_call_back_id"), "number_look", ["call_back_id"], unique=False)
    op.create_table(
        "case_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_event_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_case_event_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id"), "case_event", ["case_id"], unique=False)
    op.create_table(
        "incoming_sms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.String(length=120), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("sender_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "stored",
                "handled",
                "quarantined",
                name="incomingstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            server_default="stored",
            nullable=False,
        ),
        sa.Column("why", sa.String(length=80), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_incoming_sms_case_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_incoming_sms_resident_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_sms")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_incoming_sms_provider_id")),
    )
    op.create_index(op.f("ix_incoming_sms_case_id"), "incoming_sms", ["case_id"], unique=False)
    op.create_index(op.f("ix_incoming_sms_resident_id"), "incoming_sms", ["resident_id"], unique=False)
    op.create_index(
        "ix_incoming_sms_stored",
        "incoming_sms",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("status = 'stored'"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("wording", sa.String(length=40), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "claimed",
                "sent",
                "delivered",
                "failed",
                "unknown",
                "held",
                "cancelled",
                name="messagestatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            server_default="queued",
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("parts", sa.SmallInteger(), nullable=True),
        sa.Column("cost", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_message_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_message_resident_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_case_id"), "message", ["case_id"], unique=False)
    op.create_index(
        "ix_message_due", "message", ["due_at", "id"], unique=False, postgresql_where=sa.text("status = 'queued'")
    )
    op.create_index(
        "ix_message_open",
        "message",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("status IN ('claimed', 'unknown')"),
    )
    op.create_index(
        "ix_message_held",
        "message",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'held'"),
    )
    op.create_index(
        "ix_message_provider_id",
        "message",
        ["provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_message_resident_id"), "message", ["resident_id"], unique=False)
    op.create_table(
        "question",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("fixed", "which_ward", name="questionkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "open",
                "answered",
                "expired",
                name="questionstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_question_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_question_resident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index(op.f("ix_question_case_id"), "question", ["case_id"], unique=False)
    op.create_index(
        "ix_question_expires",
        "question",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'waiting')"),
    )
    op.create_index(
        "ix_question_waiting",
        "question",
        ["resident_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "uq_question_open", "question", ["resident_id"], unique=True, postgresql_where=sa.text("status = 'open'")
    )
    _make_officer_role()


ROLE = "sikiza_officer"
# What an officer's transaction may do. Nothing on numbers, password hashes or intake; history is only
# ever appended to.
GRANTS = (
    "SELECT, UPDATE ON cases",
    "SELECT, INSERT ON case_event",
    "SELECT, INSERT, UPDATE ON message",
    "SELECT, INSERT, UPDATE ON question",
    "SELECT, UPDATE ON call_back",
    "SELECT, INSERT ON number_look",
    "SELECT (id, text_sealed, status, why, case_id, resident_id, received_at) ON incoming_sms",
    "SELECT ON outbox_halt",
    "SELECT (id, phone_mask, language, ward_code, stopped_at, created_at) ON resident",
    "SELECT (id, email, name, role, ward_code, sub_county_code, department, active, created_at) ON officer",
)


def _make_officer_role() -> None:
    """A cluster has one set of roles for all its databases, so the role may be there already.

    Where the migrating user may not create roles, the database administrator makes it first (docs/runbook.md).
    """
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN"
        f" CREATE ROLE {ROLE} NOLOGIN; END IF;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(f"DO $$ BEGIN GRANT {ROLE} TO CURRENT_USER; EXCEPTION WHEN OTHERS THEN NULL; END $$")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
    for grant in GRANTS:
        op.execute(f"GRANT {grant} TO {ROLE}")


def downgrade() -> None:
    op.drop_index("uq_question_open", table_name="question", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("ix_question_waiting", table_name="question", postgresql_where=sa.text("status = 'waiting'"))
    op.drop_index(
        "ix_question_expires", table_name="question", postgresql_where=sa.text("status IN ('open', 'waiting')")
    )
    op.drop_index(op.f("ix_question_case_id"), table_name="question")
    op.drop_table("question")
    op.drop_index(op.f("ix_message_resident_id"), table_name="message")
    op.drop_index(op.f("ix_message_provider_id"), table_name="message")
    op.drop_index("ix_message_held", table_name="message", postgresql_where=sa.text("status = 'held'"))
    op.drop_index("ix_message_open", table_name="message", postgresql_where=sa.text("status IN ('claimed', 'unknown')"))
    op.drop_index("ix_message_due", table_name="message", postgresql_where=sa.text("status = 'queued'"))
    op.drop_index(op.f("ix_message_case_id"), table_name="message")
    op.drop_table("message")
    op.drop_index("ix_incoming_sms_stored", table_name="incoming_sms", postgresql_where=sa.text("status = 'stored'"))
    op.drop_index(op.f("ix_incoming_sms_resident_id"), table_name="incoming_sms")
    op.drop_index(op.f("ix_incoming_sms_case_id"), table_name="incoming_sms")
    op.drop_table("incoming_sms")
    op.drop_index(op.f("ix_case_event_case_id"), table_name="case_event")
    op.drop_table("case_event")
    op.drop_index(op.f("ix_number_look_call_back_id"), table_name="number_look")
    op.drop_table("number_look")
    op.drop_index(op.f("ix_call_back_resident_id"), table_name="call_back")
    op.drop_index("ix_call_back_open", table_name="call_back", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_index(op.f("ix_call_back_case_id"), table_name="call_back")
    op.drop_table("call_back")
    op.drop_index("ix_cases_ward", table_name="cases")
    op.drop_index("ix_cases_sub_county", table_name="cases")
    op.drop_index("ix_cases_sensitive", table_name="cases", postgresql_where=sa.text("sensitive"))
    op.drop_index("ix_cases_resolved", table_name="cases", postgresql_where=sa.text("status = 'resolved'"))
    op.drop_index(op.f("ix_cases_resident_id"), table_name="cases")
    op.drop_index("ix_cases_desk", table_name="cases", postgresql_where=sa.text("ward_code IS NULL AND NOT sensitive"))
    op.drop_index("ix_cases_department", table_name="cases")
    op.drop_table("cases")
    op.drop_index(op.f("ix_ussd_session_started_at"), table_name="ussd_session")
    op.drop_table("ussd_session")
    op.drop_index(
        "ix_delivery_report_resident",
        table_name="delivery_report",
        postgresql_where=sa.text("resident_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_delivery_report_provider_id"), table_name="delivery_report")
    op.drop_table("delivery_report")
    op.drop_table("resident")
    op.drop_table("outbox_halt")
    op.drop_index("uq_officer_email", table_name="officer")
    op.drop_table("officer")
    op.drop_index("uq_intake_source", table_name="intake")
    op.drop_table("intake")
