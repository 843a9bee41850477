"""Whom a confidential case is about: the part of its page that names officers, and sends it past the ombudsman."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session
from wtforms import Form, HiddenField, StringField
from wtforms.validators import Regexp

from config.county import County
from gateway.cases import conflicts
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.people.models import Officer
from gateway.triage.english import jurisdiction

if TYPE_CHECKING:
    from gateway.triage.deeds import Doing

_NUMBER = r"[1-9][0-9]{0,8}\Z"


class NameForm(Form):  # type: ignore[misc]
    """`officer`: the id of whom it is about."""

    officer = StringField("It is about", validators=[Regexp(_NUMBER, message="Choose the officer.")])


class LiftForm(Form):  # type: ignore[misc]
    officer = HiddenField(validators=[Regexp(_NUMBER, message="Reload the page and try again.")])


@dataclass(frozen=True)
class Named:
    """An officer as she is named and chosen: `Rose Wafula, Shirere ward`."""

    id: int
    name: str


@dataclass(frozen=True)
class About:
    """Whom the case is about, and who could be named."""

    named: Sequence[Named]
    others: Sequence[Named]


def about(session: Session, office: Office, case: Case, who: Officer) -> About | None:
    """What the page of a confidential case shows of it to the desk that has it; None for everybody else."""
    if not conflicts.may_name(case, who):
        return None
    county = office.county
    return About(
        [_named(county, one) for one in conflicts.named(session, case)],
        [_named(county, one) for one in conflicts.nameable(session, case, who)],
    )


def offered(case: Case, who: Officer) -> frozenset[str]:
    """Which of these actions `who` may begin."""
    if not conflicts.may_name(case, who):
        return frozenset()
    return frozenset({"name", "lift", "to_ombudsman" if case.about_ombudsman else "to_secretary"})


def name(do: Doing) -> str:
    conflicts.name(do.session, do.office, do.case, do.who, [int(do.form.officer.data)], do.now)
    return f"{do.shown} is out of this officer's sight, for good."


def is_named(do: Doing) -> bool:
    return int(do.form.officer.data) in {one.id for one in conflicts.named(do.session, do.case)}


def lift(do: Doing) -> str:
    conflicts.lift(do.session, do.office, do.case, do.who, [int(do.form.officer.data)], do.now)
    return f"{do.shown} is not about this officer any more."


def is_lifted(do: Doing) -> bool:
    return not is_named(do)


def to_secretary(do: Doing) -> str:
    conflicts.send_to_secretary(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return "It went to the county secretary, with your reason. You do not see it any more."


def to_ombudsman(do: Doing) -> str:
    conflicts.send_to_ombudsman(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return "It went to the ombudsman, with your reason. You do not see it any more."


def _named(county: County, one: Officer) -> Named:
    return Named(one.id, f"{one.name}, {jurisdiction(county, one)}" + ("" if one.active else ", has left"))
