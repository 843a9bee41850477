"""The one form round the queue: what is done in a row and with a selection. All of it is done, or nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from config.rights import INFORMATION
from gateway.cases.models import Case, Channel, Desk, Ending, Status
from gateway.people.models import Role
from gateway.triage.asked import MOST
from gateway.triage.together import BUSY
from tests.cases.stage import SHEYWE, Stage
from tests.triage.conftest import Browser
from tests.triage.test_stale import press_together

ADDRESS = "/triage/queue"


def shown(browser: Browser, address: str = "/triage/") -> dict[str, str]:
    """The version of each row, as the form has it."""
    return dict(re.findall(r'name="(seen-\d+)" value="(\d+)"', browser.read(address)))


def send(browser: Browser, do: str, **fields: Any) -> TestResponse:
    return browser.post(ADDRESS, do=do, **{name.replace("_", "-"): value for name, value in fields.items()})


def together(browser: Browser, what: str, references: list[str], **fields: Any) -> TestResponse:
    return browser.post(ADDRESS, **(shown(browser) | {"do": "selected", "what": what, "case": references} | fields))


def refusal(answer: TestResponse) -> str:
    """What the page says above its list."""
    found = re.search(r'id="summary">(.*?)</div>', answer.text, re.S)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", found[1]).split())) if found else ""


@pytest.fixture
def four(stage: Stage) -> list[str]:
    return [stage.file(phone=stage.phone(), quiet=True, words=f"Bomba {number}") for number in range(4)]


def histories(stage: Stage, references: list[str]) -> list[list[str]]:
    return [stage.history(reference) for reference in references]


# In a row


def test_a_ready_text_of_the_row_is_sent_as_the_case_fills_it(ward: Browser, stage: Stage) -> None:
    reference = stage.file(problem="BURST_PIPE")
    assert '<option value="write+rationing">' in ward.read("/triage/")
    assert send(ward, f"row {reference}", **{f"what_{reference}": "write+rationing"}, **shown(ward)).status_code == 303
    assert stage.last_text(reference).endswith("Ratiba iko ofisi ya wadi ya Shirere.")
    ended = {f"what_{reference}": "end:cannot_now+no-money", f"words_{reference}": ""}
    assert send(ward, f"row {reference}", **ended, **shown(ward)).status_code == 303
    case = stage.case(reference)
    assert (case.ending, case.reason) == (
        Ending.CANNOT_NOW,
        "Hakuna pesa za kazi hii mwaka huu wa fedha. Lete ombi hili kwenye baraza la bajeti la wadi ya Shirere.",
    )


def test_own_words_go_before_a_ready_text(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    fields = {f"what_{reference}": "write+crew-tomorrow", f"words_{reference}": "Tunakuja leo"}
    assert send(ward, f"row {reference}", **fields, **shown(ward)).status_code == 303
    assert "Tunakuja leo" in stage.last_text(reference)
    assert "Fundi" not in stage.last_text(reference)


def test_a_ready_text_that_does_not_fit_one_of_a_selection_changes_nothing(ward: Browser, stage: Stage) -> None:
    water = stage.file(problem="BURST_PIPE")
    road = stage.file(category="ROADS", problem="POTHOLES", phone=stage.phone())
    answer = together(ward, "write+rationing", [water, road])
    assert answer.status_code == 409
    assert f"{road[:4]} {road[4:]} : is one that this ready text does not fit." in refusal(answer)
    assert "written" not in stage.history(water)
    assert together(ward, "write+crew-tomorrow", [water, road]).status_code == 303
    assert ["written" in stage.history(one) for one in (water, road)] == [True, True]


def test_a_case_is_taken_in_its_row_and_the_list_comes_back_as_it_was(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    answer = send(ward, f"take {reference}", back="show=new&category=WATER", **shown(ward))
    assert (answer.status_code, answer.location) == (303, "/triage/?show=new&category=WATER")
    assert (stage.case(reference).status, stage.case(reference).assignee_id) == (Status.TAKEN, ward.who.id)
    assert "is yours." in ward.said()


def test_a_row_ends_a_case_with_what_was_written_in_it(ward: Browser, stage: Stage, four: list[str]) -> None:
    fields = {
        f"what-{four[1]}": "end:cannot_now",
        f"words-{four[1]}": "Hakuna pesa.",
        "what": "note",
    }
    answer = ward.post(ADDRESS, **(shown(ward) | fields | {"do": f"row {four[1]}"}))
    assert answer.status_code == 303
    assert (stage.case(four[1]).ending, stage.case(four[1]).reason) == (Ending.CANNOT_NOW, "Hakuna pesa.")
    assert stage.letters(four[1]) == [("cannot_now", "queued")]
    assert histories(stage, [four[0], four[2], four[3]]) == [["filed"]] * 3
    assert "ended: cannot be done now." in ward.said()


def test_a_row_writes_to_the_resident_and_waits_for_her(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    fields = {f"what-{reference}": "wait", f"words-{reference}": "Ni nyumba gani?"}
    ward.post(ADDRESS, do=f"row {reference}", **fields)
    assert stage.case(reference).status is Status.WAITING
    assert "Ni nyumba gani?" in stage.last_text(reference)


# With several


def test_a_selection_ends_together_with_one_reason(ward: Browser, stage: Stage, four: list[str]) -> None:
    answer = together(ward, "end:cannot_now", four[:3], words="Hakuna pesa hadi Julai.", back="page=1")
    assert (answer.status_code, answer.location) == (303, "/triage/")
    assert histories(stage, four) == [["filed", "ended"]] * 3 + [["filed"]]
    assert {stage.last_text(one).count("Hakuna pesa hadi Julai.") for one in four[:3]} == {1}
    assert "3 cases ended: cannot be done now." in ward.said()


@pytest.mark.parametrize(
    ("what", "fields", "event", "said"),
    [
        ("note", {"words": "Fundi anajua."}, "note", "The note is saved with 4 cases."),
        ("write", {"words": "Fundi anakuja."}, "written", "The residents of 4 cases are written to."),
        ("wait", {"words": "Ni nyumba gani?"}, "waiting", "The cases wait for the answers"),
        ("take", {}, "taken", "4 cases are yours."),
        ("refer", {"words": "Angalieni.", "to": "department:roads"}, "referred", "4 cases are now with Roads dept."),
        ("route", {"to": str(SHEYWE)}, "routed", "4 cases went to Sheywe ward. Their clocks run on."),
        ("end:not_a_report", {"words": "Jaribio."}, "not_a_report_proposed", "Another officer must agree"),
        ("end:fixed", {"words": "Imetengenezwa."}, "ended", "4 cases ended: fixed."),
    ],
)
def test_what_is_done_with_one_case_is_done_with_four(
    ward: Browser, stage: Stage, four: list[str], what: str, fields: dict[str, str], event: str, said: str
) -> None:
    assert together(ward, what, four, **fields).status_code == 303
    assert [history[-1] for history in histories(stage, four)] == [event] * 4
    assert said in ward.said()


def test_a_selection_is_given_to_a_colleague(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    jane = browser()
    stage.set("UPDATE officer SET name = 'Jane Wekesa' WHERE id = :id", id=jane.who.id)
    assert together(ward, "assign", four, to=str(jane.who.id)).status_code == 303
    assert {stage.case(one).assignee_id for one in four} == {jane.who.id}
    assert "4 cases are with Jane Wekesa now." in ward.said()


def test_an_officer_who_is_not_at_the_desk_is_not_named(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    secret = browser(Role.OMBUDSMAN).who
    stage.set("UPDATE officer SET name = 'Siri Kabisa' WHERE id = :id", id=secret.id)
    said = {refusal(together(ward, "assign", four[:1], to=to)) for to in (str(secret.id), "999999")}
    assert len(said) == 1
    assert "That officer cannot be given it" in said.pop()
    assert "Siri" not in ward.act(four[0], "assign", to=str(secret.id)).text
    assert histories(stage, four) == [["filed"]] * 4


def test_cases_of_one_problem_are_put_under_the_oldest_or_the_one_that_is_chosen(
    ward: Browser, stage: Stage, four: list[str]
) -> None:
    ids = [stage.case(one).id for one in four]
    assert together(ward, "merge", four[:2]).status_code == 303
    assert [stage.case(one).lead_id for one in four[:2]] == [None, ids[0]]
    assert "The other stands under" in ward.said()
    assert together(ward, "merge", four[2:], to=four[3]).status_code == 303
    assert [stage.case(one).lead_id for one in four[2:]] == [ids[3], None]


def test_merging_needs_two_and_names_what_cannot_stand_with_others(
    ward: Browser, stage: Stage, four: list[str]
) -> None:
    assert together(ward, "merge", four[:1]).status_code == 422
    praise = stage.file(category="PRAISE", phone=stage.phone())
    answer = together(ward, "merge", [*four[:2], praise])
    assert answer.status_code == 409
    assert f"{praise[:4]} {praise[4:]} : cannot stand with others" in refusal(answer)
    assert [stage.case(one).lead_id for one in four[:2]] == [None, None]
    answer = together(ward, "merge", four[:2], to=str(SHEYWE))
    assert (answer.status_code, "Choose which one stands for all" in refusal(answer)) == (422, True)


def test_what_ends_together_is_called_by_each_kind(ward: Browser, stage: Stage, four: list[str]) -> None:
    praise = [stage.file(category="PRAISE", phone=stage.phone()) for _ in range(2)]
    assert together(ward, "end:fixed", praise, words="Asante.").status_code == 303
    assert "2 cases ended: noted." in ward.said()
    mixed = [four[0], stage.file(category="IDEA", phone=stage.phone())]
    assert together(ward, "end:fixed", mixed, words="Asante.").status_code == 303
    assert "2 cases ended: fixed or noted." in ward.said()


def test_the_same_selection_sent_twice_is_carried_out_once(ward: Browser, stage: Stage, four: list[str]) -> None:
    form = shown(ward) | {"do": "selected", "what": "note", "case": four, "words": "Fundi anajua."}
    assert [ward.post(ADDRESS, **form).status_code for _ in range(2)] == [303, 303]
    assert "That was saved already." in ward.said()
    assert histories(stage, four) == [["filed", "note"]] * 4


# One that cannot


def test_a_selection_with_one_case_that_is_not_hers_changes_nothing_and_says_which(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    elsewhere = stage.file(ward_code=SHEYWE, phone=stage.phone(), words="Daraja la Sheywe")
    unknown = "48217739"
    answer = together(ward, "end:fixed", [four[0], elsewhere, unknown, "<b>x", four[1]], words="Imetengenezwa.")
    assert answer.status_code == 409
    assert histories(stage, [*four, elsewhere]) == [["filed"]] * 5
    assert [stage.letters(one) for one in four] == [[]] * 4
    said = refusal(answer)
    for foreign in (elsewhere, unknown):
        assert f"{foreign[:4]} {foreign[4:]} : is not in your queue." in said
    assert four[0][:4] + " " + four[0][4:] not in said
    assert "Sheywe" not in said
    assert "<b>x" not in answer.text
    assert ">Imetengenezwa.</textarea>" in answer.text
    assert re.findall(r'name="case" value="(\d+)"[^>]* checked', answer.text) == four[:2]


def test_a_case_that_others_have_changed_since_the_list_was_loaded_stops_all_of_them(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    second, form = browser(), shown(ward)
    stage.set("UPDATE officer SET name = 'Jane Wekesa' WHERE id = :id", id=second.who.id)
    second.act(four[2], "note", words="Nimeenda, piga 0711000999.")
    fields = {"do": "selected", "what": "end:not_found", "case": four, "words": "Hakuna bomba hapo."}
    answer = ward.post(ADDRESS, **(form | fields))
    assert answer.status_code == 409
    assert histories(stage, four) == [["filed"], ["filed"], ["filed", "note"], ["filed"]]
    said = refusal(answer)
    assert f"{four[2][:4]} {four[2][4:]} : has changed: Note by Jane Wekesa: “Nimeenda, piga" in said
    assert "0711000999" not in answer.text
    again = dict(re.findall(r'name="(seen-\d+)" value="(\d+)"', answer.text))
    assert ward.post(ADDRESS, **(again | fields)).status_code == 303
    assert [history[-1] for history in histories(stage, four)] == ["ended"] * 4


def test_what_cannot_be_done_with_one_is_done_with_none(ward: Browser, stage: Stage, four: list[str]) -> None:
    hidden = stage.file(phone=None, channel=Channel.USSD)
    answer = together(ward, "write", [*four, hidden], words="Fundi anakuja.")
    assert answer.status_code == 409
    assert "nothing can be sent to its resident" in refusal(answer)
    assert not any(stage.letters(one) for one in four)
    ward.act(four[3], "end", ending="fixed", words="Imetengenezwa.")
    answer = together(ward, "take", four)
    assert f"{four[3][:4]} {four[3][4:]} : cannot be done with it as it stands: it is fixed" in refusal(answer)
    assert histories(stage, four[:3]) == [["filed"]] * 3


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"do": "selected", "what": "note", "words": "x"}, "Select the cases first."),
        ({"do": "selected", "what": "", "case": "1"}, "Choose what to do first."),
        ({"do": "selected", "what": "erase", "case": "1"}, "Choose what to do first."),
        ({"do": "row 48217739"}, "Choose what to do first."),
        ({"do": ""}, "Choose what to do first."),
        ({"do": "selected", "what": "note", "case": [str(n) for n in range(MOST + 1)]}, "At most 50 cases at once"),
    ],
)
def test_a_form_that_does_not_say_what_to_do_is_shown_again(
    ward: Browser, fields: dict[str, Any], sentence: str
) -> None:
    answer = ward.post(ADDRESS, **fields)
    assert answer.status_code == 422
    assert sentence in refusal(answer)


@pytest.mark.parametrize(
    ("what", "fields", "sentence"),
    [
        ("end:cannot_now", {}, "Give the reason"),
        ("end:planned", {"words": "Bajeti"}, "Choose the month"),
        ("write", {"words": "日本語"}, "Phones would show only question marks"),
        ("refer", {"words": "x"}, "Choose to whom."),
        ("route", {"to": "1"}, "Choose a ward."),
        ("route", {"to": "department:water"}, "Choose a ward."),
        ("refer", {"to": "1014", "words": "Tafadhali"}, "Choose a department or a body."),
        ("assign", {"to": "somebody"}, "Choose a colleague."),
    ],
)
def test_what_is_missing_is_said_once_and_what_was_typed_is_kept(
    ward: Browser, stage: Stage, four: list[str], what: str, fields: dict[str, str], sentence: str
) -> None:
    answer = together(ward, what, four, **fields)
    assert answer.status_code == 422
    assert refusal(answer).count(sentence) == 1
    assert f">{fields.get('words', '')}</textarea>" in answer.text
    assert histories(stage, four) == [["filed"]] * 4


def test_the_way_back_leads_to_a_list_of_ours_and_nowhere_else(ward: Browser, stage: Stage) -> None:
    for back, leads_to in {
        "https://example.com/": "/triage/", "//example.com?show=late": "/triage/",
        "show=late&page=3&next=//example.com": "/triage/?show=late&page=3", "show=none&page=-1": "/triage/",
    }.items():  # fmt: skip
        answer = send(ward, f"take {stage.file(phone=stage.phone())}", back=back)
        assert (answer.status_code, answer.location) == (303, leads_to)


def test_confidential_cases_are_named_to_nobody_who_does_not_see_them(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    secret = stage.file(category="STAFF", words="Karani alitaka pesa")
    answer = together(ward, "note", [secret], words="Nini hii?")
    assert answer.status_code == 409
    named = f"{secret[:4]} {secret[4:]} : is not in your queue."
    assert refusal(answer) == f"Nothing was changed {named} About all that were selected you had written: Nini hii?"
    ombudsman = browser(Role.OMBUDSMAN)
    assert together(ombudsman, "note", [secret], words="Nimesoma.").status_code == 303
    assert stage.history(secret) == ["filed", "note"]
    assert stage.events(secret)[-1].words is None


def test_of_two_selections_that_share_a_case_one_waits_and_reads_what_the_other_did(
    browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    officers = [browser(), browser()]
    pressed = []
    for officer, order in zip(officers, (four, four[::-1]), strict=True):
        form: dict[str, Any] = {**shown(officer), "csrf_token": officer.token(), "do": "selected", "case": order}
        form |= {"what": "end:cannot_now", "words": f"Hakuna pesa, asema {officer.who.id}."}
        pressed.append(partial(officer.client.post, ADDRESS, data=form))
    answers = press_together(pressed)
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert histories(stage, four) == [["filed", "ended"]] * 4
    assert len({stage.case(one).reason for one in four}) == 1
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert refusal(lost).count("has changed: Ended by Rose") == 4


@pytest.mark.usefixtures("impatient")
def test_while_somebody_else_holds_a_case_the_selection_is_refused_in_time(
    ward: Browser, stage: Stage, four: list[str]
) -> None:
    form = shown(ward) | {"do": "selected", "what": "note", "case": four, "words": "Fundi anajua."}
    form |= {"csrf_token": ward.token()}
    with stage.transaction() as session:
        session.scalars(select(Case).where(Case.reference == four[3]).with_for_update(key_share=True)).one()
        answer = ward.client.post(ADDRESS, data=form)
    assert answer.status_code == 409
    assert BUSY in refusal(answer)
    assert histories(stage, four) == [["filed"]] * 4


def test_what_the_page_of_a_case_would_not_offer_is_not_done_from_the_list(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    hotline, request = browser(Role.HOTLINE), stage.file(category=INFORMATION, ward_code=None, words="Bajeti ya wadi")
    for what, why in {"wait": "cannot be put to waiting", "end:not_found": "does not end like that"}.items():
        answer = together(hotline, what, [request], words="Tafadhali")
        assert answer.status_code == 409
        assert why in refusal(answer)
    assert stage.history(request) == ["filed"]


def test_every_row_says_which_version_it_shows(ward: Browser, stage: Stage, four: list[str]) -> None:
    ward.act(four[0], "note", words="Nilipita.")
    assert shown(ward) == {f"seen-{one}": str(stage.events(one)[-1].id) for one in four}


def test_fifty_cases_are_ended_within_what_a_browser_waits_for(ward: Browser, stage: Stage) -> None:
    many = [stage.file(phone=stage.phone(), quiet=True) for _ in range(MOST)]
    assert together(ward, "end:cannot_now", many, words="Hakuna pesa.").status_code == 303
    assert {stage.case(one).status for one in many} == {Status.RESOLVED}
    assert {stage.case(one).desk for one in many} == {Desk.WARD}
