"""Every SMS wording, in every language, with the variants for paid texts and for senders that cannot be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from menus.languages import Texts, read_fallback, read_languages
from menus.lettering import to_gsm7
from menus.marked import Mistakes, Node, Problem, read
from menus.tree import Gap, Text

SLOTS = (
    "county", "hotline", "service_code", "short_code", "emergency", "reference", "promise", "ward", "desk", "month",
    "officer_words", "follow_up", "other", "status", "since", "cases", "count", "wards",
    "mobile_emergency", "sent_to", "answer_by", "about", "said", "round_place", "round_hour", "round_new", "round_late",
    "round_disputed", "round_left", "choices", "incident",
)  # fmt: skip
PLAIN = "plain"
VARIANTS = ("reply+free", "reply", "free", PLAIN)

_RUNS_ON = "{officer_words} "
"""So a wording goes on after an officer's words with a sentence of its own."""
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Wordings:
    """SMS texts by wording, variant and language."""

    languages: tuple[str, ...]
    texts: Mapping[str, Mapping[str, Text]]
    missing: Mapping[str, tuple[Gap, ...]] = field(default_factory=dict)
    """By language that another one stands in for: what is not written in it."""

    def text(self, name: str, language: str, slots: Mapping[str, str], *, reply: bool, free: bool) -> str:
        """The SMS `name` in `language`: GSM-7, slots filled.

        `reply`: the sender can be answered; `free`: it costs the resident nothing.
        """
        variants = self.texts[name]
        wanted = "+".join(word for word, on in (("reply", reply), ("free", free)) if on) or PLAIN
        wording = variants.get(wanted) or variants[PLAIN]
        template = wording.get(language) or wording[self.languages[0]]
        if _RUNS_ON in template:
            slots = {**slots, "officer_words": _ended(slots.get("officer_words", ""))}
        return to_gsm7(_SLOT.sub(lambda match: slots.get(match.group(1), ""), template)).strip()


def _ended(words: str) -> str:
    """With a full stop, where another sentence would run on from them."""
    words = words.rstrip()
    return f"{words}." if words and words[-1].isalnum() else words


def load(path: Path) -> Wordings:
    """Read the wordings from `path`. Raises `Mistakes` with every mistake in it."""
    problems: list[Problem] = []
    root = read(path, problems)
    wordings = _wordings(root) if root else None
    if problems or wordings is None:
        raise Mistakes(problems)
    return wordings


def _wordings(root: Node) -> Wordings | None:
    top = root.fields(("languages", "wordings"), ("fallback",))
    if root.problems:
        return None
    languages = read_languages(top["languages"])
    if not languages:
        return None
    fallback = read_fallback(top["fallback"], languages) if "fallback" in top else {}
    texts = Texts(languages, fallback, SLOTS)
    wordings = {name: _variants(node, texts) for name, node in top["wordings"].pairs()}
    return Wordings(languages, wordings, {language: tuple(gaps) for language, gaps in texts.gaps.items()})


def _variants(node: Node, texts: Texts) -> Mapping[str, Text]:
    found = node.fields((), VARIANTS)
    if PLAIN not in found:
        node.wrong("variant `plain` is missing: what is sent where nobody can reply and texts are paid?")
    elif 1 < len(found) < len(VARIANTS):
        missing = [variant for variant in VARIANTS if variant not in found]
        node.wrong(f"variants are missing: {', '.join(missing)} (give all four, or `plain` alone)")
    return {variant: texts.text(part) for variant, part in found.items()}
