"""Drafts of reports, editions of the menu, what a USSD session leaves behind, and how far residents get."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

ROLE = "sikiza_officer"


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.String(length=120), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("ward_code", sa.Integer(), nullable=True),
        sa.Column("chosen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("session_id", name=op.f("uq_draft_session_id")),
    )
    op.create_index(op.f("ix_draft_phone_hash"), "draft", ["phone_hash"])
    op.create_index("ix_draft_ask", "draft", ["ask_at"], postgresql_where=sa.text("ask_at IS NOT NULL"))
    op.create_index("ix_draft_expires", "draft", ["expires_at"])
    op.create_table(
        "menu_edition",
        sa.Column("hash", sa.String(length=16), nullable=False),
        sa.Column("tree", sa.Text(), nullable=False),
        sa.Column("catalogue", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_menu_edition")),
    )
    op.create_table(
        "screen_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("screen", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("network", sa.String(length=8), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "screen", "language", "network", name=op.f("pk_screen_count")),
    )
    op.add_column("message", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    _ask_about_drafts()
    _close_sessions()
    op.execute(f"GRANT SELECT ON screen_count TO {ROLE}")


def _ask_about_drafts() -> None:
    op.alter_column("question", "case_id", nullable=True)
    op.add_column("question", sa.Column("draft_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_question_draft_id"), "question", "draft", ["draft_id"], ["id"], ondelete="CASCADE")
    op.create_index(op.f("ix_question_draft_id"), "question", ["draft_id"])
    op.create_check_constraint(op.f("ck_question_one_subject"), "question", "num_nonnulls(case_id, draft_id) = 1")
    op.drop_constraint(op.f("ck_question_questionkind"), "question", type_="check")
    op.create_check_constraint(op.f("ck_question_questionkind"), "question", "kind IN ('fixed', 'which_ward', 'draft')")


def _close_sessions() -> None:
    """Sessions under way during the update are closed with the others; nobody knows what was typed in them."""
    for column in (
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("network", sa.String(length=8), server_default="", nullable=False),
        sa.Column("transcript_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("ussd_session", column)
    unclosed = sa.text("closed_at IS NULL")
    op.create_index("ix_ussd_session_unclosed", "ussd_session", ["phone_hash"], postgresql_where=unclosed)
    op.create_index("ix_ussd_session_started", "ussd_session", ["started_at"], postgresql_where=unclosed)


def downgrade() -> None:
    op.drop_index("ix_ussd_session_started", table_name="ussd_session")
    op.drop_index("ix_ussd_session_unclosed", table_name="ussd_session")
    for column in ("closed_at", "over_at", "transcript_sealed", "network", "phone_sealed"):
        op.drop_column("ussd_session", column)
    op.execute("DELETE FROM question WHERE draft_id IS NOT NULL")
    op.drop_constraint(op.f("ck_question_questionkind"), "question", type_="check")
    op.create_check_constraint(op.f("ck_question_questionkind"), "question", "kind IN ('fixed', 'which_ward')")
    op.drop_constraint(op.f("ck_question_one_subject"), "question", type_="check")
    op.drop_index(op.f("ix_question_draft_id"), table_name="question")
    op.drop_column("question", "draft_id")
    op.alter_column("question", "case_id", nullable=False)
    op.drop_column("message", "read_at")
    op.drop_table("screen_count")
    op.drop_table("menu_edition")
    op.drop_table("draft")
