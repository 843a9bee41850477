"""The office in memory: what it remembers of a phone, and that it answers by the county's own lists and promises."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from config import county as counties
from config.county import County
from gateway import catalogue as catalogues
from gateway.cases.categories import promised
from gateway.cases.clock import calendar_of, local_day
from gateway.cases.models import Desk, Status
from gateway.cases.references import is_reference
from gateway.commands.plainly import stand_in_settings
from gateway.installation import TREE
from gateway.trial.memory import Memory, Own
from gateway.trial.rehearsal import SECRET
from gateway.trial.scene import Scene
from menus import networks, reader

MONDAY = date(2026, 11, 23)
REPORT = ("1014", "1", "1", "1")
"""The code of Shirere, water, no water, the market."""


@pytest.fixture(scope="module")
def kakamega() -> County:
    return counties.load(counties.resolve("kakamega"))


@pytest.fixture
def scene(kakamega: County) -> Scene:
    menu = reader.load(TREE)
    return Scene(kakamega, menu, catalogues.build(kakamega, stand_in_settings(), menu), MONDAY)


def dial(scene: Scene, *typed: str, code: str = "") -> str:
    screen = scene.dial(code)
    for one in typed:
        screen = scene.type(one)
    return screen


def listed(scene: Scene) -> list[str]:
    """The lines of her own reports."""
    return dial(scene, "3").split("\n")[1:-2]


# References and promises


def test_references_come_in_the_same_row_each_time_and_are_well_formed(scene: Scene) -> None:
    for reference in ("4821 7739", "7310 0043", "9798 2354"):
        assert dial(scene, *REPORT).startswith(f"CON Imepokelewa: {reference}\n")

    memory, row = Memory(), []
    for _ in range(500):
        row.append(memory.next_reference())
        memory.cases.append(Own(scene.office.new_case("WATER", ""), None))
    assert row[:2] == ["48217739", "73100043"]
    assert all(map(is_reference, row))
    assert len(set(row)) == 500


@pytest.mark.parametrize(("key", "category"), [("1", "WATER"), ("2", "ROADS"), ("3", "HEALTH")])
def test_the_promise_is_the_charters(scene: Scene, kakamega: County, key: str, category: str) -> None:
    filed = dial(scene, "1", "4", "6", key, "1", "1")

    due = promised(kakamega, calendar_of(kakamega.charter), category, datetime(2026, 11, 23, 6, tzinfo=UTC))
    assert due
    assert f"Utajibiwa kufikia {scene.office.menu.long_day(local_day(due), 'sw')}." in filed


def test_the_day_may_be_moved_on_and_what_was_promised_is_late_then(scene: Scene) -> None:
    dial(scene, *REPORT)
    assert listed(scene) == ["1 4821 7739 imepokelewa"]
    scene.today(date(2026, 12, 4))
    assert listed(scene) == ["1 4821 7739 imechelewa"]


# What it remembers


def test_whoever_files_is_known_by_ward_and_language_afterwards(scene: Scene) -> None:
    dial(scene, "9", *REPORT)
    assert "\n1 Report a problem (Shirere)\n" in dial(scene)


def test_a_change_of_language_is_kept_only_of_somebody_who_is_known(scene: Scene) -> None:
    dial(scene, "9")
    assert dial(scene).startswith("CON Kaunti ya Kakamega")
    dial(scene, *REPORT)
    dial(scene, "9")
    assert dial(scene).startswith("CON Kakamega County")


def test_a_phone_sees_its_own_reports_only(scene: Scene) -> None:
    dial(scene, *REPORT)
    scene.handset.phone = "+254733000143"
    assert listed(scene) == []
    assert dial(scene, "4821 7739").startswith("CON Hatukuipata kwa simu hii.")


def test_a_ward_that_was_changed_after_filing_is_remembered_and_the_report_follows_it(scene: Scene) -> None:
    dial(scene, *REPORT, "3", "1", "4", "5", "3")
    [own] = scene.office.memory.cases
    assert (own.case.ward_code, own.case.desk) == (1013, Desk.WARD)
    assert "\n1 Ripoti shida (Mahiakalo)\n" in dial(scene)


def test_at_most_five_reports_are_listed_the_latest_first(scene: Scene) -> None:
    for day in (1, 5, 3, 2, 4, 6):
        scene.given(f"case WATER 2026-11-{day:02}")
    assert [line.split(" ", 1)[1][:9] for line in listed(scene)] == [spoken(scene, place) for place in (5, 1, 4, 2, 3)]


def spoken(scene: Scene, place: int) -> str:
    reference = scene.office.memory.cases[place].case.reference
    return f"{reference[:4]} {reference[4:]}"


# What it hides


def test_without_her_number_a_report_is_hers_in_this_session_and_then_by_its_secret_only(scene: Scene) -> None:
    dial(scene, "4", "3", "1", "1", "aliomba pesa")
    assert scene.office.memory.cases[0].phone is None
    assert scene.office.memory.phones == {}
    assert dial(scene, "4821 7739").startswith("CON Hatukuipata kwa simu hii.")
    assert scene.type("1").startswith("CON Andika siri ya ripoti")
    assert scene.type("0000").startswith("CON Hatukuipata kwa simu hii.")
    assert dial(scene, "4821 7739", "1", SECRET).startswith("CON 4821 7739: imepokelewa.")


@pytest.mark.parametrize("words", ["mume wangu ananipiga", "aliomba hongo"])
def test_words_that_look_confidential_take_a_report_off_the_list(scene: Scene, words: str) -> None:
    dial(scene, *REPORT, "2", words)
    [own] = scene.office.memory.cases
    assert (own.case.sensitive, own.case.desk) == (True, Desk.CONFIDENTIAL)
    assert listed(scene) == []


def test_a_place_that_looks_confidential_does_so_too(scene: Scene) -> None:
    dial(scene, *REPORT[:-1], "4", "mume wangu ananipiga")
    assert scene.office.memory.cases[0].case.category == "GBV"
    assert listed(scene) == []


@pytest.mark.parametrize("keys", [("4",), ("5", "1")])
def test_hidden_or_withdrawn_she_is_forgotten_where_nothing_else_is_kept_of_her(
    scene: Scene, keys: tuple[str, ...]
) -> None:
    dial(scene, *REPORT, *keys)
    assert scene.office.memory.phones == {}
    assert "Ripoti shida (Shirere)" not in dial(scene)

    dial(scene, *REPORT)
    dial(scene, *REPORT, *keys)
    assert "Ripoti shida (Shirere)" in dial(scene)


def test_who_asked_for_a_call_is_not_forgotten(scene: Scene) -> None:
    dial(scene, "5", "1")
    dial(scene, *REPORT, "4")
    assert len(scene.office.memory.phones) == 1


# One pending matter


def test_the_question_comes_before_the_letter_and_the_letter_before_the_draft(scene: Scene) -> None:
    scene.given("case WATER 2026-11-12 resolved")
    scene.given("letter 4821 7739: fundi amefika.")
    scene.given("draft 1014 ROADS")
    for header, key in (("4821 7739: afisa asema", "7"), ("4821 7739: una SMS", "8"), ("Ulianza ripoti", "8")):
        assert dial(scene).startswith(f"CON {header}")
        scene.type(key)
    assert dial(scene).startswith("CON Kaunti ya Kakamega")
    assert scene.office.memory.cases[0].case.status is Status.CLOSED


def test_a_dispute_opens_the_report_again(scene: Scene) -> None:
    scene.given("case WATER 2026-11-19 resolved")
    assert listed(scene) == ["1 4821 7739 imetatuliwa?"]
    dial(scene, "8", "2")
    assert listed(scene) == ["1 4821 7739 imefunguliwa tena"]


def test_a_letter_that_was_read_takes_the_earlier_ones_about_the_same_report_with_it(scene: Scene) -> None:
    scene.given("case WATER 2026-11-12 taken")
    scene.given("letter Fundi anakuja.")
    scene.given("letter Fundi amefika.")
    assert dial(scene, "7") == "CON Fundi amefika.\n0 Mwanzo"
    assert dial(scene).startswith("CON Kaunti ya Kakamega")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("1", "4", "6"), False),
        (("1", "4", "6", "1"), True),
        (("1", "4", "6", "8", "1"), True),
        (("1014", "2", "1"), True),
        ((*REPORT,), False),
        ((*REPORT, "2"), False),
        (("1", "4", "6", "8", "9", "1"), False),
        (("2", "1", "4", "6"), False),
        (("2", "3", "1"), False),
        (("4", "2", "1"), False),
        (("4", "3"), False),
        (("4", "4"), False),
    ],
)
def test_what_was_begun_with_place_and_category_is_offered_and_nothing_else(
    scene: Scene, typed: tuple[str, ...], offered: bool
) -> None:
    dial(scene, *typed)
    scene.drop()
    assert ("\n7 Endelea" in dial(scene)) is offered


def test_the_same_matter_is_begun_once_and_another_beside_it_comes_first(scene: Scene) -> None:
    for typed in (("1014", "1"), ("1014", "1", "2"), ("1013", "2")):
        dial(scene, *typed)
        scene.drop()
    [water, roads] = scene.office.memory.drafts[scene.handset.phone]
    assert (water.chosen["category"], water.chosen["problem"], roads.chosen["ward"]) == ("WATER", "BURST_PIPE", "1013")

    assert dial(scene).startswith("CON Ulianza ripoti, Mahiakalo.")
    scene.type("8")
    assert dial(scene, "7").startswith("CON Mahali?\n1 Soko Shirere\n")
    scene.type("1")
    assert scene.office.memory.drafts[scene.handset.phone] == []


def test_filing_the_same_matter_anew_takes_the_draft_away(scene: Scene) -> None:
    dial(scene, "1014", "1", "2")
    scene.drop()
    dial(scene, "1", "4", "6", "1", "1", "1")
    assert "\n7 Endelea" not in dial(scene)


def test_a_report_that_is_taken_up_and_lost_again_stays_one(scene: Scene) -> None:
    dial(scene, "1014", "1")
    scene.drop()
    dial(scene, "7", "0")
    scene.drop()
    dial(scene, "7", "2")
    scene.drop()
    [draft] = scene.office.memory.drafts[scene.handset.phone]
    assert draft.chosen["problem"] == "BURST_PIPE"


def test_words_that_fill_what_the_network_takes_may_have_been_cut(scene: Scene) -> None:
    for network, letters, cut in (
        (networks.SAFARICOM, 79, False), (networks.SAFARICOM, 80, True), (networks.AIRTEL, 80, False),
        (networks.AIRTEL, 90, True),
    ):  # fmt: skip
        scene.network(network)
        assert ("Yaliyofika" in dial(scene, *REPORT, "2", "w" * letters)) is cut
