"""The keys of the officers' web: one table, which the pages carry in `data-key` and one page lists."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from gateway.installation import Installation

CASE: Mapping[str, tuple[str, str]] = {
    "take": ("t", "Take it"),
    "end": ("e", "End it"),
    "write": ("w", "Write to the resident"),
    "ready": ("d", "Ready texts, where one is written"),
    "refer": ("r", "Refer it"),
    "route": ("b", "Over the border: send it to another ward"),
    "note": ("n", "Add a note"),
    "assign": ("a", "Give it to a colleague"),
    "crew": ("s", "Send somebody: a link for whoever does the work"),
    "withdraw": ("D", "Withdraw the link of somebody who was sent"),
    "share": ("C", "Share it as a card"),
    "place": ("p", "The place in words"),
    "sort": ("k", "Say what it is about"),
    "confirm": ("y", "Yes: what was read from the words is right"),
    "number": ("l", "Look at the number"),
    "publish": ("i", "Same problem: tell all who have it"),
    "unpublish": ("I", "Ask nobody any more"),
    "merge": ("m", "Same problem: merge; again: the next one"),
    "unmerge": ("u", "Take out again what was merged"),
    "join": ("j", "The same matter of the same resident: join"),
    "part": ("J", "Take apart what was joined"),
    "unlink": ("U", "Not the same matter"),
    "split": ("S", "Make an SMS a case of its own"),
    "news": ("o", "Ask outside: news from another body"),
    "to_centre": ("c", "Hand over to the call centre"),
    "from_centre": ("c", "What the call centre says"),
    "agree": ("v", "No report: agree"),
    "reject": ("x", "No report: say why it is one"),
    "hide": ("h", "It is confidential"),
    "release": ("z", "Release it"),
    "name": ("W", "Whom it is about"),
    "lift": ("L", "It is not about her"),
    "to_secretary": ("f", "Away from the ombudsman: it is about that office"),
    "to_ombudsman": ("f", "Back to the ombudsman"),
    "correct": ("1", "A right by law: correct"),
    "erase": ("2", "A right by law: erase"),
    "extend": ("3", "A right by law: extend the time"),
    "transfer": ("4", "A right by law: transfer"),
    "export": ("5", "A right by law: download"),
}
"""Whatever a case page offers → its key, and what that does. Two share one only where no page has both. Only taking it
is done at once; every other key goes to the first field, the button or the page, and nothing is sent by it."""


def _does(key: str) -> str:
    """Of all that have this key."""
    return "; ".join(does for one, does in CASE.values() if one == key)


KEYS: Mapping[str, Mapping[str, str]] = {
    "On every page": {
        "?": "Show the keys of the page",
        "g q": "To the queue",
    },
    "In the queue": {
        "/": "Find a reference or words",
        "n": "What is new",
        "l": "What is late",
        "m": "What waits for me",
        "f": "Filter the list",
        "j": "The next case",
        "k": "The case before",
        "o": "Open the case (so does Enter)",
        "t": "Take the case",
        "e": "Answer or end the case",
        "x": "Select the case",
        "s": "With the selected: what is done with them",
    },
    "In the list of call-backs": {
        "l": "Look at the number, and call",
        "y": "We spoke",
        "x": "Not reached",
        "j": "The next call",
        "k": "The call before",
        "o": "Open its case",
    },
    "In the list of reports without a ward": {
        "1": "To the first ward that is guessed",
        "2": "To the second one",
        "3": "To the third one",
        "b": "To another ward: type it",
        "j": "The next report",
        "k": "The report before",
        "o": "Open it",
    },
    "On the page of a case": {key: _does(key) for key in dict.fromkeys(key for key, _ in CASE.values())},
}
"""Where → key → what it does. `g q` is one key after the other."""


def carried(action: str) -> Markup:
    """The attribute that gives what is offered its key."""
    return Markup(' data-key="{}"').format(CASE[action][0])


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/keys`, for every officer; it reads nothing."""

    @routes.get("/triage/keys")
    def keys() -> ResponseReturnValue:
        return render_template("triage/keys.html", keys=KEYS)
