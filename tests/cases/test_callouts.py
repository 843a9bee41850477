"""What cannot wait: its officers are called by SMS at once, by day and night, once at each desk, and not in a flood."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.cases import actions
from gateway.cases.callouts import PER_HOUR
from gateway.cases.models import Desk, Kind, Status
from gateway.cases.references import spoken
from gateway.messages import sending
from gateway.people.models import Officer, Role
from gateway.triage.sentences import sentence
from tests.cases.officer_line import asked, call_out, expire, last, leave, rounds_come, says, to, with_phone
from tests.cases.stage import LURAMBI, SHEYWE, SHIRERE, Stage


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return with_phone(stage)


def test_its_desk_is_called_at_once_also_at_night_and_once(stage: Stage, rose: Officer) -> None:
    deputy = with_phone(stage, phone="+254722000151")
    stage.later(hours=15)  # midnight
    reference = stage.file(category="DISASTER", landmark="Soko Shirere")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: call_out(stage), range(4)))
    assert to(stage, rose) == to(stage, deputy)
    assert to(stage, rose) == [
        (
            "officer_urgent",
            f"URGENT, Sikiza Shirere: {spoken(reference)} Disaster, fire, Soko Shirere."
            " Reply 1 going 2 not mine 3 call me",
        )
    ]
    assert all(message.wanted for message in stage.messages() if message.officer_id)
    assert stage.case(reference).called_out_at == stage.now
    assert stage.history(reference) == ["filed", "called_out"]
    assert stage.events(reference)[-1].data == {"officers": 2}


def test_what_was_only_read_from_the_words_is_enough(stage: Stage, rose: Officer) -> None:
    stage.receive("Moto umeanza kwa nyumba Shirere, tusaidieni")
    reference = stage.only_case().reference
    assert stage.only_case().category == "OTHER"
    call_out(stage)
    assert f"{spoken(reference)} Disaster, fire (?)." in last(stage, rose)


def test_an_everyday_case_calls_nobody(stage: Stage, rose: Officer) -> None:
    stage.file()
    assert call_out(stage) == 0
    assert to(stage, rose) == []


@pytest.mark.parametrize("change", ["practice = true", "sensitive = true", "status = 'taken'",
                                    "desk_since = desk_since - interval '2 days'"])  # fmt: skip
def test_nobody_is_called_about(stage: Stage, rose: Officer, change: str) -> None:
    stage.file(category="DISASTER")
    stage.set(f"UPDATE cases SET {change}")
    assert call_out(stage) == 0
    assert to(stage, rose) == []


def test_an_answer_to_it_gets_a_short_yes_and_no_next_case(stage: Stage, rose: Officer) -> None:
    stage.file(phone=stage.phone())
    reference = stage.file(category="DISASTER")
    call_out(stage)
    assert says(stage, "1") == "officer answered"
    assert stage.case(reference).status is Status.TAKEN
    assert last(stage, rose) == f"Sikiza: {spoken(reference)} is yours."
    assert asked(stage) == [(reference, "going")]


def test_after_it_the_round_that_it_broke_into_goes_on_with_the_case_that_was_waiting(
    stage: Stage, rose: Officer
) -> None:
    first, second = stage.file(phone=stage.phone()), stage.file(phone=stage.phone())
    rounds_come(stage)
    urgent, worse = stage.file(category="DISASTER"), stage.file(category="DISASTER", phone=stage.phone())
    call_out(stage)
    stage.later(minutes=1)
    assert says(stage, "3") == "officer answered"
    assert f"about {spoken(worse)}. Next: {spoken(urgent)} " in last(stage, rose)  # crossed by the other one's SMS
    assert last(stage, rose).endswith(" 2 more after this.")
    stage.later(minutes=1)
    says(stage, "1")
    assert f"Next: {spoken(first)} Water" in last(stage, rose)
    stage.later(minutes=1)
    says(stage, "1")
    assert stage.case(first).assignee_id == rose.id
    assert f"Next: {spoken(second)} " in last(stage, rose)
    stage.later(minutes=1)
    says(stage, "1")
    assert "Those were all by SMS" in last(stage, rose)


def test_after_it_no_round_goes_on_that_had_ended_or_whose_time_is_over(stage: Stage, rose: Officer) -> None:
    stage.file(phone=stage.phone())
    rounds_come(stage)
    leave(stage)
    stage.later(hours=10)
    expire(stage)
    urgent = stage.file(category="DISASTER")
    call_out(stage)
    says(stage, "1")
    assert last(stage, rose) == f"Sikiza: {spoken(urgent)} is yours."


def test_it_takes_the_place_of_what_she_was_asked(stage: Stage, rose: Officer) -> None:
    everyday = stage.file(phone=stage.phone())
    rounds_come(stage)
    leave(stage)
    urgent = stage.file(category="DISASTER")
    call_out(stage)
    assert asked(stage) == [(everyday, "over"), (urgent, None)]
    says(stage, "2")
    assert stage.history(everyday) == ["filed"]
    assert stage.history(urgent) == ["filed", "called_out", "declined"]


def test_the_next_desk_is_called_when_it_comes_there(stage: Stage, rose: Officer) -> None:
    hotline = with_phone(stage, Role.HOTLINE, "+254722000151")
    reference = stage.file(category="DISASTER")
    call_out(stage)
    assert to(stage, hotline) == []
    stage.later(minutes=5)
    says(stage, "2")
    call_out(stage)
    assert spoken(reference) in last(stage, hotline)
    assert [wording for wording, _ in to(stage, rose)] == ["officer_urgent", "officer_noted"]


def test_the_right_ward_is_called_when_it_was_sent_there(stage: Stage, rose: Officer) -> None:
    beatrice = with_phone(stage, phone="+254722000151", ward_code=SHEYWE)
    reference = stage.file(category="DISASTER")
    call_out(stage)
    stage.later(minutes=5)
    stage.do(actions.route, reference, rose, SHEYWE)
    call_out(stage)
    assert spoken(reference) in last(stage, beatrice)
    assert len(to(stage, rose)) == 1


def test_the_sub_county_is_called_for_a_ward_that_it_covers_and_for_no_other(stage: Stage, rose: Officer) -> None:
    above = with_phone(stage, Role.SUB_COUNTY, "+254722000151", sub_county_code=LURAMBI)
    stage.file(category="DISASTER", ward_code=SHIRERE)
    call_out(stage)
    assert to(stage, above) == []
    stage.set("INSERT INTO ward_cover (ward_code, state, why) VALUES (1012, 'covered', 'vacant')")
    covered = stage.file(category="DISASTER", ward_code=SHEYWE, phone=stage.phone())
    call_out(stage)
    assert spoken(covered) in last(stage, above)


def test_where_nobody_could_be_told_the_history_says_so_and_nobody_looks_again(stage: Stage) -> None:
    stage.officer()
    with_phone(stage, Role.HOTLINE)  # who does not see what is at a ward
    reference = stage.file(category="DISASTER")
    assert call_out(stage) == 1
    assert call_out(stage) == 0
    assert stage.history(reference) == ["filed", "called_out"]
    called = stage.events(reference)[-1]
    assert called.data == {"officers": 0}
    said = sentence(stage.office.county, Kind.GRIEVANCE, called, "")
    assert said == "It cannot wait, and nobody could be told by SMS"


def test_where_everybody_at_its_desk_has_heard_enough_this_hour_the_sub_county_is_called(
    stage: Stage, rose: Officer
) -> None:
    above = with_phone(stage, Role.SUB_COUNTY, "+254722000151", sub_county_code=LURAMBI)
    for _ in range(PER_HOUR):
        stage.file(category="DISASTER", phone=stage.phone())
    call_out(stage)
    assert to(stage, above) == []
    reference = stage.file(category="DISASTER", phone=stage.phone())
    call_out(stage)
    assert spoken(reference) in last(stage, above)
    assert len(to(stage, rose)) == PER_HOUR


def test_what_became_confidential_is_not_sent_where_another_call_took_its_place(stage: Stage, rose: Officer) -> None:
    hidden, other = (stage.file(category="DISASTER", phone=stage.phone()) for _ in range(2))
    call_out(stage)
    stage.set("UPDATE message SET due_at = now() - interval '1 minute', wanted = true WHERE officer_id IS NOT NULL")
    stage.set("UPDATE cases SET sensitive = true WHERE reference = :it", it=hidden)
    with stage.transaction() as session:
        texts = [due.text for due in sending.claim(session, stage.office.vault) if "URGENT" in due.text]
    assert len(texts) == 1
    assert spoken(other) in texts[0]


def test_where_nobody_at_its_desk_has_a_phone_the_sub_county_is_called_and_may_go(stage: Stage) -> None:
    stage.officer()
    above = with_phone(stage, Role.SUB_COUNTY, sub_county_code=LURAMBI)
    hotline = with_phone(stage, Role.HOTLINE, "+254722000151")
    reference = stage.file(category="DISASTER")
    call_out(stage)
    assert last(stage, above).startswith(f"URGENT, Sikiza Lurambi: {spoken(reference)} ")
    assert last(stage, above).endswith(" Reply 1 going 3 call me")
    assert to(stage, hotline) == []
    assert says(stage, "2") == "officer answered"
    assert last(stage, above) == f"Sikiza: {spoken(reference)}: not by SMS, use the web."
    assert says(stage, f"{reference} 1") == "officer answered"
    assert (stage.case(reference).assignee_id, stage.case(reference).desk) == (above.id, Desk.SUB_COUNTY)


def test_of_a_flood_an_officer_hears_so_many_an_hour_and_the_rest_in_her_digest(stage: Stage, rose: Officer) -> None:
    for _ in range(PER_HOUR + 2):
        stage.file(category="DISASTER", phone=stage.phone())
    assert call_out(stage) == PER_HOUR + 2
    assert len(to(stage, rose)) == PER_HOUR
    assert [message.status.value for message in stage.messages() if message.officer_id] == ["queued"] * PER_HOUR
    rounds_come(stage)
    assert f": new {PER_HOUR + 2}, " in last(stage, rose)
    stage.later(hours=1, minutes=1)
    stage.file(category="DISASTER", phone=stage.phone())
    call_out(stage)
    assert to(stage, rose)[-1][0] == "officer_urgent"
