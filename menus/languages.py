"""Texts in every language of a file, with what stands in where a language lacks one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from menus.lettering import BASIC, EXTENDED
from menus.marked import Node, did_you_mean
from menus.tree import Gap, Text

_SLOT = re.compile(r"\{([^{}]*)\}")


def read_languages(node: Node) -> tuple[str, ...]:
    """The languages of a file, the first one for whoever has not chosen; none where that is a mistake."""
    languages = node.strings()
    if node.is_list and not languages:
        node.wrong("there is no language")
    if len(set(languages)) < len(languages):
        node.wrong("a language is given twice")
    return tuple(dict.fromkeys(languages))


def read_fallback(node: Node, languages: Sequence[str]) -> Mapping[str, str]:
    """Languages that may miss texts, each with the one that stands in, which itself misses none."""
    found: dict[str, str] = {}
    partial = [name for name, _ in node.pairs()]
    complete = [language for language in languages if language not in partial]
    if not complete:
        node.wrong("one language at least must be complete, so that it can stand in for the others")
        return dict.fromkeys(languages[1:], languages[0])
    for name, part in node.pairs():
        stand_in = part.string()
        if name not in languages:
            part.wrong(f"language `{name}` is not one of {', '.join(languages)}")
            continue
        if part.is_scalar and stand_in not in complete:
            part.wrong(f"`{stand_in}` cannot stand in: it must be one of {', '.join(complete)}")
        found[name] = stand_in if stand_in in complete else complete[0]
    return found


def read_clock(node: Node, languages: Sequence[str], fallback: Mapping[str, str]) -> tuple[str, ...]:
    """The languages that count hours from six: those named, and those whose missing texts one of them stands in for."""
    named = set()
    for part in node.items():
        language = part.string()
        if language not in languages:
            part.wrong(f"language `{language}` does not exist{did_you_mean(language, languages)}")
        named.add(language)
    return tuple(language for language in languages if {language, fallback.get(language)} & named)


@dataclass(frozen=True)
class Texts:
    """Reads wordings in every language. What a language with a stand-in lacks is filled in, and noted in `gaps`."""

    languages: tuple[str, ...]
    fallback: Mapping[str, str]
    slots: Sequence[str]
    gaps: dict[str, list[Gap]] = field(default_factory=dict)

    @property
    def complete(self) -> tuple[str, ...]:
        """The languages that every text must have."""
        return tuple(language for language in self.languages if language not in self.fallback)

    def text(self, node: Node) -> Text:
        return self.filled(node.fields(self.complete, tuple(self.fallback)), node.line)

    def filled(self, found: Mapping[str, Node], line: int) -> Text:
        """The wordings in `found` by language, with the gaps filled."""
        written = {language: self._wording(part) for language, part in found.items()}
        for language, stand_in in self.fallback.items():
            if language not in written and stand_in in written:
                written[language] = written[stand_in]
                self._note(language, written[stand_in], line)
        return written

    def _wording(self, node: Node) -> str:
        text = node.string()
        if node.is_scalar and not text.strip():
            node.wrong("the text is empty")
        strange = sorted({letter for letter in text if letter not in BASIC and letter not in EXTENDED})
        if strange:
            node.wrong(f"{' '.join(strange)} cannot be shown on a basic phone (not in GSM-7)")
        for slot in _SLOT.findall(text):
            if slot not in self.slots:
                node.wrong(f"slot `{{{slot}}}` does not exist{did_you_mean(slot, self.slots)}")
        if re.search(r"[{}]", _SLOT.sub("", text)):
            node.wrong("`{` and `}` stand around the name of a slot; here one of them stands alone")
        return _SLOT.sub(lambda match: match.group(0) if match.group(1) in self.slots else "", text)

    def calendar(self, node: Node, count: int) -> Mapping[str, tuple[str, ...]]:
        """Names of days or months, `count` of them in each language."""
        found = node.fields(self.complete, tuple(self.fallback))
        for part in found.values():
            if len(part.strings()) != count:
                part.wrong(f"expected {count} names, found {len(part.strings())}")
        names = {language: part.strings() for language, part in found.items()}
        for language, stand_in in self.fallback.items():
            if language not in names and stand_in in names:
                names[language] = names[stand_in]
                self._note(language, " ".join(names[stand_in]), node.line)
        return names

    def missing(self, language: str) -> tuple[Gap, ...]:
        """What was not written in this language, from the top of the file."""
        return tuple(sorted(self.gaps.get(language, ()), key=lambda gap: gap.line))

    def _note(self, language: str, text: str, line: int) -> None:
        self.gaps.setdefault(language, []).append(Gap(text, line))
