"""Two cases of one resident that hang together, what officers and she do with them, and how it looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.cases import linking, residents_own
from gateway.cases.linking import Related
from gateway.cases.models import Channel
from gateway.cases.residents_own import Caller
from gateway.db import officer_session
from gateway.people.models import Officer
from tests.cases.stage import WANJIKU, Stage

FIRST, SECOND = "Hakuna maji Shirere tangu juzi", "Bomba ni la karibu na soko\nna maji yanamwagika"


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def two(stage: Stage, *, hours: float = 2, older: dict[str, Any] | None = None, **newer: Any) -> tuple[str, str]:
    """An older case, and a text that may belong to it; in that order."""
    first = stage.file(**{"words": FIRST, "wording": "received_text", **(older or {})})
    stage.later(hours=hours)
    given = {"words": SECOND, "channel": Channel.SMS, "category": "OTHER", "follows": stage.case(first).id, **newer}
    return first, stage.file(**{"wording": "received_text", **given})


def leave(stage: Stage) -> None:
    """All that waits leaves."""
    stage.set("UPDATE message SET status = 'delivered', sent_at = now() WHERE status = 'queued'")


def join(stage: Stage, newer: str, officer: Officer | None = None) -> None:
    stage.do(linking.join, newer, officer or stage.officer())


def part(stage: Stage, newer: str, officer: Officer | None = None) -> None:
    stage.do(linking.part, newer, officer or stage.officer())


def related(stage: Stage, reference: str, officer: Officer) -> tuple[str | None, list[str], list[str], str | None]:
    with officer_session(stage.engine, officer) as session:
        found: Related = linking.related(session, officer, stage.case(reference))
        names = [[one.reference for one in cases] for cases in (found.followed_by, found.joined)]
        return (
            found.follows.reference if found.follows else None, names[0], names[1],
            found.into.reference if found.into else None,
        )  # fmt: skip


def own(stage: Stage, reference: str, phone: str = WANJIKU, secret: str = "") -> str | None:
    with stage.transaction() as session:
        caller = Caller(stage.office.vault.phone_hash(phone), secret=secret)
        found = residents_own.own_case(session, stage.office, reference, caller)
        return found.reference if found else None


def resident_does(stage: Stage, reference: str, what: Callable[..., Any], *details: Any) -> Any:
    with stage.transaction() as session:
        caller = Caller(stage.office.vault.phone_hash(WANJIKU))
        case = residents_own.own_case(session, stage.office, reference, caller)
        assert case is not None
        return what(session, stage.office, case, *details)


def says(stage: Stage, reference: str, words: str) -> None:
    resident_does(stage, reference, residents_own.add_words, words, stage.now, Channel.USSD)
