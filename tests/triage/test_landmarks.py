"""The page of a ward's places: what stands on the phone, ten names at once, and one press for what was learned."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.cases import landmarks, wards
from gateway.cases.desk_models import WardLandmark
from gateway.people.models import Audit, Role
from gateway.triage.landmarks import MOST
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser

HERE = "/triage/landmarks"


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def phones(page: str) -> list[list[str]]:
    """The lines of each screen that is shown as on the phone."""
    return [found.split("<br>") for found in re.findall(r'<p class="sms" lang="\w+">(.*?)</p>', page, re.DOTALL)]


def kept(stage: Stage) -> list[tuple[int, str, bool]]:
    with stage.transaction() as session:
        found = session.scalars(select(WardLandmark).order_by(WardLandmark.id))
        return [(one.ward_code, one.name, one.shown) for one in found]


def id_of(stage: Stage, name: str) -> int:
    with stage.transaction() as session:
        return session.scalars(select(WardLandmark.id).where(WardLandmark.name == name)).one()


def test_ten_names_are_entered_at_once_and_the_first_three_stand_on_the_phone(ward: Browser, stage: Stage) -> None:
    page = ward.read(HERE)
    assert "Places in Shirere ward" in page
    assert phones(page)[0] == [
        "Mahali?", "1 Soko Shirere", "2 Zahanati", "3 Shule msingi", "4 Kwingine (andika)", "5 Ruka",
        "6 Faragha: hiari, nambari hufichwa", "0 Rudi",
    ]  # fmt: skip
    assert "These are the county’s." in page
    more = (f"Place {number}" for number in range(6))
    names = "\r\n".join(["Kona mbaya", "  Mbele   Sacco ", "", "Stendi", "kona MBAYA", *more])
    assert ward.post(HERE, ward=SHIRERE, names=names).status_code == 303
    assert ward.said() == "9 names are new."
    page = ward.read(HERE)
    assert phones(page)[0][:4] == ["Mahali?", "1 Kona mbaya", "2 Mbele Sacco", "3 Stendi"]
    assert phones(page)[1][:2] == ["Where in Shirere?", "1 Kona mbaya"]
    assert "Used less: not on the phone now" in page
    assert kept(stage)[1] == (SHIRERE, "Mbele Sacco", True)
    with stage.transaction() as session:
        line = session.scalars(select(Audit).where(Audit.name == "landmarks_changed")).one()
        assert (line.officer_id, line.data) == (ward.who.id, {"ward": SHIRERE, "what": "added", "count": 9})


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ("", "Write a name."),
        ("Mbele ya kanisa la PEFA", "at most 14 letters fit on the phone."),
        ("Ŋombe", "a basic phone cannot show all of these letters."),
        ("0712 345678", "No telephone numbers"),
        ("hongo hapa", "These words make a report confidential."),
        ("Kwa Otieno", "Kwa Otieno: is that a person’s name?"),
        ("\n".join(f"Place {n}" for n in range(11)), "At most 10 names at once."),
    ],
)
def test_a_name_that_cannot_stand_there_is_refused_and_kept_to_be_mended(
    ward: Browser, stage: Stage, names: str, why: str
) -> None:
    answer = ward.post(HERE, ward=SHIRERE, names=names)
    assert answer.status_code == 422
    assert why in answer.text
    assert names in answer.text
    assert kept(stage) == []


def test_what_sounds_like_a_persons_name_takes_a_tick(ward: Browser, stage: Stage) -> None:
    assert ward.post(HERE, ward=SHIRERE, names="Kwa Mwalimu", sure="y").status_code == 303
    assert kept(stage) == [(SHIRERE, "Kwa Mwalimu", True)]


def test_each_keeps_the_wards_of_her_posts_and_no_other(browser: Callable[..., Browser], stage: Stage) -> None:
    lurambi, hotline = browser(Role.SUB_COUNTY), browser(Role.HOTLINE)
    for officer, ward in ((lurambi, SHEYWE), (browser(), SHIRERE)):
        assert officer.post(HERE, ward=ward, names="Stendi").status_code == 303
    assert browser().post(HERE, ward=SHEYWE, names="Soko Kuu").status_code == 422
    assert "No ward is at the county desk now" in hotline.read(HERE)
    assert hotline.post(HERE, ward=SHIRERE, names="Soko Kuu").status_code == 422
    with stage.transaction() as session:
        wards.give_to_desk(session, SHIRERE, hotline.who, stage.now)
    assert hotline.post(HERE, ward=SHIRERE, names="Soko Kuu").status_code == 303
    assert kept(stage) == [(SHEYWE, "Stendi", True), (SHIRERE, "Stendi", True), (SHIRERE, "Soko Kuu", True)]
    assert f'value="{SHEYWE}" selected' in lurambi.read(f"{HERE}?ward={SHEYWE}")
    other = id_of(stage, "Soko Kuu")
    away = browser(Role.WARD, ward_code=SHEYWE)
    assert away.post(f"{HERE}/change", ward=SHIRERE, id=other, what="remove").status_code == 422
    assert away.post(f"{HERE}/change", ward=SHEYWE, id=other, what="remove").status_code == 303
    assert away.said() == "That name is not on the list any more, or another one is the same."
    assert len(kept(stage)) == 3
    for role in (Role.DEPARTMENT, Role.OMBUDSMAN, Role.COUNTY, Role.AUDITOR):
        assert browser(role).get(HERE).status_code == 404, role


def test_what_officers_wrote_stands_on_the_phone_after_one_press(ward: Browser, stage: Stage) -> None:
    for _ in range(2):
        reference = stage.file(phone=stage.phone(), landmark="kona")
        assert ward.act(reference, "place", known="", name="Kona mbaya").status_code == 303
    assert ward.said() == f"{reference[:4]} {reference[4:]} is at Kona mbaya."
    page = ward.read(HERE)
    assert "Learned from officers" in page
    assert "Kona mbaya in 2 cases lately Put it on the phone : Kona mbaya" in plain(page)
    assert phones(page)[0][1] == "1 Soko Shirere"
    pressed = {"ward": SHIRERE, "id": id_of(stage, "Kona mbaya")}
    assert ward.post(f"{HERE}/change", what="on", name="Kona mbaya", **pressed).status_code == 303
    assert phones(ward.read(HERE))[0][1:3] == ["1 Kona mbaya", "2 Kwingine (andika)"]
    assert ward.post(f"{HERE}/change", what="off", **pressed).status_code == 303
    assert phones(ward.read(HERE))[0][1] == "1 Soko Shirere"
    assert ward.post(f"{HERE}/change", what="remove", **pressed).status_code == 303
    assert ward.said() == "It is deleted."
    assert kept(stage) == []


def test_a_learned_name_that_is_too_long_is_put_on_the_phone_by_a_shorter_one(ward: Browser, stage: Stage) -> None:
    with stage.transaction() as session:
        landmarks.learn(session, SHIRERE, "Mbele ya kanisa la PEFA", ward.who)
        landmarks.learn(session, SHIRERE, "Kwa Otieno", ward.who)
    page = ward.read(HERE)
    assert "Shorter name for Mbele ya kanisa la PEFA" in page
    assert "Kwa Otieno A person’s name?" in plain(page)
    pressed = {"ward": SHIRERE, "id": id_of(stage, "Mbele ya kanisa la PEFA"), "what": "on"}
    refused = ward.post(f"{HERE}/change", name="", **pressed)
    assert (refused.status_code, "Write a name." in refused.text) == (422, True)
    assert ward.post(f"{HERE}/change", name="Mbele PEFA", **pressed).status_code == 303
    assert (SHIRERE, "Mbele PEFA", True) in kept(stage)


def learn(stage: Stage, ward: Browser, *names: str) -> None:
    with stage.transaction() as session:
        for name in names:
            landmarks.learn(session, SHIRERE, name, ward.who)


def test_a_learned_name_that_sounds_like_a_persons_takes_the_same_tick(ward: Browser, stage: Stage) -> None:
    learn(stage, ward, "Kwa Otieno")
    pressed = {"ward": SHIRERE, "id": id_of(stage, "Kwa Otieno"), "what": "on", "name": "Kwa Otieno"}
    assert f'id="sure-{pressed["id"]}"' in ward.read(HERE)
    refused = ward.post(f"{HERE}/change", **pressed)
    assert (refused.status_code, "Kwa Otieno: is that a person’s name?" in refused.text) == (422, True)
    assert kept(stage) == [(SHIRERE, "Kwa Otieno", False)]
    assert ward.post(f"{HERE}/change", sure="y", **pressed).status_code == 303
    assert kept(stage) == [(SHIRERE, "Kwa Otieno", True)]


def test_what_was_only_learned_takes_no_room_from_what_is_put_on_the_list(ward: Browser, stage: Stage) -> None:
    learn(stage, ward, *(f"Learned {number}" for number in range(MOST)))
    assert ward.post(HERE, ward=SHIRERE, names="Soko Kuu").status_code == 303
    stage.set("UPDATE ward_landmark SET shown = true WHERE id <> :one", one=id_of(stage, "Learned 0"))
    full = ward.post(HERE, ward=SHIRERE, names="Stendi")
    press = {"ward": SHIRERE, "id": id_of(stage, "Learned 0"), "what": "on", "name": "Learned 0"}
    for answer in (full, ward.post(f"{HERE}/change", **press)):
        assert (answer.status_code, f"A ward has {MOST} names at most" in answer.text) == (422, True)
    assert sum(shown for *_, shown in kept(stage)) == MOST


def test_a_page_of_names_is_refused_before_any_of_them_is_looked_at(ward: Browser, stage: Stage) -> None:
    names = "\n".join(f"0712 34{number:05}" for number in range(20_000))
    answer = ward.post(HERE, ward=SHIRERE, names=names)
    assert (answer.status_code, "At most 10 names at once." in answer.text) == (422, True)
    assert "No telephone numbers" not in answer.text
    assert kept(stage) == []


# On the case page


def test_the_place_is_chosen_or_written_and_the_history_says_what_stood_there(ward: Browser, stage: Stage) -> None:
    reference = stage.file(landmark="mbele ya kanisa")
    page = ward.case(reference)
    known = re.findall(r"<option>([^<]+)</option>", page.split('id="place-known"')[1])
    assert known[:2] == ["Soko Shirere", "Zahanati"]
    assert ward.act(reference, "place", known="Zahanati", name="").status_code == 303
    assert stage.case(reference).landmark == "Zahanati"
    page = ward.case(reference)
    assert "Rose corrected the place. Before it was mbele ya kanisa" in plain(page)
    assert ward.act(reference, "place", known="Zahanati", name="nyuma ya Zahanati").status_code == 303
    assert stage.case(reference).landmark == "nyuma ya Zahanati"


def test_an_empty_place_is_refused_and_the_same_form_again_changes_nothing(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    answer = ward.act(reference, "place", known="", name="")
    assert (answer.status_code, "Choose the place, or write it." in answer.text) == (422, True)
    for name in ("Stendi", "Stendi", "Soko Kuu"):
        assert ward.act(reference, "place", known=name, name="").status_code == 303
    assert stage.history(reference) == ["filed", "placed", "placed"]
    assert stage.case(reference).landmark == "Soko Kuu"


def test_nothing_confidential_has_a_place_to_correct(browser: Callable[..., Browser], stage: Stage) -> None:
    ombudsman, reference = browser(Role.OMBUDSMAN), stage.file(category="STAFF")
    assert "Correct the place" not in ombudsman.case(reference)
    assert ombudsman.act(reference, "place", known="Stendi", name="").status_code == 409
    assert kept(stage) == []


def test_no_name_on_a_phone_has_what_looks_like_a_tag(ward: Browser, stage: Stage) -> None:
    answer = ward.post(HERE, ward=SHIRERE, names="Kona <mbaya>")
    assert answer.status_code == 422
    assert "write it without &lt; and &gt;." in answer.text
    assert kept(stage) == []


def test_each_button_is_explained_and_nothing_is_deleted_by_one_press(ward: Browser) -> None:
    ward.post(HERE, ward=SHIRERE, names="Kona mbaya")
    page = ward.read(HERE)
    assert "Take it off : no phone shows it any more" in plain(page)
    assert "Delete : the name is gone for good" in plain(page)
    for form in re.findall(r'<form(?:(?!</form>).)*value="remove".*?</form>', page, re.DOTALL):
        assert "Yes, delete it" in form
        before = page[: page.index(form)]
        assert before.rindex("<details>") > before.rfind("</details>")
