"""A line of the audit in words: what was done, by whom, and what its data say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from config.county import County
from gateway.cases.trail import Line
from gateway.people.models import Role
from gateway.triage.english import CHANNELS, DISPUTES, ENDINGS, HOURS, ROLES, day, english, subject, ward_name

LABELS: Mapping[str, str] = {
    "case_opened": "Opened the case", "listed": "Was shown a list of cases", "exported": "Exported",
    "number_shown": "Looked at the number", "texts_listed": "Was shown texts set aside",
    "history_read": "Read the history, without words", "signed_in": "Signed in", "signed_out": "Signed out",
    "sign_in_failed": "Sign-in failed", "found": "Searched, and was shown cases",
    "holdings_shown": "Was shown what is held of a number", "erased": "Erased what was held of a number",
    "kept_no_longer": "What was over by the schedule was erased",
    "caller_looked_up": "Looked up a caller, and was shown cases of hers",
    "slips_registered": "Registered slips", "slips_printed": "Printed slips", "slips_shown": "Was shown printed slips",
    "text_filed": "Made a case of a text set aside", "text_tried_again": "Let a text set aside be tried again",
    "text_set_aside": "Was done with a text set aside", "announced": "Announced something to a ward",
    "ward_covered": "The sub-county covers the ward", "ward_live": "The ward takes its own cases",
    "landmarks_changed": "Changed the places that stand on the phone",
    "ward_desk": "The county desk takes the ward’s cases", "spending_limit_set": "Set the limit of spending",
    "officer_added": "Added an officer", "officer_left": "Wrote down that an officer has left",
    "officer_back": "Took an officer back", "post_given": "Gave a post", "post_ended": "Ended a post",
    "leave_set": "Entered leave", "leave_ended": "Ended leave", "phone_set": "Set the phone of an officer",
    "phone_removed": "Removed the phone of an officer", "trainer_added": "Added a trainer",
    "trainer_removed": "Removed a trainer", "link_made": "Made a link to sign in",
    "link_used": "Used a link to sign in",
    "password_changed": "Changed the password", "totp_set": "Set up an authenticator",
    "totp_removed": "Removed an authenticator", "recovery_codes_made": "Made new recovery codes",
    "recovery_used": "Used a recovery code", "session_ended": "Ended a sign-in elsewhere",
    "crew_sent": "Made a link for a crew", "crew_withdrawn": "Withdrew the link of a crew",
    "crew_going": "Said: on the way", "crew_done": "Said: done", "crew_cannot": "Said: cannot be done",
    "shared": "Made a card to share", "card_shown": "Was shown the card of the case",
    "photo_opened": "Opened a photo of the work",
    "declined": "Said by SMS that it is not hers", "call_me": "Asked by SMS to be called about it",
    "called_out": "Its officers were told by SMS at once",
    "device_added": "Kept a device signed in", "device_forgotten": "Forgot a device",
}  # fmt: skip
"""Lines whose name says too little; the others are called by their name."""
COUNTED = {"listed": "Was shown", "found": "Searched, and was shown"}
TOLD = (
    "ending", "step", "why", "department", "desk", "ward", "category", "problem", "channel", "outcome", "reason",
    "kind", "rows", "hour", "call_back",
)  # fmt: skip
"""What a line about a case tells of its data: codes that name no other case."""
FIRST = ("role", "ward", "first_day")
"""What is told before the rest, which the database keeps in no order of ours."""
UNTOLD = ("trainer", "sign_in", "device", "texts", "about_ombudsman")
"""What names nobody but a row, or somebody who is no officer."""
BY: Mapping[str, str] = {
    "password": "By password", "own_password": "By password", "code": "By code", "recovery": "By recovery code",
    "pin": "By PIN",
}  # fmt: skip
STRANGERS = frozenset({"sign_in_failed", "device_forgotten"})
AT_THE_SERVER = frozenset({"officer_added", "password_changed", "totp_removed"})
RESIDENTS = frozenset(
    ("filed", "words_added", "amended", "ward_named", "said_again", "confirmed", "disputed", "dispute_reason",
     "withdrawn", "number_hidden", "call_back_asked", "erasure_confirmed")
)  # fmt: skip

CREWS = frozenset({"crew_going", "crew_done", "crew_cannot"})


def sentence(line: Line) -> str:
    """What was done; of a list, how many cases of it the reader may know of."""
    count = len(line.references)
    if line.name in COUNTED and count:
        return f"{COUNTED[line.name]} {count} {'case' if count == 1 else 'cases'}"
    return LABELS.get(line.name) or plain(line.name)


def by_whom(line: Line) -> str:
    """The officer's name, or who it was where no officer did it."""
    if line.officer:
        return line.officer
    if line.name in STRANGERS:
        return "Nobody signed in"
    if line.name in AT_THE_SERVER:
        return "At the server"
    if line.name in CREWS:
        return "Who was sent there"
    asked = line.name == "raised" and line.data.get("why") == "asked"
    return "The resident" if asked or line.name in RESIDENTS else "By itself"


def details(county: County, line: Line, officers: Mapping[str, str]) -> Sequence[str]:
    """What the data say, in words. `officers`: names by id."""
    data = line.data if line.case_ids is None else {name: line.data[name] for name in TOLD if name in line.data}
    ordered = sorted(data.items(), key=lambda one: one[0] not in FIRST)
    told = (_detail(county, name, value, data, officers) for name, value in ordered if value is not None)
    return [words for words in told if words]


def plain(name: str) -> str:
    """`sub_county` as `Sub-county`."""
    return name.replace("sub_county", "sub-county").replace("_", " ").capitalize()


def _detail(county: County, name: str, value: Any, data: Mapping[str, Any], officers: Mapping[str, str]) -> str:
    text = str(value)
    match name:
        case _ if name in UNTOLD:
            return ""
        case "by":
            return BY.get(text, plain(text))
        case "locked":
            return "Locked" if value else ""
        case "role":
            return ROLES[Role(text)] if text in list(Role) else plain(text)
        case "ward" | "code" | "department":
            return _place(county, value, data)
        case "category":
            return subject(county, text, data.get("problem"))
        case "problem":
            return "" if "category" in data else plain(text)
        case "deputy" | "stands_in_for":
            return f"{plain(name)}: {officers.get(text, 'no. ' + text)}"
        case "first_day" | "last_day":
            return f"{'From' if name == 'first_day' else 'Until'} {_day(text)}"
        case "amount":
            return f"KES {text}"
        case _:
            return f"{plain(name)}: {_word(name, value)}"


def _place(county: County, code: Any, data: Mapping[str, Any]) -> str:
    """`Shirere ward`, `Lurambi sub-county`, `Water dept`."""
    if isinstance(code, str):
        department = county.department(code)
        return english(department.short) if department else plain(code)
    sub_county = county.sub_county(code) if data.get("role") == Role.SUB_COUNTY else None
    return f"{sub_county.name} sub-county" if sub_county else f"{ward_name(county, code)} ward"


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return str(value)
    known: Mapping[str, str] = {
        "ending": {str(one): told for one, told in ENDINGS.items()},
        "channel": {str(one): told for one, told in CHANNELS.items()},
        "hour": HOURS,
        "reason": DISPUTES,
    }.get(name, {})
    return known.get(value) or plain(value).lower()


def _day(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text
