"""What is typed instead of chosen: a subject by its keys in the phone menu or its name, a ward by its name or code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from config.categories import OTHER_PROBLEM, Category, Menu
from config.county import County, Ward
from gateway.cases.places import find_wards
from gateway.triage import forms
from gateway.triage.english import english

BETWEEN = str.maketrans("", "", " .,*-")
"""What may stand between two keys: `1 2`, `1*2`."""
SECRET, RIGHT = "s", "r"
"""Before the number of what the phone has in no list of problems: `s2`, *Bribe, corruption*."""
NAMESAKES = 5
"""Wards of one name at most that are listed where it means none of them alone."""


@dataclass(frozen=True)
class Keyed:
    """One category with its keys: `1 Water`, and below it `12 Burst pipe`."""

    keys: str
    name: str
    problems: Sequence[tuple[str, str]]


@lru_cache(maxsize=8)
def legend(county: County) -> Sequence[Keyed]:
    """The categories of the two lists on the phone with the keys that lead to them, each with its problems."""
    main, more = county.menu(Menu.MAIN), county.menu(Menu.MORE)
    onward = len(main) + 1  # the key behind the last category of the first list
    keyed = [(str(key), one) for key, one in enumerate(main, start=1)]
    keyed += [(f"{onward}{key}", one) for key, one in enumerate(more, start=1)]
    return [_keyed(keys, category) for keys, category in keyed]


@lru_cache(maxsize=8)
def apart(county: County) -> Sequence[Keyed]:
    """What has no list of problems: national matters by their keys on the phone, the others by a letter."""
    onward, national = len(county.menu(Menu.MAIN)) + 1, len(county.menu(Menu.MORE)) + 1
    groups = {f"{onward}{national}": forms.NATIONALLY, SECRET: forms.CONFIDENTIAL, RIGHT: forms.BY_LAW}
    keyed = {name: [(key, label) for key, _, label in _apart(county, keys, name)] for keys, name in groups.items()}
    return [Keyed(keys, name, keyed[name]) for keys, name in groups.items()]


def _apart(county: County, keys: str, group: str) -> Iterator[tuple[str, str, str]]:
    """Key, `CATEGORY:PROBLEM` and name of each."""
    choices = forms.subjects(county, confidential=True)[group]
    assert isinstance(choices, dict)
    yield from ((f"{keys}{key}", value, name) for key, (value, name) in enumerate(choices.items(), start=1))


def _keyed(keys: str, category: Category) -> Keyed:
    problems = [(f"{keys}{key}", english(one.label)) for key, one in enumerate(category.problems, start=1)]
    return Keyed(keys, english(category.label), problems)


def about(county: County, typed: str) -> str | None:
    """`CATEGORY:PROBLEM` as the forms have it, for `1 2`, `s2` or `Water: Burst pipe`; None where nothing is called so.

    The key of a category alone is its *something else*.
    """
    keys, name = typed.translate(BETWEEN).casefold(), " ".join(typed.split()).casefold()
    return _by_keys(county).get(keys) or _by_name(county).get(name)


@lru_cache(maxsize=8)
def names(county: County) -> Mapping[str, str]:
    """Everything that can be filed by its whole name, `Water: Burst pipe`, in the order of the form's list."""
    found: dict[str, str] = {}
    for group, choices in forms.subjects(county, confidential=True).items():
        for value, name in choices.items() if isinstance(choices, dict) else ():
            of_category = any(group == one.name for one in legend(county))
            found.setdefault(f"{group}: {name}" if of_category else name, value)
    return found


def ward(county: County, typed: str) -> Ward | None:
    """The ward of exactly this name, short name, other spelling or code; a name that two wards have is none."""
    wanted = " ".join(typed.split()).casefold()
    for called in (_names_of, _spellings_of):
        found = [one for one in county.wards if wanted in called(one)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def likely(county: County, typed: str) -> Sequence[Ward]:
    """The wards that may be meant where `ward` knows none: those of a name that several have, or that sound alike."""
    return find_wards(county, typed, NAMESAKES)


def no_ward(county: County, typed: str) -> str:
    """Why `typed` is no ward, in a sentence."""
    names = [one.name for one in likely(county, typed)]
    if not names:
        return "No ward is called so. Type its name or its code."
    which = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
    return f"Which ward: {which}? Type its whole name or its code."


def _names_of(one: Ward) -> set[str]:
    return {str(one.code), one.name.casefold(), one.short.casefold()}


def _spellings_of(one: Ward) -> set[str]:
    return {alias.casefold() for alias in one.aliases}


@lru_cache(maxsize=8)
def _by_keys(county: County) -> Mapping[str, str]:
    categories = (*county.menu(Menu.MAIN), *county.menu(Menu.MORE))
    found: dict[str, str] = {}
    for keyed, category in zip(legend(county), categories, strict=True):
        found[keyed.keys] = f"{category.code}:{OTHER_PROBLEM}"
        for (keys, _), problem in zip(keyed.problems, category.problems, strict=True):
            found[keys] = f"{category.code}:{problem.code}"
    for group in apart(county):
        found |= {key: value for key, value, _ in _apart(county, group.keys, group.name)}
    return found


@lru_cache(maxsize=8)
def _by_name(county: County) -> Mapping[str, str]:
    return {name.casefold(): value for name, value in names(county).items()}
