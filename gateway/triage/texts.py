"""The texts set aside, as the county desk and the ombudsman see them, and the three ways to settle one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway.cases import quarantine
from gateway.cases.quarantine import SetAside
from gateway.cases.references import spoken
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people.masking import masked
from gateway.people.models import Role
from gateway.triage import traces
from gateway.triage.sign_in import officer, only
from workers.queues import wake

DESKS = (Role.HOTLINE, Role.OMBUDSMAN, Role.COUNTY_SECRETARY)
HOME = "KE"
SHOWN = 300
"""Letters of a text that are seen at once; the rest can be opened."""

REASONS: Mapping[str, tuple[str, str]] = {
    quarantine.FAILED: ("A telephone", "It could not be handled, though it was tried for hours."),
    quarantine.NO_TELEPHONE: ("A name, a short code or a service number", "Nobody can be answered there."),
    "from our own code": ("Our own code", "It came from ourselves, so nobody is answered."),
    quarantine.UNREADABLE: ("Not known", "What came was no SMS that we can read."),
    "no text": ("A telephone", "It came without any words."),
}
"""By the code of the reason: what kind of sender it is, and the reason in plain words."""
LINE = "A telephone that takes no SMS from here"
CALL_BACK = (
    "It is a landline{}, or another line that cannot be texted. Call back: make it a case, and it stands among the "
    "call-backs, where the number can be seen."
)
UNKNOWN = ("Not known", "It was set aside.")
GONE = "Nothing was changed: somebody else has dealt with this text, or it cannot be done with it."


@dataclass(frozen=True)
class Line:
    """One text as it is listed; `rest` is what stands behind a disclosure."""

    id: int
    received_at: datetime
    sender: str
    reason: str
    words: str
    rest: str
    may_try: bool
    may_file: bool
    """Whether it has words at all."""
    call: bool


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/texts` and, below it, what is done with one of them."""
    engine, office = installation.engine, installation.office

    @routes.get("/triage/texts")
    def texts() -> ResponseReturnValue:
        only(*DESKS)
        with officer_session(engine, officer()) as session:
            page = quarantine.read(session, office.vault, officer(), request.args.get("page", 1, int))
            traces.leave_texts(session, [one.id for one in page.texts])
        return render_template("triage/texts.html", page=page, lines=[_line(one) for one in page.texts])

    @routes.post("/triage/texts/<int:text_id>/case")
    def text_to_case(text_id: int) -> ResponseReturnValue:
        """On the owner's connection, as all filing: the officers' role may not."""
        only(*DESKS)
        with Session(engine) as session, session.begin():
            reference = quarantine.make_case(session, office, officer(), text_id, datetime.now(UTC))
        if reference:
            wake(installation.redis)
        return _back(f"It is a case now: {spoken(reference)}." if reference else GONE)

    @routes.post("/triage/texts/<int:text_id>/again")
    def text_again(text_id: int) -> ResponseReturnValue:
        settled = _settled(text_id, quarantine.try_again)
        if settled:
            wake(installation.redis)
        return _back("It is tried again now. If that fails too, it comes back here." if settled else GONE)

    @routes.post("/triage/texts/<int:text_id>/aside")
    def text_aside(text_id: int) -> ResponseReturnValue:
        settled = _settled(text_id, quarantine.set_aside)
        return _back("Set aside. It is kept, and nobody is answered." if settled else GONE)

    def _settled(text_id: int, settle: Callable[..., bool]) -> bool:
        only(*DESKS)
        with officer_session(engine, officer()) as session, as_owner(session):
            return settle(session, officer(), text_id)


def waiting(installation: Installation) -> int:
    """How many texts wait for the officer of this request: the number in the navigation."""
    with officer_session(installation.engine, officer()) as session:
        return quarantine.count(session, officer())


def _back(sentence: str) -> ResponseReturnValue:
    flash(sentence)
    return redirect(url_for("triage.texts"), 303)


def _line(one: SetAside) -> Line:
    sender, reason = REASONS.get(one.why, UNKNOWN)
    if one.line is not None:
        sender, reason = LINE, CALL_BACK.format("" if one.line == HOME else f", outside Kenya ({one.line})")
    words = masked((one.words or "").strip())
    return Line(
        one.id, one.received_at, sender, reason if one.words is not None else "The key to its words is missing.",
        words[:SHOWN], words[SHOWN:], one.why == quarantine.FAILED, bool(words), one.line is not None,
    )  # fmt: skip
