"""Posts instead of one role; leave, sign-ins and what guards them; the audit; clocks that go up; conflicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

STEPS = "'sub_county', 'chief_officer', 'county_secretary'"
DESKS_BEFORE = "'ward', 'county', 'department', 'outside', 'confidential'"
TABLES = (
    "audit", "throttle", "one_time_link", "recovery_code", "sign_in", "device", "ward_cover", "case_conflict",
    "trainer", "absence", "post", "notice",
)  # fmt: skip
KEEP_INDEXES = {"message": "created_at", "incoming_sms": "received_at"}
UNERASED = "case_id IS NULL AND text_sealed <> ''::bytea"


def upgrade() -> None:
    _make_posts()
    _make_sign_ins()
    _make_audit()
    _change_officers()
    _change_cases()
    _change_events()
    _make_notices()


def _make_posts() -> None:
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "ward",
                "sub_county",
                "department",
                "chief_officer",
                "county_secretary",
                "ombudsman",
                "hotline",
                "county",
                "auditor",
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
        sa.Column("starts_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("for_id", sa.Integer(), nullable=True),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["for_id"], ["officer.id"], name=op.f("fk_post_for_id")),
        sa.ForeignKeyConstraint(["given_by"], ["officer.id"], name=op.f("fk_post_given_by")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_post_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
    )
    op.create_index(op.f("ix_post_officer_id"), "post", ["officer_id"], unique=False)
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["officer.id"], name=op.f("fk_absence_deputy_id")),
        sa.ForeignKeyConstraint(["made_by"], ["officer.id"], name=op.f("fk_absence_made_by")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_absence_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_officer_id"), "absence", ["officer_id"], unique=False)
    op.create_table(
        "trainer",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("phone_mask", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["officer.id"], name=op.f("fk_trainer_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainer")),
        sa.UniqueConstraint("phone_hash", name=op.f("uq_trainer_phone_hash")),
    )
    op.create_table(
        "case_conflict",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("named_by", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_conflict_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["named_by"], ["officer.id"], name=op.f("fk_case_conflict_named_by")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_case_conflict_officer_id")),
        sa.PrimaryKeyConstraint("case_id", "officer_id", name=op.f("pk_case_conflict")),
    )
    op.create_index(op.f("ix_case_conflict_officer_id"), "case_conflict", ["officer_id"], unique=False)
    op.create_table(
        "ward_cover",
        sa.Column("ward_code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "state",
            sa.Enum("live", "desk", "covered", name="wardstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("ward_code", name=op.f("pk_ward_cover")),
    )


def _make_sign_ins() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("pin_failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("browser", sa.String(length=120), server_default="", nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_device_officer_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_index(op.f("ix_device_officer_id"), "device", ["officer_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("browser", sa.String(length=120), server_default="", nullable=False),
        sa.Column("address", sa.String(length=45), server_default="", nullable=False),
        sa.Column("code_due", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_sign_in_device_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_sign_in_officer_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_device_id"), "sign_in", ["device_id"], unique=False)
    op.create_index(op.f("ix_sign_in_officer_id"), "sign_in", ["officer_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_recovery_code_officer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_officer_id"), "recovery_code", ["officer_id"], unique=False)
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("invitation", "reset", name="linkkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["officer.id"], name=op.f("fk_one_time_link_made_by")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_one_time_link_officer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    op.create_index(op.f("ix_one_time_link_officer_id"), "one_time_link", ["officer_id"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("case_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("confidential", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["about_id"], ["officer.id"], name=op.f("fk_audit_about_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_audit_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_address", "audit", ["at"], unique=False, postgresql_where=sa.text("address IS NOT NULL"))
    op.create_index("ix_audit_cases", "audit", ["case_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_audit_officer", "audit", ["officer_id", "at"], unique=False)


def _change_officers() -> None:
    op.add_column("officer", sa.Column("totp_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("officer", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column("officer", sa.Column("phone_hash", sa.LargeBinary(), nullable=True))
    op.add_column("officer", sa.Column("phone_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("officer", sa.Column("phone_mask", sa.String(length=24), nullable=True))
    op.add_column("officer", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("officer", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_officer_phone_hash"), "officer", ["phone_hash"], unique=False)
    op.execute(
        "INSERT INTO post (officer_id, role, ward_code, sub_county_code, department, starts_at)"
        " SELECT id, role, ward_code, sub_county_code, department, created_at FROM officer"
    )
    # Nobody is silent on the first day, or new: they have been here, and nobody had written it down.
    op.execute("UPDATE officer SET seen_at = now() WHERE active")
    op.drop_column("officer", "session_salt")
    op.drop_column("officer", "role")
    op.drop_column("officer", "ward_code")
    op.drop_column("officer", "sub_county_code")
    op.drop_column("officer", "department")


def _change_cases() -> None:
    op.add_column("cases", sa.Column("desk_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_cases_waits", "cases", ["waits_until"], unique=False, postgresql_where=sa.text("status = 'waiting'")
    )
    op.add_column("cases", sa.Column("about_ombudsman", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("cases", sa.Column("practice", sa.Boolean(), server_default="false", nullable=False))
    op.add_column(
        "cases",
        sa.Column(
            "raised_to",
            sa.Enum(
                "sub_county",
                "chief_officer",
                "county_secretary",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
    )
    op.add_column("cases", sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("raised_why", sa.String(length=12), nullable=True))
    op.add_column("cases", sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("proposed_by_id", sa.Integer(), nullable=True))
    op.add_column("cases", sa.Column("their_reference", sa.String(length=60), nullable=True))
    op.add_column("cases", sa.Column("their_contact", sa.String(length=120), nullable=True))
    op.add_column("cases", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("news_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("notice", sa.String(length=20), nullable=True))
    op.add_column("cases", sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(
        op.f("ix_cases_desk"), table_name="cases", postgresql_where="((ward_code IS NULL) AND (NOT sensitive))"
    )
    op.create_index(
        "ix_cases_desk",
        "cases",
        ["status", "received_at"],
        unique=False,
        postgresql_where=sa.text("(ward_code IS NULL OR desk = 'county') AND NOT sensitive"),
    )
    op.create_index(
        "ix_cases_keep",
        "cases",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL AND anonymised_at IS NULL"),
    )
    op.create_index(
        "ix_cases_news", "cases", ["news_due_at"], unique=False, postgresql_where=sa.text("news_due_at IS NOT NULL")
    )
    op.create_index(
        "ix_cases_next_step",
        "cases",
        ["next_step_at", "id"],
        unique=False,
        postgresql_where=sa.text("next_step_at IS NOT NULL AND status IN ('new', 'taken', 'referred')"),
    )
    op.create_index(
        "ix_cases_secretary",
        "cases",
        ["status", "received_at"],
        unique=False,
        postgresql_where=sa.text("raised_to = 'county_secretary'"),
    )
    op.create_index(
        "ix_cases_words",
        "cases",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, (COALESCE(words, ''::text) || ' '::text)"
                " || COALESCE(landmark, ''::character varying)::text)"
            )
        ],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("NOT sensitive"),
    )
    op.create_foreign_key(op.f("fk_cases_proposed_by_id"), "cases", "officer", ["proposed_by_id"], ["id"])
    _allow("cases", "kind", "'grievance', 'feedback', 'request'")
    _allow("cases", "desk", f"'ward', 'county', 'department', {STEPS}, 'outside', 'confidential'")
    # What is late already has a week until it goes up: its promise was given when nothing did.
    op.execute(
        "UPDATE cases SET next_step_at = CASE WHEN due_at < now() THEN now() + interval '7 days' ELSE due_at END"
        " WHERE NOT sensitive AND kind = 'grievance'"
    )
    op.execute(
        "UPDATE cases SET news_due_at = now() + interval '14 days' WHERE desk = 'outside' AND status = 'referred'"
    )


def _allow(table: str, column: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({values})")


def _change_events() -> None:
    op.add_column("case_event", sa.Column("turn", sa.String(length=60), nullable=True))
    _tell_whose_turn_it_was()
    op.add_column(
        "incoming_sms", sa.Column("about_ombudsman", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index("ix_case_event_at", "case_event", ["at"], unique=False)
    op.create_index(
        "ix_case_event_officer",
        "case_event",
        ["officer_id", "at"],
        unique=False,
        postgresql_where=sa.text("officer_id IS NOT NULL"),
    )
    op.create_index(
        "uq_case_event_raised",
        "case_event",
        ["case_id", sa.literal_column("(data ->> 'step')")],
        unique=True,
        postgresql_where=sa.text("name = 'raised'"),
    )


def _make_notices() -> None:
    """And the indexes by which a night finds what is over."""
    op.create_table(
        "notice",
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_notice")),
    )
    for table, column in KEEP_INDEXES.items():
        op.create_index(f"ix_{table}_keep", table, [column], unique=False, postgresql_where=sa.text(UNERASED))


def _tell_whose_turn_it_was() -> None:
    """Histories from before did not say where a case was. What has it now has had it since `desk_since`; before that
    the line itself tells, or who took it, or else it was where it came from."""
    op.execute(
        "UPDATE case_event SET turn = CASE WHEN name = 'waiting' THEN 'resident'"
        " WHEN name IN ('ended', 'confirmed', 'unconfirmed', 'closed', 'withdrawn') THEN ''"
        " WHEN name = 'joined' AND (data ->> 'newer')::boolean THEN ''"
        " WHEN name NOT IN ('filed', 'taken', 'resumed', 'referred', 'routed', 'disputed', 'plan_due', 'released',"
        " 'hidden', 'made_confidential', 'parted') THEN NULL"
        " WHEN at >= desk_since THEN desk || CASE desk WHEN 'ward' THEN ':' || COALESCE(ward_code::text, '')"
        " WHEN 'department' THEN ':' || COALESCE(department, '') ELSE '' END"
        " WHEN name = 'referred' THEN COALESCE('department:' || (data ->> 'department'), 'outside')"
        " WHEN name = 'routed' THEN 'ward:' || (data ->> 'ward')"
        " ELSE COALESCE((SELECT CASE role WHEN 'department' THEN 'department:' || post.department"
        " WHEN 'hotline' THEN 'county' WHEN 'ombudsman' THEN 'confidential' END"
        " FROM post WHERE name = 'taken' AND post.officer_id = case_event.officer_id),"
        " CASE WHEN ward_code IS NULL OR EXISTS (SELECT FROM case_event AS later WHERE later.case_id = cases.id"
        " AND later.name IN ('routed', 'released') AND later.id > case_event.id) THEN 'county'"
        " ELSE 'ward:' || ward_code END) END"
        " FROM cases WHERE cases.id = case_event.case_id"
    )
    # A number of days for those that wait at this moment; `flask cases keep-time` goes by the charter.
    op.execute(
        "UPDATE cases SET waits_until = (SELECT max(at) FROM case_event WHERE case_id = cases.id AND name = 'waiting')"
        " + interval '14 days' WHERE status = 'waiting'"
    )
    # The day that was promised stands, whatever moved it so far; a wait that is not over moves it yet.
    op.execute(
        "UPDATE case_event SET data = data || jsonb_build_object('promise', cases.category, 'due', cases.due_at,"
        " 'stood', CASE status WHEN 'waiting' THEN (SELECT max(waits.at) FROM case_event AS waits"
        " WHERE waits.case_id = cases.id AND waits.name = 'waiting') ELSE now() END) FROM cases"
        " WHERE cases.id = case_event.case_id AND name = 'filed' AND cases.due_at IS NOT NULL"
    )


def downgrade() -> None:
    """An officer keeps the first of her posts; whoever has none of the six old roles goes."""
    for table in KEEP_INDEXES:
        op.drop_index(f"ix_{table}_keep", table_name=table)
    op.execute("DELETE FROM case_event WHERE name = 'raised'")
    op.drop_index("uq_case_event_raised", table_name="case_event", postgresql_where=sa.text("name = 'raised'"))
    op.drop_index("ix_case_event_officer", table_name="case_event", postgresql_where=sa.text("officer_id IS NOT NULL"))
    op.drop_index("ix_case_event_at", table_name="case_event")
    op.drop_column("incoming_sms", "about_ombudsman")
    op.execute(f"UPDATE cases SET desk = 'county' WHERE desk IN ({STEPS})")  # noqa: S608
    op.execute("UPDATE cases SET kind = 'grievance', category = 'OTHER' WHERE kind = 'request'")
    _allow("cases", "kind", "'grievance', 'feedback'")
    _allow("cases", "desk", DESKS_BEFORE)
    op.drop_constraint(op.f("fk_cases_proposed_by_id"), "cases", type_="foreignkey")
    op.drop_index(
        "ix_cases_words", table_name="cases", postgresql_using="gin", postgresql_where=sa.text("NOT sensitive")
    )
    op.drop_index("ix_cases_secretary", table_name="cases", postgresql_where=sa.text("raised_to = 'county_secretary'"))
    op.drop_index(
        "ix_cases_next_step",
        table_name="cases",
        postgresql_where=sa.text("next_step_at IS NOT NULL AND status IN ('new', 'taken', 'referred')"),
    )
    op.drop_index("ix_cases_news", table_name="cases", postgresql_where=sa.text("news_due_at IS NOT NULL"))
    op.drop_index(
        "ix_cases_keep", table_name="cases", postgresql_where=sa.text("closed_at IS NOT NULL AND anonymised_at IS NULL")
    )
    op.drop_index(
        "ix_cases_desk",
        table_name="cases",
        postgresql_where=sa.text("(ward_code IS NULL OR desk = 'county') AND NOT sensitive"),
    )
    op.create_index(
        op.f("ix_cases_desk"),
        "cases",
        ["received_at"],
        unique=False,
        postgresql_where="((ward_code IS NULL) AND (NOT sensitive))",
    )
    op.drop_column("cases", "anonymised_at")
    op.drop_column("cases", "extended_at")
    op.drop_column("cases", "notice")
    op.drop_column("cases", "news_due_at")
    op.drop_column("cases", "accepted_at")
    op.drop_column("cases", "their_contact")
    op.drop_column("cases", "their_reference")
    op.drop_column("cases", "proposed_by_id")
    op.drop_column("cases", "next_step_at")
    op.drop_column("cases", "answer_by")
    op.drop_column("cases", "raised_why")
    op.drop_column("cases", "raised_at")
    op.drop_column("cases", "raised_to")
    op.drop_column("cases", "practice")
    op.drop_column("cases", "about_ombudsman")
    op.drop_column("case_event", "turn")
    op.drop_index("ix_cases_waits", table_name="cases", postgresql_where=sa.text("status = 'waiting'"))
    op.drop_column("cases", "waits_until")
    op.drop_column("cases", "desk_due_at")
    op.drop_index(op.f("ix_officer_phone_hash"), table_name="officer")
    op.add_column("officer", sa.Column("session_salt", sa.String(length=32), nullable=True))
    op.execute("UPDATE officer SET session_salt = replace(gen_random_uuid()::text, '-', '')")
    op.alter_column("officer", "session_salt", nullable=False)
    op.drop_column("officer", "seen_at")
    op.drop_column("officer", "left_at")
    op.drop_column("officer", "phone_mask")
    op.drop_column("officer", "phone_sealed")
    op.drop_column("officer", "phone_hash")
    op.drop_column("officer", "totp_step")
    op.drop_column("officer", "totp_sealed")
    for column in (
        sa.Column("role", sa.String(length=24), nullable=True),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("sub_county_code", sa.Integer(), nullable=True),
        sa.Column("department", sa.String(length=40), nullable=True),
    ):
        op.add_column("officer", column)
    op.execute(
        "UPDATE officer SET role = held.role, ward_code = held.ward_code, sub_county_code = held.sub_county_code,"
        " department = held.department FROM (SELECT DISTINCT ON (officer_id) * FROM post WHERE role NOT IN"
        " ('chief_officer', 'county_secretary', 'auditor') ORDER BY officer_id, id) AS held"
        " WHERE held.officer_id = officer.id"
    )
    op.execute("UPDATE officer SET role = 'county', active = false WHERE role IS NULL")
    op.alter_column("officer", "role", nullable=False)
    op.execute("GRANT SELECT (role, ward_code, sub_county_code, department) ON officer TO sikiza_officer")
    op.create_check_constraint(
        op.f("ck_officer_role"), "officer",
        "role IN ('ward', 'sub_county', 'department', 'ombudsman', 'hotline', 'county')",
    )  # fmt: skip
    for table in TABLES:
        op.drop_table(table)
