"""The forms by which a call is logged: first whose it is, then what it is about."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import Form, HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length, Regexp

from config.county import County, Ward
from config.rights import DATA
from gateway.cases.categories import FEEDBACK, NATIONAL
from gateway.people.phone import is_mobile, line_country, normalise
from gateway.triage import keypad
from gateway.triage.english import LANGUAGES
from gateway.triage.forms import PLACE, REST, WORDS, Data, clean, subject, subjects

CODE = 60
WARD = 40
CENTRE = 40
"""Letters of the number that the county's call centre gave it."""
NONCE = r"^[A-Za-z0-9_-]{16,40}$"
RELOAD = "Reload the page and try again."
NO_NUMBER = (
    "This is not a telephone number. Another country’s begins with +, such as +256. Leave it empty if the caller gives"
    " none."
)
NOBODYS = "Nobody is reached by this number: it only costs money. Leave it empty."
NO_CODE = "No subject has this code. Take the keys of the phone menu, as the list beside the form has them."
KEYS = "abcdefghij"
"""One letter for each earlier case of the caller; there are some for what comes while she is on the line."""


def _number(label: str) -> StringField:
    return StringField(label, filters=[clean], render_kw={"inputmode": "tel", "maxlength": 24})


def _line(label: str, most: int) -> StringField:
    rules = [Length(max=most, message="Too long.")]
    return StringField(label, filters=[clean], validators=rules, render_kw={"maxlength": most})


class CallerForm(Form):  # type: ignore[misc]
    """Whose call it is."""

    phone = _number("Caller’s number")

    def validate_phone(self, field: StringField) -> None:
        if field.data and self.number is None:
            raise ValidationError(NO_NUMBER if normalise(field.data) is None else NOBODYS)

    @property
    def number(self) -> str | None:
        """In E.164, of a mobile phone or a landline: calling anything else only costs money."""
        number = normalise(self.phone.data) if self.phone.data else None
        return number if number and (is_mobile(number) or line_country(number)) else None


class PlacedForm(Form):  # type: ignore[misc]
    """What it is about, and where: its code, the ward by its name or its code, and the place within that.

    `nonce`: of the page, by which a report is filed and found again.
    """

    nonce = HiddenField(validators=[Regexp(NONCE, message=RELOAD)])
    code = _line("Code", CODE)
    ward = _line("Ward", WARD)
    place = _line("Place", PLACE)

    county: County

    def validate_ward(self, field: StringField) -> None:
        if field.data and self.found is None:
            raise ValidationError(keypad.no_ward(self.county, field.data))

    @property
    def found(self) -> Ward | None:
        """The ward that was typed; None where the field is empty, or holds no ward's name or code."""
        return keypad.ward(self.county, self.ward.data) if self.ward.data else None


class CallForm(CallerForm, PlacedForm):
    """A call to the hotline, or somebody at the counter.

    `code`: the keys of the phone menu, or the letter of an earlier case of hers that goes on; `earlier`: the references
    that she was shown under these letters. `centre`: the number that the county's call centre gave it. Where
    that stands with a report already, `letter` sends the words to that report, and `unnumbered` files a new one. Where
    an officer has published this problem there, `incident` puts hers under that one, and `different` does not.
    """

    earlier = HiddenField(filters=[clean])
    about = SelectField("Or anything else", default="")
    words = TextAreaField(
        "In the caller’s words",
        filters=[clean],
        validators=[Length(max=WORDS, message=f"Too long: at most {WORDS} letters.")],
        render_kw={"maxlength": WORDS},
    )
    language = RadioField("Language", default="sw")
    hour = SelectField(
        "Call back",
        default="",
        choices={"": "No", "morning": "Yes, in the morning", "evening": "Yes, in the evening"},
    )
    centre = _line("Call centre’s number", CENTRE)

    letter = HiddenField(filters=[clean])
    unnumbered = HiddenField(filters=[clean])
    incident = HiddenField(filters=[clean])
    different = HiddenField(filters=[clean])

    def validate_code(self, field: StringField) -> None:
        if not field.data or self.same:
            return
        by_code = keypad.about(self.county, field.data)
        if by_code is None:
            raise ValidationError(NO_CODE)
        if self.about.data and by_code != self.about.data:
            raise ValidationError("The code and the list say two things: empty one of them.")

    def validate_about(self, field: SelectField) -> None:
        if self.same or (self.code.data and not self.subject):
            return
        if not self.subject:
            raise ValidationError("Choose what it is about. Type its code.")
        if subject(self.subject)[0] in DATA and not self.phone.data:
            raise ValidationError("Data is found by the number that it belongs to: ask for the number.")

    def validate_words(self, field: TextAreaField) -> None:
        if self.same and not field.data:
            raise ValidationError("Write what is to be added to the earlier report.")

    def validate_hour(self, field: SelectField) -> None:
        if field.data and not self.phone.data:
            raise ValidationError("To call back, we need the number.")

    @property
    def subject(self) -> str:
        """`CATEGORY:PROBLEM`; empty where neither the code nor the list says one."""
        by_code = keypad.about(self.county, self.code.data) if self.code.data else None
        return by_code or str(self.about.data or "")

    @property
    def same(self) -> str:
        """The reference of the earlier case whose letter was typed; empty where none was."""
        shown = str(self.earlier.data or "").split(",")
        return dict(zip(KEYS, shown, strict=False)).get(str(self.letter.data or self.code.data or "").lower(), "")

    @property
    def number_there(self) -> str:
        """The number at the call centre under which it is to be filed."""
        return "" if self.unnumbered.data else str(self.centre.data or "")

    @property
    def typed(self) -> Sequence[object]:
        """All that was typed, by which the same form is known again."""
        about, ward = self.same or self.subject, self.found and self.found.code
        fields = (self.place, self.words, self.language, self.hour, self.incident)
        return (self.number, about, self.number_there, ward, *(field.data for field in fields))


class RightForm(PlacedForm):
    """What was wrong with the report that was filed just now. `about`: what it was filed as, `CATEGORY:PROBLEM`."""

    about = HiddenField()

    def validate_code(self, field: StringField) -> None:
        new = self.subject
        if new is None:
            raise ValidationError(NO_CODE)
        if new != self.about.data and not (is_promised(self.county, new) and is_promised(self.county, self.about.data)):
            raise ValidationError("That is another kind of report: file it as a new one.")

    @property
    def subject(self) -> str | None:
        """`CATEGORY:PROBLEM`: the new one, else that which it has; None where the code says none."""
        return keypad.about(self.county, self.code.data) if self.code.data else str(self.about.data or "")


def is_promised(county: County, about: str) -> bool:
    """Whether this is a report for a ward, which may be changed to another one by a key."""
    category = county.category(subject(about)[0])
    return category is not None and not category.sensitive and category.code not in (*FEEDBACK, NATIONAL)


def call_form(county: County, data: Data | None = None) -> CallForm:
    form = CallForm(data)
    form.county = county
    form.language.choices = {code: LANGUAGES.get(code, code) for code in county.languages}
    form.about.choices = {"": "No", REST: subjects(county)[REST]}
    return form


def right_form(county: County, data: Data | None = None) -> RightForm:
    form = RightForm(data)
    form.county = county
    return form
