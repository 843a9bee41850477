"""What the walk asks for is answered: what a need may depend on, and one table of look-ups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as Transaction

from gateway.cases import carrying, incidents, ladder, landmarks, residents_own
from gateway.cases.categories import FEEDBACK
from gateway.cases.intake import Answer, UssdMark, keep_answer, kept_answer, once
from gateway.cases.models import Case, Channel
from gateway.cases.office import Office
from gateway.cases.residents_own import Caller
from gateway.dialogue import effects, lookups
from gateway.dialogue.sessions import Session
from gateway.dialogue.transcript import lengths
from gateway.installation import Installation
from menus.engine import Need


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
        return effects.file(installation, asked)
    with Transaction(installation.engine) as transaction, transaction.begin():
        return _answer(transaction, asked)


def _answer(transaction: Transaction, asked: Asked) -> Answer:
    kept = kept_answer(transaction, asked.session.id, asked.need.key)
    if kept is not None:
        return kept
    name = asked.need.name
    if name in effects.ONCE:
        effect = effects.ONCE[name]
        given = once(
            transaction, Channel.USSD, asked.source_id, lambda intake_id: effect(transaction, asked, intake_id)
        )
    elif name in effects.ONCE_BY_THEMSELVES:
        given = effects.ONCE_BY_THEMSELVES[name](transaction, asked)
    else:
        given = LOOKUPS[name](transaction, asked)
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
    lead = carrying.lead_of(transaction, found) if found else None
    return lookups.case(office.county, office.menu, found, asked.now, higher=higher, lead=lead)


LOOKUPS: Mapping[str, Callable[[Transaction, Asked], Answer]] = {
    "places": _places,
    "nearby": _nearby,
    "my_cases": _my_cases,
    "case": _case,
}
