"""Screens that confirm, say something or turn pages; what holds on every kind: where a walk begins, wrong answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from menus.engine import WRONG_ANSWERS, Finish, Need, Show, Trace, trace, walk
from menus.lettering import SCREEN_BUDGET, septets
from menus.tree import Kind, Menu
from tests.menus.small import CATALOGUE, FACTS, dial, small

DELETE = small("""
  home:
    kind: confirm
    text: {en: Delete it?}
    yes: {text: {en: "Yes, delete"}, do: withdraw, go: gone}
    no: {text: {en: No}, go: kept}
    options:
      - {key: "0", text: {en: Bye}, go: bye}
      - {key: "9", when: case.late, text: {en: Ward}, go: ward}
  gone:
    kind: end
    text: {en: Gone.}
  kept:
    kind: end
    text: {en: Kept.}
""")

NOTED = small("""
  home:
    kind: say
    text: {en: Write it down.}
    then: {set: {reason: noted}, do: file, go: told}
    options: [{key: "0", text: {en: Bye}, go: bye}]
  told:
    kind: end
    text: {en: "Told, {reference}."}
""")

WORDS = " ".join(f"word{number}" for number in range(60))
READ = small(f"""
  home:
    kind: choose
    text: {{en: Home.}}
    options:
      - {{key: "1", text: {{en: Read}}, go: read}}
      - {{key: "2", text: {{en: Parts}}, go: parts}}
      - {{key: "3", text: {{en: Short}}, go: short}}
  read:
    kind: page
    text: {{en: "{WORDS}"}}
    options:
      - {{key: "0", text: {{en: Back}}, go: back}}
      - {{key: "2", text: {{en: Ward}}, go: ward}}
      - {{key: "3", text: {{en: Start}}, go: home}}
  parts:
    kind: page
    text: {{en: "First.\\n\\nSecond.\\n\\nThird."}}
    options: [{{key: "0", text: {{en: Back}}, go: back}}]
  short:
    kind: page
    text: {{en: Short.}}
    options: [{{key: "0", text: {{en: Back}}, go: back}}]
""")

EVERY_KIND = small("""
  home:
    kind: choose
    text: {en: Home.}
    options:
      - {key: "1", text: {en: Pick}, go: ward}
      - {key: "2", text: {en: Number}, go: number}
      - {key: "3", text: {en: Words}, go: words}
      - {key: "4", text: {en: Confirm}, go: confirm}
      - {key: "5", text: {en: Page}, go: page}
  number:
    kind: number
    digits: 4
    text: {en: Number.}
    into: secret
    then: bye
  words:
    kind: words
    text: {en: Words.}
    into: words
    then: bye
  confirm:
    kind: confirm
    text: {en: Confirm.}
    yes: {text: {en: "Yes"}, go: bye}
    no: {text: {en: "No"}, go: home}
  page:
    kind: page
    text: {en: Page.}
    options: [{key: "0", text: {en: Back}, go: back}]
""")


# confirm


def test_a_screen_that_confirms_has_yes_and_no_as_its_first_two_options() -> None:
    assert [option.key for option in DELETE.screens["home"].options] == ["1", "2", "0", "9"]
    assert dial(DELETE, []) == Show("CON Delete it?\n1 Yes, delete\n2 No\n0 Bye", "home")
    assert dial(DELETE, ["2"]) == Finish("END Kept.", "kept")
    assert dial(DELETE, ["0"]) == Finish("END Bye.", "bye")


def test_only_yes_does_it() -> None:
    need = walk(DELETE, ["1"], FACTS)
    assert isinstance(need, Need)
    assert (need.name, need.effect, need.key) == ("withdraw", True, "1:withdraw")
    assert dial(DELETE, ["1"]) == Finish("END Gone.", "gone")


@pytest.mark.parametrize("typed", ["", "3", "9", "y", "yes", "11", "12", "01", "1*1"])
def test_anything_else_confirms_nothing(typed: str) -> None:
    assert dial(DELETE, [typed]) == Show("CON Retry. Delete it?\n1 Yes, delete\n2 No\n0 Bye", "home")


def test_a_ward_code_typed_at_a_question_still_leads_to_the_ward() -> None:
    assert dial(DELETE, ["1014"]).text == "CON In Shirere.\n0 Back"


# say


@pytest.mark.parametrize("typed", ["1", "", " ", "2", "00", "99", "1014", "48217739", "sawa", "*", "x" * 300])
def test_any_answer_goes_on_from_a_screen_that_says_something(typed: str) -> None:
    assert dial(NOTED, []) == Show("CON Write it down.\n1 Next\n0 Bye", "home")
    assert dial(NOTED, [typed], {"file": {"slots": {"reference": "4821 7739"}}}).text == "END Told, 4821 7739."


def test_a_further_option_of_such_a_screen_keeps_its_key() -> None:
    assert dial(NOTED, ["0"]) == Finish("END Bye.", "bye")


def test_what_goes_on_may_set_values_and_have_an_effect_like_any_option() -> None:
    need = walk(NOTED, ["sawa"], FACTS)
    assert isinstance(need, Need)
    assert (need.key, need.effect, need.values) == ("4:file", True, {"reason": "noted"})


# page


def pages(menu: Menu, way: str) -> list[str]:
    """The pages behind key `way` of home, one after the other, until none follows."""
    inputs, found = [way], [dial(menu, [way]).text]
    while "\n1 Next" in found[-1]:
        inputs.append("1")
        found.append(dial(menu, inputs).text)
    return found


def test_a_long_text_is_turned_page_by_page_with_nothing_lost() -> None:
    shown = pages(READ, "1")
    assert len(shown) > 3
    assert all(septets(page) + len("Retry. ") <= SCREEN_BUDGET for page in shown)
    assert all(page.startswith("CON word") for page in shown)
    assert all(page.endswith("\n1 Next\n0 Back\n2 Ward\n3 Start") for page in shown[:-1])
    assert shown[-1].endswith("\n0 Back\n2 Ward\n3 Start")
    assert " ".join(page.removeprefix("CON ").split("\n")[0] for page in shown) == WORDS


def test_an_empty_line_begins_a_new_page() -> None:
    assert pages(READ, "2") == ["CON First.\n1 Next\n0 Back", "CON Second.\n1 Next\n0 Back", "CON Third.\n0 Back"]


def test_a_text_that_fits_has_no_page_to_turn() -> None:
    assert dial(READ, ["3"]).text == "CON Short.\n0 Back"
    assert dial(READ, ["3", "1"]).text == "CON Retry. Short.\n0 Back"


def test_back_turns_one_page_back_and_leaves_from_the_first() -> None:
    first, second, third = pages(READ, "1")[:3]
    assert dial(READ, ["1", "1", "1"]).text == third
    assert dial(READ, ["1", "1", "1", "0"]).text == second
    assert dial(READ, ["1", "1", "1", "0", "0"]).text == first
    assert dial(READ, ["1", "1", "1", "0", "0", "0"]) == dial(READ, [])
    assert dial(READ, ["1", "1", "1", "3"]) == dial(READ, [])


def test_whoever_comes_back_from_elsewhere_finds_the_page_that_she_left() -> None:
    second = pages(READ, "1")[1]
    assert dial(READ, ["1", "1", "2"]).text.startswith("CON Ward?")
    assert dial(READ, ["1", "1", "2", "0"]).text == second
    assert dial(READ, ["1", "1", "2", "1", "0", "0"]).text == second
    assert dial(READ, ["1", "1", "1014"]).text.startswith("CON In Shirere.")
    assert dial(READ, ["1", "1", "1014", "0"]).text == second


def test_a_wrong_answer_shows_the_same_page_below_the_error_line_within_the_budget() -> None:
    for turned, page in enumerate(pages(READ, "1")):
        wrong = dial(READ, ["1", *["1"] * turned, "7"]).text
        assert wrong == page.replace("CON ", "CON Retry. ")
        assert septets(wrong) <= SCREEN_BUDGET


# The start


def test_a_ward_code_dialled_behind_the_service_code_is_where_the_walk_begins() -> None:
    facts = replace(FACTS, start="1014")
    assert dial(EVERY_KIND, [], facts=facts) == Show("CON In Shirere.\n0 Back", "arrived")
    assert dial(EVERY_KIND, ["0"], facts=facts) == dial(EVERY_KIND, [])


def test_a_reference_dialled_behind_the_service_code_asks_for_the_case_before_any_input() -> None:
    facts = replace(FACTS, start="48217739")
    need = walk(EVERY_KIND, ["0"], facts)
    assert isinstance(need, Need)
    assert (need.key, need.effect, need.values) == ("0:case", False, {"reference": "48217739"})
    case = {"case": {"slots": {"reference": "4821 7739", "status": {"en": "late"}}}}
    assert dial(EVERY_KIND, [], case, facts).text == "CON Case 4821 7739: late.\n0 Back"
    assert dial(EVERY_KIND, ["0"], case, facts) == dial(EVERY_KIND, [])


@pytest.mark.parametrize("start", ["9999", "123", "1", "00", "*", "4821773", "482177391"])
def test_a_code_that_nobody_knows_begins_at_home_without_an_error(start: str) -> None:
    assert dial(EVERY_KIND, [], facts=replace(FACTS, start=start)) == dial(EVERY_KIND, [])


# Three wrong answers

CALL = "END Call 0800 724 388."


@pytest.mark.parametrize(
    ("to", "wrong"),
    [
        ([], "8"),
        ([], ""),
        (["1"], "5"),
        (["1"], "9999"),
        (["2"], "12345"),
        (["2"], "abcd"),
        (["3"], " "),
        (["4"], "3"),
        (["5"], "1"),
    ],
)
def test_the_third_wrong_answer_in_a_row_ends_with_who_helps(to: list[str], wrong: str) -> None:
    shown = dial(EVERY_KIND, [*to, wrong, wrong])
    assert isinstance(shown, Show)
    assert shown.text.startswith("CON Retry. ")
    ended = dial(EVERY_KIND, [*to, wrong, wrong, wrong])
    assert ended == Finish(CALL, shown.screen)
    assert dial(EVERY_KIND, [*to, wrong, wrong, wrong, "1", "0"]) == ended


def test_a_right_answer_begins_the_count_anew() -> None:
    assert WRONG_ANSWERS == 3
    assert dial(EVERY_KIND, ["8", "8", "4", "3", "3"]).text == "CON Retry. Confirm.\n1 Yes\n2 No"
    assert dial(EVERY_KIND, ["8", "8", "4", "3", "3", "2", "8", "8"]).text.startswith("CON Retry. Home.")
    assert dial(EVERY_KIND, ["8", "8", "4", "3", "3", "2", "8", "8", "8"]).text == CALL


def test_turning_pages_and_switching_back_and_forth_is_never_wrong() -> None:
    assert dial(READ, ["1", "1", "0", "0"] * 5) == dial(READ, [])


# What an answer lifts

DRAFT = small("""
  home:
    kind: choose
    text:
      - {when: draft.open, en: A draft.}
      - {en: Nothing.}
    options:
      - {key: "1", text: {en: Read}, go: case}
      - {key: "8", when: draft.open, text: {en: Drop}, do: drop_draft, go: home}
""")


def test_an_effect_may_lift_facts_and_bring_others() -> None:
    facts = replace(FACTS, facts=frozenset({"draft.open", "matter.pending"}))
    dropped = {"drop_draft": {"lifts": ["draft.open", "matter.pending", "case.late"], "facts": ["case.filed"]}}
    assert dial(DRAFT, [], facts=facts).text == "CON A draft.\n1 Read\n8 Drop"
    assert dial(DRAFT, ["8"], dropped, facts).text == "CON Nothing.\n1 Read"
    assert dial(DRAFT, ["8", "8"], dropped, facts).text == "CON Retry. Nothing.\n1 Read"
    done = replace(facts, answers={"1:drop_draft": dropped["drop_draft"]})
    assert trace(DRAFT, ["8"], done).facts == {"ussd.free", "case.filed"}


def test_what_was_lifted_does_not_come_back_by_going_back() -> None:
    facts = replace(FACTS, facts=frozenset({"draft.open"}))
    dropped = {"drop_draft": {"lifts": ["draft.open"]}}
    assert dial(DRAFT, ["1", "0", "8", "1", "0"], dropped, facts).text == "CON Nothing.\n1 Read"


# The trace


def test_a_trace_has_one_screen_for_each_hop_and_what_is_known_there() -> None:
    assert trace(READ, ["1", "1", "7", "0", "2", "1014"], FACTS) == Trace(
        screens=("home", "read", "read", "read", "read", "ward", "arrived"),
        values={"ward": "1014"},
        facts=CATALOGUE.facts,
        language="en",
        stopped="arrived",
    )


def test_a_trace_ends_where_the_walk_does() -> None:
    assert trace(DELETE, ["2", "1", "1"], FACTS).screens == ("home", "kept")
    assert trace(DELETE, ["2"], FACTS).stopped is None


def test_a_trace_begins_where_a_code_was_dialled() -> None:
    assert trace(EVERY_KIND, ["0", "4"], replace(FACTS, start="1014")).screens == ("arrived", "home", "confirm")


def test_three_wrong_answers_stop_a_trace_at_their_screen() -> None:
    told = trace(EVERY_KIND, ["4", "9", "9", "9", "1"], FACTS)
    assert (told.screens, told.stopped) == (("home", "confirm", "confirm", "confirm"), "confirm")


def test_a_trace_does_not_go_past_an_effect_that_never_happened() -> None:
    assert trace(DELETE, ["1"], FACTS).screens == ("home",)
    done = trace(DELETE, ["1"], replace(FACTS, answers={"1:withdraw": {"values": {"reason": "hers"}}}))
    assert (done.screens, done.values, done.stopped) == (("home", "gone"), {"reason": "hers"}, None)


def test_every_kind_is_walked_here() -> None:
    walked = {screen.kind for menu in (DELETE, NOTED, READ, EVERY_KIND) for screen in menu.screens.values()}
    assert walked == set(Kind)
