"""Wordings and codes of a county folder: a text per language, in letters and lengths that a basic phone can show."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from menus.lettering import BASIC, EXTENDED, SCREEN_BUDGET, is_gsm7, septets
from menus.marked import Node

Text = Mapping[str, str]
"""From language (`sw`, `en`) to wording; it has every language of the county, and may have more."""

# Septets. Each follows from a screen at its worst case: the longest ward, the error line, all options.
LABEL = 20
SHORT = 14
PLACE = 17
LANDMARK = 14
SENTENCE = 70
NAME = 60

UPPER_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,19}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
LOWER_CODE = re.compile(r"[a-z][a-z0-9-]{0,19}")

T = TypeVar("T")
U = TypeVar("U")


def given(fields: Mapping[str, Node], name: str, read: Callable[[Node], T], otherwise: U) -> T | U:
    """What `read` makes of the field, or `otherwise` where the field was not given."""
    return read(fields[name]) if name in fields else otherwise


def read_line(node: Node, limit: int) -> str:
    """One line of at most `limit` septets in letters that GSM-7 has; anything else is a mistake."""
    text = node.string()
    if not node.is_scalar:
        return ""
    strange = sorted({letter for letter in text if letter not in BASIC and letter not in EXTENDED})
    if not text.strip():
        node.wrong("the text is empty")
    elif "\n" in text or text != text.strip():
        node.wrong(f"`{' '.join(text.split())}` must be one line without spaces around it")
    elif not is_gsm7(text):
        node.wrong(f"`{text}` has letters that a basic phone cannot show: {' '.join(strange)}")
    elif septets(text) > limit:
        node.wrong(f"`{text}` takes {septets(text)} septets, at most {limit} fit")
    return text


def read_text(node: Node, languages: Collection[str], limit: int) -> Text:
    """A mapping from each of `languages` to one line of at most `limit` septets.

    A further language may be given here and there: where it is not, another one stands in on the screen. `languages` is
    empty where county.yml could not be read: then nobody knows which are missing.
    """
    more = [name for name, _ in node.pairs() if LANGUAGE.fullmatch(name)] if node.is_mapping else []
    fields = node.fields(required=languages, optional=more) if languages else dict(node.pairs())
    return MappingProxyType({language: read_line(wording, limit) for language, wording in fields.items()})


def read_texts(node: Node, languages: Collection[str], limit: int) -> dict[str, Text]:
    """A mapping from code to text, in the order of the file, which is the order on the screen."""
    texts: dict[str, Text] = {}
    for code, wording in node.pairs():
        check_code(code, wording, UPPER_CODE)
        texts[code] = read_text(wording, languages, limit)
    return texts


def read_code(node: Node, taken: set[str], pattern: re.Pattern[str] = UPPER_CODE) -> str:
    """A code that nothing in `taken` has yet; it is added there."""
    code = node.string()
    check_code(code, node, pattern)
    if code in taken:
        node.wrong(f"`{code}` is given twice")
    taken.add(code)
    return code


def check_code(code: str, node: Node, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(code):
        letters = "capital letters, digits and _" if pattern is UPPER_CODE else "small letters, digits and -"
        node.wrong(f"`{code}` is not a code of at most 20 {letters}")


def check_screen(node: Node, language: str, header: str, labels: Iterable[str]) -> None:
    """Report a list of options that does not fit one screen below `header`, with the error line above it.

    `Rudia.` and `Rudi` stand for their like in every language; `flask menus check` proves the real screens.
    """
    options = "".join(f"\n{key} {label}" for key, label in enumerate(labels, start=1))
    length = septets(f"CON Rudia. {header}{options}\n0 Rudi")
    if length > SCREEN_BUDGET:
        node.wrong(f"the screen of these options takes {length} septets in `{language}`, at most {SCREEN_BUDGET} fit")
