"""What officers text as an answer to a prompt: the digit, its words, or nearly those."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.messages.keywords import keyword_in

GOING, NOT_MINE, CALL_ME = "going", "not_mine", "call_me"
SAYINGS: Mapping[str, tuple[str, frozenset[str]]] = {
    NOT_MINE: ("2", frozenset({"si yangu", "siyangu", "sio yangu", "not mine", "notmine"})),
    GOING: (
        "1",
        frozenset({"naenda", "naenda huko", "nitaenda", "nakuja", "going", "i am going", "im going", "yangu", "mine"}),
    ),
    CALL_ME: ("3", frozenset({"piga", "nipigie", "nipigieni", "nipigie simu", "call", "call me", "callme"})),
}
"""What she may write: the digit, the words, or both. *Si yangu* is looked for before *yangu*."""
UNCLEAR = "unclear"
"""What she writes where she means to answer, and nobody can tell what."""
NODS = frozenset({"ok", "okay", "sawa", "ndio", "ndiyo", "yes", "poa", "haya"})
LONGEST = 8
"""Words of an answer; what is longer is a report of hers."""

_WORD = re.compile(r"[^\W_]+")


def answer_in(text: str) -> str | None:
    """What a text answers to a prompt: GOING, NOT_MINE or CALL_ME; None for every other text."""
    said = " ".join(_words(text))
    for answer, (digit, words) in SAYINGS.items():
        if said == digit or said in words or said.removeprefix(f"{digit} ") in words:
            return answer
    return None


def nearly(text: str) -> str | None:
    """The same of a text that says more or less: by its digit, unless its words say something else; UNCLEAR where it
    only may be meant as an answer. None for every other text."""
    words = _words(text)
    if not words or len(words) > LONGEST or keyword_in(text):
        return None
    rest, named = f" {' '.join(words)} ", set()
    for answer, (_, sayings) in SAYINGS.items():
        for saying in sorted(sayings, key=len, reverse=True):
            if f" {saying} " in rest:
                named.add(answer)
                rest = rest.replace(f" {saying} ", " ")
    digits = {digit: answer for answer, (digit, _) in SAYINGS.items()}
    meant = digits.get(words[0])
    if meant and named <= {meant} and digits.keys().isdisjoint(words[1:]):
        return meant
    return UNCLEAR if meant or named or NODS.issuperset(words) else None


def is_nod(text: str) -> bool:
    """*Ok*, *sawa*: yes to something, and nobody knows to what."""
    return NODS.issuperset(_words(text))


def disowns(text: str) -> bool:
    """`Si yangu, ni ya KeNHA`: no report begins so, whatever it names."""
    said = f"{' '.join(_words(text))} ".removeprefix(f"{SAYINGS[NOT_MINE][0]} ")
    return any(said.startswith(f"{saying} ") for saying in SAYINGS[NOT_MINE][1])


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text.replace("'", "").replace("’", ""))]
