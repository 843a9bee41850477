"""The filters of the queue: each alone and together, as an address has them, within what an officer sees."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest

from config.county import County, load, resolve
from gateway.cases import actions
from gateway.cases.models import Channel, Ending, Status
from gateway.people.models import Role
from gateway.triage import queue
from gateway.triage.filters import Filters, Tab
from tests.cases.stage import LURAMBI, SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser


@pytest.fixture(scope="module")
def county() -> County:
    return load(resolve("kakamega"))


EVERYTHING = {
    "show": "late", "state": "taken", "category": "WATER", "problem": "BURST_PIPE", "channel": "sms",
    "sub_county": str(LURAMBI), "ward": str(SHIRERE), "assignee": "me", "late": "1", "disputed": "1",
    "words": "bomba jana",
}  # fmt: skip


def test_an_address_says_all_of_it_and_reads_as_it_was_written(county: County) -> None:
    asked = Filters.read(EVERYTHING, county)
    assert asked == Filters(
        Tab.LATE, Status.TAKEN, None, "WATER", "BURST_PIPE", Channel.SMS, LURAMBI, SHIRERE, "me", True, True,
        "bomba jana",
    )  # fmt: skip
    assert asked.args() == EVERYTHING
    assert Filters.read(asked.args(), county) == asked
    assert asked.any()
    assert asked.args(ward=None, late=False, words="", show=Tab.TODO) == {
        name: value for name, value in EVERYTHING.items() if name not in ("ward", "late", "words", "show")
    }


def test_nothing_asked_for_is_an_empty_address(county: County) -> None:
    assert Filters.read({}, county) == Filters()
    assert Filters().args() == {}
    assert not Filters().any()
    assert not Filters(show=Tab.DONE).any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"show": "all"}, {"state": "lost"}, {"ending": "x"}, {"category": "water"}, {"problem": "'"},
        {"channel": "fax"}, {"sub_county": "1"}, {"ward": "-1014"}, {"ward": "9" * 5000}, {"ward": "1014 "},
        {"ward": "²"}, {"assignee": "you"}, {"assignee": "0"}, {"assignee": "99999999999"}, {"late": "yes"},
        {"disputed": "0"}, {"words": "\0 "}, {"words": ""},
        {"words": "0722 000 141"}, {"words": "+254722000141"},
    ],
)  # fmt: skip
def test_what_is_unknown_is_left_out(county: County, wrong: dict[str, str]) -> None:
    asked = Filters.read(wrong | {"channel": "sms"} if "channel" not in wrong else wrong, county)
    assert asked.args() == ({"channel": "sms"} if "channel" not in wrong else {})


@pytest.mark.parametrize(
    ("args", "show"),
    [
        ({"state": "closed"}, Tab.DONE),
        ({"ending": "fixed", "show": "new"}, Tab.DONE),
        ({"state": "waiting"}, Tab.WAITING),
        ({"state": "waiting", "show": "done"}, Tab.WAITING),
        ({"state": "new", "show": "done"}, Tab.TODO),
        ({"state": "taken", "show": "mine"}, Tab.MINE),
        ({"state": "waiting", "show": "new"}, Tab.WAITING),
        ({"state": "new", "show": "waiting"}, Tab.WAITING),
        ({"state": "new", "ending": "fixed"}, Tab.DONE),
        ({"state": "closed", "show": "practice"}, Tab.PRACTICE),
    ],
)
def test_a_state_that_the_list_cannot_hold_leads_to_the_one_that_does(
    county: County, args: dict[str, str], show: Tab
) -> None:
    assert Filters.read(args, county).show is show


def asked(browser: Browser, **args: str) -> list[str]:
    return browser.references(f"/triage/?{urlencode(args)}")


def test_each_filter_leaves_what_fits_it(browser: Callable[..., Browser], stage: Stage) -> None:
    above = browser(Role.SUB_COUNTY)
    plain = stage.file(phone=stage.phone())
    pipe = stage.file(problem="BURST_PIPE", phone=stage.phone(), words="Bomba limepasuka")
    road = stage.file(category="ROADS", phone=stage.phone(), channel=Channel.SMS)
    elsewhere = stage.file(ward_code=SHEYWE, phone=stage.phone())
    stage.set("UPDATE cases SET desk = 'sub_county'")
    stage.do(actions.take, road, above.who)
    assert asked(above) == [plain, pipe, road, elsewhere]
    assert asked(above, state="taken") == [road]
    assert asked(above, category="WATER") == [plain, pipe, elsewhere]
    assert asked(above, problem="BURST_PIPE") == [pipe]
    assert asked(above, channel="sms") == [road]
    assert asked(above, sub_county=str(LURAMBI)) == [plain, pipe, road, elsewhere]
    assert asked(above, ward=str(SHEYWE)) == [elsewhere]
    assert asked(above, assignee="me") == asked(above, assignee=str(above.who.id)) == [road]
    assert asked(above, assignee="nobody") == [plain, pipe, elsewhere]
    assert asked(above, words="limepasuka") == [pipe]
    assert asked(above, category="WATER", ward=str(SHIRERE), assignee="nobody") == [plain, pipe]
    assert asked(above, category="WATER", assignee="me") == []


def test_late_and_disputed_narrow_any_list(ward: Browser, stage: Stage) -> None:
    calm, late, disputed = (stage.file(phone=stage.phone()) for _ in range(3))
    stage.set("UPDATE cases SET due_at = :then WHERE reference = :late", then=stage.now - timedelta(days=1), late=late)
    stage.set("UPDATE cases SET confirmation = 'disputed' WHERE reference = :disputed", disputed=disputed)
    assert asked(ward) == asked(ward, show="new") == [disputed, late, calm]
    assert asked(ward, show="new", late="1") == [late]
    assert asked(ward, show="new", disputed="1") == [disputed]
    assert asked(ward, late="1", disputed="1") == []


def test_how_it_ended_is_asked_of_what_has_ended(ward: Browser, stage: Stage) -> None:
    stage.file(phone=stage.phone())
    gone, ours = (stage.file(phone=stage.phone(), words="Bomba la mzee") for _ in range(2))
    stage.do(actions.end, gone, ward.who, Ending.NOT_FOUND, "Hatukuiona.")
    stage.do(actions.end, ours, ward.who, Ending.CANNOT_NOW, "Hakuna bajeti.")
    assert asked(ward, ending="not_found") == [gone]
    assert asked(ward, state="resolved") == [ours, gone]
    assert asked(ward, show="done", words="mzee", ending="cannot_now") == [ours]
    assert asked(ward, words="mzee") == []


def test_the_lists_are_counted_as_they_are_narrowed(ward: Browser, stage: Stage) -> None:
    stage.file(phone=stage.phone(), problem="BURST_PIPE")
    stage.file(phone=stage.phone())
    address = "/triage/?problem=BURST_PIPE"
    assert len(ward.references(address)) == 1
    assert "show=new&amp;problem=BURST_PIPE" in ward.read(address)


def figures(page: str) -> dict[str, str]:
    """What stands on each link to a list."""
    return dict(re.findall(r'class="tab (\w+)[^>]*>[^<]*<b>([\d+]+)</b>', page))


def test_the_figures_are_those_of_the_lists_to_which_they_lead(ward: Browser, stage: Stage) -> None:
    """For words, an ending and a state that most of the lists do not hold."""
    gone, waits, _, mine = (stage.file(phone=stage.phone(), words="Bomba la mzee") for _ in range(4))
    stage.file(phone=stage.phone(), words="Daraja")
    stage.do(actions.end, gone, ward.who, Ending.CANNOT_NOW, "Hakuna bajeti.")
    stage.do(actions.write, waits, ward.who, "Ni nyumba gani?", wait=True)
    stage.do(actions.take, mine, ward.who)
    found = {"todo": "2", "new": "1", "late": "0", "mine": "1", "waiting": "1", "done": "1"}
    every = found | {"todo": "3", "new": "2"}
    for query, figure in {
        "words=mzee": found, "show=done&words=mzee": found, "ending=cannot_now": every,
        "ending=fixed": every | {"done": "0"},
        "state=waiting": every, "state=taken": every | {"todo": "1", "new": "0", "waiting": "0"},
        "state=closed": every | {"done": "0"},
    }.items():  # fmt: skip
        page = html.unescape(ward.read(f"/triage/?{query}"))
        assert figures(page) == figure, query
        for tab, address in re.findall(r'class="tab (\w+)[^"]*" href="([^"]+)"', page):
            there = ward.read(address)
            assert (there.count('class="ref"'), figures(there)[tab]) == (int(figure[tab]), figure[tab]), (query, tab)
            assert Filters.read(dict(parse_qsl(address.partition("?")[2])), stage.office.county).show == tab


def test_of_very_many_with_the_words_it_is_said_that_only_the_newest_are_looked_at(
    ward: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "WORDS", 3)
    for _ in range(2):
        stage.file(phone=stage.phone(), words="Bomba la mzee")
    said = "Only the newest 3 with these words are looked at: add a word."
    assert said not in ward.read("/triage/?words=mzee")
    stage.file(phone=stage.phone(), words="Bomba la mzee")
    assert said in ward.read("/triage/?words=mzee")
    assert said not in ward.read("/triage/?show=done&words=mzee")


def test_what_another_case_stands_for_is_in_no_list_and_found_by_its_words(ward: Browser, stage: Stage) -> None:
    lead, member = (stage.file(phone=stage.phone(), words="Bomba limepasuka") for _ in range(2))
    stage.set(
        "UPDATE cases SET lead_id = (SELECT id FROM cases WHERE reference = :lead) WHERE reference = :member",
        lead=lead, member=member,
    )  # fmt: skip
    assert asked(ward) == asked(ward, show="new") == [lead]
    assert asked(ward, words="limepasuka") == [lead, member]
    assert asked(ward, words=f"{member[:4]} limepasuka") == [member]
    assert ward.references("/triage/find?words=limepasuka") == [member, lead]


def test_no_filter_shows_what_is_not_hers(browser: Callable[..., Browser], stage: Stage) -> None:
    stage.file(ward_code=SHEYWE, words="Bomba limepasuka")
    secret = stage.file(category="STAFF", words="Karani alinitukana")
    ward, ombudsman = browser(), browser(Role.OMBUDSMAN)
    for args in (
        {"ward": str(SHEYWE)},
        {"words": "limepasuka"},
        {"category": "STAFF"},
        {"words": f"{secret[:4]} karani"},
    ):
        assert asked(ward, **args) == []
    assert asked(ombudsman, words="alinitukana") == []
    assert asked(ombudsman, category="STAFF") == [secret]
