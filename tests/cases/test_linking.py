"""Joining two cases of one resident: she is told once, nothing is lost, and nobody sees what she may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.cases import actions, erasing, residents_own
from gateway.cases.actions import Faster, Refused
from gateway.cases.models import Case, Channel, Desk, Ending, Status
from gateway.messages.models import Question
from gateway.people.models import Role
from tests.cases.linked import FIRST, SECOND, join, leave, own, part, related, resident_does, says, spoken, two
from tests.cases.stage import AMINA, MONDAY, PROMISE, SHEYWE, WANJIKU, Stage

# Joining


def test_the_older_case_goes_on_with_the_words_of_both_and_she_is_told_once(stage: Stage) -> None:
    older, newer = two(stage)
    leave(stage)
    officer, now = stage.officer(), stage.later(hours=1)
    join(stage, newer, officer)
    kept, joined = stage.case(older), stage.case(newer)
    assert (joined.status, joined.joined_id, joined.ending, joined.confirmation) == (Status.CLOSED, kept.id, None, None)
    assert (joined.closed_at, joined.resolved_at, joined.words) == (now, None, SECOND)
    assert (kept.status, kept.words, kept.due_at, kept.closed_at) == (Status.NEW, f"{FIRST}\n{SECOND}", PROMISE, None)
    for reference, other, is_newer in ((newer, older, True), (older, newer, False)):
        event = stage.events(reference)[-1]
        assert (event.name, event.officer_id, event.words) == ("joined", officer.id, None)
        due = {} if is_newer else {"due": PROMISE.isoformat()}
        assert event.data == {"other": other, "newer": is_newer, **due}
    assert stage.letters() == [("received_text", "delivered")] * 2 + [("joined", "queued")]
    assert stage.last_text(newer) == (
        f"{spoken(newer)}: afisa ameiunganisha na ripoti yako {spoken(older)}. Utajibiwa humo kufikia Alh 3 Des."
    )


def test_the_promise_becomes_the_earlier_of_both_and_never_a_later_one(stage: Stage) -> None:
    older, newer = two(stage, category="DISASTER")
    earlier = PROMISE - timedelta(days=8)
    join(stage, newer)
    assert (stage.case(older).due_at, stage.case(newer).due_at) == (earlier, earlier)
    assert stage.last_text(newer).endswith("kufikia Jtn 25 Nov.")


def test_a_case_that_waited_for_her_goes_on_and_keeps_no_more_than_the_promise_of_the_newer(stage: Stage) -> None:
    officer = stage.officer()
    older = stage.file(words=FIRST, quiet=True)
    stage.do(actions.write, older, officer, "Ni nyumba gani?", wait=True)
    stage.later(days=3)
    newer = stage.file(words=SECOND, quiet=True, follows=stage.case(older).id)
    join(stage, newer, officer)
    case = stage.case(older)
    assert (case.status, case.assignee_id) == (Status.TAKEN, officer.id)
    assert stage.history(older)[-2:] == ["resumed", "joined"]
    assert case.due_at == min(stage.case(newer).due_at or MONDAY, PROMISE + timedelta(days=5))


def test_where_the_received_text_never_left_only_the_joined_one_goes_and_she_waits_for_it(stage: Stage) -> None:
    older, newer = two(stage)
    join(stage, newer)
    assert stage.letters(newer) == [("received_text", "cancelled"), ("joined", "queued")]
    assert [message.wanted for message in stage.messages(newer)] == [True, True]
    assert stage.letters(older) == [("received_text", "queued")]


def test_after_stop_she_is_told_only_where_she_still_waited_for_her_reference(stage: Stage) -> None:
    _, told = two(stage)
    leave(stage)
    _, waiting = two(stage)
    stage.set("UPDATE resident SET stopped_at = now()")
    join(stage, told)
    join(stage, waiting)
    assert stage.letters(told)[-1] == ("joined", "cancelled")
    assert stage.letters(waiting)[-1] == ("joined", "queued")


def test_what_was_asked_about_the_newer_is_asked_no_more_and_the_next_question_has_its_turn(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    older = stage.only_case().reference
    officer = stage.officer(Role.HOTLINE)
    newer = stage.file(words=SECOND, ward_code=None, follows=stage.case(older).id)
    third = stage.file(words="Taa hazina", ward_code=None)
    with stage.transaction() as session:
        resident_id = stage.case(newer).resident_id
        session.execute(text("UPDATE question SET status = 'answered'"))
        for reference, status in ((newer, "open"), (third, "waiting")):
            session.add(Question(
                resident_id=resident_id, case_id=stage.case(reference).id, kind="which_ward", status=status,
                expires_at=stage.now + timedelta(days=2),
            ))  # fmt: skip
    join(stage, newer, officer)
    stage.sweep()
    assert [status for _, status, _ in stage.questions()] == ["answered", "expired", "open"]
    assert stage.letters(third)[-1] == ("which_ward", "queued")


@pytest.mark.parametrize("state", [Status.RESOLVED, Status.CLOSED])
def test_nothing_is_joined_to_a_case_that_has_ended(stage: Stage, state: Status) -> None:
    older, newer = two(stage)
    stage.do(actions.end, older, stage.officer(), Ending.NOT_FOUND, "Hatukuiona.")
    stage.set("UPDATE cases SET status = :state WHERE reference = :older", state=state.value, older=older)
    with pytest.raises(Refused, match=f"{spoken(older)} has ended already. Work on this report by itself"):
        join(stage, newer)
    assert (stage.case(newer).status, stage.case(older).words) == (Status.NEW, FIRST)
    assert stage.letters(newer) == [("received_text", "queued")]


def test_what_nobody_joins(stage: Stage) -> None:
    alone = stage.file(words=SECOND)
    _, anothers = two(stage, older={"phone": AMINA})
    _, elsewhere = two(stage, older={"ward_code": SHEYWE})
    _, secret = two(stage, older={"words": "Karani aliomba hongo"})
    withdrawn, left = two(stage)
    resident_does(stage, withdrawn, erasing.withdraw, stage.now)
    for newer in (alone, anothers, elsewhere, secret, left):
        before = stage.history(newer)
        with pytest.raises(Refused, match="no other report of this resident here"):
            join(stage, newer)
        assert (stage.case(newer).status, stage.history(newer)) == (Status.NEW, before)


def test_an_ended_case_is_not_joined_any_more(stage: Stage) -> None:
    older, newer = two(stage)
    stage.do(actions.end, newer, stage.officer(), Ending.NOT_OURS, "Ni ya KeNHA.")
    with pytest.raises(Faster):
        join(stage, newer)
    assert stage.case(older).words == FIRST


def test_the_ombudsman_joins_nothing_confidential(stage: Stage) -> None:
    _, newer = two(stage, older={"category": "STAFF"}, category="CORRUPT")
    stage.set("UPDATE cases SET follows_id = (SELECT min(id) FROM cases) WHERE reference = :newer", newer=newer)
    with pytest.raises(Refused):
        join(stage, newer, stage.officer(Role.OMBUDSMAN))


def test_what_follows_a_joined_case_is_joined_to_where_it_goes_on(stage: Stage) -> None:
    first, second = two(stage)
    third = stage.file(words="Bado hakuna", follows=stage.case(second).id, quiet=True)
    officer = stage.officer()
    join(stage, second, officer)
    assert related(stage, third, officer)[0] == first
    join(stage, third, officer)
    assert stage.case(third).joined_id == stage.case(first).id
    assert stage.case(first).words == f"{FIRST}\n{SECOND}\nBado hakuna"


# Her own view


def test_whoever_asks_for_the_joined_case_gets_the_one_in_which_it_goes_on(stage: Stage) -> None:
    older, newer = two(stage)
    third = stage.file(words="Bado hakuna", follows=stage.case(newer).id, quiet=True)
    join(stage, third)
    join(stage, newer)
    assert [own(stage, one) for one in (older, newer, third)] == [older] * 3
    assert own(stage, newer, AMINA) is None
    says(stage, third, "Leo pia")
    assert stage.case(older).words == f"{FIRST}\n{SECOND}\nBado hakuna\nLeo pia"
    with stage.transaction() as session:
        listed = residents_own.listed_cases(session, stage.office.vault.phone_hash(WANJIKU))
    assert [case.reference for case in listed] == [older]


def test_words_for_a_case_that_was_joined_at_this_moment_go_where_it_goes_on(stage: Stage) -> None:
    older, newer = two(stage)
    join(stage, newer)
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(newer).id)
        residents_own.add_words(session, stage.office, case, "Haraka", stage.now, Channel.SMS)
    assert (stage.case(newer).words, stage.case(older).words) == (SECOND, f"{FIRST}\n{SECOND}\nHaraka")


def test_taking_it_back_takes_back_what_was_joined_to_it(stage: Stage) -> None:
    older, newer = two(stage)
    join(stage, newer)
    resident_does(stage, newer, erasing.withdraw, stage.now)
    for reference in (older, newer):
        case = stage.case(reference)
        assert (case.status, case.words, case.resident_id) == (Status.WITHDRAWN, None, None)
        assert stage.history(reference)[-1] == "withdrawn"
        assert own(stage, reference) is None
    assert stage.resident() is None


def test_a_hidden_number_cannot_be_found_through_another_case(stage: Stage) -> None:
    older, newer = two(stage)
    third = stage.file(words="Bado hakuna", follows=stage.case(newer).id, quiet=True)
    join(stage, newer)
    secret = resident_does(stage, older, erasing.hide_number, stage.now)
    assert {stage.case(reference).resident_id for reference in (older, newer)} == {None}
    assert [stage.case(reference).joined_id for reference in (older, newer)] == [None, stage.case(older).id]
    assert stage.case(third).resident_id is not None
    for reference in (older, newer, third):
        assert stage.case(reference).follows_id is None
        assert not any("other" in event.data for event in stage.events(reference))
    assert (own(stage, older, AMINA, secret), own(stage, newer, AMINA), own(stage, newer)) == (older, None, None)


# Confidential words


def test_words_that_make_a_case_confidential_leave_no_trace_of_it_below(stage: Stage) -> None:
    older, newer = two(stage)
    third = stage.file(words="Bado hakuna", follows=stage.case(older).id, quiet=True)
    officer = stage.officer()
    join(stage, newer, officer)
    says(stage, newer, "Karani aliomba hongo")
    kept, joined, left = (stage.case(reference) for reference in (older, newer, third))
    assert [case.sensitive for case in (kept, joined, left)] == [True, True, False]
    assert (left.follows_id, related(stage, third, officer)) == (None, (None, [], [], None))
    assert stage.letters(newer) == [
        ("received_text", "cancelled"), ("joined", "cancelled"), ("received_confidential", "queued"),
    ]  # fmt: skip
    # What was joined to it stands in its words, so it goes along: closed, and still where she is led by either.
    assert (joined.status, joined.joined_id, joined.words, joined.words_sealed is None) == (
        Status.CLOSED, kept.id, None, False,
    )  # fmt: skip
    assert own(stage, newer) == older
    told = [event.data for event in stage.events(newer)[1:]]
    assert told == [{"newer": True}, {"was": "OTHER", "category": "CORRUPT"}]
    with pytest.raises(Refused, match="stays whole"):
        part(stage, newer, stage.officer(Role.OMBUDSMAN))


def test_what_was_hidden_with_a_case_is_released_with_it(stage: Stage) -> None:
    older, newer = two(stage)
    officer, ombudsman = stage.officer(), stage.officer(Role.OMBUDSMAN)
    join(stage, newer, officer)
    says(stage, newer, "Karani aliomba hongo")
    assert related(stage, older, ombudsman) == (None, [], [newer], None)
    stage.do(actions.release, older, ombudsman, "Ni bei ya kawaida.")
    kept, joined = stage.case(older), stage.case(newer)
    assert (joined.sensitive, joined.category, joined.words, joined.words_sealed) == (False, "OTHER", SECOND, None)
    assert (joined.status, joined.joined_id, joined.desk) == (Status.CLOSED, kept.id, Desk.WARD)
    assert (kept.sensitive, kept.category) == (False, "WATER")
    assert related(stage, newer, officer) == (None, [], [], older)
    part(stage, newer, officer)
    assert stage.case(older).words == f"{FIRST}\nKarani aliomba hongo"


def test_a_newer_case_that_becomes_confidential_leaves_the_older_one_alone(stage: Stage) -> None:
    older, newer = two(stage)
    says(stage, newer, "Karani aliomba hongo")
    assert (stage.case(newer).follows_id, related(stage, older, stage.officer())) == (None, (None, [], [], None))
    with pytest.raises(Refused):
        join(stage, newer, stage.officer(Role.OMBUDSMAN))


# What officers see


def test_the_way_to_the_older_case_may_lead_through_one_of_another_ward(stage: Stage) -> None:
    older, between = two(stage)
    join(stage, between)
    newer = stage.file(words=SECOND, channel=Channel.SMS, category="OTHER", follows=stage.case(between).id)
    stage.set("UPDATE cases SET ward_code = :sheywe WHERE reference = :one", sheywe=SHEYWE, one=between)
    assert related(stage, newer, stage.officer()) == (older, [], [], None)
    assert related(stage, newer, stage.officer(ward_code=SHEYWE)) == (None, [], [], None)


def test_related_shows_either_side_and_only_what_the_officer_may_see(stage: Stage) -> None:
    older, newer = two(stage)
    officer, stranger = stage.officer(), stage.officer(ward_code=SHEYWE)
    assert related(stage, newer, officer) == (older, [], [], None)
    assert related(stage, older, officer) == (None, [newer], [], None)
    join(stage, newer, officer)
    assert related(stage, newer, officer) == (None, [], [], older)
    assert related(stage, older, officer) == (None, [], [newer], None)
    assert related(stage, older, stranger) == related(stage, newer, stranger) == (None, [], [], None)
