"""A county's office in memory: it answers walks as the gateway does, for proofs, trials and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from config.county import County
from gateway.cases import landmarks, standing, steps
from gateway.cases.categories import NATIONAL, OTHER, VIOLENCE, first_desk, kind_of, promise_slots, promised
from gateway.cases.clock import calendar_of
from gateway.cases.drafts import worth_keeping
from gateway.cases.filing import filed_answer
from gateway.cases.models import Case, Confirmation, Desk, Kind, Status
from gateway.cases.references import spoken
from gateway.cases.sensitivity import sensitive_category
from gateway.catalogue import same, ward_item
from gateway.dialogue import lookups
from gateway.trial import climbing
from gateway.trial.memory import Begun, Draft, Known, Memory, Own
from menus import networks
from menus.engine import Need, Trace
from menus.lettering import to_gsm7
from menus.tree import Menu

Answer = Mapping[str, Any]

SECRET = "5093"  # noqa: S105  (the same each time, and nobody's)


class Rehearsal:
    """The office of `county` at the time `now`, which may be moved on. It begins without cases and knows no phone.

    It has the county's real lists, places and promised times; its references and its secret are always the same, so
    that dialogues read the same each time. An effect happens as often as it is asked for.
    """

    def __init__(self, county: County, menu: Menu, now: datetime) -> None:
        self.county = county
        self.menu = menu
        self.now = now
        self.memory = Memory()
        self.calendar = calendar_of(county.charter)

    def profile(self, phone: str, network: str = "") -> Answer:
        """What a session that begins now may know: `gateway.dialogue.profile` in memory. `network` is its code."""
        begun = self.memory.sessions[phone] = Begun(networks.of(network))
        known = self.memory.phones.get(phone)
        facts: list[str] = []
        slots: dict[str, Any] = {}
        values: dict[str, str] = {}
        ward = self.county.ward(known.ward_code) if known and known.ward_code else None
        if ward:
            item = ward_item(self.county, ward)
            facts, slots = ["resident.has_ward"], {"ward": item.short, **item.slots}
            values = {"ward": item.value, **item.sets}
        drafts, letters = self.memory.drafts[phone], self.memory.letters[phone]
        if asked := self.memory.asked(phone):
            begun.question = asked.reference
            facts += ["matter.pending", "question.fixed"]
            slots["question_reference"] = spoken(asked.reference)
        elif letters:
            begun.letter = letters[-1]
            facts += ["matter.pending", "letter.waiting"]
            slots["letter_reference"] = spoken(begun.letter.reference)
        elif drafts:
            begun.draft = drafts[-1]
            facts += ["matter.pending", "draft.open"]
            slots["draft_ward"] = self._place_of(begun.draft)
        language = known.language if known else drafts[-1].language if drafts else self.menu.languages[0]
        return {"language": language, "values": values, "slots": slots, "facts": facts}

    def answer(self, need: Need, phone: str) -> Answer:
        """The answer to one need of this phone, in the shape of `menus.engine.Facts.answers`."""
        return ANSWERS[need.name](self, need, phone)

    def over(self, phone: str, left: Trace) -> None:
        """A session of this phone is over. What was begun and not filed is kept, unless it is confidential."""
        chosen = worth_keeping(self.county, left.values, left.facts) if left.stopped else None
        if chosen:
            self.memory.keep_draft(phone, Draft(chosen, left.language))

    def known(self, phone: str, language: str = "") -> Known:
        """What is remembered of this phone, which is known from now on: in `language`, or the county's first one."""
        return self.memory.phones.setdefault(phone, Known(language or self.menu.languages[0]))

    def _place_of(self, draft: Draft) -> str:
        ward = self.county.ward(int(draft.chosen["ward"])) if draft.chosen.get("ward") else None
        return ward.short if ward else self.county.name

    def _own(self, need: Need, phone: str) -> Own | None:
        return self.memory.own(phone, need.values.get("reference", ""), need.values.get("secret", ""))

    # Look-ups

    def _places(self, need: Need, _: str) -> Answer:
        return lookups.places(self.county, need.values.get("typed", ""))

    def _nearby(self, need: Need, _: str) -> Answer:
        values = need.values
        ward = self.county.ward(int(values["ward"])) if values.get("ward") else None
        if ward is None:
            return {"items": []}
        own = [(f"w{number}", same(self.county, name)) for number, name in enumerate(self.memory.landmarks[ward.code])]
        shown = own or [(one.code, one.label) for one in ward.landmarks]
        about = (values["ward"], values.get("category", ""), values.get("problem", ""))
        return lookups.nearby(self.menu, shown[: landmarks.ON_PHONE], self.memory.published(*about), self.now)

    def _my_cases(self, _: Need, phone: str) -> Answer:
        return lookups.my_cases(self.menu, self.memory.listed(phone), self.now)

    def _case(self, need: Need, phone: str) -> Answer:
        own = self._own(need, phone)
        higher = own is not None and steps.may_be_sent_higher(own.case, self.now)
        return lookups.case(self.county, self.menu, own.case if own else None, self.now, higher=higher)

    # Filing

    def _file(self, need: Need, phone: str) -> Answer:
        values = need.values
        chosen = values.get("category") or OTHER
        code = sensitive_category(self.county, _place_typed(values)) or chosen
        secret = SECRET if values.get("anonymous") else None
        case = self.new_case(code, values.get("ward", ""), values.get("referral", ""))
        self.memory.cases.append(Own(case, None if secret else phone, secret))
        self.memory.sessions[phone].filed.add(case.reference)
        self.memory.sent(phone, Draft({"category": chosen, "ward": values.get("ward", "")}, need.language))
        if not secret:
            self.memory.remember(phone, need.language, None if case.sensitive else case.ward_code)
        return filed_answer(self.menu, chosen, case.kind, case.reference, secret, case.due_at)

    def _support(self, need: Need, phone: str) -> Answer:
        """As filing, where what she joins is still open."""
        meant = need.values.get("incident", "")
        if all(str(one.id) != meant for one in self.memory.incidents):
            return {"facts": ["incident.over"]}
        answer = self._file(need, phone)
        case = self.memory.cases[-1].case
        case.lead_id, case.problem = int(meant), need.values["problem"]
        return lookups.supported(answer)

    def new_case(self, category: str, ward: str, referral: str = "", now: datetime | None = None) -> Case:
        """A case that comes in now, not yet kept; `ward` is a ward's code, or empty."""
        now = now or self.now
        known, body = self.county.category(category), self.county.referral(referral)
        sensitive, outside = bool(known and known.sensitive), category == NATIONAL
        place = self.county.ward(int(ward)) if ward else None
        return Case(
            reference=self.memory.next_reference(),
            kind=kind_of(category),
            category=category,
            sensitive=sensitive,
            ward_code=place.code if place else None,
            sub_county_code=place.sub_county if place else None,
            department=known.department if known else None,
            desk=first_desk(category, sensitive, place is not None),
            status=Status.REFERRED if outside else Status.NEW,
            referred_to=body.body if outside and body else None,
            received_at=now,
            desk_since=now,
            due_at=promised(self.county, self.calendar, category, now),
        )

    # What else happens

    def _amend(self, need: Need, phone: str) -> Answer:
        own, values = self._own(need, phone), need.values
        if own is None:
            return {}
        case, category = own.case, self.county.category(values.get("category", ""))
        supported = case.lead_id and (case.ward_code, case.category, case.problem)
        if category and not category.sensitive and not case.sensitive and case.kind is Kind.GRIEVANCE:
            case.category, case.department = category.code, category.department
            case.problem = values.get("problem")
            if category.code != NATIONAL:
                case.due_at = promised(self.county, self.calendar, category.code, case.received_at)
        self._listen(case, _place_typed(values))
        ward = self.county.ward(int(values["ward"])) if values.get("ward") else None
        case.ward_code, case.sub_county_code = (ward.code, ward.sub_county) if ward else (None, None)
        if case.desk in (Desk.WARD, Desk.COUNTY):
            case.desk = first_desk(case.category, case.sensitive, case.ward_code is not None)
        if own.phone and not case.sensitive:
            known = self.memory.phones[own.phone]
            known.ward_code = case.ward_code or known.ward_code
        slots = promise_slots(self.menu, case.due_at) if case.due_at else {}
        if supported and supported != (case.ward_code, case.category, case.problem):
            case.lead_id = None
            return {"slots": slots, "lifts": ["incident.supported"]}
        return {"slots": slots}

    def _add_words(self, need: Need, phone: str) -> Answer:
        own, words = self._own(need, phone), need.values["words"]
        if own:
            self._listen(own.case, words)
        cut = len(words) >= self.memory.sessions[phone].network.answer
        return {"facts": ["words.cut"]} if cut else {"lifts": ["words.cut"]}

    def _listen(self, case: Case, words: str) -> None:
        """Words that look confidential hide the case from its ward and from every list."""
        suspected = sensitive_category(self.county, words)
        if suspected and not case.sensitive:
            case.sensitive, case.category, case.desk = True, suspected, Desk.CONFIDENTIAL
            case.status, case.confirmation = Status.NEW, None
        elif suspected == VIOLENCE:
            case.category = VIOLENCE

    def _hide(self, need: Need, phone: str) -> Answer:
        own = self._own(need, phone)
        if own:
            own.secret = SECRET
            self.memory.forget(own)
        secret = SECRET if own else ""
        return {"slots": {"secret": secret}, "values": {"secret": secret}}

    def _withdraw(self, need: Need, phone: str) -> Answer:
        own = self._own(need, phone)
        if own:
            own.case.status = Status.WITHDRAWN
            self.memory.forget(own)
        return {}

    def _confirm(self, _: Need, phone: str) -> Answer:
        return self._answer_fixed(phone, Status.CLOSED, Confirmation.CONFIRMED)

    def _dispute(self, _: Need, phone: str) -> Answer:
        return self._answer_fixed(phone, Status.NEW, Confirmation.DISPUTED)

    def _answer_fixed(self, phone: str, status: Status, confirmation: Confirmation) -> Answer:
        """Her answer to the question that this session began with, which may have been answered meanwhile."""
        reference = self.memory.sessions[phone].question or ""
        asked = self.memory.asked(phone)
        open_still = asked is not None and asked.reference == reference
        if asked and open_still:
            asked.status, asked.confirmation = status, confirmation
        return {
            "values": {"reference": reference},
            "slots": {"reference": spoken(reference)},
            "facts": [] if open_still else ["question.settled"],
        }

    def _send_higher(self, need: Need, phone: str) -> Answer:
        own = self._own(need, phone)
        if own is None or not steps.may_be_sent_higher(own.case, self.now):
            return {"facts": ["step.settled"]}
        step, answer_by = climbing.climb(own.case, self.county, self.calendar, self.now, asked=True)
        holder = standing.step_holder(self.county, self.menu, own.case, step)
        return lookups.sent_higher(self.menu, own.case, holder, answer_by)

    def _call_back(self, need: Need, phone: str) -> Answer:
        self.known(phone, need.language).asked_for_a_call = True
        return {}

    def _ward(self, need: Need, phone: str) -> Answer:
        self.known(phone, need.language).ward_code = int(need.values["ward"])
        return {}

    def _language(self, need: Need, phone: str) -> Answer:
        if phone in self.memory.phones:
            self.memory.phones[phone].language = need.language
        return {}

    def _nothing(self, _: Need, __: str) -> Answer:
        return {}

    # The draft and the letter

    def _resume(self, _: Need, phone: str) -> Answer:
        session = self.memory.sessions[phone]
        draft = session.draft if session.draft in self.memory.drafts[phone] else None
        begun = lookups.begun(self.county, draft.chosen) if draft else None
        if begun is None:
            return {"facts": ["draft.gone"]}
        session.resumed = draft
        return {**begun, "lifts": ["draft.open", "matter.pending"]}

    def _drop_draft(self, _: Need, phone: str) -> Answer:
        dropped = self.memory.sessions[phone].draft
        self.memory.drafts[phone] = [draft for draft in self.memory.drafts[phone] if draft is not dropped]
        return {"lifts": ["draft.open", "matter.pending"]}

    def _read_letter(self, need: Need, phone: str) -> Answer:
        letter = self.memory.sessions[phone].letter
        text = letter.text if letter else self.county.name
        return {"slots": {"letter": to_gsm7(text)}, **self._put_away_letter(need, phone)}

    def _put_away_letter(self, _: Need, phone: str) -> Answer:
        """What came before it about the same case is as good as read, too."""
        seen = self.memory.sessions[phone].letter
        self.memory.letters[phone] = [
            letter for letter in self.memory.letters[phone] if not seen or letter.reference != seen.reference
        ]
        return {"lifts": ["letter.waiting", "matter.pending"]}


def _place_typed(values: Mapping[str, str]) -> str:
    """What she typed as a place, where it is kept as one: what was searched counts only where no ward came of it."""
    return values.get("place_words") or ("" if values.get("ward") else values.get("typed", ""))


ANSWERS: Mapping[str, Callable[[Rehearsal, Need, str], Answer]] = {
    "places": Rehearsal._places,
    "nearby": Rehearsal._nearby,
    "my_cases": Rehearsal._my_cases,
    "case": Rehearsal._case,
    "language": Rehearsal._language,
    "ward": Rehearsal._ward,
    "file": Rehearsal._file,
    "support": Rehearsal._support,
    "amend": Rehearsal._amend,
    "add_words": Rehearsal._add_words,
    "hide": Rehearsal._hide,
    "withdraw": Rehearsal._withdraw,
    "call_back": Rehearsal._call_back,
    "confirm": Rehearsal._confirm,
    "dispute": Rehearsal._dispute,
    "dispute_reason": Rehearsal._nothing,
    "resume": Rehearsal._resume,
    "drop_draft": Rehearsal._drop_draft,
    "read_letter": Rehearsal._read_letter,
    "put_away_letter": Rehearsal._put_away_letter,
    "send_higher": Rehearsal._send_higher,
}
