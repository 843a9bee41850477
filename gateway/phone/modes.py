"""The modes of the provider fake: how it answers a request, and what it reports afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

REPORTED = ("ok", "slow", "shuffled", "some", "code")
BROKEN = (
    "invalid_sender", "drop", "never", "drip", "drip_body", "html", "redirect", "truncated", "bad_json",
)  # fmt: skip

CHOICES: Mapping[str, str] = MappingProxyType(
    {
        "ok": "answers normally",
        "slow": "answers slowly",
        "code:405": "the account is empty",
        "401": "the key is wrong",
        "invalid_sender": "the sender name is unknown",
        "429": "too many requests (429)",
        "500": "down (500)",
        "html": "shows a page about maintenance",
        "never": "takes texts and never answers",
        "drop": "takes texts and cuts the line",
        "silent": "sends no delivery reports",
        "report:AbsentSubscriber": "phones are switched off (AbsentSubscriber)",
        "report:Sent,Failed:UserIsInactive": "lines are not active (UserIsInactive)",
        "report:Rejected": "the networks refuse (Rejected)",
        "code:406": "everybody has blocked us (UserInBlacklist)",
    }
)
"""What a visitor of the demo may choose, and the words for it."""

Report = tuple[str, str | None]


@dataclass(frozen=True)
class Mode:
    """One way of answering, `number` being that of `code:<n>`, `some:<n>` or an HTTP status; and the delivery reports
    that follow on each text that was taken, in order, as (status, failureReason)."""

    answer: str
    number: int = 0
    reports: tuple[Report, ...] = ()


def parse(mode: str) -> Mode:
    """Read `<answer>`, `<reports>` or `<answer>+<reports>`; without reports one of Success follows a clear answer.

    An answer is `ok`, `slow`, `shuffled` (the recipients in another order), `some:<n>` (only the first n numbers of a
    request are taken), `code:<n>` (201 with that statusCode for every number), an HTTP status from 400 on, or one of
    BROKEN; `drop`, `never`, `drip`, `drip_body`, `truncated` and `bad_json` take the texts all the same. Reports are
    `silent` (none), or `report:` with statuses, comma-separated: `report:Sent,Failed:UserIsInactive`.
    Raises ValueError for anything else.
    """
    answer, plus, reports = mode.partition("+")
    if not plus and (mode == "silent" or mode.startswith("report:")):
        answer, reports = "ok", mode
    name, number = _answer(answer)
    if not reports and not plus:
        return Mode(name, number, (("Success", None),) if name in REPORTED else ())
    return Mode(name, number, _reports(reports))


def _answer(text: str) -> tuple[str, int]:
    if found := re.fullmatch(r"(code|some):(\d{1,3})", text, re.ASCII):
        return found[1], int(found[2])
    if re.fullmatch(r"[45]\d\d", text, re.ASCII):
        return "status", int(text)
    if text not in REPORTED[:3] + BROKEN:
        raise ValueError("no such mode")
    return text, 0


def _reports(text: str) -> tuple[Report, ...]:
    if text == "silent":
        return ()
    if not re.fullmatch(r"report:\w+(:\w+)?(,\w+(:\w+)?)*", text, re.ASCII):
        raise ValueError("no such mode")
    parts = [part.partition(":") for part in text.removeprefix("report:").split(",")]
    return tuple((status, reason or None) for status, _, reason in parts)
