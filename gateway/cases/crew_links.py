"""The end of crews' links: with a case that became confidential, and with its words when they are kept no longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from gateway.cases.desk_models import CrewLink, Photo
from gateway.cases.models import Case, CaseEvent

WITHDRAWN = "withdrawn"
WORDS = ("crew_sent", "crew_going", "crew_done", "crew_cannot")
"""Lines of history that hold somebody's name and his words, or what he was asked to do."""


def end_all(session: Session, case: Case, now: datetime) -> None:
    """The links of a case open nothing any more, and name nobody: it became confidential. The caller has locked it.

    Their names stay with what they said, sealed, in its history.
    """
    still = (CrewLink.case_id == case.id, CrewLink.ended_at.is_(None))
    session.execute(update(CrewLink).where(*still).values(ended_at=now, outcome=WITHDRAWN))
    session.execute(update(CrewLink).where(CrewLink.case_id == case.id).values(for_whom=""))
    case.crew_said = case.crew_said_at = None


def forget(session: Session, case_ids: Sequence[int]) -> None:
    """Erase what crews said, were told and photographed, and their names; that somebody was sent stays in the history.

    With the owner's rights, of cases that the caller has locked.
    """
    unsynchronised = {"synchronize_session": False}
    session.execute(delete(Photo).where(Photo.case_id.in_(case_ids)), execution_options=unsynchronised)
    session.execute(delete(CrewLink).where(CrewLink.case_id.in_(case_ids)), execution_options=unsynchronised)
    said = (CaseEvent.case_id.in_(case_ids), CaseEvent.name.in_(WORDS))
    silent = update(CaseEvent).where(*said).values(words=None, words_sealed=None)
    session.execute(silent, execution_options=unsynchronised)
    gone = update(Case).where(Case.id.in_(case_ids)).values(crew_said=None, crew_said_at=None)
    session.execute(gone, execution_options=unsynchronised)
