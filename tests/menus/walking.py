"""Walking the county's own tree without a database: an answerer in memory gives what a walk asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from menus.engine import Catalogue, Facts, Finish, Need, Show, walk
from menus.tree import Menu

Answer = Mapping[str, Any]

PROMISE = {
    "promise": {"sw": "Alh 3 Des", "en": "Thu 3 Dec"},
    "promise_day": {"sw": "3 Des", "en": "3 Dec"},
}
FILED = {"reference": "4821 7739", **PROMISE}
SHIRERE = {"sub_county": {"sw": "Lurambi", "en": "Lurambi"}, "ward": {"sw": "Shirere", "en": "Shirere"}}

STRANGER: Mapping[str, Any] = {}
RETURNING: Mapping[str, Any] = {
    "values": {"ward": "1014", "sub_county": "202"},
    "slots": SHIRERE,
    "facts": ("resident.has_ward",),
}
PROFILES: Mapping[str, Mapping[str, Any]] = {
    "stranger": STRANGER,
    "returning": RETURNING,
    "returning_to_the_longest_ward": {
        "values": {"ward": "1016", "sub_county": "203"},
        "slots": {
            "sub_county": {"sw": "Navakholo", "en": "Navakholo"},
            "ward": {"sw": "Shinoyi-Shikomari", "en": "Shinoyi-Shikomari"},
        },
        "facts": ("resident.has_ward",),
    },
    # *fixed?* is open.
    "asked": {"slots": {"question_reference": "4821 7739"}, "facts": ("question.fixed",)},
    "settled": {"slots": {"question_reference": "4821 7739"}, "facts": ("question.fixed", "question.settled")},
}

NAIROBI = (
    "Westlands", "Dagoretti North", "Dagoretti South", "Langata", "Kibra", "Roysambu", "Kasarani", "Ruaraka",
    "Embakasi South", "Embakasi North", "Embakasi Central", "Embakasi East", "Embakasi West", "Makadara", "Kamukunji",
    "Starehe", "Mathare",
)  # fmt: skip


def ward(code: int, sub_county: int, label: str, short: str) -> Answer:
    return {
        "value": str(code),
        "label": dict.fromkeys(("sw", "en"), label),
        "short": dict.fromkeys(("sw", "en"), short),
        "sets": {"sub_county": str(sub_county)},
    }


FOUND = {
    "sherere": [
        ward(1014, 202, "Shirere (Lurambi)", "Shirere"),
        ward(1007, 201, "Shirugu-Mugai (Malava)", "Shirugu-Mugai"),
    ]
}
STATES = (
    ("48217739", {"sw": "kazini", "en": "in progress"}),
    ("73100043", {"sw": "imechelewa", "en": "late"}),
)
CASES: Mapping[str, Answer] = {
    "48217739": {
        "facts": ["case.known", "case.callable", "case.open", "case.promised"],
        "slots": {
            **FILED,
            "status": STATES[0][1],
            "desk": {"sw": "Idara ya Maji", "en": "Water dept"},
            "since": {"sw": "12 Nov", "en": "12 Nov"},
        },
        "values": {"reference": "48217739"},
    },
    "73100043": {
        "facts": ["case.known", "case.callable", "case.open", "case.promised", "case.late"],
        "slots": {
            "reference": "7310 0043",
            "status": STATES[1][1],
            "desk": {"sw": "Idara Barabara", "en": "Roads dept"},
            "since": {"sw": "12 Nov", "en": "12 Nov"},
            "promise_day": {"sw": "20 Nov", "en": "20 Nov"},
        },
        "values": {"reference": "73100043"},
    },
    "11223344": {
        "facts": ["case.known", "case.callable"],
        "slots": {"reference": "1122 3344", "status": {"sw": "imefungwa", "en": "closed"}},
        "values": {"reference": "11223344"},
    },
}


def answer(need: Need) -> Answer:
    """What the callback would answer, for the few cases and places that these tests know."""
    match need.name:
        case "places":
            items = FOUND.get(need.values["typed"], [])
            return {"items": items, "facts": [] if items else ["places.none"]}
        case "my_cases":
            return {"items": [_listed(reference, state) for reference, state in STATES]}
        case "case":
            return CASES.get(need.values.get("reference", ""), {"facts": []})
        case "file":
            return _filed(need.values)
        case "amend":
            return {"slots": PROMISE}
        case "hide":
            return {"slots": {"secret": "5093"}, "values": {"secret": "5093"}}
        case "confirm" | "dispute":
            return {"values": {"reference": "48217739"}, "slots": {"reference": "4821 7739"}}
        case _:
            return {}


def _listed(reference: str, state: Mapping[str, str]) -> Answer:
    label = {language: f"{reference[:4]} {reference[4:]} {word}" for language, word in state.items()}
    return {"value": reference, "label": label}


def _filed(values: Mapping[str, str]) -> Answer:
    facts, slots = ["case.filed"], dict(FILED)
    if values["category"] in ("IDEA", "PRAISE", "RATING"):
        facts.append("case.feedback")
    if values["category"] == "NATIONAL":
        facts.append("case.national")
    if values.get("anonymous"):
        facts.append("case.anonymous")
        slots["secret"] = "5093"
    return {"values": {"reference": "48217739"}, "slots": slots, "facts": facts}


def with_sub_counties(catalogue: Catalogue, *names: str) -> Catalogue:
    """The catalogue with other sub-counties, by their names."""
    some = catalogue.lists["sub_counties", ""][3]
    texts = [dict.fromkeys(("sw", "en"), name) for name in names]
    items = tuple(replace(some, label=text, short=text) for text in texts)
    return replace(catalogue, lists={**catalogue.lists, ("sub_counties", ""): items})


@dataclass
class Phone:
    """A resident with a phone: `dial` gives the screen that a list of inputs ends on.

    `needs` are all that were asked for, in their order; none is asked for twice.
    """

    menu: Menu
    catalogue: Catalogue
    language: str = "sw"
    profile: Mapping[str, Any] = field(default_factory=dict)
    answerer: Callable[[Need], Answer] = answer
    needs: list[Need] = field(default_factory=list)

    def screen(self, typed: str) -> str:
        """The screen after inputs without a `*` in them, written as Africa's Talking joins them."""
        return self.dial(typed.split("*") if typed else []).text

    def dial(self, inputs: Sequence[str]) -> Show | Finish:
        facts = Facts(
            catalogue=self.catalogue,
            language=self.language,
            values=self.profile.get("values", {}),
            slots=self.profile.get("slots", {}),
            facts=frozenset(self.profile.get("facts", ())),
        )
        for _ in range(2 * len(inputs) + 1):
            step = walk(self.menu, inputs, facts)
            if not isinstance(step, Need):
                return step
            assert step.key not in facts.answers
            self.needs.append(step)
            facts = replace(facts, answers={**facts.answers, step.key: self.answerer(step)})
        raise AssertionError("the walk asks without end")
