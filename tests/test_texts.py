"""The labelled set of texts is what it promises: codes that exist, two halves of the same mix, nothing private."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import pytest
import yaml

from config.county import County, load, resolve
from config.settings import PROJECT
from menus.lettering import is_gsm7

TEXTS = PROJECT / "bench" / "texts.yml"
LANGUAGES = {"sw", "en", "mixed", "luy"}
HALVES = {"dev", "held"}
REQUIRED = {"text", "category", "language", "half"}
OPTIONAL = {"ward", "among", "problem"}
UNHEARD = {"RATING"}
"""Residents rate a service through the menus only."""
MUCH_HEARD = {"WATER", "ROADS", "HEALTH", "LIGHT", "MARKET", "WASTE", "EDUCATION"}
TELEPHONE = re.compile(r"(?:\d[ -]?){9,}")

Labelled = dict[str, Any]
"""One text with its labels, as the head of the file explains them."""


@cache
def texts() -> tuple[Labelled, ...]:
    return tuple(yaml.safe_load(TEXTS.read_text(encoding="utf-8")))


@cache
def kakamega() -> County:
    return load(resolve("kakamega"))


def place(labelled: Labelled) -> str:
    """What must come of the place: a ward, a question, or neither."""
    return "ward" if "ward" in labelled else "among" if "among" in labelled else "neither"


def counted(key: Callable[[Labelled], Hashable]) -> Counter[Hashable]:
    return Counter(key(labelled) for labelled in texts())


def test_every_text_has_the_fields_of_the_head_of_the_file_and_no_others() -> None:
    wrong = [
        labelled
        for labelled in texts()
        if not REQUIRED <= set(labelled) <= REQUIRED | OPTIONAL
        or not isinstance(labelled["text"], str)
        or labelled["text"] != labelled["text"].strip()
        or not labelled["text"]
        or labelled["language"] not in LANGUAGES
        or labelled["half"] not in HALVES
        or {"ward", "among"} <= set(labelled)
    ]
    assert wrong == []


def test_every_ward_and_category_and_problem_is_one_of_the_countys() -> None:
    wards = {ward.code for ward in kakamega().wards}
    problems = {category.code: {problem.code for problem in category.problems} for category in kakamega().categories}
    wrong = [
        labelled
        for labelled in texts()
        if not {labelled[key] for key in ("ward",) if key in labelled} <= wards
        or not set(labelled.get("among", [])) <= wards
        or labelled["category"] not in problems
        or not {labelled[key] for key in ("problem",) if key in labelled} <= problems[labelled["category"]]
    ]
    assert wrong == []


def test_a_question_is_between_two_wards_or_more_each_named_once() -> None:
    choices = [labelled["among"] for labelled in texts() if "among" in labelled]
    assert [among for among in choices if len(among) < 2 or among != sorted(set(among))] == []


def test_no_text_is_there_twice() -> None:
    seen = counted(lambda labelled: " ".join(re.findall(r"\w+", labelled["text"].casefold())) or labelled["text"])
    assert [text for text, times in seen.items() if times > 1] == []


def test_no_telephone_number_is_in_a_text() -> None:
    assert [labelled["text"] for labelled in texts() if TELEPHONE.search(labelled["text"])] == []


@pytest.mark.parametrize(
    "key",
    [lambda labelled: "all", place, lambda labelled: labelled["language"], lambda labelled: labelled["category"]],
    ids=["all", "place", "language", "category"],
)
def test_both_halves_have_the_same_mix(key: Callable[[Labelled], Hashable]) -> None:
    groups = counted(key)
    halves = counted(lambda labelled: (key(labelled), labelled["half"]))
    uneven = {
        group: (halves[group, "dev"], halves[group, "held"])
        for group, size in groups.items()
        if abs(halves[group, "dev"] - halves[group, "held"]) > max(1, size // 10)
    }
    assert uneven == {}


def test_about_half_of_the_texts_name_one_ward_and_an_eighth_fit_several() -> None:
    places = counted(place)
    assert len(texts()) >= 400
    assert 0.50 <= places["ward"] / len(texts()) <= 0.60
    assert 0.10 <= places["among"] / len(texts()) <= 0.15


def test_every_ward_is_named_in_at_least_three_texts() -> None:
    named = counted(lambda labelled: labelled.get("ward"))
    assert [ward.name for ward in kakamega().wards if named[ward.code] < 3] == []


def test_every_category_is_heard_often_enough_to_be_measured() -> None:
    heard = counted(lambda labelled: labelled["category"])
    least = {
        category.code: 12 if category.sensitive else 20 if category.code in MUCH_HEARD else 8
        for category in kakamega().categories
        if category.code not in UNHEARD
    }
    assert {code: heard[code] for code, enough in least.items() if heard[code] < enough} == {}
    assert heard.keys() <= least.keys()


def test_people_write_short_and_long_and_with_letters_that_an_sms_does_not_hold() -> None:
    lengths = [len(labelled["text"]) for labelled in texts()]
    assert min(lengths) <= 3
    assert sum(length > 250 for length in lengths) >= 6
    assert sum(not is_gsm7(labelled["text"]) for labelled in texts()) >= 8


@pytest.mark.parametrize(("name", "others"), [("texts_fresh.yml", []), ("texts_last.yml", ["texts_fresh.yml"])])
def test_a_later_set_is_of_the_same_shape_and_repeats_nothing(name: str, others: list[str]) -> None:
    fresh, *before = (yaml.safe_load(TEXTS.with_name(file).read_text(encoding="utf-8")) for file in (name, *others))
    wards, categories = {ward.code for ward in kakamega().wards}, {one.code for one in kakamega().categories}
    assert len(fresh) >= 250
    assert {one["half"] for one in fresh} == {"held"}
    assert all(REQUIRED <= set(one) <= REQUIRED | OPTIONAL for one in fresh)
    assert {one["ward"] for one in fresh if "ward" in one} == wards
    assert {code for one in fresh for code in one.get("among", ())} <= wards
    assert {one["category"] for one in fresh} <= categories | {"IDEA", "PRAISE", "NATIONAL"}
    said = [one["text"] for one in (*texts(), *fresh, *(one for part in before for one in part))]
    assert len(set(said)) == len(said)
    assert not [text for text in said if TELEPHONE.search(text)]
