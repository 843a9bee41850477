"""The desk: SMS to officers, the foreman's link, incidents, landmarks, slips, reports; who stands for whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

OFFICER = "sikiza_officer"
AUDITOR = "sikiza_auditor"
OF_A_CASE = "EXISTS (SELECT 1 FROM cases WHERE cases.id = {table}.case_id)"
"""The policy on `cases` holds in these, too."""
WARDS = "((SELECT NULLIF(current_setting('sikiza.wards', true), ''))::integer[])"
SUB_COUNTIES = "((SELECT NULLIF(current_setting('sikiza.sub_counties', true), ''))::integer[])"
POLICIES = {
    "crew_link": OF_A_CASE.format(table="crew_link"),
    "photo": OF_A_CASE.format(table="photo"),
    "case_reader": OF_A_CASE.format(table="case_reader"),
    "incident": OF_A_CASE.format(table="incident"),
    "monthly_report": f"ward_code = ANY {WARDS} OR sub_county_code = ANY {SUB_COUNTIES}",
}
READS = (
    "SELECT ON photo, case_reader, incident, monthly_report, ward_landmark",
    "SELECT (id, case_id, for_whom, made_by, made_at, expires_at, going_at, ended_at, outcome) ON crew_link",
    "SELECT (language) ON officer",
)
"""Digests, prompts and slips are the owner's alone to read."""
AUDITOR_READS = ("SELECT (lead_id, called_out_at, crew_said, crew_said_at) ON cases",)


def upgrade() -> None:
    _make_tables()
    _change_tables()
    for right in READS:
        op.execute(f"GRANT {right} TO {OFFICER}")
    for right in AUDITOR_READS:
        op.execute(f"GRANT {right} TO {AUDITOR}")
    for table, condition in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO {OFFICER} USING ({condition})")


def _make_tables() -> None:
    op.create_table(
        "monthly_report",
        sa.Column("ward_code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("sub_county_code", sa.Integer(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("ward_code", "month", name=op.f("pk_monthly_report")),
    )
    op.create_table(
        "digest",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("hour_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_digest_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
    )
    op.create_index("uq_digest_officer_hour", "digest", ["officer_id", "hour_at"], unique=True)
    op.create_table(
        "slip_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("nonce", sa.String(length=60), nullable=False),
        sa.Column("printed_by", sa.Integer(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("count", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["printed_by"], ["officer.id"], name=op.f("fk_slip_batch_printed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_batch")),
        sa.UniqueConstraint("nonce", name=op.f("uq_slip_batch_nonce")),
    )
    op.create_table(
        "ward_landmark",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ward_code", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("learned_as", sa.String(length=40), nullable=True),
        sa.Column("shown", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["officer.id"], name=op.f("fk_ward_landmark_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ward_landmark")),
    )
    op.create_index(
        "uq_ward_landmark_name",
        "ward_landmark",
        ["ward_code", sa.literal_column("lower(name)")],
        unique=True,
    )
    op.create_table(
        "case_reader",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_reader_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_case_reader_officer_id")),
        sa.PrimaryKeyConstraint("case_id", "officer_id", name=op.f("pk_case_reader")),
    )
    op.create_index(op.f("ix_case_reader_at"), "case_reader", ["at"], unique=False)
    op.create_table(
        "crew_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("for_whom", sa.String(length=60), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("going_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_crew_link_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["made_by"], ["officer.id"], name=op.f("fk_crew_link_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crew_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_crew_link_token_hash")),
    )
    op.create_index(op.f("ix_crew_link_case_id"), "crew_link", ["case_id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("ward_code", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("problem", sa.String(length=30), nullable=False),
        sa.Column("titles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("published_by", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_incident_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["published_by"], ["officer.id"], name=op.f("fk_incident_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(
        "uq_incident_case", "incident", ["case_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(
        "uq_incident_place",
        "incident",
        ["ward_code", "category", "problem"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "slip",
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["slip_batch.id"], name=op.f("fk_slip_batch_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_slip_case_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_slip")),
    )
    op.create_index(op.f("ix_slip_batch_id"), "slip", ["batch_id"], unique=False)
    op.create_index(op.f("ix_slip_case_id"), "slip", ["case_id"], unique=False)
    op.create_table(
        "photo",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("height", sa.SmallInteger(), nullable=False),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_photo_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["link_id"], ["crew_link.id"], name=op.f("fk_photo_link_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    op.create_index(op.f("ix_photo_case_id"), "photo", ["case_id"], unique=False)
    op.create_index(op.f("ix_photo_link_id"), "photo", ["link_id"], unique=False)
    op.create_table(
        "prompt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("digest_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_prompt_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_prompt_digest_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_prompt_message_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_prompt_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt")),
    )
    op.create_index(op.f("ix_prompt_case_id"), "prompt", ["case_id"], unique=False)
    op.create_index(op.f("ix_prompt_digest_id"), "prompt", ["digest_id"], unique=False)
    op.create_index(
        "ix_prompt_expires", "prompt", ["expires_at"], unique=False, postgresql_where=sa.text("answered_at IS NULL")
    )
    op.create_index(op.f("ix_prompt_message_id"), "prompt", ["message_id"], unique=False)
    op.create_index("ix_prompt_officer", "prompt", ["officer_id", "asked_at"], unique=False)
    op.create_index(
        "uq_prompt_open", "prompt", ["officer_id"], unique=True, postgresql_where=sa.text("answered_at IS NULL")
    )


def _change_tables() -> None:
    op.add_column("call_back", sa.Column("officer_id", sa.Integer(), nullable=True))
    op.add_column("call_back", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_call_back_officer_id"), "call_back", "officer", ["officer_id"], ["id"])
    op.add_column("cases", sa.Column("lead_id", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("called_out_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("crew_said", sa.String(length=12), nullable=True))
    op.add_column("cases", sa.Column("crew_said_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("centre_reference", sa.String(length=40), nullable=True))
    op.create_index(
        "ix_cases_call_out",
        "cases",
        ["category", "desk_since"],
        unique=False,
        postgresql_where=sa.text("status = 'new'"),
    )
    op.create_index(
        "ix_cases_centre",
        "cases",
        ["centre_reference"],
        unique=False,
        postgresql_where=sa.text("centre_reference IS NOT NULL"),
    )
    op.add_column("cases", sa.Column("centre_before", postgresql.ARRAY(sa.String(length=40)), nullable=True))
    op.create_index(
        "ix_cases_centre_before",
        "cases",
        ["centre_before"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("centre_before IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_lead", "cases", ["lead_id"], unique=False, postgresql_where=sa.text("lead_id IS NOT NULL")
    )
    op.create_foreign_key(op.f("fk_cases_lead_id"), "cases", "cases", ["lead_id"], ["id"], ondelete="SET NULL")
    op.add_column("message", sa.Column("officer_id", sa.Integer(), nullable=True))
    op.create_index(
        "ix_message_officer",
        "message",
        ["officer_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("officer_id IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_message_officer_id"), "message", "officer", ["officer_id"], ["id"])
    op.add_column("officer", sa.Column("language", sa.String(length=8), server_default="sw", nullable=False))


def downgrade() -> None:
    # What went to officers names no resident, and nobody could tell whose it was.
    op.execute("DELETE FROM message WHERE officer_id IS NOT NULL")
    op.execute("DELETE FROM call_back WHERE officer_id IS NOT NULL")
    op.drop_column("officer", "language")
    op.drop_constraint(op.f("fk_message_officer_id"), "message", type_="foreignkey")
    op.drop_index("ix_message_officer", table_name="message", postgresql_where=sa.text("officer_id IS NOT NULL"))
    op.drop_column("message", "officer_id")
    op.drop_constraint(op.f("fk_cases_lead_id"), "cases", type_="foreignkey")
    op.drop_index("ix_cases_lead", table_name="cases", postgresql_where=sa.text("lead_id IS NOT NULL"))
    op.drop_index("ix_cases_centre_before", table_name="cases", postgresql_where=sa.text("centre_before IS NOT NULL"))
    op.drop_column("cases", "centre_before")
    op.drop_index("ix_cases_centre", table_name="cases", postgresql_where=sa.text("centre_reference IS NOT NULL"))
    op.drop_index("ix_cases_call_out", table_name="cases", postgresql_where=sa.text("status = 'new'"))
    op.drop_column("cases", "centre_reference")
    op.drop_column("cases", "crew_said_at")
    op.drop_column("cases", "crew_said")
    op.drop_column("cases", "called_out_at")
    op.drop_column("cases", "lead_id")
    op.drop_constraint(op.f("fk_call_back_officer_id"), "call_back", type_="foreignkey")
    op.drop_column("call_back", "tried_at")
    op.drop_column("call_back", "officer_id")
    op.drop_index("ix_prompt_officer", table_name="prompt")
    op.drop_index(op.f("ix_prompt_message_id"), table_name="prompt")
    op.drop_index("uq_prompt_open", table_name="prompt", postgresql_where=sa.text("answered_at IS NULL"))
    op.drop_index("ix_prompt_expires", table_name="prompt", postgresql_where=sa.text("answered_at IS NULL"))
    op.drop_index(op.f("ix_prompt_digest_id"), table_name="prompt")
    op.drop_index(op.f("ix_prompt_case_id"), table_name="prompt")
    op.drop_table("prompt")
    op.drop_index(op.f("ix_photo_link_id"), table_name="photo")
    op.drop_index(op.f("ix_photo_case_id"), table_name="photo")
    op.drop_table("photo")
    op.drop_index(op.f("ix_slip_case_id"), table_name="slip")
    op.drop_index(op.f("ix_slip_batch_id"), table_name="slip")
    op.drop_table("slip")
    op.drop_index("uq_incident_place", table_name="incident", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("uq_incident_case", table_name="incident", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("incident")
    op.drop_index(op.f("ix_crew_link_case_id"), table_name="crew_link")
    op.drop_table("crew_link")
    op.drop_index(op.f("ix_case_reader_at"), table_name="case_reader")
    op.drop_table("case_reader")
    op.drop_index("uq_ward_landmark_name", table_name="ward_landmark")
    op.drop_table("ward_landmark")
    op.drop_table("slip_batch")
    op.drop_index("uq_digest_officer_hour", table_name="digest")
    op.drop_table("digest")
    op.drop_table("monthly_report")
