"""The walk on the county's own tree: the rules that hold on all of its screens, which `dialogues/` shows one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.county import County
from gateway import catalogue as catalogues
from menus import reader
from menus.engine import MAX_INPUTS, Catalogue, Finish
from menus.lettering import septets
from menus.tree import Menu
from tests.menus.conftest import settings_without_servers
from tests.menus.walking import ASKED, NAIROBI, REPORTER, RETURNING, Phone, with_sub_counties

HERE = Path(__file__).parent

FILED = "1*4*6*1*1*1"
"""Lurambi, Shirere, water, no water, the market: no letter typed."""


@pytest.fixture
def phone(menu: Menu, catalogue: Catalogue) -> Phone:
    return Phone(menu, catalogue)


@pytest.fixture
def reporter(menu: Menu, catalogue: Catalogue) -> Phone:
    """A phone from which three reports were filed before: in progress, late, closed."""
    return Phone(menu, catalogue, given=REPORTER)


def test_where_residents_pay_nothing_is_called_free(menu: Menu, kakamega: County) -> None:
    paid = catalogues.build(kakamega, settings_without_servers(RESIDENT_PAYS="ussd,sms"), menu)
    phone = Phone(menu, paid)
    assert phone.screen("").startswith("CON Kaunti ya Kakamega.\n1 Ripoti shida\n")
    assert phone.screen("9").startswith("CON Kakamega County.\n1 Report a problem\n")
    assert phone.screen(f"{FILED}*2") == "CON Ongeza kwa ufupi, au tuma SMS ndefu kwa 22123.\n0 Maliza"
    assert phone.screen(f"9*{FILED}*2") == "CON Add a few words, or send a long SMS to 22123.\n0 Finish"


# Filing


def test_a_report_is_filed_at_the_seventh_hop_before_any_letter_is_typed(phone: Phone) -> None:
    assert phone.screen(FILED).startswith("CON Imepokelewa: 4821 7739\n")
    nearby, need = phone.needs
    assert (nearby.key, nearby.effect) == ("9:nearby", False)
    assert (need.name, need.key, need.effect, need.language) == ("file", "11:file", True, "sw")
    assert need.values == {
        "sub_county": "202", "ward": "1014", "category": "WATER", "problem": "NO_WATER", "landmark": "MARKET",
        "place_words": "",
    }  # fmt: skip


def test_a_returning_resident_files_in_five_hops(phone: Phone) -> None:
    phone.given = RETURNING
    assert phone.screen("1*1*1*5").startswith("CON Imepokelewa: 4821 7739\n")
    assert phone.needs[-1].values == {
        "sub_county": "202", "ward": "1014", "category": "WATER", "problem": "NO_WATER", "landmark": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("1*4*6*8*3*6*5", {"category": "REVENUE", "problem": "SEIZED", "ward": "1014", "landmark": ""}),
        ("1*4*6*1*1*4*karibu na kanisa", {"category": "WATER", "ward": "1014", "place_words": "karibu na kanisa"}),
        ("1*mumias*2*2*1*5", {"category": "ROADS", "problem": "POTHOLES", "ward": "1021", "sub_county": "204"}),
        ("1*mumias*3*2*1*2", {"category": "ROADS", "ward": "", "sub_county": "", "typed": "mumias"}),
        ("1*xyz*1*2*1*2", {"category": "ROADS", "ward": "", "sub_county": "", "typed": "xyz"}),
        ("1*4*6*8*9*2*1", {"category": "NATIONAL", "referral": "POLICE"}),
        ("2*1*4*6*8", {"category": "IDEA", "problem": "OTHER", "ward": "1014"}),
        ("2*2*4*6*3", {"category": "PRAISE", "problem": "HEALTH", "ward": "1014"}),
        ("2*3*1*5", {"category": "RATING", "problem": "HOTLINE", "rating": "5"}),
        ("2*3*8*1", {"category": "RATING", "problem": "ECDE", "rating": "1"}),
        ("4*2*1*2", {"category": "GBV", "hour": "evening"}),
        ("4*3*1", {"category": "CORRUPT", "anonymous": "yes"}),
        ("4*3*2", {"category": "CORRUPT", "hour": "any"}),
        ("4*4*1", {"category": "STAFF", "anonymous": "yes"}),
        ("4*4*2", {"category": "STAFF", "hour": "any"}),
    ],
)
def test_what_is_filed(phone: Phone, typed: str, values: dict[str, str]) -> None:
    phone.screen(typed)
    need = phone.needs[-1]
    assert need.name == "file"
    assert need.values == {**need.values, **values}
    assert need.position == len(typed)


@pytest.mark.parametrize(
    ("typed", "name", "values"),
    [
        ("5*1", "call_back", {"hour": "today"}),
        ("5*2", "call_back", {"hour": "tomorrow_morning"}),
        ("5*3", "call_back", {"hour": "tomorrow_evening"}),
        ("6*2*4*6", "ward", {"ward": "1014", "sub_county": "202"}),
        (f"{FILED}*4", "hide", {"reference": "48217739"}),
        (f"{FILED}*5*1", "withdraw", {"reference": "48217739"}),
        (f"{FILED}*3*2*2*1", "amend", {"category": "ROADS", "problem": "POTHOLES", "ward": "1014"}),
        (f"{FILED}*3*1*1*1*3", "amend", {"category": "WATER", "ward": "991", "landmark": "SCHOOL"}),
        (f"{FILED}*3*1*1*1*5", "amend", {"category": "WATER", "ward": "991", "landmark": ""}),
        (f"{FILED}*3*1*mumias*2*1", "amend", {"category": "WATER", "ward": "1021", "landmark": "MARKET"}),
    ],
)
def test_what_else_happens_once(phone: Phone, typed: str, name: str, values: dict[str, str]) -> None:
    phone.screen(typed)
    need = phone.needs[-1]
    assert (need.name, need.effect, need.position) == (name, True, len(typed))
    assert need.values == {**need.values, **values}


@pytest.mark.parametrize(
    ("typed", "name", "values"),
    [
        ("3*2*3*1", "call_back", {"hour": "today", "reference": "73100043"}),
        ("3*1*2*bado hakuna", "add_words", {"words": "bado hakuna", "reference": "48217739"}),
    ],
)
def test_what_happens_to_an_older_report_happens_once_too(
    reporter: Phone, typed: str, name: str, values: dict[str, str]
) -> None:
    test_what_else_happens_once(reporter, typed, name, values)


@pytest.mark.parametrize(("key", "reason"), [("1", "not_done"), ("2", "half_done"), ("3", "broke_again")])
def test_a_dispute_is_recorded_before_she_says_why(phone: Phone, key: str, reason: str) -> None:
    phone.given = ASKED
    phone.screen(f"8*{key}")
    assert [need.key for need in phone.needs] == ["1:dispute", "3:dispute_reason"]
    assert phone.needs[1].values == {"reference": "48217739", "reason": reason}


def test_each_addition_of_words_is_an_effect_of_its_own(phone: Phone) -> None:
    phone.dial([*FILED.split("*"), "2", "bomba", "2", "tangu jana", "1"])
    assert [(need.key, need.values.get("words")) for need in phone.needs[2:]] == [
        ("19:add_words", "bomba"),
        ("32:add_words", "tangu jana"),
    ]


def test_a_star_inside_words_stays_in_them(phone: Phone) -> None:
    words = "bomba *2* karibu na soko*"
    assert phone.dial([*FILED.split("*"), "2", words]).text.startswith("CON Maneno yameongezwa kwa 4821 7739.")
    assert phone.needs[-1].values["words"] == words


@pytest.mark.parametrize(
    "typed", ["4", "4*1", "4*2", "4*2*0", "4*2*1", "4*2*1*3", "4*3", "4*3*3", "4*4", "1*4*6*8*9*1*2"]
)
def test_looking_at_what_is_secret_asks_for_nothing(phone: Phone, typed: str) -> None:
    phone.screen(typed)
    assert phone.needs == []


# Going back


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("1*4*0", "1"),
        ("1*4*6*0", "1"),
        ("1*0*0", "1"),
        ("1*sherere*0", "1"),
        ("1*4*6*8*0", "1*4*6"),
        ("1*4*6*1*0", "1*4*6"),
        ("1*4*6*8*2*0", "1*4*6*8"),
        ("1*4*6*1*1*0", "1*4*6*1"),
        ("1*4*6*1*1*4*0", "1*4*6*1*1"),
        ("1*4*6*1*1*6*1*0", "1*4*6*1*1*6"),
        ("1*4*6*1*1*6*1*0*0", "1*4*6*1*1"),
        ("1*4*6*8*9*1*0", "1*4*6*8*9"),
        (f"{FILED}*3*0", FILED),
        (f"{FILED}*3*2*0", f"{FILED}*3"),
        (f"{FILED}*3*2*1*0", f"{FILED}*3*2"),
        (f"{FILED}*5*2", FILED),
        (f"{FILED}*2*0", f"{FILED}*1"),
        ("2*0", ""),
        ("2*3*1*0", "2*3"),
        ("3*0", ""),
        ("3*1*0", "3"),
        ("3*4*0", "3"),
        ("3*4*99999999*1*0", "3*4*99999999"),
        ("4*0", ""),
        ("4*2*1*0", "4*2"),
        ("4*3*0", "4"),
        ("5*0", ""),
        ("6*0", ""),
        ("6*1*1*0*0*0", ""),
        ("1*8*4*0", "1*8"),
    ],
)
def test_nought_goes_back_one_screen(reporter: Phone, typed: str, screen: str) -> None:
    if screen == "1*8":
        reporter.given = RETURNING
    assert reporter.screen(typed) == reporter.screen(screen)
    assert reporter.screen(f"9*{typed}") == reporter.screen(f"9*{screen}" if screen else "9")


def test_going_back_forgets_what_was_chosen_meanwhile(phone: Phone) -> None:
    phone.screen("1*xyz*1*0*4*6*1*1*0*0*2*1*5")
    assert phone.needs[-1].values["category"] == "ROADS"
    assert phone.screen("1*xyz*1*0*4*6").startswith("CON Shirere:\n")


# Wrong choices


@pytest.mark.parametrize(
    "wrong", ["8", "10", "00", "98", "99", "01", "-1", "1.", "١", "²", "", " ", "*", "#", "😀", "ndio"]
)
def test_a_wrong_choice_repeats_the_screen_with_one_word_before_it(phone: Phone, wrong: str) -> None:
    once = phone.dial([wrong]).text
    assert once == "CON Rudia. " + phone.screen("").removeprefix("CON ")
    assert phone.dial([wrong, wrong]).text == once
    assert phone.dial(["9", wrong]).text == "CON Retry. " + phone.screen("9").removeprefix("CON ")


@pytest.mark.parametrize("wrong", ["13", "99", "012", "9999", "", "🙏"])
def test_a_wrong_choice_from_a_list_does_too(phone: Phone, wrong: str) -> None:
    assert phone.dial(["1", wrong]).text == "CON Rudia. " + phone.screen("1").removeprefix("CON ")


@pytest.mark.parametrize(("before", "wrong"), [("1*0", ""), ("3*1", "4821773"), ("3*1", "482177399"), ("3*1", "abc")])
def test_so_does_nothing_typed_where_something_is_asked_for(phone: Phone, before: str, wrong: str) -> None:
    assert phone.dial([*before.split("*"), wrong]).text == "CON Rudia. " + phone.screen(before).removeprefix("CON ")


def test_the_right_choice_after_a_wrong_one_goes_on_as_if_nothing_had_been(phone: Phone) -> None:
    assert phone.screen("7*1*13*4*9*6") == phone.screen("1*4*6")
    assert phone.screen("1*13*4*9*0") == phone.screen("1")


@pytest.mark.parametrize("typed", ["48217739", "4821 7739", "4821-7739", " 4821 7739 "])
def test_a_reference_may_be_typed_in_two_fours(reporter: Phone, typed: str) -> None:
    assert reporter.dial(["3", "4", typed]).text.startswith("CON 4821 7739: kazini\n")


def test_spaces_around_a_choice_do_not_matter(phone: Phone) -> None:
    assert phone.dial([" 1", "4 ", " 6 "]).text == phone.screen("1*4*6")


# Jumps


@pytest.mark.parametrize(
    "before", ["", "1*", "1*4*", "1*4*5*", "1*4*5*1*", "1*4*5*1*1*", "1*4*5*8*9*", "3*", "4*", "4*2*", "5*", "6*"]
)
def test_a_ward_code_typed_at_any_choice_jumps_to_that_wards_problems(phone: Phone, before: str) -> None:
    assert phone.screen(f"{before}1014") == phone.screen("1*4*6")
    assert phone.screen(f"{before}0991") == phone.screen("1*1*1")


def test_a_ward_code_brings_its_sub_county_along(phone: Phone) -> None:
    phone.screen("1*1*1014*1*1*5")
    assert phone.needs[-1].values == {
        "sub_county": "202", "ward": "1014", "category": "WATER", "problem": "NO_WATER", "landmark": "",
    }  # fmt: skip


def test_a_ward_code_keeps_what_she_came_for(phone: Phone) -> None:
    assert phone.screen("2*1*1014") == phone.screen("2*1*4*6")
    assert phone.screen("6*2*1014") == phone.screen("6*2*4*6")
    assert phone.screen("1*xyz*1*1014") == phone.screen("1*4*6")


@pytest.mark.parametrize("unknown", ["1051", "0990", "9999", "991", "01014", "१०१४"])
def test_a_code_that_no_ward_has_is_a_wrong_choice(phone: Phone, unknown: str) -> None:
    assert phone.dial([unknown]).text.startswith("CON Rudia. ")


@pytest.mark.parametrize("before", ["", "1*", "1*4*6*", "2*3*", "4*3*"])
@pytest.mark.parametrize("reference", ["73100043", "7310 0043"])
def test_a_reference_typed_at_any_choice_jumps_to_that_case(reporter: Phone, before: str, reference: str) -> None:
    assert reporter.screen(f"{before}{reference}") == reporter.screen("3*2")
    assert [need.name for need in reporter.needs[:1]] == ["case"]


def test_a_reference_that_nobody_knows_reads_like_somebody_elses(phone: Phone) -> None:
    assert phone.screen("1*99999999") == phone.screen("3*1*99999999")


def test_nought_after_a_jump_goes_back_to_where_it_was_typed(phone: Phone) -> None:
    assert phone.screen("4*7310 0043*0") == phone.screen("4")
    assert phone.screen("1*4*6*1*7310 0043*0") == phone.screen("1*4*6*1")


@pytest.mark.parametrize("typed", ["1014", "73100043", "7310 0043"])
@pytest.mark.parametrize(
    "after", [FILED, f"{FILED}*3", f"{FILED}*3*1", f"{FILED}*3*2", f"{FILED}*5", f"{FILED}*2*maji"]
)
def test_after_filing_codes_no_longer_jump(phone: Phone, after: str, typed: str) -> None:
    assert phone.screen(f"{after}*{typed}") == "CON Rudia. " + phone.screen(after).removeprefix("CON ")


def test_words_may_look_like_a_code(phone: Phone) -> None:
    phone.screen(f"{FILED}*2*1014")
    assert phone.needs[-1].values["words"] == "1014"
    phone.screen("1*4*6*1*1*4*73100043")
    assert phone.needs[-1].values["place_words"] == "73100043"


def test_an_options_own_key_wins_over_a_jump(catalogue: Catalogue) -> None:
    menu = reader.load(HERE / "valid" / "own_key_wins.yml")
    phone = Phone(menu, catalogue)
    assert phone.screen("1014") == "END Own key."
    assert phone.screen("1013") == "CON Mahiakalo\n0 Back"
    assert phone.screen("48217739") == "END Own key."
    assert phone.screen("48217738") == "END Case."


# Languages


def test_one_key_changes_the_language_and_the_same_key_changes_it_back(phone: Phone) -> None:
    assert phone.screen("9*9") == phone.screen("")
    phone.needs.clear()
    phone.screen("9*9*9*1")
    assert [(need.key, need.language) for need in phone.needs] == [
        ("1:language", "en"),
        ("3:language", "sw"),
        ("5:language", "en"),
    ]


def test_whoever_reads_english_begins_in_english(phone: Phone) -> None:
    phone.language = "en"
    assert phone.screen("").startswith("CON Kakamega County, free.\n")
    assert phone.screen("9").startswith("CON Kaunti ya Kakamega, bure.\n")


def test_a_language_that_the_county_dropped_becomes_its_first(phone: Phone) -> None:
    phone.language = "fr"
    assert phone.screen("").startswith("CON Kaunti ya Kakamega, bure.\n")


# Bounds


def test_nothing_typed_after_the_end_changes_it(phone: Phone) -> None:
    end = phone.screen(f"{FILED}*1")
    needs = len(phone.needs)
    assert phone.screen(f"{FILED}*1*1*1*2*maji*4") == end
    assert len(phone.needs) == 2 * needs


def test_a_session_that_nobody_could_type_is_cut_off(phone: Phone) -> None:
    there_and_back = ["6", "0"] * (MAX_INPUTS // 2)
    assert phone.dial(there_and_back).text == phone.screen("")
    assert phone.dial([*there_and_back, "6"]) == Finish(
        "END Samahani, hatukuelewa. Piga tena *384*123# au kituo cha simu 0800 724 388.", "home"
    )


def test_what_she_typed_is_shown_in_letters_that_her_phone_has(phone: Phone) -> None:
    assert phone.screen("1*soko 😀 la “Šerere” {ward}").startswith('CON "soko ? la "Serer.":\n')
    assert phone.screen("1*{ward}\n1 Bure").startswith('CON Hatukupata "{ward} 1 Bure".\n')


# Lists longer than a screen


@pytest.fixture
def nairobi(menu: Menu, catalogue: Catalogue) -> Phone:
    """A county with 17 sub-counties, more than fit on a screen."""
    return Phone(menu, with_sub_counties(catalogue, *NAIROBI))


def test_a_long_list_is_read_page_by_page_and_begins_again(nairobi: Phone) -> None:
    pages = [nairobi.screen("1" + "*99" * turn) for turn in range(4)]
    assert pages[0] == (
        "CON Wapi?\n1 Westlands\n2 Dagoretti North\n3 Dagoretti South\n4 Langata\n5 Kibra\n6 Roysambu\n7 Kasarani\n"
        "8 Ruaraka\n9 Embakasi South\n10 Embakasi North\n99 Zaidi\n0 Sijui"
    )
    lines = [line for page in pages[:2] for line in page.split("\n")[1:-2]]
    assert lines == [f"{number} {name}" for number, name in enumerate(NAIROBI, 1)]
    assert pages[2:] == pages[:2]
    assert all(septets(page) <= 160 for page in pages)


def test_every_number_counts_on_every_page(nairobi: Phone) -> None:
    for page in ("1", "1*99"):
        assert nairobi.screen(f"{page}*1").startswith("CON Wadi ya Westlands?\n")
        assert nairobi.screen(f"{page}*17").startswith("CON Wadi ya Mathare?\n")
        assert nairobi.screen(f"{page}*18").startswith("CON Rudia. Wapi?\n")


def test_a_wrong_choice_stays_on_its_page(nairobi: Phone) -> None:
    again = nairobi.screen("1*99*18")
    assert again.startswith("CON Rudia. Wapi?\n")
    assert again.endswith("\n17 Mathare\n99 Zaidi\n0 Sijui")
    assert nairobi.screen("1*99*18*99") == nairobi.screen("1")


def test_going_back_returns_to_the_page(nairobi: Phone) -> None:
    assert nairobi.screen("1*99*17*0") == nairobi.screen("1*99")


def test_a_list_that_fits_but_for_the_error_line_is_shown_whole_again(menu: Menu, catalogue: Catalogue) -> None:
    phone = Phone(menu, with_sub_counties(catalogue, *["Mumias West"] * 10))
    whole = phone.screen("1")
    assert (septets(whole), "99 " in whole) == (154 + 4, False)
    again = phone.screen("1*11")
    assert again.startswith("CON Rudia. Wapi?\n1 Mumias West\n")
    assert again.endswith("\n9 Mumias West\n99 Zaidi\n0 Sijui")
    assert phone.screen("1*11*99") == whole
