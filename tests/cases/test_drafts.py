"""Reports that were begun and not sent: one each, asked about once, answered by SMS, or filed as they are."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from gateway.cases import actions, drafts
from gateway.cases.drafts import worth_keeping
from gateway.cases.models import Case, Channel, Desk, Ending, Status
from gateway.cases.office import Office
from gateway.people.models import Resident
from tests.cases.begun import asked, begin, kept, sweep
from tests.cases.stage import AMINA, MONDAY, SHEYWE, SHIRERE, WANJIKU, Stage

UNPLACED = {"ward": "", "sub_county": ""}
ASKED = ("draft", "queued")
UNASKED = ("draft", "cancelled")
"""Not sent yet when there was nothing to ask any more."""


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


# What is worth keeping


@pytest.mark.parametrize(
    ("values", "facts", "worth"),
    [
        ({"ward": "1014", "category": "WATER"}, (), True),
        ({"ward": "1014", "category": "WATER", "typed": "hongo"}, (), True),
        ({"category": "WATER"}, ("ward.unknown",), True),
        ({"category": "WATER", "typed": "sokoni"}, ("ward.unknown",), True),
        ({"category": "WATER", "typed": "kwa aliyetaka hongo"}, ("ward.unknown",), False),
        ({"category": "WATER", "typed": "mume ananipiga"}, ("ward.unknown",), False),
        ({"category": "WATER"}, (), False),
        ({"ward": "1014"}, (), False),
        ({"ward": "1014", "category": "NOBODY_KNOWS"}, (), False),
        ({"ward": "1014", "category": "WATER"}, ("case.filed",), False),
        *(({"ward": "1014", "category": code}, (), False) for code in ("CORRUPT", "STAFF", "GBV", "NATIONAL")),
        *(({"ward": "1014", "category": code}, (), False) for code in ("IDEA", "PRAISE", "RATING")),
    ],
)
def test_place_and_category_are_worth_keeping_unless_filed_or_secret(
    stage: Stage, values: dict[str, str], facts: tuple[str, ...], worth: bool
) -> None:
    assert (worth_keeping(stage.office.county, values, frozenset(facts)) is not None) is worth


def test_her_own_words_are_kept_only_where_nothing_else_tells_the_place(stage: Stage) -> None:
    known = {"ward": "1014", "sub_county": "202", "category": "WATER", "typed": "sherere", "rating": "5", "words": "x"}
    chosen = worth_keeping(stage.office.county, known, frozenset())
    assert chosen == {"ward": "1014", "sub_county": "202", "category": "WATER", "problem": "", "typed": ""}
    unknown = worth_keeping(stage.office.county, {**known, **UNPLACED}, frozenset({"ward.unknown"}))
    assert unknown == {"ward": "", "sub_county": "", "category": "WATER", "problem": "", "typed": "sherere"}


# Keeping


def test_the_same_matter_is_one_draft_as_she_left_it_last(stage: Stage) -> None:
    begin(stage, problem="")
    stage.later(minutes=3)
    begin(stage, problem="BURST_PIPE", language="en")
    [draft] = kept(stage)
    assert (draft.chosen["problem"], draft.language, draft.began_at) == ("BURST_PIPE", "en", stage.now)
    assert (draft.ask_at, draft.expires_at) == (
        MONDAY + timedelta(minutes=13),
        MONDAY + timedelta(hours=24, minutes=10),
    )
    begin(stage, ward=str(SHEYWE))
    begin(stage, phone=AMINA)
    begin(stage, category="ROADS")
    begin(stage, **UNPLACED)
    assert len(kept(stage)) == 5


def test_sessions_of_one_phone_closed_at_once_leave_one_draft(stage: Stage) -> None:
    together = Barrier(4)

    def close(number: int) -> None:
        together.wait(10)
        begin(stage, problem="NO_WATER" if number % 2 else "")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(close, range(4)))
    assert len(kept(stage)) == 1


def test_a_draft_that_was_sent_or_dropped_by_sms_is_not_kept_anew(stage: Stage) -> None:
    asked(stage)
    [draft] = kept(stage)
    stage.receive("FUTA")
    begin(stage, resumed=draft.id)
    assert kept(stage) == []


def test_only_her_own_phone_takes_up_or_drops_a_draft(stage: Stage) -> None:
    begin(stage)
    [draft] = kept(stage)
    hers, others = (stage.office.vault.phone_hash(phone) for phone in (WANJIKU, AMINA))
    with stage.transaction() as session:
        assert drafts.take_up(session, draft.id, others, stage.now) is None
        drafts.drop(session, draft.id, others)
        assert drafts.take_up(session, draft.id, hers, stage.now) is not None
        assert drafts.take_up(session, draft.id + 1, hers, stage.now) is None
        drafts.drop(session, draft.id, hers)
    assert kept(stage) == []


# Asking


@pytest.mark.parametrize(
    ("language", "given", "words"),
    [
        ("sw", {}, "Kaunti ya Kakamega: ulianza ripoti, Shirere. Jibu SMS hii (bure) kwa maneno na mahali. "),
        ("en", {}, "Kakamega County: you began a report, Shirere. Reply free with the words and place. "),
        ("sw", {**UNPLACED, "typed": "kwa mzee"}, "Kaunti ya Kakamega: ulianza ripoti, Kakamega. Jibu SMS hii "),
    ],
)
def test_ten_minutes_later_one_sms_asks_in_her_language_and_names_no_more_than_the_ward(
    stage: Stage, language: str, given: dict[str, str], words: str
) -> None:
    begin(stage, language=language, **given)
    sweep(stage, minutes=9, seconds=59)
    assert (stage.letters(), stage.count(Resident)) == ([], 0)
    sweep(stage, seconds=1)
    assert stage.last_text().startswith(words)
    for _ in range(3):
        sweep(stage, hours=1)
    assert (stage.letters(), stage.questions()) == ([ASKED], [("draft", "open", None)])
    [message] = stage.messages()
    assert (message.case_id, message.automatic) == (None, False)
    resident = stage.resident()
    assert resident is not None
    assert (resident.language, resident.ward_code, resident.phone_mask) == (language, None, "+254 7** *** 001")
    assert stage.office.vault.open(resident.phone_sealed) == WANJIKU


def test_somebody_we_know_stays_as_we_know_her(stage: Stage) -> None:
    stage.file(quiet=True, language="en", ward_code=SHEYWE)
    asked(stage)
    resident = stage.resident()
    assert resident is not None
    assert (resident.language, resident.ward_code, stage.count(Resident)) == ("en", SHEYWE, 1)


def test_a_sender_that_cannot_be_answered_asks_her_to_dial(stage: Stage) -> None:
    letters = replace(stage.office.letters, can_reply=False)
    stage.office = replace(stage.office, letters=letters)
    asked(stage)
    assert stage.last_text() == (
        "Kaunti ya Kakamega: ulianza ripoti, Shirere. Kuendelea piga *384*123#, bure. Usipopiga kufikia kesho "
        "tutaituma ilivyo."
    )
    stage.office = replace(stage.office, letters=replace(letters, free=False))
    asked(stage, phone=AMINA, language="en")
    assert stage.last_text() == (
        "Kakamega County: you began a report, Shirere. To go on dial *384*123#. If you do not, we send it as it is "
        "tomorrow."
    )


@pytest.mark.parametrize("task", [drafts.ask_due, drafts.file_expired])
def test_two_sweepers_at_once_ask_and_file_once(stage: Stage, task: Callable[[Session, Office, datetime], int]) -> None:
    for number in range(30):
        begin(stage, phone=f"+2547110000{number:02}")
    stage.set("UPDATE draft SET ask_at = NULL" if task is drafts.file_expired else "SELECT 1")
    now, together = stage.later(days=2), Barrier(2)

    def round_of(_: int) -> None:
        together.wait(10)
        done = 1
        while done:
            with stage.transaction() as session:
                done = task(session, stage.office, now)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(round_of, range(2)))
    assert len(stage.letters()) == 30
    assert (stage.count(Case), len(kept(stage))) == ((30, 0) if task is drafts.file_expired else (0, 30))


def test_a_sweeper_that_was_away_for_days_asks_first_and_files_a_day_later(stage: Stage) -> None:
    begin(stage)
    sweep(stage, days=3)
    assert (stage.letters(), stage.count(Case)) == ([ASKED], 0)
    sweep(stage, hours=23, minutes=59)
    assert stage.count(Case) == 0
    sweep(stage, minutes=1)
    assert stage.only_case().incomplete


# Unanswered


def test_unanswered_for_a_day_it_is_one_case_for_the_ward_marked_incomplete(stage: Stage) -> None:
    asked(stage)
    sweep(stage, hours=23, minutes=59)
    assert stage.count(Case) == 0
    now = sweep(stage, minutes=1)
    sweep(stage, days=2)
    case = stage.only_case()
    assert (case.incomplete, case.words, case.problem, case.ward_code) == (True, None, "NO_WATER", SHIRERE)
    assert (case.desk, case.status, case.received_at, case.channel) == (Desk.WARD, Status.NEW, now, Channel.USSD)
    assert stage.letters() == [UNASKED, ("received", "queued")]
    assert (kept(stage), stage.questions()) == ([], [])
    assert stage.events(case.reference)[0].data["incomplete"] is True


def test_words_that_come_after_all_make_it_complete(stage: Stage) -> None:
    asked(stage)
    sweep(stage, days=1)
    assert stage.receive("Bomba limepasuka karibu na soko").why == "answers received"
    assert (stage.only_case().incomplete, stage.only_case().words) == (False, "Bomba limepasuka karibu na soko")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({**UNPLACED, "typed": "kwa mzee wa kijiji"}, (None, Desk.COUNTY, "WATER", "kwa mzee wa kijiji")),
        ({"problem": ""}, (SHIRERE, Desk.WARD, "WATER", None)),
        # What the county changed meanwhile.
        ({"ward": "9999"}, (None, Desk.COUNTY, "WATER", None)),
        ({"category": "ABOLISHED"}, (SHIRERE, Desk.WARD, "ABOLISHED", None)),
        ({"language": "luy"}, (SHIRERE, Desk.WARD, "WATER", None)),
    ],
)
def test_what_there_is_of_it_is_filed(
    stage: Stage, given: dict[str, str], expected: tuple[int | None, Desk, str, str | None]
) -> None:
    asked(stage, **given)
    sweep(stage, days=1)
    case = stage.only_case()
    assert (case.ward_code, case.desk, case.category, case.landmark) == expected
    assert (case.incomplete, kept(stage)) == (True, [])


def test_after_stop_she_is_not_texted_and_it_is_filed_in_silence(stage: Stage) -> None:
    stage.file(quiet=True)
    stage.set("UPDATE resident SET stopped_at = now()")
    begin(stage)
    sweep(stage, minutes=10)
    assert (stage.letters(), stage.questions()) == ([], [])
    # Nobody asked her, so what she writes is a report of its own.
    assert stage.receive("Taa za barabarani Sheywe haziwaki").why == "new case"
    sweep(stage, days=1)
    assert (stage.count(Case), kept(stage)) == (3, [])
    assert stage.letters() == [("received_text", "queued")]


# Others first


def test_another_question_comes_first_and_then_she_has_a_day_to_answer(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    asked(stage)
    assert stage.questions() == [("which_ward", "open", None), ("draft", "waiting", None)]
    assert stage.letters() == [("which_ward", "queued")]
    stage.later(hours=20)
    stage.receive("Shirere")
    assert stage.questions()[1] == ("draft", "open", None)
    assert stage.letters()[1:] == [("ward_known", "queued"), ASKED]
    sweep(stage, hours=23)
    assert stage.receive("Bomba la soko").why == "completes the draft"
    assert stage.count(Case) == 2


def test_what_waits_behind_another_question_is_filed_in_time_all_the_same(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imetengenezwa.")
    asked(stage, category="ROADS")
    assert stage.questions() == [("fixed", "open", None), ("draft", "waiting", None)]
    sweep(stage, days=1)
    assert (stage.count(Case), stage.questions()) == (2, [("fixed", "open", None)])
    assert ASKED not in stage.letters()


def test_the_next_question_opens_when_the_draft_is_gone(stage: Stage) -> None:
    asked(stage)
    reference = stage.file(quiet=True, category="ROADS")
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imetengenezwa.")
    assert stage.questions() == [("draft", "open", None), ("fixed", "waiting", None)]
    sweep(stage, days=1)
    assert stage.questions() == [("fixed", "open", None)]
    assert stage.letters(reference) == [("fixed", "queued")]


# What goes wrong with one


@pytest.mark.parametrize("hour", ["ask", "file"])
def test_one_that_no_key_opens_keeps_the_others_from_nothing_and_is_tried_again(
    stage: Stage, logged: io.StringIO, hour: str
) -> None:
    begin(stage)
    stage.later(seconds=1)
    begin(stage, phone=AMINA)
    [first, _] = kept(stage)
    if hour == "file":
        sweep(stage, minutes=10)
    stage.set("UPDATE draft SET phone_sealed = 'x' WHERE id = :id", id=first.id)
    before = len(stage.letters())
    sweep(stage, minutes=10) if hour == "ask" else sweep(stage, days=1)
    assert [draft.id for draft in kept(stage) if hour == "file" or draft.ask_at] == [first.id]
    assert len(stage.letters()) == before + 1
    assert '"draft_failed"' in logged.getvalue()
    stage.set("UPDATE draft SET phone_sealed = :sealed WHERE id = :id", sealed=first.phone_sealed, id=first.id)
    sweep(stage, minutes=59)
    assert len(stage.letters()) == before + 1
    sweep(stage, minutes=1)
    assert len(stage.letters()) == before + 2
