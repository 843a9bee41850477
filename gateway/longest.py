"""The longest that our answers to a walk and our SMS may be in one county, for the proof of lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from config.county import County, Ward
from config.wording import LANDMARK
from gateway.cases import briefing, standing
from gateway.cases.gazetteer import WARD_LIST
from gateway.cases.incidents import TITLE
from gateway.cases.landmarks import ON_PHONE
from gateway.cases.references import spoken
from gateway.cases.residents_own import LISTED
from gateway.cases.telling import TOLD
from gateway.dialogue.lookups import FOUND
from gateway.installation import Installation
from menus.lettering import SMS_SEGMENT, septets
from menus.proof import check
from menus.proof.situations import Longest, Situations
from menus.proof.situations import spoken as spoken_in
from menus.tree import Item, Menu, Text

REFERENCE = spoken("48217739")
SECRET = "5093"  # noqa: S105  (as long as any)
OUTSIDE = "w" * 20
"""A body outside the county, as a screen names it."""
LETTER = ("w" * 7 + " ") * (SMS_SEGMENT // 8)
"""An SMS that is shown on a screen."""
DAYS = [date(2026, 1, 1) + timedelta(days=count) for count in range(365)]


def answers(county: County, menu: Menu) -> Longest:
    """What look-ups and effects may answer at most."""
    month = _longest(menu, lambda language: [menu.month(day, language) for day in DAYS])
    states = [text for name, text in menu.words.items() if name.startswith("status_")]
    status = _longest(menu, lambda language: [text[language].replace("{month}", month[language]) for text in states])
    ward = _everywhere(menu, max((ward.short for ward in county.wards), key=septets))
    place = _everywhere(menu, max(_place_lines(county), key=septets))
    sub_county = max(county.sub_counties, key=lambda one: sum(septets(ward.short) for ward in one.wards))
    landmark = _everywhere(menu, "w" * LANDMARK)
    own = {language: f"{REFERENCE} {word}" for language, word in status.items()}
    long_day = _longest(menu, lambda language: [menu.long_day(day, language) for day in DAYS])
    short_day = _longest(menu, lambda language: [menu.short_day(day, language) for day in DAYS])
    slots: Mapping[str, Text] = {
        "reference": _everywhere(menu, REFERENCE),
        "question_reference": _everywhere(menu, REFERENCE),
        "letter_reference": _everywhere(menu, REFERENCE),
        "letter": _everywhere(menu, LETTER),
        "draft_ward": max(ward, _everywhere(menu, county.name), key=lambda text: septets(text[menu.languages[0]])),
        "secret": _everywhere(menu, SECRET),
        "status": status,
        "promise": long_day,
        "promise_day": short_day,
        "answer_by": long_day,
        "answer_day": short_day,
        "since": short_day,
        "desk": _longest(menu, lambda language: _desks(county, menu, language)),
        "other": _everywhere(menu, REFERENCE),
        "cases": {language: ", ".join([f"{REFERENCE} {word}"] * TOLD) for language, word in status.items()},
        "count": _everywhere(menu, "999"),
        "wards": _everywhere(menu, "w" * WARD_LIST),
        "sent_to": _longest(menu, lambda language: _spoken_in(standing.step_holders(county, menu), language)),
        "month": month,
        "landmark": landmark,
        "incident": _everywhere(menu, "w" * TITLE),
        "expected": long_day,
        **{name: _everywhere(menu, text) for name, text in briefing.longest(county).items()},
    }
    return Longest(
        lists={
            # Names that sound alike, or all the wards of a sub-county.
            "places": (_lines(place, ward, FOUND), tuple(_ward(menu, one) for one in sub_county.wards)),
            "nearby": (_lines(landmark, landmark, ON_PHONE),),
            "my_cases": (_lines(own, own, LISTED),),
        },
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
    return [*_spoken_in(standing.holders(county, menu), language), OUTSIDE]


def _spoken_in(texts: Iterable[Text], language: str) -> list[str]:
    return [spoken_in(text, language) for text in texts]


def _lines(label: Text, short: Text, count: int) -> tuple[Item, ...]:
    return tuple(Item(str(number), label, short) for number in range(count))


def _ward(menu: Menu, ward: Ward) -> Item:
    return Item(str(ward.code), _everywhere(menu, ward.short), _everywhere(menu, ward.short))


def _longest(menu: Menu, candidates: Callable[[str], list[str]]) -> Text:
    return menu.all_languages(lambda language: max(candidates(language), key=septets))


def _everywhere(menu: Menu, text: str) -> Text:
    return menu.all_languages(lambda _: text)
