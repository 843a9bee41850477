"""Announcements: one text to everybody whom we know in a ward, stored in one statement and sent in batches.

They wait for the morning and for money, and reach nobody who asked for no more texts. Nor do they reach a resident
all of whose cases are confidential: on a shared phone, any text of ours would tell of her.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from config.county import Ward
from config.zone import NAIROBI
from gateway.messages.letters import Letters
from gateway.messages.models import Announcement, Message, MessageStatus
from gateway.messages.outbox import UNSENT
from gateway.people import audit
from gateway.people.models import Officer, Post, Role
from gateway.people.vault import Vault

WORDING = "announcement"
LISTED = 10
DAILY = (Role.WARD, Role.SUB_COUNTY)
"""Who may announce something once a day in each ward."""

UNDELIVERED = (MessageStatus.FAILED, MessageStatus.CANCELLED)
"""Cancelled: she asked for no more texts before this one left, or her number was erased."""


class OnceADay(Exception):
    """Somebody of the same role has announced something in this ward today."""


@dataclass(frozen=True)
class Notice:
    """What is announced: where, by whom, and the words by language.

    Who has a language without words gets the first one. `source` is the nonce of the form with the officer's id: the
    same form sent twice announces once.
    """

    ward: Ward
    officer: Officer
    texts: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class Past:
    """An announcement that was made. Those who are neither delivered, failed nor waiting: sent, no report yet."""

    made_at: datetime
    ward_code: int
    officer: str
    texts: Mapping[str, str]
    people: int
    delivered: int
    failed: int
    waiting: int

    @property
    def unreported(self) -> int:
        return max(0, self.people - self.delivered - self.failed - self.waiting)


def compose(letters: Letters, ward: Ward, language: str, words: str) -> str:
    """The SMS as everybody in `ward` with this language gets it."""
    return letters.compose(WORDING, language, {"ward": ward.short, "officer_words": words})


def announce(session: Session, letters: Letters, vault: Vault, notice: Notice, now: datetime) -> int:
    """Queue it for everybody in the ward, once per `source`; returns for how many. Raises OnceADay.

    Runs with the owner's rights.
    """
    # Until the commit: of two announcements in a ward the later one knows the earlier one.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(WORDING, notice.ward.code))))
    before = session.scalar(select(Announcement.people).where(Announcement.source == notice.source))
    if before is not None:
        return before
    if is_refused(session, notice.officer, notice.ward.code, now):
        raise OnceADay
    row = {
        "source": notice.source,
        "officer": notice.officer.id,
        "ward": notice.ward.code,
        "texts": json.dumps(dict(notice.texts)),
        "now": now,
        "wording": WORDING,
        "languages": list(notice.texts),
        # The same letters for all of one language: sealed once, or the sealing would take longer than all the rest.
        "sealed": [vault.seal(compose(letters, notice.ward, *written)) for written in notice.texts.items()],
    }
    people = int(session.execute(_ANNOUNCE, row).scalar_one())
    audit.append(session, "announced", officer_id=notice.officer.id, ward=notice.ward.code, people=people)
    return people


def is_refused(session: Session, officer: Officer, ward_code: int, now: datetime) -> bool:
    """Whether `officer` may announce nothing more in this ward today."""
    return ward_code in used_up(session, officer, [ward_code], now)


def used_up(session: Session, officer: Officer, wards: Collection[int], now: datetime) -> Collection[int]:
    """The wards in which ward administrators, or sub-county administrators, have had their announcement of today.

    Each role has one a day in each ward; the county administrator has no such limit.
    """
    roles = officer.roles & {*DAILY}
    if not roles or officer.holds(Role.COUNTY):
        return ()
    today = now.astimezone(NAIROBI).replace(hour=0, minute=0, second=0, microsecond=0)
    made = (
        select(Announcement.ward_code)
        .join(Post, Post.officer_id == Announcement.officer_id)
        .where(
            Announcement.ward_code.in_(wards),
            Announcement.made_at >= today,
            Post.role.in_(roles),
            Post.starts_at <= Announcement.made_at,
            or_(Post.ends_at.is_(None), Post.ends_at > Announcement.made_at),
        )
    )
    return frozenset(session.scalars(made))


def people(session: Session, ward: Ward, languages: Sequence[str]) -> Mapping[str, int]:
    """How many would be reached now, by the language in which they would read it. No zeros."""
    rows = session.execute(_COUNT, {"ward": ward.code, "languages": list(languages)})
    return {row.language: row.people for row in rows}


def recent(session: Session, wards: Collection[int]) -> list[Past]:
    """The last ones in these wards, newest first, with what became of them so far."""
    query = (
        select(Announcement, Officer.name)
        .join(Officer, Officer.id == Announcement.officer_id)
        .where(Announcement.ward_code.in_(wards))
        .order_by(Announcement.id.desc())
        .limit(LISTED)
    )
    made = session.execute(query).all()
    return [_past(one, name, _counts(session, one)) for one, name in made]


def _counts(session: Session, made: Announcement) -> Mapping[MessageStatus, int]:
    keys = [f"{WORDING}:{made.id}:{language}" for language in made.texts]
    query = select(Message.status, func.count().label("number")).where(Message.bulk.in_(keys)).group_by(Message.status)
    return {row.status: row.number for row in session.execute(query)}


def _past(made: Announcement, officer: str, counts: Mapping[MessageStatus, int]) -> Past:
    def number(*states: MessageStatus) -> int:
        return sum(counts.get(state, 0) for state in states)

    return Past(
        made.made_at, made.ward_code, officer, made.texts, made.people,
        number(MessageStatus.DELIVERED), number(*UNDELIVERED), number(*UNSENT),
    )  # fmt: skip


# A case that is out of somebody's sight: their number of people must not tell of it either.
_HIDDEN = "(cases.sensitive OR EXISTS (SELECT 1 FROM case_conflict WHERE case_conflict.case_id = cases.id))"

# Who is reached, and in which language: her own where it has words, else the first.
_REACHED = f"""
    SELECT resident.id,
           CASE WHEN resident.language = ANY (CAST(:languages AS varchar[])) THEN resident.language
                ELSE (CAST(:languages AS varchar[]))[1] END AS language
    FROM resident
    WHERE resident.ward_code = :ward AND resident.stopped_at IS NULL
      AND (NOT EXISTS (SELECT 1 FROM cases WHERE cases.resident_id = resident.id AND {_HIDDEN})
           OR EXISTS (SELECT 1 FROM cases WHERE cases.resident_id = resident.id AND NOT {_HIDDEN}))
"""  # noqa: S608
_COUNT = text(f"SELECT language, count(*) AS people FROM ({_REACHED}) AS reached GROUP BY language")  # noqa: S608
_ANNOUNCE = text(
    f"""
    WITH reached AS MATERIALIZED ({_REACHED}), announced AS (
        INSERT INTO announcement (source, officer_id, ward_code, texts, people, made_at)
        SELECT :source, :officer, :ward, CAST(:texts AS jsonb), count(*), CAST(:now AS timestamptz) FROM reached
        RETURNING id, people
    ), letters AS (
        INSERT INTO message (resident_id, wording, bulk, text_sealed, due_at, created_at)
        SELECT reached.id, :wording, concat_ws(':', CAST(:wording AS varchar), announced.id, written.language),
               written.sealed, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
        FROM announced, reached
        JOIN unnest(CAST(:languages AS varchar[]), CAST(:sealed AS bytea[])) AS written (language, sealed)
          ON written.language = reached.language
    )
    SELECT people FROM announced
    """  # noqa: S608
)
