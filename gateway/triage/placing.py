"""Where in its ward a report is: the part of the case page with which an officer corrects the place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session
from wtforms import Form, StringField, ValidationError
from wtforms.validators import Length

from gateway.cases import landmarks, placing
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.placing import PLACED
from gateway.people.models import Officer
from gateway.triage import offers
from gateway.triage.forms import clean

__all__ = ["PLACED", "PlaceForm", "is_placed", "place", "shown"]

if TYPE_CHECKING:
    from gateway.triage.deeds import Doing


class PlaceForm(Form):  # type: ignore[misc]
    """`known`: one of the ward's names; `name`: another one, which counts where it is written."""

    known = StringField("Place", filters=[clean])
    name = StringField(
        "Or write it",
        filters=[clean, lambda text: " ".join(text.split())],
        validators=[Length(max=landmarks.LEARNED, message=f"At most {landmarks.LEARNED} letters.")],
        render_kw={"maxlength": landmarks.LEARNED},
    )

    def validate_name(self, field: StringField) -> None:
        if not self.place:
            raise ValidationError("Choose the place, or write it.")

    @property
    def place(self) -> str:
        return str(self.name.data or self.known.data or "")[: landmarks.LEARNED]


def shown(session: Session, office: Office, case: Case, who: Officer) -> Sequence[str] | None:
    """The names that a place of its ward has; None where the place is not this officer's to correct."""
    if case.ward_code is None or "place" not in offers.offered(case, who):
        return None
    return landmarks.names(session, office.county, case.ward_code)


def is_placed(do: Doing) -> bool:
    return bool(do.case.landmark == do.form.place)


def place(do: Doing) -> str:
    name = do.form.place
    placing.place(do.session, do.office, do.case, do.who, name, do.now)
    return f"{do.shown} is at {name}."
