"""One row of the queue: what it says beside its case, and what may be done in it without opening the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from config.replies import ReplyText
from gateway.cases.models import Case, Ending, Kind
from gateway.cases.office import Office
from gateway.people.models import Officer
from gateway.triage import english, forms, offers, replies

Choice = tuple[str, str]
"""A value of the form, and what it is called."""


@dataclass(frozen=True)
class Row:
    """A case as it is listed.

    seen     id of the newest line of its history: a change from a stale page is refused
    people   how many have the same problem, she among them; 0: nobody else
    others   names of who else has it open now
    take     what the button says that takes it; empty where it cannot be taken
    choices  what the select offers: `write`, `end:fixed` …; empty: nothing
    ready    the ready texts that fit, each as a choice that needs no words
    plans    whether planning it is offered too, on its own page, which asks for the month
    goes     what of the words goes to whom when it ends; empty where it may not be ended
    picked, what, words   what was typed before, where the form comes back
    why      why nothing was changed, where this case is the reason
    """

    case: Case
    offered: frozenset[str]
    seen: int
    people: int
    others: Sequence[str]
    take: str
    choices: Sequence[Choice]
    ready: Sequence[Choice]
    plans: bool
    goes: str
    picked: bool
    what: str
    words: str
    why: str
    limit: int = forms.REASON


def row(
    office: Office, case: Case, who: Officer, *, seen: int, others: Sequence[str], people: int,
    typed: MultiDict[str, str], why: str,
) -> Row:  # fmt: skip
    """`people`: how many others it stands for. `typed`: a form that comes back; empty for a fresh page."""
    offered, found = offers.offered(case, who), replies.fitting(office, case)
    return Row(
        case=case,
        offered=offered,
        seen=seen,
        people=people + 1 if people else 0,
        others=others,
        take=offers.take_label(case, who) if "take" in offered else "",
        choices=choices(case, offered),
        ready=[replies.choice(one) for one in found if _is_ready(one, offered)],
        plans="end" in offered and case.kind is not Kind.REQUEST,
        goes=_goes(case, stands_for_others=people > 0) if "end" in offered else "",
        picked=case.reference in typed.getlist("case"),
        what=typed.get(f"what-{case.reference}", ""),
        words=typed.get(f"words-{case.reference}", ""),
        why=why,
    )


def choices(case: Case, offered: frozenset[str]) -> list[Choice]:
    """What may be done with words alone: the letters to the resident, the endings but for a plan, a note."""
    found: list[Choice] = []
    if "write" in offered:
        found.append(("write", "Ask the resident to call" if case.sensitive else "Write to the resident"))
        found += [("wait", "Write, and wait for the answer")] if offers.may_wait(case) else []
    if "end" in offered:
        found += [(f"end:{ending}", f"End: {_name(case, ending)}") for ending in _endings(case)]
    return [*found, ("note", "Note for officers")] if "note" in offered else found


def _goes(case: Case, *, stands_for_others: bool) -> str:
    """Whom an ending tells, and what of the words: as `endings.letter` has it."""
    if not stands_for_others and not offers.is_told(case):
        return "Whatever it ends as, nothing is sent: your words stay here."
    if case.sensitive:
        return "When it ends, she is asked to call: your words stay here."
    if case.kind is not Kind.GRIEVANCE:
        return "When it ends, your words are sent to her."
    asked, whom = ("all who report it are", "them") if stands_for_others else ("she is", "her")
    return f"Fixed: {asked} asked, your words stay here. Any other end: they are sent to {whom}."


def _is_ready(reply: ReplyText, offered: frozenset[str]) -> bool:
    """A plan asks for its month, which a row does not."""
    return reply.ending != Ending.PLANNED and ("end" if reply.ending else "write") in offered


def _endings(case: Case) -> list[Ending]:
    fitting = offers.OF_REQUESTS if case.kind is Kind.REQUEST else Ending
    return [ending for ending in fitting if ending is not Ending.PLANNED]


def _name(case: Case, ending: Ending) -> str:
    name = english.ending(case.kind, ending)
    return name[0].lower() + name[1:]
