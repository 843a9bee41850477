"""What may be done with several cases at once: the choices of the panel below the list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from werkzeug.datastructures import MultiDict

from config.county import County
from gateway.cases import carrying
from gateway.cases.clock import local_day
from gateway.cases.models import Case, Ending, Kind
from gateway.cases.references import spoken
from gateway.people.models import Officer
from gateway.triage import forms, replies
from gateway.triage.english import ending
from gateway.triage.rows import Choice, Row


@dataclass(frozen=True)
class Together:
    """The panel: `what` grouped as it is offered, `to` grouped by what is chosen, months, and what was typed."""

    what: Mapping[str, Sequence[Choice]]
    to: Mapping[str, Sequence[Choice]]
    months: Sequence[Choice]
    typed: MultiDict[str, str]
    limit: int = forms.REASON


def of(
    county: County, rows: Sequence[Row], colleagues: Sequence[Officer], now: datetime, typed: MultiDict[str, str]
) -> Together | None:
    """What the rows of a page have in common to offer; None where there is nothing to select.

    `colleagues`: those at any desk of hers.
    """
    if not rows:
        return None
    offered = frozenset[str]().union(*(row.offered for row in rows))
    leads = [row.case for row in rows if carrying.is_alike(row.case)]
    # Whether one is at the desk of each that is selected is seen to when it is done.
    others = colleagues if "assign" in offered else []
    what = {
        "Move": _moves(offered, assign=bool(others), merge=len(leads) > 1),
        "Answer": _answers(offered),
        "End": _endings({row.case.kind for row in rows if "end" in row.offered}),
        "Ready texts": [
            replies.choice(one)
            for one in (county.replies if any(row.ready for row in rows) else ())
            if ("end" if one.ending else "write") in offered
            and (not one.wait or any(replies.choice(one) in row.ready for row in rows))
        ],
    }
    to: dict[str, Sequence[Choice]] = {"Give to": [(str(one.id), one.name) for one in others]}
    to |= _bodies(county) if "refer" in offered else {}
    to |= {"Same problem: which one stands for all": _leads(leads)} if len(leads) > 1 else {}
    to |= _wards(county) if "route" in offered else {}
    months = _months(now) if "end" in offered else []
    return Together(_filled(what), _filled(to), months, typed)


def _moves(offered: frozenset[str], *, assign: bool, merge: bool) -> list[Choice]:
    found = {
        "assign": ("Give to a colleague", assign),
        "refer": ("Refer to a department or body", "refer" in offered),
        "route": ("Send to another ward", "route" in offered),
        "merge": ("Same problem: one stands for all", merge),
    }
    return [(code, name) for code, (name, possible) in found.items() if possible]


def _answers(offered: frozenset[str]) -> list[Choice]:
    letters = [("write", "Write to the residents"), ("wait", "Write, and wait for the answers")]
    return (letters if "write" in offered else []) + ([("note", "Note for officers")] if "note" in offered else [])


def _endings(kinds: Collection[Kind]) -> list[Choice]:
    """Each ending by all that it is called for these: `Fixed, or Noted`."""
    called = {one: dict.fromkeys(ending(kind, one) for kind in Kind if kind in kinds) for one in Ending}
    return [(f"end:{one}", ", or ".join(names)) for one, names in called.items() if names]


def _leads(cases: Sequence[Case]) -> list[Choice]:
    return [(case.reference, spoken(case.reference)) for case in cases]


def _bodies(county: County) -> dict[str, Sequence[Choice]]:
    """As on the case page, without the body that is named by hand."""
    groups = forms.refer_form(county).to.choices
    return {
        f"Refer: {name}": [(code, label) for code, label in group.items() if code != forms.ELSEWHERE]
        for name, group in groups.items()
        if isinstance(group, dict)
    }


def _wards(county: County) -> dict[str, Sequence[Choice]]:
    groups = forms.route_form(county, None).ward.choices
    return {f"Wards of {name}": list(group.items()) for name, group in groups.items() if isinstance(group, dict)}


def _months(now: datetime) -> list[Choice]:
    return list(forms.end_form(local_day(now)).month.choices.items())


def _filled(groups: Mapping[str, Sequence[Choice]]) -> dict[str, Sequence[Choice]]:
    return {name: group for name, group in groups.items() if group}
