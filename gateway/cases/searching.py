"""Search: words in what residents wrote and in the places that they named, among the cases that an officer may see.

Never among the confidential ones: their words are sealed, and nobody may learn from a search that there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from config.county import County
from gateway.cases import naming
from gateway.cases.models import Case
from gateway.cases.visibility import visible_to
from gateway.people.models import Officer

PAGE = 25
LETTERS = 100
"""Of what is searched for. Nobody types more, and what is pasted must not keep the database busy."""


@dataclass(frozen=True)
class Found:
    """One page, newest first. `older`: the reference from which the next one goes on, or None at the end."""

    cases: Sequence[Case]
    older: str | None


def find(
    session: Session, officer: Officer, words: str, after: str | None = None, county: County | None = None
) -> Found:
    """The cases with all of these words; the last word may be the beginning of one. Quotes, `or` and `-` work.

    `after`: the reference of the case that ended the page before. Run it under the officers' role. The cases come with
    their assignee; read them before the session ends.
    """
    before = session.scalar(visible_to(officer).with_only_columns(Case.id).where(Case.reference == after))
    if after is not None and before is None:
        return Found([], None)
    found = ids(session, words, before=before, most=PAGE + 1, county=county)
    query = visible_to(officer).where(Case.id.in_(found[:PAGE]), ~Case.sensitive)
    cases = list(session.scalars(query.options(joinedload(Case.assignee)).order_by(Case.id.desc())))
    return Found(cases, cases[-1].reference if cases and len(found) > PAGE else None)


def ids(
    session: Session,
    words: str,
    *,
    before: int | None,
    most: int,
    county: County | None = None,
    is_open: bool | None = None,
) -> Sequence[int]:
    """The ids of at most `most` cases with these words that whoever has entered may see, those older than `before`.

    Of `county` the names of wards and sub-counties are known. The database's own function asks the index, which the
    policies keep everybody else from (migration 0007).
    """
    plain = " ".join(words.replace("\0", " ").split())[:LETTERS]
    if not plain:
        return []
    search = func.sikiza_search(plain, before, most, is_open, *_named(county, plain))
    return session.scalars(select(search)).all()


def _named(county: County | None, words: str) -> tuple[str, list[int], list[int]] | tuple[()]:
    """What is typed beside the name of a place, the wards that it names, and the sub-county of each."""
    place = naming.place_in(county, words) if county else None
    if county is None or place is None:
        return ()
    wards = [ward for ward in county.wards if ward.code in place.wards]
    return place.rest, [ward.code for ward in wards], [ward.sub_county for ward in wards]
