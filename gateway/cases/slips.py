"""Suggestion-box slips: printed with a reference and a secret before there is a case, filed when the box is opened.

Notes that were taken at a baraza, without a slip, are filed beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from config.rights import DATA
from config.zone import NAIROBI
from gateway.cases.actions import Refused
from gateway.cases.categories import NATIONAL, promised
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Slip, SlipBatch
from gateway.cases.filing import Filed, Report
from gateway.cases.intake import FORM, OtherForm, answered_before, form_of, keep_form, refuse_other_form
from gateway.cases.models import Case, Channel
from gateway.cases.office import Office
from gateway.cases.references import is_reference, new_reference, new_secret, spoken
from gateway.cases.requests import file
from gateway.people import audit
from gateway.people.models import Officer
from gateway.people.phone import is_mobile

MOST = 200
"""Slips of one batch."""
LISTED = 20
LATEST = timedelta(days=60)
"""How long before its registering a slip may have been taken from the box."""
OTHER_NOTE = "Another note was registered from this row of this page before. Send it again to register this one, too."
OTHER_WORDS = (
    "This slip is registered already, and not as it stands here. Look at its number: leave it empty for a note, "
    "or empty the row."
)


@dataclass(frozen=True)
class Printed:
    """One slip as it is printed."""

    reference: str
    secret: str


@dataclass(frozen=True)
class Batch:
    """Slips that were printed together, and how many of them are registered."""

    id: int
    printed_at: datetime
    count: int
    registered: int


@dataclass(frozen=True)
class Row:
    """What stands on one slip, or in one note. `reference` is the slip's; None: there was none. `phone` is E.164."""

    number: int
    reference: str | None
    category: str
    problem: str | None
    ward_code: int | None
    place: str
    words: str
    phone: str | None
    language: str


class Outcome(StrEnum):
    NEW = "new"
    BEFORE = "before"
    """It had been registered already; nothing was filed."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Registered:
    """What became of a row: its reference, or why it was refused."""

    number: int
    outcome: Outcome
    reference: str = ""
    why: str = ""


# Printing. All of it is the owner's alone to read


def print_batch(session: Session, office: Office, officer: Officer, nonce: str, count: int, now: datetime) -> int:
    """Reserve `count` references with their secrets, once for each nonce; the id of the batch. The caller commits."""
    key = f"{officer.id}:{nonce}"
    values = {"nonce": key, "printed_by": officer.id, "printed_at": now, "count": count}
    batch: int | None = session.scalar(
        insert(SlipBatch).values(values).on_conflict_do_nothing(index_elements=["nonce"]).returning(SlipBatch.id)
    )
    if batch is None:
        return session.scalars(select(SlipBatch.id).where(SlipBatch.nonce == key)).one()
    for reference in _free_references(session, count):
        secret = new_secret()
        session.add(
            Slip(
                reference=reference, batch_id=batch, secret_sealed=office.vault.seal(secret),
                secret_hash=office.vault.secret_hash(reference, secret),
            )
        )  # fmt: skip
    audit.append(session, "slips_printed", officer_id=officer.id, count=count)
    return batch


def _free_references(session: Session, count: int) -> Sequence[str]:
    """References that neither a case nor another slip has."""
    free: dict[str, None] = {}
    while len(free) < count:
        drawn = {new_reference() for _ in range(count - len(free))}
        for table in (Case, Slip):
            drawn -= set(session.scalars(select(table.reference).where(table.reference.in_(drawn))))
        free |= dict.fromkeys(drawn)
    return list(free)


def batches(session: Session, officer: Officer) -> list[Batch]:
    """Those that she printed, the latest first."""
    query = (
        select(SlipBatch, func.count(Slip.used_at))
        .join(Slip, Slip.batch_id == SlipBatch.id)
        .where(SlipBatch.printed_by == officer.id)
        .group_by(SlipBatch.id)
        .order_by(SlipBatch.id.desc())
        .limit(LISTED)
    )
    return [Batch(one.id, one.printed_at, one.count, used) for one, used in session.execute(query)]


def printed(session: Session, office: Office, officer: Officer, batch_id: int) -> list[Printed] | None:
    """The slips of a batch of hers that are not registered yet, to be printed; None: it is not hers, or there is none.

    That their secrets were shown stands in the audit.
    """
    hers = select(SlipBatch.id).where(SlipBatch.id == batch_id, SlipBatch.printed_by == officer.id)
    if session.scalar(hers) is None:
        return None
    query = select(Slip).where(Slip.batch_id == batch_id, Slip.used_at.is_(None)).options(undefer(Slip.secret_sealed))
    slips = session.scalars(query.order_by(Slip.reference))
    shown = [Printed(one.reference, office.vault.open(one.secret_sealed)) for one in slips if one.secret_sealed]
    audit.append(session, "slips_shown", officer_id=officer.id, count=len(shown))
    return shown


# Registering


def register(
    session: Session, office: Office, officer: Officer, rows: Iterable[Row], day: date, nonce: str, now: datetime
) -> list[Registered]:
    """File each row that is right, each by itself, with the owner's rights; a repetition files nothing. The caller
    commits.

    `day`: on which the slips were taken from the box, or the notes written. The promise counts from it.
    """
    received_at, rows = received(day, now), list(rows)
    _hold(session, [row.reference for row in rows if row.reference])
    done: list[Registered] = []
    for row in rows:
        try:
            with session.begin_nested():
                done.append(_register(session, office, officer, row, received_at, nonce, now))
        except OtherForm:
            done.append(Registered(row.number, Outcome.REFUSED, why=OTHER_NOTE))
        except Refused as refusal:
            done.append(Registered(row.number, Outcome.REFUSED, why=str(refusal)))
    new = [one.reference for one in done if one.outcome is Outcome.NEW]
    filed = session.execute(select(Case.id, Case.sensitive).where(Case.reference.in_(new)).order_by(Case.id))
    audit.append_shown(session, "slips_registered", officer.id, {row.id: row.sensitive for row in filed})
    return done


def received(day: date, now: datetime) -> datetime:
    """When the county received what was taken from the box on `day`: now, if that is today, else noon in Nairobi."""
    return now if day == local_day(now) else datetime.combine(day, time(12), NAIROBI)


def _register(
    session: Session, office: Office, officer: Officer, row: Row, received_at: datetime, nonce: str, now: datetime
) -> Registered:
    slip = _slip(session, row.reference) if row.reference else None
    if slip and slip.used_at is not None:
        return _before(session, office, row, slip)
    if row.category in DATA and row.phone is None:
        raise Refused("Data is found by the number that it belongs to: without one nothing can be asked for.")
    filed = _file(session, office, row, slip, f"{officer.id}:{nonce}:{row.number}", received_at, now)
    if slip:
        slip.case_id = session.scalars(select(Case.id).where(Case.reference == filed.reference)).one()
        slip.used_at, slip.secret_sealed = now, None
        session.flush()
    return Registered(row.number, Outcome.NEW if filed.new else Outcome.BEFORE, filed.reference)


def _before(session: Session, office: Office, row: Row, slip: Slip) -> Registered:
    """A slip that was registered before: only the very same may leave the page, or what it says stands nowhere."""
    answer = answered_before(session.connection(), Channel.PAPER, _source_id(slip)) or {}
    if answer.get(FORM) != _typed(office, row):
        raise Refused(OTHER_WORDS)
    return Registered(row.number, Outcome.BEFORE, slip.reference)


def _hold(session: Session, references: Sequence[str]) -> None:
    """Lock all slips of a page, in one order for everybody: two clerks may have the same box in front of them."""
    session.execute(
        select(Slip.reference).where(Slip.reference.in_(references)).order_by(Slip.reference).with_for_update()
    )


def _slip(session: Session, reference: str) -> Slip:
    """The printed slip, locked. Whoever registers it at the same time comes second."""
    if not is_reference(reference):
        raise Refused("The number is mistyped: it has eight digits, and its last one checks the others.")
    query = select(Slip).where(Slip.reference == reference).options(undefer(Slip.secret_hash)).with_for_update()
    slip = session.scalars(query).one_or_none()
    if slip is None:
        raise Refused("No slip was printed with this number. Leave it empty for a note without a slip.")
    if slip.used_at is None and session.scalar(select(Case.id).where(Case.reference == reference)):
        raise Refused(f"{spoken(reference)} is another report’s number. Leave it empty, and tell ICT.")
    return slip


def _file(
    session: Session, office: Office, row: Row, slip: Slip | None, key: str, received_at: datetime, now: datetime
) -> Filed:
    due = promised(office.county, office.calendar, row.category, received_at)
    report = Report(
        channel=Channel.PAPER,
        source_id=_source_id(slip) if slip else key,
        category=row.category,
        language=row.language,
        phone=row.phone,
        problem=row.problem,
        ward_code=row.ward_code,
        landmark=row.place or None,
        words=row.words or None,
        referral=row.problem if row.category == NATIONAL else None,
        wording="received_text",
        # No SMS promises a day that has passed, and none comes to a landline.
        quiet=(due is not None and due < now) or (row.phone is not None and not is_mobile(row.phone)),
        received_at=received_at,
        reference=slip.reference if slip else None,
        secret_hash=slip.secret_hash if slip else None,
    )
    filed = file(session.connection(), office, report, now)
    if filed.new:
        keep_form(session, report.channel, report.source_id, _typed(office, row))
    else:
        refuse_other_form(filed.answer, _typed(office, row))
    return filed


def _source_id(slip: Slip) -> str:
    return f"slip:{slip.reference}"


def _typed(office: Office, row: Row) -> str:
    """What stands in the row but for the slip's number, so that the same is known again."""
    return form_of(
        office.vault, row.category, row.problem, row.ward_code, row.place, row.words, row.phone, row.language
    )  # fmt: skip
