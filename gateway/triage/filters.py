"""What a queue is asked for, as its address says it: a list, and what narrows it. A bookmark is a saved view."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TypeVar

from config.county import County
from config.rights import RIGHTS
from gateway.cases.models import OPEN, Channel, Ending, Status
from gateway.cases.searching import LETTERS

ME, NOBODY = "me", "nobody"
_DIGITS = 9
"""Of a code or an id: what is longer is none, and no integer of the database's."""
_PHONE = re.compile(r"\+?(\d[\s.-]*){9,}")
_YES = "1"
NO_PHONES = "Numbers of phones are not searched. Use the reference or words."

_State = TypeVar("_State", bound=StrEnum)


class Tab(StrEnum):
    """The lists. Every open case is in exactly one of new, mine and waiting; what needs doing is in `todo`."""

    TODO = "todo"
    NEW = "new"
    LATE = "late"
    MINE = "mine"
    WAITING = "waiting"
    DONE = "done"
    PRACTICE = "practice"
    """What trainers filed: in no other list."""


@dataclass(frozen=True)
class Filters:
    """The list to `show`, and only what fits everything else that is given. `assignee`: an officer's id, or one of
    `me` and `nobody`; `words`: as they are searched for."""

    show: Tab = Tab.TODO
    state: Status | None = None
    ending: Ending | None = None
    category: str | None = None
    problem: str | None = None
    channel: Channel | None = None
    sub_county: int | None = None
    ward: int | None = None
    assignee: int | str | None = None
    late: bool = False
    disputed: bool = False
    words: str = ""

    @classmethod
    def read(cls, args: Mapping[str, str], county: County) -> Filters:
        """As an address has them. What is unknown there is left out; a state that the list cannot hold has another."""
        sub_county, ward = _number(args.get("sub_county")), _number(args.get("ward"))
        codes = {one.code for one in county.categories} | set(RIGHTS)
        problems = {problem.code for one in county.categories for problem in one.problems}
        problems |= {service.code for service in county.services}
        asked = cls(
            show=_member(Tab, args.get("show")) or Tab.TODO,
            state=_member(Status, args.get("state")),
            ending=_member(Ending, args.get("ending")),
            category=_one_of(codes, args.get("category")),
            problem=_one_of(problems, args.get("problem")),
            channel=_member(Channel, args.get("channel")),
            sub_county=sub_county if sub_county and county.sub_county(sub_county) else None,
            ward=ward if ward and county.ward(ward) else None,
            assignee=_assignee(args.get("assignee")),
            late=args.get("late") == _YES,
            disputed=args.get("disputed") == _YES,
            words=_words(args.get("words", "")),
        )
        return replace(asked, show=_that_holds(asked))

    def args(self, **changes: object) -> dict[str, str]:
        """For the address, in its order; what says nothing is left out. `changes`: some of the fields."""
        changed = {one.name: changes.get(one.name, getattr(self, one.name)) for one in fields(self)}
        if changed["show"] == Tab.TODO:
            del changed["show"]
        return {name: _YES if value is True else str(value) for name, value in changed.items() if value}

    def of(self, show: Tab) -> Filters:
        """The same asked of another list, without the state and the ending that it does not hold."""
        changed = replace(self, show=show)
        return changed if show is self.show or _holds(show, self) else replace(changed, state=None, ending=None)

    def any(self) -> bool:
        """Whether anything beyond the list is asked for."""
        return bool(self.args(show=Tab.TODO))


def _that_holds(asked: Filters) -> Tab:
    """The list in which what is asked for can stand: who asks how it ended means those that have."""
    return next((one for one in (asked.show, Tab.TODO, Tab.WAITING) if _holds(one, asked)), Tab.DONE)


def _holds(show: Tab, asked: Filters) -> bool:
    match show:
        case Tab.PRACTICE:
            return True
        case Tab.DONE:
            return asked.state not in OPEN
        case Tab.WAITING:
            return asked.ending is None and asked.state in (None, *OPEN)
        case _:
            return asked.ending is None and asked.state in (None, *OPEN) and asked.state is not Status.WAITING


def _member(kind: type[_State], value: str | None) -> _State | None:
    return next((member for member in kind if member == value), None)


def _one_of(known: Collection[str], value: str | None) -> str | None:
    return value if value in known else None


def _number(value: str | None) -> int | None:
    return int(value) if value and len(value) <= _DIGITS and value.isascii() and value.isdigit() else None


def _words(value: str) -> str:
    """As they are searched for. Numbers of phones are not."""
    words = " ".join(value.replace("\0", " ").split())[:LETTERS]
    return "" if is_phone(words) else words


def is_phone(words: str) -> bool:
    return _PHONE.fullmatch(words.strip()) is not None


def _assignee(value: str | None) -> int | str | None:
    return value if value in (ME, NOBODY) else _number(value)
