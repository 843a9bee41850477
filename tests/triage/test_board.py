"""The register tells whoever stands before it how each report stands: one line for one problem, nothing kept back."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.cases import actions, conflicts, guesses
from gateway.cases.models import Ending
from gateway.people.models import Role
from tests.cases.merged import merge, several
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser
from tests.triage.test_paper import ALOUD, REGISTER, ended_at, words_of


def lines(page: str) -> dict[str, str]:
    """From each reference of a register to what stands beside it."""
    rows = [words_of(row) for row in re.findall(r"<tr[^>]*>\s*<th scope=\"row\">.*?</tr>", page, re.S)]
    return {row[:9].replace(" ", ""): row[10:] for row in rows}


def test_the_register_tells_whoever_stands_before_it_how_each_report_stands(stage: Stage, ward: Browser) -> None:
    waits = stage.file(problem="BILL", phone=stage.phone())
    stage.do(actions.write, waits, ward.who, "Ni wapi hasa?", wait=True)
    closed = {"status": "closed"}
    expected = {
        waits: ("inasubiri jibu la aliyeripoti", "waits for the reporter’s answer"),
        ended_at(stage, ward.who, Ending.FIXED): (
            "ofisi inasema imetatuliwa, aliyeripoti anaulizwa", "the office says fixed, the reporter is asked",
        ),
        ended_at(stage, ward.who, Ending.FIXED, confirmation="confirmed", **closed): (
            "imetatuliwa, aliyeripoti amekubali", "fixed, confirmed",
        ),
        ended_at(stage, ward.who, Ending.FIXED, confirmation="unconfirmed", **closed): (
            "imetatuliwa, haijathibitishwa", "fixed, not confirmed",
        ),
        ended_at(stage, ward.who, Ending.PLANNED): ("imepangiwa Machi 2027", "planned for March 2027"),
        ended_at(stage, ward.who, Ending.CANNOT_NOW, **closed): ("haiwezi kutatuliwa sasa", "cannot be fixed now"),
        ended_at(stage, ward.who, Ending.NOT_OURS, **closed): ("si ya kaunti", "not the county’s"),
        ended_at(stage, ward.who, Ending.NOT_FOUND, **closed): (
            "haikupatikana mahali palipotajwa", "not found at the place given",
        ),
        ended_at(stage, ward.who, Ending.NOT_A_REPORT, **closed): ("haikuwa ripoti", "not a report"),
    }  # fmt: skip
    for place, language in enumerate(("sw", "en")):
        found = lines(ward.read(f"{REGISTER}?language={language}"))
        for reference, told in expected.items():
            assert f" {told[place]} " in found[reference], found[reference]


def test_who_says_not_yet_is_told_on_the_register(stage: Stage, ward: Browser) -> None:
    reference = stage.file()
    stage.set("UPDATE cases SET confirmation = 'disputed'")
    assert "imefunguliwa tena: aliyeripoti amesema bado" in lines(ward.read(REGISTER))[reference]


def test_what_is_late_says_so_in_a_word_and_keeps_its_state(stage: Stage, ward: Browser) -> None:
    reference = stage.file()
    stage.do(actions.take, reference, ward.who)
    stage.set("UPDATE cases SET due_at = now() - interval '3 days'")
    for language, told in (("sw", ("kazini", "imechelewa")), ("en", ("in progress", "late"))):
        line = lines(ward.read(f"{REGISTER}?language={language}"))[reference]
        assert all(re.search(rf"\b{word}\b", line) for word in told), line


def test_the_register_names_the_desk_where_that_is_not_the_ward(stage: Stage, ward: Browser) -> None:
    here, gone = stage.file(), stage.file(phone=stage.phone())
    stage.do(actions.refer, gone, ward.who, "Kazi yao", department="water")
    found = lines(ward.read(REGISTER))
    assert "Msimamizi" not in found[here]
    assert "Idara" in found[gone], found[gone]


def test_what_several_reported_is_one_line_with_how_many_they_are(stage: Stage, ward: Browser) -> None:
    lead, *others = several(stage, 3)
    merge(stage, others, lead, ward.who)
    stage.do(actions.take, lead, ward.who)
    alone = stage.file(problem="BILL", phone=stage.phone())
    found = lines(ward.read(REGISTER))
    assert found.keys() == {lead, alone}
    assert "watu 3 wameripoti" in found[lead]
    assert "wameripoti" not in found[alone]
    assert "reported by 3 people" in lines(ward.read(f"{REGISTER}?language=en"))[lead]


def test_what_another_ward_leads_stands_as_that_one_stands(stage: Stage, browser: Callable[..., Browser]) -> None:
    above, here = browser(Role.SUB_COUNTY), browser()
    lead = stage.file(problem="BURST_PIPE", phone=stage.phone(), ward_code=SHEYWE)
    ours = stage.file(problem="BURST_PIPE", phone=stage.phone())
    merge(stage, [ours], lead, above.who)
    stage.do(actions.refer, lead, above.who, "Kazi yao", department="water")
    line = lines(here.read(REGISTER))[ours]
    assert "imeelekezwa" in line, "nobody works on it by itself"
    assert "watu 2 wameripoti" in lines(browser(ward_code=SHEYWE).read(REGISTER))[lead]


def test_what_is_kept_from_an_officer_stands_on_no_paper(stage: Stage, browser: Callable[..., Browser]) -> None:
    rose, above, ombudsman = browser(), browser(Role.SUB_COUNTY), browser(Role.OMBUDSMAN)
    plain, kept = (stage.file(problem="BURST_PIPE", phone=stage.phone()) for _ in range(2))
    stage.do(guesses.hide, kept, browser().who, "STAFF", "Ni ya siri")
    stage.do(conflicts.name, kept, ombudsman.who, [rose.who.id])
    stage.do(actions.release, kept, ombudsman.who, "Si siri")
    assert not stage.case(kept).sensitive
    assert above.get(f"/triage/cases/{kept}").status_code == 200, "whom it is not about works on it"
    for who in (rose, above):
        assert lines(who.read(f"{REGISTER}?ward={SHIRERE}")).keys() == {plain}
        assert "Shida zilizoripotiwa: 1." in who.read(f"{ALOUD}?ward={SHIRERE}")
