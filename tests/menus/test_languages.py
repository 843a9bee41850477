"""Languages: a third one text by text, the Swahili clock, and letters that no basic phone can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from config.county import County
from gateway import catalogue as catalogues
from menus import reader, sms
from menus.engine import TYPED_SHOWN, Catalogue, Facts, Finish, Need, Show, trace, walk
from menus.lettering import is_gsm7, septets
from menus.marked import Mistakes
from menus.tree import Gap, Item, Menu, Text
from tests.menus.conftest import TREE, settings_without_servers
from tests.menus.small import dial, small

THIRD = Path(__file__).parent / "valid" / "third_language.yml"


def item(value: str, **label: str) -> Item:
    return Item(value, label, label)


# A county that has its places in two languages, and one of them in a third.
SHIRERE, SHEYWE = (
    item("1014", sw="Shirere", en="Shirere ward"),
    item("1012", sw="Sheywe", en="Sheywe ward", luy="Siewe"),
)
COUNTY = Catalogue(
    lists={("wards", ""): (SHIRERE, SHEYWE)},
    wards={"1014": SHIRERE, "1012": SHEYWE},
    slots={"call_hours": {"sw": "2-11", "en": "8-5", "luy": "2-11"}},
    facts=frozenset(),
)
PROMISE: Text = {"sw": "Alh 3 Des", "en": "Thu 3 Dec", "luy": "Dd 3 Des"}
HOME = {
    "sw": "CON Karibu.\n1 Wadi\n2 Ahadi\n9 English",
    "en": "CON Welcome.\n1 Ward\n2 Promise\n9 Luluhya",
    "luy": "CON Lulu.\n1 Wadi\n2 Laka\n9 Kiswahili",
}


@pytest.fixture(scope="module")
def third() -> Menu:
    return reader.load(THIRD)


def shown(menu: Menu, inputs: Sequence[str], language: str = "sw", catalogue: Catalogue = COUNTY) -> str:
    facts = Facts(catalogue, language, slots={"promise": PROMISE})
    return dial(menu, inputs, facts=facts).text


# A third language, text by text


def test_one_key_goes_round_through_all_languages(third: Menu) -> None:
    assert [shown(third, ["9"] * times) for times in range(5)] == [HOME[one] for one in ("sw", "en", "luy", "sw", "en")]


def test_whoever_has_a_language_begins_in_it_and_goes_on_from_there(third: Menu) -> None:
    assert shown(third, [], "luy") == HOME["luy"]
    assert shown(third, ["9"], "luy") == HOME["sw"]
    assert shown(third, [], "fr") == HOME["sw"]


def test_the_effect_of_changing_the_language_knows_the_new_one(third: Menu) -> None:
    facts = Facts(COUNTY, "en")
    need = walk(third, ["9"], facts)
    assert isinstance(need, Need)
    assert (need.name, need.language) == ("language", "luy")
    assert trace(third, ["9"], replace(facts, answers={need.key: {}})).language == "luy"


def test_a_text_that_the_third_language_lacks_is_shown_in_the_one_that_stands_in(third: Menu) -> None:
    assert third.screens["home"].options[0].text.variants[0][1] == {"sw": "Wadi", "en": "Ward", "luy": "Wadi"}
    assert "\n1 Wadi\n2 Laka\n" in shown(third, [], "luy")


def test_each_variant_of_a_text_falls_back_by_itself(third: Menu) -> None:
    facts = Facts(COUNTY, "luy", slots={"ward": {"sw": "Shirere"}}, facts=frozenset({"resident.has_ward"}))
    assert dial(third, [], facts=facts).text.startswith("CON Karibu tena, Shirere.\n")
    assert [dict(text)["luy"] for _, text in third.replies["three_wrong"].variants] == ["Piga bure.", "Khupa simu."]
    assert shown(third, ["8"] * 3, "luy") == "END Khupa simu."
    free = replace(COUNTY, facts=frozenset({"ussd.free"}))
    assert shown(third, ["8"] * 3, "luy", free) == "END Piga bure."


def test_words_and_names_of_days_and_months_fall_back_too(third: Menu) -> None:
    assert [third.words[name]["luy"] for name in ("retry", "more", "go_on")] == ["Kandi.", "Zaidi", "Tia"]
    day = date(2026, 12, 3)
    assert [third.long_day(day, one) for one in third.languages] == ["Alh 3 Des", "Thu 3 Dec", "Dd 3 Des"]
    assert third.month(day, "luy") == "Des 2026"
    assert shown(third, ["8"], "luy").startswith("CON Kandi. Lulu.\n")
    assert shown(third, ["2"], "luy") == "CON Lisaa 2-11, Dd 3 Des.\n1 Tia"


def test_a_list_of_the_county_falls_back_line_by_line(third: Menu) -> None:
    assert shown(third, ["1"], "luy") == "CON Wadi lina?\n1 Shirere\n2 Siewe\n0 Kalukha"
    assert shown(third, ["1"], "en") == "CON Ward?\n1 Shirere ward\n2 Sheywe ward\n0 Back"
    long = replace(COUNTY, lists={("wards", ""): (SHIRERE,) * 15})
    assert "\n99 Zaidi\n" in shown(third, ["1"], "luy", long)


def test_what_is_chosen_from_such_a_list_fills_its_slot_in_the_language_that_stands_in(third: Menu) -> None:
    for typed, ward in (("1", "Shirere"), ("2", "Siewe"), ("1014", "Shirere"), ("1012", "Siewe")):
        facts = Facts(COUNTY, "luy", facts=frozenset({"resident.has_ward"}))
        assert dial(third, ["1", typed], facts=facts).text.startswith(f"CON Karibu tena, {ward}.\n")


def test_a_name_in_none_of_her_languages_is_shown_as_it_is_and_none_at_all_as_nothing(third: Menu) -> None:
    english = replace(COUNTY, lists={("wards", ""): (item("1", en="Market"), item("2"))})
    assert shown(third, ["1"], "luy", english) == "CON Wadi lina?\n1 Market\n2 \n0 Kalukha"


def test_everything_that_the_third_language_lacks_is_listed_with_its_line(third: Menu) -> None:
    missing = third.missing["luy"]
    lines = THIRD.read_text(encoding="utf-8").splitlines()
    assert set(third.missing) == {"luy"}
    assert missing == (
        Gap("Zaidi", 9),
        Gap("Wadi", 20),
        Gap("Jan Feb Mac Apr Mei Jun Jul Ago Sep Okt Nov Des", 38),
        Gap("Piga bure.", 45),
        Gap("Karibu tena, {ward}.", 51),
        Gap("Wadi", 54),
    )
    assert all(gap.text in lines[gap.line - 1].translate({ord(","): None}) for gap in missing if "," not in gap.text)


def test_adding_the_text_closes_its_gap(third: Menu) -> None:
    source = THIRD.read_text(encoding="utf-8").replace(
        "{sw: Wadi, en: Ward}, go", "{sw: Wadi, en: Ward, luy: Liwadi}, go"
    )
    menu = reader.parse(source, "tree.yml")
    assert len(menu.missing["luy"]) == len(third.missing["luy"]) - 1
    assert shown(menu, [], "luy").startswith("CON Lulu.\n1 Liwadi\n")


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("go_on: {sw: Endelea, en: Next, luy: Tia}", "go_on: {sw: Endelea, luy: Tia}"),
        ("ended: {sw: Imeisha., en: Over., luy: Yawele.}", "ended: {sw: Imeisha., luy: Yawele.}"),
        ("text: {sw: Ahadi, en: Promise, luy: Laka}", "text: {sw: Ahadi, luy: Laka}"),
        ('en: "Welcome back, {ward}."}', "}"),
        ("  en: [Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec]\n", ""),
    ],
)
def test_a_complete_language_must_still_have_everything(written: str, left: str) -> None:
    source = THIRD.read_text(encoding="utf-8")
    assert written in source
    with pytest.raises(Mistakes) as caught:
        reader.parse(source.replace(written, left), "tree.yml")
    assert [problem.message for problem in caught.value.problems] == ["`en` is missing"]


def test_the_countys_own_tree_takes_a_third_language_by_two_lines(menu: Menu, kakamega: County) -> None:
    source = TREE.read_text(encoding="utf-8").replace(
        "languages: [sw, en]", "languages: [sw, en, luy]\nfallback: {luy: sw}"
    )
    more = reader.parse(source, "feedback.yml")
    assert more.languages == ("sw", "en", "luy")
    catalogue = catalogues.build(kakamega, settings_without_servers(), more)
    for inputs in (
        [],
        ["1", "4"],
        ["1", "4", "6"],
        ["1", "4", "6", "1"],
        ["2"],
        ["4", "2"],
        ["5"],
        ["6", "1"],
        ["x"] * 3,
    ):
        assert shown(more, inputs, "luy", catalogue) == shown(menu, inputs, "sw", catalogue)
        assert shown(more, inputs, "en", catalogue) == shown(menu, inputs, "en", catalogue)
    assert all(gap.text and gap.line for gap in more.missing["luy"])
    assert more.missing["luy"][0] == Gap("Rudia.", _line_of(source, "  retry:"))
    assert Gap("Wapi?", _line_of(source, '    text: {sw: "Wapi?"')) in more.missing["luy"]
    assert menu.missing == {}


def _line_of(source: str, begins: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), 1) if line.startswith(begins))


# SMS


def test_a_wording_that_a_language_lacks_is_sent_in_the_one_that_stands_in(tmp_path: Path) -> None:
    path = tmp_path / "sms.yml"
    path.write_text(
        """\
languages: [sw, en, luy]
fallback: {luy: en}
wordings:
  received:
    reply+free: {sw: "Jibu bure {reference}.", en: "Reply free {reference}."}
    reply: {sw: "Jibu {reference}.", en: "Reply {reference}.", luy: "Kalusia {reference}."}
    free: {sw: Bure., en: Free., luy: Busa.}
    plain: {sw: Sawa., en: All right.}
  stopped:
    plain: {sw: Basi., en: Stopped., luy: Lekha.}
""",
        encoding="utf-8",
    )
    wordings = sms.load(path)
    slots = {"reference": "4821 7739"}
    assert [
        wordings.text("received", "luy", slots, reply=reply, free=free)
        for reply, free in ((True, True), (True, False), (False, True), (False, False))
    ] == ["Reply free 4821 7739.", "Kalusia 4821 7739.", "Busa.", "All right."]
    assert wordings.text("stopped", "luy", {}, reply=True, free=True) == "Lekha."
    assert wordings.text("stopped", "sw", {}, reply=True, free=True) == "Basi."
    assert wordings.missing["luy"] == (Gap("Reply free {reference}.", 5), Gap("All right.", 8))


def test_a_complete_language_must_have_every_wording(tmp_path: Path) -> None:
    path = tmp_path / "sms.yml"
    path.write_text(
        "languages: [sw, luy]\nfallback: {luy: sw}\nwordings:\n  a: {plain: {luy: Lekha.}}\n", encoding="utf-8"
    )
    with pytest.raises(Mistakes) as caught:
        sms.load(path)
    assert [str(problem) for problem in caught.value.problems] == ["sms.yml:4: `sw` is missing"]
    path.write_text("languages: [sw, luy]\nfallback: {luy: en}\nwordings: {}\n", encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        sms.load(path)
    assert [str(problem) for problem in caught.value.problems] == [
        "sms.yml:2: `en` cannot stand in: it must be one of sw"
    ]


# The Swahili clock

SPOKEN = {
    0: 6, 1: 7, 2: 8, 3: 9, 4: 10, 5: 11, 6: 12, 7: 1, 8: 2, 9: 3, 10: 4, 11: 5,
    12: 6, 13: 7, 14: 8, 15: 9, 16: 10, 17: 11, 18: 12, 19: 1, 20: 2, 21: 3, 22: 4, 23: 5,
}  # fmt: skip
"""Hours of the day as Kiswahili counts them: saa moja is 7:00 and 19:00, saa kumi na mbili 6:00 and 18:00."""


@pytest.mark.parametrize(("hour", "spoken"), SPOKEN.items())
def test_every_hour_of_the_day_as_it_is_said(menu: Menu, hour: int, spoken: int) -> None:
    assert menu.hours(hour, hour, "sw") == f"{spoken}-{spoken}"
    assert menu.hours(hour, hour, "en") == f"{hour % 12 or 12}-{hour % 12 or 12}"


def test_office_hours_are_said_in_each_languages_own_count(menu: Menu, third: Menu) -> None:
    assert [menu.hours(8, 17, one) for one in menu.languages] == ["2-11", "8-5"]
    assert [menu.hours(6, 18, one) for one in menu.languages] == ["12-12", "6-6"]
    assert menu.swahili_clock == ("sw",)
    assert [third.hours(7, 19, one) for one in third.languages] == ["1-1", "7-7", "1-1"]


def test_a_language_counts_hours_as_the_one_that_stands_in_for_its_texts(third: Menu) -> None:
    assert third.swahili_clock == ("sw", "luy")
    source = THIRD.read_text(encoding="utf-8").replace("fallback: {luy: sw}", "fallback: {luy: en}")
    assert reader.parse(source, "tree.yml").swahili_clock == ("sw",)


def test_call_me_says_the_hours_of_the_hotline_in_both_languages(menu: Menu, catalogue: Catalogue) -> None:
    assert shown(menu, ["5"], "sw", catalogue) == (
        "CON Mhudumu atakupigia nambari hii, bure, saa 2-11 siku za kazi.\n"
        "1 Leo\n2 Kesho asubuhi\n3 Kesho jioni\n0 Rudi"
    )
    assert shown(menu, ["5"], "en", catalogue) == (
        "CON An agent will call this number, free, 8-5 on working days.\n"
        "1 Today\n2 Tomorrow morning\n3 Tomorrow evening\n0 Back"
    )


def test_other_hours_of_the_county_change_that_screen_and_nothing_else(menu: Menu, kakamega: County) -> None:
    early = catalogues.build(replace(kakamega, hotline_hours=(6, 13)), settings_without_servers(), menu)
    assert "saa 12-7 siku za kazi" in shown(menu, ["5"], "sw", early)
    assert "free, 6-1 on working days" in shown(menu, ["5"], "en", early)


# What she types and no basic phone can show

STRANGE = {
    "\N{GRINNING FACE} maji": "? maji",
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} soko": "?? soko",
    "سوق مركزي": "??? ?????",
    "\N{LEFT DOUBLE QUOTATION MARK}soko\N{RIGHT DOUBLE QUOTATION MARK}": '"soko"',
    "Ng\N{RIGHT SINGLE QUOTATION MARK}ombe": "Ng'ombe",
    "Cafe\N{COMBINING ACUTE ACCENT}": "Caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "łąka": "?aka",
    "soko\N{HORIZONTAL ELLIPSIS}": "soko...",
    "ny\tumba\r\nkubwa": "ny umba kubwa",
    "\N{RIGHT-TO-LEFT OVERRIDE}soko\N{NULL}": "soko",
    "{hotline} {}": "{hotline} {}",
    "mtaa mrefu kupita kiasi": "mtaa mrefu kupit.",
    "€€€€€€€€€€€€": "€€€€€€€€.",
}
"""What is typed, and what the screen repeats of it."""

SEARCHED = small("""
  home:
    kind: words
    text: {en: Type a place.}
    into: typed
    then: found
  found:
    kind: pick
    need: places
    text: {en: 'Not found: "{typed}".'}
    pick: {from: need, into: ward}
    search: found
    then: {do: file, go: bye}
    options: [{key: "0", text: {en: Back}, go: back}]
""")


@pytest.mark.parametrize(("typed", "repeated"), STRANGE.items())
def test_a_screen_repeats_only_letters_that_a_basic_phone_has(
    menu: Menu, catalogue: Catalogue, typed: str, repeated: str
) -> None:
    assert is_gsm7(repeated)
    assert septets(repeated) <= TYPED_SHOWN
    for language, way, head in (("sw", ["1", "0"], "CON Hatukupata"), ("en", ["1", "0"], "CON We did not find")):
        none = {"places": {"facts": ["places.none"]}}
        text = dial(menu, [*way, typed], none, Facts(catalogue, language)).text
        assert text.startswith(f'{head} "{repeated}".\n')
        assert is_gsm7(text)


@pytest.mark.parametrize("typed", STRANGE)
def test_the_values_keep_what_she_typed(menu: Menu, catalogue: Catalogue, typed: str) -> None:
    for tree, way in ((menu, ["1", "0"]), (SEARCHED, [])):
        need = walk(tree, [*way, typed], Facts(catalogue, "en"))
        assert isinstance(need, Need)
        assert (need.name, need.values["typed"]) == ("places", typed.strip())


@pytest.mark.parametrize(("typed", "repeated"), [one for one in STRANGE.items() if any(map(str.isalpha, one[0]))])
def test_a_name_typed_where_places_are_listed_is_searched_and_repeated_in_the_same_way(
    typed: str, repeated: str
) -> None:
    facts = Facts(COUNTY, "en", answers={"1:places": {}, f"{len(typed) + 2}:places": {}})
    assert walk(SEARCHED, ["a", typed], facts) == Show(f'CON Not found: "{repeated}".\n0 Back', "found")
    assert trace(SEARCHED, ["a", typed], facts).values == {"typed": typed.strip()}


def test_a_picture_is_no_name_where_places_are_listed() -> None:
    facts = Facts(COUNTY, "en", answers={"1:places": {}})
    wrong = walk(SEARCHED, ["a", "\N{GRINNING FACE}"], facts)
    assert wrong == Show('CON Retry. Not found: "a".\n0 Back', "found")


def test_lines_that_a_look_up_answers_are_shown_in_letters_of_a_basic_phone() -> None:
    line = {"value": "1014", "label": {"en": "Ma\N{RIGHT SINGLE QUOTATION MARK}ani \N{EM DASH} \N{GRINNING FACE}"}}
    facts = Facts(COUNTY, "en", answers={"1:places": {"items": [line]}, "3:file": {}})
    assert walk(SEARCHED, ["a"], facts) == Show('CON Not found: "a".\n1 Ma\'ani - ?\n0 Back', "found")
    assert walk(SEARCHED, ["a", "1"], facts) == Finish("END Bye.", "bye")
