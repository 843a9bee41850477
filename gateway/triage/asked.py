"""What the one form round the queue asks for: which button of it was pressed, for which cases, with which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from gateway.cases.models import Ending
from gateway.triage import deeds, forms

MOST = 50
"""Cases at once: what one transaction does well within the time that a statement and a lock may take."""
MERGE = "merge"
DEEDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "take": ("take", {}),
    "note": ("note", {}),
    "write": ("write", {}),
    "wait": ("write", {"wait": "y"}),
    "assign": ("assign", {}),
    "refer": ("refer", {}),
    "route": ("route", {}),
    **{f"end:{ending}": ("end", {"ending": ending.value}) for ending in Ending},
}
"""What is chosen, the action of the case page that it is, and what its form has beside words, day and receiver."""


@dataclass(frozen=True)
class Asked:
    """The form, read: what is to be done with which cases. `reply`: the code of the ready text that was chosen, which
    stands where no words were written. `seen`: the version of each case that the page showed."""

    what: str
    references: Sequence[str]
    words: str = ""
    reply: str = ""
    to: str = ""
    month: str = ""
    seen: Mapping[str, int] = field(default_factory=dict)


class Unclear(Exception):
    """The form does not say what to do, or with what. `str()` tells the officer."""


def read(form: MultiDict[str, str]) -> Asked:
    """What the pressed button asks for. Raises Unclear."""
    button, _, reference = form.get("do", "").partition(" ")
    match button:
        case "take":
            return Asked("take", [reference], seen=_seen(form, [reference]))
        case "row":
            return _read(form, [reference], f"-{reference}")
        case "selected":
            return _read(form, list(dict.fromkeys(form.getlist("case"))), "")
        case _:
            raise Unclear("Choose what to do first.")


def not_done(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was typed and selected without being asked for yet: all but what the pressed button goes by."""
    button, _, reference = form.get("do", "").partition(" ")
    gone = {"row": [f"what-{reference}", f"words-{reference}"], "selected": ["what", "words", "to", "month", "case"]}
    left = MultiDict(form)
    for name in gone.get(button, []):
        left.poplist(name)
    return left


def row_after(form: MultiDict[str, str], *, stays: bool) -> str:
    """The reference of the row at which she goes on: that of the pressed button where it `stays` in the list, else the
    next one of the page; empty where there is none, or the button stood in no row."""
    reference = form.get("do", "").partition(" ")[2]
    rows = [name.removeprefix("seen-") for name in form if name.startswith("seen-")]
    if reference not in rows:
        return ""
    return reference if stays else next(iter(rows[rows.index(reference) + 1 :]), "")


def _read(form: MultiDict[str, str], references: Sequence[str], suffix: str) -> Asked:
    def typed(name: str) -> str:
        return form.get(name + suffix, "")

    what, _, reply = typed("what").partition("+")
    if not references:
        raise Unclear("Select the cases first.")
    if len(references) > MOST:
        raise Unclear(f"At most {MOST} cases at once; {len(references)} are selected.")
    if what not in DEEDS and what != MERGE:
        raise Unclear("Choose what to do first.")
    return Asked(
        what, references, forms.clean(typed("words")), reply, typed("to"), typed("month"),
        _seen(form, references),
    )  # fmt: skip


def _seen(form: MultiDict[str, str], references: Sequence[str]) -> dict[str, int]:
    shown = {one: deeds.version(form.get(f"seen-{one}")) for one in [*references, form.get("to", "")]}
    return {reference: line for reference, line in shown.items() if line is not None}
