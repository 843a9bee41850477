"""Two phones that do the same: one dials the gateway over HTTP, the other a rehearsed office; both show the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gateway.cases import asking, drafts, incidents, ladder, landmarks, residents_own
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Incident, WardLandmark
from gateway.cases.filing import Report, file_case
from gateway.cases.models import Case, Channel, Confirmation, Draft
from gateway.cases.references import spoken
from gateway.installation import Installation
from gateway.messages.models import Message, MessageStatus, Question, QuestionStatus
from gateway.people.models import Officer, Resident
from gateway.people.phone import mask
from gateway.trial.scene import Scene
from menus import networks
from menus.networks import Network
from tests.callbacks.handset import SERVICE_CODE, Handset
from tests.cases.seats import take_every_seat

_REFERENCE = re.compile(r"\b(\d{4} \d{4})\b")
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_MOVED = (
    "status", "confirmation", "ending", "planned_for", "desk", "desk_since", "raised_to", "raised_at", "answer_by",
)  # fmt: skip
_SECRET = re.compile(r"(?:siri|secret) (\d{4})\b")


@dataclass
class Dialler(Handset):
    """A phone that may dial a code with something behind it, from any network."""

    network: str = networks.SAFARICOM.code
    dialled: str = SERVICE_CODE

    def fields(self, text: str) -> list[tuple[str, str]]:
        other = {"serviceCode": self.dialled, "networkCode": self.network}
        return [(name, other.get(name, value)) for name, value in super().fields(text)]


class Twins:
    """Plays a dialogue on both, `menus.script.Player`; an AssertionError says where they differ.

    The day of the dialogue is today, so what is dated in it moves along. `events`: whether the provider says that a
    session that was lost has ended.
    """

    def __init__(self, app: Flask, phone: str, *, events: bool) -> None:
        self.events = events
        self.installation: Installation = app.extensions["sikiza"]
        self.now = datetime.now(UTC)
        office = self.installation.office
        self.scene = Scene(office.county, office.menu, self.installation.catalogue, local_day(self.now))
        self.scene.office.now = self.now
        self.dialler = Dialler(app, phone)
        with Session(self.installation.engine) as session, session.begin():
            take_every_seat(session, office.county)
            # What another dialogue had given is over.
            session.execute(update(Incident).values(ended_at=self.now))
            session.execute(delete(WardLandmark))
        self.later = timedelta()
        self.sessions = 0
        self.real: dict[str, str] = {}
        """What the rehearsed office calls it -> what the gateway does: references and secrets, as they are shown."""

    # The phones

    def dial(self, dialled: str) -> str:
        if self.scene.handset.is_open:
            self.drop()
        self.sessions += 1
        self.dialler = replace(
            self.dialler, session=f"{self.dialler.phone}-{self.sessions}", inputs=[],
            dialled=self._real(dialled) or SERVICE_CODE,
        )  # fmt: skip
        return self._same(self.scene.dial(dialled), self.dialler.dial())

    def type(self, typed: str) -> str:
        taken = self._real(typed)[: self.scene.handset.network.answer]
        return self._same(self.scene.type(typed), self.dialler.type(taken))

    def again(self) -> str:
        return self._same(self.scene.again(), self.dialler.again())

    def drop(self) -> None:
        self.scene.drop()
        if self.events:
            self.dialler.end()

    def network(self, network: Network) -> None:
        self.scene.network(network)
        self.dialler.network = network.code

    # What is given

    def today(self, day: date) -> None:
        self.later = timedelta(days=(local_day(self.now) - day).days)

    def given(self, what: str) -> None:
        what = _DAY.sub(lambda found: str(date.fromisoformat(found.group()) + self.later), what)
        self.scene.given(what)
        noun, _, rest = self._real(what).partition(" ")
        with Session(self.installation.engine) as session, session.begin():
            getattr(self, f"_{noun}")(session, rest)

    def _returning(self, session: Session, code: str) -> None:
        self._resident(session).ward_code = int(code)

    def _language(self, session: Session, code: str) -> None:
        self._resident(session).language = code

    def _case(self, session: Session, what: str) -> None:
        """The report as the rehearsed office has it: filed at the desk, then moved to where it stands."""
        office, kept = self.installation.office, self.scene.office.memory.cases[-1].case
        resident = self._resident(session)
        report = Report(
            Channel.HOTLINE, f"{resident.id}-{kept.reference}", kept.category, resident.language,
            phone=self.dialler.phone, ward_code=kept.ward_code,
        )  # fmt: skip
        filed = file_case(session.connection(), office, report, kept.received_at)
        case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
        self.real[spoken(kept.reference)] = spoken(filed.reference)
        for name in _MOVED:
            setattr(case, name, getattr(kept, name))
        if case.confirmation is Confirmation.ASKED:
            asking.ask_fixed(session, office, case, self.now)
        session.execute(update(Message).where(Message.case_id == case.id).values(status=MessageStatus.DELIVERED))

    def _letter(self, session: Session, words: str) -> None:
        case = session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()
        session.add(
            Message(
                resident_id=case.resident_id, case_id=case.id, wording="waiting", status=MessageStatus.FAILED,
                text_sealed=self.installation.office.vault.seal(words), created_at=self.now,
            )
        )  # fmt: skip

    def _answered(self, session: Session, _: str) -> None:
        hers = Question.resident_id == self._resident(session).id
        question = session.scalars(select(Question).where(hers, Question.status == QuestionStatus.OPEN)).one()
        case = session.get_one(Case, question.case_id)
        assert residents_own.answer_fixed(
            session, self.installation.office, case, question.id, fixed=True, now=self.now, channel=Channel.SMS
        )

    def _higher(self, session: Session, _: str) -> None:
        hers = Case.resident_id == self._resident(session).id
        case = session.scalars(select(Case).where(hers).order_by(Case.id.desc()).limit(1).with_for_update()).one()
        assert ladder.send_higher(session, self.installation.office, case, self.now, Channel.SMS)

    def _sent(self, session: Session, _: str) -> None:
        hers = Draft.phone_hash == self.installation.office.vault.phone_hash(self.dialler.phone)
        drafts.file_draft(session, self.installation.office, session.scalars(select(Draft).where(hers)).one(), self.now)

    def _incident(self, session: Session, _: str) -> None:
        """Published as the rehearsed office has it, about a case that nobody's phone filed."""
        office, meant, officer = self.installation.office, self.scene.office.memory.incidents[-1], _officer(session)
        report = Report(
            Channel.HOTLINE, f"{self.dialler.phone}-{self.sessions}-{meant.id}", meant.category, "en",
            problem=meant.problem, ward_code=meant.ward_code,
        )  # fmt: skip
        filed = file_case(session.connection(), office, report, self.now)
        case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
        published = incidents.publish(session, office, case, officer, meant.titles, None, self.now)
        published.expected_on = meant.expected_on  # the day of its repair may have passed since

    def _over(self, session: Session, _: str) -> None:
        for incident in session.scalars(select(Incident).where(Incident.ended_at.is_(None))):
            incidents.end(session, incident, self.now)

    def _landmark(self, session: Session, what: str) -> None:
        code, _, name = what.partition(" ")
        assert landmarks.add(session, int(code), [name], _officer(session)) == 1

    def _resident(self, session: Session) -> Resident:
        vault, phone = self.installation.office.vault, self.dialler.phone
        hers = Resident.phone_hash == vault.phone_hash(phone)
        known = session.scalars(select(Resident).where(hers)).one_or_none()
        if known is None:
            known = Resident(
                phone_hash=vault.phone_hash(phone), phone_sealed=vault.seal(phone), phone_mask=mask(phone),
                language=self.installation.menu.languages[0],
            )  # fmt: skip
            session.add(known)
            session.flush()
        return known

    # What differs

    def _same(self, rehearsed: str, real: str) -> str:
        """References and secrets are random in the gateway: each is told by where it stands."""
        for pattern in (_REFERENCE, _SECRET):
            for ours, theirs in zip(pattern.findall(rehearsed), pattern.findall(real), strict=False):
                self.real.setdefault(ours, theirs)
        shown = real
        for ours, theirs in self.real.items():
            shown = re.sub(rf"\b{theirs}\b", ours, shown)
        assert shown == rehearsed
        return rehearsed

    def _real(self, written: str) -> str:
        """What is written in a dialogue, with the references and secrets of the gateway."""
        for ours, theirs in self.real.items():
            for blank in (" ", ""):
                written = re.sub(rf"\b{ours.replace(' ', blank)}\b", theirs.replace(" ", blank), written)
        return written


def _officer(session: Session) -> Officer:
    """The one who has every seat: she sees every ward's cases."""
    return session.scalars(select(Officer).order_by(Officer.id).limit(1)).one()
