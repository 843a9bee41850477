"""What the law gives a right to: its clocks, asked by SMS and by the desk, answered, refused, extended, transferred."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gateway.cases import actions, erasing, ladder, requests, residents_own, timing
from gateway.cases.actions import Refused
from gateway.cases.filing import Report
from gateway.cases.models import Case, CaseEvent, Channel, Desk, Ending, Kind, Status, Step
from gateway.db import officer_session
from gateway.messages.models import IncomingSms, Message
from gateway.people.models import Officer, Resident, Role
from gateway.triage import queue
from gateway.triage.filters import Filters, Tab
from tests.cases.stage import AMINA, MONDAY, SHIRERE, WANJIKU, Stage

ANSWER = {
    "data_see": timedelta(days=7),
    "data_correct": timedelta(days=14),
    "data_erase": timedelta(days=14),
    "information": timedelta(days=21),
    "information_life": timedelta(hours=48),
}


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def ask(stage: Stage, category: str, **given: object) -> str:
    """File a request of Wanjiku's as the hotline does; returns its reference."""
    return stage.file(
        category=category, **({"words": "Nataka kujua bajeti ya maji", "wording": "received_text"} | given)
    )


def filed(stage: Stage, category: str) -> list[Case]:
    with stage.transaction() as session:
        return list(session.scalars(select(Case).where(Case.category == category).order_by(Case.id)))


def settle(stage: Stage) -> None:
    """What waits to be sent is sent."""
    stage.set("UPDATE message SET status = 'sent', sent_at = now() WHERE status = 'queued'")


# The law's clocks


@pytest.mark.parametrize("category", ANSWER)
def test_a_request_waits_at_the_county_desk_with_the_laws_time(stage: Stage, category: str) -> None:
    case = stage.case(ask(stage, category))
    assert (case.kind, case.desk, case.ward_code, case.sub_county_code) == (Kind.REQUEST, Desk.COUNTY, None, None)
    assert case.due_at == case.next_step_at == MONDAY + ANSWER[category]
    assert stage.letters(case.reference) == [("received_request", "queued")]
    with stage.transaction() as session:
        assert timing.check(session, stage.office, session.get_one(Case, case.id)) == []


def test_no_officer_stops_the_laws_clock_or_plans_the_answer_for_a_month(stage: Stage) -> None:
    reference, agent = ask(stage, "information"), stage.officer(Role.HOTLINE)
    with pytest.raises(Refused):
        stage.do(actions.write, reference, agent, "Bajeti ya mwaka gani?", wait=True)
    with pytest.raises(Refused, match="The law's time"):
        stage.do(actions.end, reference, agent, Ending.PLANNED, "Mwakani", planned_for=date(2027, 3, 31))
    assert (stage.case(reference).status, stage.case(reference).due_at) == (Status.NEW, MONDAY + ANSWER["information"])


def test_silence_is_a_refusal_of_which_she_is_told_on_the_day(stage: Stage) -> None:
    stage.officer(Role.COUNTY_SECRETARY)
    reference = ask(stage, "information")
    settle(stage)
    stage.later(days=21, minutes=1)
    with stage.transaction() as session:
        assert ladder.raise_overdue(session, stage.office, stage.now) == 1
    case = stage.case(reference)
    assert (case.raised_to, case.desk) == (Step.COUNTY_SECRETARY, Desk.COUNTY_SECRETARY)
    assert stage.letters(reference)[-1] == ("promise_broken_top", "queued")
    assert "Ombudsman wa taifa (CAJ)" in stage.last_text(reference)


@pytest.mark.parametrize(
    ("category", "wording", "named"),
    [("information", "information_refused", "CAJ"), ("data_erase", "data_refused", "ODPC")],
)
def test_a_refusal_names_who_reviews_it(stage: Stage, category: str, wording: str, named: str) -> None:
    reference = ask(stage, category)
    stage.do(actions.end, reference, stage.officer(Role.HOTLINE), Ending.CANNOT_NOW, "Faili iko mahakamani.")
    assert stage.letters(reference)[-1] == (wording, "queued")
    assert "Faili iko mahakamani." in stage.last_text(reference)
    assert named in stage.last_text(reference)


def test_an_answer_is_told_as_such_and_nobody_is_asked_whether_it_is_fixed(stage: Stage) -> None:
    reference = ask(stage, "information")
    stage.do(actions.end, reference, stage.officer(Role.HOTLINE), Ending.FIXED, "Bajeti ni milioni mbili.")
    assert stage.letters(reference)[-1] == ("answered", "queued")
    assert (stage.case(reference).confirmation, stage.questions()) == (None, [])


def test_confidential_words_hide_a_request_and_keep_its_clock(stage: Stage) -> None:
    reference = ask(stage, "information", words="Nani alipokea hongo ya daraja?")
    case = stage.case(reference)
    assert (case.kind, case.category, case.sensitive, case.desk) == (
        Kind.REQUEST, "information", True, Desk.CONFIDENTIAL,
    )  # fmt: skip
    assert (case.words, case.due_at) == (None, MONDAY + ANSWER["information"])
    assert stage.letters(reference) == []


# Extension and transfer


@pytest.mark.parametrize("words", ["Karani anadai hongo", "Mume wangu ananipiga"])
def test_confidential_words_that_she_adds_hide_a_request_and_leave_it_one_by_the_laws_clock(
    stage: Stage, words: str
) -> None:
    reference = ask(stage, "information")
    due = stage.case(reference).due_at
    for said in (words, f"Tena {words}"):
        with stage.transaction() as session:
            case = session.get_one(Case, stage.case(reference).id)
            residents_own.add_words(session, stage.office, case, said, stage.now, Channel.SMS)
    case = stage.case(reference)
    assert (case.sensitive, case.category, case.kind, case.desk) == (
        True, "information", Kind.REQUEST, Desk.CONFIDENTIAL,
    )  # fmt: skip
    assert (case.due_at, case.words) == (due, None)
    assert stage.letters(reference) == [("received_request", "cancelled")]
    with stage.transaction() as session:
        assert timing.check(session, stage.office, session.get_one(Case, case.id)) == []


def test_the_one_extension_moves_the_day_by_exactly_fourteen_days_and_is_told(stage: Stage) -> None:
    reference, agent = ask(stage, "information"), stage.officer(Role.HOTLINE)
    stage.later(days=20)
    stage.do(requests.extend, reference, agent, "Faili ni nyingi.")
    case = stage.case(reference)
    assert (case.due_at, case.extended_at) == (MONDAY + timedelta(days=35), stage.now)
    assert stage.letters(reference)[-1] == ("request_extended", "queued")
    assert stage.last_text(reference).startswith(f"{spoken(reference)}: tunahitaji siku 14 zaidi")
    assert "Faili ni nyingi." in stage.last_text(reference)
    with pytest.raises(Refused, match="one extension"):
        stage.do(requests.extend, reference, agent, "Bado.")
    with stage.transaction() as session:
        assert timing.check(session, stage.office, session.get_one(Case, case.id)) == []


@pytest.mark.parametrize(("category", "days"), [("information_life", 1), ("information", 22), ("data_see", 1)])
def test_no_extension_for_a_life_nor_for_data_nor_when_the_time_is_over(stage: Stage, category: str, days: int) -> None:
    reference = ask(stage, category)
    stage.later(days=days)
    with pytest.raises(Refused):
        stage.do(requests.extend, reference, stage.officer(Role.HOTLINE), "Faili ni nyingi.")
    assert stage.case(reference).due_at == MONDAY + ANSWER[category]


def test_a_request_may_go_to_another_body_within_five_days_and_she_is_told(stage: Stage) -> None:
    reference = ask(stage, "information")
    stage.later(days=4)
    stage.do(requests.transfer, reference, stage.officer(Role.HOTLINE), "KeNHA", "Ni barabara kuu.")
    case = stage.case(reference)
    assert (case.status, case.ending, case.referred_to) == (Status.RESOLVED, Ending.NOT_OURS, "KeNHA")
    assert stage.letters(reference)[-1] == ("request_transferred", "queued")
    assert "limepelekwa kwa KeNHA" in stage.last_text(reference)


def test_after_five_days_it_is_ours_to_answer(stage: Stage) -> None:
    reference = ask(stage, "information")
    stage.later(days=5, minutes=1)
    with pytest.raises(Refused, match="within 5 days"):
        stage.do(requests.transfer, reference, stage.officer(Role.HOTLINE), "KeNHA", "Ni barabara kuu.")


# By SMS


def test_data_tells_figures_and_files_one_request_however_often_she_asks(stage: Stage) -> None:
    stage.file()
    stage.receive("DATA")
    [request] = filed(stage, "data_see")
    told = (
        f"Tuna nambari yako, lugha, wadi (Shirere), ripoti (1), SMS. Ombi {spoken(request.reference)}: utaona kufikia"
        " Jtt 30 Nov. Kufuta vyote: FUTA YOTE. Swali: 0800 724 388."
    )
    assert stage.last_text() == told
    stage.receive("data yangu tafadhali")
    assert (len(filed(stage, "data_see")), stage.last_text()) == (1, told)
    assert (request.desk, request.ward_code, request.channel) == (Desk.COUNTY, None, Channel.SMS)


def test_data_of_somebody_without_a_report_is_answered_just_so(stage: Stage) -> None:
    stage.receive("MY DATA")
    [request] = filed(stage, "data_see")
    assert stage.last_text() == (
        "Kakamega County: there is no report to list for this phone. Your request"
        f" {spoken(request.reference)} is answered by Mon 30 Nov. Questions: 0800 724 388."
    )


@pytest.mark.parametrize("category", ["CORRUPT", "GBV"])
def test_a_confidential_report_gives_the_ombudsman_a_request_of_her_own_of_which_nobody_is_told(
    stage: Stage, category: str
) -> None:
    stage.file(category=category)
    settle(stage)
    stage.receive("DATA")
    stage.receive("DATA")
    hers, secret = filed(stage, "data_see")
    assert "hakuna ripoti" in stage.last_text()
    assert (hers.sensitive, hers.desk) == (False, Desk.COUNTY)
    assert (secret.sensitive, secret.desk, secret.kind) == (True, Desk.CONFIDENTIAL, Kind.REQUEST)
    assert secret.due_at == hers.due_at
    assert secret.next_step_at is None
    stage.do(actions.end, secret.reference, stage.officer(Role.OMBUDSMAN), Ending.FIXED, "Amepewa.")
    assert stage.letters(secret.reference) == []


def test_what_is_about_the_ombudsmans_office_gives_the_county_secretary_one(stage: Stage) -> None:
    stage.set("UPDATE cases SET about_ombudsman = true, desk = 'county_secretary' WHERE reference = :it",
              it=stage.file(category="STAFF"))  # fmt: skip
    with stage.engine.begin() as connection:
        report = Report(Channel.HOTLINE, "n", "data_erase", "sw", phone=WANJIKU)
        requests.file(connection, stage.office, report, stage.now)
        requests.file(connection, stage.office, report, stage.now)
    found = [(one.sensitive, one.about_ombudsman, one.desk) for one in filed(stage, "data_erase")]
    assert found == [(False, False, Desk.COUNTY), (True, True, Desk.COUNTY_SECRETARY)]


def test_when_the_laws_day_of_a_confidential_request_is_over_it_is_late_at_the_top_of_its_desk(stage: Stage) -> None:
    ombudsman = stage.officer(Role.OMBUDSMAN)
    stage.later(days=-20)
    older = stage.file(category="CORRUPT", phone=AMINA)
    stage.later(days=20)
    stage.file(category="CORRUPT")
    stage.receive("DATA")
    _, mirror = filed(stage, "data_see")
    stage.set("UPDATE cases SET due_at = :day, desk_due_at = :day WHERE category = 'CORRUPT'",
              day=MONDAY + timedelta(days=90))  # fmt: skip
    assert waiting(stage, ombudsman)[0] == (older, False)
    stage.later(days=7, minutes=1)
    stage.sweep()
    assert waiting(stage, ombudsman)[0] == (mirror.reference, True)
    assert (stage.case(mirror.reference).raised_to, stage.letters(mirror.reference)) == (None, [])


def waiting(stage: Stage, officer: Officer) -> list[tuple[str, bool]]:
    """What this officer's first list shows, the top first, and whether it is late."""
    with officer_session(stage.engine, officer) as session:
        cases = queue.read(session, officer, Filters(show=Tab.TODO), 1, stage.now).cases
        return [(case.reference, queue.is_late(case, stage.now)) for case in cases]


@pytest.mark.parametrize(("first", "again"), [("REKEBISHA", "rekebisha data yangu"), ("correct my data", "CORRECT")])
def test_correct_files_one_request_however_often_she_asks(stage: Stage, first: str, again: str) -> None:
    for text in (first, again, "REKEBISHA wadi yangu ni Sheywe"):
        stage.receive(text)
    [request] = filed(stage, "data_correct")
    assert (request.desk, request.channel, request.due_at) == (Desk.COUNTY, Channel.SMS, MONDAY + timedelta(days=14))
    assert str(request.words).endswith("\nwadi yangu ni Sheywe")
    assert {wording for wording, _ in stage.letters(request.reference)} <= {requests.ASKS_WORDS, "received_request"}
    assert stage.letters(request.reference)[-1] == ("received_request", "queued")
    assert spoken(request.reference) in stage.last_text()


def test_correct_alone_asks_what_is_wrong_and_the_words_that_follow_are_the_requests(stage: Stage) -> None:
    water = stage.file(words="Hakuna maji")
    stage.later(minutes=5)
    stage.receive("REKEBISHA")
    [request] = filed(stage, "data_correct")
    assert stage.letters(request.reference) == [(requests.ASKS_WORDS, "queued")]
    assert stage.receive("Nakaa Shirere, si Sheywe").why == "answers received"
    stage.receive("Asante")
    kept = stage.case(request.reference)
    assert (kept.words, kept.desk, kept.ward_code) == ("Nakaa Shirere, si Sheywe", Desk.COUNTY, None)
    assert stage.case(water).words == "Hakuna maji"


def test_a_report_after_correct_alone_is_a_report(stage: Stage) -> None:
    stage.receive("REKEBISHA")
    stage.receive("Hakuna maji Shirere")
    [request] = filed(stage, "data_correct")
    assert (request.words, len(filed(stage, "OTHER"))) == (None, 1)


@pytest.mark.parametrize(
    ("text", "again", "category", "wording"),
    [
        ("DATA", "data yangu", "data_see", "my_data"),
        ("REKEBISHA", "SAHIHISHA", "data_correct", requests.ASKS_WORDS),
        ("FUTA YOTE", "futa zote", "data_erase", "delete_all"),
    ],
)
def test_a_right_is_answered_once_after_five_answers_within_the_hour(
    stage: Stage, text: str, again: str, category: str, wording: str
) -> None:
    reference = stage.file()
    why = []
    for words in (*[f"HALI {reference}", f"STATUS {reference}"] * 3, text, again):
        stage.later(minutes=2)
        why.append(stage.receive(words).why)
    [request] = filed(stage, category)
    assert stage.letters(request.reference) == [(wording, "queued")]
    assert why[4:] == ["keyword status", "keyword status, no answer", why[6], f"{why[6]}, no answer"]


def test_to_correct_a_confidential_report_shows_the_county_desk_nothing(stage: Stage) -> None:
    secret = stage.file(category="CORRUPT", words="Hongo ya daraja")
    stage.receive(f"REKEBISHA ripoti yangu {secret}")
    assert filed(stage, "data_correct") == []
    assert stage.history(secret)[-1] == "words_added"
    assert stage.letters(secret)[-1] == ("received_confidential", "queued")


def test_a_text_that_follows_is_no_part_of_the_request(stage: Stage) -> None:
    stage.receive("DATA")
    stage.receive("Kuna shida kubwa hapa kwetu, tusaidieni")
    [request] = filed(stage, "data_see")
    assert (request.words, [case.follows_id for case in filed(stage, "OTHER")]) == (None, [None])


@pytest.mark.parametrize("words", ["FUTA YOTE", "delete all", "futa data yangu", "ondoa nambari yangu"])
def test_delete_all_is_asked_once_more_and_a_yes_goes_to_the_desk(stage: Stage, words: str) -> None:
    stage.file()
    stage.receive(words)
    [request] = filed(stage, "data_erase")
    assert stage.letters(request.reference) == [("delete_all", "queued")]
    stage.receive("ndiyo")
    assert stage.letters(request.reference)[-1] == ("received_request", "queued")
    assert stage.history(request.reference) == ["filed", requests.CONFIRMED]
    assert filed(stage, "WATER")[0].resident_id is not None
    stage.receive(words)
    assert len(filed(stage, "data_erase")) == 1
    assert stage.letters(request.reference)[-1] == ("received_request", "queued")


def test_a_no_leaves_everything_as_it_was(stage: Stage) -> None:
    stage.file(words="Hakuna maji")
    stage.receive("FUTA YOTE")
    stage.receive("LA")
    assert stage.last_text() == "Kaunti ya Kakamega: sawa, hakuna kilichofutwa."
    assert [one.status for one in filed(stage, "data_erase")] == [Status.WITHDRAWN]
    assert filed(stage, "WATER")[0].words == "Hakuna maji"


# Erasing


def test_erasing_takes_words_texts_and_number_and_leaves_that_there_were_reports(stage: Stage) -> None:
    water = stage.file(words="Bomba la Juma", landmark="Kwa Juma")
    stage.receive(f"{water} bado hakuna maji kwa Juma")
    done = stage.file(category="ROADS", words="Shimo kwa Juma")
    stage.do(actions.end, done, stage.officer(), Ending.CANNOT_NOW, "Juma ajaribu mwakani")
    other = stage.file(phone=AMINA, words="Lango limevunjika")
    before = [(case.status, case.ending, case.ward_code, case.due_at) for case in map(stage.case, (water, done))]
    request, agent = ask(stage, "data_erase"), stage.officer(Role.HOTLINE)
    stage.do(requests.erase, request, agent, "Alipigiwa, akakubali.")
    for case in map(stage.case, (water, done)):
        assert (case.words, case.landmark, case.reason, case.resident_id) == (None, None, None, None)
        assert case.anonymised_at is None  # what officers write from now on is erased in its time
    assert before == [
        (case.status, case.ending, case.ward_code, case.due_at) for case in map(stage.case, (water, done))
    ]
    with stage.transaction() as session:
        said = session.scalars(select(CaseEvent.words).where(CaseEvent.words.is_not(None))).all()
        sent = {stage.office.vault.open(one) for one in session.scalars(select(Message.text_sealed))}
        came = {stage.office.vault.open(one) for one in session.scalars(select(IncomingSms.text_sealed))}
    assert said == ["Alipigiwa, akakubali."]
    assert came == {""}
    assert not any("Juma" in text for text in sent)
    closed = stage.case(request)
    assert (closed.status, closed.ending, closed.resident_id) == (Status.CLOSED, Ending.FIXED, None)
    assert stage.last_text().startswith(f"Kaunti ya Kakamega, {spoken(request)}: tulichohifadhi cha simu hii kimefutwa")
    assert stage.case(other).words == "Lango limevunjika"
    settle(stage)
    with stage.transaction() as session:
        assert erasing.forget_deleted(session) == 1
    assert stage.resident() is None
    assert stage.resident(AMINA) is not None


def test_what_is_confidential_stays_until_the_ombudsman_erases_it(stage: Stage) -> None:
    secret = stage.file(category="CORRUPT", words="Hongo ya daraja")
    stage.file(words="Hakuna maji")
    settle(stage)
    stage.receive("FUTA YOTE")
    stage.receive("NDIYO")
    hers, mirror = filed(stage, "data_erase")
    stage.do(requests.erase, hers.reference, stage.officer(Role.HOTLINE), "Alipigiwa.")
    settle(stage)
    with stage.transaction() as session:
        assert erasing.forget_deleted(session) == 0
    assert stage.case(secret).words_sealed is not None
    letters = len(stage.messages())
    stage.do(requests.erase, mirror.reference, stage.officer(Role.OMBUDSMAN), "Alikuja ofisini.")
    assert (stage.case(secret).words_sealed, stage.case(secret).resident_id) == (None, None)
    assert stage.count(Resident) == 0
    assert len(stage.messages()) == letters


def test_without_a_number_there_is_nothing_to_erase(stage: Stage) -> None:
    reference = ask(stage, "data_erase")
    stage.set("UPDATE cases SET resident_id = NULL")
    with pytest.raises(Refused, match="no number"):
        stage.do(requests.erase, reference, stage.officer(Role.HOTLINE), "Alipigiwa.")


# Correcting


def test_a_correction_changes_language_and_ward_and_stands_in_the_history_of_the_report(stage: Stage) -> None:
    water = stage.file()
    request, agent = ask(stage, "data_correct"), stage.officer(Role.HOTLINE)
    stage.do(requests.correct, request, agent, "Ni kisima, si bomba.", language="en", ward_code=1012, wrong=water)
    resident = stage.resident()
    assert resident is not None
    assert (resident.language, resident.ward_code) == ("en", 1012)
    assert [(event.name, event.words) for event in stage.events(water)][-1] == ("corrected", "Ni kisima, si bomba.")
    assert stage.events(request)[-1].data == {"language": "en", "ward": 1012, "other": water}
    assert stage.case(water).ward_code == SHIRERE


def test_nobody_elses_report_and_no_confidential_one_is_corrected(stage: Stage) -> None:
    request, agent = ask(stage, "data_correct"), stage.officer(Role.HOTLINE)
    for reference in (stage.file(phone=AMINA), stage.file(category="CORRUPT")):
        with pytest.raises(Refused, match="not one of hers"):
            stage.do(requests.correct, request, agent, "Si kweli.", language="sw", ward_code=None, wrong=reference)


def test_the_version_of_the_notice_is_kept_with_each_case(stage: Stage) -> None:
    assert stage.case(stage.file()).notice == stage.office.notice
    assert len(stage.office.notice) == 12


def test_who_wants_no_texts_still_gets_none_about_what_stays_with_the_ombudsman(stage: Stage) -> None:
    stage.file(category="CORRUPT")
    stage.file()
    settle(stage)
    stage.receive("STOP")
    request = ask(stage, "data_erase")
    stage.do(requests.erase, request, stage.officer(Role.HOTLINE), "Alipigiwa.")
    resident = stage.resident()
    assert resident is not None
    assert (resident.stopped_at, resident.ward_code) == (stage.now, None)
