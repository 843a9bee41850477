"""What the walk does: one table of effects, each a thin step to `gateway.cases`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from gateway.cases import drafts, erasing, incidents, ladder, residents_own
from gateway.cases.categories import NATIONAL, OTHER, promise_slots
from gateway.cases.desk_models import Incident
from gateway.cases.filing import Report, file_case
from gateway.cases.intake import Answer
from gateway.cases.models import Case, Channel
from gateway.cases.references import spoken
from gateway.cases.steps import is_carried
from gateway.dialogue import lookups
from gateway.installation import Installation
from gateway.messages import outbox
from gateway.messages.models import Message, Question
from gateway.people.models import Resident
from gateway.people.phone import mask
from menus import networks
from menus.lettering import to_gsm7

if TYPE_CHECKING:
    from gateway.dialogue.answers import Asked


def file(installation: Installation, asked: Asked) -> Answer:
    """File what she reports, in one statement that keeps the answer, too."""
    with installation.statements.connect() as connection:
        return file_case(connection, asked.office, _report(asked), asked.now).answer


def _report(asked: Asked) -> Report:
    values = asked.values
    return Report(
        channel=Channel.USSD,
        source_id=asked.source_id,
        category=values.get("category") or OTHER,
        language=asked.need.language,
        phone=asked.phone,
        problem=values.get("problem") or values.get("referral"),
        ward_code=int(values["ward"]) if values.get("ward") else None,
        landmark=residents_own.landmark_of(asked.office, values),
        rating=int(values["rating"]) if values.get("rating") else None,
        referral=values.get("referral") if values.get("category") == NATIONAL else None,
        anonymous=bool(values.get("anonymous")),
        hour=values.get("hour"),
        ussd=asked.mark,
    )


def _support(transaction: Transaction, asked: Asked) -> Answer:
    """File her own report, and put it under what an officer has published; nothing, where that has ended meanwhile."""
    incident = transaction.get(Incident, int(asked.values.get("incident") or 0))
    if incident is None:
        return {"facts": ["incident.over"]}
    wording, slots = incidents.letter(incident, asked.need.language)
    report = replace(_report(asked), wording=wording, slots=slots)
    filed = incidents.support(transaction, asked.office, report, incident.id, asked.now)
    return lookups.supported(filed.answer) if filed else {"facts": ["incident.over"]}


def _language(transaction: Transaction, asked: Asked) -> Answer:
    """Remember the language of somebody we know; of a stranger nothing is kept before she files, not even an intake."""
    resident = transaction.scalars(select(Resident).where(Resident.phone_hash == asked.caller.phone_hash)).one_or_none()
    if resident:
        residents_own.speak(transaction, resident, asked.need.language)
    return {}


def _ward(transaction: Transaction, asked: Asked, _: int) -> Answer:
    resident = _resident(transaction, asked)
    resident.ward_code = int(asked.values["ward"])
    return {}


def _amend(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    if case is None:
        return {}
    supported = is_carried(case)
    residents_own.amend(transaction, asked.office, case, asked.values, asked.now)
    slots = promise_slots(asked.office.menu, case.due_at) if case.due_at else {}
    return {"slots": slots, "lifts": ["incident.supported"]} if supported and not is_carried(case) else {"slots": slots}


def _add_words(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    if case:
        words = asked.values["words"]
        residents_own.add_words(transaction, asked.office, case, words, asked.now, Channel.USSD)
    # As long as the network lets an answer be, with the space at its end: what she typed on was cut off.
    cut = len(asked.answered) >= networks.of(asked.session.network).answer
    return {"facts": ["words.cut"]} if cut else {"lifts": ["words.cut"]}


def _hide(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    secret = erasing.hide_number(transaction, asked.office, case, asked.now) if case else ""
    return {"slots": {"secret": secret}, "values": {"secret": secret}}


def _withdraw(transaction: Transaction, asked: Asked, _: int) -> Answer:
    case = asked.own(transaction)
    if case:
        erasing.withdraw(transaction, asked.office, case, asked.now)
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


def _send_higher(transaction: Transaction, asked: Asked, _: int) -> Answer:
    """One step up; somebody else may have been faster since she read how it stands: the clock, another phone."""
    case, office = asked.own(transaction), asked.office
    raised = ladder.send_higher(transaction, office, case, asked.now, Channel.USSD) if case else None
    if case is None or raised is None:
        return {"facts": ["step.settled"]}
    return lookups.sent_higher(office.menu, case, raised.holder, raised.answer_by)


def _resume(transaction: Transaction, asked: Asked, _: int) -> Answer:
    """Go on with what she began: the walk stands where it broke off."""
    draft_id = asked.session.profile.get("draft", 0)
    draft = drafts.take_up(transaction, draft_id, asked.caller.phone_hash, asked.now)
    begun = lookups.begun(asked.office.county, draft.chosen) if draft else None
    if draft is None or begun is None:
        return {"facts": ["draft.gone"]}
    return {**begun, "draft": draft.id, "lifts": ["draft.open", "matter.pending"]}


def _drop_draft(transaction: Transaction, asked: Asked, _: int) -> Answer:
    drafts.drop(transaction, asked.session.profile.get("draft", 0), asked.caller.phone_hash)
    return {"lifts": ["draft.open", "matter.pending"]}


def _read_letter(transaction: Transaction, asked: Asked, _: int) -> Answer:
    """An SMS that may not have arrived, read on the screen: as good as delivered."""
    sealed = _letter_seen(transaction, asked)
    text = asked.office.vault.open(sealed) if sealed else asked.office.county.name
    return {
        "sealed": {"letter": asked.office.vault.seal(to_gsm7(text)).decode()},
        "lifts": ["letter.waiting", "matter.pending"],
    }


def _put_away_letter(transaction: Transaction, asked: Asked, _: int) -> Answer:
    _letter_seen(transaction, asked)
    return {"lifts": ["letter.waiting", "matter.pending"]}


def _letter_seen(transaction: Transaction, asked: Asked) -> bytes | None:
    """Mark it, and what came before it about the same case, as seen. None where the case is confidential by now."""
    letter = transaction.get(Message, asked.session.profile.get("letter", 0))
    case = transaction.get(Case, letter.case_id) if letter and letter.case_id else None
    if letter is None or case is None:
        return None
    outbox.mark_read(transaction, case.id, letter.id, asked.now)
    return None if case.sensitive else letter.text_sealed


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


ONCE: Mapping[str, Callable[[Transaction, Asked, int], Answer]] = {
    "ward": _ward,
    "amend": _amend,
    "add_words": _add_words,
    "hide": _hide,
    "withdraw": _withdraw,
    "call_back": _call_back,
    "confirm": _confirm,
    "dispute": _dispute,
    "dispute_reason": _dispute_reason,
    "resume": _resume,
    "drop_draft": _drop_draft,
    "read_letter": _read_letter,
    "put_away_letter": _put_away_letter,
    "send_higher": _send_higher,
}
"""Each happens once, by an intake of its own."""
ONCE_BY_THEMSELVES: Mapping[str, Callable[[Transaction, Asked], Answer]] = {
    "support": _support,  # filing has an intake
    "language": _language,  # pressing 9 leaves none behind, and twice the same does no harm
}
"""These need no intake of their own. Nor does `file`, which is one statement."""
