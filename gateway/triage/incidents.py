"""Reports of one problem on the officers' pages: likely duplicates, who stands for whom, and what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import DateField, Form, HiddenField, StringField
from wtforms.validators import Length, Optional, Regexp

from config.county import County
from gateway.cases import actions, carrying, duplicates, incidents, merging, published, versions
from gateway.cases.actions import Faster, Refused
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Incident
from gateway.cases.duplicates import Likely
from gateway.cases.models import OPEN, Case
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.steps import is_carried
from gateway.cases.visibility import visible, visible_to
from gateway.db import officer_session
from gateway.dialogue import lookups
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import traces
from gateway.triage.english import LANGUAGES
from gateway.triage.forms import Data, clean
from gateway.triage.sign_in import officer, only
from menus.engine import Facts, face

if TYPE_CHECKING:
    from gateway.triage.deeds import Doing

SCREEN = "same"
"""The screen of the tree that asks whether hers is the same."""
WHOSE = (Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.HOTLINE)
"""Who publishes, and reads what is published."""
LISTED = 200
OTHERS = 50
"""Reports that are named on the page of the one that stands for them; the others are counted."""


# Forms


class MergeForm(Form):  # type: ignore[misc]
    """`other`: the report that is about the same problem."""

    other = HiddenField(validators=[Regexp(r"^[1-9]\d{7}$", message="Reload the page and try again.")])


class PublishForm(Form):  # type: ignore[misc]
    """A title for each language of the county, `title_sw` …, and the day on which it is expected to be over."""

    expected = DateField("Expected to be over on", validators=[Optional()])

    @property
    def titles(self) -> dict[str, str]:
        return {name.removeprefix("title_"): field.data for name, field in self._fields.items() if name != "expected"}


def publish_form(office: Office, case: Case | None, data: Data | None) -> Form:
    limit = incidents.TITLE
    fields: dict[str, Any] = {
        f"title_{code}": StringField(
            f"Title in {LANGUAGES.get(code, code)}",
            filters=[clean],
            validators=[Length(max=limit, message=f"At most {limit} letters.")],
            render_kw={"maxlength": limit},
        )
        for code in office.county.languages
    }
    return type("PublishForm", (PublishForm,), fields)(data)


def merge_form(office: Office, case: Case | None, data: Data | None) -> Form:
    return MergeForm(data)


def not_offered(case: Case, who: Officer) -> set[str]:
    """What cannot be done with a case as it stands with others."""
    names = {"merge", "publish", "unpublish"} if actions.is_below(who, case) else set()
    names |= set() if carrying.may_lead(case) else {"merge"}
    names |= set() if is_carried(case) else {"unmerge"}
    names |= set() if incidents.may_be_published(case) else {"publish"}
    return names | (set(actions.ALLOWED) - actions.WHILE_CARRIED if is_carried(case) else set())


# What the forms do


def merge(do: Doing) -> str:
    """Under the one that stands for the others best: see `merging.lead_among`."""
    query = visible_to(do.who).where(Case.reference == do.form.other.data, Case.id != do.case.id)
    other = do.session.scalars(query).one_or_none()
    if other is None:
        raise Faster
    other = carrying.lead_of(do.session, other)
    lead = merging.lead_among(do.session, [do.case, other])
    merged = other if lead is do.case else do.case
    merging.merge(do.session, do.office, [merged], lead, do.who, do.now)
    return f"{spoken(merged.reference)} is merged: {spoken(lead.reference)} is worked on for both."


def unmerge(do: Doing) -> str:
    merging.unmerge(do.session, do.office, do.case, do.who, do.now)
    return f"{do.shown} is worked on by itself again."


def publish(do: Doing) -> str:
    form = do.form
    incidents.publish(do.session, do.office, do.case, do.who, form.titles, form.expected.data, do.now)
    return f"Whoever reports this problem in this ward is asked whether it is the same as {do.shown}."


def unpublish(do: Doing) -> str:
    found = published.of(do.session, do.case)
    if found is None:
        raise Refused("Nothing is published about it.")
    incidents.end(do.session, found, do.now, do.who)
    return "Nobody is asked any more. Those who joined stay with the case."


# What the pages show


@dataclass(frozen=True)
class Member:
    """A report that another stands for, and the newest line of its history that the page knows."""

    case: Case
    version: int


@dataclass(frozen=True)
class Shown:
    """How a case stands with others.

    likely     others that may be about the same problem
    carried    whether another stands for it; `lead`: which, if she sees that one
    members    those for which it stands, as far as she sees them, and how many people they come from
    incident   what is published about it; `over`: its day is past and shown on no phone any more
    """

    likely: Sequence[Likely]
    carried: bool
    lead: Case | None
    members: Sequence[Member]
    more: int
    people: int
    incident: Incident | None
    over: bool


def shown(
    session: Session, office: Office, case: Case, who: Officer, may: frozenset[str], form: Any, now: datetime, *,
    typed: bool,
) -> Shown:  # fmt: skip
    """`form`: the one with which it is published; unless she `typed` into it, it has what stands there already."""
    found = published.of(session, case) if "unpublish" in may else None
    leads = case.status in OPEN
    newest = versions.newest(session, carrying.first_ids(session, case, OTHERS)) if leads else {}
    members = carrying.carried(session, case) if leads else []
    listed = members[:OTHERS]
    lead = carrying.lead_of(session, case)
    today = local_day(now)
    if found and "publish" in may and not typed:
        _fill_in(form, found, today)
    likely = duplicates.likely(session, who, case, now, names=_names(office.county)) if "merge" in may else []
    traces.leave(session, "listed", [*listed, *(one.case for one in likely)])
    return Shown(
        likely=likely,
        carried=is_carried(case),
        lead=lead if lead is not case else None,
        members=[Member(one, newest.get(one.id, 0)) for one in listed],
        more=len(members) - len(listed),
        people=carrying.supporters(session, [case]).get(case.id, 0) if members else 0,
        incident=found,
        over=bool(found and found.expected_on and found.expected_on < today),
    )


def _fill_in(form: Any, found: Incident, today: date) -> None:
    for language, title in found.titles.items():
        if f"title_{language}" in form:
            form[f"title_{language}"].data = title
    form.expected.data = found.expected_on if found.expected_on and found.expected_on >= today else None


def _names(county: County) -> list[str]:
    return [county.name, *(ward.name for ward in county.wards), *(one.name for one in county.sub_counties)]


def screens(installation: Installation, form: Any, now: datetime) -> dict[str, str]:
    """By language, what the phone asks, or would ask, of the tree that is served now; a title that is not written yet
    in brackets."""
    menu = installation.menu
    if SCREEN not in menu.screens:
        return {}
    titles = {code: incidents.plain(form.titles.get(code) or "") or "[title]" for code in menu.languages}
    found = lookups.nearby(menu, [], Incident(titles=titles, expected_on=form.expected.data), now)
    return {code: face(menu, SCREEN, Facts(installation.catalogue, code), found) for code in menu.languages}


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/incidents`: what is published where this officer works."""
    engine = installation.engine

    @routes.get("/triage/incidents", endpoint="incidents")
    def published() -> ResponseReturnValue:
        only(*WHOSE)
        with officer_session(engine, officer()) as session:
            query = (
                select(Incident, Case)
                .join(Case, Case.id == Incident.case_id)
                .where(Incident.ended_at.is_(None), visible(officer()))
                .order_by(Incident.published_at, Incident.id)
                .limit(LISTED)
            )
            rows = list(session.execute(query))
            people = carrying.supporters(session, [case for _, case in rows])
            traces.leave(session, "listed", [case for _, case in rows])
            return render_template(
                "triage/incidents.html", rows=rows, people=people, today=local_day(datetime.now(UTC))
            )
