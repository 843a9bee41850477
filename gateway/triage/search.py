"""The box above the queue: a reference leads to its case, and so does a number of the call centre; words, names of
places and half a reference lead to a list.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.cases import centre, searching
from gateway.cases.references import is_reference
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.people.models import ALONE
from gateway.triage import queue, traces
from gateway.triage.filters import NO_PHONES
from gateway.triage.sign_in import officer

_DIGITS = re.compile(r"\+?[\d\s.-]+")
HALF = 4
"""Digits of either half of a reference, which is searched for like a word."""
PHONE = 9
"""Digits of a telephone number at least: `722 000141`."""
WRONG = "A reference has eight digits, such as 4821 7739, and is also found by its first or its last four."


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/find`. What is searched for is written down nowhere: it may be a resident's words."""

    @routes.get("/triage/find")
    def find() -> ResponseReturnValue:
        typed = request.args.get("words", "").strip()
        digits = "".join(filter(str.isdigit, typed))
        if is_reference(digits) and _DIGITS.fullmatch(typed):
            return redirect(url_for("triage.case", reference=digits), 303)
        if there := at_the_call_centre(typed):
            return redirect(url_for("triage.case", reference=there), 303)
        if not typed or (_DIGITS.fullmatch(typed) and len(digits) != HALF):
            flash(WRONG if len(digits) < PHONE else NO_PHONES)
            return redirect(url_for("triage.queue"), 303)
        if officer().holds(*ALONE):  # they open no case
            abort(404)
        after = request.args.get("after")
        if after is not None and not is_reference(after):
            abort(404)
        with officer_session(installation.engine, officer()) as session:
            found = searching.find(session, officer(), typed, after, installation.office.county)
            traces.leave(session, "found", found.cases)
            return render_template(
                "triage/found.html", words=typed[: searching.LETTERS], found=found, now=datetime.now(UTC),
                ended=queue.has_ended,
            )  # fmt: skip

    def at_the_call_centre(typed: str) -> str | None:
        """The reference of the case that the call centre has, or had, under what was typed."""
        if officer().holds(*ALONE) or installation.office.county.call_centre is None:
            return None
        with officer_session(installation.engine, officer()) as session:
            return centre.find(session, officer(), typed)
