"""Which texts go past the ward, and which everyday texts must not."""

from __future__ import annotations

import re

import pytest

from config.county import County, load, resolve
from gateway.cases.sensitivity import sensitive_category


@pytest.fixture(scope="module")
def kakamega() -> County:
    return load(resolve("kakamega"))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Afisa anaomba rushwa", "CORRUPT"),
        ("RUSHWA!!!", "CORRUPT"),
        ("ruxhwa kwa ofisi", "CORRUPT"),
        ("rúshwa", "CORRUPT"),
        ("walitaka hongo ndio watusaidie", "CORRUPT"),
        ("amehongwa na mkandarasi", "CORRUPT"),
        ("wanataka kitu kidogo", "CORRUPT"),
        ("kitu,\nkidogo", "CORRUPT"),
        ("lazima utoe chai ndio upate leseni", "CORRUPT"),
        ("kanjo anadai chai kila siku", "CORRUPT"),
        ("wamekula pesa za mradi", "CORRUPT"),
        ("They asked for something small, asking for something small again", "CORRUPT"),
        ("he was bribed", "CORRUPT"),
        ("Corruption in the tender", "CORRUPT"),
        ("mlungula na ufisadi", "CORRUPT"),
        ("mtoto amebakwa", "GBV"),
        ("alinibaka", "GBV"),
        ("she was raped", "GBV"),
        ("mume wangu ananipiga", "GBV"),
        ("mume ananipiga kila siku", "GBV"),
        ("my husband beats me", "GBV"),
        ("alipigwa na mumewe", "GBV"),
        ("mwalimu anachapa watoto", "GBV"),
        ("ndoa za mapema kijijini", "GBV"),
        ("sexual harassment by the boss", "GBV"),
        ("defilement case", "GBV"),
        ("wanataka rushwa ya ngono", "GBV"),
        ("muuguzi alinitukana", "STAFF"),
        ("nurse ana kiburi", "STAFF"),
        ("wafanyakazi wana madharau", "STAFF"),
        ("kanjo wametunyang'anya, kanjo wamenyang\u2019anya mali", "STAFF"),
        ("ward admin hafanyi kazi", "STAFF"),
        ("I complain against the ward administrator", "STAFF"),
        ("daktari alikataa kunihudumia", "STAFF"),
        ("we are harassed at the market", "STAFF"),
    ],
)
def test_sensitive_words_are_found_in_any_dress(kakamega: County, text: str, category: str) -> None:
    assert sensitive_category(kakamega, text) == category


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "hakuna maji Shirere tangu jana",
        "bei ya chai na kahawa imepanda sokoni",
        "wagonjwa hawapewi chai asubuhi",
        "Bwana Mhongole anasema barabara ni mbovu",
        "hongera kwa kazi nzuri",
        "tunaomba kitu, hata kidogo",
        "nipigie simu, daktari ananipigia baadaye",
        "afisa alinipiga simu",
        "napiga ripoti",
        "watoto hawajapigwa chanjo",
        "piga 97771",
        "ukuta una mabaka na tabaka la rangi",
        "mabaki ya taka",
        "it beats me why the road is not done",
        "the drum beat is noise at night",
        "grapes and drapes in the market",
        "sexually transmitted infections drugs are finished",
        "this road will kill me one day",
        "something small is leaking at the pipe",
        "naomba msimamizi wa wadi atusaidie na maji",
        "Dear ward administrator, please help with water",
        "ward admin asante kwa kazi",
        "walevi wanapiga kelele usiku",
        "mbwa wanazurura",
        "baridi inatesa watoto darasani",
        "skilled labour is needed",
        "mama mboga na baba wako sokoni",
        "wezi waliiba nyaya za stima",
        "kulipishwa pesa hospitali",
        "umoja wa wanawake, usawa wa kijinsia",
    ],
)
def test_everyday_texts_are_not_hidden(kakamega: County, text: str) -> None:
    assert sensitive_category(kakamega, text) is None


def test_every_phrase_of_the_file_finds_itself(kakamega: County) -> None:
    groups = kakamega.sensitive.groups
    for phrases in kakamega.sensitive.words.values():
        for phrase in phrases:
            spelt = re.sub(r"<([a-z]+)>", lambda group: groups[group[1]][0], phrase).replace(" ~ ", " hapo ")
            text = f"Jambo: {spelt.replace('*', 'wa').upper()}."
            assert sensitive_category(kakamega, text) is not None, phrase


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("anatukana wagonjwa, huyo muuguzi", "STAFF"),
        ("muuguzi wa zamu ya usiku huku anatukana", "STAFF"),
        ("muuguzi moja mbili tatu nne tano sita saba nane anatukana", "STAFF"),
        ("muuguzi moja mbili tatu nne tano sita saba nane tisa anatukana", None),
        ("muuguzi hayuko", None),
        ("walevi wanatukana watu", None),
    ],
)
def test_parts_of_a_phrase_stand_near_each_other_in_either_order(
    kakamega: County, text: str, category: str | None
) -> None:
    assert sensitive_category(kakamega, text) == category


@pytest.mark.parametrize("sum_of_money", ["500", "5k", "ksh200", "200bob", "1,000", "elfu moja", "50/="])
def test_figures_are_money(kakamega: County, sum_of_money: str) -> None:
    assert sensitive_category(kakamega, f"karani anataka {sum_of_money}") == "CORRUPT"
    assert sensitive_category(kakamega, "karani anataka 12") is None


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("coruption", "CORRUPT"),
        ("harrassment kwa soko", "STAFF"),
        ("fraudurent", "CORRUPT"),
        ("wfnykz hewa", "CORRUPT"),
        ("dktr anatukana", "STAFF"),
        ("2tukanwa na muuguzi", "STAFF"),
        ("nataka kujua, imefungwa, kujiuliza; nurse anataka 2kanunue dawa", None),
    ],
)
def test_long_words_are_known_when_misspelt_and_short_ones_are_not(
    kakamega: County, text: str, category: str | None
) -> None:
    assert sensitive_category(kakamega, text) == category


def test_a_phrase_that_only_looks_like_one_counts_for_nothing(kakamega: County) -> None:
    assert sensitive_category(kakamega, "mume wangu anapiga simu") is None
    assert sensitive_category(kakamega, "mume wangu anapiga mtoto") == "GBV"
    assert sensitive_category(kakamega, "mume wangu anapiga simu na anapiga mtoto") == "GBV"


@pytest.mark.parametrize(
    "place",
    ["kwa mama mboga", "kituo cha polisi", "kwa chifu", "ofisi ya chifu", "nyumba ya mwalimu", "duka la mzee",
     "kwa daktari", "kwa msimamizi wa wadi", "nursery ya watoto", "hospitali ya wanawake", "bar ya polisi",
     "shamba la chairman", "kwa mjane", "boma la mkubwa", "nyumba ya mke wa chifu", "girls high school"],
)  # fmt: skip
def test_places_are_not_hidden(kakamega: County, place: str) -> None:
    assert sensitive_category(kakamega, place) is None


def test_the_first_category_of_the_file_wins(kakamega: County) -> None:
    assert list(kakamega.sensitive.words) == ["GBV", "CORRUPT", "STAFF"]
    assert sensitive_category(kakamega, "rushwa na ubakaji") == "GBV"


def test_very_long_texts_are_searched_to_their_end(kakamega: County) -> None:
    assert sensitive_category(kakamega, "maji " * 20_000 + "rushwa") == "CORRUPT"
    assert sensitive_category(kakamega, "a" * 100_000) is None
