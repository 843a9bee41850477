"""The case page: who may open it, what it shows, and the number that is shown only on record."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.cases import actions, crews, erasing
from gateway.cases.models import Case, Ending
from gateway.cases.references import is_reference, spoken
from gateway.people.models import Role
from gateway.triage.sentences import SENTENCES
from tests.cases.stage import SHEYWE, WANJIKU, Stage
from tests.triage.conftest import Browser

GATEWAY = Path(actions.__file__).parent.parent
WANJIKU_SHOWN = "+254 711 000001"


@pytest.mark.parametrize(
    ("role", "jurisdiction", "sees"),
    [
        (Role.WARD, {"ward_code": 1014}, True),
        (Role.WARD, {"ward_code": SHEYWE}, False),
        (Role.SUB_COUNTY, {"sub_county_code": 202}, True),
        (Role.SUB_COUNTY, {"sub_county_code": 199}, False),
        (Role.DEPARTMENT, {"department": "water"}, True),
        (Role.DEPARTMENT, {"department": "roads"}, False),
        (Role.OMBUDSMAN, {}, False),
        (Role.HOTLINE, {}, False),
        (Role.COUNTY, {}, False),
    ],
)
def test_a_case_opens_for_whose_it_is_and_does_not_exist_for_all_others(
    browser: Callable[..., Browser], stage: Stage, role: Role, jurisdiction: dict[str, int | str], sees: bool
) -> None:
    reference, reader = stage.file(words="Maji hayatoki kabisa"), browser(role, **jurisdiction)
    answer = reader.get(f"/triage/cases/{reference}")
    assert answer.status_code == (200 if sees else 404)
    assert ("Maji hayatoki kabisa" in answer.text) is sees
    if not sees:
        nothing = reader.get("/triage/cases/48217739" if is_reference("48217739") else "/triage/cases/00000000")
        assert nothing.text == answer.text
        for action in ("take", "note", "end", "number", "refer", "route", "write", "release"):
            refused = reader.act(reference, action, words="x", ending="fixed", to="department:roads", ward="1012")
            assert refused.status_code == 404, action
        assert stage.history(reference) == ["filed"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OMBUDSMAN])
@pytest.mark.parametrize("ward", [1014, None])
def test_a_confidential_case_exists_for_the_ombudsman_alone(
    browser: Callable[..., Browser], stage: Stage, role: Role, ward: int | None
) -> None:
    reference = stage.file(category="CORRUPT", words="Karani alitaka elfu mbili", ward_code=ward)
    reader = browser(role)
    assert reader.get(f"/triage/cases/{reference}").status_code == 404
    assert reader.act(reference, "take").status_code == 404
    page = reader.read("/triage/")
    assert reference not in page
    assert spoken(reference) not in page
    if role not in (Role.COUNTY, Role.AUDITOR):
        assert set(reader.counts().values()) == {0}
    ombudsman = browser(Role.OMBUDSMAN)
    page = ombudsman.case(reference)
    assert "Karani alitaka elfu mbili" in page
    assert "Confidential" in page


@pytest.mark.parametrize("reference", ["12345678", "1", "x", "4821773912", "%00", "٤٨٢١٧٧٣٩", "4821 7739"])
def test_what_is_no_reference_is_a_404(ward: Browser, reference: str) -> None:
    assert ward.get(f"/triage/cases/{reference}").status_code == 404


def test_the_page_tells_what_where_when_until_when_and_who_has_it(ward: Browser, stage: Stage) -> None:
    reference = stage.file(problem="BURST_PIPE", landmark="Soko", words="Bomba limepasuka")
    case = stage.case(reference)
    page = ward.case(reference)
    assert f'<h1>Water: Burst pipe <span class="number">{reference[:4]} {reference[4:]}</span></h1>' in page
    assert '<blockquote lang="sw">Bomba limepasuka</blockquote>' in page
    local = case.received_at + timedelta(hours=3)
    assert f"{local:%a} {local.day} {local:%b}, {local:%H:%M}, by hotline" in page
    assert "Soko, Shirere" in page
    assert "Shirere ward, since" in page
    assert "An answer by " in page
    assert "Kiswahili" in page
    assert "+254 7** *** 001" in page
    assert WANJIKU[1:] not in page.replace(" ", "")


def test_what_a_resident_or_an_officer_wrote_is_never_run(ward: Browser, stage: Stage) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)> \"'&"
    reference = stage.file(words=attack, landmark="<b>Soko</b>")
    ward.act(reference, "note", words=attack)
    ward.act(reference, "refer", words=attack, to="elsewhere", body="<i>KeNHA</i>")
    for page in (ward.case(reference), ward.read("/triage/?show=waiting")):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>Soko" not in page
        assert "<i>KeNHA" not in page
        assert "&lt;script&gt;alert(1)" in page
    answer = ward.act(reference, "end", words=attack)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_the_history_is_told_in_sentences_with_names_and_times_of_nairobi(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    stage.do(actions.take, reference, ward.who)
    stage.do(actions.note, reference, ward.who, "Nilipiga simu, hakuna jibu.")
    stage.do(actions.write, reference, ward.who, "Ni nyumba gani?", wait=True)
    stage.receive(f"{reference} nyumba ya tatu kutoka sokoni")
    stage.do(actions.refer, reference, ward.who, "Tafadhali angalia.", department="water")
    stage.do(actions.end, reference, ward.who, Ending.FIXED, "Bomba jipya.")
    stage.receive("bado")
    page = ward.case(reference)
    history = page[page.index('<ol class="history"') :]
    sentences = [
        "Reported by hotline",
        "Rose took it",
        "Note by Rose",
        "Rose wrote to the resident",
        "The case waits for the resident; its clock stands still",
        "The resident added words by SMS",
        "The clock runs on",
        "Referred to Water, Environment, Natural Resources and Climate Change by Rose",
        "Ended by Rose: Fixed",
        "The resident says: not fixed. Open again",
    ]
    places = [history.index(f"<p>{sentence}") for sentence in sentences]
    assert places == sorted(places, reverse=True)
    assert "Nilipiga simu, hakuna jibu." in history
    for code in ("taken", "words_added", "resumed", "disputed"):
        assert f"<p>{code}" not in history


def test_every_event_of_a_case_has_a_sentence() -> None:
    names: set[str] = set()
    for path in GATEWAY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "events.append" and len(node.args) > 2:
                values = [one.value for one in ast.walk(node.args[2]) if isinstance(one, ast.Constant)]
                names.update(value for value in values if isinstance(value, str))
    assert "taken" in names
    names.update(crews.EVENTS.values())
    assert names <= SENTENCES.keys()


def test_texts_stand_in_a_thread_with_what_became_of_them(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    stage.set("UPDATE message SET status = 'failed', code = '406'")
    stage.do(actions.write, reference, ward.who, "Fundi anakuja kesho.")
    stage.receive(f"{reference} asante tunangoja <b>fundi</b>")
    page = ward.case(reference)
    thread = page[page.index('<ol class="thread">') : page.index('<ol class="history"')]
    assert thread.index("imepokelewa") < thread.index("Fundi anakuja kesho.") < thread.index("asante tunangoja")
    assert "SMS not delivered: our SMS are blocked there. Call instead." in thread
    assert "Waits to be sent." in thread
    assert "&lt;b&gt;fundi&lt;/b&gt;" in thread


def test_a_number_is_shown_on_one_answer_only_and_after_it_is_on_record(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    answer = ward.act(reference, "number", words="  To find the place \0")
    assert answer.status_code == 200
    assert f'<a class="tel" href="tel:{WANJIKU}">{WANJIKU_SHOWN}</a>' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    [event] = [event for event in stage.events(reference) if event.name == "number_shown"]
    assert (event.officer_id, event.words) == (ward.who.id, "To find the place")
    page = ward.case(reference)
    assert WANJIKU not in page
    assert "Rose looked at the number" in page
    assert "To find the place" in page


def test_without_a_reason_no_number_is_shown(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    answer = ward.act(reference, "number", words="  ")
    assert answer.status_code == 422
    assert WANJIKU not in answer.text
    assert "Say why you need the number." in answer.text
    assert stage.history(reference) == ["filed"]


def test_a_hidden_number_cannot_be_shown_or_written_to(ward: Browser, stage: Stage) -> None:
    reference = stage.file(anonymous=True)
    page = ward.case(reference)
    assert "hidden by the resident" in page
    for what in ("Show the number", "Write to the resident"):
        assert what not in page
    assert "Nothing is sent: there is no number." in page
    assert ward.act(reference, "number", words="To call").status_code == 409
    assert ward.act(reference, "write", words="Karibu").status_code == 409
    assert stage.history(reference) == ["filed"]


def test_a_withdrawn_case_shows_that_it_was_taken_back_and_offers_a_note_only(ward: Browser, stage: Stage) -> None:
    reference = stage.file(words="Maneno yangu mwenyewe")
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        erasing.withdraw(session, stage.office, case, stage.now)
    page = ward.case(reference)
    assert "Taken back by the resident" in page
    assert "Maneno yangu mwenyewe" not in page
    assert offers(page) == {"note"}
    assert ward.references("/triage/?show=done") == [reference]


USUAL = {"take", "end", "write", "refer", "route", "sort", "place", "hide", "note", "number"}


@pytest.mark.parametrize(
    ("category", "role", "expected"),
    [
        ("WATER", Role.WARD, {*USUAL, "crew"}),
        ("WATER", Role.SUB_COUNTY, {*USUAL, "crew"}),
        ("PRAISE", Role.WARD, USUAL),
        ("STAFF", Role.OMBUDSMAN, {"take", "end", "write", "release", "note", "number", "name", "to_secretary"}),
        ("GBV", Role.OMBUDSMAN, {"take", "end", "note", "number", "name", "to_secretary"}),
    ],
)
def test_only_what_can_be_done_is_offered(
    browser: Callable[..., Browser], stage: Stage, category: str, role: Role, expected: set[str]
) -> None:
    assert offers(browser(role).case(stage.file(category=category, hour="morning"))) == expected


def offers(page: str) -> set[str]:
    """The actions whose forms are on a case page."""
    return set(re.findall(r'action="/triage/cases/\d{8}/(\w+)"', page))


def test_a_case_that_was_taken_by_oneself_is_not_offered_again(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    ward.act(reference, "take")
    assert "take" not in offers(ward.case(reference))
    stage.do(actions.write, reference, ward.who, "Wapi?", wait=True)
    page = ward.case(reference)
    assert ">Stop waiting, go on</button>" in page
    assert "Wait for the answer" not in page


def test_each_ending_shows_the_very_text_that_the_resident_gets(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    shown = f"{reference[:4]} {reference[4:]}"
    page = ward.case(reference)
    assert f"{shown}: afisa anasema imetatuliwa. Ni kweli?" in page
    assert f"{shown}: haiwezekani kwa sasa. (your words) Hukubali? Piga *384*123#, 3." in page
    assert f"{shown}: kazi hii imepangwa (month) (Idara ya Maji). (your words) Hukubali? Piga *384*123#, 3." in page


def test_a_call_back_of_a_confidential_case_stands_on_its_page(browser: Callable[..., Browser], stage: Stage) -> None:
    reference = stage.file(category="GBV", hour="evening")
    page = browser(Role.OMBUDSMAN).case(reference)
    assert "Wants to be called <b>in the evening</b>" in page
