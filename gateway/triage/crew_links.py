"""Sending somebody to a case by a link, what he said, and the photos that he took."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import Form, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Regexp

from config.logging import log_event
from gateway.cases import cards, crews, photos
from gateway.cases.actions import Refused
from gateway.cases.crew_links import WITHDRAWN
from gateway.cases.crews import Said
from gateway.cases.desk_models import CrewLink
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.photos import Kept
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.triage import forms, traces
from gateway.triage.call_forms import NONCE, RELOAD
from gateway.triage.english import minute
from gateway.triage.finding import seen
from gateway.triage.share import IN_THE_APP, whatsapp
from gateway.triage.sign_in import officer

NAME, TO_DO = 60, 300
"""Letters."""
SAYS: Mapping[str | None, str] = {
    Said.GOING: "is on the way", Said.DONE: "says that it is done", Said.CANNOT: "says that it cannot be done",
}  # fmt: skip
CHIPS: Mapping[str | None, str] = {
    Said.GOING: "Crew: on the way", Said.DONE: "Crew says: done", Said.CANNOT: "Crew says: cannot",
}  # fmt: skip
NAMELESS = "Somebody"
"""Who was sent before the case was confidential for a time."""
PICTURE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
}


class CrewForm(Form):  # type: ignore[misc]
    for_whom = StringField(
        "Who goes there?",
        filters=[forms.clean],
        validators=[DataRequired("Write the name of whom you send."), Length(max=NAME, message="Too long.")],
        render_kw={"maxlength": NAME},
    )
    words = TextAreaField(
        "What to do",
        filters=[forms.clean],
        validators=[Length(max=TO_DO, message=f"Too long: at most {TO_DO} letters.")],
        render_kw={"maxlength": TO_DO},
    )
    nonce = HiddenField(default=lambda: secrets.token_urlsafe(16), validators=[Regexp(NONCE, message=RELOAD)])


@dataclass(frozen=True)
class Sent:
    """One link as the case page lists it."""

    id: int
    for_whom: str
    state: str
    open: bool
    photos: Sequence[Kept]


@dataclass(frozen=True)
class Shown:
    """What the case page shows. `says`: a proposal that no officer has answered yet, as a sentence, with the photos
    that came with it; `done`: that it is done. `withheld`: the resident's own place does not stand on the card."""

    links: Sequence[Sent]
    may_send: bool
    says: str
    said_with: Sequence[Kept]
    done: bool
    may_share: bool
    withheld: bool
    form: CrewForm


def chip(case: Case) -> str:
    """What a row of the queue says of the crew that was sent, while no officer has answered it; else nothing."""
    return CHIPS.get(case.crew_said, "")


def shown(session: Session, office: Office, case: Case, now: datetime) -> Shown:
    """The part of the case page about crews; read it while the officer's transaction lasts."""
    links, taken = crews.sent(session, case), photos.of(session, case)
    listed = [
        Sent(link.id, link.for_whom or NAMELESS, _state(link, now), crews.is_open(link, now),
             [one for one in taken if one.link_id == link.id])
        for link in links
    ]  # fmt: skip
    says, who = _says(case, links)
    return Shown(
        links=listed,
        may_send=crews.may_send(session, case),
        says=says,
        said_with=[one for one in taken if one.link_id == who],
        done=bool(says) and case.crew_said == Said.DONE,
        may_share=cards.may_share(session, case),
        withheld=cards.is_withheld(session, office, case),
        form=CrewForm(),
    )


def _says(case: Case, links: Sequence[CrewLink]) -> tuple[str, int | None]:
    """`Musa says that it is done`, while no officer has answered it, and by which link: the one that said so then."""
    if not case.crew_said:
        return "", None
    for link in links:
        if case.crew_said_at == (link.going_at if case.crew_said == Said.GOING else link.ended_at):
            return f"{link.for_whom} {SAYS[case.crew_said]}", link.id
    return f"Who was sent to one of the others {SAYS[case.crew_said]}", None


def _state(link: CrewLink, now: datetime) -> str:
    if link.outcome == WITHDRAWN and link.ended_at:
        return f"withdrawn {minute(link.ended_at)}"
    if link.outcome and link.ended_at:
        return f"{SAYS[link.outcome]}, {minute(link.ended_at)}"
    if not crews.is_open(link, now):
        return f"did not answer; the link ended {minute(link.expires_at)}"
    since = f"is on the way since {minute(link.going_at)}" if link.going_at else "has not answered yet"
    return f"{since}; the link lasts until {minute(link.expires_at)}"


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/cases/<reference>/crew`, and its photos."""
    engine, office = installation.engine, installation.office

    @routes.post("/triage/cases/<reference>/crew")
    def send_crew(reference: str) -> ResponseReturnValue:
        """The link is shown on this one answer, and kept nowhere."""
        form, now = CrewForm(request.form), datetime.now(UTC)
        with officer_session(engine, officer()) as session:
            case = seen(session, reference, lock=True)
            if not form.validate():
                traces.leave(session, "case_opened", [case])
                return _again(session, case, form), 422
            try:
                with as_owner(session):
                    made = crews.make(
                        session, office, case, officer(), form.for_whom.data, now, words=form.words.data or "",
                        nonce=form.nonce.data,
                    )  # fmt: skip
            except Refused as refusal:
                traces.leave(session, "case_opened", [case])
                return _again(session, case, form, str(refusal)), 409
            card, case_id = cards.of(session, office, case, now), case.id
            traces.leave(session, "card_shown", [case])
        log_event("crew_link_made", case=case_id, officer=officer().id)
        address = installation.settings.public_url.rstrip("/") + url_for("crew.page", token=made.token)
        text = f"{cards.text(card)}\n{address}"
        return render_template(
            "triage/crew_link.html", reference=reference, for_whom=form.for_whom.data, until=now + crews.LASTS,
            instead=made.instead, text=text, whatsapp=whatsapp(text, IN_THE_APP),
        )  # fmt: skip

    @routes.post("/triage/cases/<reference>/crew/<int:link_id>/withdraw")
    def withdraw_crew(reference: str, link_id: int) -> ResponseReturnValue:
        try:
            with officer_session(engine, officer()) as session:
                case = seen(session, reference, lock=True)
                with as_owner(session):
                    crews.withdraw(session, office, case, officer(), link_id, datetime.now(UTC))
            flash("The link opens nothing any more.")
        except Refused as refusal:
            flash(str(refusal))
        return redirect(url_for("triage.case", reference=reference), 303)

    @routes.get("/triage/cases/<reference>/photos/<int:photo_id>")
    def photo(reference: str, photo_id: int) -> ResponseReturnValue:
        with officer_session(engine, officer()) as session:
            case = seen(session, reference)
            data = photos.jpeg(session, office.vault, case, photo_id)
            if data is None:
                abort(404)
            traces.leave(session, "photo_opened", [case], photo=photo_id)
        return Response(data, mimetype="image/jpeg", headers=PICTURE)

    def _again(session: Session, case: Case, form: CrewForm, why: str = "") -> str:
        return render_template(
            "triage/crew_again.html", case=case, form=form, why=why, problems=forms.problems_of(form),
            withheld=cards.is_withheld(session, office, case),
        )  # fmt: skip
