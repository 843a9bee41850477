"""Ready texts that officers send or end a case with: replies.yml, in every language of the county."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from config.wording import LOWER_CODE, Text, given, read_code, read_line, read_text
from menus.marked import Node, did_you_mean

SLOTS = ("ward", "hotline", "tomorrow")
"""What a text may leave open: it is filled from the case. `tomorrow` is the next working day; what has no ward is
offered no text that names it."""
ENDINGS = ("fixed", "planned", "cannot_now", "not_ours", "not_found", "not_a_report")
LETTERS = 240
"""Septets of a text with its slots open; filled it must stay an officer's message of 300."""
LABEL = 32

_SLOT = re.compile(r"\{([^{}]*)\}")
_ASKS = re.compile(r"(?:^|[.?!] +)(?:jibu|reply)\b", re.IGNORECASE)


@dataclass(frozen=True)
class ReplyText:
    """`label` is what officers choose it by. `ending`: it gives the reason of that ending; None: it is written on the
    way. `wait`: it asks something, and the case waits for the answer. `categories`: those that it fits; none given
    means all."""

    code: str
    label: str
    ending: str | None
    wait: bool
    categories: frozenset[str]
    text: Text = field(hash=False)

    def fits(self, category: str) -> bool:
        return not self.categories or category in self.categories

    @property
    def names_ward(self) -> bool:
        return any("{ward}" in wording for wording in self.text.values())


def read_replies(node: Node, languages: Sequence[str], categories: Collection[str]) -> tuple[ReplyText, ...]:
    """replies.yml: a list of texts, in the order in which they are offered; `categories` are the known codes."""
    taken: set[str] = set()
    return tuple(_read(item, languages, categories, taken) for item in node.items())


def _read(node: Node, languages: Sequence[str], categories: Collection[str], taken: set[str]) -> ReplyText:
    fields = node.fields(required=("code", "label", "text"), optional=("ending", "wait", "categories"))
    reply = ReplyText(
        code=given(fields, "code", lambda part: read_code(part, taken, LOWER_CODE), ""),
        label=given(fields, "label", lambda part: read_line(part, LABEL), ""),
        ending=given(fields, "ending", lambda part: part.choice(ENDINGS), None),
        wait=given(fields, "wait", lambda part: part.boolean(), False),
        categories=given(fields, "categories", lambda part: _read_categories(part, categories), frozenset()),
        text=given(fields, "text", lambda part: read_text(part, languages, LETTERS), {}),
    )
    if reply.wait and reply.ending:
        fields["wait"].wrong("what has ended waits for no answer")
    for language, wording in reply.text.items():
        _check_slots(fields["text"], language, wording)
        if not reply.wait and _ASKS.search(wording):
            fields["text"].wrong(f"`{language}` asks for an answer: say `wait: true`, or the case does not wait for it")
    return reply


def _read_categories(node: Node, known: Collection[str]) -> frozenset[str]:
    codes = node.strings()
    for code in codes:
        if known and code not in known:
            node.wrong(f"there is no category `{code}`{did_you_mean(code, known)}")
    return frozenset(codes)


def _check_slots(node: Node, language: str, wording: str) -> None:
    for slot in _SLOT.findall(wording):
        if slot not in SLOTS:
            node.wrong(f"`{{{slot}}}` in `{language}` is no slot{did_you_mean(slot, SLOTS)}")


def filled(wording: str, slots: dict[str, str]) -> str:
    """`wording` with its slots; what is not known leaves nothing behind but one space."""
    return " ".join(_SLOT.sub(lambda found: slots.get(found[1], ""), wording).split()).replace(" .", ".")
