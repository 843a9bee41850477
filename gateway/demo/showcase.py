"""The ward whose administrator a visitor of the demo signs in as: a bit of everything in her queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from config.county import Ward
from gateway.cases.categories import OTHER
from gateway.cases.models import Channel, Desk, Ending
from gateway.demo.life import Life
from gateway.demo.reports import Report
from gateway.demo.voices import plain_words, some_category, some_place
from gateway.demo.world import World


def lives(world: World, ward: Ward) -> Iterator[Life]:
    """Reports from `ward`, most of them open: new, late, taken, waiting, referred, disputed, and one just ended."""
    for days, channel, story in STORIES:
        life = _report(world, ward, world.now - timedelta(days=days), channel)
        story(world, life)
        yield life


def _report(world: World, ward: Ward, at: datetime, channel: Channel) -> Life:
    person = world.newcomer(ward)
    category = some_category(world)
    problem = category.problems[0].code if category.problems else None
    place = some_place(world, ward)
    words = plain_words(world, person, category.code, problem, place)
    if channel is Channel.SMS:
        return Life(world, person, Report(at, channel, OTHER, ward=ward, words=f"{words or ''} {ward.name}".strip()))
    return Life(world, person, Report(at, channel, category.code, problem, ward, place, words))


def _new(world: World, life: Life) -> None:
    """Nobody has looked at it."""


def _taken(world: World, life: Life) -> None:
    at = world.at_work(life.case["received_at"], 2)
    life.take(at, life.officer, Desk.WARD)
    life.event("note", at + timedelta(minutes=9), world.texts.officer("notes"), life.officer)


def _waiting(world: World, life: Life) -> None:
    _taken(world, life)
    at = world.at_work(life.case["received_at"], 5)
    life.write(at, life.officer, world.texts.officer("questions", life.language), wait=True)


def _referred(world: World, life: Life) -> None:
    _taken(world, life)
    at = world.at_work(life.case["received_at"], 6)
    if department := life.case["department"]:
        life.refer(at, life.officer, department, world.texts.officer("referrals"))


def _asked(world: World, life: Life) -> None:
    _taken(world, life)
    at = world.at_work(life.case["received_at"], 18)
    life.end(at, life.officer, Ending.FIXED, world.texts.reason("fixed", life.language))


def _disputed(world: World, life: Life) -> None:
    _asked(world, life)
    if question := life.open_question:
        life.dispute(question["asked_at"] + timedelta(hours=14), Channel.USSD)


# Days ago, channel, story. Officers' steps are working hours after the report: also over Easter they lie in the past.
STORIES: tuple[tuple[float, Channel, Callable[[World, Life], None]], ...] = (
    (0.1, Channel.USSD, _new),
    (0.4, Channel.SMS, _new),
    (1.2, Channel.USSD, _new),
    (8.2, Channel.USSD, _disputed),
    (33, Channel.USSD, _new),
    (41, Channel.HOTLINE, _taken),
    (6.1, Channel.USSD, _taken),
    (6.6, Channel.SMS, _taken),
    (7, Channel.USSD, _waiting),
    (5.6, Channel.USSD, _referred),
    (8, Channel.USSD, _asked),
)
