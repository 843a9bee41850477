"""Written SMS conversations and how they are played: who says what, what is answered word for word, what becomes of it.

    == A text without a ward                      one conversation begins
    Wanjiku: Maji yamekatika                      she texts; {A} is the reference of the first case, {a} without a space
        = new case                                what the text was taken as
        > Kaunti ya Kakamega: …                   each SMS that leaves; to somebody else: `Amina > …`
        ! The case has changed …                  why an officer could not do it
        A: new, county desk, no ward, OTHER: …    each case that is another than before
    Wanjiku dials WATER in Shirere                also: begins, hides A, takes back A, adds to A: …
    Rose ends A fixed: …                          also: takes A, asks A: …, writes A: …, joins B, parts B, splits A
    later 3 days                                  time goes by, and does what time does

What is indented is what must come of the line above it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import NoResultFound

from config.county import Ward
from gateway.cases import actions, erasing, inbound, linking, residents_own
from gateway.cases.actions import Refused
from gateway.cases.events import words_of
from gateway.cases.models import Case, CaseEvent, Channel, Ending
from gateway.cases.residents_own import Caller
from gateway.db import as_owner, officer_session
from gateway.messages.models import IncomingSms, Message, MessageStatus
from gateway.people.models import Officer, Resident, Role
from tests.cases.begun import begin, sweep
from tests.cases.seats import take_every_seat
from tests.cases.stage import AMINA, WANJIKU, Stage

PEOPLE = {"Wanjiku": WANJIKU, "Amina": AMINA}
OFFICERS = {"Rose": Role.WARD, "Otieno": Role.HOTLINE, "Nekesa": Role.OMBUDSMAN}
TITLE, COMES = "== ", "    "


@dataclass(frozen=True)
class Conversation:
    """One conversation of a file, its lines as they are written."""

    title: str
    lines: tuple[str, ...]


def load(path: Path) -> list[Conversation]:
    """The conversations of a file; what stands before the first is for the reader."""
    _, *parts = re.split(r"^== ", path.read_text(), flags=re.MULTILINE)
    split = [part.strip("\n").split("\n") for part in parts]
    return [Conversation(title, tuple(line.rstrip() for line in lines)) for title, *lines in split]


@dataclass
class Talk:
    """A conversation being played on a stage. What is sent leaves and arrives at once, and everybody above the ward is
    at her desk."""

    stage: Stage
    officers: dict[str, Officer] = field(default_factory=dict)
    told: int = 0
    seen: dict[str, str] = field(default_factory=dict)

    def play(self, conversation: Conversation) -> list[str]:
        """The lines as they should have been written."""
        played: list[str] = []
        with self.stage.transaction() as session:
            take_every_seat(session, self.stage.office.county)
        for line in conversation.lines:
            if line.startswith(COMES):
                continue
            played.append(line)
            if line and not line.startswith("#"):
                played += [f"{COMES}{came}" for came in self.say(line)]
        return played

    def say(self, line: str) -> list[str]:
        """Do what a line says; returns what comes of it."""
        who = next((name for name in PEOPLE if line.startswith(name)), "Wanjiku")
        came = self._do(self._with_references(line))
        return [self._with_letters(one) for one in [*came, *self._letters(who), *self._cases()]]

    # What a line says

    def _do(self, line: str) -> list[str]:
        for pattern, does in DEEDS:
            if found := re.fullmatch(pattern, line):
                return does(self, *found.groups(""))
        raise ValueError(f"nobody can do that: {line}")

    def text(self, name: str, words: str) -> list[str]:
        stage, number = self.stage, self.stage.count(IncomingSms) + 1
        with stage.transaction() as session:
            inbound.store(session, stage.office, f"sms-{number}", PEOPLE[name], words.replace("\\n", "\n"))
            # By the clock of the stage, which alone tells how much time went by.
            session.execute(
                text("UPDATE incoming_sms SET received_at = :now WHERE status = 'stored'"), {"now": stage.now}
            )
        while inbound.handle_next(stage.engine, stage.office, stage.now):
            pass
        with stage.transaction() as session:
            last = select(IncomingSms.status, IncomingSms.why).order_by(IncomingSms.id.desc()).limit(1)
            status, why = session.execute(last).one()
        return [f"= {why}" if status == "handled" else f"= {status}: {why}"]

    def dial(self, name: str, category: str, ward: str) -> list[str]:
        self.stage.file(channel=Channel.USSD, category=category, phone=PEOPLE[name], ward_code=self._ward(ward).code)
        return []

    def begin(self, name: str, category: str, ward: str) -> list[str]:
        found = self._ward(ward)
        begin(
            self.stage, category=category, problem="", phone=PEOPLE[name], ward=str(found.code),
            sub_county=str(found.sub_county),
        )  # fmt: skip
        return []

    def own(self, name: str, what: str, reference: str, words: str) -> list[str]:
        caller, office = Caller(self.stage.office.vault.phone_hash(PEOPLE[name])), self.stage.office
        with self.stage.transaction() as session:
            case = residents_own.own_case(session, office, self._reference(reference), caller)
            assert case is not None
            if what == "adds to":
                residents_own.add_words(session, office, case, words, self.stage.now, Channel.USSD)
            else:
                does = erasing.hide_number if what == "hides" else erasing.withdraw
                does(session, office, case, self.stage.now)
        return []

    def act(self, name: str, what: str, letter: str, detail: str, words: str) -> list[str]:
        reference, officer = self._reference(letter), self._officer(name)
        deeds: dict[str, Callable[[], object]] = {
            "takes": lambda: self.stage.do(actions.take, reference, officer),
            "writes": lambda: self.stage.do(actions.write, reference, officer, words),
            "asks": lambda: self.stage.do(actions.write, reference, officer, words, wait=True),
            "ends": lambda: self.stage.do(actions.end, reference, officer, Ending(detail.strip()), words),
            "joins": lambda: self.stage.do(linking.join, reference, officer),
            "parts": lambda: self.stage.do(linking.part, reference, officer),
            "splits": lambda: self._split(reference, officer),
        }
        try:
            deeds[what]()
        except Refused as refused:
            return [f"! {refused}"]
        except NoResultFound:
            return ["! not in sight"]
        return []

    def _split(self, reference: str, officer: Officer) -> None:
        """Split the latest text off that was added."""
        with officer_session(self.stage.engine, officer) as session:
            case = session.scalars(select(Case).where(Case.reference == reference)).one()
            added = select(func.max(CaseEvent.data["incoming"].as_integer())).where(CaseEvent.case_id == case.id)
            incoming = session.scalar(added)
            with as_owner(session):
                linking.split(session, self.stage.office, case, officer, incoming or 0, self.stage.now)

    def wait(self, number: str, unit: str) -> list[str]:
        sweep(self.stage, **{f"{unit}s": int(number)})
        return []

    def _ward(self, name: str) -> Ward:
        return next(ward for ward in self.stage.office.county.wards if name in (ward.short, ward.name))

    def _officer(self, name: str) -> Officer:
        if name not in self.officers:
            self.officers[name] = self.stage.officer(OFFICERS[name])
        return self.officers[name]

    # What comes of it

    def _letters(self, who: str) -> Iterator[str]:
        with self.stage.transaction() as session:
            query = select(Message, Resident.phone_hash).outerjoin(Resident, Resident.id == Message.resident_id)
            new = session.execute(query.where(Message.id > self.told).order_by(Message.id)).all()
            for message, phone_hash in new:
                self.told = message.id
                if message.status is MessageStatus.QUEUED:
                    names = {self.stage.office.vault.phone_hash(phone): name for name, phone in PEOPLE.items()}
                    name = names.get(phone_hash, "nobody")
                    said = self.stage.office.vault.open(message.text_sealed)
                    yield f"> {said}" if name == who else f"{name} > {said}"
                    message.status, message.sent_at = MessageStatus.DELIVERED, self.stage.now

    def _cases(self) -> Iterator[str]:
        with self.stage.transaction() as session:
            for case in session.scalars(select(Case).order_by(Case.id)):
                is_now = self._describe(case)
                if self.seen.get(case.reference) != is_now:
                    self.seen[case.reference] = is_now
                    yield f"{self._letter_of(case.id)}: {is_now}"

    def _describe(self, case: Case) -> str:
        ward = self.stage.office.county.ward(case.ward_code) if case.ward_code else None
        guess = case.guess or {}
        about = "/".join(filter(None, (case.category, case.problem)))
        supposed = "/".join(filter(None, (guess.get("category"), guess.get("problem"))))
        parts = [
            case.status.value,
            *([f"joined to {self._letter_of(case.joined_id)}"] if case.joined_id else []),
            *([case.ending.value] if case.ending else []),
            *([case.confirmation.value] if case.confirmation else []),
            f"{case.desk.value} desk",
            ward.short if ward else "no ward",
            f"{about}, perhaps {supposed}" if supposed else about,
            *([f"perhaps of {self._letter_of(case.follows_id)}"] if case.follows_id else []),
            *(["number hidden"] if case.resident_id is None else []),
        ]
        words = words_of(self.stage.office.vault, case).replace("\n", " / ")
        sealed = "sealed " if case.words_sealed else ""
        return ", ".join(parts) + (f": {sealed}{words}" if words else "")

    def _letter_of(self, case_id: int) -> str:
        return chr(ord("A") + case_id - 1)

    def _references(self) -> dict[str, str]:
        with self.stage.transaction() as session:
            rows = session.execute(select(Case.id, Case.reference))
            return {self._letter_of(case_id): reference for case_id, reference in rows}

    def _reference(self, letter: str) -> str:
        return self._references()[letter]

    def _with_references(self, line: str) -> str:
        for letter, reference in self._references().items():
            line = line.replace(f"{{{letter}}}", f"{reference[:4]} {reference[4:]}")
            line = line.replace(f"{{{letter.lower()}}}", reference)
        return line

    def _with_letters(self, line: str) -> str:
        for letter, reference in self._references().items():
            line = line.replace(f"{reference[:4]} {reference[4:]}", f"{{{letter}}}")
            line = line.replace(reference, f"{{{letter.lower()}}}")
        return line


_WHO, _OFFICER = "|".join(PEOPLE), "|".join(OFFICERS)
DEEDS: tuple[tuple[str, Callable[..., list[str]]], ...] = (
    (rf"({_WHO}): ?(.*)", Talk.text),
    (rf"({_WHO}) dials (\w+) in (.+)", Talk.dial),
    (rf"({_WHO}) begins (\w+) in (.+)", Talk.begin),
    (rf"({_WHO}) (hides|takes back|adds to) ([A-Z])(?:: (.+))?", Talk.own),
    (rf"({_OFFICER}) (\w+) ([A-Z])( \w+)?(?:: (.+))?", Talk.act),
    (r"later (\d+) (minute|hour|day)s?", Talk.wait),
)
"""What a line may say, and what it does then."""
