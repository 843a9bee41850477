"""Finding a ward: the place search forgives, a free text must be plain."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from config.county import County, load, resolve
from gateway.cases import gazetteer
from gateway.cases.places import find_sub_county, find_wards
from gateway.cases.reading import read
from gateway.cases.spelling import plain, sound, words_in

COMMON_WORDS = (Path(__file__).parent / "common_words.txt").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def kakamega() -> County:
    return load(resolve("kakamega"))


def ward_named(county: County, text: str) -> object:
    """The search for the ward alone, without the rest that a text is read for."""
    return gazetteer.named(county, words_in(text)).ward


def found(county: County, typed: str, limit: int = 2) -> list[str]:
    return [ward.short for ward in find_wards(county, typed, limit)]


def named(county: County, text: str) -> str | None:
    ward = read(county, text).ward
    return ward.short if ward else None


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Shirere", "Shirere"),
        ("sherere", "Shirere"),
        ("xilele", "Shirere"),
        ("SHIRERE!!", "Shirere"),
        ("shirereeee", "Shirere"),
        ("soko la shirere", "Shirere"),
        ("shule ya msingi shirere", "Shirere"),
        ("shirere lurambi", "Shirere"),
        ("1014", "Shirere"),
        ("0991", "Mautuma"),
        ("lumakand", "Lumakanda"),
        ("murhnda", "Murhanda"),
        ("mayakalo", "Mahiakalo"),
        ("shieywe", "Sheywe"),
        ("milimani", "Sheywe"),
        ("mugai", "Shirugu-Mugai"),
        ("makunga", "Malaha/Isongo"),
        ("ileho", "Isukha East"),
        ("w kabras", "West Kabras"),
        ("kabras west", "West Kabras"),
        ("kabras magharibi", "West Kabras"),
        ("isukha ya kati", "Isukha Central"),
        ("butere marama west", "Marama West"),
        ("mumias", "Mumias Central"),
        ("lugari", "Lugari"),
        ("nzoia", "Nzoia"),
        ("kisa", "Kisa Central"),
    ],
)
def test_the_place_search_finds_what_people_type(kakamega: County, typed: str, first: str) -> None:
    assert found(kakamega, typed)[:1] == [first]


def test_every_name_short_name_alias_and_code_finds_its_own_ward_first(kakamega: County) -> None:
    for ward in kakamega.wards:
        for typed in (ward.name, ward.short, ward.name.upper(), f"{ward.code:04d}", *ward.aliases):
            assert find_wards(kakamega, typed)[0] == ward, typed


def test_a_name_that_several_wards_share_gives_those_with_the_most_people(kakamega: County) -> None:
    assert found(kakamega, "kisa") == ["Kisa Central", "Kisa West"]
    assert found(kakamega, "kisa", limit=9) == ["Kisa Central", "Kisa West", "Kisa East", "Kisa North"]


def test_a_sub_county_by_its_new_or_old_name_gives_its_wards(kakamega: County) -> None:
    assert found(kakamega, "lurambi") == ["Sheywe", "Shirere"]
    assert found(kakamega, "kakamega central") == ["Sheywe", "Shirere"]
    assert len(find_wards(kakamega, "lurambi", limit=20)) == 6


@pytest.mark.parametrize(
    "typed", ["", " ", "soko", "shule ya msingi", "central", "a", "zz", "*", "?", "9999", "zzzzzzzz", "💧"]
)
def test_the_place_search_shows_nothing_rather_than_a_bad_guess(kakamega: County, typed: str) -> None:
    assert found(kakamega, typed) == []


@pytest.mark.parametrize(
    ("typed", "sub_county"),
    [
        ("Lurambi", "Lurambi"),
        ("navakolo", "Navakholo"),
        ("mumias west", "Mumias West"),
        ("Kakamega East", "Shinyalu"),
        ("matete", "Lugari"),
        ("kisa", "Khwisero"),
        ("idakho", "Ikolomani"),
        ("mumias", None),
        ("shirere", None),
        ("wanga", None),
        ("", None),
    ],
)
def test_a_sub_county_is_found_by_its_names_or_by_the_name_that_all_its_wards_share(
    kakamega: County, typed: str, sub_county: str | None
) -> None:
    result = find_sub_county(kakamega, typed)
    assert (result.name if result else None) == sub_county


@pytest.mark.parametrize(
    ("text", "ward"),
    [
        ("Maji hakuna Shirere tangu jumatatu", "Shirere"),
        ("hakuna maji sherere, tafadhali tusaidie", "Shirere"),
        ("SHIRERE: taa haziwaki", "Shirere"),
        ("Road ya Lumakanda imeharibika since rains", "Lumakanda"),
        ("Lumakanda, Lugari: no drugs", "Lumakanda"),
        ("hospitali ya Wanga East haina dawa", "East Wanga"),
        ("Isukha ya kati hakuna maji", "Isukha Central"),
        ("kabras magharibi taa zimezima", "West Kabras"),
        ("mtaro umeziba Shinoyi-Shikomari-Esumeyia", "Shinoyi-Shikomari"),
        ("taka zimejaa Malaha/Isongo", "Malaha/Isongo"),
        ("Shirere, narudia SHIRERE, hakuna maji", "Shirere"),
        ("wadi ya Lugari hakuna maji", "Lugari"),
        ("Nzoia ward has no water", "Nzoia"),
        ("wadi ya Milimani", "Sheywe"),
        ("1014", "Shirere"),
        (" 0991. ", "Mautuma"),
        ("wadi 1014 hakuna maji", "Shirere"),
        ("ward no. 0991 road is bad", "Mautuma"),
        ("maji hakuna 1014 wadi", "Shirere"),
    ],
)
def test_a_ward_that_a_text_names_is_recognised(kakamega: County, text: str, ward: str) -> None:
    assert named(kakamega, text) == ward


@pytest.mark.parametrize(
    "text",
    [
        "",
        "maji hakuna",
        "barabara ya Shirere hadi Mahiakalo ni mbovu",  # two wards
        "wadi 1014 na Mahiakalo",
        "Lugari hakuna maji",  # the sub-county or the ward
        "tuko Mumias hakuna maji",  # two sub-counties and a ward
        "Mumias East hakuna maji",  # a sub-county
        "niko Kakamega town",
        "mto Nzoia umefurika",  # the river
        "hospitali ina kunguni",  # bedbugs, not Kongoni
        "kuna kolera na cholera kijijini",  # not Kholera
        "kuna kisa kati ya wakulima",  # something happened, not Kisa Central
        "kisa mashariki mwa kaunti",
        "Mheshimiwa Matioli alisema",  # a family name
        "bunyala hakuna maji",  # three wards
        "nililipa 1014 shilingi",
        "simu 1014",
        "wadi 9999",
        "wadi ya maji",
        "💧💧💧",
    ],
)
def test_a_text_without_one_clear_ward_has_none(kakamega: County, text: str) -> None:
    assert named(kakamega, text) is None


def test_common_words_alone_and_after_the_word_ward_name_no_ward(kakamega: County) -> None:
    assert len(COMMON_WORDS) > 500
    for word in COMMON_WORDS:
        assert named(kakamega, f"tangu {word} hapa") is None, word
        assert named(kakamega, f"wadi ya {word} hapa") is None, word
    assert named(kakamega, " ".join(COMMON_WORDS)) is None


def test_a_name_that_two_wards_have_names_neither(tmp_path: Path) -> None:
    shipped = resolve("kakamega")
    for file in shipped.iterdir():
        text = file.read_text(encoding="utf-8").replace("name: Mahiakalo", "name: Shirere")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    county = load(tmp_path)
    assert read(county, "maji hakuna Shirere").ward is None
    assert {ward.code for ward in find_wards(county, "shirere")} == {1013, 1014}


def test_a_landmark_of_one_ward_is_found_and_one_that_all_wards_have_is_not(tmp_path: Path) -> None:
    for file in resolve("kakamega").iterdir():
        text = file.read_text(encoding="utf-8").replace("Soko Shirere", "Soko la Lubao")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    county = load(tmp_path)
    assert found(county, "lubao") == ["Shirere"]
    assert found(county, "zahanati") == []


def test_plain_and_sound_make_spellings_comparable() -> None:
    assert plain("  Ng\u2019ombe, SANAAAA!  ") == "ngombe sana"
    assert plain("Ménü-1114") == "menu 1114"
    assert sound("shirere") == sound("sherere") == sound("xilele") == sound("sirere")


def test_both_searches_are_fast(kakamega: County) -> None:
    text = "maji hayapo tangu wiki jana na watoto wanaenda mbali sana kuchota mtoni " * 6
    for search, typed in ((find_wards, "butere marama wset"), (ward_named, text)):
        search(kakamega, typed)
        times = []
        for _ in range(20):
            start = time.perf_counter()
            search(kakamega, typed)
            times.append(time.perf_counter() - start)
        assert min(times) < 0.002
