"""What SMS and sessions cost in a month, and the county's own limit, as the county administrator reads and sets it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import Form, StringField, ValidationError

from config.county import County
from config.logging import log_event
from gateway.cases import charges
from gateway.cases.charges import Part, PerCase
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.messages import spending
from gateway.messages.models import SpendingLimit
from gateway.messages.spending import NOTHING, Month, Spent, Standing
from gateway.people.models import Role
from gateway.triage.english import amount, money, ward_name
from gateway.triage.forms import clean, problems_of
from gateway.triage.sign_in import officer, only
from workers.queues import wake

WORDINGS: Mapping[str, Sequence[str]] = {
    "Report received": (
        "received", "received_text", "received_same", "received_danger", "received_feedback", "received_national",
    ),
    "Which ward?": ("which_ward", "which_of", "ward_known"),
    "Words added": ("words_added",),
    "How it stands": (
        "state", "state_with", "state_due", "state_higher", "state_top", "state_ended", "state_ended_top",
    ),
    "Sent higher": ("promise_broken", "promise_broken_top", "open_too_long", "sent_higher"),
    "Messages of officers": ("from_officer",),
    "Fixed?": ("fixed", "confirmed", "reopened"),
    "Other endings": ("planned", "cannot_now", "not_ours", "not_found", "not_a_report", "answered"),
    "Joined and split": ("joined", "joined_late", "split", "split_late"),
    "Announcements": ("announcement",),
    "To officers": (
        "officer_digest", "officer_next", "officer_done", "officer_urgent", "officer_noted", "officer_still_waits",
        "officer_nothing",
    ),
}  # fmt: skip
"""What has a line of its own. What is sent about confidential reports, or about none, has not: it stands in one sum."""
REST = "Everything else"
REST_OF_WARDS = "Of no one ward"
LIMITS_TOLD = 5
MOST = 999_999_999
WRONG = "Write a number of KES from 1 to 999,999,999, such as 20,000, or leave it empty for no limit."

_AMOUNT = re.compile(r"(?:KES|Ksh)?\.? ?([0-9]+(?:[, ][0-9]{3})*(?:\.[0-9]{1,2})?)(?:/[-=])?", re.ASCII | re.IGNORECASE)


class LimitForm(Form):  # type: ignore[misc]
    """How much may be spent a month; empty: without a limit."""

    amount = StringField("KES a month", filters=[clean], render_kw={"maxlength": 20})

    def validate_amount(self, field: StringField) -> None:
        found = _AMOUNT.fullmatch(field.data)
        if field.data and (not found or not 1 <= _number(found[1]) <= MOST):
            raise ValidationError(WRONG)

    @property
    def kes(self) -> Decimal | None:
        found = _AMOUNT.fullmatch(self.amount.data)
        return _number(found[1]) if found else None


def _number(digits: str) -> Decimal:
    return Decimal(digits.replace(",", "").replace(" ", ""))


@dataclass(frozen=True)
class Line:
    """One row: what of, how many texts, and KES."""

    name: str
    texts: int
    price: Decimal


@dataclass(frozen=True)
class Page:
    """One month. `standing` is that of the current one, whichever is shown."""

    month: Month
    current: bool
    spent: Spent
    wordings: Sequence[Line]
    wards: Sequence[Line]
    cases: PerCase
    standing: Standing
    limits: Sequence[tuple[SpendingLimit, str]]


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/costs`, and below it the form that sets the limit."""
    engine, county = installation.engine, installation.office.county

    def page(form: LimitForm | None = None) -> str:
        now = datetime.now(UTC)
        with officer_session(engine, officer()) as session, as_owner(session):
            shown = read(session, county, _month(now), now)
            form = form or _form_of(shown.standing.limit)
            return render_template("triage/costs.html", page=shown, form=form, problems=problems_of(form))

    @routes.get("/triage/costs")
    def costs() -> ResponseReturnValue:
        only(Role.COUNTY)
        return page()

    @routes.post("/triage/costs/limit")
    def set_limit() -> ResponseReturnValue:
        only(Role.COUNTY)
        form = LimitForm(request.form)
        if not form.validate():
            return page(form), 422
        with officer_session(engine, officer()) as session, as_owner(session):
            new = spending.set_limit(session, officer(), form.kes, datetime.now(UTC))
        if new:
            log_event("spending_limit_set", officer=officer().id)
            wake(installation.redis)  # for what the old one held
        flash(_said(form.kes) if new else "That was saved already.")
        return redirect(url_for("triage.costs"), 303)


def read(session: Session, county: County, month: Month, now: datetime) -> Page:
    """Read it under the officers' role."""
    # The whole last: what comes in meanwhile is rather in it alone than in a part alone.
    wordings = charges.by_wording(session, month, [name for names in WORDINGS.values() for name in names])
    wards, cases = charges.by_ward(session, month), charges.per_case(session, month)
    spent = spending.read(session, month)
    texts, home = spent.home.texts, spent.home
    return Page(
        month=month,
        current=month == Month.of(now),
        spent=spent,
        wordings=_with_rest(_by_label(wordings), REST, texts, home.texts_price),
        wards=_with_rest(
            [Line(ward_name(county, code), part.texts, part.price) for code, part in wards.items()],
            REST_OF_WARDS, texts, home.price,
        ),
        cases=cases,
        standing=spending.standing(session, now),
        limits=spending.limits(session, LIMITS_TOLD),
    )  # fmt: skip


def warning(installation: Installation) -> Standing | None:
    """What the county administrator is warned of on each of her pages: the limit is nearly reached, or is."""
    with officer_session(installation.engine, officer()) as session, as_owner(session):
        standing = spending.standing(session, datetime.now(UTC))
    return standing if standing.nearly else None


def _by_label(parts: Mapping[str, Part]) -> list[Line]:
    lines = []
    for label, names in WORDINGS.items():
        found = [parts[name] for name in names if name in parts]
        if found:
            lines.append(Line(label, sum(part.texts for part in found), sum((part.price for part in found), NOTHING)))
    return sorted(lines, key=lambda line: -line.price)


def _with_rest(lines: list[Line], name: str, texts: int, price: Decimal) -> list[Line]:
    """The lines, and what is left of the whole, which holds all that is told of no part."""
    rest_texts = texts - sum(line.texts for line in lines)
    rest_price = price - sum((line.price for line in lines), NOTHING)
    return [*lines, Line(name, max(0, rest_texts), max(NOTHING, rest_price))]


def _month(now: datetime) -> Month:
    """The month that the address asks for; the current one where that is none, or is not here yet."""
    current = Month.of(now)
    return min(Month.parse(request.args.get("month", "")) or current, current)


def _form_of(limit: Decimal | None) -> LimitForm:
    """With the limit that holds in it: who only presses the button changes nothing."""
    return LimitForm(data={"amount": "" if limit is None else amount(limit)})


def _said(kes: Decimal | None) -> str:
    return "There is no limit any more." if kes is None else f"From now on the limit is {money(kes)} a month."
