"""Giving a case to a colleague: the form on its page, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms import Form, StringField
from wtforms.validators import Regexp

from gateway.cases import assigning
from gateway.cases.actions import Refused
from gateway.people.models import Officer

if TYPE_CHECKING:
    from gateway.triage.deeds import Doing

_NUMBER = r"[1-9][0-9]{0,8}\Z"


class AssignForm(Form):  # type: ignore[misc]
    """`to`: the id of the colleague; whether she is one, the case knows."""

    to = StringField("To whom", validators=[Regexp(_NUMBER, message="Choose a colleague.")])

    @property
    def officer_id(self) -> int:
        return int(self.to.data)


def assign(do: Doing) -> str:
    to = do.session.get(Officer, do.form.officer_id)
    if to is None:
        raise Refused(assigning.NOT_THERE)
    assigning.assign(do.session, do.office, do.case, do.who, to, do.now)
    return f"{do.shown} is with {to.name} now. Its clock runs on."
