"""What the walk asks for: one table of look-ups and one of effects, each a thin step to `gateway.cases`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Transaction

from gateway.cases import places, residents_own
from gateway.cases.clock import local_day
from gateway.cases.filing import NATIONAL, VIOLENCE, Report, UssdMark, file_case, promise_slots
from gateway.cases.intake import Answer, keep_answer, kept_answer, once
from gateway.cases.models import OPEN, Case, Channel, Confirmation, Desk, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.residents_own import Caller
from gateway.dialogue.sessions import Session
from gateway.installation import Installation
from gateway.messages.models import Question
from gateway.people.models import Resident
from gateway.people.phone import mask
from menus.engine import Need
from menus.lettering import shorten
from menus.tree import Text

FOUND = 3
"""Wards that the place search offers."""
BODY_SHOWN = 20
"""Septets of the name of a body outside the county, which an officer wrote in any letters."""


@dataclass(frozen=True)
class Asked:
    """One need of one session: everything that an answer may depend on."""

    office: Office
    session: Session
    phone: str
    need: Need
    cuts: Sequence[int]
    now: datetime

    @property
    def values(self) -> Mapping[str, str]:
        return self.need.values

    @property
    def caller(self) -> Caller:
        return Caller(bytes.fromhex(self.session.phone), self.session.id, self.values.get("secret", ""))

    @property
    def source_id(self) -> str:
        return f"{self.session.id}:{self.need.key}"

    def own(self, transaction: Transaction) -> Case | None:
        return residents_own.own_case(transaction, self.office, self.values.get("reference", ""), self.caller)


def answer(installation: Installation, asked: Asked) -> Answer:
    """Answer one need and keep the answer with its session, committed. Effects happen once."""
    if asked.need.name == "file":
        with installation.statements.connect() as connection:
            mark = UssdMark(asked.session.id, asked.need.key, asked.cuts)
            return file_case(connection, asked.office, _report(asked, mark), asked.now).answer
    with Transaction(installation.engine) as transaction, transaction.begin():
        return _answer(transaction, asked)


def _answer(transaction: Transaction, asked: Asked) -> Answer:
    kept = kept_answer(transaction, asked.session.id, asked.need.key)
    if kept is not None:
        return kept
    if asked.need.name in EFFECTS:
        effect = EFFECTS[asked.need.name]
        given = once(
            transaction, Channel.USSD, asked.source_id, lambda intake_id: effect(transaction, asked, intake_id)
        )
    else:
        given = LOOKUPS[asked.need.name](transaction, asked)
    keep_answer(transaction, asked.session.id, asked.need.key, given, list(asked.cuts))
    return given


# Look-ups


def _places(_: Transaction, asked: Asked) -> Answer:
    """The wards of a sub-county that she named, else the few wards that sound most like what she typed."""
    county, typed = asked.office.county, asked.values.get("typed", "")
    named = places.find_sub_county(county, typed)
    items = []
    for ward in named.wards if named else places.find_wards(county, typed, limit=FOUND):
        sub_county = county.sub_county(ward.sub_county)
        assert sub_county is not None
        label = ward.short if named else f"{ward.short} ({sub_county.short})"
        items.append(
            {
                "value": str(ward.code),
                "label": _everywhere(asked, label),
                "short": _everywhere(asked, ward.short),
                "sets": {"sub_county": str(ward.sub_county)},
            }
        )
    return {"items": items, "facts": [] if items else ["places.none"]}


def _my_cases(transaction: Transaction, asked: Asked) -> Answer:
    cases = residents_own.listed_cases(transaction, asked.caller.phone_hash)
    items = []
    for case in cases:
        state = _state(asked, case)
        label = {language: f"{spoken(case.reference)} {word}" for language, word in state.items()}
        items.append({"value": case.reference, "label": label})
    return {"items": items}


def _case(transaction: Transaction, asked: Asked) -> Answer:
    case = asked.own(transaction)
    if case is None:
        return {"facts": []}
    slots: dict[str, Any] = {"reference": spoken(case.reference), "status": _state(asked, case)}
    facts = ["case.known"]
    # About violence nobody is asked for words or called at an hour that may not be safe; `secret` asks that anew.
    if case.category != VIOLENCE:
        facts += ["case.callable", *(["case.open"] if case.status in OPEN else [])]
    if case.status in OPEN and case.due_at and not case.sensitive:
        facts.append("case.promised")
        menu, since = asked.office.menu, local_day(case.desk_since)
        slots |= promise_slots(asked.office, case.due_at)
        slots |= {"desk": _desk(asked, case), "since": menu.all_languages(lambda one: menu.short_day(since, one))}
        if case.due_at < asked.now:
            facts.append("case.late")
    return {"slots": slots, "facts": facts, "values": {"reference": case.reference}}


def _state(asked: Asked, case: Case) -> Text:
    words = asked.office.menu.words
    if case.status in OPEN and case.due_at and case.due_at < asked.now and not case.sensitive:
        return words["status_late"]
    if case.status is Status.NEW and case.confirmation is Confirmation.DISPUTED:
        return words["status_disputed"]
    if case.status is Status.RESOLVED and case.confirmation is not Confirmation.ASKED:
        return words["status_closed"]
    return words[f"status_{case.status.value}"]


def _desk(asked: Asked, case: Case) -> Text:
    """Who has it, as she reads it: `With: Water dept since 12 Nov`."""
    words, county = asked.office.menu.words, asked.office.county
    department = county.department(case.department) if case.department else None
    if case.desk is Desk.DEPARTMENT and department:
        return dict(department.short)
    if case.desk is Desk.OUTSIDE and case.referred_to:
        return _everywhere(asked, shorten(case.referred_to, BODY_SHOWN))
    return words["desk_ward"] if case.desk is Desk.WARD else words["desk_county"]


# Effects


def _report(asked: Asked, mark: UssdMark) -> Report:
    values = asked.values
    return Report(
        channel=Channel.USSD,
        source_id=asked.source_id,
        category=values.get("category") or "OTHER",
        language=asked.need.language,
        phone=asked.phone,
        problem=values.get("problem") or values.get("referral"),
        ward_code=int(values["ward"]) if values.get("ward") else None,
        landmark=residents_own.landmark_of(asked.office, values),
        rating=int(values["rating"]) if values.get("rating") else None,
        referral=values.get("referral") if values.get("category") == NATIONAL else None,
        anonymous=bool(values.get("anonymous")),
        hour=values.get("hour"),
        ussd=mark,
    )


def _language(transaction: Transaction, asked: Asked) -> Answer:
    """Remember the language of somebody we know; of a stranger nothing is kept before she files, not even an intake."""
    known = Resident.phone_hash == asked.caller.phone_hash
    transaction.execute(update(Resident).where(known).values(language=asked.need.language))
    return {}


def _ward(transaction: Transaction, asked: Asked, _: int) -> Answer:
    resident = _resident(transaction, asked)
    resident.ward_code = int(asked.values["ward"])
    return {}


def _amend(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    if case is None:
        return {}
    residents_own.amend(transaction, asked.office, case, asked.values, asked.now)
    return {"slots": promise_slots(asked.office, case.due_at) if case.due_at else {}}


def _add_words(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    if case:
        words = asked.values["words"]
        residents_own.add_words(transaction, asked.office, case, words, asked.now, Channel.USSD)
    return {}


def _hide(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    secret = residents_own.hide_number(transaction, asked.office, case, asked.now) if case else ""
    return {"slots": {"secret": secret}, "values": {"secret": secret}}


def _withdraw(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    if case:
        residents_own.withdraw(transaction, asked.office, case, asked.now)
    return {}


def _call_back(transaction: Transaction, asked: Asked, intake_id: int) -> Answer:
    resident = _resident(transaction, asked)
    case = asked.own(transaction) if asked.values.get("reference") else None
    hour = asked.values.get("hour", "today")
    residents_own.call_back(transaction, asked.office, resident.id, case, hour, intake_id, asked.now)
    return {}


def _confirm(transaction: Transaction, asked: Asked, _: int) -> Answer:
    return _answer_fixed(transaction, asked, fixed=True)


def _dispute(transaction: Transaction, asked: Asked, _: int) -> Answer:
    return _answer_fixed(transaction, asked, fixed=False)


def _answer_fixed(transaction: Transaction, asked: Asked, *, fixed: bool) -> Answer:
    """Her answer to the question that this session began with."""
    question = transaction.get(Question, asked.session.profile.get("question", 0))
    if question is None:
        return {}
    case = transaction.get_one(Case, question.case_id, with_for_update=True)
    taken = residents_own.answer_fixed(
        transaction, asked.office, case, question.id, fixed=fixed, now=asked.now, channel=Channel.USSD
    )
    return {
        "values": {"reference": case.reference},
        "slots": {"reference": spoken(case.reference)},
        "facts": [] if taken else ["question.settled"],
    }


def _dispute_reason(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    if case:
        residents_own.say_why(transaction, asked.office, case, asked.values["reason"], asked.now)
    return {}


def _resident(transaction: Transaction, asked: Asked) -> Resident:
    """The resident of this phone, made known where she asks for something that needs her number."""
    phone_hash = asked.caller.phone_hash
    found = transaction.scalars(select(Resident).where(Resident.phone_hash == phone_hash)).one_or_none()
    if found is None:
        found = Resident(
            phone_hash=phone_hash, phone_sealed=asked.office.vault.seal(asked.phone), phone_mask=mask(asked.phone),
            language=asked.need.language,
        )  # fmt: skip
        transaction.add(found)
        transaction.flush()
    return found


def _everywhere(asked: Asked, text: str) -> Text:
    return dict.fromkeys(asked.office.county.languages, text)


LOOKUPS: Mapping[str, Callable[[Transaction, Asked], Answer]] = {
    "places": _places,
    "my_cases": _my_cases,
    "case": _case,
    "language": _language,  # not once: pressing 9 leaves no intake behind, and twice the same does no harm
}
EFFECTS: Mapping[str, Callable[[Transaction, Asked, int], Answer]] = {
    "ward": _ward,
    "amend": _amend,
    "add_words": _add_words,
    "hide": _hide,
    "withdraw": _withdraw,
    "call_back": _call_back,
    "confirm": _confirm,
    "dispute": _dispute,
    "dispute_reason": _dispute_reason,
}
