"""Every situation in which a screen may show, with the longest of everything that may stand on it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, combinations

from menus.engine import TYPED_SHOWN, Catalogue
from menus.lettering import septets
from menus.tree import Item, Menu, Pick, Screen, Text
from menus.vocabulary import VALUES

IMPLIED: Mapping[str, str] = {
    "case.renewed": "case.late",
    "case.late": "case.promised",
    "case.ended": "case.callable",
    "case.higher": "case.callable",
    "case.top": "case.callable",
    "case.promised": "case.open",
    "case.open": "case.callable",
    "case.callable": "case.known",
    "question.fixed": "matter.pending",
    "letter.waiting": "matter.pending",
    "draft.open": "matter.pending",
    "incident.dated": "incident.open",
}
"""Facts that never hold without another one."""
NEVER_TOGETHER = (
    frozenset({"case.feedback", "case.national"}),
    frozenset({"case.feedback", "incident.supported"}),
    frozenset({"case.national", "incident.supported"}),
    frozenset({"case.ended", "case.open"}),
    frozenset({"case.higher", "case.top"}),
    frozenset({"question.fixed", "letter.waiting"}),
    frozenset({"question.fixed", "draft.open"}),
    frozenset({"letter.waiting", "draft.open"}),
)
ONE_OF: Mapping[str, frozenset[str]] = {
    "matter.pending": frozenset({"question.fixed", "letter.waiting", "draft.open"}),
    "case.top": frozenset({"case.late", "case.ended"}),
}
"""Facts that never hold without one of several others."""

_SLOT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Longest:
    """The longest that look-ups and effects may answer: lists by need, of which any number of lines; texts by slot."""

    lists: Mapping[str, tuple[tuple[Item, ...], ...]]
    slots: Mapping[str, tuple[Text, ...]]


@dataclass(frozen=True)
class Situation:
    """Facts that hold, the lines of the screen's list, and the slots of the choice that this list belongs to."""

    facts: frozenset[str]
    items: tuple[Item, ...]
    slots: Mapping[str, Text]
    where: str

    def holds(self, fact: str | None) -> bool:
        return fact is None or fact in self.facts


class Situations:
    """`slots` has the longest filling of each slot, by language."""

    def __init__(self, menu: Menu, catalogue: Catalogue, longest: Longest) -> None:
        self.menu = menu
        self.catalogue = replace(
            catalogue, lists={key: tuple(map(self._complete, items)) for key, items in catalogue.lists.items()}
        )
        self.longest = longest
        self.chosen = self._chosen()
        self.slots = self._slots()

    def _complete(self, item: Item) -> Item:
        """In every language of the tree, with what the walk shows where the county has none."""
        label, short, slots = (
            {name: self.menu.all_languages(partial(self.menu.spoken, text)) for name, text in texts.items()}
            for texts in ({"label": item.label}, {"short": item.short}, item.slots)
        )
        return replace(item, label=label["label"], short=short["short"], slots=slots)

    def of(self, screen: Screen) -> Iterator[Situation]:
        """Every situation of `screen`."""
        for items, slots, where in self._lists(screen):
            for facts in combinations_of(screen):
                if not _contradicts(screen, facts, items):
                    yield Situation(facts, items, slots, " ".join([where, *sorted(facts)]).strip())

    def _lists(self, screen: Screen) -> Iterator[tuple[tuple[Item, ...], Mapping[str, Text], str]]:
        """The lists that a screen may show, each with the slots of the choice that it belongs to."""
        pick = screen.pick
        if pick is None:
            yield (), {}, ""
        elif pick.source == "need":
            yield (), {}, "0 lines"
            for lines in self.longest.lists.get(screen.need or "", ()):
                yield from ((lines[:count], {}, f"{count} lines") for count in range(1, len(lines) + 1))
        elif pick.of in VALUES:
            yield (), {}, ""
            for value, parent in self.chosen.get(pick.of, {}).items():
                items = self.catalogue.lists.get((pick.source, value), ())
                yield items, {pick.of: parent.short, **parent.slots}, f"{pick.of} {value}"
        else:
            yield self.catalogue.lists.get((pick.source, pick.of or ""), ()), {}, ""

    def _chosen(self) -> Mapping[str, Mapping[str, Item]]:
        """The lines that may set each value: `{"ward": {"1014": …}}`."""
        chosen: dict[str, dict[str, Item]] = defaultdict(dict)
        for pick in (screen.pick for screen in self.menu.screens.values() if screen.pick):
            for key, items in self.catalogue.lists.items():
                if _shows(pick, *key):
                    chosen[pick.into].update({item.value: item for item in items})
        chosen["ward"].update({item.value: item for item in self.catalogue.wards.values()})
        return chosen

    def _slots(self) -> Mapping[str, Text]:
        found: dict[str, list[Text]] = defaultdict(list)
        for name, texts in self.longest.slots.items():
            found[name].extend(texts)
        for value, items in self.chosen.items():
            found[value].extend(item.short for item in items.values())
        for item in chain.from_iterable(items.values() for items in self.chosen.values()):
            for name, text in item.slots.items():
                found[name].append(text)
        for screen in self.menu.screens.values():
            letters = "0" * screen.digits if screen.digits else "w" * TYPED_SHOWN
            found[screen.into or "typed"].append(dict.fromkeys(self.menu.languages, letters))
        longest = {name: self._longest(texts) for name, texts in found.items() if texts}
        return {**self.catalogue.slots, **longest}

    def _longest(self, texts: Iterable[Text]) -> Text:
        texts = list(texts)
        return self.menu.all_languages(lambda language: max((spoken(text, language) for text in texts), key=septets))


def filled(text: str, slots: Mapping[str, Text], language: str) -> str:
    """`text` with its slots filled; one that nothing fills stays empty, as on a phone."""
    return _SLOT.sub(lambda match: spoken(slots.get(match.group(1), {}), language), text)


def spoken(text: Text, language: str) -> str:
    """The wording in `language`, or in the first one that there is."""
    return text.get(language) or next(iter(text.values()), "")


def named_by(screen: Screen) -> frozenset[str]:
    """The facts on which it depends what stands on a screen."""
    wordings = [screen.text, *(option.text for option in screen.options)]
    named = {when for wording in wordings for when, _ in wording.variants}
    named |= {fact for option in screen.options for fact in (option.when, option.unless)}
    return frozenset(fact for fact in named if fact)


def combinations_of(screen: Screen) -> Iterator[frozenset[str]]:
    """Which of the facts that a screen names may hold together."""
    facts = sorted(named_by(screen))
    for chosen in chain.from_iterable(combinations(facts, count) for count in range(len(facts) + 1)):
        holding = _with_implied(chosen)
        if holding & set(facts) == set(chosen) and not _absurd(holding, set(facts)):
            yield frozenset(chosen)


def _absurd(holding: set[str], named: set[str]) -> bool:
    """Whether facts hold together that never do, or one holds of which every cause that is `named` does not."""
    if any(pair <= holding for pair in NEVER_TOGETHER):
        return True
    return any(fact in holding and causes <= named and not causes & holding for fact, causes in ONE_OF.items())


def _with_implied(facts: Iterable[str]) -> set[str]:
    holding: set[str] = set()
    for name in facts:
        fact: str | None = name
        while fact:
            holding.add(fact)
            fact = IMPLIED.get(fact)
    return holding


def _contradicts(screen: Screen, facts: frozenset[str], items: tuple[Item, ...]) -> bool:
    """Facts that say something else about the list than what it holds."""
    if "places.none" in facts:
        return bool(items)
    return "ward.unknown" in facts and screen.pick is not None and screen.pick.of == "ward" and bool(items)


def _shows(pick: Pick, source: str, parent: str) -> bool:
    """Whether a list of the catalogue may stand on a screen with this pick."""
    return source == pick.source and (pick.of in VALUES or parent == (pick.of or ""))
