"""The landmarks of a ward: what stands on the phone, what officers' corrections taught, and a form for ten at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import BooleanField, Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Regexp

from config.county import County, Ward
from config.logging import log_event
from config.wording import Text
from gateway.cases import landmarks, visibility
from gateway.cases.desk_models import WardLandmark
from gateway.cases.models import WardCover, WardState
from gateway.cases.office import Office
from gateway.cases.placing import fault
from gateway.catalogue import ward_item
from gateway.db import as_owner, officer_session
from gateway.dialogue import lookups
from gateway.installation import Installation
from gateway.people import audit
from gateway.people.models import Officer, Role
from gateway.triage.forms import Data, clean, problems_of
from gateway.triage.sign_in import officer
from menus.engine import Facts, face
from menus.lettering import is_gsm7, septets

AT_ONCE = 10
"""Names in one form: a ward's are entered in ten minutes."""
MOST = 60
"""Landmarks that a ward has on the list for its phone; what was learned besides takes no room there."""
FULL = f"A ward has {MOST} names at most: remove some first."
PERSONAL = "is that a person’s name? Tick below if everybody calls the place so."
GONE = "That name is not on the list any more, or another one is the same."

# Kwa Otieno may be a bus stage or a house: only who knows the ward can say.
_PERSONAL = re.compile(
    r"^(?:kwa|kwake|nyumba(?:ni)? (?:ya|kwa)|boma (?:ya|la)|home of)\b|\b(?:mama|baba|mzee|mwalimu|mchungaji|pastor|"
    r"father|sister|dr|mr|mrs|miss|madam|chief|dada|kaka|shosho|guka)\b",
    re.IGNORECASE,
)


class LandmarkForm(Form):  # type: ignore[misc]
    """Names to put on the list, one on each line; `sure` that those which sound like a person's are places."""

    ward = SelectField("Ward", default="", validators=[InputRequired("Choose the ward.")])
    names = TextAreaField("Names, one on each line", filters=[clean], validators=[DataRequired("Write a name.")])
    sure = BooleanField("These are names of places that everybody uses, not of people whose homes they are")

    @property
    def lines(self) -> list[str]:
        """Each once, in their order."""
        known: dict[str, str] = {}
        for line in str(self.names.data or "").split("\n"):
            if name := " ".join(line.split()):
                known.setdefault(name.casefold(), name)
        return list(known.values())


class ChangeForm(Form):  # type: ignore[misc]
    """One press: `what` becomes of the landmark `id`; `name` is a shorter one, where it has to be; `sure` that it is a
    place, where it sounds like a person's."""

    ward = SelectField("Ward", default="", validators=[InputRequired("Reload the page and try again.")])
    id = HiddenField(validators=[Regexp(r"[1-9][0-9]{0,17}\Z", message="Reload the page and try again.")])
    what = RadioField(
        choices={"on": "on", "off": "off", "remove": "remove"},
        validators=[InputRequired("Reload the page and try again.")],
    )
    sure = BooleanField("A place that everybody calls so")
    name = StringField("Name on the phone", filters=[clean, lambda text: " ".join(text.split())])


@dataclass(frozen=True)
class Shown:
    """The landmarks of one ward. `phone`: by language, the screen as it is there; `own`: whether they are the ward's.

    `waiting` are on the list for the phone and used less than those that stand there.
    """

    ward: Ward
    phone: Mapping[str, str]
    own: bool
    on_phone: Sequence[WardLandmark]
    waiting: Sequence[WardLandmark]
    learned: Sequence[WardLandmark]


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/landmarks`."""
    engine, office = installation.engine, installation.office

    def page(form: Any = None, ward: Ward | None = None, why: str = "") -> str:
        with officer_session(engine, officer()) as session:
            wards = _wards(session, office.county)
            chosen = ward or _asked(wards)
            shown = _shown(session, installation, chosen) if chosen else None
            form = form or _form(LandmarkForm, wards)
            return render_template(
                "triage/landmarks.html", shown=shown, wards=wards, form=form, problems=problems_of(form), why=why,
                fits=fits, sounds_personal=sounds_personal, most=AT_ONCE, room=landmarks.LETTERS,
            )  # fmt: skip

    @routes.get("/triage/landmarks", endpoint="landmarks")
    def list_landmarks() -> ResponseReturnValue:
        return page()

    @routes.post("/triage/landmarks")
    def add_landmarks() -> ResponseReturnValue:
        with officer_session(engine, officer()) as session:
            form = _form(LandmarkForm, _wards(session, office.county), request.form)
            ward = _complete(form, office)
            full = ward and not form.errors and _has_no_room(session, ward, len(form.lines))
            if ward and not form.errors and not full:
                with as_owner(session):
                    added = landmarks.add(session, ward.code, form.lines, officer())
                    _write_down(session, ward, "added", count=added)
        if form.errors or ward is None or full:
            return page(form, ward, FULL if full else ""), 422
        news = f"{added} {'name is' if added == 1 else 'names are'} new."
        flash(news if added else "They were on the list already.")
        return _back(ward)

    @routes.post("/triage/landmarks/change")
    def change_landmark() -> ResponseReturnValue:
        with officer_session(engine, officer()) as session:
            form = _form(ChangeForm, _wards(session, office.county), request.form)
            fine = form.validate()
            ward = office.county.ward(int(form.ward.data)) if fine else None
            why = _hindrance(session, office.county, ward, form) if ward and form.what.data == "on" else ""
            done = False
            if ward and not why:
                with as_owner(session):
                    done = _change(session, ward.code, form)
                    if done:
                        _write_down(session, ward, form.what.data, landmark=int(form.id.data))
        if ward is None or why:
            return page(None, ward, why or " ".join(sentence for _, sentence in problems_of(form))), 422
        flash(_DONE[form.what.data] if done else GONE)
        return _back(ward)


_DONE = {
    "on": "It is on the list for the phone.", "off": "It stands on no phone any more.", "remove": "It is deleted.",
}  # fmt: skip


def _back(ward: Ward) -> ResponseReturnValue:
    return redirect(url_for("triage.landmarks", ward=ward.code), 303)


def _write_down(session: Session, ward: Ward, what: str, **data: Any) -> None:
    """Everybody in the ward reads it: who put it there is on record. The name itself is not."""
    audit.append(session, "landmarks_changed", officer_id=officer().id, ward=ward.code, what=what, **data)
    log_event("landmarks_changed", officer=officer().id, ward=ward.code, what=what)


def _change(session: Session, ward_code: int, form: Any) -> bool:
    landmark_id = int(form.id.data)
    match form.what.data:
        case "on":
            return landmarks.put_on(session, ward_code, landmark_id, form.name.data)
        case "off":
            return landmarks.take_off(session, ward_code, landmark_id)
        case _:
            return landmarks.remove(session, ward_code, landmark_id)


# Whose


def _wards(session: Session, county: County) -> Sequence[Ward]:
    """Those whose landmarks this officer keeps: her own, those of her sub-county, those at the county desk."""
    return wards_of(session, county, officer()) or ([] if officer().holds(Role.HOTLINE) else abort(404))


def wards_of(session: Session, county: County, who: Officer) -> list[Ward]:
    at_the_desk: set[int] = set()
    if who.holds(Role.HOTLINE):
        at_the_desk |= set(session.scalars(select(WardCover.ward_code).where(WardCover.state == WardState.DESK)))
    hers = visibility.wards_of(county, who)
    return [ward for ward in county.wards if ward in hers or ward.code in at_the_desk]


def _asked(wards: Sequence[Ward]) -> Ward | None:
    """The ward that is asked for, if it is hers; else the first."""
    asked = request.args.get("ward", 0, int)
    return next((ward for ward in wards if ward.code == asked), wards[0] if wards else None)


# Forms


def _form(kind: type[Form], wards: Sequence[Ward], data: Data | None = None) -> Any:
    form = kind(data)
    form.ward.choices = {str(ward.code): ward.name for ward in wards}
    return form


def _complete(form: Any, office: Office) -> Ward | None:
    """The ward of a form that can be used; marks what is wrong with its names."""
    if not form.validate():
        return None
    names = form.lines
    if len(names) > AT_ONCE:  # before any of them is looked at
        form.names.errors = [f"At most {AT_ONCE} names at once."]
        return office.county.ward(int(form.ward.data))
    wrong = list(dict.fromkeys(why for name in names if (why := _name_fault(office.county, name))))
    personal = [name for name in names if sounds_personal(name)]
    if personal and not form.sure.data:
        wrong.append(f"{', '.join(personal)}: {PERSONAL}")
    form.names.errors = wrong
    return office.county.ward(int(form.ward.data))


def _name_fault(county: County, name: str) -> str:
    if not name:
        return "Write a name."
    if not is_gsm7(name):
        return f"{name}: a basic phone cannot show all of these letters."
    if "<" in name or ">" in name:
        return f"{name}: write it without < and >."
    if septets(name) > landmarks.LETTERS:
        return f"{name}: at most {landmarks.LETTERS} letters fit on the phone."
    return fault(county, name)


def _hindrance(session: Session, county: County, ward: Ward, form: Any) -> str:
    """Why a name that was learned cannot be put on the phone like this; empty where it can."""
    name = form.name.data
    if why := _name_fault(county, name):
        return why
    if sounds_personal(name) and not form.sure.data:
        return f"{name}: {PERSONAL}"
    return FULL if _has_no_room(session, ward, 1) else ""


def _has_no_room(session: Session, ward: Ward, more: int) -> bool:
    return sum(one.shown for one in landmarks.of_ward(session, ward.code)) + more > MOST


def fits(name: str) -> bool:
    """Whether it can stand on the phone as it is."""
    return is_gsm7(name) and septets(name) <= landmarks.LETTERS


def sounds_personal(name: str) -> bool:
    """Whether it may be the name of a person: a guess, at which somebody who knows the ward has to look."""
    return _PERSONAL.search(name) is not None


# What stands there


def _shown(session: Session, installation: Installation, ward: Ward) -> Shown:
    offered = landmarks.shown(session, installation.office.county, ward.code)
    kept = landmarks.of_ward(session, ward.code)
    listed = [one for one in kept if one.shown]
    return Shown(
        ward=ward,
        phone=_screens(installation, ward, offered),
        own=bool(listed),
        on_phone=listed[: landmarks.ON_PHONE],
        waiting=listed[landmarks.ON_PHONE :],
        learned=[one for one in kept if not one.shown],
    )


def _screens(installation: Installation, ward: Ward, offered: Sequence[tuple[str, Text]]) -> dict[str, str]:
    """By language, the screen of the phone, of the tree that is served now; none, where that asks for no landmark."""
    menu, chosen = installation.menu, ward_item(installation.office.county, ward)
    screen = next((one.id for one in menu.screens.values() if one.pick and one.pick.into == "landmark"), None)
    if screen is None:
        return {}
    found = lookups.nearby(menu, offered, None, datetime.now(UTC))
    values, slots = {"ward": chosen.value, **chosen.sets}, {"ward": chosen.short, **chosen.slots}
    return {
        language: face(menu, screen, Facts(installation.catalogue, language, values, slots), found)
        for language in menu.languages
    }
