"""Ready texts beside a case: those of the county that fit it, filled from it, each with its letters, SMS and price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from config.replies import ReplyText, filled
from gateway.cases import actions
from gateway.cases.clock import local_day
from gateway.cases.models import OPEN, Case, Ending, Kind
from gateway.cases.office import Office
from gateway.triage import offers
from gateway.triage.english import ENDINGS
from gateway.triage.preview import Preview, preview


@dataclass(frozen=True)
class Reply:
    """`text` is in the resident's language. `ending`: it gives the reason of that ending; None: a message on the way.

    `seen` is the SMS that it would make; None where none is sent.
    """

    code: str
    label: str
    ending: Ending | None
    text: str
    seen: Preview | None


def of(office: Office, case: Case, now: datetime, per_part: Decimal | None = None) -> list[Reply]:
    """The texts that fit this case, in the county's order. They are about what is broken: nothing else
    has any, nor what is confidential, where no SMS names anything."""
    slots, told = _slots(office, case, now), offers.is_told(case)
    return [_reply(office, case, one, slots, per_part) for one in fitting(office, case) if one.ending or told]


def fitting(office: Office, case: Case) -> list[ReplyText]:
    """Those that fit this case, not filled yet. Whether its resident asked for no more SMS is not looked at."""
    if case.sensitive or case.kind is not Kind.GRIEVANCE or case.status not in OPEN:
        return []
    found = (one for one in office.county.replies if one.fits(case.category))
    return [one for one in found if one.ending or case.resident_id is not None]


def choice(reply: ReplyText) -> tuple[str, str]:
    """A ready text as one choice of the queue: what is done, and behind a plus the text that goes with it."""
    what = f"end:{reply.ending}" if reply.ending else "write"
    return f"{what}+{reply.code}", f"{ENDINGS[Ending(reply.ending)]}: {reply.label}" if reply.ending else reply.label


def text(office: Office, case: Case, code: str, now: datetime) -> str | None:
    """One ready text for this case; None where there is none of this code, or it does not fit."""
    return next((one.text for one in of(office, case, now) if one.code == code), None)


def _reply(office: Office, case: Case, reply: ReplyText, slots: dict[str, str], per_part: Decimal | None) -> Reply:
    words = filled(office.menu.spoken(reply.text, case.language), slots)
    ending = Ending(reply.ending) if reply.ending else None
    seen = None
    if offers.is_told(case):
        wording, known = _letter(office, case, ending, words)
        if wording not in offers.WITHOUT_WORDS:
            seen = preview(offers.told(office, case, wording, **known), words, per_part)
    return Reply(reply.code, reply.label, ending, words, seen)


def _letter(office: Office, case: Case, ending: Ending | None, words: str) -> tuple[str, Mapping[str, str]]:
    return actions.letter(office, case, ending, words, None) if ending else ("from_officer", {"officer_words": words})


def _slots(office: Office, case: Case, now: datetime) -> dict[str, str]:
    county, menu = office.county, office.menu
    ward, category = county.ward(case.ward_code) if case.ward_code else None, county.category(case.category)
    department = county.department(case.department) if case.department else None
    problem = next((one for one in category.problems if one.code == case.problem), None) if category else None
    tomorrow = office.calendar.working_day_after(local_day(now), 1)
    subject = problem.label if problem else category.label if category else {}
    known = case.language if case.language in menu.languages else menu.languages[0]
    return {
        "ward": ward.name if ward else county.name,
        "problem": menu.spoken(subject, case.language) if subject else "",
        "department": menu.spoken(department.name if department else menu.words["desk_county"], case.language),
        "hotline": county.hotline,
        "tomorrow": menu.long_day(tomorrow, known),
    }
