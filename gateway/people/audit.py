"""What officers did that no case's history tells: the one place that appends to the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from gateway.people.models import Audit


def append(
    session: Session, name: str, *, officer_id: int | None = None, about_id: int | None = None,
    case_ids: Sequence[int] | None = None, confidential: bool = False, address: str | None = None, **data: Any,
) -> None:  # fmt: skip
    """Append one line, with the owner's rights: in `as_owner`, or in a session that has no officer.

    `confidential` says that one of the cases is; without `case_ids` it is a line about an account, which the county
    administrator reads. `data` holds codes and numbers of rows, never words or telephone numbers.
    """
    line = {
        "name": name, "officer_id": officer_id, "about_id": about_id, "address": address, "data": data,
        "case_ids": None if case_ids is None else list(case_ids), "confidential": confidential,
    }  # fmt: skip
    session.execute(insert(Audit).values(line))


def append_shown(
    session: Session, name: str, officer_id: int, shown: Mapping[int, bool], *, address: str | None = None, **data: Any
) -> None:
    """Append what an officer was shown, in one statement: `shown` has the cases, each with whether it is confidential.

    Those that are not share a line. Each that is has its own, since not everybody who reads about one reads about all.
    Nothing shown: no line.
    """
    together = [one for one, confidential in shown.items() if not confidential]
    alone = [[one] for one, confidential in shown.items() if confidential]
    groups = [(together, False)] if together else []
    lines = [
        {
            "name": name, "officer_id": officer_id, "case_ids": ids, "confidential": confidential, "address": address,
            "data": data,
        }
        for ids, confidential in [*groups, *((one, True) for one in alone)]
    ]  # fmt: skip
    if lines:
        session.execute(insert(Audit).values(lines))
