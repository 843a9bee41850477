"""The forms about officers: a new account, a post out of the county's lists, a phone, leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from wtforms import Form, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from config.county import County
from gateway.people.leave import Plan
from gateway.people.models import Officer, Post, Role
from gateway.people.officers import EMAIL
from gateway.people.phone import normalise
from gateway.people.presence import Seat, jurisdiction_of
from gateway.triage.english import ROLES, jurisdiction, of_post
from gateway.triage.forms import Choices, Data, clean

NAME = 120
_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_WHOLE_COUNTY = (Role.COUNTY_SECRETARY, Role.OMBUDSMAN, Role.HOTLINE, Role.COUNTY, Role.AUDITOR)


def _short(text: str) -> str:
    return text[:60]


class PostForm(Form):  # type: ignore[misc]
    seat = SelectField("Post", default="", validators=[InputRequired("Choose the post.")])

    @property
    def chosen(self) -> Seat:
        """Of a form that is in order."""
        return parse_seat(self.seat.data)


class SearchForm(PostForm):
    """Which officers are listed; everything may be left empty."""

    seat = SelectField("Post", default="")
    name = StringField("Name or address", filters=[clean, _short], render_kw={"maxlength": 60})


class OfficerForm(PostForm):
    name = StringField(
        "Name", filters=[clean], validators=[DataRequired("Give her name."), Length(max=NAME, message="Too long.")],
        render_kw={"maxlength": NAME},
    )  # fmt: skip
    email = StringField(
        "E-mail address", filters=[clean], validators=[DataRequired("Give her e-mail address.")],
        render_kw={"maxlength": EMAIL},
    )  # fmt: skip


class PhoneForm(Form):  # type: ignore[misc]
    phone = StringField("Her phone number", filters=[clean], render_kw={"maxlength": 24})

    def validate_phone(self, field: StringField) -> None:
        if field.data and normalise(field.data) is None:
            raise ValidationError("This is not a telephone number. Leave it empty if she has none.")

    @property
    def number(self) -> str | None:
        return normalise(self.phone.data) if self.phone.data else None


class TrainerForm(Form):  # type: ignore[misc]
    name = StringField(
        "Whose phone it is", filters=[clean],
        validators=[DataRequired("Say whose phone it is."), Length(max=NAME, message="Too long.")],
        render_kw={"maxlength": NAME},
    )  # fmt: skip
    phone = StringField(
        "Phone number", filters=[clean], validators=[DataRequired("Give the number.")], render_kw={"maxlength": 24}
    )

    def validate_phone(self, field: StringField) -> None:
        if field.data and normalise(field.data) is None:
            raise ValidationError("This is not a telephone number.")

    @property
    def number(self) -> str:
        return normalise(self.phone.data) or ""


class LeaveForm(Form):  # type: ignore[misc]
    first_day = StringField("First day", filters=[clean], validators=[DataRequired("Give the first day.")])
    last_day = StringField("Last day, included", filters=[clean], validators=[DataRequired("Give the last day.")])
    deputy = SelectField("Who stands in", default="")

    def validate_first_day(self, field: StringField) -> None:
        _check_day(field)

    def validate_last_day(self, field: StringField) -> None:
        _check_day(field)

    @property
    def plan(self) -> Plan:
        """Of a form that is in order."""
        deputy = int(self.deputy.data) if self.deputy.data else None
        return Plan(date.fromisoformat(self.first_day.data), date.fromisoformat(self.last_day.data), deputy)


def search_form(county: County, data: Data) -> SearchForm:
    form = SearchForm(data)
    form.seat.choices = {**seats(county), "": "Any"}
    return form


def post_form(county: County, data: Data | None = None) -> PostForm:
    form = PostForm(data)
    form.seat.choices = seats(county)
    return form


def officer_form(county: County, data: Data | None = None, *, seat: str = "") -> OfficerForm:
    """`seat`: the post that the page was opened for."""
    form = OfficerForm(data, seat=seat)
    form.seat.choices = seats(county)
    return form


def leave_form(county: County, deputies: Sequence[Officer], data: Data | None = None) -> LeaveForm:
    form = LeaveForm(data)
    named = {str(one.id): f"{one.name}, {jurisdiction(county, one)}" for one in deputies}
    form.deputy.choices = {"": "Nobody: those above see to it"} | named
    return form


def seats(county: County) -> Choices:
    """Every post that the county has, grouped by role: `ward:1014` → `Shirere ward`."""
    choices: Choices = {"": "Choose"}
    for sub_county in county.sub_counties:
        wards = [(Role.WARD, ward.code) for ward in sub_county.wards]
        choices[f"{ROLES[Role.WARD]}, {sub_county.name}"] = _named(county, wards)
    choices[ROLES[Role.SUB_COUNTY]] = _named(county, ((Role.SUB_COUNTY, one.code) for one in county.sub_counties))
    departments = [one.code for one in county.departments if one.code != Role.OMBUDSMAN]
    for role in (Role.DEPARTMENT, Role.CHIEF_OFFICER):
        choices[ROLES[role]] = _named(county, ((role, code) for code in departments))
    choices["For the whole county"] = _named(county, ((role, None) for role in _WHOLE_COUNTY))
    return choices


def seat_name(county: County, seat: Seat) -> str:
    """`Shirere ward`, `Water dept`, `County secretary`."""
    return of_post(county, Post(role=seat[0], **jurisdiction_of(seat))) or ROLES[seat[0]]


def written_seat(seat: Seat) -> str:
    """`ward:1014`, `hotline`."""
    role, code = seat
    return role.value if code is None else f"{role.value}:{code}"


def parse_seat(written: str) -> Seat:
    """The seat that `written_seat` wrote: one of the choices."""
    name, _, code = written.partition(":")
    role = Role(name)
    return role, int(code) if role in (Role.WARD, Role.SUB_COUNTY) else code or None


def _named(county: County, found: Iterable[Seat]) -> dict[str, str]:
    return {written_seat(seat): seat_name(county, seat) for seat in found}


def _check_day(field: StringField) -> None:
    if not field.data:
        return
    try:
        fine = bool(_DAY.fullmatch(field.data)) and bool(date.fromisoformat(field.data))
    except ValueError:
        fine = False
    if not fine:
        raise ValidationError("Write the day as 2026-12-01.")
