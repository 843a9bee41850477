"""The queue page: what it answers at a glance, what each row says and offers, what it weighs when it is full."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cases import actions, merging, readers
from gateway.cases.models import Case, Ending, Status
from gateway.people.models import Role
from gateway.triage import queue, views
from gateway.triage.home import ASKED, capped
from gateway.triage.keys import CASE, KEYS
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser

SYLLABLES = re.findall(
    r"\S+", "ma ji ba ra ka ku li wa si ndo mto nyu mba sho fu nga pi ti ng'o mbe ya na tu zi di ha vi cho ro fe"
)
TEMPLATES = Path(views.__file__).parent / "templates" / "triage"
FULL = 14_000
"""Bytes on the wire: about the first round trip of a new connection."""
FIRST = [f"/triage/static/{name}" for name in ("triage.css", "triage.js", "icon.svg")]
"""What the first visit fetches with the page; the keys come after it."""
OPENED = re.compile(r"<(input|button|select|textarea)\b[^>]*>")


def words(seed: int, length: int = 300) -> str:
    """As many letters of words like those of Kiswahili, hardly any of them twice."""
    chance, made = random.Random(seed), ""
    while len(made) < length:
        made += "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) + " "
    return made[:length].strip()


def row(reader: Browser, reference: str, address: str = "/triage/") -> str:
    """One row of the list, with its entities as letters."""
    rows = re.findall(r'<li class="row.*?</li>', reader.read(address), re.S)
    return html.unescape(next(one for one in rows if f'value="{reference}"' in one))


def values(page: str, name: str) -> list[str]:
    """The values of one select, without the empty one."""
    found = re.search(rf'<select name="{name}".*?</select>', page, re.S)
    return re.findall(r'<option value="([^"]+)"', found[0]) if found else []


# At a glance


def test_three_figures_answer_what_is_new_what_is_late_and_what_waits_for_me(ward: Browser, stage: Stage) -> None:
    mine, late, _ = (stage.file(phone=stage.phone()) for _ in range(3))
    stage.do(actions.take, mine, ward.who)
    stage.set("UPDATE cases SET due_at = now() - interval '1 day' WHERE reference = :one", one=late)
    page = ward.read("/triage/?show=late")
    figures = re.findall(r'<li><a class="tab [^>]*?( aria-current="page")?><b>([^<]+)</b> ([^<]+)</a>', page)
    assert figures == [("", "2", "New"), (' aria-current="page"', "1", "Late"), ("", "1", "Waits for me")]
    others = re.findall(r'<li><a class="tab [^>]*>([^<]+) <b>(\d+)</b></a>', page)
    assert others == [("To do", "3"), ("Waiting", "0"), ("Ended", "0")]
    assert "<title>Late (1) · Sikiza</title>" in page


def test_what_is_more_than_is_counted_is_said_to_be_more() -> None:
    assert [capped(count) for count in (0, 99, queue.MANY, 2 * queue.MANY)] == ["0", "99", "99+", "99+"]


def test_practice_is_a_list_only_where_somebody_practises(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    assert "show=practice" not in ward.read("/triage/")
    stage.set("UPDATE cases SET practice = true")
    assert ">Practice <b>1</b>" in ward.read("/triage/")
    assert ward.references("/triage/?show=practice") == [reference]


# A row


def test_a_row_offers_what_may_be_done_with_its_case_and_nothing_else(ward: Browser, stage: Stage) -> None:
    new, mine, ended = (stage.file(phone=stage.phone()) for _ in range(3))
    stage.do(actions.take, mine, ward.who)
    stage.do(actions.end, ended, ward.who, Ending.NOT_OURS, "Ni ya KeNHA.")
    endings = [f"end:{one}" for one in ("fixed", "cannot_now", "not_ours", "not_found", "not_a_report")]
    assert f'value="take {new}" data-key="t">Take it</button>' in row(ward, new)
    assert f'value="take {mine}"' not in row(ward, mine)
    offered = values(row(ward, new), f"what-{new}")
    assert offered[:8] == ["write", "wait", *endings, "note"]
    assert {"write+crew-tomorrow", "end:cannot_now+no-money"} < set(offered[8:]), "then the ready texts"
    assert not [one for one in offered[8:] if "+" not in one or one.startswith("end:planned")]
    assert values(row(ward, ended, "/triage/?show=done"), f"what-{ended}") == ["write", "note"]
    assert f'name="plan" formaction="/triage/cases/{new}/end">Planned: choose the month' in row(ward, new)
    assert "Planned" not in row(ward, ended, "/triage/?show=done")


def test_a_request_is_answered_not_repaired(browser: Callable[..., Browser], stage: Stage) -> None:
    reference = stage.file(category="information", words="Bajeti ya barabara", ward_code=None)
    found = row(browser(Role.HOTLINE), reference)
    assert "End: answered" in found
    assert [value for value in values(found, f"what-{reference}") if value.startswith("end:")] == [
        "end:fixed", "end:cannot_now", "end:not_ours",
    ]  # fmt: skip
    assert "planned" not in found


def test_what_is_chosen_and_written_in_a_row_is_done(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    page = ward.read("/triage/")
    seen = dict(re.findall(rf'name="(seen-{reference})" value="(\d+)"', page))
    form = {"do": f"row {reference}", f"what-{reference}": "end:not_ours", f"words-{reference}": "Ni ya KeNHA."}
    assert ward.post("/triage/queue", **seen, **form).status_code == 303
    assert (stage.case(reference).status, stage.case(reference).ending) == (Status.RESOLVED, Ending.NOT_OURS)


def test_a_row_says_who_else_has_it_open_how_many_have_the_problem_and_what_the_crew_said(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    lead, other = stage.file(phone=stage.phone()), stage.file(phone=stage.phone())
    colleague = browser().who
    with stage.transaction() as session:
        cases = [session.get_one(Case, stage.case(one).id) for one in (lead, other)]
        merging.merge(session, stage.office, cases[1:], cases[0], ward.who, stage.now)
        readers.reads(session, cases[0], colleague, stage.now)
        readers.reads(session, cases[0], ward.who, stage.now)
    stage.set("UPDATE cases SET crew_said = 'done', crew_said_at = now() WHERE reference = :one", one=lead)
    found = row(ward, lead)
    assert '<span class="chip">2 people</span>' in found
    assert f'<span class="chip secret">Open: {colleague.name}</span>' in found
    assert '<span class="chip up">Crew says: done</span>' in found
    assert ward.references() == [lead]


def test_the_list_is_one_form_in_which_enter_alone_does_nothing(ward: Browser, stage: Stage) -> None:
    references = [stage.file(phone=stage.phone()) for _ in range(3)]
    page = ward.read("/triage/")
    form = page[page.index('<form method="post" action="/triage/queue">') :]
    assert form[: form.index("</form>")].count('name="csrf_token"') == 1
    # The first button of a form is the one that Enter presses; disabled, it keeps Enter from taking the first case.
    assert next(OPENED.finditer(form))[0] == "<button disabled hidden>"
    for reference in references:
        assert re.search(rf'name="seen-{reference}" value="[1-9]\d*"', form)
        assert f'type="checkbox" name="case" value="{reference}"' in form


# What comes back


def test_a_form_that_was_refused_comes_back_as_it_was_filled_in(ward: Browser, stage: Stage) -> None:
    reference, away = stage.file(), stage.file(ward_code=SHEYWE, phone=stage.phone())
    form = {
        "do": "selected", "what": "end:cannot_now", "words": "Hakuna pesa", "case": [reference, away],
        f"what-{reference}": "note", f"words-{reference}": "Simu <haipatikani>", f"words-{away}": "Ya kata nyingine",
    }  # fmt: skip
    answer = ward.post("/triage/queue", **form)
    page = answer.text
    assert answer.status_code == 409
    assert "Nothing was changed" in page
    assert f"<b>{away[:4]} {away[4:]}</b>: is not in your queue." in page
    assert "Ya kata nyingine" in page  # nothing that was typed is lost
    assert re.search(rf'value="{reference}"[^>]* checked', page)
    assert '<option value="note" selected>Note for officers</option>' in page
    assert "Simu &lt;haipatikani&gt;</textarea>" in page
    assert '<option value="end:cannot_now" selected>' in page
    assert ">Hakuna pesa</textarea>" in page
    assert (stage.history(reference), stage.history(away)) == (["filed"], ["filed"])


def test_a_row_that_has_changed_says_so_where_it_stands(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    seen = dict(re.findall(r'name="(seen-\d+)" value="(\d+)"', ward.read("/triage/")))
    stage.do(actions.note, reference, stage.officer(), "Fundi yuko njiani")
    page = ward.post("/triage/queue", do=f"take {reference}", **seen).text
    assert f'id="r{reference}"' in page
    assert f'href="#r{reference}"' in page
    assert page.count("Fundi yuko njiani") == 2
    assert stage.case(reference).status is Status.NEW


# Filters


def test_each_filter_that_is_on_is_a_link_that_ends_it(ward: Browser, stage: Stage) -> None:
    stage.file(problem="BURST_PIPE", words="Bomba limepasuka")
    page = html.unescape(ward.read("/triage/?show=new&category=WATER&problem=BURST_PIPE&disputed=1&words=bomba"))
    found = re.findall(r'<li><a href="([^"]+)"><span class="unseen">Without: </span>(.*?) <span', page)
    assert {said: address for address, said in found} == {
        "Water": "/triage/?show=new&disputed=1&words=bomba",
        "Water: Burst pipe": "/triage/?show=new&category=WATER&disputed=1&words=bomba",
        "Not fixed, says the resident": "/triage/?show=new&category=WATER&problem=BURST_PIPE&words=bomba",
        "“bomba”": "/triage/?show=new&category=WATER&problem=BURST_PIPE&disputed=1",
    }
    assert 'href="/triage/?show=late&category=WATER' in page  # the other lists are narrowed as this one is
    assert "Nothing in this list has all of that." in page


def test_filters_offer_what_the_officer_sees(browser: Callable[..., Browser]) -> None:
    wards = {role: len(values(browser(role).read("/triage/"), "ward")) for role in (Role.WARD, Role.SUB_COUNTY)}
    assert wards == {Role.WARD: 0, Role.SUB_COUNTY: 6}
    hotline, ombudsman = browser(Role.HOTLINE).read("/triage/"), browser(Role.OMBUDSMAN).read("/triage/")
    assert (len(values(hotline, "sub_county")), len(values(hotline, "ward"))) == (12, 0), "wards when one is chosen"
    assert len(values(browser(Role.HOTLINE).read("/triage/?ward=1014"), "ward")) == 6
    assert len(values(browser(Role.HOTLINE).read("/triage/?sub_county=202"), "ward")) == 6
    assert "STAFF" not in values(hotline, "category")
    assert "STAFF" in values(ombudsman, "category")
    assert "WATER" not in values(ombudsman, "category")
    secretary = values(browser(Role.COUNTY_SECRETARY).read("/triage/"), "category")
    assert {"WATER", "STAFF"} < set(secretary), "what is sent up to her is mostly not confidential"


def test_a_category_offers_its_problems_and_drops_those_of_another(ward: Browser) -> None:
    assert values(ward.read("/triage/"), "problem") == []
    page = ward.read("/triage/?category=ROADS&problem=BURST_PIPE")
    assert "POTHOLES" in values(page, "problem")
    assert "Burst pipe" not in page


def test_another_sub_county_drops_the_ward_that_is_not_in_it(browser: Callable[..., Browser]) -> None:
    hotline = browser(Role.HOTLINE)
    assert "Shirere ward <span" in hotline.read("/triage/?sub_county=202&ward=1014")
    page = hotline.read("/triage/?sub_county=201&ward=1014")
    assert "Shirere ward <span" not in page
    assert "Without: </span>Malava sub-county" in page


def test_the_number_of_a_phone_under_words_is_not_searched_and_it_says_so(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    page = ward.read("/triage/?words=0722+000141")
    assert "Numbers of phones are not searched." in page
    assert f'value="{reference}"' in page


def test_whoever_sees_confidential_reports_reads_that_they_are_not_searched(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    stage.file(category="STAFF", words="Karani alinitukana")
    for address in ("/triage/find?words=alinitukana", "/triage/?words=alinitukana"):
        said = [
            "Confidential reports are not searched" in browser(role).read(address)
            for role in (Role.OMBUDSMAN, Role.COUNTY_SECRETARY, Role.HOTLINE)
        ]
        assert said == [True, True, False]


def test_the_list_is_narrowed_to_a_colleague_by_name_and_to_nobody_elses(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    colleague, stranger = browser().who, browser(ward_code=SHEYWE).who
    stage.do(actions.take, stage.file(phone=stage.phone()), colleague)
    stage.file(phone=stage.phone())
    page = html.unescape(ward.read(f"/triage/?show=waiting&assignee={colleague.id}"))
    assert values(page, "assignee") == ["me", "nobody", str(colleague.id)]
    assert f"{colleague.name} has it <span" in page
    assert f'<option value="{colleague.id}" selected>{colleague.name}</option>' in page
    assert page.count('<li class="row') == 1
    page = html.unescape(ward.read(f"/triage/?assignee={stranger.id}"))
    assert "One officer has it <span" in page
    assert values(page, "assignee") == ["me", "nobody", str(colleague.id), str(stranger.id)]


def test_a_reference_typed_as_words_of_the_list_leads_to_its_case(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    for typed in (reference, f"{reference[:4]}+{reference[4:]}", f"{reference[:4]}-{reference[4:]}"):
        assert ward.get(f"/triage/?show=done&words={typed}").location == f"/triage/cases/{reference}"


# What is done with several


def test_several_are_given_only_to_those_at_a_desk_of_hers(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    stage.file()
    colleague, stranger = browser().who, browser(ward_code=SHEYWE).who
    page = html.unescape(ward.read("/triage/"))
    offered = values(page, "to")
    assert str(colleague.id) in offered
    assert str(stranger.id) not in offered
    assert str(ward.who.id) not in offered
    assert {"department:roads", str(SHIRERE)} <= set(offered)
    assert values(page, "what")[:3] == ["assign", "refer", "route"]  # one case alone stands for no other
    stage.file(phone=stage.phone())
    assert values(ward.read("/triage/"), "what")[:4] == ["assign", "refer", "route", "merge"]


def test_with_nothing_to_select_there_is_no_panel(ward: Browser) -> None:
    page = ward.read("/triage/")
    assert "together" not in page
    assert "Nothing to do." in page


# Weight


def wire(reader: Browser, address: str) -> int:
    return len(reader.get(address, Accept_Encoding="gzip").data)


@pytest.mark.parametrize(
    ("role", "where"),
    [
        (Role.WARD, "desk = 'ward'"),
        (Role.SUB_COUNTY, "desk = 'sub_county'"),
        (Role.DEPARTMENT, "desk = 'department', department = 'water', status = 'referred'"),
        (Role.CHIEF_OFFICER, "desk = 'chief_officer', department = 'water'"),
        (Role.COUNTY_SECRETARY, "desk = 'county_secretary', raised_to = 'county_secretary'"),
        (Role.OMBUDSMAN, "status = 'new'"),
        (Role.HOTLINE, "desk = 'county', ward_code = NULL, sub_county_code = NULL"),
    ],
)
def test_the_first_visit_to_twenty_five_rows_full_of_words_weighs_less_than_fourteen_kilobytes(
    browser: Callable[..., Browser], stage: Stage, role: Role, where: str
) -> None:
    reader = browser(role)
    what = {"category": "STAFF"} if role is Role.OMBUDSMAN else {"problem": "BURST_PIPE"}
    for number in range(26):
        stage.file(phone=stage.phone(), words=words(number), landmark=words(number + 100, 40), **what)
    stage.set(f"UPDATE cases SET {where}")
    assert len(reader.references()) == queue.PAGE
    weights = {address: wire(reader, address) for address in ("/triage/", *FIRST)}
    print(f"A full queue page of the {role}: {sum(weights.values())} bytes: {weights}")  # noqa: T201
    assert sum(weights.values()) <= FULL
    typed = {f"words-{reference}": words(number + 200, 80) for number, reference in enumerate(reader.references())}
    form = {"csrf_token": reader.token(), "do": "selected", "what": "note"} | typed
    refused = reader.client.post("/triage/queue", data=form, headers={"Accept-Encoding": "gzip"})
    print(f"The same refused, with 80 letters typed into each row: {len(refused.data)} bytes")  # noqa: T201
    assert (refused.status_code, len(refused.data) <= FULL) == (422, True)


def test_the_page_of_keys_lists_those_that_the_pages_carry_and_no_others(ward: Browser) -> None:
    carried = set()
    for template in TEMPLATES.glob("*.html"):
        carried |= set(re.findall(r'data-key="([^"{]+)"', template.read_text(encoding="utf-8")))
    lists = {tab.value[0] for tab in ASKED}  # the first letter of each of the three figures
    moves = {"?", "j", "k"}  # of no single thing on a page
    carried |= {key for key, _ in CASE.values()}
    assert {key for keys in KEYS.values() for key in keys} == carried | lists | moves
    page = html.unescape(ward.read("/triage/keys"))
    assert [page.count(f"<kbd>{key}</kbd>") for key in ("g q", "t", "/")] == [1, 2, 1]


def test_what_cannot_wait_says_so_in_its_row_and_on_its_page_and_the_order_stays(ward: Browser, stage: Stage) -> None:
    plain, fire = stage.file(), stage.file(category="DISASTER", problem=None)
    read = stage.file(category="OTHER", problem=None)
    stage.set('UPDATE cases SET guess = \'{"category": "DISASTER"}\' WHERE reference = :reference', reference=read)
    chip = '<span class="chip urgent">Urgent</span>'
    assert [chip in row(ward, one) for one in (plain, fire, read)] == [False, True, True]
    assert chip in ward.case(fire)
    page = ward.read("/triage/")
    assert ward.references() == [plain, fire, read]
    assert "Not fixed first, then late, then oldest" in page
    ward.act(fire, "end", ending="fixed", words="Moto umezimwa.")
    assert chip not in ward.case(fire)
