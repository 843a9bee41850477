"""The officers' forms: their fields, limits, choices, and the sentences that say what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from config.categories import CommonProblem, Menu
from config.county import County
from config.rights import RIGHTS
from gateway.cases.categories import DANGER, FEEDBACK, NATIONAL, OMBUDSMAN, OTHER
from gateway.cases.endings import UNREASONED, UNSAID
from gateway.cases.models import Ending
from gateway.triage.english import english, month
from gateway.triage.preview import is_unreadable

REASON = 300
"""Letters of a reason or a message: two SMS at most with what stands around it."""
WORDS = 2000
"""Letters of what a caller tells on the hotline."""
PLACE = 80
BODY = 120
PLANS = 24
"""Months ahead for which work may be planned."""
ELSEWHERE = "elsewhere"
ANYTHING_ELSE = (OTHER, DANGER, "IDEA", "PRAISE")
CONFIDENTIAL = "Confidential: to the ombudsman, past the ward"
BY_LAW = "A right by law: data and information"
NATIONALLY = "National matters"
REST = "Anything else"

Data = MultiDict[str, str]
Choices = dict[str, str | dict[str, str]]
"""Value → label, or group → (value → label)."""


def clean(text: str | None) -> str:
    """What was typed, without what the database cannot hold, without carriage returns and space around it."""
    return (text or "").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _words(label: str, missing: str, limit: int = REASON, *, sent: bool = False) -> TextAreaField:
    rules = [DataRequired(missing), Length(max=limit, message=f"Too long: at most {limit} letters.")]
    rules += [readable] if sent else []
    return TextAreaField(label, filters=[clean], validators=rules, render_kw={"maxlength": limit})


def readable(form: Form, field: TextAreaField) -> None:
    """Words that are sent must arrive as words."""
    if is_unreadable(field.data):
        raise ValidationError("Phones would show only question marks: write it in the letters of the Latin alphabet.")


class ButtonForm(Form):  # type: ignore[misc]
    """Nothing to fill in."""


class ConfirmForm(Form):  # type: ignore[misc]
    """`read`: what the officer saw; what was read anew since then, she has not confirmed."""

    read = HiddenField()


class SortForm(Form):  # type: ignore[misc]
    about = SelectField("What is it about?", default="", validators=[InputRequired("Choose what it is about.")])


class HideForm(Form):  # type: ignore[misc]
    category = SelectField("It is about", default="", validators=[InputRequired("Choose why it is confidential.")])
    words = _words("Reason", "Give the reason: the confidential desk reads it.")


class SplitForm(Form):  # type: ignore[misc]
    """`text`: the incoming SMS that becomes a case of its own."""

    text = HiddenField(validators=[Regexp(r"^[1-9]\d{0,17}$", message="Reload the page and try again.")])


class NoteForm(Form):  # type: ignore[misc]
    words = _words("Note", "Write the note first.")


class WriteForm(Form):  # type: ignore[misc]
    words = _words("Message", "Write the message first.", sent=True)
    wait = BooleanField("Wait for the answer")


class ReferForm(Form):  # type: ignore[misc]
    to = SelectField("To whom", default="", validators=[InputRequired("Choose to whom.")])
    body = StringField("Name of the other body", filters=[clean], validators=[Length(max=BODY, message="Too long.")])
    number = StringField("Their reference", filters=[clean], validators=[Length(max=60, message="Too long.")])
    contact = StringField("Whom to ask there", filters=[clean], validators=[Length(max=BODY, message="Too long.")])
    words = _words("What should they do?", "Say what they should do.")

    def validate_body(self, field: StringField) -> None:
        if self.to.data == ELSEWHERE and not field.data:
            raise ValidationError("Name the body.")

    @property
    def department(self) -> str | None:
        kind, _, code = (self.to.data or "").partition(":")
        return code if kind == "department" else None

    @property
    def body_name(self) -> str | None:
        kind, _, name = (self.to.data or "").partition(":")
        return self.body.data if kind == ELSEWHERE else name if kind == "body" else None


class NewsForm(Form):  # type: ignore[misc]
    """What a body outside the county says."""

    words = _words("What do they say?", "Write what they said.")
    number = StringField("Their reference", filters=[clean], validators=[Length(max=60, message="Too long.")])
    contact = StringField("Whom to ask there", filters=[clean], validators=[Length(max=BODY, message="Too long.")])
    accepted = BooleanField("They have taken it")


class RejectForm(Form):  # type: ignore[misc]
    words = _words("Reason", "Say why it is a report after all.")


class RouteForm(Form):  # type: ignore[misc]
    ward = SelectField("Ward", default="", validators=[InputRequired("Choose the ward.")])


class EndForm(Form):  # type: ignore[misc]
    ending = RadioField(
        "How did it end?",
        choices={ending.value: ending.value for ending in Ending},
        validators=[InputRequired("Choose how it ended.")],
    )
    month = SelectField("Planned for", default="")
    words = TextAreaField("Reason", filters=[clean], render_kw={"maxlength": REASON})

    def validate_words(self, field: TextAreaField) -> None:
        if not field.data:
            raise ValidationError(UNSAID if self.ending.data == Ending.FIXED else UNREASONED)
        if len(field.data) > REASON:
            raise ValidationError(f"Too long: at most {REASON} letters.")
        readable(self, field)

    def validate_month(self, field: SelectField) -> None:
        if self.ending.data == Ending.PLANNED and not field.data:
            raise ValidationError("Choose the month for which the work is planned.")

    @property
    def planned_for(self) -> date | None:
        return date.fromisoformat(self.month.data) if self.month.data else None


class ReleaseForm(Form):  # type: ignore[misc]
    words = _words("Reason", "Give the reason for the release.")


class ReasonForm(Form):  # type: ignore[misc]
    words = _words("Reason", "Give the reason: whoever has it next reads it.")


class NumberForm(Form):  # type: ignore[misc]
    words = _words("Why do you need it?", "Say why you need the number.", 120)


def refer_form(county: County, data: Data | None = None) -> ReferForm:
    form = ReferForm(data)
    departments = [one for one in county.departments if one.code != "ombudsman"]
    outside = {f"body:{one.body}": one.body for one in county.referrals}
    form.to.choices = {
        "": "Choose",
        "The county's departments": {f"department:{one.code}": english(one.name) for one in departments},
        "Outside the county": outside | {ELSEWHERE: "Another body, named below"},
    }
    return form


def route_form(county: County, here: int | None, data: Data | None = None, *, near: int | None = None) -> RouteForm:
    """`here`: the ward that has it already, which is no choice. `near`: the sub-county whose wards stand first."""
    form = RouteForm(data)
    form.ward.choices = {"": "Choose"} | wards(county, here, near)
    return form


def sort_form(county: County, *, promised: bool, data: Data | None = None) -> SortForm:
    """`promised`: its resident was promised a day, so that what has none is no choice."""
    form = SortForm(data)
    form.about.choices = subjects(county, promised=promised)
    return form


def hide_form(county: County, data: Data | None = None) -> HideForm:
    form = HideForm(data)
    sensitive = [one for one in county.categories if one.sensitive]
    form.category.choices = {"": "Choose"} | {one.code: english(one.label) for one in sensitive}
    return form


def end_form(today: date, data: Data | None = None) -> EndForm:
    form = EndForm(data)
    form.month.choices = {"": "Choose the month"} | {end.isoformat(): month(end) for end in month_ends(today)}
    return form


def month_ends(today: date) -> list[date]:
    """The last day of this month and the next ones: on that day a plan comes back."""
    ends: list[date] = []
    first = today.replace(day=1)
    while len(ends) < PLANS:
        following = (first + timedelta(days=32)).replace(day=1)
        if (last := following - timedelta(days=1)) > today:
            ends.append(last)
        first = following
    return ends


def wards(county: County, here: int | None, near: int | None = None) -> Choices:
    """Every ward by its sub-county, but the one that has it already; the sub-county `near` first."""
    return {
        sub_county.name: {str(ward.code): ward.name for ward in sub_county.wards if ward.code != here}
        for sub_county in sorted(county.sub_counties, key=lambda one: one.code != near)
    }


def subjects(county: County, *, confidential: bool = False, promised: bool = False) -> Choices:
    """`CATEGORY:PROBLEM` for everything that can be filed, grouped by category, as on the phone."""
    choices: Choices = {"": "Choose"}
    for category in (*county.menu(Menu.MAIN), *county.menu(Menu.MORE)):
        name = english(category.label)
        problems = {f"{category.code}:{problem.code}": english(problem.label) for problem in category.problems}
        choices[name] = problems or {f"{category.code}:": name}
    if confidential:
        choices[CONFIDENTIAL] = {
            f"{category.code}:": english(category.label) for category in county.menu(Menu.SECRET)
        } | {f"{code}:{problem.code}": english(problem.label) for code, problem in _past_the_ombudsman(county)}
        choices[BY_LAW] = {f"{right.code}:": english(right.label) for right in RIGHTS.values()}
    if not promised:
        choices[NATIONALLY] = {f"{NATIONAL}:{one.code}": english(one.label) for one in county.referrals}
    rest = [one for one in ANYTHING_ELSE if not (promised and one in FEEDBACK)]
    choices[REST] = {f"{one.code}:": english(one.label) for one in county.categories if one.code in rest}
    return choices


def _past_the_ombudsman(county: County) -> Iterator[tuple[str, CommonProblem]]:
    """What goes to the county secretary, since it is about the ombudsman's own office: category and problem."""
    for category in county.menu(Menu.SECRET):
        yield from ((category.code, problem) for problem in category.problems if problem.code == OMBUDSMAN)


_SUBJECT = re.compile(r"([A-Z][A-Z0-9_]*|[a-z_]+):([A-Z][A-Z0-9_]*)?")


def subject(value: str) -> tuple[str, str | None]:
    """`WATER:NO_WATER` → category and problem. The value is one of the choices."""
    found = _SUBJECT.fullmatch(value)
    return (found[1], found[2]) if found else (OTHER, None)


def problems_of(form: Form) -> Sequence[tuple[str, str]]:
    """(field name, sentence) of everything that is wrong with a form."""
    return [(name, str(sentence)) for name, sentences in form.errors.items() for sentence in sentences]
