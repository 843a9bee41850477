"""Cases that belong together, on the officers' pages: shown with their links, joined, parted, split, or left apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.cases import actions
from gateway.cases.models import Case, Ending, Status
from gateway.people.models import Role
from tests.cases.linked import spoken, two
from tests.cases.stage import SHEYWE, Stage
from tests.triage.conftest import Browser

LINK = '<a href="/triage/cases/{0}">{1}</a>'


def linked(reference: str) -> str:
    return LINK.format(reference, spoken(reference))


def test_the_newer_case_names_the_older_one_and_offers_to_join_them(ward: Browser, stage: Stage) -> None:
    older, newer = two(stage)
    day = stage.case(older).received_at + timedelta(hours=3)
    page = ward.case(newer)
    assert f"May belong to {linked(older)} (Water, Shirere, {day:%a} {day.day} {day:%b})." in page
    assert ">Same matter: join</button>" in page
    assert ">Not the same</button>" in page
    page = ward.case(older)
    assert f"A later text became {linked(newer)}" in page
    assert "Same matter: join" not in page


def test_one_press_joins_two_cases_and_the_resident_is_told_once(ward: Browser, stage: Stage) -> None:
    older, newer = two(stage)
    assert ward.act(newer, "join").status_code == 303
    assert f"{spoken(newer)} goes on in {spoken(older)}. The resident is told once." in ward.said()
    assert ward.act(newer, "join").status_code == 303
    assert "That was saved already." in ward.said()
    assert (stage.case(newer).status, stage.case(newer).joined_id) == (Status.CLOSED, stage.case(older).id)
    assert [wording for wording, _ in stage.letters(newer)].count("joined") == 1
    page = ward.case(newer)
    assert f"Joined to {linked(older)}" in page
    assert '<span class="chip closed">Joined</span>' in page
    assert '<span class="chip done">Joined</span>' in ward.read("/triage/?show=done")
    assert ">Take apart</button>" in page
    assert "Write to the resident" not in page
    assert f"Rose joined it to {spoken(older)}, where it goes on" in page
    page = ward.case(older)
    assert f"{linked(newer)} (Other, Shirere" in page
    assert "was joined to this." in page
    assert f"Rose joined {spoken(newer)} to it" in page


def test_what_was_joined_is_taken_apart_again(ward: Browser, stage: Stage) -> None:
    older, newer = two(stage)
    ward.act(newer, "join")
    assert ward.act(newer, "part").status_code == 303
    assert f"{spoken(newer)} is a case of its own again." in ward.said()
    assert ward.act(newer, "part").status_code == 303
    case = stage.case(newer)
    assert (case.status, case.joined_id) == (Status.NEW, None)
    assert f"Rose parted it from {spoken(older)}" in ward.case(newer)


def test_not_the_same_leaves_both_as_they_are(ward: Browser, stage: Stage) -> None:
    older, newer = two(stage)
    letters = stage.letters()
    assert ward.act(newer, "unlink").status_code == 303
    assert f"{spoken(newer)} is a matter of its own." in ward.said()
    assert ward.act(newer, "unlink").status_code == 303
    assert stage.history(newer) == ["filed", "unlinked"]
    assert stage.letters() == letters
    assert "May belong to" not in ward.case(newer)
    assert "A later text became" not in ward.case(older)
    assert ward.act(newer, "join").status_code == 409


def test_to_a_case_that_has_ended_nothing_is_joined(ward: Browser, stage: Stage) -> None:
    older, newer = two(stage)
    stage.do(actions.end, older, ward.who, Ending.NOT_FOUND, "Hatukuiona.")
    page = ward.case(newer)
    assert "which has ended." in page
    assert "Same matter: join" not in page
    assert ">Not the same</button>" in page
    answer = ward.act(newer, "join")
    assert answer.status_code == 409
    assert "has ended already" in answer.text


def test_a_text_that_was_added_becomes_a_case_of_its_own(ward: Browser, stage: Stage) -> None:
    reference = stage.file(words="Maji hayatoki", quiet=True)
    first = stage.receive(f"{reference} na pia daraja la Shirere limevunjika kabisa")
    second = stage.receive(f"{reference} na taa za barabarani haziwaki tangu jana")
    page = ward.case(reference)
    assert page.count(">Make it a case of its own</button>") == 2
    assert "Names the reference; added to the words." in page
    for _ in range(2):
        assert ward.act(reference, "split", text=str(first.id)).status_code == 303
    assert "That was saved already." in ward.said()
    assert ward.act(reference, "split", text=str(second.id)).status_code == 303
    assert "The resident is told once." in ward.said()
    case = stage.case(reference)
    assert case.words == "Maji hayatoki"
    with stage.transaction() as session:
        made = [one.words for one in session.query(Case).order_by(Case.id) if one.reference != reference]
    assert len(made) == 2
    assert "daraja" in (made[0] or "")
    page = ward.case(reference)
    assert "Make it a case of its own" not in page
    assert "Rose made a case of its own out of a text: " in page


def test_what_a_case_was_filed_with_is_no_addition(ward: Browser, stage: Stage) -> None:
    stage.receive("Shirere hakuna maji tangu jana kwa jirani wote")
    reference = stage.only_case().reference
    assert "From the resident" in ward.case(reference)
    assert "Make it a case of its own" not in ward.case(reference)


@pytest.mark.parametrize("text", ["", "x", "0", "1; DROP TABLE cases", "9" * 30])
def test_a_text_that_is_none_is_refused(ward: Browser, stage: Stage, text: str) -> None:
    reference = stage.file()
    assert ward.act(reference, "split", text=text).status_code == 422


def test_the_text_of_another_case_is_not_split_off_from_this_one(ward: Browser, stage: Stage) -> None:
    reference, other = stage.file(), stage.file(ward_code=SHEYWE)
    theirs = stage.receive(f"{other} na pia daraja limevunjika kabisa")
    assert ward.act(reference, "split", text=str(theirs.id)).status_code == 409
    assert stage.history(other) == ["filed", "words_added"]


def test_a_case_of_another_ward_is_neither_named_nor_joined(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    older, newer = two(stage)
    stage.set("UPDATE cases SET ward_code = :ward WHERE reference = :older", ward=SHEYWE, older=older)
    page = ward.case(newer)
    assert spoken(older) not in page
    assert "Same matter: join" not in page
    assert ward.act(newer, "join").status_code == 409
    assert linked(older) in browser(Role.SUB_COUNTY).case(newer)


def test_of_a_case_that_became_confidential_no_link_is_left(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    older, newer = two(stage)
    ward.act(newer, "hide", category="STAFF", words="Inahusu afisa.")
    page = ward.case(older)
    assert spoken(newer) not in page
    assert "A later text" not in page
    assert spoken(older) not in browser(Role.OMBUDSMAN).case(newer)
