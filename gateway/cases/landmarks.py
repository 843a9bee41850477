"""The places within a ward as its people call them: put on the phone by its administrator, the most used first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.county import County
from config.wards import LANDMARKS
from config.wording import LANDMARK, Text
from gateway.cases.desk_models import WardLandmark
from gateway.cases.office import Office
from gateway.people.models import Officer

ON_PHONE = LANDMARKS
"""Landmarks that stand on the screen; the next keys are taken."""
LETTERS = LANDMARK
"""Septets of a name that stands on the screen."""
LEARNED = 40
"""Letters of a name that is learned: whoever puts it on the phone shortens it."""
COUNTED = timedelta(days=180)
"""A landmark's uses are those of the cases that came in so lately."""

_OWN = re.compile(r"w\d+")
_BY_NAME: Mapping[str, Any] = {"index_elements": ["ward_code", text("lower(name)")]}


def shown(session: Session, county: County, ward_code: int) -> list[tuple[str, Text]]:
    """What the phone offers in a ward, at most three, each as its value and its name by language.

    The ward's own, most used first; where it has none the county's, whose values are the codes of places.yml.
    """
    own = session.execute(
        select(WardLandmark.id, WardLandmark.name)
        .where(WardLandmark.ward_code == ward_code, WardLandmark.shown)
        .order_by(WardLandmark.uses.desc(), WardLandmark.id)
        .limit(ON_PHONE)
    ).all()
    if own:
        return [(f"w{row.id}", dict.fromkeys(county.languages, row.name)) for row in own]
    ward = county.ward(ward_code)
    return [(one.code, one.label) for one in ward.landmarks[:ON_PHONE]] if ward else []


def words_of(value: str, label: Text) -> str:
    """The name of a ward's own landmark, which a report keeps; empty for the county's, which is known by its code."""
    return next(iter(label.values())) if _OWN.fullmatch(value) else ""


def of_ward(session: Session, ward_code: int) -> Sequence[WardLandmark]:
    """All that are kept of a ward: those of the phone first, then as often as they are used."""
    return session.scalars(
        select(WardLandmark)
        .where(WardLandmark.ward_code == ward_code)
        .order_by(WardLandmark.shown.desc(), WardLandmark.uses.desc(), WardLandmark.id)
    ).all()


def names(session: Session, county: County, ward_code: int) -> list[str]:
    """Every name that a place of this ward has, the most used first: what an officer may choose from."""
    ward = county.ward(ward_code)
    countys = [one.label[county.languages[0]] for one in ward.landmarks] if ward else []
    known: dict[str, str] = {}
    for name in [*(one.name for one in of_ward(session, ward_code)), *countys]:
        known.setdefault(name.casefold(), name)
    return list(known.values())


def listed(session: Session, county: County, ward_code: int) -> frozenset[str]:
    """The names that may stand on paper, in any language: those that the county or its officers put on the phone.

    What a resident typed as the place is her words, and so is what was learned from it.
    """
    ward = county.ward(ward_code)
    countys = {name for landmark in (ward.landmarks if ward else ()) for name in landmark.label.values()}
    own = select(WardLandmark.name).where(WardLandmark.ward_code == ward_code, WardLandmark.shown)
    return frozenset(countys | set(session.scalars(own)))


def is_countys(county: County, ward_code: int, name: str) -> bool:
    """Whether the county's folder has this name for a place of the ward, in any language."""
    ward = county.ward(ward_code)
    labels = {label.casefold() for one in (ward.landmarks if ward else ()) for label in one.label.values()}
    return name.casefold() in labels


def add(session: Session, ward_code: int, given: Iterable[str], officer: Officer) -> int:
    """Put names on the list of those for the phone, each once, however it is written; how many are new there."""
    added = 0
    for name in given:
        row = {"ward_code": ward_code, "name": name, "shown": True, "added_by": officer.id}
        again = insert(WardLandmark).values(row).on_conflict_do_update(
            **_BY_NAME, set_={"shown": True, "name": name}, where=~WardLandmark.shown
        )  # fmt: skip
        added += session.execute(again.returning(WardLandmark.id)).first() is not None
    return added


def learn(session: Session, ward_code: int, name: str, officer: Officer) -> None:
    """An officer wrote this name into a case. It stands on no phone before somebody in charge puts it there."""
    shortened = (WardLandmark.ward_code == ward_code, func.lower(WardLandmark.learned_as) == func.lower(name))
    known = update(WardLandmark).where(*shortened).values(uses=WardLandmark.uses + 1).returning(WardLandmark.id)
    if session.execute(known).first():
        return
    row = {
        "ward_code": ward_code, "name": name[:LEARNED].strip(), "shown": False, "uses": 1, "added_by": officer.id,
    }  # fmt: skip
    more = {"uses": WardLandmark.uses + 1}
    session.execute(insert(WardLandmark).values(row).on_conflict_do_update(**_BY_NAME, set_=more))


def put_on(session: Session, ward_code: int, landmark_id: int, name: str) -> bool:
    """Put one on the list for the phone, by a name that fits there; what it was called before is counted for it, too.

    False where it is gone, or the name is taken.
    """
    same = func.lower(WardLandmark.name) == func.lower(name)
    taken = select(WardLandmark.id).where(WardLandmark.ward_code == ward_code, same, WardLandmark.id != landmark_id)
    if session.scalar(taken.limit(1)):
        return False
    before = case((func.lower(WardLandmark.name) == func.lower(name), WardLandmark.learned_as), else_=WardLandmark.name)
    return _changed(session, ward_code, landmark_id, shown=True, name=name, learned_as=before)


def take_off(session: Session, ward_code: int, landmark_id: int) -> bool:
    """Take one off the phone; it stays on the list. False where it is gone."""
    return _changed(session, ward_code, landmark_id, shown=False)


def remove(session: Session, ward_code: int, landmark_id: int) -> bool:
    """Delete one, name and all: it may be a person's. False where it is gone."""
    gone = delete(WardLandmark).where(_one(ward_code, landmark_id)).returning(WardLandmark.id)
    return session.execute(gone).first() is not None


def _changed(session: Session, ward_code: int, landmark_id: int, **values: object) -> bool:
    change = update(WardLandmark).where(_one(ward_code, landmark_id)).values(**values).returning(WardLandmark.id)
    return session.execute(change).first() is not None


def _one(ward_code: int, landmark_id: int) -> ColumnElement[bool]:
    return (WardLandmark.id == landmark_id) & (WardLandmark.ward_code == ward_code)


_RECOUNT = text(
    """
    WITH used AS (
        SELECT ward_code, lower(landmark) AS name, count(*) AS uses FROM cases
        WHERE received_at > :since AND landmark IS NOT NULL AND ward_code IS NOT NULL AND NOT practice AND NOT sensitive
          AND status <> 'withdrawn' AND NOT EXISTS (SELECT FROM case_conflict WHERE case_id = cases.id)
        GROUP BY ward_code, lower(landmark)
    ), counted AS (
        SELECT known.id, COALESCE(sum(used.uses), 0) AS uses FROM ward_landmark AS known
        LEFT JOIN used ON used.ward_code = known.ward_code AND used.name IN (lower(known.name), lower(known.learned_as))
        GROUP BY known.id
    )
    UPDATE ward_landmark SET uses = counted.uses FROM counted
    WHERE counted.id = ward_landmark.id AND counted.uses <> ward_landmark.uses
    """
)


def recount(session: Session, office: Office, now: datetime) -> int:
    """At night: how often each was used. What was only learned and is used no longer is forgotten. How many changed."""
    counted = session.execute(_RECOUNT, {"since": now - COUNTED}).rowcount  # type: ignore[attr-defined]
    unused = delete(WardLandmark).where(
        ~WardLandmark.shown, WardLandmark.uses == 0, WardLandmark.added_at < now - COUNTED
    )
    return int(counted) + len(session.scalars(unused.returning(WardLandmark.id)).all())


_ALONE = text(
    """
    WITH theirs AS (
        SELECT ward_code, lower(landmark) AS name FROM cases WHERE id = ANY(:cases)
        UNION
        SELECT ward_code, lower(case_event.words) FROM cases JOIN case_event ON case_event.case_id = cases.id
        WHERE cases.id = ANY(:cases) AND case_event.name = 'placed'
    )
    SELECT known.id, theirs.name FROM ward_landmark AS known JOIN theirs ON theirs.ward_code = known.ward_code
        AND theirs.name IN (lower(known.name), lower(known.learned_as))
    WHERE NOT EXISTS (SELECT FROM cases WHERE cases.ward_code = theirs.ward_code AND NOT cases.sensitive
        AND lower(cases.landmark) = theirs.name AND cases.id <> ALL(:cases))
    """
)
"""Names that these cases have or had, and no other has."""


def forget(session: Session, case_ids: Sequence[int]) -> None:
    """Forget what was only learned from these cases and no other has, for it may be a person's name.

    Before their places, and the earlier ones in their histories, are erased.
    """
    alone = [(row.id, row.name) for row in session.execute(_ALONE, {"cases": list(case_ids)})]
    longer = tuple_(WardLandmark.id, func.lower(WardLandmark.learned_as)).in_(alone)
    session.execute(update(WardLandmark).where(longer).values(learned_as=None))
    whole = tuple_(WardLandmark.id, func.lower(WardLandmark.name)).in_(alone)
    session.execute(delete(WardLandmark).where(whole, ~WardLandmark.shown))


def item(value: str, label: Text) -> Mapping[str, object]:
    """A line of the screen, as a walk takes it: choosing it says the place in words, or by the county's code."""
    return {"value": value, "label": dict(label), "sets": {"place_words": words_of(value, label)}}
