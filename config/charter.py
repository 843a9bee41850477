"""The times that the county promises, and its days off beside the public holidays: charter.yml."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from config.wording import given
from menus.marked import Node, did_you_mean


class TermUnit(StrEnum):
    """How a term is counted: `days` are calendar days, `working_days` leave out weekends and days off."""

    WORKING_DAYS = "working_days"
    DAYS = "days"
    HOURS = "hours"


class TermName(StrEnum):
    """Every term that the program keeps; a county gives them all."""

    ACKNOWLEDGE = "acknowledge"
    FIRST_ACTION = "first_action"
    RESOLVE = "resolve"
    HARD_STOP = "hard_stop"
    REOPEN_WINDOW = "reopen_window"
    CONFIRMATION_WAIT = "confirmation_wait"
    PAUSE_LIMIT = "pause_limit"
    STEP = "step"
    NEWS = "news"
    SILENCE = "silence"
    CALL_BACK = "call_back"
    DRAFT = "draft"


@dataclass(frozen=True)
class Term:
    """A length of time, such as 8 working days."""

    amount: int
    unit: TermUnit


@dataclass(frozen=True)
class Charter:
    """`terms` has every `TermName`; `gazetted` are extra days off, `cancelled` holidays on which work goes on."""

    terms: Mapping[str, Term]
    by_category: Mapping[str, Mapping[str, Term]]
    gazetted: frozenset[date]
    cancelled: frozenset[date]

    def term(self, name: str, category: str | None = None) -> Term:
        """The term for cases of `category`. Raises KeyError for a name that is no `TermName`."""
        return self.by_category.get(category or "", {}).get(name) or self.terms[name]


def read_charter(node: Node, categories: Collection[str]) -> Charter:
    """charter.yml; `categories` are the known codes, none meaning that they are unknown."""
    fields = node.fields(required=("terms",), optional=("by_category", "gazetted", "cancelled"))
    gazetted = given(fields, "gazetted", _read_dates, frozenset[date]())
    cancelled = given(fields, "cancelled", _read_dates, frozenset[date]())
    for day in sorted(gazetted & cancelled):
        fields["cancelled"].wrong(f"{day} is both gazetted and cancelled")
    return Charter(
        terms=given(fields, "terms", lambda part: _read_terms(part, required=tuple(TermName)), {}),
        by_category=given(fields, "by_category", lambda part: _read_by_category(part, categories), {}),
        gazetted=gazetted,
        cancelled=cancelled,
    )


def _read_by_category(node: Node, categories: Collection[str]) -> Mapping[str, Mapping[str, Term]]:
    terms: dict[str, Mapping[str, Term]] = {}
    for code, part in node.pairs():
        if categories and code not in categories:
            part.wrong(f"there is no category `{code}`{did_you_mean(code, categories)}")
        terms[code] = _read_terms(part)
    return MappingProxyType(terms)


def _read_terms(node: Node, required: Collection[str] = ()) -> Mapping[str, Term]:
    fields = node.fields(required=required, optional=tuple(TermName))
    return MappingProxyType({name: _read_term(part) for name, part in fields.items()})


def _read_term(node: Node) -> Term:
    """`8 working_days`: a number from 1 to 999, a space, a unit."""
    found = re.fullmatch(rf"([1-9][0-9]{{0,2}}) ({'|'.join(TermUnit)})", node.string())
    if found:
        return Term(int(found[1]), TermUnit(found[2]))
    if node.is_scalar:
        units = ", ".join(TermUnit)
        node.wrong(f"expected a number and a unit ({units}), such as `8 working_days`, found `{node.string()}`")
    return Term(1, TermUnit.DAYS)


def _read_dates(node: Node) -> frozenset[date]:
    return frozenset(day for item in node.items() if (day := _read_date(item)))


def _read_date(node: Node) -> date | None:
    text = node.string()
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    if node.is_scalar:
        node.wrong(f"expected a date such as 2026-12-24, found `{text}`")
    return None
