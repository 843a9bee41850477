"""The ways through a tree: their hops and their seconds, from the dial to the reference or to the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from config.county import County
from gateway.proof import callers
from menus.engine import Catalogue, Need
from menus.networks import SESSION_SECONDS
from menus.proof.check import check
from menus.proof.paths import FILES, Caller, Path, TooManyPlaces, explore
from menus.proof.situations import Longest, Situations
from menus.proof.timing import PRACTISED, SLOW
from menus.proof.ways import Way, Ways, prove_ways
from menus.sms import Wordings
from menus.tree import Item, Kind, Menu
from tests.menus.small import CATALOGUE, FACTS, small
from tests.menus.test_timing import DRAFT

NOTHING = Longest({}, {})

REPORT = """
  home:
    kind: choose
    text: {en: Welcome.}
    options:
      - {key: "1", printed: report, text: {en: Report}, go: category}
      - {key: "2", text: {en: Rate}, go: category_of_service}
      - {key: "0", text: {en: Bye}, go: bye}
  category:
    kind: pick
    text: {en: "What?"}
    pick: {from: categories, of: main, into: category}
    then: {do: file, go: bye}
    options:
      - {key: "+", text: {en: Other}, go: typed}
      - {key: "0", text: {en: Back}, go: back}
  typed:
    kind: words
    text: {en: Type it.}
    into: words
    then: {do: file, go: bye}
  category_of_service:
    kind: pick
    text: {en: "Which?"}
    pick: {from: categories, of: main, into: category}
    then: rating
  rating:
    kind: choose
    text: {en: How was it?}
    options:
      - {key: "1", text: {en: Good}, do: file, go: bye}
      - {key: "2", text: {en: Bad}, do: file, go: bye}
"""


def items(*names: str) -> tuple[Item, ...]:
    return tuple(Item(name, {"en": name}, {"en": name}) for name in names)


LISTS = replace(CATALOGUE, lists={**CATALOGUE.lists, ("categories", "main"): items("Water", "Roads", "Markets")})


def nothing(_: Need) -> Mapping[str, Any]:
    return {}


def caller(hops: int | None = None, catalogue: Catalogue = LISTS) -> Caller:
    return Caller("a reporter", replace(FACTS, catalogue=catalogue), nothing, ("en",), hops)


def found(paths: list[Path]) -> set[tuple[str, str | None, str]]:
    return {(path.screen, path.end, " ".join(path.typed)) for path in paths}


# Paths


def test_the_fewest_hops_to_every_way_of_filing_and_to_every_end_are_found() -> None:
    assert found(explore(small(REPORT), caller())) == {
        ("bye", "bye", "0"),
        ("category", None, "1 1"),
        ("typed", None, "1 4 wwwwwwww"),
        ("typed", None, "1 4 Shirere"),
        ("rating", None, "2 1 1"),
        ("rating", None, "2 1 2"),
    }


def test_the_dial_is_the_first_hop_and_only_what_is_printed_for_reporting_begins_a_report() -> None:
    paths = {path.screen: path for path in explore(small(REPORT), caller())}

    assert {screen: path.hops for screen, path in paths.items()} == {"bye": 2, "category": 3, "typed": 4, "rating": 4}
    assert {screen for screen, path in paths.items() if path.is_report} == {"category", "typed"}


def test_facts_that_are_marked_or_looked_up_on_the_way_open_other_ways() -> None:
    menu = small("""
  home:
    kind: choose
    text: {en: Welcome.}
    options:
      - {key: "1", text: {en: Mark}, mark: [purpose.ward], go: home}
      - {key: "2", when: purpose.ward, text: {en: Look}, go: look}
  look:
    kind: pick
    need: places
    text: {en: "Where?"}
    pick: {from: need, into: ward}
    then: bye
    options:
      - {key: "+", when: places.none, text: {en: Go on}, go: late}
      - {key: "+", text: {en: Other}, go: bye}
  late:
    kind: end
    text: {en: Late.}
""")
    two = [{"value": "1", "label": {"en": "One"}}, {"value": "2", "label": {"en": "Two"}}]

    assert found(explore(menu, caller())) == {("bye", "bye", "1 2 1")}
    knows = replace(caller(), answer=lambda need: {"items": two} if need.name == "places" else {})
    assert found(explore(menu, knows)) == {("bye", "bye", "1 2 1"), ("bye", "bye", "1 2 3")}
    none = replace(caller(), answer=lambda need: {"facts": ["places.none"]} if need.name == "places" else {})
    assert found(explore(menu, none)) == {("late", "late", "1 2 1"), ("bye", "bye", "1 2 2")}


def test_every_kind_of_screen_is_walked_through() -> None:
    menu = small("""
  home:
    kind: say
    text: {en: Listen.}
    then: sure
  sure:
    kind: confirm
    text: {en: "Sure?"}
    yes: {text: {en: "Yes"}, go: number}
    no: {text: {en: "No"}, go: bye}
  number:
    kind: number
    text: {en: Number.}
    into: reference
    digits: 4
    then: page
  page:
    kind: page
    text: {en: "One.\\n\\nTwo."}
    options: [{key: "5", text: {en: End}, go: over}]
  over:
    kind: end
    text: {en: Over.}
""")

    assert found(explore(menu, caller())) == {("bye", "bye", "1 2"), ("over", "over", "1 1 0000 5")}


def test_a_tree_without_end_is_given_up_and_that_is_a_problem() -> None:
    wide = "".join(f'\n      - {{key: "1{key:02}", text: {{en: Go}}, go: s{key}}}' for key in range(60))
    screens = f"\n  home:\n    kind: choose\n    text: {{en: Home.}}\n    options:{wide}"
    for number in range(60):
        marks = "".join(
            f'\n      - {{key: "{key + 1}", text: {{en: Go}}, mark: [{fact}], go: s{(number + key) % 60}}}'
            for key, fact in enumerate(
                ("case.late", "case.open", "case.known", "case.national", "words.cut", "draft.gone")
            )
        )
        screens += f"\n  s{number}:\n    kind: choose\n    text: {{en: Here.}}\n    options:{marks}"
    menu = small(screens + "\n")

    with pytest.raises(TooManyPlaces):
        explore(menu, caller())
    proven = prove_ways(Situations(menu, LISTS, NOTHING), [caller()])
    assert proven.problems == ("a reporter: The tree is too large to follow every path through it.",)


# Their seconds


def prove(screens: str, *who: Caller) -> Ways:
    return prove_ways(Situations(small(screens), LISTS, NOTHING), who or [caller()])


def test_a_way_takes_the_network_at_every_hop_and_the_answer_of_every_screen() -> None:
    (way,) = [way for way in prove(REPORT).ways if way.path.screen == "category"]

    home = len("Welcome.\n1 Report") / 6 + 4.0 + 1.2
    first = len("What?\n1 Water") / 6 + 4.0 + 1.2
    assert way.first["slow"].seconds == pytest.approx(3 * 4.0 + home + first)
    assert way.first["slow"].longest == pytest.approx(max(home, first))
    last = len("What?\n1 Water\n2 Roads\n3 Markets") / 6 + 4.0 + 1.2
    assert way.last["slow"].seconds == pytest.approx(3 * 4.0 + home + last)


def test_on_a_list_in_pages_the_last_line_costs_a_hop_for_every_page() -> None:
    many = replace(LISTS, lists={("categories", "main"): items(*(f"A category, number {n}" for n in range(20)))})
    ways = prove_ways(Situations(small(REPORT), many, NOTHING), [caller(catalogue=many)]).ways

    (way,) = [way for way in ways if way.path.screen == "category"]

    assert way.last["slow"].seconds > way.first["slow"].seconds + 3 * SLOW.network
    assert way.last["slow"].longest < 40


def test_more_hops_than_were_promised_are_a_problem() -> None:
    assert prove(REPORT, caller(3)).problems == ()
    assert prove(REPORT, caller(2)).problems == ("a reporter files in three hops in en, two at most: 1 1",)


def test_it_is_said_in_how_many_hops_a_report_is_filed() -> None:
    again = replace(caller(3), name="a returning reporter")

    assert prove(REPORT, caller(3)).told == "A reporter files in three hops."
    assert prove(REPORT, caller(3), again).told == "A reporter files in three hops, a returning reporter in three."


def test_a_tree_in_which_reports_begin_nowhere_is_a_problem_for_whom_they_are_promised() -> None:
    lost = REPORT.replace("printed: report, ", "")

    assert prove(lost, caller(3)).problems == ("a reporter cannot file by an option that is printed as `report`",)
    assert prove(lost, caller()).problems == ()


def test_a_usual_way_on_which_a_slow_user_is_cut_off_is_a_problem() -> None:
    slow = REPORT.replace("en: Welcome.", f"en: {'Very welcome. ' * 10}")

    (problem,) = prove(slow).problems

    assert problem == "a reporter in en, by 1 1 to `category`: a slow user takes 31 s for one answer, networks wait 30"


def test_a_way_that_takes_longer_than_a_session_is_a_problem_for_either_user() -> None:
    steps = "".join(
        f"""
  s{number}:
    kind: choose
    text: {{en: {"Some words to read. " * 6}}}
    options: [{{key: "1", text: {{en: Go on}}, go: {f"s{number + 1}" if number < 13 else "bye"}}}]
"""
        for number in range(14)
    )
    long = REPORT.replace("text: {en: Bye}, go: bye}", "text: {en: Bye}, go: s0}") + steps

    problems = prove(long).problems

    typed = " ".join(["0", *"1" * 14])
    assert [problem.split(" s, ")[0] for problem in problems] == [
        f"a reporter in en, by {typed} to `bye`: a practised user takes 246",
        f"a reporter in en, by {typed} to `bye`: a slow user takes 453",
    ]


def test_check_reports_the_ways_with_the_rest() -> None:
    report = check(small(REPORT), LISTS, Wordings(("en",), {}), NOTHING, [caller(2)])

    assert {way.path.screen for way in report.ways} == {"bye", "category", "typed", "rating"}
    assert "a reporter files in three hops in en, two at most: 1 1" in report.problems
    assert report.told == "A reporter files in three hops."


# The county's own tree


@pytest.fixture(scope="module")
def proven(menu: Menu, catalogue: Catalogue, kakamega: County, most: Longest) -> Ways:
    return prove_ways(Situations(menu, catalogue, most), list(callers(kakamega, menu, catalogue)))


def usual(proven: Ways, name: str, language: str, *typed: str) -> Way:
    (way,) = [
        way
        for way in proven.ways
        if (way.caller.name, way.path.language, way.path.typed) == (name, language, typed) and way.path.is_report
    ]
    return way


def test_a_returning_reporter_files_in_five_hops_and_a_first_one_in_seven(proven: Ways) -> None:
    assert proven.problems == ()
    assert proven.told == (
        "A returning reporter files in five hops, somebody who joins an incident in five, a first-time reporter in"
        " seven."
    )


@pytest.mark.parametrize(
    ("name", "who", "language", "typed"),
    [
        ("P1", "a first-time reporter", "sw", "1 1 1 1 1 1"),
        ("P1e", "a first-time reporter", "en", "9 1 1 1 1 1 1"),
        ("P4", "a returning reporter", "sw", "1 1 1 1"),
        ("P4e", "a returning reporter", "en", "1 1 1 1"),
        ("P5", "somebody who joins an incident", "sw", "1 1 1 1"),
    ],
)
def test_the_paths_of_the_dialogue_lie_between_first_and_last_lines_and_survive_the_idle_limit(
    proven: Ways, name: str, who: str, language: str, typed: str
) -> None:
    way = usual(proven, who, language, *typed.split())

    assert way.is_usual
    for user, seconds in zip((PRACTISED, SLOW), DRAFT["paths"][name]["seconds"], strict=True):
        assert way.first[user.name].seconds < seconds < way.last[user.name].seconds
    assert way.first["slow"].longest <= 30
    assert way.last["practised"].seconds < SESSION_SECONDS


def test_every_screen_that_files_and_every_end_before_that_is_on_a_way(proven: Ways, menu: Menu) -> None:
    filing = {
        screen.id
        for screen in menu.screens.values()
        for outcomes in (screen.outcomes, *(option.outcomes for option in screen.options))
        if any(outcome.do in FILES for outcome in outcomes)
    }
    ends = {way.path.end for way in proven.ways if way.path.end}

    assert {way.path.screen for way in proven.ways if way.path.end is None} == filing
    assert all(menu.screens[end].kind is Kind.END for end in ends)
    assert ends >= {"danger", "call_kept", "nothing_kept", "not_safe", "not_recorded", "corruption_line", "ward_kept"}


def test_no_answer_on_a_way_is_without_its_seconds(proven: Ways) -> None:
    assert all(way.first["slow"].seconds > way.path.hops * (SLOW.network + SLOW.reply) for way in proven.ways)
    assert all(way.last[user].seconds >= way.first[user].seconds for way in proven.ways for user in way.last)
