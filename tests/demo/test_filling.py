"""The filled demo is believable, and keeps every rule that the real thing keeps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import phonenumbers
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import closing, timing
from gateway.cases.categories import FEEDBACK, NATIONAL, OTHER, VIOLENCE
from gateway.cases.clock import deadline
from gateway.cases.ladder import WORDINGS
from gateway.cases.models import (
    OPEN,
    CallBack,
    Case,
    CaseEvent,
    Channel,
    Confirmation,
    Desk,
    Ending,
    Intake,
    Kind,
    Status,
)
from gateway.cases.references import is_reference
from gateway.cases.sensitivity import sensitive_category
from gateway.cases.visibility import visible_to
from gateway.messages import sending
from gateway.messages.models import IncomingSms, Message, MessageStatus, Question, QuestionStatus, UssdCharge
from gateway.messages.spending import standing
from gateway.people.models import Officer, Post, Resident, Role
from gateway.people.phone import normalise
from menus.lettering import septets
from tests.demo.conftest import CASES, NOW, Demo

LEFT = (MessageStatus.DELIVERED, MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.CANCELLED)
CONFIDENTIAL = ("received_confidential", "call_us")


@pytest.fixture(scope="module")
def session(demo: Demo) -> Iterator[Session]:
    with Session(demo.installation.engine) as session:
        yield session


@pytest.fixture(scope="module")
def cases(session: Session) -> Sequence[Case]:
    return session.scalars(select(Case).order_by(Case.id)).all()


@pytest.fixture(scope="module")
def history(session: Session) -> dict[int, list[CaseEvent]]:
    """The events of each case, in their order."""
    found: dict[int, list[CaseEvent]] = defaultdict(list)
    for event in session.scalars(select(CaseEvent).order_by(CaseEvent.id)):
        found[event.case_id].append(event)
    return found


def names(events: Sequence[CaseEvent]) -> list[str]:
    return [event.name for event in events]


# The county


def test_as_many_cases_as_were_asked_for_are_there_and_were_told(demo: Demo, cases: Sequence[Case]) -> None:
    assert len(cases) == CASES
    assert demo.told == CASES


def test_the_wards_report_as_many_people_as_live_there(demo: Demo, cases: Sequence[Case]) -> None:
    found = Counter(case.ward_code for case in cases if case.ward_code)
    wards = sorted(demo.installation.office.county.wards, key=lambda ward: ward.population)

    assert len(found) > 0.9 * len(wards)
    assert sum(found[ward.code] for ward in wards[30:]) > 1.2 * sum(found[ward.code] for ward in wards[:30])
    assert sum(case.ward_code is None for case in cases) > 0.02 * CASES


def test_every_channel_state_ending_and_answer_occurs(cases: Sequence[Case]) -> None:
    assert {case.channel for case in cases} == set(Channel)
    assert {case.status for case in cases} == set(Status)
    assert {case.ending for case in cases if case.ending} == set(Ending)
    assert {case.confirmation for case in cases if case.confirmation} == set(Confirmation)
    assert {case.desk for case in cases} == set(Desk)


def test_a_tenth_is_feedback_and_only_ratings_have_marks(cases: Sequence[Case]) -> None:
    feedback = [case for case in cases if case.kind is Kind.FEEDBACK]

    assert 0.06 * CASES < len(feedback) < 0.14 * CASES
    assert all((case.kind is Kind.FEEDBACK) == (case.category in FEEDBACK) for case in cases)
    assert all((case.rating in range(1, 6)) == (case.category == "RATING") for case in cases)


def test_the_shown_ward_has_a_bit_of_everything(cases: Sequence[Case]) -> None:
    queue = [case for case in cases if case.ward_code == 1014 and not case.sensitive and case.status in OPEN]

    assert len(queue) >= 8
    assert {case.status for case in queue} == set(OPEN)
    assert any(case.due_at < NOW for case in queue if case.due_at)
    assert any(case.confirmation is Confirmation.DISPUTED for case in queue)
    assert any(case.status is Status.NEW and case.received_at > NOW - timedelta(hours=12) for case in queue)


def test_nothing_is_overdue_that_has_not_gone_up_and_been_told(
    session: Session, cases: Sequence[Case], history: dict[int, list[CaseEvent]]
) -> None:
    running = [case for case in cases if case.status in (Status.NEW, Status.TAKEN, Status.REFERRED)]
    late = [case for case in running if case.next_step_at and case.next_step_at < NOW - timedelta(hours=12)]
    told = Counter(session.scalars(select(Message.case_id).where(Message.wording.in_(WORDINGS))))

    assert late == []
    assert sum(case.raised_to is not None for case in cases) > 0.01 * CASES
    for case in cases:
        steps = [event.data["step"] for event in history[case.id] if event.name == "raised"]
        assert len(steps) == len(set(steps)) == (told[case.id] if case.resident_id else len(steps))
        assert steps[-1:] == ([case.raised_to.value] if case.raised_to else [])


def test_some_are_late_some_sensitive_some_without_a_number(cases: Sequence[Case]) -> None:
    late = [case for case in cases if case.status in OPEN and case.due_at and case.due_at < NOW]

    assert 0.02 * CASES < len(late) < 0.2 * CASES
    assert 0.02 * CASES < sum(case.sensitive for case in cases) < 0.08 * CASES
    assert any(case.secret_hash and case.resident_id is None and not case.sensitive for case in cases)


def test_people_write_in_both_languages_and_say_different_things(cases: Sequence[Case]) -> None:
    words = [case.words for case in cases if case.words]

    assert {case.language for case in cases} == {"sw", "en"}
    assert len(set(words)) > 0.6 * len(words)
    assert not any("{" in text or "}" in text for text in words)


def test_reports_come_when_people_are_awake_and_the_desk_is_staffed(demo: Demo, cases: Sequence[Case]) -> None:
    assert all(NOW - timedelta(days=92) < case.received_at < NOW for case in cases)
    staffed = [case for case in cases if case.channel in (Channel.HOTLINE, Channel.PAPER)]
    calendar = demo.installation.office.calendar
    assert all(calendar.working_time(case.received_at, NOW) for case in staffed)
    nights = [case for case in cases if case.channel is Channel.USSD and case.received_at.hour in (21, 22, 23)]
    assert len(nights) < 0.05 * CASES


# Rules


def test_references_are_right_and_belong_to_one_case_each(cases: Sequence[Case]) -> None:
    assert all(is_reference(case.reference) for case in cases)
    assert len({case.reference for case in cases}) == CASES


def test_every_history_begins_with_the_filing_and_goes_forward(
    cases: Sequence[Case], history: dict[int, list[CaseEvent]]
) -> None:
    for case in cases:
        events = history[case.id]
        times = [event.at for event in events]
        assert (events[0].name, events[0].at) == ("filed", case.received_at)
        assert names(events).count("filed") == 1
        assert times == sorted(times)
        assert times[-1] <= NOW


def test_what_a_case_says_of_itself_is_what_happened_to_it(
    cases: Sequence[Case], history: dict[int, list[CaseEvent]]
) -> None:
    for case in cases:
        happened = names(history[case.id])
        done = case.status in (Status.RESOLVED, Status.CLOSED)
        assert done == (case.ending is not None) == (case.resolved_at is not None)
        assert (case.closed_at is not None) == (case.status in (Status.CLOSED, Status.WITHDRAWN))
        assert (case.status is Status.WITHDRAWN) == (happened[-1] == "withdrawn")
        if done:
            [*_, ended] = [event for event in history[case.id] if event.name == "ended"]
            assert (ended.at, ended.officer_id, ended.data["ending"]) == (
                case.resolved_at,
                case.assignee_id,
                case.ending,
            )
            assert case.reason or case.reason_sealed
        if case.status is Status.TAKEN:
            assert "taken" in happened
            assert case.assignee_id
        if case.status is Status.WAITING:
            assert happened[-1] == "waiting"
        assert (case.planned_for is not None) == (case.ending is Ending.PLANNED)


def test_only_fixed_is_confirmed_and_a_dispute_opens_the_case_again(
    cases: Sequence[Case], history: dict[int, list[CaseEvent]]
) -> None:
    for case in cases:
        happened = names(history[case.id])
        match case.confirmation:
            case Confirmation.CONFIRMED | Confirmation.UNCONFIRMED:
                assert (case.status, case.ending) == (Status.CLOSED, Ending.FIXED)
                assert happened[-1] == case.confirmation
            case Confirmation.ASKED:
                assert (case.status, case.ending) == (Status.RESOLVED, Ending.FIXED)
            case Confirmation.DISPUTED:
                assert case.status in OPEN
                assert "disputed" in happened


def test_a_promise_is_the_charters_and_only_waiting_moves_it(
    session: Session, demo: Demo, cases: Sequence[Case], history: dict[int, list[CaseEvent]]
) -> None:
    office = demo.installation.office
    for case in cases:
        # A text was promised an answer before an officer said what it is about.
        by_text = case.channel is Channel.SMS and not case.sensitive
        term = office.county.charter.term("resolve", OTHER if by_text else case.category)
        promised = deadline(case.received_at, term, office.calendar)
        assert timing.check(session, office, case) == []
        if case.kind is Kind.FEEDBACK or case.category == NATIONAL:
            assert case.due_at is None
        elif "waiting" not in names(history[case.id]) or case.status is Status.WAITING:
            assert case.due_at == promised
        else:
            assert case.due_at is not None
            assert case.due_at >= promised


def test_what_is_confidential_is_sealed_and_stays_with_the_ombudsman(
    session: Session, demo: Demo, cases: Sequence[Case], history: dict[int, list[CaseEvent]]
) -> None:
    sensitive = {case.id: case for case in cases if case.sensitive}
    ombudsman = session.scalars(select(Post.officer_id).where(Post.role == Role.OMBUDSMAN)).one()
    for case in sensitive.values():
        assert (case.desk, case.words, case.reason, case.landmark) == (Desk.CONFIDENTIAL, None, None, None)
        assert all(event.words is None for event in history[case.id])
        assert {event.officer_id for event in history[case.id]} <= {None, ombudsman}
        assert case.category != VIOLENCE or case.words_sealed is None
    for message in session.scalars(select(Message).where(Message.case_id.in_(sensitive))):
        assert message.wording in CONFIDENTIAL
        assert sensitive[message.case_id or 0].category != VIOLENCE
    assert {case.category for case in sensitive.values()} == {"GBV", "CORRUPT", "STAFF"}
    county = demo.installation.office.county
    open_words = [part for case in cases if not case.sensitive for part in (case.words, case.landmark) if part]
    assert [words for words in open_words if sensitive_category(county, words)] == []


def test_an_officer_acts_only_on_what_she_may_see(
    session: Session, cases: Sequence[Case], history: dict[int, list[CaseEvent]]
) -> None:
    officers = {officer.id: officer for officer in session.scalars(select(Officer))}
    for case in cases:
        for event in history[case.id]:
            if event.officer_id is None:
                continue
            officer = officers[event.officer_id]
            [post] = officer.posts
            match post.role:
                case Role.WARD:
                    assert post.ward_code == case.ward_code
                case Role.DEPARTMENT:
                    assert post.department == case.department
                case Role.HOTLINE:
                    assert case.ward_code is None or event.name == "routed"
                case _:
                    assert post.role is Role.OMBUDSMAN


def test_no_text_is_to_be_sent_and_each_is_one_sms(session: Session, demo: Demo) -> None:
    vault = demo.installation.office.vault
    messages = session.scalars(select(Message)).all()

    assert {message.status for message in messages} == set(LEFT)
    assert max(septets(vault.open(message.text_sealed)) for message in messages) <= 160
    assert all(message.sent_at is None or message.sent_at <= NOW for message in messages)
    assert all(message.delivered_at is None or message.delivered_at <= NOW for message in messages)


def test_a_hidden_number_is_nowhere(session: Session, cases: Sequence[Case]) -> None:
    hidden = [case.id for case in cases if case.resident_id is None]

    assert hidden
    assert all(message.resident_id is None for message in session.scalars(_of(Message, hidden)))
    assert session.scalars(_of(Question, hidden)).all() == []
    assert session.scalars(_of(CallBack, hidden)).all() == []
    assert session.scalars(_of(IncomingSms, hidden)).all() == []


def _of(model: type[Any], cases: Sequence[int]) -> Any:
    return select(model).where(model.case_id.in_(cases))


def test_a_phone_has_one_open_question_at_most_and_it_is_still_of_use(session: Session, cases: Sequence[Case]) -> None:
    by_id = {case.id: case for case in cases}
    asked = session.scalars(select(Question)).all()
    pending = [one for one in asked if one.status in (QuestionStatus.OPEN, QuestionStatus.WAITING)]

    phones = Counter(one.resident_id for one in pending if one.status is QuestionStatus.OPEN)
    assert phones
    assert max(phones.values()) == 1
    for question in pending:
        assert question.case_id
        case = by_id[question.case_id]
        assert question.expires_at > NOW
        assert case.confirmation is Confirmation.ASKED or case.ward_code is None
    waits = {one.case_id for one in pending if one.kind == "fixed"}
    assert waits == {case.id for case in cases if case.confirmation is Confirmation.ASKED}


def test_a_text_that_came_in_belongs_to_its_case_and_its_sender(session: Session, demo: Demo) -> None:
    vault = demo.installation.office.vault
    query = (
        select(IncomingSms, Resident.phone_sealed, Case)
        .join(Case, Case.id == IncomingSms.case_id)
        .join(Resident, Resident.id == IncomingSms.resident_id)
        .join(Intake, Intake.source_id == IncomingSms.provider_id)
    )
    rows = session.execute(query).all()

    assert len(rows) == len(session.scalars(select(Case.id).where(Case.channel == Channel.SMS)).all())
    for incoming, phone, case in rows:
        assert vault.open(incoming.sender_sealed) == vault.open(phone)
        words = case.words or vault.open(case.words_sealed or b"")
        assert words.startswith(vault.open(incoming.text_sealed))


def test_the_numbers_are_given_to_no_network(session: Session, demo: Demo) -> None:
    phones = [demo.installation.office.vault.open(sealed) for sealed in session.scalars(select(Resident.phone_sealed))]

    assert len(set(phones)) == len(phones)
    assert all(normalise(phone) == phone for phone in phones)
    assert not any(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)


def test_call_backs_stand_on_the_desks_list_and_the_confidential_ones_with_their_case(session: Session) -> None:
    calls = session.scalars(select(CallBack)).all()

    assert any(call.case_id is None for call in calls)
    assert any(call.case_id for call in calls)
    assert all((call.done_at is None) == (call.done_by is None) == (call.outcome is None) for call in calls)


def test_time_has_nothing_left_to_do(demo: Demo) -> None:
    """Whatever time alone does to cases has been done: the sweeper finds everything in order."""
    office, engine = demo.installation.office, demo.installation.engine
    with Session(engine) as session:
        assert closing.expire_questions(session, office, NOW) == 0
        assert closing.close_ended(session, office, NOW) == 0
        assert closing.reopen_planned(session, office, NOW) == 0
        assert sending.claim(session, office.vault) == []
        session.rollback()


def test_the_shown_officer_finds_her_queue(session: Session) -> None:
    officer = session.scalars(select(Officer).where(Officer.email == "ward-1014@demo.example")).one()

    assert len(session.scalars(visible_to(officer).where(Case.status.in_(OPEN))).all()) >= 8


def test_sessions_cost_something_and_the_limit_leaves_room(session: Session, cases: Sequence[Case]) -> None:
    by_id, charges = {case.id: case for case in cases}, session.scalars(select(UssdCharge)).all()
    filed = [(by_id[charge.case_id], charge) for charge in charges if charge.case_id]
    assert len(charges) > len(filed) > 100
    for case, charge in filed:
        assert (case.channel, case.sensitive, case.ward_code) == (Channel.USSD, False, charge.ward_code)
        assert case.resident_id
        assert timedelta() < charge.at - case.received_at < timedelta(minutes=3)
    assert {charge.ward_code for charge in charges if not charge.case_id} == {None}
    assert 0.1 < standing(session, NOW).share < 0.8
