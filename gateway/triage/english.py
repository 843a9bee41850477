"""What officers read: states, places, times and history in plain English, the language of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import phonenumbers

from config.county import County
from config.rights import RIGHTS
from config.wording import Text
from config.zone import NAIROBI
from gateway.cases.categories import FEEDBACK, OTHER
from gateway.cases.clock import local_day
from gateway.cases.models import OPEN, Case, Channel, Confirmation, Desk, Ending, Kind, Status
from gateway.messages import codes
from gateway.messages.models import MessageStatus
from gateway.messages.money import HOME
from gateway.people.models import Officer, Post, Role
from gateway.triage.preview import Preview

LANGUAGES = {"sw": "Kiswahili", "en": "English", "luy": "Luhya"}

ROLES: Mapping[Role, str] = {
    Role.WARD: "Ward administrator",
    Role.SUB_COUNTY: "Sub-county administrator",
    Role.DEPARTMENT: "Department officer",
    Role.CHIEF_OFFICER: "Chief officer",
    Role.COUNTY_SECRETARY: "County secretary",
    Role.OMBUDSMAN: "Ombudsman",
    Role.HOTLINE: "Hotline agent",
    Role.COUNTY: "County administrator",
    Role.AUDITOR: "Auditor",
}
CHANNELS: Mapping[Channel, str] = {
    Channel.USSD: "by phone menu",
    Channel.SMS: "by SMS",
    Channel.HOTLINE: "by hotline",
    Channel.PAPER: "on paper",
}
STATUSES: Mapping[Status, str] = {
    Status.NEW: "New",
    Status.TAKEN: "In progress",
    Status.WAITING: "Waits for the resident",
    Status.REFERRED: "Referred",
    Status.RESOLVED: "Ended",
    Status.CLOSED: "Closed",
    Status.WITHDRAWN: "Taken back by the resident",
}
ENDINGS: Mapping[Ending, str] = {
    Ending.FIXED: "Fixed",
    Ending.PLANNED: "Planned",
    Ending.CANNOT_NOW: "Cannot be done now",
    Ending.NOT_OURS: "Not the county's",
    Ending.NOT_FOUND: "Not found there",
    Ending.NOT_A_REPORT: "Not a report",
}
CONFIRMATIONS: Mapping[Confirmation, str] = {
    Confirmation.ASKED: "resident asked",
    Confirmation.CONFIRMED: "resident says yes",
    Confirmation.DISPUTED: "resident says no",
    Confirmation.UNCONFIRMED: "not confirmed",
}
HOURS: Mapping[str, str] = {
    "today": "today",
    "tomorrow_morning": "tomorrow morning",
    "tomorrow_evening": "tomorrow evening",
    "morning": "in the morning",
    "evening": "in the evening",
    "any": "at any hour",
}
SENT_UP: Mapping[str | None, str] = {
    "overdue": "Sent up: promise broken",
    "hard_stop": "Sent up: open for too long",
    "asked": "Sent up: resident asked",
}
DISPUTES: Mapping[str, str] = {"not_done": "not done", "half_done": "only half done", "broke_again": "broke again"}
OUTGOING: Mapping[MessageStatus, str] = {
    MessageStatus.QUEUED: "Waits to be sent.",
    MessageStatus.CLAIMED: "Being sent.",
    MessageStatus.SENT: "Sent; no delivery report yet.",
    MessageStatus.DELIVERED: "Delivered to the phone.",
    MessageStatus.FAILED: "Not delivered.",
    MessageStatus.UNKNOWN: "Not sure whether it was sent.",
    MessageStatus.HELD: "Held back.",
    MessageStatus.CANCELLED: "Cancelled before it was sent.",
}

READ = "Seen by the resident in the phone menu."
"""Of an SMS of which no report came."""

REPLACED_LISTED = 20
"""Letters that are named with what stands for them; the others are only counted."""

COUNTED: Mapping[MessageStatus, str] = {
    MessageStatus.QUEUED: "Waiting to be sent",
    MessageStatus.CLAIMED: "Being sent",
    MessageStatus.SENT: "Sent, no report yet",
    MessageStatus.DELIVERED: "Delivered",
    MessageStatus.FAILED: "Not delivered",
    MessageStatus.UNKNOWN: "Not sure",
    MessageStatus.HELD: "Held back",
    MessageStatus.CANCELLED: "Cancelled",
}


def english(text: Text) -> str:
    """The English of a county's wording, or its first language where the county has no English."""
    return text.get("en") or next(iter(text.values()), "")


def headline(county: County, case: Case) -> str:
    """What a case is about: `Water: No water`, `Other`; for feedback what it is on, `Praise: Water`."""
    return subject(county, case.category, case.problem)


def subject(county: County, category_code: str, problem: str | None) -> str:
    """A category with a problem of it, as `headline` says it."""
    category, right = county.category(category_code), RIGHTS.get(category_code)
    name = english(category.label) if category else english(right.label) if right else category_code
    if category_code in FEEDBACK:
        code = problem or OTHER
        on = county.category(code) or county.service(code)
        return f"{name}: {english(on.label)}" if on else name
    found = category.problem(problem) if category else None
    return f"{name}: {english(found.label)}" if found else name


def is_urgent(county: County, case: Case) -> bool:
    """Whether it cannot wait: by what it was filed as, or by what its words speak for."""
    codes = (case.category, (case.guess or {}).get("category"))
    found = [county.category(code) for code in codes if code]
    return case.status in OPEN and any(one is not None and one.urgent for one in found)


def hunch(county: County, case: Case) -> str:
    """`Water?` where the words of a case speak for a category that nobody has confirmed; else nothing."""
    code = (case.guess or {}).get("category")
    category = county.category(code) if code else None
    return f"{english(category.label)}?" if category else ""


def guessed(county: County, case: Case) -> list[tuple[str, str]]:
    """What was read from the words and nobody has confirmed, each with the words that say so."""
    guess = case.guess or {}
    found = [(f"{ward_name(county, case.ward_code)} ward", str(guess["ward"]))] if guess.get("ward") else []
    if guess.get("category"):
        about = subject(county, str(guess["category"]), guess.get("problem"))
        found.append((about, str(guess.get("words") or "")))
    return found


def ward_is_supposed(case: Case) -> bool:
    """Whether the ward was read nowhere, but taken from the older case that this one may belong to."""
    return (case.guess or {}).get("ward") == ""


def ward_name(county: County, code: int | None) -> str:
    ward = county.ward(code) if code else None
    return ward.name if ward else "Ward not known"


def place(county: County, case: Case, reader: Officer | None = None) -> str:
    """`Soko la Shirere, Shirere`; without the ward where that is the reader's own."""
    own = reader is not None and reader.wards == {case.ward_code}
    ward = "" if own else ward_name(county, case.ward_code)
    return ", ".join(part for part in (case.landmark, ward) if part)


def holder(county: County, case: Case) -> str:
    """Who has it now: the ball's place."""
    department = county.department(case.department) if case.department else None
    match case.desk:
        case Desk.DEPARTMENT if department:
            return english(department.short)
        case Desk.OUTSIDE:
            return case.referred_to or "another body"
        case Desk.CONFIDENTIAL:
            return "Ombudsman"
        case Desk.SUB_COUNTY:
            sub_county = county.sub_county(case.sub_county_code) if case.sub_county_code else None
            return f"{sub_county.name} sub-county" if sub_county else "Sub-county"
        case Desk.CHIEF_OFFICER:
            return f"Chief officer, {english(department.short)}" if department else "Chief officer"
        case Desk.COUNTY_SECRETARY:
            return "County secretary"
        case Desk.WARD:
            return f"{ward_name(county, case.ward_code)} ward"
        case _:
            return "County desk"


def state(case: Case) -> str:
    """The status, with how it ended and what the resident said to that."""
    if case.joined_id is not None:
        return "Joined"
    if case.ending is None:
        return STATUSES[case.status]
    name = ending(case.kind, case.ending)
    return f"{name}, {CONFIRMATIONS[case.confirmation]}" if case.confirmation else name


def ending(kind: Kind, how: Ending) -> str:
    """How a case of this kind ended. What *fixed* is called where nothing was broken stands here alone."""
    done = {Kind.FEEDBACK: "Noted", Kind.REQUEST: "Answered"}
    return done.get(kind, ENDINGS[how]) if how is Ending.FIXED else ENDINGS[how]


def jurisdiction(county: County, officer: Officer) -> str:
    """`Shirere ward and Butali ward`: what an officer is, by each of her posts."""
    held = [of_post(county, post) for post in officer.posts]
    return " and ".join(dict.fromkeys(held)) or "No post"


def of_post(county: County, post: Post) -> str:
    """`Shirere ward`, `Lurambi sub-county`, `Water dept`, `Chief officer, Water dept`; for others the role."""
    if post.ward_code is not None:
        return f"{ward_name(county, post.ward_code)} ward"
    if post.sub_county_code is not None:
        sub_county = county.sub_county(post.sub_county_code)
        return f"{sub_county.name} sub-county" if sub_county else ""
    if post.department is not None:
        department = county.department(post.department)
        name = english(department.short) if department else ""
        return f"Chief officer, {name}" if post.role is Role.CHIEF_OFFICER else name
    return ROLES[post.role]


# Times


def day(moment: datetime | date) -> str:
    """`Thu 3 Dec`, in Nairobi."""
    local = local_day(moment) if isinstance(moment, datetime) else moment
    return f"{local:%a} {local.day} {local:%b}"


def minute(moment: datetime) -> str:
    """`Thu 3 Dec, 14:05`, in Nairobi."""
    local = moment.astimezone(NAIROBI)
    return f"{day(local)}, {local:%H:%M}"


def month(when: date) -> str:
    """`March 2027`."""
    return f"{when:%B %Y}"


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def age(since: datetime, now: datetime) -> str:
    """`today`, `1 day ago`, `12 days ago`: days in Nairobi since then."""
    count = (local_day(now) - local_day(since)).days
    return "today" if count <= 0 else f"{days(count)} ago"


def due(when: datetime, now: datetime) -> str:
    """`Late 3 days`, `Late since 17:00`, `Due today`, `Due tomorrow`, `Due Thu 3 Dec`."""
    left = (local_day(when) - local_day(now)).days
    if when < now:
        return f"Late {days(-left)}" if left < 0 else f"Late since {when.astimezone(NAIROBI):%H:%M}"
    if left <= 1:
        return "Due tomorrow" if left else "Due today"
    return f"Due {day(when)}"


# Messages and numbers


def share(part: float) -> str:
    """A part of 1 in whole percent: `12%`; what is little is not called nothing, nor nearly all called all."""
    if 0 < part < 0.01:
        return "under 1%"
    return "over 99%" if 0.99 < part < 1 else f"{part:.0%}"


def delivery(status: MessageStatus, code: str | None) -> str:
    """What became of an outgoing SMS, in words."""
    if code and status in (MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.UNKNOWN, MessageStatus.QUEUED):
        said = codes.ending if status is MessageStatus.FAILED else codes.label
        return said(code) if code.strip().lower() in codes.LABELS else OUTGOING[status]
    return OUTGOING[status]


def counted(seen: Preview) -> str:
    """`143 characters, 1 SMS, about KES 0.80`: what an SMS is paid as."""
    letters = "1 character" if seen.septets == 1 else f"{seen.septets} characters"
    each = f" to each of {seen.times}" if seen.times > 1 else ""
    price = f", about KES {seen.price * seen.times:.2f}" if seen.price is not None else ""
    return f"{letters}, {seen.parts} SMS{each}{price}"


def replacements(seen: Preview) -> str:
    """`ŋ becomes ng'`: what the phone will show instead of letters that no SMS has.

    Without quotation marks around them: they are themselves what is replaced most often.
    """
    told = [f"{letter} becomes {instead}" for letter, instead in seen.replaced]
    more = len(told) - REPLACED_LISTED
    return ", ".join([*told[:REPLACED_LISTED], *([f"and {more} more"] if more > 0 else [])])


def amount(price: Decimal) -> str:
    """`1,234.50`; with four places where two would hide something."""
    return f"{price:,.2f}" if price == round(price, 2) else f"{price:,.4f}"


def money(price: Decimal, currency: str = HOME) -> str:
    """`KES 1,234.50`."""
    return f"{currency} {amount(price)}".strip()


def telephone(number: str) -> str:
    """An E.164 number as people read it: `+254 722 000141`."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
