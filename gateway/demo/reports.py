"""What is reported in the demo, and the row of a case as filing makes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.county import Ward
from gateway.cases.categories import FEEDBACK, NATIONAL, department_of, promised
from gateway.cases.models import Channel, Desk, Kind, Status
from gateway.cases.reading import read
from gateway.cases.replying import guess_of
from gateway.demo.world import World

Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """What is reported, when and how. `suspected`: confidential words were found in a text that named no such thing."""

    at: datetime
    channel: Channel
    category: str
    problem: str | None = None
    ward: Ward | None = None
    landmark: str | None = None
    words: str | None = None
    rating: int | None = None
    referral: str | None = None
    anonymous: bool = False
    hour: str | None = None
    suspected: bool = False


def case_row(world: World, report: Report, language: str) -> Row:
    """The case just after filing; its words are kept apart until the story is over."""
    county, reference = world.office.county, world.reference()
    category = county.category(report.category)
    kind = Kind.FEEDBACK if report.category in FEEDBACK else Kind.GRIEVANCE
    sensitive = bool(category and category.sensitive)
    referral = county.referral(report.referral) if report.referral else None
    secret = f"{world.rng.randrange(10_000):04d}"
    return {
        "reference": reference,
        "kind": kind,
        "channel": report.channel,
        "category": report.category,
        "problem": report.problem,
        "sensitive": sensitive,
        "ward_code": report.ward.code if report.ward else None,
        "sub_county_code": report.ward.sub_county if report.ward else None,
        "department": department_of(world.office, report.category, report.problem),
        "desk": _desk(report, sensitive),
        "desk_since": report.at,
        "landmark": report.landmark,
        "rating": report.rating,
        "status": Status.REFERRED if report.category == NATIONAL else Status.NEW,
        "ending": None,
        "reason": None,
        "reason_sealed": None,
        "confirmation": None,
        "secret_hash": world.office.vault.secret_hash(reference, secret) if report.anonymous else None,
        "language": language,
        "assignee_id": None,
        "referred_to": referral.body if referral else None,
        "planned_for": None,
        "received_at": report.at,
        "due_at": promised(county, world.office.calendar, report.category, report.at),
        "resolved_at": None,
        "closed_at": None,
        "raised_to": None,
        "raised_at": None,
        "raised_why": None,
        "answer_by": None,
        "guess": _guess(world, report, sensitive),
    }


def _guess(world: World, report: Report, sensitive: bool) -> dict[str, str] | None:
    """What was read from the words of an SMS."""
    if report.channel is not Channel.SMS or sensitive:
        return None
    guess = guess_of(read(world.office.county, report.words or "")) or {}
    return {name: value for name, value in guess.items() if name != "ward" or report.ward} or None


def _desk(report: Report, sensitive: bool) -> Desk:
    if sensitive:
        return Desk.CONFIDENTIAL
    if report.category == NATIONAL:
        return Desk.OUTSIDE
    return Desk.WARD if report.ward else Desk.COUNTY
