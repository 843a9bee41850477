"""Believable stories: who reports what, where and how, and what becomes of it as far as time has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

from config.county import Category, Menu, Ward
from gateway.cases.clock import local_day
from gateway.cases.filing import FEEDBACK, NATIONAL, OTHER, VIOLENCE
from gateway.cases.models import Channel, Desk, Ending, Status
from gateway.cases.sensitivity import sensitive_category
from gateway.demo.life import Life
from gateway.demo.reports import Report
from gateway.demo.world import World

T = TypeVar("T")

CHANNELS = {Channel.USSD: 62, Channel.SMS: 20, Channel.HOTLINE: 14, Channel.PAPER: 4}
# Shares of what is reported through menus and forms; a category that is not named here gets ONE.
CATEGORIES = {
    "WATER": 25, "ROADS": 21, "HEALTH": 13, "LIGHT": 8, "WASTE": 8, "MARKET": 6, "EDUCATION": 7, "LANDS": 3, "AGRI": 4,
    "REVENUE": 3, "PROJECT": 3, "SOCIAL": 3, "NUISANCE": 3, "JOBS": 2,
}  # fmt: skip
ONE = 1
FEEDBACK_SHARE, SENSITIVE_SHARE, NATIONAL_SHARE, DISASTER_SHARE = 0.10, 0.04, 0.04, 0.005
FEEDBACKS = {"RATING": 5, "IDEA": 3, "PRAISE": 2}
RATINGS = {"5": 24, "4": 34, "3": 20, "2": 13, "1": 9}
SENSITIVE = {"CORRUPT": 5, "STAFF": 5, "GBV": 3}
ENDINGS = {
    Ending.FIXED: 70, Ending.PLANNED: 9, Ending.CANNOT_NOW: 8, Ending.NOT_OURS: 6, Ending.NOT_FOUND: 4,
    Ending.NOT_A_REPORT: 3,
}  # fmt: skip
HOURS = ("today", "tomorrow_morning", "tomorrow_evening")
SAFE_HOURS = ("morning", "evening")
REOPEN_WINDOW = timedelta(days=14)


# What is reported


def some_report(world: World) -> tuple[Ward, Report]:
    """A report of somebody in a ward; the report names that ward, or none."""
    rng, ward = world.rng, world.some_ward()
    chance = rng.random()
    if chance < FEEDBACK_SHARE:
        return ward, _feedback(world, ward)
    if chance < FEEDBACK_SHARE + SENSITIVE_SHARE:
        return ward, _confidential(world, ward)
    channel = _one(world, CHANNELS)
    if channel is Channel.SMS:
        return ward, _text(world, ward)
    if rng.random() < NATIONAL_SHARE and world.office.county.referrals:
        referral = rng.choice(world.office.county.referrals).code
        at = world.received(channel)
        return ward, Report(at, channel, NATIONAL, problem=referral, referral=referral, ward=ward)
    return ward, _grievance(world, ward, channel)


def _feedback(world: World, ward: Ward) -> Report:
    rng, county = world.rng, world.office.county
    category = _one(world, FEEDBACKS)
    channel = _one(world, {Channel.USSD: 9, Channel.HOTLINE: 1})
    words = world.texts.complaint(category, None, "sw", ward) if rng.random() < 0.7 else None
    if category == "RATING" and county.services:
        service = rng.choice(county.services).code
        rating = int(_one(world, RATINGS))
        known = ward if rng.random() < 0.6 else None
        return Report(world.received(channel), channel, category, service, known, words=words, rating=rating)
    about = rng.choice([*(one.code for one in county.menu(Menu.MAIN)), OTHER])
    return Report(world.received(channel), channel, "PRAISE" if category == "PRAISE" else "IDEA", about, ward, words=words)


def _confidential(world: World, ward: Ward) -> Report:
    rng, category = world.rng, _one(world, SENSITIVE)
    known = ward if rng.random() < 0.5 else None
    if category == VIOLENCE:
        at = world.received(Channel.USSD)
        return Report(at, Channel.USSD, category, ward=known, hour=rng.choice(SAFE_HOURS))
    words = world.texts.complaint(category, None, "sw", ward)
    if rng.random() < 0.3 and words:
        suspected = sensitive_category(world.office.county, words)
        at = world.received(Channel.SMS)
        return Report(at, Channel.SMS, suspected or OTHER, ward=known, words=words, suspected=suspected is not None)
    anonymous = rng.random() < 0.55
    hour = None if anonymous else "any"
    at = world.received(Channel.USSD)
    return Report(at, Channel.USSD, category, ward=known, words=words, anonymous=anonymous, hour=hour)


def _text(world: World, ward: Ward) -> Report:
    """An SMS in her own words; every fourth names no ward."""
    category = _weighted_category(world)
    words = _plain_words(world, category.code, None, ward) or ward.name
    known = ward if world.rng.random() < 0.75 else None
    if known and ward.name.casefold() not in words.casefold():
        words += world.rng.choice([f". Wadi ya {ward.name}", f", {ward.name} ward", f". {ward.name}"])
    elif known is None:
        words = words.replace(ward.name, "hapa")
    return Report(world.received(Channel.SMS), Channel.SMS, OTHER, ward=known, words=words)


def _grievance(world: World, ward: Ward, channel: Channel) -> Report:
    rng, category = world.rng, _weighted_category(world)
    problem = rng.choice(category.problems).code if category.problems else None
    talks = channel is not Channel.USSD
    words = _plain_words(world, category.code, problem, ward) if talks or rng.random() < 0.3 else None
    known = ward if rng.random() < 0.97 else None
    return Report(world.received(channel), channel, category.code, problem, known, _landmark(world, known), words)


def _landmark(world: World, ward: Ward | None) -> str | None:
    if ward is None or world.rng.random() < 0.2:
        return None
    if ward.landmarks and world.rng.random() < 0.75:
        return world.rng.choice(ward.landmarks).label[world.office.county.languages[0]]
    return world.texts.place("sw")


def _plain_words(world: World, category: str, problem: str | None, ward: Ward) -> str | None:
    """Words that hide the case from nobody; another county may hold other words for confidential."""
    language = "sw" if world.rng.random() < 0.7 else "en"
    words = world.texts.complaint(category, problem, language, ward)
    return None if words is None or sensitive_category(world.office.county, words) else words


def _weighted_category(world: World) -> Category:
    county = world.office.county
    if world.rng.random() < DISASTER_SHARE and (disaster := county.category("DISASTER")):
        return disaster
    listed = [*county.menu(Menu.MAIN), *county.menu(Menu.MORE)]
    return world.rng.choices(listed, [CATEGORIES.get(one.code, ONE) for one in listed])[0]


# What becomes of it


def live(world: World, ward: Ward, report: Report) -> Life:
    """The story of one report up to now."""
    life = Life(world, world.somebody(ward), report)
    if report.channel is Channel.USSD and _in_session(world, life):
        return life
    if life.sensitive:
        _at_the_ombudsman(world, life)
    elif report.category in FEEDBACK:
        _thanked(world, life)
    elif _has_ward(world, life, ward):
        _worked_on(world, life)
    return life


def _in_session(world: World, life: Life) -> bool:
    """What she still does in the session in which she reported. True where the case is over with that."""
    rng, at = world.rng, life.case["received_at"]
    chance = rng.random()
    if chance < 0.02 and not life.sensitive:
        life.withdraw(at + timedelta(seconds=rng.randrange(15, 90)))
        return True
    if chance < 0.05 and life.person and not life.sensitive:
        life.hide_number(at + timedelta(seconds=rng.randrange(15, 90)))
    elif chance < 0.12 and life.person and not life.sensitive and world.past(at + timedelta(hours=12)):
        words = world.texts.added(life.language, None)
        if sensitive_category(world.office.county, words) is None:
            life.add_words(at + timedelta(hours=rng.uniform(0.1, 12)), words, Channel.SMS)
    return False


def _has_ward(world: World, life: Life, ward: Ward) -> bool:
    """Whether a ward has it: she named one, answers the question, or the county desk finds out."""
    if life.case["ward_code"] or life.case["desk"] is Desk.OUTSIDE:
        return True
    rng, received = world.rng, life.case["received_at"]
    answered = received + timedelta(hours=rng.uniform(0.02, 20))
    if life.open_question and rng.random() < 0.5 and world.past(answered):
        life.name_ward(answered, ward)
        return True
    routed = world.at_work(received, world.hours(4))
    expires = life.open_question["expires_at"] if life.open_question else None
    if expires and expires < min(routed, world.now):
        life.expire_question()
    if rng.random() < 0.1 or not world.past(routed):
        return False
    life.route(routed, life.officer, ward)
    return True


def _worked_on(world: World, life: Life, *, again: bool = False) -> None:
    """From the queue to an ending, as far as time has come."""
    rng = world.rng
    since = life.events[-1]["at"] if again else life.case["desk_since"]
    pace = world.pace(life.case["ward_code"]) * (0.5 if again else 1.0)
    officer = life.officer
    at = world.at_work(since, world.hours(7) * pace)
    if not world.past(at) or rng.random() < 0.04:
        return
    life.take(at, officer, Desk.WARD if life.case["ward_code"] else Desk.COUNTY)
    if rng.random() < 0.3 and world.past(noted := at + timedelta(minutes=rng.randrange(3, 50))):
        life.event("note", noted, world.texts.officer("notes"), officer)
        at = noted
    if life.person and rng.random() < 0.13:
        asked = world.at_work(at, world.hours(2))
        if not world.past(asked):
            return
        life.write(asked, officer, world.texts.officer("questions", life.language), wait=True)
        answered = asked + timedelta(hours=world.hours(16))
        if rng.random() < 0.15 or not world.past(answered):
            return
        life.add_words(answered, world.texts.answer(life.language, None), Channel.SMS)
        at = answered
    if life.case["department"] and rng.random() < 0.28:
        referred = world.at_work(at, world.hours(3))
        if not world.past(referred):
            return
        life.refer(referred, officer, life.case["department"], world.texts.officer("referrals"))
        officer = life.officer
        at = world.at_work(referred, world.hours(12) * pace)
        if not world.past(at) or rng.random() < 0.1:
            return
        life.take(at, officer, Desk.DEPARTMENT)
    ended = world.at_work(at, world.hours(20) * pace)
    if world.past(ended) and rng.random() > 0.03:
        _ended(world, life, ended, officer, again=again)
