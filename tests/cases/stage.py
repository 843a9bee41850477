"""What tests of the core play on: the office of Kakamega, residents, officers, and a clock that only a test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, undefer

from config.settings import Settings
from gateway.cases import closing, inbound, ladder, relief
from gateway.cases.filing import Filed, Report, file_case
from gateway.cases.models import Case, CaseEvent, Channel
from gateway.cases.visibility import visible_to
from gateway.db import Base, as_owner, officer_session
from gateway.installation import Installation, open_installation
from gateway.messages.models import IncomingSms, Message, Question
from gateway.people.models import Officer, Resident, Role
from gateway.people.officers import give_post

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""9:00 in Nairobi."""
WANJIKU, AMINA = "+254711000001", "+254733000002"
SHIRERE, SHEYWE, LURAMBI = 1014, 1012, 202
PROMISE = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
"""Eight working days after MONDAY, 17:00 in Nairobi."""

Rows = list[tuple[str, str]]


@cache
def installed(settings: Settings) -> Installation:
    return open_installation(settings, pool_size=2)


class Stage:
    """An empty installation at nine o'clock on a Monday; `engine` is the owner's."""

    def __init__(self, settings: Settings, engine: Engine, now: datetime = MONDAY) -> None:
        self.installation = replace(installed(settings), engine=engine)
        self.engine, self.office, self.now = engine, self.installation.office, now
        self._nonce = 0

    def later(self, **length: float) -> datetime:
        self.now += timedelta(**length)
        return self.now

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    # Residents

    def file(self, **given: Any) -> str:
        """File a report of Wanjiku's about the water of Shirere, but for what is given; returns its reference."""
        return self.filed(**given).reference

    def filed(self, **given: Any) -> Filed:
        self._nonce += 1
        usual: dict[str, Any] = {
            "channel": Channel.HOTLINE, "source_id": f"nonce-{self._nonce}", "category": "WATER", "language": "sw",
            "phone": WANJIKU, "ward_code": SHIRERE,
        }  # fmt: skip
        with self.engine.begin() as connection:
            return file_case(connection, self.office, Report(**(usual | given)), self.now)

    def receive(self, words: str, sender: str = WANJIKU, provider_id: str | None = None) -> IncomingSms:
        """Let a text arrive and be handled; returns what became of it."""
        self._nonce += 1
        provider_id = provider_id or f"sms-{self._nonce}"
        with self.transaction() as session:
            inbound.store(session, self.office, provider_id, sender, words, odd=None)
        while inbound.handle_next(self.engine, self.office, self.now):
            pass
        with self.transaction() as session:
            return session.scalars(select(IncomingSms).where(IncomingSms.provider_id == provider_id)).one()

    # Officers

    def officer(self, role: Role = Role.WARD, **jurisdiction: Any) -> Officer:
        """An officer; without a jurisdiction, the one who has Shirere or what belongs to it."""
        usual: dict[Role, dict[str, Any]] = {
            Role.WARD: {"ward_code": SHIRERE},
            Role.SUB_COUNTY: {"sub_county_code": LURAMBI},
            Role.DEPARTMENT: {"department": "water"},
            Role.CHIEF_OFFICER: {"department": "water"},
        }
        self._nonce += 1
        officer = Officer(email=f"{role.value}-{self._nonce}@kakamega.example", name="Rose", password_hash="x")
        # By this clock and by the database's, which stands still in a transaction, she has it already.
        since = min(datetime.now(UTC) - timedelta(seconds=1), self.now)
        with self.transaction() as session:
            session.add(officer)
            session.flush()
            session.refresh(officer)
            give_post(session, officer, role, starts_at=since, **(jurisdiction or usual.get(role, {})))
            session.refresh(officer)
        return officer

    def phone(self) -> str:
        """A number that nobody has dialled from yet: one phone has a few reports a day in its ward."""
        self._nonce += 1
        return f"+254711{self._nonce:06}"

    def do(self, action: Callable[..., object], reference: str, officer: Officer, *details: Any, **named: Any) -> None:
        """Let an officer do something as the web does it: on a case that she sees, under the restricted role."""
        with officer_session(self.engine, officer) as session:
            case = session.scalars(visible_to(officer).where(Case.reference == reference)).one()
            with as_owner(session):
                action(session, self.office, case, officer, *details, self.now, **named)

    # Time

    def sweep(self) -> None:
        """What time alone does to cases; nothing is sent."""
        tasks = (
            closing.expire_questions, closing.open_waiting, closing.close_ended, closing.end_waits,
            closing.reopen_planned, relief.settle_leaves, ladder.raise_overdue,
        )  # fmt: skip
        for task in tasks:
            with self.transaction() as session:
                task(session, self.office, self.now)

    # Rows

    def case(self, reference: str) -> Case:
        with self.transaction() as session:
            return session.scalars(select(Case).where(Case.reference == reference)).one()

    def only_case(self) -> Case:
        with self.transaction() as session:
            return session.scalars(select(Case)).one()

    def events(self, reference: str) -> list[CaseEvent]:
        with self.transaction() as session:
            query = select(CaseEvent).join(Case, Case.id == CaseEvent.case_id).where(Case.reference == reference)
            return list(session.scalars(query.order_by(CaseEvent.id)))

    def history(self, reference: str) -> list[str]:
        """The names of the events, oldest first."""
        return [event.name for event in self.events(reference)]

    def messages(self, reference: str | None = None) -> list[Message]:
        """Outgoing SMS, oldest first: those about one case, or all."""
        query = select(Message).order_by(Message.id)
        if reference:
            query = query.join(Case, Case.id == Message.case_id).where(Case.reference == reference)
        with self.transaction() as session:
            return list(session.scalars(query))

    def letters(self, reference: str | None = None) -> Rows:
        """Wording and status of each outgoing SMS."""
        return [(message.wording, message.status.value) for message in self.messages(reference)]

    def last_text(self, reference: str | None = None) -> str:
        """The words of the latest SMS."""
        return self.office.vault.open(self.messages(reference)[-1].text_sealed)

    def questions(self) -> list[tuple[str, str, str | None]]:
        """Kind, status and answer of each question, oldest first."""
        with self.transaction() as session:
            rows = session.scalars(select(Question).order_by(Question.id))
            return [(row.kind.value, row.status.value, row.answer) for row in rows]

    def resident(self, phone: str = WANJIKU) -> Resident | None:
        query = select(Resident).where(Resident.phone_hash == self.office.vault.phone_hash(phone))
        with self.transaction() as session:
            return session.scalars(
                query.options(undefer(Resident.phone_hash), undefer(Resident.phone_sealed))
            ).one_or_none()

    def count(self, table: type[Base]) -> int:
        with self.transaction() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def set(self, statement: str, **values: Any) -> None:
        """Change rows behind everybody's back, such as a lease that has run out."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def rewrite_history(self, statement: str) -> None:
        """Change rows that the database lets nobody change, as if what they tell had been at another time."""
        with self.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(statement))
