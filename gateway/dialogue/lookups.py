"""What look-ups answer, as the walk takes it: pure functions of the county, the menu and the cases that were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config.county import County
from gateway.cases import standing
from gateway.cases.clock import local_day
from gateway.cases.filing import VIOLENCE, promise_slots
from gateway.cases.intake import Answer
from gateway.cases.models import OPEN, Case, Step
from gateway.cases.places import find_sub_county, find_wards
from gateway.cases.references import spoken
from gateway.catalogue import ward_item
from menus.tree import Menu, Text

FOUND = 3
"""Wards that the place search offers."""


def places(county: County, typed: str) -> Answer:
    """The wards of a sub-county that she named, else the few wards that sound most like what she typed."""
    named = find_sub_county(county, typed)
    items = []
    for ward in named.wards if named else find_wards(county, typed, limit=FOUND):
        sub_county = county.sub_county(ward.sub_county)
        assert sub_county is not None
        label = ward.short if named else f"{ward.short} ({sub_county.short})"
        items.append(
            {
                "value": str(ward.code),
                "label": _everywhere(county, label),
                "short": _everywhere(county, ward.short),
                "sets": {"sub_county": str(ward.sub_county)},
            }
        )
    return {"items": items, "facts": [] if items else ["places.none"]}


def my_cases(menu: Menu, cases: Sequence[Case], now: datetime) -> Answer:
    """Her cases with the state of each, in this order."""
    items = []
    for found in cases:
        state = standing.state(menu, found, now)
        label = {language: f"{spoken(found.reference)} {word}" for language, word in state.items()}
        items.append({"value": found.reference, "label": label})
    return {"items": items}


def case(county: County, menu: Menu, found: Case | None, now: datetime, *, higher: bool) -> Answer:
    """One case of hers; None reads the same for *not found* and *not hers*. `higher`: she may send it a step up."""
    if found is None:
        return {"facts": []}
    slots: dict[str, Any] = {"reference": spoken(found.reference), "status": standing.state(menu, found, now)}
    facts = ["case.known"]
    # About violence nobody is asked for words or called at an hour that may not be safe; `secret` asks that anew.
    if found.category != VIOLENCE:
        facts += ["case.callable", *(["case.open"] if found.status in OPEN else [])]
    if found.status in OPEN and found.due_at and not found.sensitive:
        facts += ["case.promised", *_lateness(found, now)]
        since = local_day(found.desk_since)
        slots |= promise_slots(menu, standing.day_told(found, now) or found.due_at)
        slots |= answer_slots(menu, found.answer_by)
        slots["desk"] = standing.holder(county, menu, found)
        slots["since"] = menu.all_languages(lambda language: menu.short_day(since, language))
    return {"slots": slots, "facts": facts + _ways_up(found, now, higher), "values": {"reference": found.reference}}


def _lateness(found: Case, now: datetime) -> list[str]:
    if not standing.is_late(found, now):
        return []
    return ["case.late", *(["case.renewed"] if standing.is_renewed(found, now) else [])]


def _ways_up(found: Case, now: datetime, higher: bool) -> list[str]:
    """What somebody may do who is not content: a step up, or above the county."""
    ways = ["case.higher"] if higher else ["case.top"] if standing.is_at_top(found, now) else []
    return [*ways, "case.ended"] if ways and standing.is_refused(found) else ways


def answer_slots(menu: Menu, answer_by: datetime | None) -> dict[str, Any]:
    """The new day that she was told when it was sent up, with and without the day of the week."""
    if answer_by is None:
        return {}
    day = local_day(answer_by)
    return {
        "answer_by": menu.all_languages(lambda language: menu.long_day(day, language)),
        "answer_day": menu.all_languages(lambda language: menu.short_day(day, language)),
    }


def sent_higher(county: County, menu: Menu, found: Case, step: Step, answer_by: datetime) -> Answer:
    """To whom she has sent it, and when that one answers."""
    slots: dict[str, Any] = {
        "reference": spoken(found.reference),
        "sent_to": standing.step_holder(county, menu, found, step),
        **answer_slots(menu, answer_by),
    }
    return {"slots": slots}


def _everywhere(county: County, text: str) -> Text:
    return dict.fromkeys(county.languages, text)


def begun(county: County, chosen: Mapping[str, str]) -> Answer | None:
    """Where a report that broke off stands: the values that were chosen, and their names on the screens.

    None where the county knows its category no longer.
    """
    category = county.category(chosen["category"])
    ward = county.ward(int(chosen["ward"])) if chosen.get("ward") else None
    if category is None:
        return None
    slots: dict[str, Any] = {"category": dict(category.short)}
    facts = ["draft.problem"] if chosen.get("problem") else []
    if ward:
        item = ward_item(county, ward)
        slots |= {"ward": item.short, **item.slots}
    else:
        facts.append("ward.unknown")
    # The place within the ward is asked for again.
    values = {**chosen, "landmark": "", "place_words": ""}
    return {"values": values, "slots": slots, "facts": facts}
