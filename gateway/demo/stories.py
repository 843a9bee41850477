"""What becomes of a report in the demo: the story of one case, as far as time has come."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from config.county import TermUnit
from gateway.cases.categories import FEEDBACK, NATIONAL
from gateway.cases.clock import local_day
from gateway.cases.models import Channel, Confirmation, Desk, Ending
from gateway.cases.sensitivity import sensitive_category
from gateway.demo.life import Life
from gateway.demo.reports import Report
from gateway.demo.voices import one_of
from gateway.demo.world import Person, World

ENDINGS = {
    Ending.FIXED: 70, Ending.PLANNED: 9, Ending.CANNOT_NOW: 8, Ending.NOT_OURS: 6, Ending.NOT_FOUND: 4,
    Ending.NOT_A_REPORT: 3,
}  # fmt: skip
LEFT_OUTSIDE = 0.4
"""Of national matters: with the body outside the county still, which has not answered."""
FORGOTTEN = 0.015
"""How often a story just stops, at each of its steps."""
ANSWERS = {Confirmation.CONFIRMED: 45, Confirmation.DISPUTED: 13, Confirmation.UNCONFIRMED: 42}


def live(world: World, person: Person, report: Report) -> Life:
    """The story of one report up to now."""
    life = Life(world, person, report)
    if report.channel is Channel.USSD and not life.sensitive and _in_session(world, life):
        return life
    if life.sensitive:
        _at_the_ombudsman(world, life)
    elif report.category in FEEDBACK:
        _thanked(world, life)
    elif _has_ward(world, life, person):
        _worked_on(world, life)
    return life


def _in_session(world: World, life: Life) -> bool:
    """What she still does in the session, and shortly after. True where the case is over with that."""
    rng, at = world.rng, life.case["received_at"]
    chance = rng.random()
    if chance < 0.02:
        life.withdraw(at + timedelta(seconds=rng.randrange(15, 90)))
        return True
    if chance < 0.05:
        life.hide_number(at + timedelta(seconds=rng.randrange(15, 90)))
    elif chance < 0.14:
        later = at + timedelta(hours=rng.uniform(0.05, 1))
        words = world.texts.added(life.language, None)
        if world.past(later) and sensitive_category(world.office.county, words) is None:
            life.add_words(later, words, Channel.SMS)
    return False


def _has_ward(world: World, life: Life, person: Person) -> bool:
    """Whether a ward has it: she named one, answers the question, or the county desk finds out."""
    if life.case["ward_code"] or life.case["desk"] is Desk.OUTSIDE:
        return True
    rng, received, question = world.rng, life.case["received_at"], life.open_question
    answered = received + timedelta(hours=rng.uniform(0.02, 20))
    if question and rng.random() < 0.5 and world.past(answered):
        life.name_ward(answered, person.ward)
        return True
    routed = world.at_work(received, world.hours(4))
    if rng.random() < 0.9 and world.past(routed):
        life.route(routed, life.officer, person.ward)
        return True
    if question and question["expires_at"] <= world.now:
        life.expire_question()
    return False


def _worked_on(world: World, life: Life, *, again: bool = False) -> None:
    """From the queue to an ending."""
    rng, pace, officer = world.rng, world.pace(life.case["ward_code"]), life.officer
    since = life.events[-1]["at"] if again else life.case["desk_since"]
    at = world.at_work(since, world.hours(4 if again else 7) * pace)
    if not world.past(at) or rng.random() < FORGOTTEN:
        return
    if life.case["desk"] is Desk.OUTSIDE and rng.random() < LEFT_OUTSIDE:
        return
    life.take(at, officer, Desk.WARD if life.case["ward_code"] else Desk.COUNTY)
    if rng.random() < 0.3 and world.past(at + timedelta(hours=1)):
        at += timedelta(minutes=rng.randrange(3, 50))
        life.event("note", at, world.texts.officer("notes"), officer)
        if life.person and rng.random() < 0.2:
            life.event("number_shown", at, world.texts.officer("number_shown"), officer)
    if life.person and rng.random() < 0.13:
        answered = _asks(world, life, at, officer)
        if answered is None:
            return
        at = answered
    if life.case["department"] and rng.random() < 0.28:
        referred = _refers(world, life, at, officer, pace)
        if referred is None:
            return
        at, officer = referred, life.officer
    ended = world.at_work(at, world.hours(16) * pace)
    if world.past(ended) and rng.random() > FORGOTTEN:
        _ends(world, life, ended, officer, again=again)


def _asks(world: World, life: Life, at: datetime, officer: int) -> datetime | None:
    """The officer asks her something; the time of her answer, or None where the story waits for it."""
    asked = world.at_work(at, world.hours(2))
    if not world.past(asked):
        return None
    life.write(asked, officer, world.texts.officer("questions", life.language), wait=True)
    answered = asked + timedelta(hours=world.hours(16))
    if world.rng.random() < 3 * FORGOTTEN or not world.past(answered):
        return None
    life.add_words(answered, world.texts.answer(life.language, None), Channel.SMS)
    return answered


def _refers(world: World, life: Life, at: datetime, officer: int, pace: float) -> datetime | None:
    """The ward refers it; the time at which the department takes it, or None where it has not yet."""
    referred = world.at_work(at, world.hours(3))
    if not world.past(referred):
        return None
    life.refer(referred, officer, life.case["department"], world.texts.officer("referrals"))
    taken = world.at_work(referred, world.hours(10) * pace)
    if not world.past(taken) or world.rng.random() < 2 * FORGOTTEN:
        return None
    life.take(taken, life.officer, Desk.DEPARTMENT)
    return taken


def _ends(world: World, life: Life, at: datetime, officer: int, *, again: bool) -> None:
    ending = Ending.FIXED if again else one_of(world, ENDINGS)
    if life.case["category"] == NATIONAL:
        ending = Ending.NOT_OURS
    planned_for = some_month(world) if ending is Ending.PLANNED else None
    life.end(at, officer, ending, world.texts.reason(ending.value, life.language), planned_for)
    if life.case["confirmation"] is Confirmation.ASKED:
        _is_it_fixed(world, life, again=again)
    elif ending is not Ending.PLANNED:
        close_in_time(world, life, at)


def _is_it_fixed(world: World, life: Life, *, again: bool) -> None:
    """Her answer to *fixed?*: yes, not yet, or silence."""
    question = life.open_question
    assert question is not None
    answer = one_of(world, ANSWERS)
    at = question["asked_at"] + timedelta(hours=world.hours(14))
    channel = one_of(world, {Channel.SMS: 7, Channel.USSD: 3})
    if answer is Confirmation.UNCONFIRMED or at >= question["expires_at"]:
        if question["expires_at"] <= world.now:
            life.unconfirmed(question["expires_at"])
    elif not world.past(at):
        return
    elif answer is Confirmation.CONFIRMED:
        life.confirm(at, channel)
    else:
        life.dispute(at, channel)
        if not again:
            _worked_on(world, life, again=True)


def _thanked(world: World, life: Life) -> None:
    """Feedback has no clock; somebody reads it, and half of it is answered."""
    taken = world.at_work(life.case["received_at"], world.hours(16))
    if world.rng.random() < 0.4 or not world.past(taken):
        return
    life.take(taken, life.officer)
    ended = world.at_work(taken, world.hours(3))
    if not world.past(ended):
        return
    life.end(ended, life.officer, Ending.FIXED, world.texts.officer("thanks", life.language))
    close_in_time(world, life, ended)


def _at_the_ombudsman(world: World, life: Life) -> None:
    """Confidential: read, called where she wants it, and ended, all at one desk."""
    officer, rng = life.officer, world.rng
    taken = world.at_work(life.case["received_at"], world.hours(3))
    if not world.past(taken) or rng.random() < 2 * FORGOTTEN:
        return
    life.take(taken, officer)
    called = taken + timedelta(minutes=rng.randrange(5, 120))
    if life.call_backs and world.past(called):
        life.called(called, officer)
    noted = world.at_work(called, world.hours(6))
    if not world.past(noted):
        return
    life.event("note", noted, world.texts.officer("confidential"), officer)
    ended = world.at_work(noted, world.hours(30))
    if world.past(ended) and rng.random() < 0.95:
        life.end(ended, officer, Ending.FIXED, world.texts.officer("confidential"))
        close_in_time(world, life, ended)


def close_in_time(world: World, life: Life, ended: datetime) -> None:
    """Close it if the time to object is over."""
    term = world.office.county.charter.term("reopen_window", "OTHER")
    closes = ended + timedelta(hours=term.amount * (1 if term.unit is TermUnit.HOURS else 24))
    if closes <= world.now:
        life.close(closes)


def some_month(world: World) -> date:
    """The first day of one of the next months."""
    today = local_day(world.now)
    month = today.month + world.rng.randrange(1, 5)
    return date(today.year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
