"""The one page of a crew's link: what is to be done where, and three answers. Whoever has the link has the right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from config.logging import log_event
from gateway.cases import cards, crews, photos
from gateway.cases.crews import Over, Said, Task, Unknown
from gateway.cases.photos import Picture
from gateway.crew.sentences import ANSWERED, GUESSED_TOO_OFTEN, LEFT_OUT, LINK_OVER, TOO_LARGE, WHAT, Two, some_kept
from gateway.installation import Installation
from gateway.people import throttle

WORDS = 300
"""Letters."""
MOST_BODY = photos.MOST_OF_LINK * photos.MOST_BYTES + 64 * 1024
"""Bytes of an answer with its photos; read only where the link is open, or was answered."""
UNKNOWN, GONE = 404, 410
"""Both show the same page."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
STYLE = hashlib.sha256((Path(__file__).parent / "static" / "crew.css").read_bytes()).hexdigest()[:10]


@dataclass(frozen=True)
class Shown:
    """What the page shows of a task; it is read while the transaction lasts."""

    task: Task
    card: cards.Card


class _Closed(Exception):
    """Nothing is shown but this sentence. `said`: what the link was answered with."""

    def __init__(self, sentence: Two, status: int, said: str | None = None) -> None:
        super().__init__()
        self.sentence, self.status, self.said = sentence, status, said


def blueprint(installation: Installation) -> Blueprint:
    """`/crew/<token>`. It needs no form token: no cookie is read here, so no browser can be made to lend its right."""
    engine, office = installation.engine, installation.office
    routes = Blueprint("crew", __name__, url_prefix="/crew", static_folder="static", template_folder="templates")
    routes.after_request(_strict)
    routes.register_error_handler(_Closed, lambda closed: _say(closed.sentence, closed.status))
    routes.register_error_handler(RequestEntityTooLarge, lambda _: _say(TOO_LARGE, 413, form=request.path))

    @routes.get("/<token>")
    def page(token: str) -> ResponseReturnValue:
        """Changes nothing: a chat that the link is sent in fetches it for a preview."""
        return _page(look(token))

    @routes.post("/<token>")
    def answer(token: str) -> ResponseReturnValue:
        try:
            shown = look(token)
        except _Closed as closed:
            if closed.said and closed.said == _said():  # pressed again: what it said at first may never have arrived
                return _say(ANSWERED, 200)
            raise
        said = _said()
        if said not in list(Said):
            return _page(shown, WHAT), 422
        pictures, left_out = _pictures() if said != Said.GOING else ([], [])
        words = " ".join(request.form.get("words", "").replace("\0", "").split())[:WORDS]
        try:
            with Session(engine) as session, session.begin():
                done = crews.answer(session, office, token, Said(said), words, pictures, datetime.now(UTC))
        except (Over, Unknown):
            raise _Closed(LINK_OVER, GONE) from None
        log_event("crew_answered", case=done.case_id, said=said, photos=done.kept)
        if said == Said.GOING:
            return _page(look(token))
        left_out += [None] * (len(pictures) - done.kept)
        if not done.new or not left_out:
            return _say(ANSWERED, 200)
        return _say(some_kept(done.kept, done.kept + len(left_out), [LEFT_OUT[why] for why in left_out]), 200)

    def look(token: str) -> Shown:
        """What the link shows. Raises _Closed: over, unknown, or one of too many unknown ones from there.

        Only unknown ones are counted: thousands of phones share an address, and no stranger closes a right link.
        """
        now = datetime.now(UTC)
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                task = crews.of(session, token, now)
                return Shown(task, cards.of(session, office, task.case, now))
        except Over as over:
            raise _Closed(LINK_OVER, GONE, over.said) from None
        except Unknown:
            door = throttle.crew(office.vault, request.remote_addr or "")
        with Session(engine) as session, session.begin():
            heard = throttle.knock(session, [door]).heard
        raise _Closed(LINK_OVER, UNKNOWN) if heard else _Closed(GUESSED_TOO_OFTEN, 429)

    return routes


def _said() -> str:
    """The answer in the form, with which photos may come: of a stranger no more is read than of any form."""
    request.max_content_length = MOST_BODY
    return request.form.get("answer", "")


def _pictures() -> tuple[list[Picture], list[photos.Why | None]]:
    """The photos that came along, made anew, and why each of the others is left out; None: there are enough.

    None of them costs him his answer, which took a while to send.
    """
    sent = [file.read(photos.MOST_BYTES + 1) for file in request.files.getlist("photo")]
    given = [data for data in sent if data]  # a form without a photo sends an empty one
    pictures: list[Picture] = []
    left_out: list[photos.Why | None] = [None] * len(given[photos.MOST_OF_LINK :])
    for data in given[: photos.MOST_OF_LINK]:
        try:
            pictures.append(photos.read(data))
        except photos.Refused as refused:
            left_out.append(refused.why)
    return pictures, left_out


def _page(shown: Shown, wrong: Two | None = None) -> str:
    return render_template(
        "crew/task.html", task=shown.task, card=shown.card, names=cards, wrong=wrong, style=STYLE, most=WORDS,
        words=request.form.get("words", "") if wrong else "",
    )  # fmt: skip


def _say(sentence: Two, status: int, form: str = "") -> ResponseReturnValue:
    """`form`: the address of the form, where he may send it again."""
    return render_template("crew/said.html", sentence=sentence, form=form, style=STYLE), status


def _strict(response: Response) -> Response:
    if request.endpoint != "crew.static":
        response.headers.update(HEADERS)
    return response
