"""Announcing something to a ward: write it, look at it first, send it; and the last ones, with what became of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import BooleanField, Form, HiddenField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from config.county import County, Ward
from config.logging import log_event
from gateway.cases import visibility
from gateway.cases.office import Office
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.messages import announcements, spending
from gateway.messages.announcements import Notice, OnceADay, compose
from gateway.people.models import Officer, Role
from gateway.triage.english import LANGUAGES
from gateway.triage.forms import REASON, Data, clean, problems_of, readable
from gateway.triage.preview import YOUR_WORDS, Preview, preview
from gateway.triage.sign_in import officer
from menus.lettering import septets, sms_parts
from workers.queues import wake

MOST_PARTS = 2
ONCE_A_DAY = "This ward has had its announcement today. Tomorrow there may be another one."
TOO_LONG = "Too long: it would be {} SMS for each person. Two at most."
TWO = "Too long for one SMS: shorten it, or tick “two SMS”."


class AnnouncementForm(Form):  # type: ignore[misc]
    """The words have a field for each language of the county, which `announcement_form` adds."""

    nonce = HiddenField(validators=[Regexp(r"^[A-Za-z0-9_-]{16,40}$", message="Reload the page and try again.")])
    ward = SelectField("Ward", default="", validators=[InputRequired("Choose the ward.")])
    long = BooleanField("It may be two SMS for each person, which costs twice as much")


@dataclass(frozen=True)
class Letter:
    """The SMS in one language, and how many get it."""

    language: str
    people: int
    preview: Preview


@dataclass(frozen=True)
class Look:
    """What would be sent. `per_part`: what one part costs in KES, where a price was told lately.

    `waits`: this month's money is spent, so it leaves only when there is some again.
    """

    ward: Ward
    letters: Sequence[Letter]
    per_part: Decimal | None
    waits: bool

    @property
    def people(self) -> int:
        return sum(letter.people for letter in self.letters)

    @property
    def parts(self) -> int:
        return sum(letter.people * letter.preview.parts for letter in self.letters)

    @property
    def price(self) -> Decimal | None:
        """About how much in KES; None where no price was told lately."""
        return None if self.per_part is None else self.per_part * self.parts


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/announce` and, below it, the look that sends nothing."""
    engine, office = installation.engine, installation.office

    def page(form: Any, look: Look | None = None, why: str = "") -> str:
        wards = wards_of(office.county, officer())
        with officer_session(engine, officer()) as session, as_owner(session):
            past = announcements.recent(session, [ward.code for ward in wards])
            used = announcements.used_up(session, officer(), [ward.code for ward in wards], datetime.now(UTC))
            per_part = spending.price_per_part(session)
        return render_template(
            "triage/announce.html", form=form, look=look, why=why, past=past, problems=problems_of(form), wards=wards,
            written=_written(office, wards), used=[ward.name for ward in wards if ward.code in used], per_part=per_part,
        )  # fmt: skip

    @routes.get("/triage/announce")
    def announce() -> ResponseReturnValue:
        form = _form(office)
        form.nonce.data = secrets.token_urlsafe(16)
        return page(form)

    @routes.post("/triage/announce/look")
    def look_at_announcement() -> ResponseReturnValue:
        """Sends nothing."""
        form = _form(office, request.form)
        if not _is_complete(form, office):
            return page(form), 422
        ward, now = _ward(form, office), datetime.now(UTC)
        with officer_session(engine, officer()) as session, as_owner(session):
            refused = announcements.is_refused(session, officer(), ward.code, now)
            look = _look(session, office, ward, _texts(form, office), now)
        return (page(form, why=ONCE_A_DAY), 409) if refused else page(form, look)

    @routes.post("/triage/announce")
    def send_announcement() -> ResponseReturnValue:
        form = _form(office, request.form)
        if not _is_complete(form, office):
            return page(form), 422
        ward = _ward(form, office)
        # The officer's id keeps a nonce from standing for what somebody else announced.
        notice = Notice(ward, officer(), _texts(form, office), f"{officer().id}:{form.nonce.data}")
        try:
            with officer_session(engine, officer()) as session, as_owner(session):
                people = announcements.announce(session, office.letters, office.vault, notice, datetime.now(UTC))
        except OnceADay:
            return page(form, why=ONCE_A_DAY), 409
        wake(installation.redis)
        log_event("announced", officer=officer().id, ward=ward.code, people=people)
        flash(f"It goes to {people:,} {'person' if people == 1 else 'people'} in {ward.name}.")
        return redirect(url_for("triage.announce"), 303)


def wards_of(county: County, who: Officer) -> Sequence[Ward]:
    """Where this officer may announce something; nowhere for most roles."""
    return county.wards if who.holds(Role.COUNTY) else visibility.wards_of(county, who)


def announcement_form(county: County, wards: Sequence[Ward], data: Data | None = None) -> AnnouncementForm:
    words = {name: _words(LANGUAGES.get(code, code)) for code, name in _fields(county).items()}
    form: AnnouncementForm = type("WrittenForm", (AnnouncementForm,), words)(data)
    names = {str(ward.code): ward.name for ward in wards}
    form.ward.choices = names if len(wards) == 1 else {"": "Choose"} | names
    return form


def _form(office: Office, data: Data | None = None) -> Any:
    """The form for the officer of this request, who may announce somewhere."""
    return announcement_form(office.county, wards_of(office.county, officer()) or abort(404), data)


def _fields(county: County) -> Mapping[str, str]:
    """Language → name of its field."""
    return {code: f"words_{code}" for code in county.languages}


def _words(language: str) -> TextAreaField:
    rules = [DataRequired(f"Write it in {language} too: everybody reads it in her own language.")]
    rules.append(Length(max=REASON, message=f"Too long: at most {REASON} letters."))
    rules.append(readable)
    return TextAreaField(f"In {language}", filters=[clean], validators=rules, render_kw={"maxlength": REASON})


def _ward(form: AnnouncementForm, office: Office) -> Ward:
    return office.county.ward(int(form.ward.data)) or abort(404)


def _texts(form: AnnouncementForm, office: Office) -> Mapping[str, str]:
    return {code: form[name].data for code, name in _fields(office.county).items()}


def _is_complete(form: AnnouncementForm, office: Office) -> bool:
    """Whether the form can be used, and each SMS is as short as it must be; marks the fields that are not."""
    if not form.validate():
        return False
    ward = _ward(form, office)
    for code, name in _fields(office.county).items():
        parts = sms_parts(compose(office.letters, ward, code, form[name].data))
        if parts > MOST_PARTS:
            form[name].errors = [TOO_LONG.format(parts)]
        elif parts > 1 and not form.long.data:
            form[name].errors = [TWO]
    return not form.errors


def _written(office: Office, wards: Sequence[Ward]) -> Mapping[str, str]:
    """By field, the SMS that the words travel in, to the ward with the longest name of the choice."""
    longest = max(wards, key=lambda ward: septets(ward.short))
    return {name: compose(office.letters, longest, code, YOUR_WORDS) for code, name in _fields(office.county).items()}


def _look(session: Session, office: Office, ward: Ward, texts: Mapping[str, str], now: datetime) -> Look:
    people, per_part = announcements.people(session, ward, list(texts)), spending.price_per_part(session)
    letters = []
    for language, words in texts.items():
        shown = preview(compose(office.letters, ward, language, words), words, per_part)
        letters.append(Letter(language, people.get(language, 0), shown))
    return Look(ward, letters, per_part, spending.is_spent(session, now))
