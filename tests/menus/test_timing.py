"""The model of time reproduces the figures that it was drawn up from, and `check` holds every screen against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from menus.engine import Catalogue
from menus.lettering import SCREEN_BUDGET
from menus.networks import AIRTEL, EQUITEL, NETWORKS, SAFARICOM, SMALLEST_SCREEN, TELKOM, of
from menus.proof.check import check
from menus.proof.pace import Pace, idle_notes, idle_problems, paces_of
from menus.proof.situations import Longest, Situations
from menus.proof.timing import LETTERS, PRACTISED, SLOW, USERS, User, answering, letters_within, reading
from menus.sms import Wordings
from menus.tree import Menu
from tests.menus.small import CATALOGUE, small

DRAFT: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "timing.yml").read_text())
NOTHING = Longest({}, {})


# The model


@pytest.mark.parametrize(
    ("idle", "prompt", "practised", "slow"),
    [(20, 60, 9, 1), (30, 60, 18, 8), (60, 60, 45, 28), (20, 100, 6, 0), (30, 100, 15, 4), (60, 100, 42, 24)],
)
def test_as_many_letters_can_be_typed_as_the_dialogue_says(idle: int, prompt: int, practised: int, slow: int) -> None:
    screen = "CON " + "x" * prompt

    assert letters_within(PRACTISED, screen, idle) == practised
    assert letters_within(SLOW, screen, idle) == slow


def seconds_of(user: User, answer: str) -> float:
    """Of an answer as `timing.yml` writes it."""
    name, typed = answer.split(" ", 1)
    screen = DRAFT["screens"][name]
    if typed.startswith("all "):
        return reading(user, screen.removeprefix("CON ")) + user.reply + user.digit
    return answering(user, screen, typed)


@pytest.mark.parametrize("name", DRAFT["paths"])
@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_every_path_takes_the_seconds_of_the_dialogue_within_three_percent(name: str, user: User) -> None:
    path, column = DRAFT["paths"][name], USERS.index(user)

    answers = [seconds_of(user, answer) for answer in path["answers"]]

    whole = sum(answers) + user.network * (len(answers) + 1)
    assert whole == pytest.approx(path["seconds"][column], rel=0.03)
    assert max(answers) == pytest.approx(path["longest"][column], rel=0.05)


def test_a_list_is_read_as_far_as_the_line_that_is_chosen() -> None:
    screen = "CON Where?\n1 Lugari\n2 Likuyani\n12 Ikolomani"

    first, second, last = (answering(PRACTISED, screen, key) for key in ("1", "2", "12"))

    assert second - first == pytest.approx(len("\n2 Likuyani") / PRACTISED.reading)
    assert last - second == pytest.approx(len("\n12 Ikolomani") / PRACTISED.reading + PRACTISED.digit)


def test_a_line_that_stands_beside_another_is_found() -> None:
    screen = "CON Fixed?\n7 Yes  8 No\n1 Report\n2 Praise"

    assert answering(SLOW, screen, "8") == answering(SLOW, screen, "7")
    assert answering(SLOW, screen, "8") < answering(SLOW, screen, "1")


def test_what_is_no_line_of_the_screen_is_typed_after_all_of_it() -> None:
    screen, whole = "CON Where?\n1 Lugari\n0 Help", reading(PRACTISED, "Where?\n1 Lugari\n0 Help")

    assert answering(PRACTISED, screen, "1014") == pytest.approx(whole + PRACTISED.reply + 4 * PRACTISED.digit)
    letters = PRACTISED.letters_on + 4 * PRACTISED.letter
    assert answering(PRACTISED, screen, "soko") == pytest.approx(whole + PRACTISED.reply + letters)
    assert answering(PRACTISED, screen, "") == pytest.approx(whole + PRACTISED.reply)


def test_lines_beyond_what_a_display_shows_are_scrolled_to_and_long_ones_count_as_several() -> None:
    six = "\n".join("x" * 21 for _ in range(6))

    assert reading(SLOW, six) == pytest.approx(len(six) / SLOW.reading)
    assert reading(SLOW, f"{six}\nx") == pytest.approx((len(six) + 2) / SLOW.reading + SLOW.scroll)
    assert reading(SLOW, "x" * 127) == pytest.approx(127 / SLOW.reading + SLOW.scroll)


# Networks


def test_the_screens_are_made_for_the_smallest_network() -> None:
    assert min(network.screen for network in NETWORKS) == SMALLEST_SCREEN == SCREEN_BUDGET


def test_a_network_is_known_by_its_code_and_an_unknown_one_is_as_strict_as_the_strictest() -> None:
    assert (of("63902"), of("63903"), of("63907"), of("63999")) == (SAFARICOM, AIRTEL, TELKOM, EQUITEL)

    unknown = of("99999")

    assert (unknown.code, unknown.screen, unknown.answer, unknown.idle) == ("99999", 160, 80, 30)


# The proof


def paces(screens: str) -> tuple[Menu, list[Pace]]:
    menu = small(screens)
    return menu, list(paces_of(Situations(menu, CATALOGUE, NOTHING)))


def test_a_screen_that_cuts_off_even_a_practised_user_is_a_problem_that_names_the_networks() -> None:
    long = "\\n".join("xy" for _ in range(45))
    menu, found = paces(f"""
  home:
    kind: choose
    text: {{en: "{long}"}}
    options: [{{key: "1", text: {{en: Bye}}, go: bye}}]
""")

    (problem,) = idle_problems(menu, found)
    assert problem.startswith("screen `home` (line ")
    assert problem.endswith("s to answer in en, too slow for Safaricom, Telkom, Equitel")
    assert problem in check(menu, CATALOGUE, Wordings(("en",), {}), NOTHING).problems


def test_a_prompt_that_leaves_no_time_for_a_name_is_a_problem() -> None:
    long = "\\n".join("xyz" for _ in range(33))
    menu, found = paces(f"""
  home:
    kind: words
    text: {{en: "{long}"}}
    into: words
    then: bye
""")

    (pace,) = [pace for pace in found if pace.screen == "home"]
    assert pace.letters is not None
    assert pace.letters[0] < LETTERS
    (problem,) = idle_problems(menu, found)
    assert f"a practised user can type {pace.letters[0]} letters of {LETTERS} in 30 s in en, too slow for" in problem


def test_where_a_slow_user_is_cut_off_is_never_hidden() -> None:
    lines = "".join(f'\n      - {{key: "{key}", text: {{en: Another long line}}, go: bye}}' for key in range(1, 9))
    menu, found = paces(f"""
  home:
    kind: choose
    text: {{en: Choose.}}
    options:{lines}
""")

    (pace,) = [pace for pace in found if pace.screen == "home"]
    assert idle_problems(menu, found) == []
    assert pace.practised < 20
    assert pace.slow > 30
    assert pace.cut_off == "7"
    assert idle_notes(menu, found) == ["in en a slow user is cut off after 30 s, from this answer on: home (7)"]


def test_a_number_is_timed_with_all_its_digits_and_an_end_not_at_all() -> None:
    _, found = paces("""
  home:
    kind: number
    text: {en: Number.}
    into: reference
    digits: 8
    then: bye
""")

    timed = {pace.screen: pace for pace in found}
    assert timed["home"].slow == pytest.approx(answering(SLOW, "CON Retry. Number.", "00000000"))
    assert "bye" not in timed


def test_every_page_of_a_text_is_timed_by_itself() -> None:
    words = " ".join("word" for _ in range(120))
    _, found = paces(f"""
  home:
    kind: page
    text: {{en: "{words}"}}
    options: [{{key: "0", text: {{en: Bye}}, go: bye}}]
""")

    (pace,) = [pace for pace in found if pace.screen == "home"]
    assert 25 < pace.slow < 40


def test_on_the_countys_own_tree_no_practised_user_is_cut_off_or_over_the_aim(
    menu: Menu, catalogue: Catalogue, most: Longest
) -> None:
    found = list(paces_of(Situations(menu, catalogue, most)))

    assert idle_problems(menu, found) == []
    assert max(pace.practised for pace in found) < 20
    assert {pace.screen for pace in found if pace.letters} >= {"place_typed", "landmark_typed", "words", "secret_words"}
