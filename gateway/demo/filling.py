"""Fills the demo with a believable county: stories are told in memory, then stored in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from config.county import Ward
from gateway.cases.categories import OTHER
from gateway.cases.clock import deadline
from gateway.cases.models import CallBack, Case, CaseEvent, Channel, Intake
from gateway.db import Base
from gateway.demo import costs, showcase
from gateway.demo.accounts import accounts, ensure_everybody
from gateway.demo.life import Life
from gateway.demo.reports import Row
from gateway.demo.rising import rise
from gateway.demo.stories import live
from gateway.demo.texts import Texts
from gateway.demo.voices import some_report
from gateway.demo.world import Person, World
from gateway.installation import Installation
from gateway.messages.models import IncomingSms, Message, Question, QuestionStatus, UssdCharge
from gateway.people.models import Resident
from gateway.people.phone import mask

BATCH = 500
"""Cases stored at once: no statement may take long."""
CASES_PER_CALL = 40
"""One call-back without a case for so many cases."""
CALL_HOURS = ("today", "tomorrow_morning", "tomorrow_evening")

Progress = Callable[[float], object]


@dataclass(frozen=True)
class Call:
    """Somebody asked to be called, about nothing in particular."""

    person: Person
    row: Row


def fill(installation: Installation, count: int, seed: int, now: datetime, progress: Progress) -> None:
    """Add `count` cases with everything that belongs to them, in one transaction.

    The same `seed` at the same time tells the same stories to every installation of the county. No SMS is sent: all
    have left. `progress` is told how many cases more are done. Raises NotTheDemo.
    """
    office = installation.office
    with Session(installation.engine) as session, session.begin():
        officers = ensure_everybody(session, installation.settings, office.county)
        rng = Random(seed)  # noqa: S311  (stories, no secrets)
        world = World(office, officers, now, rng, Texts(rng), _known_phones(session, installation))
        world.references.update(session.scalars(select(Case.reference)))
        lives = []
        for life in islice(_lives(world), count):
            _wait_behind_other_questions(world, life)
            rise(life)
            lives.append(life)
            progress(0.5)
        lives.sort(key=lambda life: life.case["received_at"])
        calls = [_call(world) for _ in range(count // CASES_PER_CALL)]
        residents = _store_residents(session, world, lives, calls)
        _store_calls(session, calls, residents)
        for start in range(0, len(lives), BATCH):
            batch = lives[start : start + BATCH]
            _store_lives(session, world, batch, residents)
            progress(0.5 * len(batch))
        costs.set_limit(session, world)


def _known_phones(session: Session, installation: Installation) -> set[str]:
    """Numbers that an earlier filling gave away."""
    vault = installation.office.vault
    return {vault.open(sealed) for sealed in session.scalars(select(Resident.phone_sealed))}


def _lives(world: World) -> Iterator[Life]:
    """The ward that a visitor signs in to comes first, then people all over the county, without an end."""
    yield from showcase.lives(world, _shown_ward(world))
    while True:
        person = world.somebody(world.some_ward())
        yield live(world, person, some_report(world, person))


def _shown_ward(world: World) -> Ward:
    county = world.office.county
    code = next(account.ward_code for account in accounts(county) if account.ward_code)
    return next(ward for ward in county.wards if ward.code == code)


def _wait_behind_other_questions(world: World, life: Life) -> None:
    """A phone has one open question; *fixed?* is not even sent while another one is."""
    question = life.open_question
    if question is None or life.person is None:
        return
    if life.person.phone in world.asked:
        question["status"] = QuestionStatus.WAITING
        life.messages = [
            one for one in life.messages if one["wording"] != "fixed" or one["due_at"] < question["asked_at"]
        ]
    world.asked.add(life.person.phone)


def _call(world: World) -> Call:
    """Asked for in the menu; the desk has rung most of those who asked before today."""
    person, at = world.somebody(world.some_ward()), world.received(Channel.USSD)
    term = world.office.county.charter.term("call_back", OTHER)
    row: Row = {
        "hour": world.rng.choice(CALL_HOURS), "asked_at": at, "due_at": deadline(at, term, world.office.calendar),
        "done_at": None, "done_by": None, "outcome": None,
    }  # fmt: skip
    rung = world.at_work(at, world.hours(4))
    if world.past(rung) and world.rng.random() < 0.97:
        outcome = world.rng.choices(["reached", "no_answer"], [4, 1])[0]
        row |= {"done_at": rung, "done_by": world.officers["hotline"], "outcome": outcome}
    return Call(person, row)


# Storing


def _store_residents(
    session: Session, world: World, lives: Sequence[Life], calls: Sequence[Call]
) -> dict[str | None, int]:
    """Everybody of whom something is kept; ids by phone."""
    vault = world.office.vault
    rows: dict[str, Row] = {}
    for call in calls:
        rows[call.person.phone] = _resident(call.person, None, call.row["asked_at"])
    for life in lives:
        if life.person:
            before = rows.get(life.person.phone)
            ward = None if life.sensitive else life.case["ward_code"]
            row = _resident(life.person, ward, life.case["received_at"])
            if before:
                row["ward_code"] = ward or before["ward_code"]
                row["created_at"] = min(before["created_at"], row["created_at"])
            rows[life.person.phone] = row
    sealed = [
        row | {"phone_hash": vault.phone_hash(phone), "phone_sealed": vault.seal(phone), "phone_mask": mask(phone)}
        for phone, row in rows.items()
    ]
    return dict(zip(rows, _add(session, Resident, sealed), strict=True))


def _resident(person: Person, ward_code: int | None, created_at: datetime) -> Row:
    return {"language": person.language, "ward_code": ward_code, "created_at": created_at}


def _store_calls(session: Session, calls: Sequence[Call], residents: dict[str | None, int]) -> None:
    intakes = _add(
        session,
        Intake,
        [
            _intake(Channel.USSD, f"demo:{call.person.phone[-6:]}:{number}", call.row["asked_at"])
            for number, call in enumerate(calls)
        ],
    )
    rows = [
        call.row | {"resident_id": residents[call.person.phone], "case_id": None, "intake_id": intake}
        for call, intake in zip(calls, intakes, strict=True)
    ]
    _add(session, CallBack, rows)


def _store_lives(session: Session, world: World, lives: Sequence[Life], residents: dict[str | None, int]) -> None:
    intakes = _add(session, Intake, [_intake_of(life) for life in lives])
    owners = [residents[life.person.phone] if life.person else None for life in lives]
    kept = zip(lives, intakes, owners, strict=True)
    cases = _add(
        session, Case, [life.finished() | {"intake_id": intake, "resident_id": owner} for life, intake, owner in kept]
    )
    stored = (CaseEvent, Message, Question, CallBack, IncomingSms, UssdCharge)
    parts: dict[type[Base], list[Row]] = {model: [] for model in stored}
    for life, case_id, owner, intake in zip(lives, cases, owners, intakes, strict=True):
        hers = {"case_id": case_id, "resident_id": owner}
        parts[CaseEvent] += [row | {"case_id": case_id} for row in sorted(life.events, key=lambda row: row["at"])]
        parts[Message] += [row | hers for row in life.messages]
        parts[Question] += [row | hers for row in life.questions]
        parts[CallBack] += [row | hers | {"intake_id": intake} for row in life.call_backs]
        parts[IncomingSms] += [row | hers for row in life.incoming]
        parts[UssdCharge] += costs.charges(world, life, case_id)
    for model, rows in parts.items():
        _add(session, model, rows)


def _intake_of(life: Life) -> Row:
    source = (
        life.incoming[0]["provider_id"] if life.case["channel"] is Channel.SMS else f"demo:{life.case['reference']}"
    )
    return _intake(life.case["channel"], source, life.case["received_at"])


def _intake(channel: Channel, source_id: str, at: datetime) -> Row:
    return {"channel": channel, "source_id": source_id, "answer": {}, "received_at": at}


def _add(session: Session, model: type[Base], rows: list[Row]) -> Sequence[int]:
    """Ids in the order of `rows`, which all have the same columns."""
    table = model.__table__
    assert isinstance(table, Table)
    if not rows:
        return []
    # The table, not the class: the class leaves out what is None, and makes a statement for every set of columns.
    return session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows).all()
