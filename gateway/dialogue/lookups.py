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
from gateway.cases.models import OPEN, Case
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


def case(county: County, menu: Menu, found: Case | None, now: datetime) -> Answer:
    """One case of hers; None reads the same for *not found* and *not hers*."""
    if found is None:
        return {"facts": []}
    slots: dict[str, Any] = {"reference": spoken(found.reference), "status": standing.state(menu, found, now)}
    facts = ["case.known"]
    # About violence nobody is asked for words or called at an hour that may not be safe; `secret` asks that anew.
    if found.category != VIOLENCE:
        facts += ["case.callable", *(["case.open"] if found.status in OPEN else [])]
    if found.status in OPEN and found.due_at and not found.sensitive:
        facts.append("case.promised")
        since = local_day(found.desk_since)
        slots |= promise_slots(menu, found.due_at)
        slots["desk"] = standing.holder(county, menu, found)
        slots["since"] = menu.all_languages(lambda language: menu.short_day(since, language))
        if found.due_at < now:
            facts.append("case.late")
    return {"slots": slots, "facts": facts, "values": {"reference": found.reference}}


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
