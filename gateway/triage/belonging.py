"""What officers do with what was read from a text, and with cases that belong together: the deeds and their forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from wtforms import Form

from gateway.cases import guesses, linking
from gateway.cases.actions import Faster
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.messages.models import IncomingSms
from gateway.triage import forms, leaving, offers
from gateway.triage.english import headline, place
from gateway.triage.forms import Data

if TYPE_CHECKING:
    from gateway.triage.deeds import Doing


def confirm(do: Doing) -> str:
    if do.form.read.data != offers.read_from_words(do.case):
        raise Faster
    guesses.confirm(do.session, do.office, do.case, do.who, do.now)
    return f"{do.shown} is confirmed: {headline(do.office.county, do.case)}, {place(do.office.county, do.case)}."


def sort(do: Doing) -> str:
    category, problem = forms.subject(do.form.about.data)
    guesses.sort(do.session, do.office, do.case, do.who, category, problem, do.now)
    return f"{do.shown} stands under {headline(do.office.county, do.case)}. The promised day stays."


def hide(do: Doing) -> str:
    guesses.hide(do.session, do.office, do.case, do.who, do.form.category.data, do.form.words.data, do.now)
    return "It went to the confidential desk, with your reason. You do not see it any more."


def unlink(do: Doing) -> str:
    guesses.unlink(do.session, do.office, do.case, do.who, do.now)
    return f"{do.shown} is a matter of its own."


def join(do: Doing) -> str:
    told = _told_once(do)
    older = linking.join(do.session, do.office, do.case, do.who, do.now)
    return f"{do.shown} goes on in {spoken(older.reference)}. {told}"


def _told_once(do: Doing) -> str:
    """Ask it first: the two cases are read anew when they are linked."""
    if offers.has_stopped(do.case):
        return "She asked for no more SMS: she is not told of it."
    return f"The resident is told once. {leaving.delay(do.session, do.office, do.now, demo=do.demo)}".rstrip()


def part(do: Doing) -> str:
    linking.part(do.session, do.office, do.case, do.who, do.now)
    return f"{do.shown} is a case of its own again."


def split(do: Doing) -> str:
    told = _told_once(do)
    made = linking.split(do.session, do.office, do.case, do.who, int(do.form.text.data), do.now)
    named = "" if made == do.case.reference else f": {spoken(made)}"
    return f"The text is a case of its own now{named}. {told}"


def is_split(do: Doing) -> bool:
    here = select(IncomingSms.id).where(IncomingSms.id == int(do.form.text.data), IncomingSms.case_id == do.case.id)
    return do.session.scalar(here) is None


def confirm_form(office: Office, case: Case | None, data: Data | None) -> Form:
    return forms.ConfirmForm(data, read=offers.read_from_words(case) if case else "")


def sort_form(office: Office, case: Case | None, data: Data | None) -> Form:
    return forms.sort_form(office.county, promised=case is not None and guesses.is_promised(case), data=data)
