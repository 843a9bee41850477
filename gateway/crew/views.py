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
from gateway.crew.sentences import ANSWERED, GUESSED_TOO_OFTEN, LINK_OVER, PHOTOS, TOO_MANY_PHOTOS, WHAT, Two, some_kept
from gateway.installation import Installation
from gateway.people import throttle

WORDS = 300
"""Letters."""
MOST_BODY = photos.MOST_OF_LINK * photos.MOST_BYTES + 64 * 1024
"""Bytes of an answer with its photos; read only where the link is open."""
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
    """Nothing is shown but this sentence."""

    def __init__(self, sentence: Two, status: int) -> None:
        super().__init__()
        self.sentence, self.status = sentence, status


def blueprint(installation: Installation) -> Blueprint:
    """`/crew/<token>`. It needs no form token: no cookie is read here, so no browser can be made to lend its right."""
    engine, office = installation.engine, installation.office
    routes = Blueprint("crew", __name__, url_prefix="/crew", static_folder="static", template_folder="templates")
    routes.after_request(_strict)
    routes.register_error_handler(_Closed, lambda closed: _say(closed.sentence, closed.status))
    routes.register_error_handler(RequestEntityTooLarge, lambda _: _say(PHOTOS[photos.Why.TOO_LARGE], 413))

    @routes.get("/<token>")
    def page(token: str) -> ResponseReturnValue:
        """Changes nothing: a chat that the link is sent in fetches it for a preview."""
        return _page(look(token))

    @routes.post("/<token>")
    def answer(token: str) -> ResponseReturnValue:
        shown = look(token)
        request.max_content_length = MOST_BODY  # from here on: of a stranger no more is read than of any form
        said = request.form.get("answer", "")
        if said not in list(Said):
            return _page(shown, WHAT), 422
        pictures, wrong = _pictures() if said != Said.GOING else ([], None)
        if wrong:
            return _page(shown, wrong), 422
        words = " ".join(request.form.get("words", "").replace("\0", "").split())[:WORDS]
        try:
            with Session(engine) as session, session.begin():
                done = crews.answer(session, office, token, Said(said), words, pictures, datetime.now(UTC))
        except (Over, Unknown):
            raise _Closed(LINK_OVER, GONE) from None
        log_event("crew_answered", case=done.case_id, said=said, photos=done.kept)
        if said == Said.GOING:
            return _page(look(token))
        return _say(ANSWERED if done.kept == len(pictures) else some_kept(done.kept, len(pictures)), 200)

    def look(token: str) -> Shown:
        """What the link shows. Raises _Closed: unknown, over, or too many wrong ones came from there."""
        door, now = throttle.crew(office.vault, request.remote_addr or ""), datetime.now(UTC)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            if not throttle.knock(session, [door]).heard:
                raise _Closed(GUESSED_TOO_OFTEN, 429)
            shown, status = _find(session, token, now)
            if status != UNKNOWN:
                throttle.forgive(session, [door])
        if shown is None:
            raise _Closed(LINK_OVER, status)
        return shown

    def _find(session: Session, token: str, now: datetime) -> tuple[Shown | None, int]:
        try:
            task = crews.of(session, token, now)
        except (Unknown, Over) as closed:
            return None, UNKNOWN if isinstance(closed, Unknown) else GONE
        return Shown(task, cards.of(session, office, task.case)), 200

    return routes


def _pictures() -> tuple[list[Picture], Two | None]:
    """The photos that came along, made anew; or what is wrong with them."""
    sent = [file.read(photos.MOST_BYTES + 1) for file in request.files.getlist("photo")]
    given = [data for data in sent if data]  # a form without a photo sends an empty one
    if len(given) > photos.MOST_OF_LINK:
        return [], TOO_MANY_PHOTOS
    try:
        return [photos.read(data) for data in given], None
    except photos.Refused as refused:
        return [], PHOTOS[refused.why]


def _page(shown: Shown, wrong: Two | None = None) -> str:
    return render_template(
        "crew/task.html", task=shown.task, card=shown.card, names=cards, wrong=wrong, style=STYLE, most=WORDS,
        words=request.form.get("words", "") if wrong else "",
    )  # fmt: skip


def _say(sentence: Two, status: int) -> ResponseReturnValue:
    return render_template("crew/said.html", sentence=sentence, style=STYLE), status


def _strict(response: Response) -> Response:
    if request.endpoint != "crew.static":
        response.headers.update(HEADERS)
    return response
