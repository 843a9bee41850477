"""Carrying out what was decided on a text: adding, answering, filing; and the one SMS that answers it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.cases import asking, drafts, residents_own, telling, wishes
from gateway.cases.categories import DANGER, OTHER
from gateway.cases.filing import Report, file_case
from gateway.cases.models import Case, Channel, Draft, Kind
from gateway.cases.office import Office
from gateway.cases.reading import Reading
from gateway.cases.situation import Situation, is_alarm, may_be_about
from gateway.messages import outbox, questions
from gateway.messages.conversation import Decision, says_more
from gateway.messages.models import IncomingSms, Question, QuestionKind
from gateway.messages.tongue import guess_language
from gateway.people.models import Resident


def carry_out(session: Session, office: Office, incoming: IncomingSms, seen: Situation, now: datetime) -> Case | None:
    """Do what was decided; returns the case that the text concerns."""
    match seen.decided.decision:
        case Decision.KEYWORD:
            return wishes.grant(session, office, seen, now)
        case Decision.YES | Decision.NO:
            return _answer(session, office, incoming, seen, now)
        case Decision.OPTION | Decision.WARD:
            return _answer_ward(session, office, incoming, seen, now)
        case Decision.PLACE:
            asked = session.get_one(Case, _question(seen).case_id, with_for_update=True)
            return _add_words(session, office, incoming, asked, seen.text, now, "words_added")
        case Decision.DRAFT | Decision.DROP:
            return _answer_draft(session, office, seen, now)
        case Decision.WORDS:
            return _add_to(session, office, incoming, seen, now)
        case Decision.CHASE:
            return _chased(session, office, incoming, seen, now)
        case Decision.LINKED | Decision.NEW:
            return _new_case(session, office, incoming, seen, now)
        case Decision.THANKS:
            return seen.named or seen.older
        case Decision.NOTHING:
            _not_understood(session, office, seen, now)
            return None


def _question(seen: Situation) -> Question:
    assert seen.question is not None
    return seen.question


def _add_words(
    session: Session, office: Office, incoming: IncomingSms, case: Case, text: str, now: datetime, wording: str,
    **slots: str,
) -> Case:  # fmt: skip
    """Add the text to the case and answer it; a case that her words made confidential is answered neutrally."""
    residents_own.add_words(session, office, case, text, now, Channel.SMS, incoming=incoming.id)
    asking.send(
        session, office, case, "received_confidential" if case.sensitive else wording, now, automatic=True, slots=slots
    )
    return case


def _add_to(session: Session, office: Office, incoming: IncomingSms, seen: Situation, now: datetime) -> Case:
    """To the case that she names or was asked about; to a closed one nobody would look, so that opens a new one."""
    case = seen.about
    assert case is not None
    if telling.is_over(case):
        return _new_case(session, office, incoming, seen, now, follows=None if case.sensitive else case)
    ward = seen.read.ward
    if ward and case.ward_code is None and not case.sensitive and case.kind is not Kind.REQUEST:
        residents_own.name_ward(session, office, case, ward, now)
        questions.withdraw(session, case.id, QuestionKind.WHICH_WARD)
        _guess_ward(case, seen.read)
        return _add_words(session, office, incoming, case, seen.text, now, "ward_known", ward=ward.short)
    return _add_words(session, office, incoming, case, seen.text, now, "words_added")


def _chased(session: Session, office: Office, incoming: IncomingSms, seen: Situation, now: datetime) -> Case:
    """She asks after her report: her words stand in it, and she is told how it stands. The same words stand once."""
    case = seen.older
    assert case is not None
    if seen.decided.why == "asks after her reports":
        assert seen.resident is not None
        telling.tell_list(session, office, seen.resident, now)
        return case
    if seen.decided.why == "says the same again":
        residents_own.ask_again(session, office, case, now)
    else:
        residents_own.add_words(session, office, case, seen.text, now, Channel.SMS, incoming=incoming.id)
    if case.sensitive:
        asking.send(session, office, case, "received_confidential", now, automatic=True)
    else:
        telling.tell_state(session, office, case, now)
    return case


def _answer(session: Session, office: Office, incoming: IncomingSms, seen: Situation, now: datetime) -> Case | None:
    question, yes = _question(seen), seen.decided.decision is Decision.YES
    case = session.get_one(Case, question.case_id, with_for_update=True)
    if question.kind is QuestionKind.DELETE:
        return wishes.answer_delete(session, office, question, case, yes, now)
    wording = "confirmed" if yes else "reopened"
    residents_own.answer_fixed(session, office, case, question.id, fixed=yes, now=now, channel=Channel.SMS)
    if is_alarm(seen.read, case) or not may_be_about(case, seen.read) or (yes and says_more(seen.text)):
        # The answer, and something else: what is added to a closed report nobody reads.
        asking.send(session, office, case, wording, now, automatic=True)
        return _new_case(session, office, incoming, seen, now, follows=None if case.sensitive else case)
    if len(seen.text.split()) > 1:
        return _add_words(session, office, incoming, case, seen.text, now, wording)
    asking.send(session, office, case, wording, now, automatic=True)
    return case


def _answer_ward(session: Session, office: Office, incoming: IncomingSms, seen: Situation, now: datetime) -> Case:
    question = _question(seen)
    ward = seen.read.ward
    if seen.decided.decision is Decision.OPTION:
        ward = office.county.ward(int((question.options or [])[seen.decided.option - 1]))
    assert ward is not None
    case = session.get_one(Case, question.case_id, with_for_update=True)
    if questions.answer(session, question.id, str(ward.code)) and case.ward_code is None:
        residents_own.name_ward(session, office, case, ward, now)
        session.execute(update(Resident).where(Resident.id == question.resident_id).values(ward_code=ward.code))
        if seen.decided.decision is Decision.OPTION:
            asking.send(session, office, case, "ward_known", now, automatic=True, slots={"ward": ward.short})
        else:
            _guess_ward(case, seen.read)
            _add_words(session, office, incoming, case, seen.text, now, "ward_known", ward=ward.short)
    asking.open_next(session, office, question.resident_id, now)
    return case


def _answer_draft(session: Session, office: Office, seen: Situation, now: datetime) -> Case | None:
    """Her answer about what she began and did not send."""
    question = _question(seen)
    draft, resident_id, case = session.get_one(Draft, question.draft_id), question.resident_id, None
    placed = draft.ward_code is not None
    if seen.decided.decision is Decision.DROP:
        drafts.let_go(session, office, draft, resident_id, now)
    else:
        case = drafts.send(session, office, draft, seen.text, seen.read.ward, now)
        if not placed:
            _guess_ward(case, seen.read)
    session.flush()
    asking.open_next(session, office, resident_id, now)
    return case


def _guess_ward(case: Case, read: Reading) -> None:
    """The ward that the case has now was read from words: an officer is to confirm it."""
    if read.ward and not case.sensitive:
        case.guess = {**(case.guess or {}), "ward": read.ward_words}


def _not_understood(session: Session, office: Office, seen: Situation, now: datetime) -> None:
    """Somebody we know gets a hint; a stranger's stray digit is stored, and answered with nothing."""
    if seen.resident:
        telling.tell(session, office, seen.resident, "not_understood", now)


def _new_case(
    session: Session, office: Office, incoming: IncomingSms, seen: Situation, now: datetime, follows: Case | None = None
) -> Case:
    """A case at once, whatever is not known of it; what was read from the words is for an officer to confirm."""
    resident, read = seen.resident, seen.read
    if seen.decided.decision is Decision.LINKED:
        follows = seen.named or seen.older
    guess, ward_code = guess_of(read), read.ward.code if read.ward else None
    if ward_code is None and not read.among and follows and follows.ward_code:
        # Where it may belong to is where somebody sees both.
        ward_code, guess = follows.ward_code, {**(guess or {}), "ward": ""}
    # One question at a time: where another is open, this one is asked when its turn comes.
    ask_now = ward_code is None and seen.question is None
    asking_for = "which_of" if read.among else "which_ward"
    danger = read.category == DANGER
    letter_at = outbox.reply_time(session, resident.id, now) if resident else now
    report = Report(
        channel=Channel.SMS,
        source_id=incoming.provider_id,
        category=OTHER,
        language=resident.language if resident else guess_language(seen.text, office.county.languages),
        phone=seen.phone,
        ward_code=ward_code,
        words=seen.text.strip(),
        wording="received_danger" if danger else asking_for if ask_now else "received_text",
        slots={"wards": asking.numbered(read.among)},
        quiet=letter_at is None,
        letter_at=letter_at,
        follows=follows.id if follows else None,
        guess=guess,
    )
    filed = file_case(session.connection(), office, report, now)
    case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
    if ward_code is None and not case.sensitive and not report.quiet:
        asking.ask_ward(session, case, read.among, now)
        if danger and ask_now:
            asking.send(session, office, case, asking_for, now, automatic=True, slots=report.slots)
    return case


def guess_of(read: Reading) -> dict[str, str] | None:
    """What an officer is to confirm, as `Case.guess` keeps it."""
    guess = {"ward": read.ward_words} if read.ward else {}
    if read.category:
        guess |= {"category": read.category, "words": ", ".join(read.category_words)}
        guess |= {"problem": read.problem} if read.problem else {}
    return guess or None
