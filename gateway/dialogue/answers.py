"""What the walk asks for: one table of look-ups and one of effects, each a thin step to `gateway.cases`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from gateway.cases import carrying, drafts, erasing, incidents, ladder, landmarks, residents_own
from gateway.cases.desk_models import Incident
from gateway.cases.filing import FEEDBACK, NATIONAL, Report, file_case, promise_slots
from gateway.cases.intake import Answer, UssdMark, keep_answer, kept_answer, once
from gateway.cases.models import Case, Channel
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.residents_own import Caller
from gateway.cases.steps import is_carried
from gateway.dialogue import lookups
from gateway.dialogue.sessions import Session
from gateway.dialogue.transcript import lengths
from gateway.installation import Installation
from gateway.messages import outbox
from gateway.messages.models import Message, Question
from gateway.people.models import Resident
from gateway.people.phone import mask
from menus import networks
from menus.engine import Need
from menus.lettering import to_gsm7


@dataclass(frozen=True)
class Asked:
    """One need of one session: everything that an answer may depend on."""

    office: Office
    session: Session
    phone: str
    need: Need
    typed: str
    """The whole `text` of this hop."""
    now: datetime

    @property
    def values(self) -> Mapping[str, str]:
        return self.need.values

    @property
    def caller(self) -> Caller:
        return Caller(bytes.fromhex(self.session.phone), self.session.id, self.values.get("secret", ""))

    @property
    def answered(self) -> str:
        """What was typed at this input, as it came."""
        inputs = self.session.inputs(self.typed)
        return inputs[lengths(inputs).index(self.need.position) - 1]

    @property
    def source_id(self) -> str:
        return f"{self.session.id}:{self.need.key}"

    @property
    def mark(self) -> UssdMark:
        return UssdMark(self.session.id, self.need.key, self.session.cuts, self.typed, self._taken_up)

    @property
    def _taken_up(self) -> int | None:
        """The draft that what is filed now came of: nothing secret is begun as one, and no feedback."""
        code = self.values.get("category", "")
        category = self.office.county.category(code)
        another = code in FEEDBACK or bool(category and category.sensitive)
        return None if another else self.session.resumed

    def own(self, transaction: Transaction) -> Case | None:
        return residents_own.own_case(transaction, self.office, self.values.get("reference", ""), self.caller)


def answer(installation: Installation, asked: Asked) -> Answer:
    """Answer one need and keep the answer with its session, committed. Effects happen once."""
    if asked.need.name == "file":
        with installation.statements.connect() as connection:
            return file_case(connection, asked.office, _report(asked), asked.now).answer
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
    keep_answer(transaction, asked.office.vault, asked.mark, given)
    return given


# Look-ups


def _places(_: Transaction, asked: Asked) -> Answer:
    return lookups.places(asked.office.county, asked.values.get("typed", ""))


def _nearby(transaction: Transaction, asked: Asked) -> Answer:
    """Where no ward came of what she typed there is nothing to offer; where she changes a report, nothing to join."""
    values, office = asked.values, asked.office
    if not values.get("ward"):
        return {"items": []}
    ward, about = int(values["ward"]), (values.get("category", ""), values.get("problem", ""))
    shown = landmarks.shown(transaction, office.county, ward)
    incident = incidents.open_for(transaction, ward, *about) if all(about) else None
    return lookups.nearby(office.menu, shown, incident, asked.now)


def _my_cases(transaction: Transaction, asked: Asked) -> Answer:
    cases = residents_own.listed_cases(transaction, asked.caller.phone_hash)
    return lookups.my_cases(asked.office.menu, cases, asked.now, carrying.worked_on(transaction, cases))


def _case(transaction: Transaction, asked: Asked) -> Answer:
    found, office = asked.own(transaction), asked.office
    higher = found is not None and ladder.may_send_higher(transaction, office, found, asked.now)
    lead = carrying.stands_for(transaction, found) if found else None
    return lookups.case(office.county, office.menu, found, asked.now, higher=higher, lead=lead)


# Effects


def _report(asked: Asked) -> Report:
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
    return lookups.joined(filed.answer) if filed else {"facts": ["incident.over"]}


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
    joined = is_carried(case)
    residents_own.amend(transaction, asked.office, case, asked.values, asked.now)
    slots = promise_slots(asked.office.menu, case.due_at) if case.due_at else {}
    return {"slots": slots, "lifts": ["incident.joined"]} if joined and not is_carried(case) else {"slots": slots}


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


LOOKUPS: Mapping[str, Callable[[Transaction, Asked], Answer]] = {
    "places": _places,
    "nearby": _nearby,
    "my_cases": _my_cases,
    "case": _case,
    "support": _support,  # filing itself happens once
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
    "resume": _resume,
    "drop_draft": _drop_draft,
    "read_letter": _read_letter,
    "put_away_letter": _put_away_letter,
    "send_higher": _send_higher,
}
