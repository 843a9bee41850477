"""Keywords in both languages, in the spellings that people use, and the sentences that only look like one."""

from __future__ import annotations

import pytest

from gateway.messages.keywords import Asked, Keyword, keyword_in


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
        ("STOP", Keyword.STOP),
        ("stop sms please", Keyword.STOP),
        ("Simama.", Keyword.STOP),
        ("simamisha ujumbe", Keyword.STOP),
        ("START", Keyword.START),
        ("anza", Keyword.START),
        ("data", Keyword.DATA),
        ("My data", Keyword.DATA),
        ("DATA YANGU", Keyword.DATA),
        ("delete my data", Keyword.DATA),
        ("futa data yangu yote", Keyword.DATA),
        ("delete", Keyword.DELETE),
        ("FUTA", Keyword.DELETE),
        ("futa ripoti yangu", Keyword.DELETE),
        ("help status", Keyword.STATUS),
        ("msada", Keyword.HELP),
        ("halli", Keyword.STATUS),
        ("NATAKA KUJUA HALI YA RIPOTI YANGU", Keyword.STATUS),
        ("stop sending me messages", Keyword.STOP),
        ("msinitumie sms tena", Keyword.STOP),
        ("ondoa nambari yangu kwa system yenu", Keyword.DATA),
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
    ],
)
def test_a_sentence_is_no_keyword(text: str) -> None:
    assert keyword_in(text) is None
