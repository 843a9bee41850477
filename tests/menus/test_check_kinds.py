"""`flask menus check` on small trees: what it proves of each kind of screen, of roads, and of times of the day."""

from __future__ import annotations

import pytest

from menus.lettering import septets
from menus.proof.check import Report, check
from menus.proof.hours import clock_times
from menus.proof.situations import Longest
from menus.sms import Wordings
from tests.menus.small import CATALOGUE, small


def prove(screens: str) -> Report:
    return check(small(screens), CATALOGUE, Wordings(("en",), {}), Longest({}, {}))


def problems_of(screens: str) -> list[str]:
    """Without the one that every small tree has: that nothing leads to its screen for wards."""
    return [problem for problem in prove(screens).problems if not problem.startswith("screen `ward`")]


def length_of(report: Report, name: str) -> int:
    return next(size.septets for size in report.screens if size.name == name)


def test_a_screen_from_which_no_path_ends_is_named() -> None:
    found = problems_of("""
  home:
    kind: choose
    text: {en: Welcome.}
    options:
      - {key: "1", text: {en: Round}, go: round}
      - {key: "0", text: {en: Bye}, go: bye}
  round:
    kind: say
    text: {en: And on.}
    then: again
  again:
    kind: choose
    text: {en: And on.}
    options: [{key: "1", text: {en: Go on}, go: round}]
""")

    assert [problem.split(" (")[0] for problem in found] == ["screen `round`", "screen `again`"]
    assert all(problem.endswith(": no path from there ever ends") for problem in found)


@pytest.mark.parametrize("kind", ["choose", "page"])
def test_a_screen_on_which_nothing_can_be_chosen_in_some_case_is_named(kind: str) -> None:
    found = problems_of(f"""
  home:
    kind: {kind}
    text: {{en: Welcome.}}
    options: [{{key: "9", when: case.open, text: {{en: Bye}}, go: bye}}]
""")

    (problem,) = found
    assert problem.startswith("screen `home` (line ")
    assert problem.endswith(": nothing can be chosen there")


def test_the_answer_no_must_do_nothing() -> None:
    confirm = """
  home:
    kind: confirm
    text: {en: "Sure?"}
    yes: {text: {en: "Yes"}, do: withdraw, go: bye}
    no: {text: {en: "No"}, go: bye}
"""

    assert problems_of(confirm) == []
    (problem,) = problems_of(confirm.replace('"No"}, ', '"No"}, do: hide, '))
    assert problem.endswith("its `no` does something (`hide`): whoever answers no must change nothing")


def test_every_page_of_a_text_is_measured_with_its_options_and_not_the_whole_text() -> None:
    words = " ".join("word" for _ in range(120))
    screens = f"""
  home:
    kind: page
    text: {{en: "{words}"}}
    options: [{{key: "0", text: {{en: Bye}}, go: bye}}]
"""

    assert problems_of(screens) == []
    assert 150 < length_of(prove(screens), "home") <= 160


def test_options_that_leave_a_page_too_little_room_are_a_problem() -> None:
    options = "".join(f'\n      - {{key: "{key}", text: {{en: A very long option}}, go: bye}}' for key in range(2, 7))
    (problem,) = problems_of(f"""
  home:
    kind: page
    text: {{en: Some words to read.}}
    options:{options}
""")

    assert problem.endswith("its options leave 37 septets for the text in en: 40 at least")


def test_something_that_is_said_is_measured_and_leads_on() -> None:
    screens = """
  home:
    kind: say
    text: {en: "Write down {reference}."}
    then: bye
"""

    assert problems_of(screens) == []
    assert length_of(prove(screens), "home") == septets("CON Retry. Write down .\n1 Next")


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("kila siku 8:00", ["8:00"]),
        ("8-5 siku za kazi", ["8-5"]),
        ("saa 8 - 17", ["saa 8 - 17"]),
        ("9-4 na 14:30.", ["14:30", "9-4"]),
        ("saa 2-11 siku za kazi", []),
        ("Toa alama, 1-5", []),
        ("siku 7-14", []),
        ("piga 0800 724 388 au *384*123#", []),
        ("4821 7739: kufikia 3 Des 2026-11-22, neno 1, 2", []),
        ("nambari 20-30", []),
    ],
)
def test_only_times_of_the_day_are_taken_for_them(text: str, times: list[str]) -> None:
    assert clock_times(text) == times
