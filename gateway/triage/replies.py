"""Ready texts beside a case: those of the county that fit it, filled from it, each with its letters, SMS and price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from config.replies import ReplyText, filled
from gateway.cases import endings
from gateway.cases.clock import local_day
from gateway.cases.models import OPEN, Case, Ending, Kind
from gateway.cases.office import Office
from gateway.triage import offers
from gateway.triage.english import ENDINGS
from gateway.triage.preview import Preview, preview


@dataclass(frozen=True)
class Reply:
    """`text` is in the resident's language. `ending`: it gives the reason of that ending; None: a message on the way.
    `wait`: it asks something, and the case waits for the answer.

    `seen` is the SMS that it would make; None where none is sent.
    """

    code: str
    label: str
    ending: Ending | None
    wait: bool
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
    return [one for one in found if (one.ending or case.resident_id is not None) and _is_true(office, case, one)]


def _is_true(office: Office, case: Case, reply: ReplyText) -> bool:
    """Whether what it says holds here: nobody can answer a sender that is a name, and not every case has a ward."""
    if reply.names_ward and case.ward_code is None:
        return False
    return not reply.wait or (office.letters.can_reply and offers.may_wait(case))


def choice(reply: ReplyText) -> tuple[str, str]:
    """A ready text as one choice of the queue: what is done, and behind a plus the text that goes with it."""
    what = f"end:{reply.ending}" if reply.ending else "wait" if reply.wait else "write"
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
    return Reply(reply.code, reply.label, ending, reply.wait, words, seen)


def _letter(office: Office, case: Case, ending: Ending | None, words: str) -> tuple[str, Mapping[str, str]]:
    return endings.letter(office, case, ending, words, None) if ending else ("from_officer", {"officer_words": words})


def _slots(office: Office, case: Case, now: datetime) -> dict[str, str]:
    county, menu = office.county, office.menu
    ward = county.ward(case.ward_code) if case.ward_code else None
    tomorrow = office.calendar.working_day_after(local_day(now), 1)
    known = case.language if case.language in menu.languages else menu.languages[0]
    return {
        "ward": ward.name if ward else "", "hotline": county.hotline, "tomorrow": menu.long_day(tomorrow, known),
    }  # fmt: skip
