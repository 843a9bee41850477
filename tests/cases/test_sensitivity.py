"""Which texts go past the ward, and which everyday texts must not."""

from __future__ import annotations

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
    for phrases in kakamega.sensitive.words.values():
        for phrase in phrases:
            text = f"Jambo: {phrase.replace('*', 'wa').upper()}."
            assert sensitive_category(kakamega, text) is not None, phrase


def test_the_first_category_of_the_file_wins(kakamega: County) -> None:
    assert list(kakamega.sensitive.words) == ["GBV", "CORRUPT", "STAFF"]
    assert sensitive_category(kakamega, "rushwa na ubakaji") == "GBV"


def test_very_long_texts_are_searched_to_their_end(kakamega: County) -> None:
    assert sensitive_category(kakamega, "maji " * 20_000 + "rushwa") == "CORRUPT"
    assert sensitive_category(kakamega, "a" * 100_000) is None
