"""Suggestion-box slips: a batch of fifty is printed, registered once, and followed up with what was torn off."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from gateway.cases import erasing, residents_own, retention
from gateway.cases.categories import promised
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Slip, SlipBatch
from gateway.cases.models import Case, Channel
from gateway.cases.residents_own import Caller
from gateway.people.models import Audit, Resident, Role
from tests.cases.stage import SHEYWE, SHIRERE, WANJIKU, Stage
from tests.triage.conftest import Browser

PAGE = "/triage/slips/register"
NONCE = re.compile(r'name="nonce" value="([^"]+)"')


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


def nonce_of(page: str) -> str:
    found = NONCE.search(page)
    assert found
    return found[1]


def printed(hotline: Browser, count: int = 50) -> list[tuple[str, str]]:
    """Print a batch; reference and secret of each slip, as they stand on the part that is torn off."""
    answer = hotline.post("/triage/slips", nonce=nonce_of(hotline.read("/triage/slips")), count=str(count))
    assert answer.status_code == 303
    found = re.findall(r'<p class="big">([\d ]+)</p>', hotline.read(answer.location))
    return [(reference.replace(" ", ""), secret) for reference, secret in zip(found[::2], found[1::2], strict=True)]


def sheet(who: Browser, rows: list[dict[str, str]], **given: str) -> dict[str, str]:
    """The form as it is sent: the rows from the first one on."""
    today = local_day(datetime.now(UTC)).isoformat()
    fields = {"nonce": nonce_of(who.read(PAGE)), "day": today, "ward": str(SHIRERE), **given}
    for number, row in enumerate(rows, start=1):
        usual = {"code": "1 2", "words": f"Bomba namba {number} limepasuka", "language": "sw"}
        fields |= {f"{name}-{number}": value for name, value in (usual | row).items()}
    return fields


def cases(stage: Stage) -> list[Case]:
    with stage.transaction() as session:
        return list(session.scalars(select(Case).options(undefer(Case.secret_hash)).order_by(Case.id)))


def test_a_batch_of_fifty_is_registered_at_once_and_the_same_page_again_files_nothing(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    slips = printed(hotline)
    assert len(slips) == len({reference for reference, _ in slips}) == 50
    form = sheet(hotline, [{"reference": f"{one[:4]} {one[4:]}"} for one, _ in slips])
    page = hotline.post(PAGE, **form)
    assert (page.status_code, "50 registered" in page.text) == (200, True)
    filed = cases(stage)
    assert [case.reference for case in filed] == [reference for reference, _ in slips]
    vault = stage.office.vault
    assert all(case.secret_hash == vault.secret_hash(*slip) for case, slip in zip(filed, slips, strict=True))
    assert {(case.channel, case.category, case.problem, case.ward_code) for case in filed} == {
        (Channel.PAPER, "WATER", "BURST_PIPE", SHIRERE)
    }
    assert filed[49].words == "Bomba namba 50 limepasuka"
    again = hotline.post(PAGE, **form).text
    assert ("0 registered, 50 had been already" in again, again.count("was registered already")) == (True, 50)
    assert len(cases(stage)) == 50
    assert stage.letters() == []
    assert "All slips of this batch are registered, or" in hotline.read(batch_page(stage))
    with stage.transaction() as session:
        slip_rows = session.scalars(select(Slip).options(undefer(Slip.secret_sealed))).all()
        assert all(slip.secret_sealed is None and slip.used_at and slip.case_id for slip in slip_rows)
        [line] = session.scalars(select(Audit).where(Audit.name == "slips_registered"))
        assert line.case_ids == [case.id for case in filed]


def batch_page(stage: Stage) -> str:
    with stage.transaction() as session:
        return f"/triage/slips/{session.scalars(select(SlipBatch.id)).one()}"


def test_of_fifty_rows_three_wrong_ones_come_back_as_they_were_typed_with_the_reason(
    hotline: Browser, stage: Stage
) -> None:
    slips = printed(hotline)
    rows = [{"reference": reference} for reference, _ in slips]
    mistyped = f"{rows[4]['reference'][:7]}{(int(rows[4]['reference'][7]) + 1) % 10}"
    rows[4] = {"reference": mistyped, "words": "Maji machafu kisimani"}
    rows[20] |= {"code": "99", "place": "Soko la juu"}
    rows[49] |= {"phone": "0711", "ward": "Nyeri"}
    page = hotline.post(PAGE, **sheet(hotline, rows))
    assert page.status_code == 422
    assert "47 registered" in page.text
    assert stage.count(Case) == 47
    assert re.findall(r'<li><a href="#([\w-]+)">(Row \d+: .*?)</a>', page.text) == [
        ("reference-5", "Row 5: The number is mistyped: it has eight digits, and its last one checks the others."),
        ("code-21", "Row 21: No subject has this code. Leave it empty where the slip says none."),
        ("phone-50", "Row 50: This is no telephone number."),
        ("ward-50", "Row 50: No ward has this name or code."),
    ]
    for kept in (mistyped, "Maji machafu kisimani", "Soko la juu", 'value="0711"', 'value="Nyeri"'):
        assert kept in page.text
    assert "Bomba namba 1 limepasuka" not in page.text
    reference = slips[4][0]
    form = sheet(hotline, [{"reference": reference, "words": "Maji machafu kisimani"}], nonce=nonce_of(page.text))
    assert "1 registered" in hotline.post(PAGE, **form).text
    assert stage.case(reference).words == "Maji machafu kisimani"


def test_what_was_torn_off_opens_the_case_on_any_phone(hotline: Browser, stage: Stage) -> None:
    [(reference, secret)] = printed(hotline, 1)
    hotline.post(PAGE, **sheet(hotline, [{"reference": reference}]))
    caller = Caller(stage.office.vault.phone_hash(WANJIKU), secret=secret)
    with stage.transaction() as session:
        assert residents_own.own_case(session, stage.office, reference, caller)
        wrong = Caller(caller.phone_hash, secret=f"{(int(secret) + 1) % 10_000:04d}")
        assert residents_own.own_case(session, stage.office, reference, wrong) is None


def test_notes_of_a_baraza_need_no_slip_and_are_filed_once_for_each_page(hotline: Browser, stage: Stage) -> None:
    form = sheet(hotline, [{"code": "Road, bridge: Potholes"}, {"ward": "sheywe", "place": "Stendi"}])
    for _ in range(2):
        hotline.post(PAGE, **form)
    roads, water = cases(stage)
    assert (roads.category, roads.problem, roads.ward_code, roads.secret_hash) == ("ROADS", "POTHOLES", SHIRERE, None)
    assert (water.category, water.ward_code, water.landmark) == ("WATER", SHEYWE, "Stendi")


def test_a_row_that_was_settled_takes_another_note_on_the_page_that_comes_back(hotline: Browser, stage: Stage) -> None:
    page = hotline.post(PAGE, **sheet(hotline, [{"words": "La kwanza"}])).text
    hotline.post(PAGE, **sheet(hotline, [{"words": "La pili"}], nonce=nonce_of(page)))
    assert [case.words for case in cases(stage)] == ["La kwanza", "La pili"]


def test_a_slip_with_a_phone_is_answered_by_sms_as_any_report(hotline: Browser, stage: Stage) -> None:
    [(reference, _)] = printed(hotline, 1)
    hotline.post(PAGE, **sheet(hotline, [{"reference": reference, "phone": "0711 000 001"}]))
    assert stage.case(reference).resident_id is not None
    assert stage.letters(reference) == [("received_text", "queued")]


def number_on(who: Browser, reference: str) -> str:
    found = re.search(r"<dt>Number</dt><dd>\s*(.*?)</dd>", who.case(reference), re.DOTALL)
    assert found
    return found[1]


def test_the_page_of_a_note_says_that_no_number_was_given_until_one_is_hidden_or_erased(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    [(slip, _), (with_phone, _)] = printed(hotline, 2)
    rows = [{"words": "Bila karatasi"}, {"reference": slip}, {"reference": with_phone, "phone": "0711 000 001"}]
    hotline.post(PAGE, **sheet(hotline, rows))
    note = cases(stage)[0].reference
    assert [number_on(ward, one) for one in (note, slip)] == ["none given"] * 2
    assert number_on(ward, with_phone) == "+254 7** *** 001"
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == with_phone)).one()
        erasing.hide_number(session, stage.office, case, stage.now)
    assert number_on(ward, with_phone) == "hidden by the resident"
    for one in (note, with_phone):
        with stage.transaction() as session:
            case = session.scalars(select(Case).where(Case.reference == one)).one()
            retention.anonymise(session, [case.id], stage.now, over=True)
        assert number_on(ward, one) == "erased"


def test_the_promise_counts_from_the_day_on_which_the_box_was_emptied(hotline: Browser, stage: Stage) -> None:
    day = local_day(datetime.now(UTC)) - timedelta(days=40)
    row = {"phone": "0711 000 001"}
    hotline.post(PAGE, **sheet(hotline, [row], day=day.isoformat()))
    case = stage.only_case()
    assert local_day(case.received_at) == day
    office = stage.office
    assert case.due_at == promised(office.county, office.calendar, "WATER", case.received_at)
    assert case.due_at is not None
    assert case.due_at < datetime.now(UTC)
    assert stage.letters() == [], "No SMS promises a day that has passed."
    assert case.desk_due_at is not None
    assert case.desk_due_at > datetime.now(UTC)


@pytest.mark.parametrize("days", [-1, 61])
def test_a_day_that_cannot_be_files_nothing(hotline: Browser, stage: Stage, days: int) -> None:
    day: date = local_day(datetime.now(UTC)) - timedelta(days=days)
    answer = hotline.post(PAGE, **sheet(hotline, [{}], day=day.isoformat()))
    assert (answer.status_code, stage.count(Case)) == (422, 0)
    assert "Give the day on which the box was emptied" in answer.text
    assert "Bomba namba 1 limepasuka" in answer.text


def test_confidential_words_on_a_slip_pass_the_ward_which_reads_the_number_alone(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    [(reference, _)] = printed(hotline, 1)
    page = ward.post(PAGE, **sheet(ward, [{"reference": reference, "words": "Karani alitaka hongo", "code": ""}]))
    assert f"{reference[:4]} {reference[4:]}" in page.text
    assert "hongo" not in page.text
    case = stage.case(reference)
    assert (case.sensitive, case.words) == (True, None)
    assert ward.get(f"/triage/cases/{reference}").status_code == 404


def test_a_ward_administrator_registers_slips_of_her_own_ward_alone_and_prints_none(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    (own, _), (away, _) = printed(hotline, 2)
    assert f'<option value="{SHIRERE}" selected>' in ward.read(PAGE)
    page = ward.post(PAGE, **sheet(ward, [{"reference": own}, {"reference": away, "ward": "Sheywe"}])).text
    assert "Row 2: You register slips of your own ward alone" in page
    assert [case.reference for case in cases(stage)] == [own]
    assert ward.get("/triage/slips").status_code == ward.get(batch_page(stage)).status_code == 404


def test_only_who_printed_a_batch_reads_its_secrets_and_each_look_is_on_record(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    printed(hotline, 2)
    assert browser(Role.HOTLINE).get(batch_page(stage)).status_code == 404
    assert hotline.get("/triage/slips/999999").status_code == 404
    hotline.read(batch_page(stage))
    with stage.transaction() as session:
        lines = session.execute(select(Audit.name, Audit.officer_id, Audit.data).where(Audit.name.like("slips_%")))
        assert [tuple(line) for line in lines] == [
            ("slips_printed", hotline.who.id, {"count": 2}),
            ("slips_shown", hotline.who.id, {"count": 2}),
            ("slips_shown", hotline.who.id, {"count": 2}),
        ]


def test_the_same_form_prints_once(hotline: Browser, stage: Stage) -> None:
    nonce = nonce_of(hotline.read("/triage/slips"))
    answers = [hotline.post("/triage/slips", nonce=nonce, count="3").location for _ in range(2)]
    assert answers[0] == answers[1]
    assert stage.count(Slip) == 3


@pytest.mark.parametrize("fields", [{"count": "0"}, {"count": "201"}, {"count": "x"}, {"nonce": "x"}])
def test_what_cannot_be_printed_is_refused(hotline: Browser, stage: Stage, fields: dict[str, Any]) -> None:
    given = {"nonce": nonce_of(hotline.read("/triage/slips")), "count": "5"} | fields
    assert hotline.post("/triage/slips", **given).status_code == 422
    assert stage.count(Slip) == 0


def test_an_empty_page_says_so(hotline: Browser, stage: Stage) -> None:
    assert hotline.post(PAGE, **sheet(hotline, [])).status_code == 303
    assert "Nothing was typed." in hotline.said()


def test_another_note_from_a_page_that_was_sent_before_is_kept_and_filed_when_it_is_sent_again(
    hotline: Browser, stage: Stage
) -> None:
    form = sheet(hotline, [{"words": "Moja"}])
    hotline.post(PAGE, **form)
    answer = hotline.post(PAGE, **form | {"words-1": "Maneno mengine kabisa"})
    assert (answer.status_code, "Maneno mengine kabisa" in answer.text) == (422, True)
    assert "Row 1: Another note was registered from this row of this page before." in answer.text
    assert "registered already" not in answer.text
    hotline.post(PAGE, **form | {"words-1": "Maneno mengine kabisa", "nonce": nonce_of(answer.text)})
    assert [case.words for case in cases(stage)] == ["Moja", "Maneno mengine kabisa"]


def test_two_reports_under_one_slips_number_lose_the_words_of_neither(hotline: Browser, stage: Stage) -> None:
    [(reference, _)] = printed(hotline, 1)
    rows = [{"reference": reference, "words": "Maji ya Soko"}, {"reference": reference, "words": "Barabara ya Stendi"}]
    answer = hotline.post(PAGE, **sheet(hotline, rows))
    assert (answer.status_code, "1 registered" in answer.text) == (422, True)
    assert "Row 2: This slip is registered already, and not as it stands here." in answer.text
    assert "Barabara ya Stendi" in answer.text
    note = sheet(hotline, [{"words": "Barabara ya Stendi"}], nonce=nonce_of(answer.text))
    assert hotline.post(PAGE, **note).status_code == 200
    assert [case.words for case in cases(stage)] == ["Maji ya Soko", "Barabara ya Stendi"]


@pytest.mark.parametrize(
    ("typed", "kept", "letters"),
    [
        ("020 2222222", "+254202222222", 0),
        ("00256 772 123456", "+256772123456", 1),
        ("0711 000 001", "+254711000001", 1),
        ("+1 900 234 5678", None, 0),
        ("0900 223344", None, 0),
    ],
)
def test_a_landline_on_a_slip_gets_no_sms_and_a_number_that_only_costs_is_refused(
    hotline: Browser, stage: Stage, typed: str, kept: str | None, letters: int
) -> None:
    answer = hotline.post(PAGE, **sheet(hotline, [{"phone": typed}]))
    assert answer.status_code == (200 if kept else 422)
    assert len(stage.letters()) == letters
    with stage.transaction() as session:
        numbers = session.scalars(select(Resident.phone_hash)).all()
    assert numbers == ([stage.office.vault.phone_hash(kept)] if kept else [])


@pytest.mark.parametrize("between", ["-", ".", " - "])
def test_what_stands_between_the_fours_of_a_slips_number_does_not_matter(
    hotline: Browser, stage: Stage, between: str
) -> None:
    [(reference, _)] = printed(hotline, 1)
    typed = f"{reference[:4]}{between}{reference[4:]}"
    assert hotline.post(PAGE, **sheet(hotline, [{"reference": typed}])).status_code == 200
    assert stage.only_case().reference == reference


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "-1", "1_014", "٣"])
def test_what_is_no_ward_is_refused_wherever_it_is_typed(hotline: Browser, stage: Stage, typed: str) -> None:
    for form in (sheet(hotline, [{}], ward=typed), sheet(hotline, [{"ward": typed}])):
        assert hotline.post(PAGE, **form).status_code == 422
    assert stage.count(Case) == 0


def test_two_clerks_with_the_same_box_register_every_slip_once(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    other = browser(Role.HOTLINE)
    rows = [{"reference": reference, "words": "Bomba"} for reference, _ in printed(hotline, 20)]
    forms = [(hotline, sheet(hotline, rows)), (other, sheet(other, rows[::-1]))]
    tokens = [who.token() for who, _ in forms]
    codes: list[int] = []

    def go(who: Browser, token: str, form: dict[str, str]) -> None:
        codes.append(who.client.post(PAGE, data={"csrf_token": token, **form}).status_code)

    threads = [
        threading.Thread(target=go, args=(who, token, form)) for (who, form), token in zip(forms, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200, 200]
    assert stage.count(Case) == 20


@pytest.mark.usefixtures("impatient")
def test_a_page_whose_slips_somebody_else_holds_comes_back_filled(hotline: Browser, stage: Stage) -> None:
    [(reference, _)] = printed(hotline, 1)
    form = sheet(hotline, [{"reference": reference, "words": "Bomba la juu"}])
    with stage.transaction() as session:
        session.execute(select(Slip.reference).with_for_update())
        answer = hotline.post(PAGE, **form)
    assert (answer.status_code, "Bomba la juu" in answer.text) == (409, True)
    assert "Somebody else is registering some of these slips" in answer.text
    assert hotline.post(PAGE, **form).status_code == 200
    assert stage.case(reference).words == "Bomba la juu"


def test_a_slip_says_what_becomes_of_it_and_where_a_secret_is_told_and_a_note_was_shown_no_notice(
    hotline: Browser, stage: Stage
) -> None:
    [(reference, _)] = printed(hotline, 1)
    page = " ".join(hotline.read(batch_page(stage)).split())
    assert "Faragha: kaunti huhifadhi haya kutatua shida. Siri" in page
    assert "Simu, si lazima" in page
    code = stage.office.letters.constants["service_code"]
    assert f"Siri au hatari? Usiandike hapa: piga <b>{code}</b>, chagua 4." in page
    assert f"Do not write it here: dial <b>{code}</b>, choose 4." in page
    hotline.post(PAGE, **sheet(hotline, [{"reference": reference}, {"words": "Bila karatasi"}]))
    assert [case.notice for case in cases(stage)] == [stage.office.notice, None]
