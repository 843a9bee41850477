"""Which other reports seem to tell of the same problem: proposed to the officer, and merged by her alone.

What counts, and how much, stands in one table. It was tuned on pairs that were made up for it (tests/cases/pairs.py),
in the ways in which residents of one ward tell of one thing, and of two; no figures of a live county stand behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from gateway.cases.carrying import is_alike, may_lead
from gateway.cases.categories import NATIONAL, OTHER
from gateway.cases.clock import local_day
from gateway.cases.incidents import open_for
from gateway.cases.models import OPEN, Case, CaseEvent, Channel, Kind
from gateway.cases.spelling import plain, sound
from gateway.cases.visibility import visible_to
from gateway.people.models import Officer

WITHIN = timedelta(days=21)
CANDIDATES = 50
"""Reports that are compared: the nearest in time."""
PROPOSED = 5
NOT_ASKED = (Channel.SMS, Channel.PAPER)
"""Channels on which nobody asks whether it is what was published."""

WEIGHTS: Mapping[str, int] = {
    "same problem": 3,
    "same subject": 1,  # of which one does not say more
    "another problem": -1,
    "same place": 3,
    "another place": -4,
    "same words": 4,
    "similar words": 3,
    "some of the same words": 2,
    "same day": 1,
    "days apart": 0,
    "weeks apart": -1,
}
ENOUGH = 5
SAME_PLACE, ANOTHER_PLACE = 82, 60
"""How alike two names of a place are, out of 100, as they sound: from here on the same; up to here two places."""
SAME_WORDS, SIMILAR, SOME = (92, 4), (80, 3), (70, 2)
"""How alike two texts are, out of 100, and how many of their words they share at least."""
A_WORD = 84
"""How alike two words are that count as one."""
FEW_DAYS = 7
LOCATIVE = 6
"""Letters of a word of which the last two may say *at*."""

_EMPTY = """
    na ya wa la za cha vya kwa ni si hii hiyo hizo huu huo ile hapa hapo huko kuna hakuna sana sasa leo jana juzi tangu
    wiki siku mwezi asubuhi jioni usiku pia lakini au kama mimi sisi yetu wetu zetu letu yangu wangu watu wote tena bado
    tafadhali saidia naomba tunaomba ombi habari serikali kaunti county karibu mbele nyuma ndani nje katika kutoka hadi
    a an the is are was were be been it its this that there here we our us i my you in on at near of to for from with
    and or but not no none very now today yesterday since week weeks day days month again still please help kindly
    have has had all also by behind next
"""
EMPTY = frozenset(_EMPTY.split())
"""What says nothing of a problem or its place."""
_NUMBERS = ("", "one day", "two days", "three days", "four days", "five days", "six days", "seven days")


@dataclass(frozen=True)
class Told:
    """What of a report is compared."""

    category: str
    problem: str | None
    landmark: str | None
    words: str | None
    received_at: datetime


@dataclass(frozen=True)
class Likeness:
    """How much speaks for two reports being about one problem, and what, as an officer reads it."""

    points: int
    why: tuple[str, ...]


@dataclass(frozen=True)
class Likely:
    """Another report that may be about the same, and what speaks for it."""

    case: Case
    why: list[str]


def likely(
    session: Session, officer: Officer, case: Case, now: datetime, *, names: Collection[str] = ()
) -> list[Likely]:
    """The open reports that `officer` sees and that may be about the same problem as `case`, the most alike first.

    None where the case stands by itself or under another. Never one that was taken out from under the other before.
    What is published of the same comes before all, where nobody has asked her whether hers is the same. `names` of
    wards and the like tell two reports of one ward not apart.
    """
    if not may_lead(case):
        return []
    published = _published(session, case)
    query = (
        visible_to(officer)
        .where(*_near(case), Case.reference.not_in(_parted(case)))
        .order_by(func.abs(func.extract("epoch", Case.received_at - case.received_at)), Case.id)
        .limit(CANDIDATES)
    )
    found = []
    for other in session.scalars(query):
        likeness = compare(told(case), told(other), names)
        if likeness.points >= ENOUGH and is_alike(other) and other.id != published:
            found.append((likeness, other))
    found.sort(key=lambda pair: (-pair[0].points, pair[1].received_at, pair[1].id))
    first = visible_to(officer).where(Case.id == published, Case.id != case.id, Case.reference.not_in(_parted(case)))
    known = [Likely(one, ["published as an incident"]) for one in (session.scalars(first) if published else ())]
    return [*known, *(Likely(other, list(likeness.why)) for likeness, other in found)][:PROPOSED]


def _parted(case: Case) -> Select[str]:
    """The references of those that an officer took out from under this one, or this one from under."""
    return select(CaseEvent.data["other"].astext).where(
        CaseEvent.case_id == case.id, CaseEvent.name == "unmerged", CaseEvent.data.has_key("other"),
        ~CaseEvent.data.has_key("moved"),
    )  # fmt: skip


def _published(session: Session, case: Case) -> int | None:
    """The id of the case that is published of the same problem in the same ward, as far as her words tell: whoever
    dials is asked herself."""
    said = {"category": case.category, "problem": case.problem} if case.category != OTHER else case.guess or {}
    category, problem = said.get("category"), said.get("problem")
    if case.channel not in NOT_ASKED or not (case.ward_code and category and problem):
        return None
    incident = open_for(session, case.ward_code, category, problem)
    return incident.case_id if incident else None


def _near(case: Case) -> list[ColumnElement[bool]]:
    """What could be the same at all: of its ward, of its subject or of none, open, reported about the same time."""
    where = Case.ward_code == case.ward_code if case.ward_code is not None else Case.ward_code.is_(None)
    about = [] if case.category == OTHER else [Case.category.in_((case.category, OTHER))]
    hers = [Case.id != case.follows_id] if case.follows_id else []
    return [
        where, *about, *hers, Case.id != case.id, Case.status.in_(OPEN), Case.lead_id.is_(None),
        Case.kind == Kind.GRIEVANCE, ~Case.practice, Case.category != NATIONAL,
        Case.received_at.between(case.received_at - WITHIN, case.received_at + WITHIN),
        or_(Case.follows_id.is_(None), Case.follows_id != case.id),
    ]  # fmt: skip


def told(case: Case) -> Told:
    return Told(case.category, case.problem, case.landmark, case.words, case.received_at)


def compare(one: Told, other: Told, names: Collection[str] = ()) -> Likeness:
    """What speaks for two reports of one ward being about one problem, and against it."""
    empty = EMPTY | {word for name in names for word in plain(name).split()}
    signs = [
        sign
        for sign in (_subject(one, other), _place(one, other, empty), _words(one, other, empty), _time(one, other))
        if sign
    ]
    points = sum(WEIGHTS[name] for name, _ in signs)
    return Likeness(points, tuple(said for name, said in signs if said))


Sign = tuple[str, str]
"""A line of the table, and what an officer reads of it; empty where that is no reason."""


def _subject(one: Told, other: Told) -> Sign | None:
    if OTHER in (one.category, other.category):
        return None
    if one.category != other.category:
        return "another problem", ""
    said = [problem for problem in (one.problem, other.problem) if problem not in (None, OTHER)]
    if len(said) < 2:
        return "same subject", "same subject"
    return ("same problem", "same problem") if said[0] == said[1] else ("another problem", "")


def _place(one: Told, other: Told, empty: Collection[str]) -> Sign | None:
    """By name, however it is spelt; or named in the other's words."""
    here, there = _content(one.landmark, empty), _content(other.landmark, empty)
    if here and there:
        alike = fuzz.token_set_ratio(_heard(here), _heard(there))
        if alike >= SAME_PLACE:
            return "same place", "same place"
        return ("another place", "") if alike <= ANOTHER_PLACE else None
    for name, words in ((here, other.words), (there, one.words)):
        said = _content(words, empty)
        if name and said and all(any(_is_same(word, heard) for heard in said) for word in name):
            return "same place", "same place in the words"
    return None


def _words(one: Told, other: Told, empty: Collection[str]) -> Sign | None:
    here, there = _content(one.words, empty), _content(other.words, empty)
    shared = sum(any(_is_same(word, heard) for heard in there) for word in here)
    alike = fuzz.token_set_ratio(_heard(here), _heard(there)) if here and there else 0.0
    for name, (least, common) in (("same words", SAME_WORDS), ("similar words", SIMILAR)):
        if alike >= least and shared >= common:
            return name, name
    # Two short texts that each say something of their own may well mean two places.
    whole = shared >= min(len(here), len(there))
    return ("some of the same words", "similar words") if whole and alike >= SOME[0] and shared >= SOME[1] else None


def _time(one: Told, other: Told) -> Sign:
    days = abs((local_day(one.received_at) - local_day(other.received_at)).days)
    if days == 0:
        return "same day", "same day"
    if days <= FEW_DAYS:
        return ("same day" if days == 1 else "days apart"), f"{_NUMBERS[days]} apart"
    return "weeks apart", f"{days} days apart"


def _content(text: str | None, empty: Collection[str]) -> list[str]:
    """The words of a text that say something, each once, in its order; sokoni, at the market, is soko."""
    words = (word for word in plain(text or "").split() if word not in empty and len(word) > 1)
    return list(dict.fromkeys(word.removesuffix("ni") if len(word) >= LOCATIVE else word for word in words))


def _heard(words: Collection[str]) -> str:
    return " ".join(map(sound, words))


def _is_same(word: str, heard: str) -> bool:
    return word == heard or fuzz.ratio(sound(word), sound(heard)) >= A_WORD
