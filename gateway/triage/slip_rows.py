"""The rows in which slips and notes are registered: what was typed, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from config.county import County, Ward
from gateway.cases.categories import OTHER
from gateway.cases.clock import local_day
from gateway.cases.slips import LATEST, Row
from gateway.people.models import Officer, Role
from gateway.people.phone import is_mobile, line_country, normalise
from gateway.triage import keypad
from gateway.triage.call_forms import NONCE, RELOAD
from gateway.triage.forms import PLACE, WORDS, Data, clean, subject

ROWS = 50
CODE = 6
"""Digits of the code of a ward at most."""
FIELDS: Mapping[str, int] = {
    "reference": 12, "code": 60, "words": WORDS, "place": PLACE, "ward": 40, "phone": 24, "language": 8,
}  # fmt: skip
"""The fields of a row and the letters that each takes."""
TYPED = tuple(name for name in FIELDS if name != "language")
"""Those that make a row: without any of them it is empty."""


@dataclass
class Typed:
    """One row of the page: what stands in its fields, and by field what is wrong."""

    number: int
    values: Mapping[str, str]
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(self.values[name] for name in TYPED)


@dataclass
class Sheet:
    """The whole page: the day, the ward and the language for all rows, and the rows, numbered from 1."""

    nonce: str
    day: str
    ward: str
    rows: list[Typed]
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def date(self) -> date | None:
        try:
            return date.fromisoformat(self.day)
        except ValueError:
            return None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(id of the field, sentence) of everything that is wrong."""
        found = list(self.wrong.items())
        for row in self.rows:
            found += [(f"{name}-{row.number}", f"Row {row.number}: {why}") for name, why in row.wrong.items()]
        return found


def blank(county: County, who: Officer, nonce: str, now: datetime) -> Sheet:
    """An empty page: today, and her own ward where she has one."""
    ward = next((str(code) for code in who.wards), "") if len(who.wards) == 1 else ""
    return Sheet(nonce, local_day(now).isoformat(), ward, [emptied(county, number) for number in range(1, ROWS + 1)])


def emptied(county: County, number: int) -> Typed:
    return Typed(number, dict.fromkeys(FIELDS, "") | {"language": county.languages[0]})


def typed(county: County, data: Data, now: datetime) -> Sheet:
    """What was sent. The day is checked here; the rows by `read_all`."""
    rows = [
        Typed(number, {name: clean(data.get(f"{name}-{number}")) for name in FIELDS}) for number in range(1, ROWS + 1)
    ]
    sheet = Sheet(data.get("nonce", ""), clean(data.get("day")), clean(data.get("ward")), rows)
    today = local_day(now)
    if not re.fullmatch(NONCE, sheet.nonce):
        sheet.wrong["nonce"] = RELOAD
    if sheet.date is None or not today - LATEST <= sheet.date <= today:
        sheet.wrong["day"] = f"Give the day on which the box was emptied: today, or up to {LATEST.days} days ago."
    if sheet.ward and _ward(county, sheet.ward) is None:
        sheet.wrong["ward"] = "Choose one of the county’s wards."
    return sheet


def _ward(county: County, code: str) -> Ward | None:
    """The ward of a code that came with the form."""
    return county.ward(int(code)) if code.isascii() and code.isdigit() and len(code) <= CODE else None


def read_all(county: County, who: Officer, sheet: Sheet) -> list[Row]:
    """The rows that are right; the others say what is wrong with them."""
    rows = (_read(county, who, sheet, row) for row in sheet.rows if not row.is_empty)
    return [row for row in rows if row is not None]


def _read(county: County, who: Officer, sheet: Sheet, row: Typed) -> Row | None:
    """The row as it is filed; None where something is wrong with it, which it says from then on."""
    values = row.values
    about = keypad.about(county, values["code"]) if values["code"] else f"{OTHER}:"
    phone = normalise(values["phone"]) if values["phone"] else None
    ward = keypad.ward(county, values["ward"]) if values["ward"] else _ward(county, sheet.ward)
    reference = "".join(values["reference"].translate(keypad.BETWEEN).split())
    row.wrong.update({name: "It is too long." for name, most in FIELDS.items() if len(values[name]) > most})
    if about is None:
        row.wrong["code"] = "No subject has this code. Leave it empty where the slip says none."
    if values["phone"] and phone is None:
        row.wrong["phone"] = "This is no telephone number."
    elif phone and not (is_mobile(phone) or line_country(phone)):
        row.wrong["phone"] = "Nobody is reached by this number: it only costs money. Leave it empty."
    if values["ward"] and ward is None:
        row.wrong["ward"] = "No ward has this name or code."
    elif not who.holds(Role.HOTLINE) and (ward is None or ward.code not in who.wards):
        row.wrong["ward"] = "You register slips of your own ward alone: hand this one to the county desk."
    if values["language"] not in county.languages:
        row.wrong["language"] = "Choose the language."
    if not (values["words"] or values["code"]):
        row.wrong["words"] = "Write what the slip says, or the code of what it is about."
    if row.wrong or about is None:
        return None
    category, problem = subject(about)
    return Row(
        row.number, reference or None, category, problem, ward.code if ward else None, values["place"],
        values["words"], phone, values["language"],
    )  # fmt: skip
