"""The longest that our answers to a walk and our SMS may be in one county, for the proof of lengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from config.county import County
from gateway.cases.references import spoken
from gateway.cases.residents_own import LISTED
from gateway.dialogue.answers import FOUND
from gateway.installation import Installation
from menus import check
from menus.lettering import septets
from menus.situations import Longest, Situations
from menus.tree import Item, Menu, Text

REFERENCE = spoken("48217739")
SECRET = "5093"  # noqa: S105  (as long as any)
OUTSIDE = "w" * 20
"""A body outside the county, as a screen names it."""
DAYS = [date(2026, 1, 1) + timedelta(days=count) for count in range(365)]


def answers(county: County, menu: Menu) -> Longest:
    """What `gateway.dialogue.answers` may answer at most."""
    states = [text for name, text in menu.words.items() if name.startswith("status_")]
    status = _longest(menu, lambda language: [text[language] for text in states])
    ward = _everywhere(menu, max((ward.short for ward in county.wards), key=septets))
    place = _everywhere(menu, max(_place_lines(county), key=septets))
    own = {language: f"{REFERENCE} {word}" for language, word in status.items()}
    long_day = _longest(menu, lambda language: [menu.long_day(day, language) for day in DAYS])
    short_day = _longest(menu, lambda language: [menu.short_day(day, language) for day in DAYS])
    slots: Mapping[str, Text] = {
        "reference": _everywhere(menu, REFERENCE),
        "question_reference": _everywhere(menu, REFERENCE),
        "secret": _everywhere(menu, SECRET),
        "status": status,
        "promise": long_day,
        "promise_day": short_day,
        "since": short_day,
        "desk": _longest(menu, lambda language: _desks(county, menu, language)),
        "month": _longest(menu, lambda language: [menu.month(day, language) for day in DAYS]),
    }
    return Longest(
        lines={"places": _lines(place, ward, FOUND), "my_cases": _lines(own, own, LISTED)},
        slots={name: (text,) for name, text in slots.items()},
    )


def officer_room(installation: Installation, wording: str) -> Mapping[str, int]:
    """Letters that an officer may write in this SMS so that it stays one segment, by language."""
    office = installation.office
    situations = Situations(office.menu, installation.catalogue, answers(office.county, office.menu))
    return check.officer_room(office.letters.wordings, wording, situations.slots)


def _place_lines(county: County) -> list[str]:
    return [f"{ward.short} ({one.short})" for one in county.sub_counties for ward in one.wards]


def _desks(county: County, menu: Menu, language: str) -> list[str]:
    own = [text[language] for name, text in menu.words.items() if name.startswith("desk_")]
    return [*own, *(department.short[language] for department in county.departments), OUTSIDE]


def _lines(label: Text, short: Text, count: int) -> tuple[Item, ...]:
    return tuple(Item(str(number), label, short) for number in range(count))


def _longest(menu: Menu, candidates: Callable[[str], list[str]]) -> Text:
    return menu.all_languages(lambda language: max(candidates(language), key=septets))


def _everywhere(menu: Menu, text: str) -> Text:
    return menu.all_languages(lambda _: text)
