"""Who reports what in the demo, when, where and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from config.county import Category, Menu, Ward
from gateway.cases.categories import NATIONAL, OTHER, VIOLENCE
from gateway.cases.models import Channel
from gateway.cases.sensitivity import sensitive_category
from gateway.demo.reports import Report
from gateway.demo.world import Person, World

T = TypeVar("T")

CHANNELS = {Channel.USSD: 62, Channel.SMS: 20, Channel.HOTLINE: 14, Channel.PAPER: 4}
# Of what is reported through menus and forms; a category that is not named here gets ONE.
CATEGORIES = {
    "WATER": 25, "ROADS": 21, "HEALTH": 13, "LIGHT": 8, "WASTE": 8, "MARKET": 6, "EDUCATION": 7, "LANDS": 3, "AGRI": 4,
    "REVENUE": 3, "PROJECT": 3, "SOCIAL": 3, "NUISANCE": 3, "JOBS": 2,
}  # fmt: skip
ONE = 1
FEEDBACK_SHARE, SENSITIVE_SHARE, NATIONAL_SHARE, DISASTER_SHARE = 0.10, 0.04, 0.04, 0.005
FEEDBACKS = {"RATING": 5, "IDEA": 3, "PRAISE": 2}
RATINGS = {5: 24, 4: 34, 3: 20, 2: 13, 1: 9}
SENSITIVE = {"CORRUPT": 5, "STAFF": 5, "GBV": 3}
SAFE_HOURS = ("morning", "evening")


def some_report(world: World, person: Person) -> Report:
    """What this person reports, from her ward or without naming one."""
    rng = world.rng
    chance = rng.random()
    if chance < FEEDBACK_SHARE:
        return _feedback(world, person)
    if chance < FEEDBACK_SHARE + SENSITIVE_SHARE:
        return _confidential(world, person)
    channel = one_of(world, CHANNELS)
    if channel is Channel.SMS:
        return _text(world, person)
    if rng.random() < NATIONAL_SHARE and world.office.county.referrals:
        referral = rng.choice(world.office.county.referrals).code
        at = world.received(channel)
        return Report(at, channel, NATIONAL, problem=referral, referral=referral, ward=person.ward)
    return _grievance(world, person, channel)


def _feedback(world: World, person: Person) -> Report:
    rng, county = world.rng, world.office.county
    category = one_of(world, FEEDBACKS)
    channel = one_of(world, {Channel.USSD: 9, Channel.HOTLINE: 1})
    at = world.received(channel)
    words = plain_words(world, person, category, None) if rng.random() < 0.7 else None
    if category == "RATING" and county.services:
        service, rating = rng.choice(county.services).code, one_of(world, RATINGS)
        ward = person.ward if rng.random() < 0.6 else None
        return Report(at, channel, category, service, ward, words=words, rating=rating)
    about = rng.choice([*(one.code for one in county.menu(Menu.MAIN)), OTHER])
    return Report(at, channel, "PRAISE" if category == "PRAISE" else "IDEA", about, person.ward, words=words)


def _confidential(world: World, person: Person) -> Report:
    rng, category = world.rng, one_of(world, SENSITIVE)
    ward = person.ward if rng.random() < 0.5 else None
    if category == VIOLENCE:
        at = world.received(Channel.USSD)
        return Report(at, Channel.USSD, category, ward=ward, hour=rng.choice(SAFE_HOURS))
    words = world.texts.complaint(category, None, person.language, person.ward)
    suspected = sensitive_category(world.office.county, words or "")
    if rng.random() < 0.3 and suspected:
        return Report(world.received(Channel.SMS), Channel.SMS, suspected, ward=ward, words=words, suspected=True)
    anonymous = rng.random() < 0.55
    hour = None if anonymous else "any"
    at = world.received(Channel.USSD)
    return Report(at, Channel.USSD, category, ward=ward, words=words, anonymous=anonymous, hour=hour)


def _text(world: World, person: Person) -> Report:
    """An SMS in her own words; every fourth names no ward."""
    ward, category = person.ward, some_category(world)
    words = plain_words(world, person, category.code, None) or f"{ward.name}?"
    if world.rng.random() < 0.25:
        return Report(world.received(Channel.SMS), Channel.SMS, OTHER, words=words.replace(ward.name, "hapa"))
    if ward.name not in words:
        words += world.rng.choice([f". Wadi ya {ward.name}", f", {ward.name} ward", f". {ward.name}"])
    return Report(world.received(Channel.SMS), Channel.SMS, OTHER, ward=ward, words=words)


def _grievance(world: World, person: Person, channel: Channel) -> Report:
    rng, category = world.rng, some_category(world)
    problem = rng.choice(category.problems).code if category.problems else None
    talks = channel is not Channel.USSD or rng.random() < 0.3
    ward = person.ward if rng.random() < 0.97 else None
    place = some_place(world, ward)
    words = plain_words(world, person, category.code, problem, place) if talks else None
    return Report(world.received(channel), channel, category.code, problem, ward, place, words)


def some_place(world: World, ward: Ward | None) -> str | None:
    """A landmark of the ward, another place, or none."""
    if ward is None or world.rng.random() < 0.2:
        return None
    if ward.landmarks and world.rng.random() < 0.75:
        return world.rng.choice(ward.landmarks).label[world.office.county.languages[0]]
    return world.texts.place("sw")


def plain_words(
    world: World, person: Person, category: str, problem: str | None, place: str | None = None
) -> str | None:
    """Words that hide the case from nobody, or None; every county has its own confidential words."""
    words = world.texts.complaint(category, problem, person.language, person.ward, place)
    return None if words is None or sensitive_category(world.office.county, words) else words


def some_category(world: World) -> Category:
    """What a grievance is about, as often as people complain about it."""
    county = world.office.county
    if world.rng.random() < DISASTER_SHARE and (disaster := county.category("DISASTER")):
        return disaster
    listed = [*county.menu(Menu.MAIN), *county.menu(Menu.MORE)]
    return world.rng.choices(listed, [CATEGORIES.get(one.code, ONE) for one in listed])[0]


def one_of(world: World, shares: Mapping[T, int]) -> T:
    """One of `shares`, as often as its share."""
    return world.rng.choices([*shares], [*shares.values()])[0]
