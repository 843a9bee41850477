"""One case of the demo: what its resident and its officers did, as the rows that the real actions leave behind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from config.county import Ward
from gateway.cases import steps, timing
from gateway.cases.asking import WARD_ANSWER_WAIT, confirmation_wait
from gateway.cases.categories import VIOLENCE, department_of
from gateway.cases.clock import deadline
from gateway.cases.desks import turn
from gateway.cases.models import Case, CaseEvent, Channel, Confirmation, Desk, Ending, Kind, Status
from gateway.cases.references import spoken
from gateway.demo.letterbox import incoming, outgoing
from gateway.demo.reports import Report, Row, case_row
from gateway.demo.world import Person, World
from gateway.messages.models import MessageStatus, QuestionKind, QuestionStatus
from gateway.messages.outbox import USSD_SESSION


class Life:
    """Rows of one case; `person` is None from the moment on that her number is hidden. Times only go forward."""

    def __init__(self, world: World, person: Person, report: Report) -> None:
        self.world = world
        self.office = world.office
        self.person: Person | None = None if report.anonymous else person
        self.language = person.language
        self.words = report.words
        self.case = case_row(world, report, person.language)
        self.events: list[Row] = []
        self.messages: list[Row] = []
        self.questions: list[Row] = []
        self.call_backs: list[Row] = []
        self.incoming: list[Row] = []
        promise: dict[str, Any] = {"promise": report.category} if self.case["due_at"] else {}
        self.event("filed", report.at, channel=report.channel.value, suspected=report.suspected, **promise)
        if report.hour:
            self.call_back(report.at, report.hour)
        if report.channel is Channel.SMS:
            self.incoming.append(incoming(self.world, person, report.at, report.words or "", "new case"))
        self._acknowledge(report)

    @property
    def sensitive(self) -> bool:
        return bool(self.case["sensitive"])

    @property
    def officer(self) -> int:
        """Who has it now."""
        return self.world.officer(self.case["desk"], self.case["ward_code"], self.case["department"])

    @property
    def open_question(self) -> Row | None:
        return next((row for row in self.questions if row["status"] is QuestionStatus.OPEN), None)

    def event(self, name: str, at: datetime, words: str | None = None, officer: int | None = None, **data: Any) -> None:
        """One line of history; words are sealed where the case is confidential."""
        sealed = self.office.vault.seal(words) if words and self.sensitive else None
        self.events.append(
            {
                "at": at, "name": name, "officer_id": officer, "data": data, "words": None if sealed else words,
                "words_sealed": sealed, "turn": turn(self.as_case()),
            }
        )  # fmt: skip
        self._keep_time()

    def as_case(self) -> Case:
        """The case as it stands, for those who ask about one."""
        return Case(**{name: value for name, value in self.case.items() if name != "guess"}, practice=False)

    def _keep_time(self) -> None:
        """What the clocks say now, as `timing.keep_time` stores it."""
        told = [CaseEvent(**row) for row in sorted(self.events, key=lambda row: row["at"])]
        self.times = timing.of(told, self.case["received_at"], self.office.county.charter, self.office.calendar)
        self.case |= self.times.stored()
        self.case["next_step_at"] = steps.next_step_at(self.as_case(), self.times.stop)

    def send(
        self, wording: str, at: datetime, *, due: datetime | None = None, automatic: bool = False,
        slots: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """One SMS to her, unless her number is hidden."""
        if self.person is None:
            return
        promise = self.office.letters.promise(self.case["due_at"], self.language)
        known = {"reference": spoken(self.case["reference"]), "promise": promise}
        text = self.office.letters.compose(wording, self.language, {**known, **(slots or {})})
        self.messages.append(outgoing(self.world, wording, text, at, due or at, automatic=automatic))

    # The resident

    def _acknowledge(self, report: Report) -> None:
        if self.case["category"] == VIOLENCE:
            return
        due = report.at + USSD_SESSION if report.channel is Channel.USSD else None
        by_text = report.channel is Channel.SMS
        if self.sensitive:
            wording = "received_confidential"
        elif self.case["kind"] is Kind.FEEDBACK:
            wording = "received_feedback"
        elif by_text and report.ward is None:
            wording = "which_ward"
            self._ask(QuestionKind.WHICH_WARD, report.at, WARD_ANSWER_WAIT)
        else:
            wording = "received" if report.channel is Channel.USSD else "received_text"
        self.send(wording, report.at, due=due, automatic=by_text)

    def add_words(self, at: datetime, words: str, channel: Channel, why: str = "answers received") -> None:
        """She adds words, in the menu or by SMS."""
        self.words = "\n".join(part for part in (self.words, words) if part)
        self.event("words_added", at, channel=channel.value)
        if channel is Channel.SMS and self.person:
            self.incoming.append(incoming(self.world, self.person, at, words, why))
            self.send("received_confidential" if self.sensitive else "words_added", at, automatic=True)
        if self.case["status"] is Status.WAITING:
            self.case["status"] = Status.TAKEN if self.case["assignee_id"] else Status.NEW
            self.event("resumed", at)

    def name_ward(self, at: datetime, ward: Ward) -> None:
        """She answers *which ward?*."""
        assert self.person is not None
        self._answer(str(ward.code))
        self._set_ward(at, ward)
        text = self.world.rng.choice([ward.name, f"wadi ya {ward.name}", f"{ward.name} ward"])
        self.words = "\n".join(part for part in (self.words, text) if part)
        self.incoming.append(incoming(self.world, self.person, at, text, "answers which ward"))
        self.event("ward_named", at, ward=ward.code)
        self.event("words_added", at, channel=Channel.SMS.value)
        self.send("ward_known", at, automatic=True, slots={"ward": ward.short})

    def hide_number(self, at: datetime) -> None:
        """In the session in which she reported."""
        secret = f"{self.world.rng.randrange(10_000):04d}"
        self.case["secret_hash"] = self.office.vault.secret_hash(self.case["reference"], secret)
        self._forget()
        self.event("number_hidden", at)

    def withdraw(self, at: datetime) -> None:
        """In the session in which she reported."""
        self.case |= {"status": Status.WITHDRAWN, "closed_at": at, "landmark": None, "guess": None}
        self.words = None
        self._forget()
        self.event("withdrawn", at)

    def _forget(self) -> None:
        self.person = None
        self.questions.clear()
        self.call_backs.clear()
        for message in self.messages:
            nothing = dict.fromkeys(("provider_id", "code", "parts", "price", "currency", "sent_at", "delivered_at"))
            message |= {"status": MessageStatus.CANCELLED, "attempts": 0, **nothing}

    def call_back(self, at: datetime, hour: str) -> None:
        """She asks to be called."""
        term = self.office.county.charter.term("call_back", self.case["category"])
        due = deadline(at, term, self.office.calendar)
        self.call_backs.append(
            {"hour": hour, "asked_at": at, "due_at": due, "done_at": None, "done_by": None, "outcome": None}
        )

    def called(self, at: datetime, officer: int) -> None:
        """The officer has rung her."""
        outcome = self.world.rng.choices(["reached", "no_answer"], [4, 1])[0]
        self.call_backs[-1] |= {"done_at": at, "done_by": officer, "outcome": outcome}
        self.event("call_back_done", at, officer=officer, outcome=outcome)

    def confirm(self, at: datetime, channel: Channel) -> None:
        self._answer("yes")
        self.case |= {"status": Status.CLOSED, "confirmation": Confirmation.CONFIRMED, "closed_at": at}
        self.event("confirmed", at, channel=channel.value)
        self._by_text(at, channel, ("Ndio", "NDIYO", "Tayari", "yes", "1"), "confirmed")

    def dispute(self, at: datetime, channel: Channel) -> None:
        """Not yet: it is open again, at the top of the queue."""
        self._answer("no")
        self.case |= {
            "status": Status.NEW, "confirmation": Confirmation.DISPUTED, "ending": None, "resolved_at": None,
        }  # fmt: skip
        self.event("disputed", at, channel=channel.value)
        if channel is Channel.USSD and self.world.rng.random() < 0.8:
            reason = self.world.rng.choice(["not_done", "half_done", "broke_again"])
            self.event("dispute_reason", at + timedelta(seconds=12), reason=reason)
        self._by_text(at, channel, ("Bado", "BADO", "la", "no", "2"), "reopened")

    def _by_text(self, at: datetime, channel: Channel, answers: tuple[str, ...], wording: str) -> None:
        if channel is Channel.SMS and self.person:
            text = self.world.rng.choice(answers)
            self.incoming.append(incoming(self.world, self.person, at, text, "answers fixed"))
            self.send(wording, at, automatic=True)

    # The officers

    def take(self, at: datetime, officer: int, desk: Desk | None = None) -> None:
        if desk and desk is not self.case["desk"]:
            self.case |= {"desk": desk, "desk_since": at, "referred_to": None}
        self._confirm_guess(at, officer)
        self.case |= {"status": Status.TAKEN, "assignee_id": officer}
        self.event("taken", at, officer=officer)

    def _confirm_guess(self, at: datetime, officer: int) -> None:
        """What was read from her words is right, says the officer who takes it."""
        guess = self.case["guess"]
        if not guess:
            return
        self.case["guess"] = None
        code, problem = guess.get("category"), guess.get("problem")
        if code:
            self.case |= {"category": code, "problem": problem, "department": department_of(self.office, code, problem)}
        ward = self.case["ward_code"] if "ward" in guess else None
        self.event("guess_confirmed", at, officer=officer, category=code, problem=problem, ward=ward)

    def write(self, at: datetime, officer: int, words: str, *, wait: bool = False) -> None:
        """An SMS to her; with `wait` the case waits for her answer."""
        self.send("call_us" if self.sensitive else "from_officer", at, slots={"officer_words": words})
        self.event("written", at, words, officer)
        if wait:
            self.case |= {"status": Status.WAITING, "assignee_id": officer}
            self.event("waiting", at, officer=officer)

    def refer(self, at: datetime, officer: int, department: str, words: str) -> None:
        self.case |= {
            "status": Status.REFERRED, "assignee_id": None, "desk": Desk.DEPARTMENT, "desk_since": at,
            "department": department, "referred_to": None,
        }  # fmt: skip
        self.event("referred", at, words, officer, department=department, body=None)

    def route(self, at: datetime, officer: int, ward: Ward) -> None:
        """The county desk gives it its ward."""
        self.expire_question()
        self.case |= {"status": Status.NEW, "assignee_id": None}
        self._set_ward(at, ward)
        self.event("routed", at, officer=officer, ward=ward.code)

    def end(self, at: datetime, officer: int, ending: Ending, reason: str, planned_for: date | None = None) -> None:
        """How it ended; *fixed* asks her."""
        self.expire_question()
        sealed = self.office.vault.seal(reason) if self.sensitive else None
        self.case |= {
            "status": Status.RESOLVED, "ending": ending, "resolved_at": at, "planned_for": planned_for,
            "reason": None if sealed else reason, "reason_sealed": sealed, "confirmation": None, "assignee_id": officer,
        }  # fmt: skip
        planned = planned_for.isoformat() if planned_for else None
        self.event("ended", at, reason, officer, ending=ending.value, planned_for=planned)
        self._tell(at, ending, reason, planned_for)

    def _tell(self, at: datetime, ending: Ending, reason: str, planned_for: date | None) -> None:
        if self.sensitive:
            if self.case["category"] != VIOLENCE:
                self.send("call_us", at)
        elif ending is Ending.FIXED and self.case["kind"] is Kind.GRIEVANCE:
            if self.person:
                wait = confirmation_wait(self.office, Case(category=self.case["category"]), at)
                self._ask(QuestionKind.FIXED, at, wait)
                self.case["confirmation"] = Confirmation.ASKED
                self.send("fixed", at)
        else:
            slots = {"officer_words": reason}
            if planned_for:
                department = self.office.county.department(self.case["department"] or "")
                desk = department.short if department else self.office.menu.words["desk_county"]
                slots |= {
                    "month": self.office.menu.month(planned_for, self.language),
                    "desk": self.office.menu.spoken(desk, self.language),
                }
            self.send("answered" if ending is Ending.FIXED else ending.value, at, slots=slots)

    # What time does

    def unconfirmed(self, at: datetime) -> None:
        """She did not answer *fixed?*."""
        self.expire_question()
        self.case |= {"status": Status.CLOSED, "confirmation": Confirmation.UNCONFIRMED, "closed_at": at}
        self.event("unconfirmed", at)

    def close(self, at: datetime) -> None:
        """The time to object is over."""
        self.case |= {"status": Status.CLOSED, "closed_at": at}
        self.event("closed", at)

    def _ask(self, kind: QuestionKind, at: datetime, wait: timedelta) -> None:
        self.questions.append(
            {"kind": kind, "status": QuestionStatus.OPEN, "asked_at": at, "expires_at": at + wait, "answer": None}
        )

    def _answer(self, given: str) -> None:
        if self.open_question:
            self.open_question.update(answer=given, status=QuestionStatus.ANSWERED)

    def expire_question(self) -> None:
        """Nobody waits any more for an answer."""
        if self.open_question:
            self.open_question["status"] = QuestionStatus.EXPIRED

    def _set_ward(self, at: datetime, ward: Ward) -> None:
        self.case |= {
            "ward_code": ward.code, "sub_county_code": ward.sub_county, "desk": Desk.WARD, "desk_since": at,
        }  # fmt: skip

    def finished(self) -> Row:
        """The row of the case, with its words where they belong."""
        sealed = self.office.vault.seal(self.words) if self.words and self.sensitive else None
        return self.case | {"words": None if sealed else self.words, "words_sealed": sealed}
