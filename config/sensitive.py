"""Words that hide a text from the ward, read from sensitive.yml: what each category is known by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from config.categories import Category
from config.lexicon import read_phrase
from config.wording import given
from menus.marked import Node, did_you_mean

ASIDE = "aside"
GROUPS = "groups"
OMBUDSMAN = "ombudsman"
NEAR = "~"
"""Between parts of a phrase: they may stand in either order, some words apart."""

_GROUP = re.compile(r"[a-z]{2,20}")
_WORD = re.compile(r"\*?[^\W_]+\*?")


@dataclass(frozen=True)
class Sensitive:
    """From the code of each sensitive category to its phrases, the first category counting most.

    A phrase has words (`*` at their ends for any letters), `<name>` for a phrase of that group, and `~` between parts
    that need only be near each other. `aside`: phrases that count for nothing, nor does anything inside them.
    `ombudsman`: phrases by which a confidential text is known to be about the ombudsman's own office.
    """

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    ombudsman: tuple[str, ...] = ()


def read_sensitive(node: Node, categories: Sequence[Category]) -> Sensitive:
    """sensitive.yml: lists of phrases by category, and beside them `groups` (name → phrases), `aside` and `ombudsman`.

    `categories` are the county's, none meaning that they are unknown.
    """
    pairs = node.pairs()
    fields = dict(pairs)
    groups = given(fields, GROUPS, _read_groups, {})
    aside = given(fields, ASIDE, _read_plain, ())
    ombudsman = given(
        fields, OMBUDSMAN, lambda part: tuple(_read_phrase(item, groups) for item in part.items()), tuple[str, ...]()
    )
    known = [category.code for category in categories if category.sensitive]
    words: dict[str, tuple[str, ...]] = {}
    for code, part in pairs:
        if code in (ASIDE, GROUPS, OMBUDSMAN):
            continue
        if categories and code not in known:
            part.wrong(f"there is no sensitive category `{code}`{did_you_mean(code, known)}")
        words[code] = tuple(_read_phrase(item, groups) for item in part.items())
    return Sensitive(MappingProxyType(words), MappingProxyType(groups), aside, ombudsman)


def _read_groups(node: Node) -> dict[str, tuple[str, ...]]:
    groups = {}
    for name, part in node.pairs():
        if not _GROUP.fullmatch(name):
            part.wrong(f"`{name}` is not a group of 2 to 20 small letters, such as `officer`")
        groups[name] = _read_plain(part)
    return groups


def _read_plain(node: Node) -> tuple[str, ...]:
    return tuple(read_phrase(item) for item in node.items())


def _read_phrase(node: Node, groups: Mapping[str, tuple[str, ...]]) -> str:
    """A phrase of words, of `<name>` and of parts with `~` between them."""
    phrase = node.string()
    if not node.is_scalar or not any(mark in phrase for mark in "<>~"):
        return read_phrase(node)
    tokens = phrase.split()
    parts = [part.split() for part in f" {phrase} ".split(f" {NEAR} ")]
    if not all(parts) or not all(_WORD.fullmatch(token) or _named(token) for part in parts for token in part):
        node.wrong(f"`{phrase}` is not a phrase: words and `<groups>` with single spaces, `{NEAR}` between two of them")
    elif sum(map(len, parts)) < 2:
        node.wrong(f"`{phrase}` would hide every text that has a word of the group: add what it says about it")
    for name in filter(None, map(_named, tokens)):
        if name not in groups:
            node.wrong(f"there is no group `{name}`{did_you_mean(name, groups)}")
    return phrase


def _named(token: str) -> str | None:
    """The name in `<name>`."""
    return token[1:-1] if len(token) > 2 and token.startswith("<") and token.endswith(">") else None
