"""The forms by which a call is logged: first whose it is, then what it is about."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import Form, HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length, Regexp

from config.county import County
from config.rights import DATA
from gateway.people.phone import normalise
from gateway.triage import keypad
from gateway.triage.english import LANGUAGES
from gateway.triage.forms import PLACE, WORDS, Data, clean, subject, subjects, wards

CODE = 60
CENTRE = 40
"""Letters of the number that the county's call centre gave it."""
NONCE = r"^[A-Za-z0-9_-]{16,40}$"
RELOAD = "Reload the page and try again."
NO_NUMBER = "This is not a telephone number. Leave it empty if the caller gives none."
KEYS = "abcde"
"""One letter for each earlier case of the caller."""


def _number(label: str) -> StringField:
    return StringField(label, filters=[clean], render_kw={"inputmode": "tel", "maxlength": 24})


class CallerForm(Form):  # type: ignore[misc]
    """Whose call it is."""

    phone = _number("Caller’s number")

    def validate_phone(self, field: StringField) -> None:
        if field.data and normalise(field.data) is None:
            raise ValidationError(NO_NUMBER)

    @property
    def number(self) -> str | None:
        """In E.164."""
        return normalise(self.phone.data) if self.phone.data else None


class CallForm(CallerForm):
    """A call to the hotline, or somebody at the counter.

    `code`: the keys of the phone menu, or the letter of an earlier case of hers that goes on; `earlier`: the references
    that she was shown under these letters. `centre`: the number that the county's call centre gave it. Where
    that stands with a report already, `letter` sends the words to that report, and `unnumbered` files a new one.
    """

    nonce = HiddenField(validators=[Regexp(NONCE, message=RELOAD)])
    earlier = HiddenField(filters=[clean])
    code = StringField(
        "Code", filters=[clean], validators=[Length(max=CODE, message="Too long.")], render_kw={"maxlength": CODE}
    )
    about = SelectField("What is it about?", default="")
    ward = SelectField("Ward", default="")
    place = StringField(
        "Place", filters=[clean], validators=[Length(max=PLACE, message="Too long.")], render_kw={"maxlength": PLACE}
    )
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
    centre = StringField(
        "Call centre’s number", filters=[clean], validators=[Length(max=CENTRE, message="Too long.")],
        render_kw={"maxlength": CENTRE},
    )  # fmt: skip

    letter = HiddenField(filters=[clean])
    unnumbered = HiddenField(filters=[clean])

    county: County

    def validate_code(self, field: StringField) -> None:
        if not field.data or self.same:
            return
        by_code = keypad.about(self.county, field.data)
        if by_code is None:
            raise ValidationError("No subject has this code. Take the keys of the phone menu, or choose from the list.")
        if self.about.data and by_code != self.about.data:
            raise ValidationError("The code and the list say two things: empty one of them.")

    def validate_about(self, field: SelectField) -> None:
        if self.same or (self.code.data and not self.subject):
            return
        if not self.subject:
            raise ValidationError("Choose what it is about. Its code does, too.")
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
        about = self.same or self.subject
        fields = (self.ward, self.place, self.words, self.language, self.hour)
        return (self.number, about, self.number_there, *(field.data for field in fields))


def call_form(county: County, data: Data | None = None) -> CallForm:
    form = CallForm(data)
    form.county = county
    form.language.choices = {code: LANGUAGES.get(code, code) for code in county.languages}
    form.ward.choices = {"": "Not known"} | wards(county, None)
    form.about.choices = subjects(county, confidential=True)
    return form
