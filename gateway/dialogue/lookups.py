"""What look-ups answer, as the walk takes it: pure functions of the county, the menu and the cases that were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config.county import County
from gateway.cases import landmarks, standing
from gateway.cases.categories import VIOLENCE, promise_slots
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Incident
from gateway.cases.intake import Answer
from gateway.cases.models import OPEN, Case
from gateway.cases.places import find_sub_county, find_wards
from gateway.cases.references import spoken
from gateway.catalogue import ward_item
from menus.lettering import to_gsm7
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


def nearby(menu: Menu, shown: Sequence[tuple[str, Text]], incident: Incident | None, now: datetime) -> Answer:
    """The landmarks of her ward, and what an officer has published of others' reports of the same problem there.

    A day of repair that is past is shown no more.
    """
    found: dict[str, Any] = {"items": [landmarks.item(value, label) for value, label in shown]}
    if incident is None:
        return found
    titles = {language: to_gsm7(title) for language, title in incident.titles.items()}
    found |= {"values": {"incident": str(incident.id)}, "slots": {"incident": titles}, "facts": ["incident.open"]}
    day = incident.expected_on
    if day and day >= local_day(now):
        found["slots"]["expected"] = menu.all_languages(lambda language: menu.long_day(day, language))
        found["facts"].append("incident.dated")
    return found


def supported(filed: Answer) -> Answer:
    """What filing answers whoever says that hers is the same."""
    return {**filed, "facts": [*filed["facts"], "incident.supported"]}


def my_cases(menu: Menu, cases: Sequence[Case], now: datetime, leads: Mapping[int, Case] | None = None) -> Answer:
    """Her cases with the state of each, in this order. `leads`: by its id, the case that stands for one of hers."""
    items = []
    for found in cases:
        state = standing.state(menu, (leads or {}).get(found.id, found), now)
        label = {language: f"{spoken(found.reference)} {word}" for language, word in state.items()}
        items.append({"value": found.reference, "label": label})
    return {"items": items}


def case(
    county: County, menu: Menu, own: Case | None, now: datetime, *, higher: bool, lead: Case | None = None
) -> Answer:
    """One case of hers; None reads the same for *not found* and *not hers*. `higher`: she may send it a step up;
    `lead`: the case that stands for hers, which shows under her own reference how it is."""
    if own is None:
        return {"facts": []}
    found = lead or own
    slots: dict[str, Any] = {"reference": spoken(own.reference), "status": standing.state(menu, found, now)}
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
    return {"slots": slots, "facts": facts + _ways_up(found, now, higher), "values": {"reference": own.reference}}


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


def sent_higher(menu: Menu, own: Case, holder: Text, answer_by: datetime) -> Answer:
    """To whom she has sent it, and when that one answers."""
    slots: dict[str, Any] = {"reference": spoken(own.reference), "sent_to": holder, **answer_slots(menu, answer_by)}
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
