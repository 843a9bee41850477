"""What the ready texts say: the queue offers them by their names, and sends them at one press."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from config.replies import ReplyText
from config.wards import Ward
from gateway.cases.categories import OTHER
from gateway.cases.models import Case, Kind, Status
from gateway.cases.office import Office
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.messages import spending
from gateway.people.models import ALONE
from gateway.triage import replies
from gateway.triage.replies import Reply
from gateway.triage.sign_in import officer
from menus.lettering import septets


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/ready-texts`, for whoever has a queue."""
    office = installation.office

    @routes.get("/triage/ready-texts")
    def ready_texts() -> ResponseReturnValue:
        if officer().holds(*ALONE):  # they have no queue
            abort(404)
        with officer_session(installation.engine, officer()) as session, as_owner(session):
            per_part = spending.price_per_part(session)  # whatever case it was told of
        ward = longest(office.county.wards)
        shown = [dict(_shown(office, ward, one, datetime.now(UTC), per_part)) for one in office.county.replies]
        return render_template("triage/ready_texts.html", shown=list(filter(None, shown)), ward=ward)


def longest(wards: Sequence[Ward]) -> Ward:
    """The ward in which the texts take most letters."""
    return max(wards, key=lambda ward: septets(ward.name))


def _shown(
    office: Office, ward: Ward, reply: ReplyText, now: datetime, per_part: Decimal | None
) -> Iterator[tuple[str, Reply]]:
    """By language, one of them as a report of today would get it there; nothing where no case is offered it."""
    category = min(reply.categories, default=OTHER)
    for language in office.menu.languages:
        # Never saved.
        case = Case(
            reference="48217739", kind=Kind.GRIEVANCE, status=Status.NEW, category=category, language=language,
            ward_code=ward.code, resident_id=0, sensitive=False,
        )  # fmt: skip
        yield from ((language, one) for one in replies.of(office, case, now, per_part) if one.code == reply.code)
