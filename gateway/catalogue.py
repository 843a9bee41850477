"""What one county and one installation put into the menu tree: lists, constant slots, constant facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.categories import Menu as CategoryMenu
from config.county import Category, County, Kept, SubCounty, Ward
from config.settings import Channel, Settings
from menus.engine import Catalogue
from menus.tree import Item, Menu, Text


def build(county: County, settings: Settings, menu: Menu) -> Catalogue:
    """The catalogue of `county` for `menu`, as this installation serves it."""
    lists: dict[tuple[str, str], tuple[Item, ...]] = {
        ("sub_counties", ""): tuple(_sub_county(county, one) for one in county.sub_counties),
        ("categories", "main"): tuple(_category(one) for one in county.menu(CategoryMenu.MAIN)),
        ("categories", "more"): tuple(_category(one) for one in county.menu(CategoryMenu.MORE)),
        ("services", ""): tuple(Item(one.code, one.label, one.label) for one in county.services),
        ("referrals", ""): tuple(
            Item(one.code, one.label, one.label, slots={"referral_answer": one.text}) for one in county.referrals
        ),
    }
    for sub_county in county.sub_counties:
        lists["wards", str(sub_county.code)] = tuple(ward_item(county, ward) for ward in sub_county.wards)
        for ward in sub_county.wards:
            lists["landmarks", str(ward.code)] = tuple(Item(one.code, one.label, one.label) for one in ward.landmarks)
    for category in county.categories:
        lists["problems", category.code] = tuple(Item(one.code, one.label, one.label) for one in category.problems)
    return Catalogue(
        lists=lists,
        wards={f"{ward.code:04d}": ward_item(county, ward) for ward in county.wards},
        slots={
            **{name: same(county, value) for name, value in constants(county, settings, menu).items()},
            "call_hours": menu.all_languages(lambda language: menu.hours(*county.hotline_hours, language)),
        },
        facts=_facts(settings),
    )


def constants(county: County, settings: Settings, menu: Menu) -> Mapping[str, str]:
    """Slots that are the same in every screen and text of this installation."""
    keys = {option.printed: option.key for option in menu.screens[menu.start].options}
    lines = county.helplines
    return {
        "county": county.name,
        "hotline": county.hotline,
        "service_code": settings.service_code,
        "short_code": settings.short_code,
        "emergency": lines.emergency,
        "mobile_emergency": lines.mobile_emergency,
        "violence_line": lines.violence,
        "child_line": lines.child,
        "corruption_line": lines.eacc,
        "follow_up": keys.get("follow_up", ""),
        "keep_months": str(county.retention[Kept.GRIEVANCE].months),
    }


def ward_item(county: County, ward: Ward) -> Item:
    """A ward as a line of a list: `Shirere`, which brings its sub-county along."""
    sub_county = county.sub_county(ward.sub_county)
    assert sub_county is not None
    name = same(county, ward.short)
    return Item(
        str(ward.code), name, name, {"sub_county": str(ward.sub_county)}, {"sub_county": same(county, sub_county.short)}
    )


def _sub_county(county: County, sub_county: SubCounty) -> Item:
    name = same(county, sub_county.short)
    return Item(str(sub_county.code), name, name)


def _category(category: Category) -> Item:
    return Item(category.code, category.label, category.short)


def _facts(settings: Settings) -> frozenset[str]:
    named = {
        "ussd.free": Channel.USSD not in settings.resident_pays,
        "sms.free": Channel.SMS not in settings.resident_pays,
    }
    return frozenset(name for name, holds in named.items() if holds)


def same(county: County, text: str) -> Text:
    """A name that is the same in every language."""
    return dict.fromkeys(county.languages, text)


# As JSON. A text is a list of pairs: PostgreSQL does not keep the order of names, and the first language stands in.


def to_json(catalogue: Catalogue) -> dict[str, Any]:
    """`catalogue` in what JSON has; the same catalogue gives the same, in every process."""
    return {
        "lists": [[*key, [_packed(item) for item in items]] for key, items in sorted(catalogue.lists.items())],
        "wards": {code: _packed(ward) for code, ward in catalogue.wards.items()},
        "slots": {name: _pairs(text) for name, text in catalogue.slots.items()},
        "facts": sorted(catalogue.facts),
    }


def from_json(raw: Mapping[str, Any]) -> Catalogue:
    """The catalogue that `to_json` made `raw` of. Raises KeyError, TypeError or ValueError for anything else."""
    return Catalogue(
        lists={(name, parent): tuple(_unpacked(item) for item in items) for name, parent, items in raw["lists"]},
        wards={code: _unpacked(ward) for code, ward in raw["wards"].items()},
        slots={name: dict(text) for name, text in raw["slots"].items()},
        facts=frozenset(raw["facts"]),
    )


def _packed(item: Item) -> dict[str, Any]:
    return {
        "value": item.value,
        "label": _pairs(item.label),
        "short": _pairs(item.short),
        "sets": dict(item.sets),
        "slots": {name: _pairs(text) for name, text in item.slots.items()},
    }


def _unpacked(raw: Mapping[str, Any]) -> Item:
    slots = {name: dict(text) for name, text in raw["slots"].items()}
    return Item(raw["value"], dict(raw["label"]), dict(raw["short"]), raw["sets"], slots)


def _pairs(text: Text) -> list[list[str]]:
    return [[language, wording] for language, wording in text.items()]
