"""What `flask menus check` proves of one county: its tree and its texts, with its lists, for everybody who may dial."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import menus.proof.printed
import menus.reader
from config import county as counties
from config.categories import Menu as CategoryMenu
from config.county import County, Ward
from config.settings import Settings
from gateway import catalogue as catalogues
from gateway import longest
from gateway.cases.categories import FEEDBACK, NATIONAL
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Incident
from gateway.cases.incidents import TITLE
from gateway.cases.models import CALL_HOURS, DISPUTE_REASONS
from gateway.installation import load_wordings, menu_files
from gateway.trial.memory import Own
from gateway.trial.rehearsal import Rehearsal
from menus.engine import Catalogue, Facts
from menus.marked import Mistakes, Problem
from menus.proof import check
from menus.proof.check import Report
from menus.proof.paths import Caller
from menus.sms import Wordings
from menus.tree import Menu

T = TypeVar("T")

FIRST_HOPS = 7
RETURNING_HOPS = 5
JOINING_HOPS = 5
"""In how many hops somebody files who dials for the first time, whose ward is known, and who joins what is known."""

PHONE = "+254722000141"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LONG_AGO = timedelta(days=200)
"""Whatever was promised is late by then."""


@dataclass(frozen=True)
class Subject:
    """What is proven: a county with its tree and texts, and the file that has on record what stands on posters."""

    county: County
    menu: Menu
    wordings: Wordings
    catalogue: Catalogue
    record: Path


def subject_of(settings: Settings) -> Subject:
    """The files that `settings` name. Raises `menus.marked.Mistakes` with every mistake in all of them."""
    folder = counties.resolve(settings.county)
    tree, texts = menu_files(folder)
    problems: list[Problem] = []
    county = _read(partial(counties.load, folder), problems)
    menu = _read(partial(menus.reader.load, tree), problems)
    wordings = _read(partial(load_wordings, texts), problems)
    if county is None or menu is None or wordings is None:
        raise Mistakes(problems)
    record = tree.with_name(menus.proof.printed.FILE)
    return Subject(county, menu, wordings, catalogues.build(county, settings, menu), record)


def _read(load: Callable[[], T], problems: list[Problem]) -> T | None:
    try:
        return load()
    except Mistakes as error:
        problems += error.problems
        return None


def prove(subject: Subject) -> Report:
    """Everything that is wrong with it, and what was measured. Raises `Mistakes` for a record that cannot be read."""
    return check.check(
        subject.menu,
        subject.catalogue,
        subject.wordings,
        longest.answers(subject.county, subject.menu),
        tuple(callers(subject.county, subject.menu, subject.catalogue)),
        menus.proof.printed.load(subject.record),
        known_values(subject.county),
    )


def known_values(county: County) -> Mapping[str, Collection[str]]:
    """What each value may be that a tree sets by itself."""
    return {
        "category": {category.code for category in county.categories} | {*FEEDBACK, NATIONAL},
        "rating": {"1", "2", "3", "4", "5"},
        "hour": CALL_HOURS,
        "reason": DISPUTE_REASONS,
        "anonymous": {"yes"},
    }


def callers(county: County, menu: Menu, catalogue: Catalogue) -> Iterator[Caller]:
    """A stranger; in each language a resident whose ward is known and who has a case that is late, and one whose
    problem, the first of the first list, is published in her ward.
    """
    yield _caller(Rehearsal(county, menu, NOW), catalogue, "a first-time reporter", menu.languages, FIRST_HOPS)
    for language in menu.languages:
        office = Rehearsal(county, menu, NOW)
        (ward, *_) = county.wards
        office.known(PHONE, language).ward_code = ward.code
        for category in county.menu(CategoryMenu.MAIN)[:1]:
            case = office.new_case(category.code, str(ward.code), now=NOW - LONG_AGO)
            office.memory.cases.append(Own(case, PHONE))
        yield _caller(office, catalogue, "a returning reporter", (language,), RETURNING_HOPS)
        office = Rehearsal(county, menu, NOW)
        office.known(PHONE, language).ward_code = ward.code
        office.memory.incidents += _published(county, menu, ward)
        yield _caller(office, catalogue, "somebody who joins an incident", (language,), JOINING_HOPS)


def _published(county: County, menu: Menu, ward: Ward) -> Iterator[Incident]:
    """The first problem of the first list, with a day on which the repair is expected."""
    for category in county.menu(CategoryMenu.MAIN)[:1]:
        yield Incident(
            id=1, ward_code=ward.code, category=category.code, problem=category.problems[0].code,
            titles=menu.all_languages(lambda _: "w" * TITLE), expected_on=local_day(NOW),
        )  # fmt: skip


def _caller(office: Rehearsal, catalogue: Catalogue, name: str, languages: tuple[str, ...], hops: int) -> Caller:
    known = office.profile(PHONE)
    facts = Facts(catalogue, known["language"], known["values"], known["slots"], frozenset(known["facts"]))
    return Caller(name, facts, lambda need: office.answer(need, PHONE), languages, hops)
