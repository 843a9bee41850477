"""A case as a card that may go to anybody: problem, place, days and reference, and nothing of who reported it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.wards import Ward
from config.wording import Text
from gateway.cases import carrying, standing
from gateway.cases.clock import local_day
from gateway.cases.desk_models import WardLandmark
from gateway.cases.models import OPEN, Case, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken

LANGUAGES = ("sw", "en")
"""A card has both, the first one first."""
PLACE = {"sw": "Mahali", "en": "Place"}
REPORTED = {"sw": "Iliripotiwa", "en": "Reported"}
PROMISED = {"sw": "Imeahidiwa", "en": "Promised by"}
STATE = {"sw": "Hali", "en": "State"}
DIAL = {"sw": "Piga", "en": "Dial"}
REFERENCE = {"sw": "Nambari", "en": "Reference"}


@dataclass(frozen=True)
class Fact:
    """One line: what it tells and what that is, in each language."""

    name: Text
    value: Text


@dataclass(frozen=True)
class Card:
    """`problem` and the values of `facts` are texts of the county or of ours, never of anybody who wrote to us."""

    county: str
    problem: Text
    facts: Sequence[Fact]
    reference: str


def may_share(session: Session, case: Case) -> bool:
    """Whether a case may go on a card: none that is secret, practice, a request for somebody's data, taken back, or
    kept from an officer, whom a card could reach all the same."""
    told = not case.practice and case.kind is not Kind.REQUEST and case.status is not Status.WITHDRAWN
    return told and not case.sensitive and not carrying.kept_from_officers(session, [case])


def of(session: Session, office: Office, case: Case, now: datetime) -> Card:
    """The card of a case that may be shared: with the promised day while it is open, then with how it ended."""
    facts = [Fact(PLACE, place(session, office, case)), Fact(REPORTED, _day(office, case.received_at))]
    if case.status not in OPEN:
        facts.append(Fact(STATE, standing.state(office.menu, case, now)))
    elif case.due_at:
        facts.append(Fact(PROMISED, _day(office, case.due_at)))
    return Card(office.county.name, problem(office, case), facts, spoken(case.reference))


def with_code(card: Card, code: str, ward: str, ward_code: str | None) -> Card:
    """The same with what is dialled to report, and to begin in its ward at once."""
    codes = f"{code}, {ward}: {ward_code}" if ward_code else code
    return replace(card, facts=[*card.facts, Fact(DIAL, dict.fromkeys(LANGUAGES, codes))])


def text(card: Card) -> str:
    """The card as it is pasted into a chat."""
    lines = [f"{card.county} · Sikiza", both(card.problem)]
    lines += [f"{both(fact.name)}: {both(fact.value)}" for fact in card.facts]
    return "\n".join([*lines, f"{both(REFERENCE)}: {card.reference}"])


def both(words: Text) -> str:
    """`Maji / Water`; once, where both are the same."""
    return " / ".join(dict.fromkeys(words[language] for language in LANGUAGES))


def problem(office: Office, case: Case) -> Text:
    """What it is about, as the county words it: `Maji: Hakuna maji`."""
    category = office.county.category(case.category)
    if category is None:
        return dict.fromkeys(LANGUAGES, case.category.capitalize())
    labels = [one.label for one in (category, category.problem(case.problem)) if one]
    return {
        language: ": ".join(office.menu.spoken(label, language) for label in labels) for language in LANGUAGES
    }  # fmt: skip


def place(session: Session, office: Office, case: Case) -> Text:
    """`Soko / Market, Shirere, Lurambi`: landmark, ward and sub-county, the same in each language.

    The landmark only where the county or the ward lists it: what a resident typed as a place is her words.
    """
    ward = office.county.ward(case.ward_code) if case.ward_code else None
    sub_county = office.county.sub_county(case.sub_county_code) if case.sub_county_code else None
    landmark = _landmark(session, office, case.landmark, ward) if ward and case.landmark else {}
    names = list(dict.fromkeys(one.name for one in (ward, sub_county) if one)) or [office.county.name]
    return dict.fromkeys(LANGUAGES, ", ".join([*([both(landmark)] if landmark else []), *names]))


def is_withheld(session: Session, office: Office, case: Case) -> bool:
    """Whether the report names a place that the card does not: the resident's own."""
    ward = office.county.ward(case.ward_code) if case.ward_code else None
    return bool(case.landmark) and not (ward and case.landmark and _landmark(session, office, case.landmark, ward))


def _landmark(session: Session, office: Office, typed: str, ward: Ward) -> Text:
    for landmark in ward.landmarks:
        if typed in landmark.label.values():
            return {language: office.menu.spoken(landmark.label, language) for language in LANGUAGES}
    listed = select(WardLandmark.name).where(
        WardLandmark.ward_code == ward.code, func.lower(WardLandmark.name) == typed.lower(), WardLandmark.shown
    )
    name = session.scalar(listed.limit(1))
    return dict.fromkeys(LANGUAGES, name) if name else {}


def _day(office: Office, moment: datetime) -> Text:
    day = local_day(moment)
    return {
        language: f"{office.menu.short_day(day, language if language in office.menu.months else 'en')} {day.year}"
        for language in LANGUAGES
    }
