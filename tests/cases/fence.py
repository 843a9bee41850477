"""Random officers and cases, and a second, slow opinion on who may see what, written from the rules, not the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from gateway.cases.models import CallBack, Case, CaseConflict, CaseEvent, Channel, Desk, Kind, NumberLook, Status, Step
from gateway.db import Base
from gateway.messages.models import (
    IncomingSms,
    IncomingStatus,
    Message,
    Question,
    QuestionKind,
    QuestionStatus,
    UssdCharge,
)
from gateway.people.models import ALONE, Audit, Officer, Post, Resident, Role
from tests.conftest import empty

TABLES: tuple[type[Base], ...] = (
    Case, CaseEvent, Message, Question, IncomingSms, Resident, CallBack, NumberLook, Audit, UssdCharge,
)  # fmt: skip
"""Those whose rows belong to somebody."""
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TIMES = {"now": (-DAY, None), "until tomorrow": (-DAY, DAY), "ended": (-2 * DAY, -DAY), "not yet": (DAY, None)}
"""When a post begins and ends, from now."""
SUB_COUNTY_OF = {11: 1, 12: 1, 21: 2}
"""Three wards in two sub-counties."""
DEPARTMENTS = ("water", "roads")
WITH_WARD, WITH_DEPARTMENT = (Role.WARD,), (Role.DEPARTMENT, Role.CHIEF_OFFICER)
QUARANTINED = {901: (False, False), 902: (True, False), 903: (True, True)}
"""Texts set aside that belong to no case: whether they are confidential, and about the ombudsman's office."""
ACCOUNTS_LINE, NO_CASE, BULK, STORED = 900, 900, 900, 900
"""Rows of no case: a line about an account, a call-back, a message of an announcement, a text on its way."""


@dataclass(frozen=True)
class Held:
    """A post as it stands in the table. `when`: one of TIMES."""

    role: Role
    when: str
    ward: int | None = None
    sub_county: int | None = None
    department: str | None = None

    @property
    def is_held(self) -> bool:
        return self.when in ("now", "until tomorrow")


@dataclass(frozen=True)
class Person:
    id: int
    active: bool
    posts: tuple[Held, ...]

    @property
    def held(self) -> list[Held]:
        return [post for post in self.posts if post.is_held] if self.active else []

    def is_a(self, *roles: Role) -> bool:
        return any(post.role in roles for post in self.held)


@dataclass(frozen=True)
class Matter:
    """A case. `about`: ids of officers. `call`: None, or whether somebody has called already."""

    id: int
    ward: int | None
    department: str | None
    desk: Desk
    status: Status
    sensitive: bool
    about_ombudsman: bool
    raised_to: Step | None
    practice: bool
    about: frozenset[int]
    call: bool | None


@dataclass(frozen=True)
class World:
    people: tuple[Person, ...]
    matters: tuple[Matter, ...]


# The rules


def may_see(person: Person, matter: Matter) -> bool:
    """Issue 5: who sees a case. An officer without a post, one who left, and whom it is about, see nothing."""
    if person.id in matter.about:
        return False
    if matter.sensitive and matter.about_ombudsman:
        return person.is_a(Role.COUNTY_SECRETARY) and not person.is_a(Role.OMBUDSMAN)
    if matter.sensitive:
        return person.is_a(Role.OMBUDSMAN)
    return any(_is_in_jurisdiction(post, matter) for post in person.held)


def _is_in_jurisdiction(post: Held, matter: Matter) -> bool:
    if post.role is Role.WARD:
        return matter.ward == post.ward
    if post.role is Role.SUB_COUNTY:
        return matter.ward is not None and SUB_COUNTY_OF[matter.ward] == post.sub_county
    if post.role in (Role.DEPARTMENT, Role.CHIEF_OFFICER):
        return matter.department == post.department
    if post.role is Role.COUNTY_SECRETARY:
        return matter.raised_to is Step.COUNTY_SECRETARY
    if post.role is Role.HOTLINE:
        return matter.ward is None or matter.desk is Desk.COUNTY or matter.call is False
    return False


def may_examine(person: Person, matter: Matter) -> bool:
    """An auditor reads figures and histories of whatever is not confidential; he opens no case."""
    return person.is_a(Role.AUDITOR) and not matter.sensitive and person.id not in matter.about


def expected(person: Person, world: World) -> dict[str, set[int]]:
    """The ids that the database shows this officer in each table, if nobody filters anything."""
    if person.is_a(Role.AUDITOR):
        seen = {one.id for one in world.matters if may_examine(person, one)}
        lines = {
            line for line, ids, secret in audited(world) if (seen.issuperset if secret else seen.intersection)(ids)
        }
        return {"cases": seen, "case_event": seen, "audit": {ACCOUNTS_LINE} | lines}
    seen = {one.id for one in world.matters if may_see(person, one)}
    calls = {one.id for one in world.matters if one.id in seen and one.call is not None}
    calls |= {NO_CASE} if person.is_a(Role.HOTLINE) else set()
    return {
        "cases": seen, "case_event": seen, "message": seen, "question": seen, "ussd_charge": seen,
        "incoming_sms": seen | {number for number in QUARANTINED if _reads(person, number)},
        "resident": seen | calls,
        "call_back": calls,
        "number_look": calls,
        "audit": {ACCOUNTS_LINE} if person.is_a(Role.COUNTY) else _who_looked(person, seen, world),
    }  # fmt: skip


def _reads(person: Person, number: int) -> bool:
    """Whether a text set aside waits for this officer."""
    sensitive, about_ombudsman = QUARANTINED[number]
    if about_ombudsman:
        return person.is_a(Role.COUNTY_SECRETARY) and not person.is_a(Role.OMBUDSMAN)
    return person.is_a(Role.OMBUDSMAN if sensitive else Role.HOTLINE)


def _who_looked(person: Person, seen: set[int], world: World) -> set[int]:
    """Who reads a confidential case reads who looked at it, also before it was one; a line about two needs both."""
    if not person.is_a(Role.OMBUDSMAN, Role.COUNTY_SECRETARY):
        return set()
    hers = {one.id for one in world.matters if one.sensitive and one.id in seen}
    return {
        line
        for line, ids, secret in audited(world)
        if (secret and seen.issuperset(ids)) or (not secret and hers.intersection(ids))
    }


def audited(world: World) -> Iterator[tuple[int, list[int], bool]]:
    """Lines of the audit, the cases of each, and whether it counts as confidential: one for each case, one for each two
    that follow each other, and one for each that was written before its case became confidential or was released."""
    for one in world.matters:
        yield 200 + one.id, [one.id], not one.sensitive
        yield one.id, [one.id], one.sensitive
    for one, other in zip(world.matters, world.matters[1:], strict=False):
        yield 100 + one.id, [one.id, other.id], one.sensitive or other.sensitive


# How they are made


@st.composite
def _held(draw: st.DrawFn, roles: tuple[Role, ...]) -> Held:
    role, when = draw(st.sampled_from(roles)), draw(st.sampled_from([*TIMES, "now", "now"]))
    return Held(
        role, when,
        ward=draw(st.sampled_from([*SUB_COUNTY_OF])) if role in WITH_WARD else None,
        sub_county=draw(st.sampled_from([1, 2])) if role is Role.SUB_COUNTY else None,
        department=draw(st.sampled_from(DEPARTMENTS)) if role in WITH_DEPARTMENT else None,
    )  # fmt: skip


_POSTS = st.one_of(
    st.lists(_held(tuple(role for role in Role if role not in ALONE)), min_size=0, max_size=3),
    st.lists(_held(ALONE), min_size=1, max_size=1),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to eight officers and a dozen cases."""
    posts = draw(st.lists(_POSTS, min_size=1, max_size=8))
    people = [
        Person(number, draw(st.sampled_from([True, True, True, False])), tuple(some))
        for number, some in enumerate(posts, start=1)
    ]
    ids = st.frozensets(st.integers(1, len(people)), max_size=2)
    matters = [
        Matter(
            number,
            ward=draw(st.sampled_from([None, *SUB_COUNTY_OF])),
            department=draw(st.sampled_from([None, *DEPARTMENTS])),
            desk=draw(st.sampled_from(Desk)),
            status=draw(st.sampled_from(Status)),
            sensitive=draw(st.booleans()),
            about_ombudsman=draw(st.booleans()),
            raised_to=draw(st.sampled_from([None, *Step])),
            practice=draw(st.booleans()),
            about=draw(ids),
            call=draw(st.sampled_from([None, None, False, True])),
        )
        for number in range(1, draw(st.integers(1, 12)) + 1)
    ]
    return World(tuple(people), tuple(matters))


def put(engine: Engine, world: World) -> None:
    """Write the world into the tables, which hold nothing else afterwards. A row has the number of its case."""
    with engine.begin() as connection:
        empty(connection)
        for table, rows in _rows(world):
            if rows:
                connection.execute(insert(table), rows)


def clear(engine: Engine) -> None:
    """Leave nothing behind."""
    with engine.begin() as connection:
        empty(connection)


def _rows(world: World) -> Iterator[tuple[type[Base], list[dict[str, Any]]]]:
    cases, hidden = [one.id for one in world.matters], {"phone_sealed": b"x", "phone_mask": "…", "language": "sw"}
    yield (
        Officer,
        [
            {"id": one.id, "email": f"{one.id}@x", "name": "Rose", "password_hash": "x", "active": one.active}
            for one in world.people
        ],
    )
    yield Post, [_post(one.id, held) for one in world.people for held in one.posts]
    yield Resident, [{"id": number, "phone_hash": bytes([number // 256, number % 256]), **hidden} for number in cases]
    yield Resident, [{"id": NO_CASE, "phone_hash": b"nobody", **hidden}]
    yield Case, [_case(one) for one in world.matters]
    yield (
        CaseConflict,
        [{"case_id": one.id, "officer_id": who, "named_by": who} for one in world.matters for who in one.about],
    )
    yield CaseEvent, [{"id": number, "case_id": number, "name": "filed", "data": {}} for number in cases]
    yield (
        Message,
        [{"id": number, "case_id": number, "wording": "received", "text_sealed": b"x"} for number in cases]
        + [{"id": BULK, "case_id": None, "wording": "announcement", "text_sealed": b"x"}],
    )
    yield (
        Question,
        [
            {
                "id": number, "case_id": number, "resident_id": number, "kind": QuestionKind.FIXED,
                "status": QuestionStatus.ANSWERED, "expires_at": NOW,
            }
            for number in cases
        ],
    )  # fmt: skip
    yield IncomingSms, [_text(number, number, IncomingStatus.HANDLED) for number in cases]
    yield IncomingSms, [_text(STORED, None, IncomingStatus.STORED)]
    yield (
        IncomingSms,
        [
            _text(number, None, IncomingStatus.QUARANTINED) | {"sensitive": sensitive, "about_ombudsman": about}
            for number, (sensitive, about) in QUARANTINED.items()
        ],
    )
    calls = [(one.id, one.id, one.call) for one in world.matters if one.call is not None]
    yield CallBack, [_call(*call) for call in (*calls, (NO_CASE, None, False))]
    yield (
        NumberLook,
        [{"id": one, "call_back_id": one, "officer_id": 1, "reason": "x"} for one, *_ in (*calls, (NO_CASE,))],
    )
    yield (
        Audit,
        [
            {"id": line, "name": "case_opened", "case_ids": ids, "confidential": confidential}
            for line, ids, confidential in audited(world)
        ]
        + [{"id": ACCOUNTS_LINE, "name": "signed_in", "case_ids": None, "confidential": False}],
    )
    yield UssdCharge, [{"id": number, "case_id": number, "amount": 1, "currency": "KES"} for number in cases]


def _post(officer_id: int, held: Held) -> dict[str, Any]:
    starts, ends = TIMES[held.when]
    return {
        "officer_id": officer_id, "role": held.role, "ward_code": held.ward, "sub_county_code": held.sub_county,
        "department": held.department, "starts_at": NOW + starts, "ends_at": None if ends is None else NOW + ends,
    }  # fmt: skip


def _case(matter: Matter) -> dict[str, Any]:
    return {
        "id": matter.id, "reference": f"{matter.id:08d}", "kind": Kind.GRIEVANCE, "channel": Channel.USSD,
        "category": "WATER", "sensitive": matter.sensitive, "about_ombudsman": matter.about_ombudsman,
        "ward_code": matter.ward, "sub_county_code": SUB_COUNTY_OF[matter.ward] if matter.ward else None,
        "department": matter.department, "desk": matter.desk, "status": matter.status, "raised_to": matter.raised_to,
        "practice": matter.practice, "language": "sw", "resident_id": matter.id,
        "words": None if matter.sensitive else "Hakuna maji",
    }  # fmt: skip


def _text(number: int, case_id: int | None, status: IncomingStatus) -> dict[str, Any]:
    return {
        "id": number, "provider_id": f"sms-{number}", "case_id": case_id, "status": status, "sender_sealed": b"x",
        "text_sealed": b"x",
    }  # fmt: skip


def _call(number: int, case_id: int | None, done: bool | None) -> dict[str, Any]:
    return {
        "id": number, "resident_id": number, "case_id": case_id, "hour": "any", "due_at": NOW,
        "done_at": NOW if done else None,
    }  # fmt: skip
