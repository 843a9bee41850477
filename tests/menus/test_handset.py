"""The phone in memory: sessions as a network makes and loses them, and what it still leaves to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from menus import networks
from menus.engine import Finish, Need, Show, Trace
from menus.handset import Handset, NoSession
from menus.lettering import septets
from menus.proof.timing import PRACTISED, SLOW, answering
from menus.tree import Menu
from tests.menus.small import CATALOGUE, small

TALK = small("""
  home:
    kind: choose
    text: {en: "Hello, {ward}."}
    options:
      - {key: "1", text: {en: Tell}, go: words}
      - {key: "2", text: {en: My reports}, go: mine}
      - {key: "0", text: {en: Bye}, go: bye}
  words:
    kind: words
    text: {en: Tell us.}
    into: words
    then: {do: file, go: told}
  told:
    kind: choose
    text: {en: "Told, {reference}."}
    options: [{key: "0", text: {en: Bye}, go: bye}]
  mine:
    kind: pick
    need: my_cases
    text: {en: "Yours:"}
    pick: {from: need, into: reference}
    then: bye
""")


class Counting:
    """An office that counts: each report has the number of those before it. `over_with` is how each session ended."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.over_with: list[Trace] = []
        self.dialled_from: list[str] = []

    def profile(self, phone: str, network: str) -> Mapping[str, Any]:
        self.dialled_from.append(network)
        return {"language": "en", "slots": {"ward": f"ward {len(self.dialled_from)}"}}

    def answer(self, need: Need, phone: str) -> Mapping[str, Any]:
        self.asked.append((need.key, phone))
        if need.name == "my_cases":
            return {"items": [{"value": "1", "label": {"en": f"asked {len(self.asked)} times"}}]}
        number = str(len(self.asked))
        return {"values": {"reference": number}, "slots": {"reference": number}, "facts": ["case.filed"]}

    def over(self, phone: str, left: Trace) -> None:
        self.over_with.append(left)


@pytest.fixture
def office() -> Counting:
    return Counting()


@pytest.fixture
def handset(office: Counting) -> Handset:
    return Handset(TALK, CATALOGUE, office)


def test_it_dials_and_types_one_answer_a_hop(handset: Handset, office: Counting) -> None:
    assert handset.dial() == Show("CON Hello, ward 1.\n1 Tell\n2 My reports\n0 Bye", "home")
    assert handset.type("1").screen == "words"
    assert handset.type("pipe *burst* here").text == "CON Told, 1.\n0 Bye"
    assert handset.inputs == ["1", "pipe *burst* here"]
    assert office.asked == [("19:file", handset.phone)]
    assert handset.hops == 3


def test_the_last_hop_delivered_once_more_asks_nobody_anything_and_gives_the_same_bytes(
    handset: Handset, office: Counting
) -> None:
    handset.dial()
    for typed in ("2", "1"):
        shown = handset.type(typed)
        assert [handset.again(), handset.again()] == [shown, shown]
    assert len(office.asked) == 1


def test_what_a_session_was_told_stays_while_it_lasts_and_no_longer(handset: Handset, office: Counting) -> None:
    handset.dial()
    assert handset.type("2").text == "CON Yours:\n1 asked 1 times"
    assert handset.type("7").text == "CON Retry. Yours:\n1 asked 1 times"
    handset.dial()
    assert handset.type("2").text == "CON Yours:\n1 asked 2 times"
    assert handset.needs[0].name == "my_cases"


def test_a_session_is_over_once_at_its_end_or_where_the_network_loses_it(handset: Handset, office: Counting) -> None:
    handset.dial()
    assert isinstance(handset.type("0"), Finish)
    handset.drop()
    handset.dial()
    handset.type("1")
    handset.drop()
    handset.drop()
    handset.dial()
    handset.dial()

    assert [left.stopped for left in office.over_with] == [None, "words", "home"]
    assert office.over_with[1].screens == ("home", "words")


@pytest.mark.parametrize("ended", ["never begun", "dropped", "at its end"])
def test_without_a_session_nothing_can_be_typed(handset: Handset, ended: str) -> None:
    if ended != "never begun":
        handset.dial()
    if ended == "at its end":
        handset.type("0")
    handset.drop()

    with pytest.raises(NoSession):
        handset.type("1")
    assert not handset.is_open


def test_a_hop_may_come_again_after_the_session_is_lost_but_not_before_anything_was_dialled(handset: Handset) -> None:
    with pytest.raises(NoSession):
        handset.again()
    shown = handset.dial()
    handset.drop()
    assert handset.again() == shown


def test_a_code_is_dialled_with_its_tail_and_without(catalogue: Any, menu: Menu, office: Counting) -> None:
    handset = Handset(menu, catalogue, office)
    assert handset.dial("1014").screen == "category"
    assert handset.dial().screen == "home"


# What the network leaves


def test_an_answer_is_cut_where_the_network_cuts_it(handset: Handset, office: Counting) -> None:
    for network in (networks.SAFARICOM, networks.AIRTEL):
        handset.network = network
        handset.dial()
        handset.type("1")
        handset.type("w" * 200)
        assert handset.needs[0].values["words"] == "w" * network.answer
    assert office.dialled_from == ["63902", "63903"]


def test_it_knows_the_septets_of_the_screen_and_those_that_are_left(handset: Handset) -> None:
    assert (handset.used, handset.left) == (0, 160)
    shown = handset.dial()
    assert (handset.used, handset.left) == (septets(shown.text), 160 - septets(shown.text))
    handset.network = networks.AIRTEL
    assert handset.left == 184 - septets(shown.text)


def test_it_knows_its_language(handset: Handset) -> None:
    assert handset.language == "en"
    handset.dial()
    assert handset.language == "en"


@pytest.mark.parametrize("user", [PRACTISED, SLOW])
def test_the_seconds_that_are_left_are_those_of_the_model(handset: Handset, user: Any) -> None:
    assert handset.seconds_left(user) == 180
    home = handset.dial()
    assert handset.seconds_left(user) == 180 - user.network
    handset.type("1")
    left = 180 - 2 * user.network - answering(user, home.text, "1")
    assert handset.seconds_left(user) == pytest.approx(left)
    handset.again()
    assert handset.seconds_left(user) == pytest.approx(left)
    handset.dial()
    assert handset.seconds_left(user) == 180 - user.network
