"""Keywords in both languages, in the spellings that people use, and the sentences that only look like one."""

from __future__ import annotations

import pytest

from gateway.messages.keywords import Asked, Keyword, beside_correct, keyword_in


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("help", Keyword.HELP),
        ("HELP ME", Keyword.HELP),
        ("Msaada", Keyword.HELP),
        ("naomba msaada tafadhali", Keyword.HELP),
        ("status", Keyword.STATUS),
        ("Status of my report", Keyword.STATUS),
        ("HALI", Keyword.STATUS),
        ("hali ya ripoti yangu", Keyword.STATUS),
        ("JUU", Keyword.HIGHER),
        ("Higher please", Keyword.HIGHER),
        ("juu tafadhali", Keyword.HIGHER),
        ("Ipeleke juu", Keyword.HIGHER),
        ("naomba mpeleke ripoti yangu juu zaidi", Keyword.HIGHER),
        ("send it higher", Keyword.HIGHER),
        ("escalate this report", Keyword.HIGHER),
        ("RUFAA", Keyword.HIGHER),
        ("STOP", Keyword.STOP),
        ("stop sms please", Keyword.STOP),
        ("Simama.", Keyword.STOP),
        ("simamisha ujumbe", Keyword.STOP),
        ("START", Keyword.START),
        ("anza", Keyword.START),
        ("data", Keyword.DATA),
        ("My data", Keyword.DATA),
        ("DATA YANGU", Keyword.DATA),
        ("REKEBISHA", Keyword.CORRECT),
        ("Correct.", Keyword.CORRECT),
        ("SAHIHISHA", Keyword.CORRECT),
        ("correct my data please", Keyword.CORRECT),
        ("I want to correct my details", Keyword.CORRECT),
        ("nataka kurekebisha data yangu", Keyword.CORRECT),
        ("REKEBISHA: wadi yangu ni Sheywe, nilihamia huko mwaka jana na familia yangu yote", Keyword.CORRECT),
        ("naomba mrekebishe lugha yangu", Keyword.CORRECT),
        ("Correct my ward to Sheywe", Keyword.CORRECT),
        ("CORRECT my name is Wanjala", Keyword.CORRECT),
        ("REKEBISHA jina langu ni Wanjala", Keyword.CORRECT),
        ("REKEBISHA data yangu: jina ni Wanjala", Keyword.CORRECT),
        ("delete my data", Keyword.DELETE_ALL),
        ("futa data yangu yote", Keyword.DELETE_ALL),
        ("FUTA YOTE", Keyword.DELETE_ALL),
        ("Delete all", Keyword.DELETE_ALL),
        ("futa kila kitu", Keyword.DELETE_ALL),
        ("delete", Keyword.DELETE),
        ("FUTA", Keyword.DELETE),
        ("futa ripoti yangu", Keyword.DELETE),
        ("help status", Keyword.STATUS),
        ("msada", Keyword.HELP),
        ("halli", Keyword.STATUS),
        ("NATAKA KUJUA HALI YA RIPOTI YANGU", Keyword.STATUS),
        ("stop sending me messages", Keyword.STOP),
        ("msinitumie sms tena", Keyword.STOP),
        ("ondoa nambari yangu kwa system yenu", Keyword.DELETE_ALL),
        ("wrong number", Keyword.HELP),
        ("Who is this?", Keyword.HELP),
    ],
)
def test_a_keyword(text: str, keyword: Keyword) -> None:
    assert keyword_in(text) == Asked(keyword)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("lugha", None),
        ("Language", None),
        ("language english", "en"),
        ("LUGHA KISWAHILI", "sw"),
        ("lugha ya kiingereza", "en"),
        ("English", "en"),
        ("kiswahili tafadhali", "sw"),
        ("language english swahili", None),
    ],
)
def test_a_language_may_be_named(text: str, language: str | None) -> None:
    assert keyword_in(text) == Asked(Keyword.LANGUAGE, language)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "msaada wa maji shirere",
        "help there is no water",
        "stop cutting trees in Sheywe",
        "juu ya mlima hakuna maji",
        "maji yamepanda juu",
        "peleka juu mawe ya barabara",
        "the water bill is higher",
        "send help",
        "simama soko limejaa taka",
        "Hali ya barabara ya Shianda ni mbaya",
        "status ya hospitali ni mbovu",
        "anza kujenga daraja",
        "data bundles zimeisha",
        "futa madeni ya maji ya soko",
        "maji",
        "1",
        "stop start",
        "msinitumie watu wabaya kwa soko",
        "stop cutting my water",
        "help help help help help help help",
        "Rekebisha barabara ya Shirere",
        "rekebisheni taa za barabarani",
        "tafadhali rekebisha",
        "rekebisheni",
        "correct it please",
        "correct the road",
        "Rekebisha jina la barabara",
        "correct data of the hospital",
        "marekebisho ya daraja",
    ],
)
def test_a_sentence_is_no_keyword(text: str) -> None:
    assert keyword_in(text) is None


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("REKEBISHA", ""),
        ("correct my data", "my data"),
        ("Naomba mrekebishe: wadi yangu ni Sheywe!", "wadi yangu ni Sheywe!"),
        ("CORRECT 4821 7739", "4821 7739"),
    ],
)
def test_what_she_writes_beside_correct_is_what_is_wrong(text: str, beside: str) -> None:
    assert beside_correct(text) == beside
