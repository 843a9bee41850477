"""A case as a card to share: text and image for a WhatsApp group, without a word or a number of the resident."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.cases import cards, events
from gateway.cases.cards import Card
from gateway.cases.models import Case, CaseEvent
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.triage import dialling, traces
from gateway.triage.card_image import png
from gateway.triage.deeds import REPEATED
from gateway.triage.finding import seen
from gateway.triage.sign_in import officer

FORMS = ("text", "image")
ANYWHERE, IN_THE_APP = "https://wa.me/", "whatsapp://send"
"""Opens WhatsApp by its page, which reads the text as well; and the app of this device alone, for what is secret."""


def whatsapp(text: str, by: str = ANYWHERE) -> str:
    """An address that opens WhatsApp with this text, for whoever the officer chooses there."""
    return f"{by}?text={quote(text)}"


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/cases/<reference>/share` and the image of the card."""
    engine, office = installation.engine, installation.office

    @routes.get("/triage/cases/<reference>/share")
    def share(reference: str) -> ResponseReturnValue:
        with officer_session(engine, officer()) as session:
            return _page(shareable(session, reference), session)

    @routes.post("/triage/cases/<reference>/share")
    def make_card(reference: str) -> ResponseReturnValue:
        """That it was shared stands in the history before the card can be copied."""
        form = request.form.get("form", "")
        with officer_session(engine, officer()) as session:
            case = shareable(session, reference, lock=True)
            if form not in FORMS:
                abort(400)
            now = datetime.now(UTC)
            with as_owner(session):
                if not _was_shared(session, case, form, now):
                    events.append(
                        session, case, "shared", now, vault=office.vault, officer_id=officer().id, form=form
                    )  # fmt: skip
            log_event("case_shared", case=case.id, officer=officer().id, form=form)
            return _page(case, session, form)

    @routes.get("/triage/cases/<reference>/card.png")
    def card_image(reference: str) -> ResponseReturnValue:
        with officer_session(engine, officer()) as session:
            case = shareable(session, reference)
            card = _card(session, case)
            traces.leave(session, "card_shown", [case], form="image")
        answer = Response(png(card), mimetype="image/png")
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Disposition"] = f'inline; filename="sikiza-{reference}.png"'
        return answer

    def _card(session: Session, case: Case) -> Card:
        ward = office.county.ward(case.ward_code) if case.ward_code else None
        how = dialling.of(installation, ward)
        card = cards.of(session, office, case, datetime.now(UTC))
        return cards.with_code(card, how.code, ward.name if ward else "", how.ward_code)

    def _page(case: Case, session: Session, made: str = "") -> str:
        card = _card(session, case)
        traces.leave(session, "card_shown", [case])
        text = cards.text(card)
        return render_template("triage/share.html", case=case, text=text, made=made, whatsapp=whatsapp(text))


def _was_shared(session: Session, case: Case, form: str, now: datetime) -> bool:
    """Whether she made the same card a moment ago: the button was pressed twice."""
    hers = (CaseEvent.case_id == case.id, CaseEvent.name == "shared", CaseEvent.officer_id == officer().id)
    lately = (CaseEvent.at > now - REPEATED, CaseEvent.data["form"].as_string() == form)
    return session.scalar(select(CaseEvent.id).where(*hers, *lately).limit(1)) is not None


def shareable(session: Session, reference: str, *, lock: bool = False) -> Case:
    """The case, if it may be shared as well: see `cards.may_share`."""
    case = seen(session, reference, lock=lock)
    return case if cards.may_share(session, case) else abort(404)
