"""A text split off a case: a case of its own since the text came, told once, and never a way to see what is hidden."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DataError

from gateway.cases import erasing, linking, residents_own
from gateway.cases.actions import Faster, Refused
from gateway.cases.models import Case, Channel, Desk, Status
from gateway.db import OFFICER_ROLE, as_owner, officer_session
from gateway.messages.models import IncomingSms
from gateway.people.models import Officer, Role
from tests.cases.linked import FIRST, SECOND, join, leave, part, related, resident_does, says, spoken
from tests.cases.stage import PROMISE, SHEYWE, WANJIKU, Stage


def added(stage: Stage, reference: str, words: str, hours: float = 0) -> int:
    """A text that was added to a case; returns its id."""
    stage.later(hours=hours)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        incoming = IncomingSms(
            provider_id=f"sms-{reference}-{words[:9]}", case_id=case.id, resident_id=case.resident_id,
            sender_sealed=stage.office.vault.seal(WANJIKU), text_sealed=stage.office.vault.seal(f" {words}\n"),
            status="handled", why="answers received", received_at=stage.now,
        )  # fmt: skip
        session.add(incoming)
        session.flush()
        residents_own.add_words(session, stage.office, case, words, stage.now, Channel.SMS, incoming=incoming.id)
        return incoming.id


def split(stage: Stage, reference: str, officer: Officer, incoming_id: int) -> str:
    with officer_session(stage.engine, officer) as session, as_owner(session):
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        return linking.split(session, stage.office, case, officer, incoming_id, stage.now)


ROAD = "Pia barabara ya kwenda shule imeharibika"


def test_a_text_split_off_is_a_case_of_its_own_since_it_came(stage: Stage) -> None:
    reference = stage.file(words=FIRST, language="en", wording="received_text")
    leave(stage)
    incoming = added(stage, reference, ROAD, hours=3)
    came, officer = stage.now, stage.officer()
    says(stage, reference, "Haraka")
    stage.later(days=2)
    made = split(stage, reference, officer, incoming)
    case = stage.case(made)
    assert (case.channel, case.category, case.words, case.ward_code, case.desk) == (
        Channel.SMS, "OTHER", ROAD, stage.case(reference).ward_code, Desk.WARD,
    )  # fmt: skip
    assert (case.received_at, case.due_at, case.status) == (came, PROMISE, Status.NEW)
    assert (case.resident_id, case.language) == (stage.case(reference).resident_id, "en")
    assert stage.case(reference).words == f"{FIRST}\nHaraka"
    with stage.transaction() as session:
        assert session.get_one(IncomingSms, incoming).case_id == case.id
    assert stage.history(made) == ["filed", "split"]
    assert stage.events(made)[-1].data == {"other": reference, "newer": True}
    assert (stage.events(reference)[-1].name, stage.events(reference)[-1].data) == (
        "split", {"other": made, "newer": False},
    )  # fmt: skip
    assert stage.letters(made) == [("split", "queued")]
    assert stage.letters(reference) == [("received_text", "delivered")]
    assert stage.last_text(made) == (
        f"{spoken(made)}: this is a report of its own, from your SMS. You will be answered by Thu 3 Dec."
    )


def test_what_was_split_off_by_mistake_is_joined_again(stage: Stage) -> None:
    reference, officer = stage.file(words=FIRST, quiet=True), stage.officer()
    made = split(stage, reference, officer, added(stage, reference, ROAD))
    assert related(stage, made, officer)[0] == reference
    join(stage, made, officer)
    assert stage.case(reference).words == f"{FIRST}\n{ROAD}"


def test_the_second_press_splits_nothing_more(stage: Stage) -> None:
    reference, officer = stage.file(words=FIRST, quiet=True), stage.officer()
    incoming = added(stage, reference, ROAD)
    made = split(stage, reference, officer, incoming)
    with pytest.raises(Faster):
        split(stage, reference, officer, incoming)
    with pytest.raises(Refused, match="the report itself"):
        split(stage, made, officer, incoming)
    assert (stage.count(Case), stage.letters()) == (2, [("split", "queued")])


def test_the_text_that_a_case_was_filed_with_is_not_split_off(stage: Stage) -> None:
    incoming = stage.receive("Hakuna maji Shirere tangu juzi")
    with pytest.raises(Refused, match="This text is the report itself"):
        split(stage, stage.only_case().reference, stage.officer(), incoming.id)


@pytest.mark.parametrize("words", ["1", "7", "ndio", "HALI", "asante sana", "4821 7739"])
def test_what_is_no_report_by_itself_is_not_split_off(stage: Stage, words: str) -> None:
    reference = stage.file(words=FIRST, quiet=True)
    incoming = added(stage, reference, words)
    with pytest.raises(Refused, match="nothing in this text that could be a report"):
        split(stage, reference, stage.officer(), incoming)
    assert stage.count(Case) == 1


def test_a_text_of_another_case_is_not_split_off_this_one(stage: Stage) -> None:
    reference, other = stage.file(words=FIRST, quiet=True), stage.file(words=SECOND, quiet=True)
    with pytest.raises(Faster):
        split(stage, reference, stage.officer(), added(stage, other, ROAD))


def test_nothing_is_split_off_another_wards_case_nor_a_confidential_one_nor_without_a_number(stage: Stage) -> None:
    reference, secret = stage.file(words=FIRST, quiet=True), stage.file(category="STAFF", words=FIRST, quiet=True)
    incoming, hidden = added(stage, reference, ROAD), added(stage, secret, ROAD)
    with pytest.raises(Faster):
        split(stage, reference, stage.officer(ward_code=SHEYWE), incoming)
    with pytest.raises(Refused, match="stays whole"):
        split(stage, secret, stage.officer(Role.OMBUDSMAN), hidden)
    resident_does(stage, reference, erasing.hide_number, stage.now)
    with pytest.raises(Refused, match="hid her number"):
        split(stage, reference, stage.officer(), incoming)


def test_confidential_words_that_are_split_off_leave_the_sight_of_the_ward(stage: Stage) -> None:
    reference, officer = stage.file(words=FIRST, quiet=True), stage.officer()
    incoming = added(stage, reference, ROAD)
    bribe = "Karani aliomba hongo"
    stage.set("UPDATE incoming_sms SET text_sealed = :sealed", sealed=stage.office.vault.seal(bribe))
    stage.set("UPDATE cases SET words = words || :more", more=f"\n{bribe}")
    assert split(stage, reference, officer, incoming) == reference
    with stage.transaction() as session:
        made = session.scalars(select(Case).where(Case.reference != reference)).one()
    assert (made.sensitive, made.desk, made.follows_id, made.words) == (True, Desk.CONFIDENTIAL, None, None)
    assert stage.case(reference).words == f"{FIRST}\n{ROAD}"
    assert stage.events(reference)[-1].data == {}
    assert stage.letters(made.reference) == [("received_confidential", "queued")]
    assert related(stage, reference, officer) == (None, [], [], None)


def test_whoever_splits_has_no_more_rights_after_it_than_before(stage: Stage) -> None:
    reference, officer = stage.file(words=FIRST, quiet=True), stage.officer()
    incoming = added(stage, reference, ROAD)
    with officer_session(stage.engine, officer) as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        with as_owner(session):
            linking.split(session, stage.office, case, officer, incoming, stage.now)
        assert session.scalar(text("SELECT current_user")) == OFFICER_ROLE


def test_nor_where_it_goes_wrong(stage: Stage) -> None:
    with officer_session(stage.engine, stage.officer()) as session:
        with pytest.raises(DataError), as_owner(session):
            session.execute(text("SELECT 1 / (current_user = 'sikiza_officer')::integer"))
        assert session.scalar(text("SELECT current_user")) == OFFICER_ROLE


def test_where_the_promise_is_broken_already_no_day_is_named(stage: Stage) -> None:
    reference, officer = stage.file(words=FIRST, language="en", quiet=True), stage.officer()
    incoming = added(stage, reference, ROAD)
    stage.later(days=20)
    made = split(stage, reference, officer, incoming)
    assert stage.last_text(made) == (
        f"{spoken(made)}: this is a report of its own, from your SMS. It is late, sorry; it is at the top of the "
        "officer's queue."
    )
    join(stage, made, officer)
    assert stage.letters(made) == [("split_late", "cancelled"), ("joined_late", "queued")]
    assert stage.last_text(made) == (
        f"{spoken(made)}: an officer joined it to your report {spoken(reference)}. It is late, sorry; it is at the "
        "top of the officer's queue."
    )
    leave(stage)
    part(stage, made, officer)
    assert stage.letters(made)[-1] == ("split_late", "queued")


def test_nothing_is_split_off_a_case_that_is_over(stage: Stage) -> None:
    reference = stage.file(words=FIRST, quiet=True)
    incoming = added(stage, reference, ROAD)
    for state in (Status.CLOSED, Status.WITHDRAWN):
        stage.set("UPDATE cases SET status = :state", state=state.value)
        with pytest.raises(Faster):
            split(stage, reference, stage.officer(), incoming)
